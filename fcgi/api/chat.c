/* chat.c: chat endpoints, of every dialect that is translated */
#include "api/endpoints.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "api/signatures.h"
#include "dialect/chat_defaults.h"
#include "dialect/gemini_request.h"
#include "dialect/json_in.h"
#include "dialect/models.h"
#include "dialect/openai_chat_reply.h"
#include "dialect/openai_chat_request.h"
#include "dialect/openai_chat_stream.h"
#include "dialect/thought_text.h"

#define SSE_TYPE    "text/event-stream; charset=utf-8"
#define URL_MAX	    512			/* a model's name and a verb */
#define SAFETY_MAX  16			/* there are five categories */
#define BODY_MAX    (512 * 1024 * 1024) /* bytes of what Gemini is sent */
#define DROPPED_MAX 1024		/* bytes of X-Gbalance-Dropped */

/* What a dialect is made of. */
struct chat_dialect {
	enum gb_err (*read)(struct json_object *root,
			    const struct chat_options *, struct chat *,
			    struct api_error *);
	const struct writer_kind *whole, *streamed;
	const char *call_prefix; /* of the ids of calls that Google gave none */
	const char *keepalive;	 /* an event that means nothing */
	bool flat;		 /* it has no place of its own for thoughts */
};

/* One chat on its way. */
struct exchange {
	const struct chat_dialect *dialect;
	struct chat chat;
	struct buf url, body; /* as Gemini wants it */
	struct writer_options options;
	const struct writer_kind *kind;
	void *writer;
	struct thought_text thoughts;
	struct signatures signatures;
	struct answer_reader reader;
	struct call call;
};

/* --- what the client gets ----------------------------------------------- */

static void
writer_reset(struct answer_reader *ar)
{
	struct exchange *x = ar->context;

	x->kind->release(x->writer);
	x->kind->init(x->writer, &x->options, &ar->rq->out, REPLY_BYTES_MAX);
	signatures_reset(&x->signatures);
	thought_text_init(&x->thoughts, ar->rq->cfg->thought_tag,
			  (struct piece_sink){x->kind->piece, x->writer});
}

static bool
tags_thoughts(const struct answer_reader *ar)
{
	const struct exchange *x = ar->context;

	return x->dialect->flat && !x->options.hide_thoughts &&
	       *ar->rq->cfg->thought_tag != '\0';
}

static struct piece_sink
writer_sink(struct answer_reader *ar)
{
	struct exchange *x = ar->context;
	struct piece_sink to = {x->kind->piece, x->writer};

	if (tags_thoughts(ar))
		to = thought_text_sink(&x->thoughts);
	return signatures_sink(&x->signatures, to);
}

static enum gb_err
writer_finish(struct answer_reader *ar)
{
	struct exchange *x = ar->context;

	if (tags_thoughts(ar))
		thought_text_finish(&x->thoughts, &ar->reply);
	signatures_keep(&x->signatures, ar->rq);
	return x->kind->finish(x->writer, &ar->reply);
}

static const struct answer_writer chat_writer = {
    .reset = writer_reset,
    .sink = writer_sink,
    .finish = writer_finish,
};

/* --- what Gemini is asked ----------------------------------------------- */

static bool
read_request(struct exchange *x, struct api_request *rq)
{
	struct chat_options options;
	struct json_object *root;

	if (!api_read_body(rq) || json_read(buf_str(&rq->body), rq->body.len,
					    &root, &rq->error) != GB_OK)
		return false;
	buf_release(&rq->body); /* the tree has it all */
	memset(&options, 0, sizeof(options));
	options.strict = rq->cfg->strict;
	options.show_thinking = rq->cfg->show_thinking_process;
	if (x->dialect->read(root, &options, &x->chat, &rq->error) != GB_OK)
		return false;
	(void)snprintf(rq->entry.model, sizeof(rq->entry.model), "%s",
		       x->chat.model);
	rq->entry.stream = x->chat.stream;
	chat_apply_defaults(&x->chat, rq->snap->models);
	return true;
}

