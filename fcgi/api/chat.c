/* chat.c: chat endpoints, of every dialect that is translated */
#include "api/endpoints.h"

#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "api/chat_pictures.h"
#include "api/dropped.h"
#include "api/media.h"
#include "api/ownership.h"
#include "api/plain.h"
#include "api/several.h"
#include "api/signatures.h"
#include "api/wording.h"
#include "dialect/anthropic/anthropic_reply.h"
#include "dialect/anthropic/anthropic_request.h"
#include "dialect/anthropic/anthropic_stream.h"
#include "dialect/chat_defaults.h"
#include "dialect/openai/completions_reply.h"
#include "dialect/openai/completions_request.h"
#include "dialect/gemini/gemini_count.h"
#include "dialect/json/json_out.h"
#include "dialect/models.h"
#include "dialect/openai/openai_chat_reply.h"
#include "dialect/openai/openai_chat_request.h"
#include "dialect/openai/openai_chat_stream.h"
#include "dialect/responses/responses_reply.h"
#include "dialect/responses/responses_request.h"
#include "dialect/responses/responses_stream.h"
#include "dialect/thought_text.h"

#define URL_MAX		  512		      /* a model's name and a verb */
#define BODY_MAX	  (512 * 1024 * 1024) /* bytes of what Gemini is sent */
#define RESPONSE_ID_SHOWN 80 /* bytes of an id that an error shows */

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

/* One call, and the writer of its answer. */
struct asking {
	struct exchange *x;
	struct wording wording;
	struct chat_dropped dropped; /* by it */
	struct buf own; /* a body that is not the exchange's any more */
	void *writer;
	struct thought_text thoughts;
	struct signatures signatures;
	struct chat_pictures pictures;
	struct answer_reader reader;
	struct call call;
};

/* One chat on its way. */
struct exchange {
	const struct chat_dialect *dialect;
	bool counts; /* only how many tokens it is */
	bool faked;  /* if it is a stream, then not Gemini's */
	struct chat chat;
	struct buf url, body;	/* as Gemini wants it */
	struct wording wording; /* of "body" */
	struct chat_dropped dropped;
	struct writer_options options;
	const struct writer_kind *kind;
	struct signatures signatures; /* whether they are wanted */
	struct asking only;
	struct asking *askings; /* "only", or several */
	size_t count;
	struct several *several; /* NULL for one */
	int64_t pin;		 /* the one key that can do it; 0: any */
};

/* --- what the client gets ----------------------------------------------- */

static void
writer_reset(struct answer_reader *ar)
{
	struct asking *a = ar->context;
	const struct writer_kind *kind = a->x->kind;

	kind->release(a->writer);
	kind->init(a->writer, &a->x->options, &ar->rq->out, REPLY_BYTES_MAX);
	signatures_reset(&a->signatures);
	chat_pictures_reset(&a->pictures);
	thought_text_init(&a->thoughts, ar->rq->cfg->thought_tag,
			  (struct piece_sink){kind->piece, a->writer});
}

static bool
tags_thoughts(const struct answer_reader *ar)
{
	const struct asking *a = ar->context;

	return a->x->dialect->flat && !a->x->options.hide_thoughts &&
	       *ar->rq->cfg->thought_tag != '\0';
}

static struct piece_sink
writer_sink(struct answer_reader *ar)
{
	struct asking *a = ar->context;
	struct piece_sink to = {a->x->kind->piece, a->writer};

	if (tags_thoughts(ar))
		to = thought_text_sink(&a->thoughts);
	to = signatures_sink(&a->signatures, to);
	return chat_pictures_sink(&a->pictures, to);
}

static enum gb_err
writer_finish(struct answer_reader *ar)
{
	struct asking *a = ar->context;
	const struct writer_kind *kind = a->x->kind;

	if (tags_thoughts(ar))
		thought_text_finish(&a->thoughts, &ar->reply);
	signatures_keep(&a->signatures, ar->rq);
	return ar->narrow ? kind->finish_one(a->writer, &ar->reply)
			  : kind->finish(a->writer, &ar->reply);
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

	if (!api_read_json(rq, &root))
		return false;
	memset(&options, 0, sizeof(options));
	options.strict = rq->cfg->strict;
	options.show_thinking = rq->cfg->show_thinking_process;
	if (x->dialect->read(root, &options, &x->chat, &rq->error) != GB_OK)
		return false;
	api_note_model(rq, x->chat.model);
	rq->entry.stream = x->chat.stream && !x->counts;
	chat_apply_defaults(&x->chat, rq->snap->models);
	x->faked = answer_is_faked(rq->cfg, x->chat.model);
	return true;
}

