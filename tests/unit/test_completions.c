/* test_completions.c: OpenAI's completions of before there were chats: the
 * cases of tests/golden/completions_request and completions_reply, and what
 * makes poor files. */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>

#include "dialect/openai/completions_reply.h"
#include "dialect/openai/completions_request.h"
#include "golden_reply.h"
#include "golden_request.h"

#define REQUESTS_MIN 50 /* fewer: somebody lost some */
#define REPLIES_MIN  20

static bool
play_request(const struct golden *g)
{
	return golden_request_play(g, completions_read);
}

static void
test_requests(void **state)
{
	(void)state;
	golden_run("tests/golden/completions_request", REQUESTS_MIN,
		   play_request);
}

static bool
play_reply(const struct golden *g)
{
	static const struct golden_dialect dialect = {
	    .name = "completions",
	    .whole = &completions_whole,
	    .streamed = &completions_streamed,
	    .call_prefix = "call_",
	    .write_error = api_error_write_openai,
	};

	return golden_reply_play(g, &dialect);
}

static void
test_replies(void **state)
{
	(void)state;
	golden_run("tests/golden/completions_reply", REPLIES_MIN, play_reply);
}

#define TEN   "0123456789"
#define FORTY TEN TEN TEN TEN

/* What comes of "answer" where so much is kept and written at most. */
static enum gb_err
write_within(const struct writer_kind *kind, const char *answer, size_t kept,
	     size_t out_max)
{
	struct writer_options options = {.model = "m",
					 .seed = GOLDEN_SEED,
					 .created = GOLDEN_TIME};
	struct piece_sink sink;
	struct reply reply;
	struct chat chat;
	enum gb_err rc;
	struct buf out;
	void *writer;

	chat_init(&chat);
	options.chat = &chat;
	buf_init(&out, out_max);
	writer = calloc(1, kind->size);
	assert_non_null(writer);
	kind->init(writer, &options, &out, kept);
	reply_init(&reply, "call_", GOLDEN_SEED);
	reply.wants_tokens = true;
	sink = (struct piece_sink){kind->piece, writer};
	CHECK_INT(answer, reply_read(&reply, answer, strlen(answer), &sink),
		  REPLY_OK);
	rc = kind->finish(writer, &reply);
	kind->release(writer);
	free(writer);
	buf_release(&out);
	chat_release(&chat);
	return rc;
}

/* What does not fit, in the reply or in what is kept for its end, shows. */
static void
test_small_buffers(void **state)
{
	static const char *const answers[] = {
	    "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":"
	    "\"" FORTY FORTY FORTY FORTY FORTY "\"}]},"
	    "\"finishReason\":\"STOP\"}]}",
	    "{\"candidates\":[{\"content\":{\"parts\":[{\"executableCode\":"
	    "{\"language\":\"PYTHON\",\"code\":"
	    "\"" FORTY FORTY FORTY FORTY FORTY "\"}}]},"
	    "\"finishReason\":\"STOP\"}]}",
	    "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"x\"}]},"
	    "\"finishReason\":\"STOP\",\"logprobsResult\":{"
	    "\"chosenCandidates\":[{\"token\":"
	    "\"" FORTY FORTY FORTY FORTY FORTY "\"}]}}]}",
	};
	static const struct writer_kind *const kinds[] = {
	    &completions_whole, &completions_streamed};
	size_t i, k, max;

	(void)state;
	for (i = 0; i < GB_COUNT(answers); i++)
		for (k = 0; k < GB_COUNT(kinds); k++) {
			for (max = 0; max < 200; max += 13) {
				/* text of a stream is not kept */
				if (i > 0 || k == 0)
					CHECK_INT("kept",
						  write_within(kinds[k],
							       answers[i], max,
							       1 << 20),
						  GB_ETOOBIG);
				CHECK_INT("out",
					  write_within(kinds[k], answers[i],
						       1 << 20, max),
					  GB_ETOOBIG);
			}
			CHECK_INT("room",
				  write_within(kinds[k], answers[i], 1 << 20,
					       1 << 20),
				  GB_OK);
		}
}

/* Which answer goes on from which prompt. */
static void
test_prompt_of(void **state)
{
	struct chat chat;

	(void)state;
	chat_init(&chat);
	chat.n = 6;
	CHECK("no completion", chat_prompt(&chat, 5).ptr == NULL);
	chat.prompt_count = 2;
	chat.prompts[0] = text_from("a");
	chat.prompts[1] = text_from("b");
	CHECK_STR("0", chat_prompt(&chat, 0).ptr, "a");
	CHECK_STR("2", chat_prompt(&chat, 2).ptr, "a");
	CHECK_STR("3", chat_prompt(&chat, 3).ptr, "b");
	CHECK_STR("5", chat_prompt(&chat, 5).ptr, "b");
	chat_release(&chat);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_replies),
	    cmocka_unit_test(test_small_buffers),
	    cmocka_unit_test(test_prompt_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