static bool
write_request(struct exchange *x, struct api_request *rq)
{
	const struct string_pairs *set = &rq->cfg->safety_settings;
	const char *categories[SAFETY_MAX], *thresholds[SAFETY_MAX];
	struct gemini_request_options options;
	struct model_facts facts;
	size_t i;

	for (i = 0; i < set->count && i < SAFETY_MAX; i++) {
		categories[i] = set->items[i].name;
		thresholds[i] = set->items[i].value;
	}
	options.safety_categories = categories;
	options.safety_thresholds = thresholds;
	options.safety_count = i;
	options.dropped = &x->chat.dropped;
	model_facts_get(x->chat.model, rq->snap->models, &facts);
	signatures_restore(&x->signatures, rq, &facts, &x->chat);
	buf_printf(&x->url, "/v1beta/models/%s:%s", x->chat.model,
		   x->chat.stream ? "streamGenerateContent?alt=sse"
				  : "generateContent");
	return gemini_request_write(&x->chat, &facts, &options, &x->body,
				    &rq->error) == GB_OK;
}

/* Tell the client what could not be honoured. */
static void
name_dropped(const struct chat_dropped *dropped, struct web_request *web)
{
	struct buf names;
	size_t i;

	if (dropped->count == 0 && !dropped->more)
		return;
	buf_init(&names, DROPPED_MAX);
	for (i = 0; i < dropped->count; i++)
		buf_printf(&names, "%s%s", i == 0 ? "" : ", ",
			   dropped->names[i]);
	if (dropped->more)
		buf_puts(&names, i == 0 ? "..." : ", ...");
	web_reply_header(web, "X-Gbalance-Dropped", buf_str(&names));
	buf_release(&names);
}

static bool
prepare(struct exchange *x, struct api_request *rq)
{
	struct call *call = &x->call;
	bool stream = x->chat.stream;

	x->kind = stream ? x->dialect->streamed : x->dialect->whole;
	if ((x->writer = calloc(1, x->kind->size)) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return false;
	}
	x->options.chat = &x->chat;
	x->options.model = rq->entry.model;
	x->options.seed = web_id(rq->web);
	x->options.created = web_arrived_wall_ms(rq->web) / 1000;
	x->options.hide_thoughts = !rq->cfg->show_thinking_process;
	x->kind->init(x->writer, &x->options, &rq->out, REPLY_BYTES_MAX);
	answer_reader_init(&x->reader, rq, &chat_writer, x);
	x->reader.framing = FRAMING_SSE;
	/* links would stand in the JSON */
	x->reader.show_links =
	    rq->cfg->show_search_link && x->chat.output == CHAT_OUTPUT_TEXT;
	x->reader.call_prefix = x->dialect->call_prefix;
	call->rq = rq;
	call->model = x->chat.model;
	call->affinity = x->chat.affinity.ptr;
	call->affinity_len = x->chat.affinity.len;
	call->method = "POST";
	call->path = buf_str(&x->url);
	call->body = buf_str(&x->body);
	call->body_len = x->body.len;
	call->context = &x->reader;
	call->whole = !stream;
	call->reader = stream ? answer_read_stream : answer_read_whole;
	if (stream) {
		call->stream_type = SSE_TYPE;
		call->keepalive = x->dialect->keepalive;
	}
	rq->content_type = API_JSON_TYPE;
	name_dropped(&x->chat.dropped, rq->web);
	return true;
}

static void
release(struct exchange *x)
{
	if (x->writer != NULL) {
		x->kind->release(x->writer);
		answer_reader_release(&x->reader);
	}
	free(x->writer);
	signatures_reset(&x->signatures);
	chat_release(&x->chat);
	buf_release(&x->url);
	buf_release(&x->body);
	free(x);
}

static void
serve(struct api_request *rq, const struct chat_dialect *dialect)
{
	struct exchange *x;

	if ((x = calloc(1, sizeof(*x))) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return;
	}
	x->dialect = dialect;
	chat_init(&x->chat);
	buf_init(&x->url, URL_MAX);
	buf_init(&x->body, BODY_MAX);
	if (read_request(x, rq) && write_request(x, rq) && prepare(x, rq)) {
		call_run(&x->call);
		if (rq->error.fault != FAULT_NONE && web_replied(rq->web))
			x->kind->broken(x->writer, &rq->error);
	}
	release(x);
}

/* --- the endpoints ------------------------------------------------------ */

void
chat_completions(struct api_request *rq)
{
	static const struct chat_dialect openai = {
	    .read = openai_chat_read,
	    .whole = &openai_chat_whole,
	    .streamed = &openai_chat_streamed,
	    .call_prefix = "call_",
	    .keepalive = ": keep-alive\n\n",
	    .flat = true,
	};

	serve(rq, &openai);
}
