/*
 * test_chat_reply.c: Gemini's answers as OpenAI's, whole and streamed.
 *
 * Each folder of tests/golden/chat_reply is a case: what Gemini sent
 * (gemini.json, or the events of gemini.sse), options.json if they are not the
 * usual ones, and what the client gets: openai.json, openai.sse, or error.json
 * for a status and an error body.  JSON compares by value.
 */
#include "unit.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "dialect/error.h"
#include "dialect/openai_chat_reply.h"
#include "dialect/openai_chat_stream.h"
#include "dialect/thought_text.h"

#define GOLDEN	   "tests/golden/chat_reply"
#define CASES_MIN  50
#define CASES_MAX  512
#define TEXT_MAX   (1u << 22) /* bytes of any file or answer here */
#define FIXED_TIME 1700000000 /* when all answers are made */
#define FIXED_SEED "0123456789abcdef0123456789abcdef"

/* One case at work. */
struct golden {
	const char *name;
	struct json_object *json; /* options.json, or NULL */
	struct chat chat;	  /* that was asked */
	struct writer_options options;
	struct reply reply;
	struct api_error error; /* what went wrong before anything was sent */
	struct buf out;
};

/* The text of a file of the case; false: it has none. */
static bool
read_case_file(const char *name, const char *file, struct buf *text)
{
	char path[512], block[4096];
	FILE *f;
	size_t got;

	(void)snprintf(path, sizeof(path), GOLDEN "/%s/%s", name, file);
	buf_reset(text);
	f = fopen(path, "r");
	if (f == NULL)
		return false;
	while ((got = fread(block, 1, sizeof(block), f)) > 0)
		buf_add(text, block, got);
	(void)fclose(f);
	CHECK_INT(path, buf_error(text), GB_OK);
	return true;
}

static struct json_object *
option(const struct golden *g, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(g->json, key, &value) ? value : NULL;
}

/* Tools by Gemini's name: the client's. */
static void
declare(struct golden *g, struct json_object *names, bool custom)
{
	struct chat_tool *tool;
	enum gb_err why;

	if (names == NULL)
		return;
	json_object_object_foreach(names, name, given)
	{
		tool = chat_add_tool(&g->chat, &why);
		CHECK(g->name, tool != NULL);
		tool->name = text_from(name);
		tool->given = json_object_get_string(given);
		tool->custom = custom;
	}
}

static void
golden_init(struct golden *g, const char *name)
{
	struct writer_options *o = &g->options;
	struct buf text;

	memset(g, 0, sizeof(*g));
	g->name = name;
	buf_init(&g->out, TEXT_MAX);
	buf_init(&text, TEXT_MAX);
	chat_init(&g->chat);
	reply_init(&g->reply, "call_", FIXED_SEED);
	api_error_clear(&g->error);
	if (read_case_file(name, "options.json", &text)) {
		g->json = json_tokener_parse(buf_str(&text));
		CHECK(name, g->json != NULL);
	}
	o->model = "gemini-test";
	if (option(g, "model") != NULL)
		o->model = json_object_get_string(option(g, "model"));
	o->seed = FIXED_SEED;
	o->created = FIXED_TIME;
	o->hide_thoughts = json_object_get_boolean(option(g, "hide_thoughts"));
	o->chat = &g->chat;
	g->chat.include_usage =
	    json_object_get_boolean(option(g, "include_usage"));
	g->chat.function_call =
	    json_object_get_boolean(option(g, "function_call"));
	if (option(g, "sound") != NULL)
		g->chat.gen.sound = SOUND_PCM;
	g->chat.one_call = json_object_get_boolean(option(g, "one_call"));
	declare(g, option(g, "names"), false);
	declare(g, option(g, "custom"), true);
	buf_release(&text);
}

static void
golden_release(struct golden *g)
{
	chat_release(&g->chat);
	json_object_put(g->json);
	buf_release(&g->out);
}

/* What a caller makes of an answer that is no reply. */
static void
set_error(struct golden *g, enum reply_read read, const char *json, size_t len)
{
	int status;

	status = option(g, "status") == NULL
		     ? 200
		     : json_object_get_int(option(g, "status"));
	if (read == REPLY_ERROR)
		api_error_from_upstream(
		    &g->error, status, json, len,
		    "AIzaSecretSecretSecretSecretSecret12345", false, false);
	else
		api_error_set(&g->error, FAULT_UPSTREAM, NULL, "garbage");
}

