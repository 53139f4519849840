/*
 * fuzz_reply.c: arbitrary bytes as Gemini's replies.
 *
 * The input is a sequence of events, split at empty lines, that both OpenAI
 * writers read at once: what they write must be JSON, and events of JSON.  The
 * same bytes then go through what passes native traffic on.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "dialect/error.h"
#include "dialect/models_list.h"
#include "dialect/native_request.h"
#include "dialect/native_stream.h"
#include "dialect/openai_chat_reply.h"
#include "dialect/openai_chat_stream.h"

#define OUT_MAX	  (1u << 24) /* bytes; inputs are at most some KiB */
#define SEED	  "0123456789abcdef01234567"
#define DEPTH_MAX 256 /* levels: more than is ever written */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct writer {
	const struct writer_kind *kind;
	void *state;
};

struct both {
	struct writer whole, stream;
};

static void
to_both(void *context, const struct reply *reply, const struct piece *piece)
{
	struct both *both = context;

	both->whole.kind->piece(both->whole.state, reply, piece);
	both->stream.kind->piece(both->stream.state, reply, piece);
}

static void
require(bool truth)
{
	if (!truth)
		abort();
}

static void
begin(struct writer *w, const struct writer_kind *kind,
      const struct writer_options *options, struct buf *out)
{
	w->kind = kind;
	w->state = calloc(1, kind->size);
	require(w->state != NULL);
	kind->init(w->state, options, out, OUT_MAX);
}

static void
end(struct writer *w)
{
	w->kind->release(w->state);
	free(w->state);
}

/* End the answer in "out", also where it is one of several; those that were
 * streamed are there already. */
static void
finish(struct writer *w, const struct reply *reply, struct buf *out)
{
	const struct buf *answers[1];
	struct buf answer;

	if (!reply->narrow) {
		require(w->kind->finish(w->state, reply) == GB_OK);
		return;
	}
	require(w->kind->finish_one(w->state, reply) == GB_OK);
	answer = *out;
	if (w->kind == &openai_chat_whole)
		buf_init(out, OUT_MAX);
	answers[0] = &answer;
	require(w->kind->join(w->state, reply, answers, 1) == GB_OK);
	if (w->kind == &openai_chat_whole)
		buf_release(&answer);
}

static bool
is_json(const char *text, size_t len, int flags)
{
	struct json_tokener *tok;
	struct json_object *value;
	bool is;

	tok = json_tokener_new_ex(DEPTH_MAX);
	json_tokener_set_flags(tok, flags);
	value = json_tokener_parse_ex(tok, text, (int)len);
	is = json_tokener_get_error(tok) == json_tokener_success &&
	     json_tokener_get_parse_end(tok) == len;
	json_object_put(value);
	json_tokener_free(tok);
	return is;
}

static void
require_json(const char *text, size_t len)
{
	require(is_json(text, len,
			JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8));
}

static void
require_events(const char *at)
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
	struct both both;
	struct piece_sink sink = {to_both, &both};
	struct buf out, events;
	struct api_error error;
	struct reply reply;

	chat_init(&chat);
	chat.include_usage = size % 2 == 0;
	options.chat = &chat;
	options.hide_thoughts = size % 3 == 0;
	buf_init(&out, OUT_MAX);
	buf_init(&events, OUT_MAX);
	reply_init(&reply, "call_", SEED);
	reply.wants_tokens = true;
	options.several = size % 5 == 0;
	if (options.several)
		reply_narrow(&reply, size % REPLY_CANDIDATES_MAX);
	begin(&both.whole, &openai_chat_whole, &options, &out);
	begin(&both.stream, &openai_chat_streamed, &options, &events);

	if (read_events(&reply, data, size, &sink) == REPLY_OK) {
		finish(&both.stream, &reply, &events);
	} else {
		api_error_from_upstream(&error, 200, data, size, "secret",
					false, false);
		both.stream.kind->broken(both.stream.state, &error);
		api_error_write_google(&error, &out);
		require_json(out.data, out.len);
		buf_reset(&out);
	}
	finish(&both.whole, &reply, &out);
	require_json(out.data, out.len);
	require(buf_error(&events) == GB_OK);
	require_events(buf_str(&events));

	end(&both.whole);
	end(&both.stream);
	buf_release(&out);
	buf_release(&events);
}

/* Bytes that are passed on stay what they were. */
static void
fuzz_native(const char *data, size_t size)
{
	static const struct native_safety safety = {"A", "OFF"};
	static const struct models_filter none = {NULL, 0};
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
	buf_add(&body, data, size);
	require(native_add_safety(&body, &safety, 1) == GB_OK);
	if (is_json(data, size, JSON_TOKENER_STRICT))
		require(is_json(body.data, body.len, JSON_TOKENER_STRICT));
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
