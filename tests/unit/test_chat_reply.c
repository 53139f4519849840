/* test_chat_reply.c: Gemini's answers as OpenAI's, whole and streamed; the
 * cases of tests/golden/chat_reply, and what they cannot show. */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>

#include "dialect/openai/openai_chat_reply.h"
#include "dialect/openai/openai_chat_stream.h"
#include "golden_reply.h"

#define FOLDER	  "tests/golden/chat_reply"
#define CASES_MIN 120	     /* fewer: somebody lost some */
#define TEXT_MAX  (1u << 22) /* bytes of any answer here */

static bool
play(const struct golden *g)
{
	static const struct golden_dialect openai = {
	    "openai", &openai_chat_whole,     &openai_chat_streamed,
	    "call_",  api_error_write_openai, NULL};

	return golden_reply_play(g, &openai);
}

static void
test_golden(void **state)
{
	(void)state;
	golden_run(FOLDER, CASES_MIN, play);
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
					 .seed = GOLDEN_SEED,
					 .created = 7};
	const struct writer_kind *kind = &openai_chat_streamed;
	struct piece_sink sink;
	struct reply reply;
	struct buf out;

	(void)state;
	buf_init(&out, TEXT_MAX);
	reply_init(&reply, "call_", GOLDEN_SEED);
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
					 .seed = GOLDEN_SEED};
	const struct writer_kind *kind;
	struct piece_sink sink;
	struct reply reply;
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, TEXT_MAX);
	for (i = 0; i < GB_COUNT(caps); i++) {
		kind = &openai_chat_whole;
		reply_init(&reply, "call_", GOLDEN_SEED);
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
		reply_init(&reply, "call_", GOLDEN_SEED);
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
		reply_init(&reply, "call_", GOLDEN_SEED);
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