/* A writer, as the sink of its pieces. */
static struct piece_sink
writer_begin(const struct writer_kind *kind,
	     const struct writer_options *options, struct buf *out, size_t max)
{
	struct piece_sink sink = {kind->piece, calloc(1, kind->size)};

	assert_non_null(sink.context);
	kind->init(sink.context, options, out, max);
	return sink;
}

static void
writer_end(const struct writer_kind *kind, void *writer)
{
	kind->release(writer);
	free(writer);
}

static void
finish_whole(struct golden *g, const struct writer_kind *kind, void *writer,
	     struct thought_text *thoughts)
{
	if (thoughts != NULL)
		thought_text_finish(thoughts, &g->reply);
	CHECK_INT(g->name, kind->finish(writer, &g->reply), GB_OK);
}

static void
run_whole(struct golden *g, const struct buf *gemini)
{
	const struct writer_kind *kind = &openai_chat_whole;
	struct piece_sink writer, sink;
	struct thought_text thoughts;
	enum reply_read read;

	writer = writer_begin(kind, &g->options, &g->out, TEXT_MAX);
	sink = writer;
	if (option(g, "thought_tag") != NULL) {
		thought_text_init(&thoughts,
				  json_object_get_string(
				      option(g, "thought_tag")),
				  writer);
		sink = thought_text_sink(&thoughts);
	}
	read = reply_read(&g->reply, buf_str(gemini), gemini->len, &sink);
	if (read != REPLY_OK)
		set_error(g, read, buf_str(gemini), gemini->len);
	else if (reply_end(&g->reply) == REPLY_EMPTY && !option(g, "force"))
		api_error_set(&g->error, FAULT_EMPTY, NULL, "empty");
	else
		finish_whole(g, kind, writer.context,
			     sink.context == &thoughts ? &thoughts : NULL);
	writer_end(kind, writer.context);
}

/* Behind the next event's end, and its length without that. */
static const char *
next_event(const char *at, size_t *len)
{
	const char *lf, *crlf;

	lf = strstr(at, "\n\n");
	crlf = strstr(at, "\r\n\r\n");
	if (crlf != NULL && (lf == NULL || crlf < lf)) {
		*len = (size_t)(crlf - at);
		return crlf + 4;
	}
	*len = lf == NULL ? strlen(at) : (size_t)(lf - at);
	return lf == NULL ? at + *len : lf + 2;
}

static void
end_stream(struct golden *g, const struct writer_kind *kind, void *writer)
{
	enum reply_end end;

	end = reply_end(&g->reply);
	if (end == REPLY_COMPLETE || option(g, "force") != NULL) {
		CHECK_INT(g->name, kind->finish(writer, &g->reply), GB_OK);
		return;
	}
	api_error_set(&g->error,
		      end == REPLY_CUT ? FAULT_UPSTREAM : FAULT_EMPTY, NULL,
		      end == REPLY_CUT ? "cut" : "empty");
	if (g->out.len > 0)
		kind->broken(writer, &g->error);
}

static void
run_stream(struct golden *g, const struct buf *gemini)
{
	const struct writer_kind *kind = &openai_chat_streamed;
	struct piece_sink sink;
	enum reply_read read;
	const char *at, *next;
	size_t len;

	sink = writer_begin(kind, &g->options, &g->out, TEXT_MAX);
	read = REPLY_OK;
	for (at = buf_str(gemini); *at != '\0' && read == REPLY_OK; at = next) {
		next = next_event(at, &len);
		if (len == 0 || *at == ':')
			continue;
		if (strncmp(at, "data: ", 6) == 0) {
			at += 6;
			len -= 6;
		}
		read = reply_read(&g->reply, at, len, &sink);
		if (read == REPLY_OK)
			continue;
		set_error(g, read, at, len);
		if (g->out.len > 0)
			kind->broken(sink.context, &g->error);
	}
	if (read == REPLY_OK)
		end_stream(g, kind, sink.context);
	writer_end(kind, sink.context);
}

