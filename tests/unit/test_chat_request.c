/* test_chat_request.c: OpenAI requests and what Gemini is to be sent for them:
 * the cases of tests/golden/chat_request, and what makes poor files. */
#include "unit.h"

#include <stdbool.h>

#include <json-c/json.h>

#include "dialect/json/json_in.h"
#include "dialect/openai/openai_chat_request.h"
#include "golden_request.h"

#define FOLDER	  "tests/golden/chat_request"
#define CASES_MIN 150 /* fewer: somebody lost some */

static bool
play(const struct golden *g)
{
	return golden_request_play(g, openai_chat_read);
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
    {"too many parts", "{\"model\":\"gemini-2.5-flash\",\"messages\":[",
     "{\"role\":\"user\",\"content\":\"x\"}", "]}", "messages[100000].content",
     CHAT_PARTS_MAX + 1},
    {"too many tools",
     "{\"model\":\"gemini-2.5-flash\",\"messages\":[],\"tools\":[",
     "{\"type\":\"function\",\"function\":{\"name\":\"f\"}}", "]}",
     "tools[1024].function", CHAT_TOOLS_MAX + 1},
    {"too many calls",
     "{\"model\":\"gemini-2.5-flash\",\"messages\":[{\"role\":\"assistant\","
     "\"tool_calls\":[",
     "{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}", "]}]}",
     "messages[0].tool_calls[512].function", CHAT_CALLS_MAX + 1},
    {"too many safety settings",
     "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
     "\"google\":{\"safety_settings\":[",
     "{\"category\":\"a\",\"threshold\":\"b\"}", "]}}",
     "google.safety_settings", 17},
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
		golden_translate(openai_chat_read, &request, NULL, &out);
		CHECK_INT(limits[i].what, out.rc, GB_EINVAL);
		CHECK_STR(limits[i].what, out.err.param, limits[i].param);
		buf_release(&out.body);
		buf_release(&request);
	}
}

/* A body that does not fit in what the caller gives fails as a whole. */
static void
test_small_buffer(void **state)
{
	static const char request[] =
	    "{\"model\":\"gemini-2.5-flash\",\"messages\":[{\"role\":\"user\","
	    "\"content\":\"0123456789012345678901234567890123456789\"}]}";
	struct golden_request out;
	struct buf text;

	(void)state;
	memset(&out, 0, sizeof(out));
	buf_init(&out.body, 32);
	buf_init(&text, sizeof(request));
	buf_puts(&text, request);
	golden_translate(openai_chat_read, &text, NULL, &out);
	CHECK_INT("small buffer", out.rc, GB_ETOOBIG);
	CHECK_INT("small buffer", out.err.fault, FAULT_BODY_TOO_LARGE);
	buf_release(&out.body);
	buf_release(&text);
}

/* Names that Gemini does not take come back as the client wrote them. */
static void
test_names(void **state)
{
	static const char request[] =
	    "{\"model\":\"gemini-3.7-flash\",\"messages\":[{\"role\":\"user\","
	    "\"content\":\"x\"}],\"tools\":["
	    "{\"type\":\"function\",\"function\":{\"name\":\"1st\"}},"
	    "{\"type\":\"function\",\"function\":{\"name\":\"_1st\"}},"
	    "{\"type\":\"function\",\"function\":{\"name\":\"plain\"}},"
	    "{\"type\":\"function\",\"function\":{\"name\":\"a b/c\"}}]}";
	static const struct chat_options options = {false, false};
	struct json_object *root;
	struct api_error err;
	struct chat chat;

	(void)state;
	CHECK_INT("parse", json_read(request, sizeof(request) - 1, &root, &err),
		  GB_OK);
	CHECK_INT("read", openai_chat_read(root, &options, &chat, &err), GB_OK);
	CHECK_STR("given way to a tool of that name",
		  chat_original_name(&chat, "_1st_1"), "1st");
	CHECK_STR("the client's own", chat_original_name(&chat, "_1st"),
		  "_1st");
	CHECK_STR("good as it is", chat_original_name(&chat, "plain"), "plain");
	CHECK_STR("other characters", chat_original_name(&chat, "a_b_c"),
		  "a b/c");
	CHECK_STR("unknown", chat_original_name(&chat, "nothing"), "nothing");
	chat_release(&chat);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_golden),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_small_buffer),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("chat_request", tests, NULL, NULL);
}
