/* chat.c: OpenAI's chat completions */
#include "api/endpoints.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "dialect/gemini_request.h"
#include "dialect/json_in.h"
#include "dialect/models.h"
#include "dialect/openai_chat_reply.h"
#include "dialect/openai_chat_request.h"
#include "dialect/openai_chat_stream.h"

#define SSE_TYPE      "text/event-stream; charset=utf-8"
#define CALL_JSON_MAX (16 * 1024 * 1024)  /* bytes of one call's arguments */
#define URL_MAX	      512		  /* a model's name and a verb */
#define SAFETY_MAX    16		  /* there are five categories */
#define BODY_MAX      (512 * 1024 * 1024) /* bytes of what Gemini is sent */
#define DROPPED_MAX   1024		  /* bytes of X-Gbalance-Dropped */

/* One chat completion on its way. */
struct completion {
	struct chat chat;
	struct buf url, body; /* as Gemini wants it */
	struct openai_chat_options options;
	struct openai_chat_reply whole;
	struct openai_chat_stream stream;
	struct answer_reader reader;
	struct call call;
};

/* --- what the client gets ----------------------------------------------- */

static void
whole_reset(struct answer_reader *ar)
{
	struct completion *c = ar->context;

	openai_chat_reply_release(&c->whole);
	openai_chat_reply_init(&c->whole, &c->options, REPLY_BYTES_MAX);
}

static struct piece_sink
whole_sink(struct answer_reader *ar)
{
	struct completion *c = ar->context;

	return openai_chat_reply_sink(&c->whole);
}

static enum gb_err
whole_finish(struct answer_reader *ar)
{
	struct completion *c = ar->context;

	return openai_chat_reply_finish(&c->whole, &ar->reply, &ar->rq->out);
}

static const struct answer_writer whole_writer = {
    .reset = whole_reset,
    .sink = whole_sink,
    .finish = whole_finish,
};

static void
stream_reset(struct answer_reader *ar)
{
	struct completion *c = ar->context;

	openai_chat_stream_release(&c->stream);
	openai_chat_stream_init(&c->stream, &c->options, &ar->rq->out,
				CALL_JSON_MAX);
}

static struct piece_sink
stream_sink(struct answer_reader *ar)
{
	struct completion *c = ar->context;

	return openai_chat_stream_sink(&c->stream);
}

static enum gb_err
stream_finish(struct answer_reader *ar)
{
	struct completion *c = ar->context;

	openai_chat_stream_finish(&c->stream, &ar->reply);
	return buf_error(&ar->rq->out);
}

static const struct answer_writer stream_writer = {
    .reset = stream_reset,
    .sink = stream_sink,
    .finish = stream_finish,
};

static const char *
tool_name(void *context, const char *name)
{
	const char *given;

	given = chat_original_name(context, name);
	return given == NULL ? name : given;
}

/* --- what Gemini is asked ----------------------------------------------- */

static bool
read_request(struct completion *c, struct api_request *rq)
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
	if (openai_chat_read(root, &options, &c->chat, &rq->error) != GB_OK)
		return false;
	(void)snprintf(rq->entry.model, sizeof(rq->entry.model), "%s",
		       c->chat.model);
	rq->entry.stream = c->chat.stream;
	return true;
}

static bool
write_request(struct completion *c, struct api_request *rq)
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
	options.dropped = &c->chat.dropped;
	model_facts_get(c->chat.model, &facts);
	buf_printf(&c->url, "/v1beta/models/%s:%s", c->chat.model,
		   c->chat.stream ? "streamGenerateContent?alt=sse"
				  : "generateContent");
	return gemini_request_write(&c->chat, &facts, &options, &c->body,
				    &rq->error) == GB_OK;
}

/* Tell the client what could not be honoured. */
static void
name_dropped(const struct chat_dropped *dropped, struct web_request *web)
{
	struct buf names;
	size_t i;

	if (dropped->count == 0)
		return;
	buf_init(&names, DROPPED_MAX);
	for (i = 0; i < dropped->count; i++)
		buf_printf(&names, "%s%s", i == 0 ? "" : ", ",
			   dropped->names[i]);
	web_reply_header(web, "X-Gbalance-Dropped", buf_str(&names));
	buf_release(&names);
}

static void
prepare(struct completion *c, struct api_request *rq)
{
	struct call *call = &c->call;

	c->options.model = rq->entry.model;
	c->options.seed = web_id(rq->web);
	c->options.created = web_arrived_wall_ms(rq->web) / 1000;
	c->options.include_usage = c->chat.include_usage;
	c->options.hide_thoughts = !rq->cfg->show_thinking_process;
	c->options.function_call = c->chat.function_call;
	c->options.tool_name = tool_name;
	c->options.tool_context = &c->chat;
	answer_reader_init(&c->reader, rq,
			   c->chat.stream ? &stream_writer : &whole_writer, c);
	c->reader.framing = FRAMING_SSE;
	call->rq = rq;
	call->model = c->chat.model;
	call->method = "POST";
	call->path = buf_str(&c->url);
	call->body = buf_str(&c->body);
	call->body_len = c->body.len;
	call->context = &c->reader;
	call->whole = !c->chat.stream;
	call->reader = c->chat.stream ? answer_read_stream : answer_read_whole;
	if (c->chat.stream) {
		call->stream_type = SSE_TYPE;
		call->keepalive = ": keep-alive\n\n";
	}
	rq->content_type = API_JSON_TYPE;
	name_dropped(&c->chat.dropped, rq->web);
}

static void
release(struct completion *c)
{
	openai_chat_reply_release(&c->whole);
	openai_chat_stream_release(&c->stream);
	answer_reader_release(&c->reader);
	chat_release(&c->chat);
	buf_release(&c->url);
	buf_release(&c->body);
	free(c);
}

void
chat_completions(struct api_request *rq)
{
	struct completion *c;

	if ((c = calloc(1, sizeof(*c))) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return;
	}
	chat_init(&c->chat);
	buf_init(&c->url, URL_MAX);
	buf_init(&c->body, BODY_MAX);
	if (read_request(c, rq) && write_request(c, rq)) {
		prepare(c, rq);
		call_run(&c->call);
		if (rq->error.fault != FAULT_NONE && web_replied(rq->web))
			openai_chat_stream_error(&c->stream, &rq->error);
	}
	release(c);
}