static void
check_json(const char *name, const char *have, size_t have_len,
	   const char *want, size_t want_len)
{
	struct json_tokener *tok;
	struct json_object *have_json, *want_json;

	if (have_len == want_len && memcmp(have, want, have_len) == 0)
		return;
	tok = json_tokener_new();
	have_json = json_tokener_parse_ex(tok, have, (int)have_len);
	json_tokener_reset(tok);
	want_json = json_tokener_parse_ex(tok, want, (int)want_len);
	if (have_json == NULL || !json_object_equal(have_json, want_json))
		fail_msg("%s: have\n%.*s\nwant\n%.*s", name, (int)have_len,
			 have, (int)want_len, want);
	json_object_put(have_json);
	json_object_put(want_json);
	json_tokener_free(tok);
}

/* Event for event; ours are all "data: ", one line, and two line ends. */
static void
check_events(const char *name, const char *have, const char *want)
{
	const char *have_next, *want_next;
	size_t have_len, want_len;

	while (*have != '\0' || *want != '\0') {
		have_next = next_event(have, &have_len);
		want_next = next_event(want, &want_len);
		if (have_len < 6 || want_len < 6)
			fail_msg("%s: have\n%s\nwant\n%s", name, have, want);
		CHECK(name, strncmp(have, "data: ", 6) == 0);
		CHECK(name, memchr(have, '\n', have_len) == NULL);
		CHECK(name, strncmp(have + have_len, "\n\n", 2) == 0);
		check_json(name, have + 6, have_len - 6, want + 6,
			   want_len - 6);
		have = have_next;
		want = want_next;
	}
}

static void
check_error(struct golden *g, const struct buf *want)
{
	struct json_object *json, *status, *body;

	json = json_tokener_parse(buf_str(want));
	CHECK(g->name, json_object_object_get_ex(json, "status", &status));
	CHECK(g->name, json_object_object_get_ex(json, "body", &body));
	CHECK_INT(g->name, g->out.len, 0);
	CHECK_INT(g->name, g->error.status, json_object_get_int(status));
	api_error_write_openai(&g->error, &g->out);
	check_json(g->name, buf_str(&g->out), g->out.len,
		   json_object_to_json_string(body),
		   strlen(json_object_to_json_string(body)));
	json_object_put(json);
}

static void
run_case(const char *name)
{
	struct golden g;
	struct buf text;

	golden_init(&g, name);
	buf_init(&text, TEXT_MAX);
	if (read_case_file(name, "gemini.json", &text))
		run_whole(&g, &text);
	else if (read_case_file(name, "gemini.sse", &text))
		run_stream(&g, &text);
	else
		fail_msg("%s: has neither gemini.json nor gemini.sse", name);
	if (g.out.len == 0 && g.error.fault == FAULT_NONE)
		fail_msg("%s: neither an answer nor an error", name);

	if (read_case_file(name, "error.json", &text))
		check_error(&g, &text);
	else if (read_case_file(name, "openai.json", &text))
		check_json(name, buf_str(&g.out), g.out.len, buf_str(&text),
			   text.len);
	else if (read_case_file(name, "openai.sse", &text))
		check_events(name, buf_str(&g.out), buf_str(&text));
	else
		fail_msg("%s: says nothing of what is wanted", name);
	buf_release(&text);
	golden_release(&g);
}

