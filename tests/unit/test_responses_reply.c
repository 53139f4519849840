/* test_responses_reply.c: what clients of OpenAI's Responses API get for what
 * Gemini answers: the cases of tests/golden/responses_reply, and what makes
 * poor files. */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>

#include "dialect/responses/responses_reply.h"
#include "dialect/responses/responses_stream.h"
#include "golden_reply.h"

#define FOLDER	  "tests/golden/responses_reply"
#define CASES_MIN 30 /* fewer: somebody lost some */

static bool
play(const struct golden *g)
{
	static const struct golden_dialect dialect = {
	    .name = "responses",
	    .whole = &responses_whole,
	    .streamed = &responses_streamed,
	    .call_prefix = "call_",
	    .write_error = api_error_write_openai,
	};

	return golden_reply_play(g, &dialect);
}

static void
test_golden(void **state)
{
	(void)state;
	golden_run(FOLDER, CASES_MIN, play);
}

/* A writer at work on what it is given. */
struct pen {
	const struct writer_kind *kind;
	void *writer;
	struct chat chat;
	struct reply reply;
	struct writer_options options;
	struct buf out;
};

static void
pen_init(struct pen *p, const struct writer_kind *kind, size_t kept_max,
	 size_t out_max)
{
	memset(p, 0, sizeof(*p));
	chat_init(&p->chat);
	reply_init(&p->reply, "call_", GOLDEN_SEED);
	buf_init(&p->out, out_max);
	p->options.chat = &p->chat;
	p->options.model = "m";
	p->options.seed = GOLDEN_SEED;
	p->options.created = GOLDEN_TIME;
	p->kind = kind;
	p->writer = calloc(1, kind->size);
	assert_non_null(p->writer);
	kind->init(p->writer, &p->options, &p->out, kept_max);
}

static void
pen_release(struct pen *p)
{
	p->kind->release(p->writer);
	free(p->writer);
	chat_release(&p->chat);
	buf_release(&p->out);
}

static void
feed(struct pen *p, const char *json)
{
	struct piece_sink sink = {p->kind->piece, p->writer};

	CHECK_INT(json, reply_read(&p->reply, json, strlen(json), &sink),
		  REPLY_OK);
}

#define TEN   "0123456789"
#define FORTY TEN TEN TEN TEN

/* What does not fit, in the reply or in what is kept for its end, shows. */
static void
test_small_buffers(void **state)
{
	static const char *const answers[] = {
	    "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":"
	    "\"" FORTY FORTY FORTY FORTY FORTY "\"}]},"
	    "\"finishReason\":\"STOP\"}]}",
	    "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":"
	    "{\"name\":\"f\",\"args\":{\"a\":"
	    "\"" FORTY FORTY FORTY FORTY FORTY "\"}}}]},"
	    "\"finishReason\":\"STOP\"}]}",
	    "{\"candidates\":[{\"content\":{\"parts\":[{\"executableCode\":"
	    "{\"language\":\"PYTHON\",\"code\":"
	    "\"" FORTY FORTY FORTY FORTY FORTY "\"}}]},"
	    "\"finishReason\":\"STOP\"}]}",
	};
	static const struct writer_kind *const kinds[] = {&responses_whole,
							  &responses_streamed};
	struct pen p;
	size_t i, k, max;

	(void)state;
	for (i = 0; i < GB_COUNT(answers); i++) {
		for (k = 0; k < GB_COUNT(kinds); k++) {
			for (max = 0; max < 200; max += 13) {
				pen_init(&p, kinds[k], max, 1 << 20);
				feed(&p, answers[i]);
				CHECK_INT("kept",
					  p.kind->finish(p.writer, &p.reply),
					  GB_ETOOBIG);
				pen_release(&p);
				pen_init(&p, kinds[k], 1 << 20, max);
				feed(&p, answers[i]);
				CHECK_INT("out",
					  p.kind->finish(p.writer, &p.reply),
					  GB_ETOOBIG);
				pen_release(&p);
			}
			pen_init(&p, kinds[k], 1 << 20, 1 << 20);
			feed(&p, answers[i]);
			CHECK_INT("room", p.kind->finish(p.writer, &p.reply),
				  GB_OK);
			pen_release(&p);
		}
	}
}

/* A stream whose head went out with a comment, and which then found no key:
 * clients want a beginning, even of that. */
static void
test_broken_before_it_began(void **state)
{
	static const char *const types[] = {"response.created",
					    "response.in_progress",
					    "response.failed"};
	struct golden_event ev;
	struct api_error e;
	struct pen p;
	const char *at;
	size_t i;

	(void)state;
	pen_init(&p, &responses_streamed, 1 << 20, 1 << 20);
	api_error_set(&e, FAULT_RATE_LIMIT, NULL, "All keys are resting.");
	p.kind->broken(p.writer, &e);
	CHECK_INT("out", buf_error(&p.out), GB_OK);
	at = buf_str(&p.out);
	for (i = 0; i < GB_COUNT(types); i++) {
		assert_true(golden_next_event(&at, &ev));
		CHECK_INT(types[i],
			  strncmp(ev.raw, "event: ", 7) == 0 &&
			      strncmp(ev.raw + 7, types[i], strlen(types[i])) ==
				  0,
			  1);
	}
	CHECK_INT("code",
		  strstr(ev.raw,
			 "{\"code\":\"rate_limit_exceeded\","
			 "\"message\":\"All keys are resting.\"}") != NULL,
		  1);
	CHECK_INT("nothing more", golden_next_event(&at, &ev), 0);
	pen_release(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_golden),
	    cmocka_unit_test(test_small_buffers),
	    cmocka_unit_test(test_broken_before_it_began),
	};

	return cmocka_run_group_tests_name("responses_reply", tests, NULL,
					   NULL);
}
