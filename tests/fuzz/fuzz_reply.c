/*
 * fuzz_reply.c: arbitrary bytes as Gemini's replies.
 *
 * The input is a sequence of events, split at empty lines, that the writers of
 * all dialects read at once: what they write must be JSON, and events of JSON.
 * The same bytes then go through what passes native traffic on.
 */
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "dialect/anthropic/anthropic_reply.h"
#include "dialect/anthropic/anthropic_stream.h"
#include "dialect/openai/completions_reply.h"
#include "dialect/error.h"
#include "dialect/models_list.h"
#include "dialect/gemini/native_stream.h"
#include "dialect/openai/openai_chat_reply.h"
#include "dialect/openai/openai_chat_stream.h"
#include "dialect/responses/responses_reply.h"
#include "dialect/responses/responses_stream.h"
#include "fuzz.h"

#define OUT_MAX	  (256u << 20) /* bytes: what a MiB of calls is made into */
#define SEED	  "0123456789abcdef01234567"
#define DEPTH_MAX 256 /* levels: more than is ever written */
#define KEEPS	  "{\"include\":[\"reasoning.encrypted_content\"]}"

static void
require(bool truth)
{
	if (!truth)
		abort();
}

static void
require_json(const char *text, size_t len)
{
	struct json_tokener *tok;
	struct json_object *value;

	tok = json_tokener_new_ex(DEPTH_MAX);
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT |
					JSON_TOKENER_VALIDATE_UTF8);
	value = json_tokener_parse_ex(tok, text, (int)len);
	require(json_tokener_get_error(tok) == json_tokener_success &&
		json_tokener_get_parse_end(tok) == len);
	json_object_put(value);
	json_tokener_free(tok);
}

/* OpenAI's chats: data alone, and an end. */
static void
require_data_events(const char *at)
{
	const char *end;

	for (; *at != '\0'; at = end + 2) {
		require(strncmp(at, "data: ", 6) == 0);
		at += 6;
		end = strchr(at, '\n');
		require(end != NULL && end[1] == '\n');
		if (strncmp(at, "[DONE]", 6) == 0)
			require(end[2] == '\0');
		else
			require_json(at, (size_t)(end - at));
	}
}

/* What was seen of a stream whose events have names. */
struct named {
	int count;
	bool open;
};

/* Anthropic's blocks: one is open at a time, and the index rises. */
static void
check_blocks(struct named *seen, struct json_object *event, const char *type)
{
	struct json_object *value = NULL;
	int index;

	(void)json_object_object_get_ex(event, "index", &value);
	index = json_object_get_int(value);
	if (strcmp(type, "content_block_start") == 0) {
		require(!seen->open && index == seen->count++);
		seen->open = true;
	} else if (strncmp(type, "content_block_", 14) == 0) {
		require(seen->open && index == seen->count - 1);
		seen->open = strcmp(type, "content_block_stop") != 0;
	} else if (strncmp(type, "message_", 8) == 0) {
		require(!seen->open);
	}
}

/* OpenAI's responses: each has its number. */
static void
check_number(struct named *seen, struct json_object *event, const char *type)
{
	struct json_object *number;

	(void)type;
	require(json_object_object_get_ex(event, "sequence_number", &number));
	require(json_object_get_int(number) == seen->count++);
}

/* Each says its type twice. */
static void
require_named_events(const char *at,
		     void (*check)(struct named *, struct json_object *,
				   const char *type))
{
	struct named seen = {0, false};
	struct json_object *event, *type;
	const char *name, *end;
	size_t len;

	for (; *at != '\0'; at = end + 2) {
		require(strncmp(at, "event: ", 7) == 0);
		name = at + 7;
		len = strcspn(name, "\n");
		require(strncmp(name + len, "\ndata: ", 7) == 0);
		at = name + len + 7;
		end = strchr(at, '\n');
		require(end != NULL && end[1] == '\n');
		require_json(at, (size_t)(end - at));
		event = json_tokener_parse(at);
		require(json_object_object_get_ex(event, "type", &type));
		require(strlen(json_object_get_string(type)) == len &&
			memcmp(json_object_get_string(type), name, len) == 0);
		check(&seen, event, json_object_get_string(type));
		json_object_put(event);
	}
}

static void
require_anthropic_events(const char *at)
{
	require_named_events(at, check_blocks);
}

static void
require_responses_events(const char *at)
{
	require_named_events(at, check_number);
}

/* A dialect's writers at work on the same pieces. */
static const struct dialect {
	const struct writer_kind *whole, *streamed;
	void (*require_events)(const char *);
} dialects[] = {
    {&openai_chat_whole, &openai_chat_streamed, require_data_events},
    {&anthropic_whole, &anthropic_streamed, require_anthropic_events},
    {&responses_whole, &responses_streamed, require_responses_events},
    {&completions_whole, &completions_streamed, require_data_events},
};

struct writer {
	const struct writer_kind *kind;
	void *state;
	struct buf out;
};

struct writers {
	struct writer whole, stream;
};

static void
to_all(void *context, const struct reply *reply, const struct piece *piece)
{
	struct writers *w = context;
	size_t i;

	for (i = 0; i < GB_COUNT(dialects); i++) {
		if (piece->kind == PIECE_TOKENS && !w[i].whole.kind->tokens)
			continue;
		w[i].whole.kind->piece(w[i].whole.state, reply, piece);
		w[i].stream.kind->piece(w[i].stream.state, reply, piece);
	}
}