/* A wording's "write"; what was dropped is what this one drops. */
static enum gb_err
write_body(struct wording *w, struct api_error *err)
{
	const struct exchange *x = w->context;

	*w->told.dropped = w->chat->dropped;
	chat_choose_prompt(w->chat, w->told.choice);
	return (x->counts ? gemini_count_write
			  : gemini_request_write)(w->chat, &w->facts, &w->told,
						  w->body, err);
}

static const char *
verb_of(const struct exchange *x)
{
	if (x->counts)
		return "countTokens";
	return x->chat.stream && !x->faked ? "streamGenerateContent?alt=sse"
					   : "generateContent";
}

static bool
write_request(struct exchange *x, struct api_request *rq)
{
	struct wording *w = &x->wording;

	wording_init(w, rq->snap->models, &x->chat, &x->body);
	w->told.dropped = &x->dropped;
	w->write = write_body;
	w->context = x;
	model_facts_get(x->chat.model, rq->snap->models, &w->facts);
	if (!chat_pictures_recall(rq, &x->chat, &w->facts) ||
	    !media_resolve(rq, &x->chat, &w->facts))
		return false;
	signatures_restore(&x->signatures, rq, &w->facts, &x->chat);
	buf_printf(&x->url, "/v1beta/models/%s:%s", x->chat.model, verb_of(x));
	return wording_write(w, &rq->error) == GB_OK;
}

/* --- calls and writers --------------------------------------------------- */

static void *
new_writer(const struct exchange *x, struct buf *out)
{
	void *writer;

	writer = calloc(1, x->kind->size);
	if (writer != NULL)
		x->kind->init(writer, &x->options, out, REPLY_BYTES_MAX);
	return writer;
}

static void
free_writer(const struct exchange *x, void *writer)
{
	if (writer != NULL)
		x->kind->release(writer);
	free(writer);
}

static void
init_call(struct asking *a, struct api_request *rq)
{
	const struct exchange *x = a->x;
	struct call *call = &a->call;
	bool stream = x->chat.stream && !x->counts;

	call_init(call, rq, x->chat.model, &x->url);
	call->pin = x->pin;
	call->affinity = x->chat.affinity.ptr;
	call->affinity_len = x->chat.affinity.len;
	call->context = &a->reader;
	call->whole = !stream;
	call->reader = stream ? answer_read_stream : answer_read_whole;
	if (stream) {
		call->stream_type = WEB_SSE_TYPE;
		call->keepalive = x->dialect->keepalive;
		if (x->faked)
			answer_fake(&a->reader, call);
	}
	wording_send(&a->wording, &a->reader, call);
}

/* The call begins with the exchange's words. */
static void
init_wording(struct asking *a, struct exchange *x)
{
	a->x = x;
	a->wording = x->wording;
	a->dropped = x->dropped;
	a->wording.told.dropped = &a->dropped;
}

/* For answer "number", with "rq" for what the call fills in.  False: rq->error
 * says why not. */
static bool
init_asking(struct asking *a, struct exchange *x, struct api_request *rq,
	    unsigned number)
{
	init_wording(a, x);
	a->wording.told.choice = number;
	a->signatures.wanted = x->signatures.wanted;
	buf_init(&a->own, BODY_MAX);
	chat_pictures_init(&a->pictures, rq, &x->chat);
	answer_reader_init(&a->reader, rq, &chat_writer, a);
	a->reader.framing = FRAMING_SSE;
	/* links would stand in the JSON */
	a->reader.show_links =
	    rq->cfg->show_search_link && x->chat.output == CHAT_OUTPUT_TEXT;
	a->reader.call_prefix = x->dialect->call_prefix;
	a->reader.wants_tokens = x->kind->tokens;
	a->reader.narrow = x->count > 1;
	a->reader.number = number;
	if (x->chat.stream)
		answer_pace(&a->reader);
	init_call(a, rq);
	if (x->count > 1) /* others are still being sent the exchange's */
		a->wording.body = &a->own;
	if ((a->writer = new_writer(x, &rq->out)) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return false;
	}
	if (number == 0 || (!x->chat.gen.seed.set && x->chat.prompt_count <= 1))
		return true; /* the same body will do */
	if (wording_write(&a->wording, &rq->error) != GB_OK)
		return false;
	wording_send(&a->wording, &a->reader, &a->call);
	return true;
}

