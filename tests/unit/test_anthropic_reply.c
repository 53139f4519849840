/* test_anthropic_reply.c: Gemini's answers as Anthropic's messages, whole and
 * streamed; the cases of tests/golden/anthropic_reply, and what they cannot
 * show. */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>

#include "dialect/anthropic/anthropic_reply.h"
#include "dialect/anthropic/anthropic_stream.h"
#include "golden_reply.h"

#define FOLDER	  "tests/golden/anthropic_reply"
#define CASES_MIN 60	     /* fewer: somebody lost some */
#define TEXT_MAX  (1u << 22) /* bytes of any answer here */

static void
write_error(const struct api_error *e, struct buf *out)
{
	api_error_write_anthropic(e, "req-1", out);
}

static bool
play(const struct golden *g)
{
	static const struct golden_dialect anthropic = {
	    "anthropic", &anthropic_whole, &anthropic_streamed,
	    "",		 write_error,	   api_error_status_anthropic};

	return golden_reply_play(g, &anthropic);
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
	    "\"id\":\"a\",\"args\":{\"x\":1}}}]}}]}";
#define COUNTS \
	"\"input_tokens\":0,\"cache_creation_input_tokens\":0," \
	"\"cache_read_input_tokens\":0,\"output_tokens\":0," \
	"\"output_tokens_details\":{\"thinking_tokens\":0}," \
	"\"server_tool_use\":null"
	static const char want[] =
	    "event: message_start\n"
	    "data: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_X\","
	    "\"type\":\"message\",\"role\":\"assistant\",\"model\":\"M\","
	    "\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,"
	    "\"stop_details\":null,\"usage\":{" COUNTS
	    ",\"cache_creation\":null,\"inference_geo\":null,"
	    "\"service_tier\":\"standard\",\"speed\":null},\"container\":null,"
	    "\"diagnostics\":null}}\n\n"
	    "event: ping\ndata: {\"type\":\"ping\"}\n\n"
	    "event: content_block_start\n"
	    "data: {\"type\":\"content_block_start\",\"index\":0,"
	    "\"content_block\":{\"type\":\"tool_use\",\"id\":\"toolu_a\","
	    "\"name\":\"f\",\"caller\":{\"type\":\"direct\"},\"input\":{}}}\n\n"
	    "event: content_block_delta\n"
	    "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{"
	    "\"type\":\"input_json_delta\","
	    "\"partial_json\":\"{\\\"x\\\":1}\"}}\n\n"
	    "event: content_block_stop\n"
	    "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
	    "event: message_delta\n"
	    "data: {\"type\":\"message_delta\",\"delta\":{"
	    "\"stop_reason\":\"tool_use\",\"stop_sequence\":null,"
	    "\"stop_details\":null,\"container\":null},\"usage\":{" COUNTS
	    "}}\n\n"
	    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
#undef COUNTS
	struct chat chat = {0};
	struct writer_options options = {.chat = &chat,
					 .model = "M",
					 .seed = GOLDEN_SEED};
	const struct writer_kind *kind = &anthropic_streamed;
	struct piece_sink sink;
	struct reply reply;
	struct buf out;

	(void)state;
	buf_init(&out, TEXT_MAX);
	reply_init(&reply, "", GOLDEN_SEED);
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
#define TEN	"0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define PARTS(parts) \
	"{\"candidates\":[{\"finishReason\":\"STOP\",\"content\":{" \
	"\"parts\":[" parts "]}}]}"
	static const struct {
		const char *what, *answer;
		size_t max;
		enum gb_err whole, streamed;
	} cases[] = {
	    {"no room for the text", PARTS("{\"text\":\"" HUNDRED "\"}"), 50,
	     GB_ETOOBIG, GB_OK},
	    {"no room for the arguments",
	     PARTS(
		 "{\"functionCall\":{\"name\":\"f\",\"args\":{\"x\":\"" HUNDRED
		 "\"}}}"),
	     50, GB_ETOOBIG, GB_ETOOBIG},
	    {"no room for the signature",
	     PARTS("{\"functionCall\":{\"name\":\"f\"},"
		   "\"thoughtSignature\":\"" HUNDRED "\"}"),
	     50, GB_ETOOBIG, GB_ETOOBIG},
	    {"no room for the picture",
	     PARTS("{\"inlineData\":{\"mimeType\":\"image/png\","
		   "\"data\":\"" HUNDRED "\"}}"),
	     50, GB_ETOOBIG, GB_ETOOBIG},
	    {"no room for what is kept",
	     PARTS("{\"toolCall\":{\"id\":\"" HUNDRED "\"}},"
		   "{\"text\":\"x\"}"),
	     50, GB_ETOOBIG, GB_ETOOBIG},
	    {"no room for the reason",
	     "{\"promptFeedback\":{\"blockReason\":\"" TEN TEN TEN TEN "\"}}",
	     50, GB_ETOOBIG, GB_ETOOBIG},
	    {"no room for all of the blocks",
	     PARTS("{\"text\":\"" TEN "\"},{\"functionCall\":{\"name\":\"f\"}},"
		   "{\"text\":\"" TEN "\"}"),
	     150, GB_ETOOBIG, GB_OK},
	    {"room for all", PARTS("{\"text\":\"" HUNDRED "\"}"), 4096, GB_OK,
	     GB_OK},
	};
#undef PARTS
#undef HUNDRED
#undef TEN
	struct chat chat = {.thinking_blocks = true};
	struct writer_options options = {.chat = &chat,
					 .model = "M",
					 .seed = GOLDEN_SEED};
	const struct writer_kind *kind;
	struct piece_sink sink;
	struct reply reply;
	struct buf out;
	size_t i, streamed;

	(void)state;
	buf_init(&out, TEXT_MAX);
	for (i = 0; i < GB_COUNT(cases); i++) {
		for (streamed = 0; streamed < 2; streamed++) {
			kind =
			    streamed ? &anthropic_streamed : &anthropic_whole;
			reply_init(&reply, "", GOLDEN_SEED);
			buf_reset(&out);
			sink = writer_begin(kind, &options, &out, cases[i].max);
			CHECK_INT(cases[i].what,
				  reply_read(&reply, cases[i].answer,
					     strlen(cases[i].answer), &sink),
				  REPLY_OK);
			CHECK_INT(cases[i].what,
				  kind->finish(sink.context, &reply),
				  streamed ? cases[i].streamed
					   : cases[i].whole);
			writer_end(kind, sink.context);
		}
	}
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_golden),
	    cmocka_unit_test(test_stream_bytes),
	    cmocka_unit_test(test_caps),
	};

	return cmocka_run_group_tests_name("anthropic_reply", tests, NULL,
					   NULL);
}
