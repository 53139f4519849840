/* moderations.c: OpenAI's moderations, judged by a model of Gemini's */
#include "api/endpoints.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "api/dropped.h"
#include "api/media.h"
#include "api/ownership.h"
#include "api/several.h"
#include "api/wording.h"
#include "dialect/openai/moderations_reply.h"

#define AT_ONCE	     8	 /* texts; so many of their bodies are in memory */
#define URL_MAX	     512 /* a model's name and a verb */
#define BODY_MAX     (512 * 1024 * 1024)      /* bytes of what Gemini is sent */
#define OPENAI_MODEL "omni-moderation-latest" /* of who asks for none */

/* One text, or all parts, on its way. */
struct judging {
	struct moderations *all;
	size_t at; /* which one it is */
	struct moderation *result;
	struct wording wording;
	struct answer_reader reader;
	struct call call;
	struct buf body;
};

struct moderations {
	struct moderations_request asked;
	char model[CHAT_MODEL_MAX + 1]; /* as the client called it */
	struct model_facts facts;
	int64_t pin; /* the one key that has a file of theirs; 0: any */
	struct buf path;
	struct moderation results[MODERATIONS_MAX];
	struct judging now[AT_ONCE];
};

/* --- the request ---------------------------------------------------------- */

static bool
read_request(struct moderations *x, struct api_request *rq)
{
	struct chat *chat = &x->asked.chat;
	struct json_object *root;
	enum gb_err rc;

	if (!api_read_json(rq, &root))
		return false;
	rc = moderations_read(root, rq->cfg->strict, &x->asked, &rq->error);
	(void)snprintf(x->model, sizeof(x->model), "%s",
		       chat->model[0] == '\0' ? OPENAI_MODEL : chat->model);
	api_note_model(rq, x->model);
	if (rc != GB_OK)
		return false;
	moderations_choose_model(&x->asked, rq->snap->models,
				 rq->cfg->moderation_model);
	model_facts_get(chat->model, rq->snap->models, &x->facts);
	buf_printf(&x->path, "/v1beta/models/%s:generateContent", chat->model);
	return ownership_pin_chat(rq, chat, &x->pin) &&
	       media_resolve(rq, chat, &x->facts);
}

/* Filters that would refuse to read what is to be judged are off, as far as
 * Google lets them be. */
static void
ask_without_filters(struct gemini_request_options *told)
{
	static const struct model_safety off[] = {
	    {"HARM_CATEGORY_HARASSMENT", "BLOCK_NONE"},
	    {"HARM_CATEGORY_HATE_SPEECH", "BLOCK_NONE"},
	    {"HARM_CATEGORY_SEXUALLY_EXPLICIT", "BLOCK_NONE"},
	    {"HARM_CATEGORY_DANGEROUS_CONTENT", "BLOCK_NONE"},
	};

	told->safety = off;
	told->safety_count = GB_COUNT(off);
}

/* A wording's "write". */
static enum gb_err
write_body(struct wording *w, struct api_error *err)
{
	struct judging *j = w->context;

	moderations_choose(&j->all->asked, j->at);
	return gemini_request_write(w->chat, &w->facts, &w->told, w->body, err);
}

/* --- one judgement -------------------------------------------------------- */

static void
judging_reset(struct answer_reader *ar)
{
	struct judging *j = ar->context;

	moderation_reset(j->result);
}

static struct piece_sink
judging_sink(struct answer_reader *ar)
{
	struct judging *j = ar->context;

	return moderation_sink(j->result);
}

static void
judging_taken(struct answer_reader *ar, const char *raw, size_t len)
{
	struct judging *j = ar->context;

	moderation_finish(j->result, &ar->reply, raw, len);
}

static enum gb_err
judging_finish(struct answer_reader *ar)
{
	(void)ar; /* judging_taken() has done it all */
	return GB_OK;
}

static const struct answer_writer judging_writer = {
    .reset = judging_reset,
    .sink = judging_sink,
    .taken = judging_taken,
    .finish = judging_finish,
};

/* A call_reader.  An answer without a judgement is nobody's fault, and worth
 * another try. */
static enum attempt
read_judgement(struct call *call, struct transfer *t, struct answer *answer)
{
	struct answer_reader *ar = call->context;
	struct judging *j = ar->context;
	enum attempt how;

	how = answer_read_whole(call, t, answer);
	if (how != ATTEMPT_OK || j->result->judged)
		return how;
	return answer_failed(answer, ANSWER_GARBAGE);
}

static enum gb_err
begin_judging(struct moderations *x, size_t at, struct judging *j,
	      struct api_request *rq, struct api_error *err)
{
	struct call *call = &j->call;
	enum gb_err rc;

	memset(j, 0, sizeof(*j));
	j->all = x;
	j->at = at;
	j->result = &x->results[at];
	buf_init(&j->body, BODY_MAX);
	wording_init(&j->wording, rq->snap->models, &x->asked.chat, &j->body);
	j->wording.facts = x->facts;
	j->wording.write = write_body;
	j->wording.context = j;
	ask_without_filters(&j->wording.told);
	answer_reader_init(&j->reader, rq, &judging_writer, j);
	call_init(call, rq, x->asked.chat.model, &x->path);
	call->pin = x->pin;
	call->context = &j->reader;
	call->whole = true;
	call->reader = read_judgement;
	rc = wording_write(&j->wording, err);
	wording_send(&j->wording, &j->reader, call);
	return rc;
}

/* --- all of them ---------------------------------------------------------- */

/* Ask for the judgements from number "first" on, side by side. */
static bool
judge_some(struct moderations *x, struct api_request *rq, size_t first,
	   size_t count)
{
	struct call *calls[AT_ONCE];
	struct several *s;
	bool good = true;
	size_t i;

	if ((s = several_new(rq, count)) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return false;
	}
	for (i = 0; i < count; i++) {
		good =
		    begin_judging(x, first + i, &x->now[i],
				  several_request(s, i), &rq->error) == GB_OK &&
		    good;
		calls[i] = &x->now[i].call;
	}
	good = good && several_run(s, calls);
	for (i = 0; i < count; i++) {
		answer_reader_release(&x->now[i].reader);
		buf_release(&x->now[i].body);
	}
	several_free(s);
	return good;
}

static bool
judge(struct moderations *x, struct api_request *rq)
{
	size_t first, count;

	for (first = 0; first < x->asked.count; first += count) {
		count = x->asked.count - first;
		if (count > AT_ONCE)
			count = AT_ONCE;
		if (!judge_some(x, rq, first, count))
			return false;
	}
	return true;
}

static void
answer(struct moderations *x, struct api_request *rq)
{
	dropped_name(&x->asked.chat.dropped, rq->web);
	moderations_write(&x->asked, x->model, web_id(rq->web), x->results,
			  x->asked.count, &rq->out);
	if (buf_error(&rq->out) != GB_OK) {
		api_fail(rq, buf_error(&rq->out));
		return;
	}
	rq->status = 200;
	rq->content_type = API_JSON_TYPE;
}

void
moderations_create(struct api_request *rq)
{
	struct moderations *x;
	size_t i;

	if ((x = calloc(1, sizeof(*x))) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return;
	}
	chat_init(&x->asked.chat);
	buf_init(&x->path, URL_MAX);
	for (i = 0; i < MODERATIONS_MAX; i++)
		moderation_init(&x->results[i]);
	if (read_request(x, rq) && judge(x, rq))
		answer(x, rq);
	for (i = 0; i < MODERATIONS_MAX; i++)
		moderation_release(&x->results[i]);
	moderations_request_release(&x->asked);
	buf_release(&x->path);
	free(x);
}