static void
release_asking(struct asking *a)
{
	if (a->x == NULL)
		return; /* there was none */
	free_writer(a->x, a->writer);
	chat_pictures_release(&a->pictures);
	answer_reader_release(&a->reader);
	signatures_reset(&a->signatures);
	buf_release(&a->own);
}

static bool
prepare(struct exchange *x, struct api_request *rq)
{
	x->kind = x->chat.stream ? x->dialect->streamed : x->dialect->whole;
	x->options.chat = &x->chat;
	x->options.model = rq->entry.model;
	x->options.seed = web_id(rq->web);
	x->options.created = web_arrived_wall_ms(rq->web) / 1000;
	x->options.hide_thoughts = !rq->cfg->show_thinking_process;
	x->count = x->kind->join == NULL ? 1 : (size_t)x->chat.n;
	x->options.several = x->count > 1;
	x->askings =
	    x->count == 1 ? &x->only : calloc(x->count, sizeof(*x->askings));
	if (x->askings == NULL) {
		api_fail(rq, GB_ENOMEM);
		return false;
	}
	rq->content_type = API_JSON_TYPE;
	dropped_name(&x->dropped, rq->web);
	return true;
}

static void
serve_one(struct exchange *x, struct api_request *rq)
{
	struct asking *a = x->askings;

	if (!init_asking(a, x, rq, 0))
		return;
	call_run(&a->call);
	if (rq->error.fault != FAULT_NONE && web_replied(rq->web))
		x->kind->broken(a->writer, &rq->error);
}

/* --- several answers ----------------------------------------------------- */

/* What comes after the answers, or the reason that there is no more of them. */
static void
join(struct exchange *x, struct api_request *rq)
{
	const struct buf *answers[SEVERAL_MAX];
	struct reply sum;
	enum gb_err rc;
	void *writer;
	size_t i;

	if ((writer = new_writer(x, &rq->out)) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return;
	}
	if (rq->error.fault != FAULT_NONE) {
		x->kind->broken(writer, &rq->error);
		goto out;
	}
	reply_init(&sum, x->dialect->call_prefix, x->options.seed);
	for (i = 0; i < x->count; i++) {
		reply_sum(&sum, &x->askings[i].reader.reply);
		answers[i] = &x->askings[i].call.rq->out;
	}
	rq->status = 200;
	if ((rc = x->kind->join(writer, &sum, answers, x->count)) != GB_OK)
		api_fail(rq, rc);
out:
	free_writer(x, writer);
}

static bool
init_askings(struct exchange *x, struct api_request *rq, struct call *calls[])
{
	struct api_request *own;
	size_t i;

	for (i = 0; i < x->count; i++) {
		own = several_request(x->several, i);
		if (!init_asking(&x->askings[i], x, own, (unsigned)i)) {
			rq->error = own->error;
			return false;
		}
		calls[i] = &x->askings[i].call;
	}
	return true;
}

static void
serve_several(struct exchange *x, struct api_request *rq)
{
	struct call *calls[SEVERAL_MAX];

	if ((x->several = several_new(rq, x->count)) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return;
	}
	if (init_askings(x, rq, calls) &&
	    (several_run(x->several, calls) ||
	     (rq->error.fault != FAULT_NONE && web_replied(rq->web))))
		join(x, rq);
}

/* --- all of it ----------------------------------------------------------- */

static void
release(struct exchange *x)
{
	size_t i;

	for (i = 0; x->askings != NULL && i < x->count; i++)
		release_asking(&x->askings[i]);
	if (x->askings != &x->only)
		free(x->askings);
	several_free(x->several);
	signatures_reset(&x->signatures);
	chat_release(&x->chat);
	buf_release(&x->url);
	buf_release(&x->body);
	free(x);
}

static struct exchange *
begin(struct api_request *rq, const struct chat_dialect *dialect)
{
	struct exchange *x;

	if ((x = calloc(1, sizeof(*x))) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return NULL;
	}
	x->dialect = dialect;
	chat_init(&x->chat);
	buf_init(&x->url, URL_MAX);
	buf_init(&x->body, BODY_MAX);
	return x;
}

/* The client's request, as it goes to Gemini and to which key. */
static bool
take_request(struct exchange *x, struct api_request *rq)
{
	return read_request(x, rq) &&
	       ownership_pin_chat(rq, &x->chat, &x->pin) &&
	       write_request(x, rq);
}