static void
begin(struct writer *w, const struct writer_kind *kind,
      const struct writer_options *options)
{
	w->kind = kind;
	w->state = calloc(1, kind->size);
	require(w->state != NULL);
	buf_init(&w->out, OUT_MAX);
	kind->init(w->state, options, &w->out, OUT_MAX);
}

static void
end(struct writer *w)
{
	w->kind->release(w->state);
	free(w->state);
	buf_release(&w->out);
}

/* The only one of several answers; what was streamed of it is in "out". */
static void
finish_several(struct writer *w, const struct reply *reply, bool streamed)
{
	const struct buf *answers[1];
	struct buf answer;

	require(w->kind->finish_one(w->state, reply) == GB_OK);
	buf_init(&answer, OUT_MAX);
	buf_add(&answer, buf_str(&w->out), w->out.len);
	if (!streamed)
		buf_reset(&w->out);
	answers[0] = &answer;
	require(w->kind->join(w->state, reply, answers, 1) == GB_OK);
	buf_release(&answer);
}

static void
finish_one(struct writer *w, const struct reply *reply, bool streamed)
{
	if (reply->narrow && w->kind->join != NULL)
		finish_several(w, reply, streamed);
	else
		require(w->kind->finish(w->state, reply) == GB_OK);
}

/* The answer ends, well or with "error". */
static void
finish(struct writers *w, const struct dialect *d, const struct reply *reply,
       const struct api_error *error)
{
	if (error == NULL)
		finish_one(&w->stream, reply, true);
	else
		w->stream.kind->broken(w->stream.state, error);
	require(buf_error(&w->stream.out) == GB_OK);
	d->require_events(buf_str(&w->stream.out));
	finish_one(&w->whole, reply, false);
	require_json(w->whole.out.data, w->whole.out.len);
}

/* Each event up to the next empty line. */
static enum reply_read
read_events(struct reply *reply, const char *at, size_t size,
	    const struct piece_sink *sink)
{
	const char *end;
	enum reply_read read;
	size_t len;

	for (read = REPLY_OK; size > 0 && read == REPLY_OK;) {
		end = memmem(at, size, "\n\n", 2);
		len = end == NULL ? size : (size_t)(end - at);
		read = reply_read(reply, at, len, sink);
		at += end == NULL ? len : len + 2;
		size -= end == NULL ? len : len + 2;
	}
	return read;
}

static void
fuzz_sinks(const char *data, size_t size)
{
	struct writer_options options = {.model = "m\"\xff", .seed = SEED};
	struct chat chat;
	struct writers writers[GB_COUNT(dialects)];
	struct piece_sink sink = {to_all, writers};
	struct api_error error;
	struct reply reply;
	struct buf out;
	bool good;
	size_t i;

	chat_init(&chat);
	chat.include_usage = size % 2 == 0;
	chat.gen.top_logprobs = size % 4;
	chat.prompts[0] = text_from("\"p\xff");
	chat.prompt_count = 1;
	chat.echo = size % 3 == 0;
	chat.thinking_blocks = size % 5 > 1;
	if (size % 5 > 1) /* the client keeps for us what must come back */
		chat.root = json_tokener_parse(KEEPS);
	options.chat = &chat;
	options.hide_thoughts = size % 3 == 0;
	reply_init(&reply, "call_", SEED);
	reply.wants_tokens = true;
	options.several = size % 7 == 0;
	if (options.several) /* dialects without such know candidate 0 */
		reply_narrow(&reply, 0);
	for (i = 0; i < GB_COUNT(dialects); i++) {
		begin(&writers[i].whole, dialects[i].whole, &options);
		begin(&writers[i].stream, dialects[i].streamed, &options);
	}

	good = read_events(&reply, data, size, &sink) == REPLY_OK;
	if (!good) {
		api_error_from_upstream(&error, 200, data, size, "secret",
					false, false);
		buf_init(&out, OUT_MAX);
		api_error_write_google(&error, &out);
		require_json(out.data, out.len);
		buf_release(&out);
	}
	for (i = 0; i < GB_COUNT(dialects); i++) {
		finish(&writers[i], &dialects[i], &reply, good ? NULL : &error);
		end(&writers[i].whole);
		end(&writers[i].stream);
	}
	chat_release(&chat);
}

/* Bytes that are passed on stay what they were. */
static void
fuzz_native(const char *data, size_t size)
{
	static const struct models_filter none;
	struct native_stream stream;
	struct native_element el;
	struct models_openai list;
	struct buf body;
	size_t seen, half = size / 2;

	native_stream_init(&stream, OUT_MAX);
	seen = 0;
	require(native_stream_feed(&stream, data, half) == GB_OK);
	while (native_stream_next(&stream, &el)) {
		require(memcmp(el.raw, data + seen, el.raw_len) == 0);
		seen += el.raw_len;
	}
	require(native_stream_feed(&stream, data + half, size - half) == GB_OK);
	while (native_stream_next(&stream, &el)) {
		require(memcmp(el.raw, data + seen, el.raw_len) == 0);
		seen += el.raw_len;
	}
	native_stream_release(&stream);

	buf_init(&body, OUT_MAX);
	if (models_native_page(&none, data, size, &body) == GB_OK)
		require(body.len == size && memcmp(body.data, data, size) == 0);
	buf_reset(&body);
	models_openai_begin(&list, &none, &body);
	(void)(models_openai_page(&list, data, size) == GB_OK);
	models_openai_end(&list);
	require_json(body.data, body.len);
	buf_release(&body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	/* a copy, exactly so long that reading behind it shows */
	text = malloc(size > 0 ? size : 1);
	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	fuzz_sinks(text, size);
	fuzz_native(text, size);
	free(text);
	return 0;
}
