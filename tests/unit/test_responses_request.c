/* test_responses_request.c: requests of OpenAI's Responses API and what Gemini
 * is to be sent for them: the cases of tests/golden/responses_request, and what
 * makes poor files. */
#include "unit.h"

#include <stdbool.h>

#include "dialect/responses/responses_request.h"
#include "golden_request.h"

#define FOLDER	  "tests/golden/responses_request"
#define CASES_MIN 40 /* fewer: somebody lost some */

static bool
play(const struct golden *g)
{
	return golden_request_play(g, responses_read);
}

static void
test_golden(void **state)
{
	(void)state;
	golden_run(FOLDER, CASES_MIN, play);
}

/* Limits that would make poor files: "count" times "item" within a request. */
static const struct limit {
	const char *what, *before, *item, *after, *param;
	size_t count;
} limits[] = {
    {"too many items", "{\"model\":\"gemini-2.5-flash\",\"input\":[",
     "{\"role\":\"user\",\"content\":\"x\"}", "]}", "input[100000].content",
     CHAT_PARTS_MAX + 1},
    {"too many echoes", "{\"model\":\"gemini-2.5-flash\",\"input\":[",
     "{\"type\":\"reasoning\",\"encrypted_content\":"
     "\"gemini.{\\\"toolCall\\\":{}}\"}",
     "]}", "input[100000].encrypted_content", CHAT_PARTS_MAX + 1},
    {"too many tools",
     "{\"model\":\"gemini-2.5-flash\",\"input\":\"x\",\"tools\":[",
     "{\"type\":\"function\",\"name\":\"f\"}", "]}", "tools[1024]",
     CHAT_TOOLS_MAX + 1},
    {"too many tools of a namespace",
     "{\"model\":\"gemini-2.5-flash\",\"input\":\"x\",\"tools\":["
     "{\"type\":\"namespace\",\"name\":\"n\",\"tools\":[",
     "{\"type\":\"custom\",\"name\":\"f\"}", "]}]}", "tools[0].tools[1024]",
     CHAT_TOOLS_MAX + 1},
    {"too many calls", "{\"model\":\"gemini-2.5-flash\",\"input\":[",
     "{\"type\":\"function_call\",\"call_id\":\"a\",\"name\":\"f\","
     "\"arguments\":\"\"}",
     "]}", "input[512]", CHAT_CALLS_MAX + 1},
};

static void
test_limits(void **state)
{
	struct golden_request out;
	struct buf request;
	size_t i, n;

	(void)state;
	for (i = 0; i < GB_COUNT(limits); i++) {
		memset(&out, 0, sizeof(out));
		buf_init(&out.body, 1 << 24);
		buf_init(&request, 1 << 24);
		buf_puts(&request, limits[i].before);
		for (n = 0; n < limits[i].count; n++) {
			if (n > 0)
				buf_putc(&request, ',');
			buf_puts(&request, limits[i].item);
		}
		buf_puts(&request, limits[i].after);
		golden_translate(responses_read, &request, NULL, &out);
		CHECK_INT(limits[i].what, out.rc, GB_EINVAL);
		CHECK_STR(limits[i].what, out.err.param, limits[i].param);
		buf_release(&out.body);
		buf_release(&request);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_golden),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests_name("responses_request", tests, NULL,
					   NULL);
}