static void
serve(struct api_request *rq, const struct chat_dialect *dialect)
{
	struct exchange *x;

	if ((x = begin(rq, dialect)) == NULL)
		return;
	if (take_request(x, rq) && prepare(x, rq)) {
		if (x->count == 1)
			serve_one(x, rq);
		else
			serve_several(x, rq);
	}
	release(x);
}

/* --- the endpoints ------------------------------------------------------ */

static const struct chat_dialect responses = {
    .read = responses_read,
    .whole = &responses_whole,
    .streamed = &responses_streamed,
    .call_prefix = "call_",
    .keepalive = API_KEEPALIVE,
};

void
chat_completions(struct api_request *rq)
{
	static const struct chat_dialect openai = {
	    .read = openai_chat_read,
	    .whole = &openai_chat_whole,
	    .streamed = &openai_chat_streamed,
	    .call_prefix = "call_",
	    .keepalive = API_KEEPALIVE,
	    .flat = true,
	};

	serve(rq, &openai);
}

void
chat_plain_completions(struct api_request *rq)
{
	static const struct chat_dialect completions = {
	    .read = completions_read,
	    .whole = &completions_whole,
	    .streamed = &completions_streamed,
	    .call_prefix = "call_",
	    .keepalive = API_KEEPALIVE,
	    .flat = true,
	};

	serve(rq, &completions);
}

void
chat_responses(struct api_request *rq)
{
	serve(rq, &responses);
}

void
chat_messages(struct api_request *rq)
{
	static const struct chat_dialect anthropic = {
	    .read = anthropic_read,
	    .whole = &anthropic_whole,
	    .streamed = &anthropic_streamed,
	    .call_prefix = "", /* the writer has one for each id */
	    .keepalive = ANTHROPIC_PING,
	};

	serve(rq, &anthropic);
}

/* What countTokens answered, in rq->out, becomes the client's words; "object"
 * NULL: it has no member of that name. */
static void
tell_count(struct api_request *rq, const char *object)
{
	struct json_out jo;
	int64_t tokens;

	if (!gemini_count_read(buf_str(&rq->out), rq->out.len, &tokens)) {
		api_error_set(&rq->error, FAULT_UPSTREAM, NULL,
			      "Upstream's count of tokens could not be read.");
		return;
	}
	buf_reset(&rq->out);
	jout_init(&jo, &rq->out);
	jout_object(&jo);
	if (object != NULL)
		jout_key_string(&jo, "object", object);
	jout_key_int(&jo, "input_tokens", tokens);
	jout_object_end(&jo);
}

static void
count(struct api_request *rq, const struct chat_dialect *dialect,
      const char *object)
{
	struct exchange *x;
	struct asking *a;

	if ((x = begin(rq, dialect)) == NULL)
		return;
	x->counts = true;
	if (take_request(x, rq)) {
		a = x->askings = &x->only;
		x->count = 1;
		init_wording(a, x);
		answer_reader_init(&a->reader, rq, &chat_writer, a);
		init_call(a, rq);
		a->call.reader = plain_read;
		rq->content_type = API_JSON_TYPE;
		dropped_name(&x->dropped, rq->web);
		call_run(&a->call);
		if (rq->error.fault == FAULT_NONE && !rq->entry.hung_up)
			tell_count(rq, object);
	}
	release(x);
}

void
chat_messages_count(struct api_request *rq)
{
	static const struct chat_dialect counted = {
	    .read = anthropic_read_count,
	};

	count(rq, &counted, NULL);
}

void
chat_responses_count(struct api_request *rq)
{
	count(rq, &responses, "response.input_tokens");
}

/* Nothing is, so that there is nothing to look up, cancel or delete. */
void
chat_responses_stored(struct api_request *rq)
{
	size_t id_len = strcspn(rq->rest, "/");
	const char *verb = rq->rest + id_len;

	if (strcmp(web_method(rq->web), "POST") == 0 &&
	    strcmp(verb, "/cancel") != 0) {
		api_error_set(&rq->error, FAULT_NO_ROUTE, NULL,
			      "Unknown request URL: POST %.200s.",
			      web_path(rq->web));
		return;
	}
	api_error_set(&rq->error, FAULT_NOT_FOUND, NULL,
		      "There is no response \"%.*s\": responses are not stored "
		      "here. Keep what the answer was, and send it again in "
		      "\"input\".",
		      id_len < RESPONSE_ID_SHOWN ? (int)id_len
						 : RESPONSE_ID_SHOWN,
		      rq->rest);
}