static int
is_case(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void
test_golden(void **state)
{
	struct dirent **entries;
	int i, count;

	(void)state;
	count = scandir(GOLDEN, &entries, is_case, alphasort);
	CHECK(GOLDEN, count >= CASES_MIN && count <= CASES_MAX);
	for (i = 0; i < count; i++) {
		run_case(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

/* The golden files compare by value; clients that cut with a knife see
 * bytes. */
static void
test_stream_bytes(void **state)
{
	static const char answer[] =
	    "{\"responseId\":\"X\",\"candidates\":[{\"finishReason\":\"STOP\","
	    "\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\","
	    "\"id\":\"call_a\",\"args\":{\"x\":1}},"
	    "\"thoughtSignature\":\"c2ln\"}]}}]}";
#define HEAD \
	"data: {\"id\":\"chatcmpl-X\",\"object\":\"chat.completion.chunk\"," \
	"\"created\":7,\"model\":\"M\",\"choices\":["
	static const char want[] = HEAD
	    "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
	    "\"logprobs\":null,\"finish_reason\":null}]}\n\n" HEAD
	    "{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,"
	    "\"id\":\"call_a\",\"type\":\"function\",\"function\":{"
	    "\"name\":\"f\",\"arguments\":\"\"},\"extra_content\":{\"google\":{"
	    "\"thought_signature\":\"c2ln\"}}}]},\"finish_reason\":null}]}"
	    "\n\n" HEAD "{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,"
	    "\"function\":{\"arguments\":\"{\\\"x\\\":1}\"}}]},"
	    "\"finish_reason\":null}]}\n\n" HEAD
	    "{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}"
	    "\n\ndata: [DONE]\n\n";
#undef HEAD
	struct chat chat = {0};
	struct writer_options options = {.chat = &chat,
					 .model = "M",
					 .seed = FIXED_SEED,
					 .created = 7};
	const struct writer_kind *kind = &openai_chat_streamed;
	struct piece_sink sink;
	struct reply reply;
	struct buf out;

	(void)state;
	buf_init(&out, TEXT_MAX);
	reply_init(&reply, "call_", FIXED_SEED);
	sink = writer_begin(kind, &options, &out, TEXT_MAX);
	CHECK_INT("read", reply_read(&reply, answer, sizeof(answer) - 1, &sink),
		  REPLY_OK);
	CHECK_INT("finish", kind->finish(sink.context, &reply), GB_OK);
	CHECK_STR("bytes", buf_str(&out), want);
	writer_end(kind, sink.context);
	buf_release(&out);
}

/* A cap that is too small is an answer's failure, not half an answer. */
static void
test_caps(void **state)
{
#define TEN "0123456789"
	static const char answer[] =
	    "{\"candidates\":[{\"finishReason\":\"STOP\",\"content\":{"
	    "\"parts\":[{\"text\":\"" TEN "\"},{\"functionCall\":{"
	    "\"name\":\"f\",\"args\":{\"x\":\"" TEN TEN TEN TEN TEN TEN TEN TEN
		TEN TEN TEN TEN TEN TEN TEN TEN "\"}}}]}}]}";
#undef TEN
	static const struct {
		const char *what;
		size_t max;
		enum gb_err want;
	} caps[] = {
	    {"no room for the text", 5, GB_ETOOBIG},
	    {"no room for the arguments", 150, GB_ETOOBIG},
	    {"room for all", 4096, GB_OK},
	};
	struct chat chat = {0};
	struct writer_options options = {.chat = &chat,
					 .model = "M",
					 .seed = FIXED_SEED};
	const struct writer_kind *kind;
	struct piece_sink sink;
	struct reply reply;
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, TEXT_MAX);
	for (i = 0; i < GB_COUNT(caps); i++) {
		kind = &openai_chat_whole;
		reply_init(&reply, "call_", FIXED_SEED);
		buf_reset(&out);
		sink = writer_begin(kind, &options, &out, caps[i].max);
		CHECK_INT(caps[i].what,
			  reply_read(&reply, answer, sizeof(answer) - 1, &sink),
			  REPLY_OK);
		CHECK_INT(caps[i].what, kind->finish(sink.context, &reply),
			  caps[i].want);
		writer_end(kind, sink.context);

		kind = &openai_chat_streamed;
		buf_reset(&out);
		sink = writer_begin(kind, &options, &out, caps[i].max);
		CHECK_INT(caps[i].what,
			  reply_read(&reply, answer, sizeof(answer) - 1, &sink),
			  REPLY_OK);
		CHECK_INT(caps[i].what, buf_error(&out), caps[i].want);
		writer_end(kind, sink.context);
	}
	buf_release(&out);
}

static void
ignore_piece(void *context, const struct reply *reply,
	     const struct piece *piece)
{
	(void)reply;
	(void)piece;
	++*(size_t *)context;
}

/* What is no reply leaves everything as it was. */
static void
test_no_reply(void **state)
{
	static const struct {
		const char *json;
		enum reply_read want;
	} cases[] = {
	    {"", REPLY_GARBAGE},
	    {"null", REPLY_GARBAGE},
	    {"12", REPLY_GARBAGE},
	    {"\"text\"", REPLY_GARBAGE},
	    {"<html>", REPLY_GARBAGE},
	    {"[]", REPLY_GARBAGE},
	    {"[{}]", REPLY_GARBAGE},
	    {"{\"responseId\":\"X\"", REPLY_GARBAGE},
	    {"{\"responseId\":\"X\"} x", REPLY_GARBAGE},
	    {"{\"responseId\":\"X\",\"error\":{}}", REPLY_ERROR},
	    {"{\"error\":\"text\"}", REPLY_ERROR},
	    {"[{\"error\":{\"code\":400}}]", REPLY_ERROR},
	    {"{\"error\":null}", REPLY_OK},
	    {" {} \r\n", REPLY_OK},
	};
	struct reply reply;
	struct piece_sink sink;
	size_t i, pieces;

	(void)state;
	pieces = 0;
	sink.piece = ignore_piece;
	sink.context = &pieces;
	for (i = 0; i < GB_COUNT(cases); i++) {
		reply_init(&reply, "call_", FIXED_SEED);
		CHECK_INT(cases[i].json,
			  reply_read(&reply, cases[i].json,
				     strlen(cases[i].json), &sink),
			  cases[i].want);
		CHECK_STR(cases[i].json, reply.response_id, "");
		CHECK_INT(cases[i].json, pieces, 0);
		CHECK_INT(cases[i].json, reply_end(&reply), REPLY_EMPTY);
	}
}

/* The end of an answer decides whether it is tried again. */
static void
test_end(void **state)
{
#define ANSWER(parts, finish) \
	"{\"candidates\":[{\"content\":{\"parts\":[" parts "]}" finish "}]}"
#define FINISH(reason) ",\"finishReason\":\"" reason "\""
	static const struct {
		const char *json;
		enum reply_end want;
		bool stumbled;
	} cases[] = {
	    {ANSWER("{\"text\":\"a\"}", FINISH("STOP")), REPLY_COMPLETE, false},
	    {ANSWER("{\"text\":\"a\"}", ""), REPLY_CUT, false},
	    {ANSWER("{\"text\":\"a\"}", ",\"finishReason\":null"), REPLY_CUT,
	     false},
	    {ANSWER("", FINISH("STOP")), REPLY_EMPTY, false},
	    {ANSWER("{\"text\":\"a\",\"thought\":true}", FINISH("STOP")),
	     REPLY_EMPTY, false},
	    {ANSWER("{\"text\":\"\",\"thoughtSignature\":\"x\"}",
		    FINISH("STOP")),
	     REPLY_EMPTY, false},
	    {ANSWER("", FINISH("MAX_TOKENS")), REPLY_COMPLETE, false},
	    {ANSWER("", FINISH("SAFETY")), REPLY_COMPLETE, false},
	    {ANSWER("", FINISH("OTHER")), REPLY_EMPTY, false},
	    {ANSWER("", FINISH("MALFORMED_FUNCTION_CALL")), REPLY_EMPTY, true},
	    {ANSWER("{\"text\":\"a\"}", FINISH("UNEXPECTED_TOOL_CALL")),
	     REPLY_COMPLETE, true},
	    {"{\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}",
	     REPLY_COMPLETE, false},
	    {"{\"promptFeedback\":{\"blockReason\":7}}", REPLY_EMPTY, false},
	    {"{\"candidates\":{}}", REPLY_EMPTY, false},
	};
#undef ANSWER
#undef FINISH
	struct reply reply;
	struct piece_sink sink;
	size_t i, pieces;

	(void)state;
	pieces = 0;
	sink.piece = ignore_piece;
	sink.context = &pieces;
	for (i = 0; i < GB_COUNT(cases); i++) {
		reply_init(&reply, "call_", FIXED_SEED);
		CHECK_INT(cases[i].json,
			  reply_read(&reply, cases[i].json,
				     strlen(cases[i].json), &sink),
			  REPLY_OK);
		CHECK_INT(cases[i].json, reply_end(&reply), cases[i].want);
		CHECK_INT(cases[i].json, reply_stumbled(&reply),
			  cases[i].stumbled);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_golden), cmocka_unit_test(test_stream_bytes),
	    cmocka_unit_test(test_caps),   cmocka_unit_test(test_no_reply),
	    cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests_name("chat_reply", tests, NULL, NULL);
}
