/* wording.c: how a chat is put to Gemini, and put otherwise when it refuses */
#include "api/wording.h"

#include <string.h>

#include "api/dropped.h"

#define REFUSAL_MAX (16 * 1024) /* bytes of why Gemini refused */

void
wording_init(struct wording *w, const struct model_rules *rules,
	     struct chat *chat, struct buf *body)
{
	memset(w, 0, sizeof(*w));
	w->chat = chat;
	w->body = body;
	w->told.safety = rules->safety;
	w->told.safety_count = rules->safety_count;
	w->told.dropped = &chat->dropped;
}

enum gb_err
wording_write(struct wording *w, struct api_error *err)
{
	buf_reset(w->body);
	if (w->write != NULL)
		return w->write(w, err);
	return gemini_request_write(w->chat, &w->facts, &w->told, w->body, err);
}

static void
set_body(const struct wording *w, struct call *call)
{
	call->body = buf_str(w->body);
	call->body_len = w->body->len;
}

/* What Gemini has against the request, in its words; "out" stays empty when
 * the attempt failed in another way. */
static void
read_refusal(const struct answer_reader *ar, const struct answer *answer,
	     struct buf *out)
{
	const char *reason;

	if (answer->fault == ANSWER_COMPLETE && answer->status == 400) {
		upstream_error_text(answer->body, answer->body_len, NULL, out);
		return;
	}
	reason = answer->fault == ANSWER_EMPTY ? reply_stumbled_over(&ar->reply)
					       : NULL;
	if (reason != NULL)
		buf_puts(out, reason);
}

/* Write the request anew, so that Gemini has no more reason to refuse it.  When
 * that cannot be done the old one is there again: a large body is kept once. */
static bool
rewrite(struct wording *w, struct call *call, const char *refusal)
{
	struct wording old = *w;
	struct api_error err;
	bool mended;

	if (!gemini_repair(&w->repairs, w->chat, refusal, &w->facts, &w->told))
		return false;
	mended = wording_write(w, &err) == GB_OK;
	if (!mended) {
		w->facts = old.facts;
		w->told = old.told;
		if (wording_write(w, &err) != GB_OK)
			buf_reset(w->body);
	}
	set_body(w, call);
	return mended;
}

static bool
repair(struct call *call, const struct answer *answer)
{
	struct answer_reader *ar = call->context;
	struct wording *w = ar->wording;
	struct buf refusal;
	bool mended;

	buf_init(&refusal, REFUSAL_MAX);
	read_refusal(ar, answer, &refusal);
	call_lock(call); /* others write the same chat */
	mended = refusal.len > 0 && rewrite(w, call, buf_str(&refusal));
	if (mended)
		dropped_name(w->told.dropped, call->rq->web);
	call_unlock(call);
	buf_release(&refusal);
	return mended;
}

void
wording_send(struct wording *w, struct answer_reader *reader, struct call *call)
{
	reader->wording = w;
	call->repair = repair;
	set_body(w, call);
}
