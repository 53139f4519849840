/* test_golden.c: differences are found, and told so that a person sees them */
#include "unit.h"

#include <stdbool.h>

#include <json-c/json.h>

#include "dialect/json/json_in.h"
#include "golden.h"
#include "json_diff.h"

static const struct golden nobody = {"tests/golden", "sample"};

static struct json_object *
parse(const char *text)
{
	struct json_object *value;
	struct api_error err;

	CHECK_INT(text, json_read(text, strlen(text), &value, &err), GB_OK);
	return value;
}

#define TEN	"0123456789"
#define FORTY	TEN TEN TEN TEN
#define LONG	FORTY FORTY FORTY FORTY
#define NO_LINE ""

static void
test_diff(void **state)
{
	static const struct {
		const char *have, *want, *lines;
	} cases[] = {
	    {"{}", "{}", NO_LINE},
	    {"{\"a\":1,\"b\":[true]}", "{\"b\":[true],\"a\":1}", NO_LINE},
	    {"null", "null", NO_LINE},
	    {"1", "2", "> (all): have 1, want 2\n"},
	    {"1", "1.0", "> (all): have 1, want 1.0\n"},
	    {"null", "[]", "> (all): have null, want []\n"},
	    {"{\"generationConfig\":{\"topP\":0.5}}",
	     "{\"generationConfig\":{\"topP\":0.9}}",
	     "> generationConfig.topP: have 0.5, want 0.9\n"},
	    {"{\"a\":1,\"b\":2}", "{\"a\":3}",
	     "> a: have 1, want 3\n> b: have 2, want nothing\n"},
	    {"{}", "{\"a\":null}", "> a: have nothing, want null\n"},
	    {"{\"a\":null}", "{}", "> a: have null, want nothing\n"},
	    {"[[],[{\"x\":\"é/\\\"\"}]]", "[[],[{\"x\":\"e\"}]]",
	     "> [1][0].x: have \"é/\\\"\", want \"e\"\n"},
	    {"{\"c\":[1]}", "{\"c\":[1,2,null]}",
	     "> c[1]: have nothing, want 2\n"
	     "> c[2]: have nothing, want null\n"},
	    {"[1,2]", "[2]",
	     "> [0]: have 1, want 2\n> [1]: have 2, want nothing\n"},
	    {"{\"a b\":{\"\":1}}", "{\"a b\":{\"\":2}}",
	     "> [\"a b\"][\"\"]: have 1, want 2\n"},
	    {"{\"a\":{}}", "{\"a\":[]}", "> a: have {}, want []\n"},
	    {"\"" LONG "\"", "0",
	     "> (all): have \"" FORTY FORTY FORTY TEN TEN TEN
	     "012345678… (162 bytes), want 0\n"},
	};
	struct json_object *have, *want;
	struct buf lines;
	size_t i, count, told;
	const char *at;

	(void)state;
	buf_init(&lines, 4096);
	for (i = 0; i < GB_COUNT(cases); i++) {
		have = parse(cases[i].have);
		want = parse(cases[i].want);
		buf_reset(&lines);
		count = json_diff(have, want, "> ", &lines);
		CHECK_STR(cases[i].have, buf_str(&lines), cases[i].lines);
		told = 0;
		for (at = buf_str(&lines); *at != '\0'; at++)
			told += *at == '\n' ? 1 : 0;
		CHECK_INT(cases[i].have, count, told);
		CHECK_INT(cases[i].have, count == 0,
			  json_object_equal(have, want));
		json_object_put(have);
		json_object_put(want);
	}
	buf_release(&lines);
}

/* What it prints of these is meant to be seen by nobody but who breaks it. */
static void
test_same_events(void **state)
{
	static const struct {
		const char *have, *want;
		bool same;
	} cases[] = {
	    {"", "", true},
	    {"data: {\"a\":1,\"b\":2}\n\n", "data: {\"b\":2, \"a\":1}\n\n",
	     true},
	    {"event: x\ndata: {\"a\":1}\n\n",
	     "event: x\r\ndata: {\"a\":1}"
	     "\r\n\r\n",
	     false},
	    {"event: x\ndata: {\"a\":1}\n\n", "event: x\ndata: { \"a\":1}\n\n",
	     true},
	    {": keep-alive\n\ndata: [DONE]\n\n",
	     ": keep-alive\n\ndata: [DONE]\n\n", true},
	    {"data: {\"a\":1}\n\n", "data: {\"a\":2}\n\n", false},
	    {"event: x\ndata: {}\n\n", "event: y\ndata: {}\n\n", false},
	    {"event: x\ndata: {}\n\n", "data: {}\n\n", false},
	    {"data: {}\n\n", "event: x\ndata: {}\n\n", false},
	    {"data: {}\n\n", "data: {}\n\ndata: {}\n\n", false},
	    {"data: {}\n\ndata: {}\n\n", "data: {}\n\n", false},
	    {"data: {}\n\n", "data: [DONE]\n\n", false},
	    {"data: [DONE]\n\n", "data: {}\n\n", false},
	    {"data: {}\n", "data: {}\n\n", false},
	    {"data: {}\r\n\r\n", "data: {}\r\n\r\n", false},
	    {"data: {\ndata: }\n\n", "data: {\ndata: }\n\n", false},
	    {"\n\ndata: {}\n\n", "\n\ndata: {}\n\n", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++)
		CHECK_INT(cases[i].have,
			  golden_same_events(&nobody, cases[i].have,
					     cases[i].want),
			  cases[i].same);
}

static void
test_same_json(void **state)
{
	static const struct {
		const char *have, *want;
		bool same;
	} cases[] = {
	    {"{\"a\":1}", "{\"a\":1}", true},
	    {"{\"a\":1}", "{\"a\":2}", false},
	    {"{\"a\":1", "{\"a\":1}", false},
	    {"", "{}", false},
	    {"{} x", "{}", false},
	};
	struct json_object *want;
	struct buf have;
	size_t i;

	(void)state;
	buf_init(&have, 64);
	for (i = 0; i < GB_COUNT(cases); i++) {
		buf_reset(&have);
		buf_puts(&have, cases[i].have);
		want = parse(cases[i].want);
		CHECK_INT(cases[i].have, golden_same_json(&nobody, &have, want),
			  cases[i].same);
		json_object_put(want);
	}
	buf_release(&have);
}

static void
test_next_event(void **state)
{
	static const char stream[] = "data: one\n\n: a comment\n\n\n\n"
				     "data: two\r\n\r\n{\"error\":3}\n\n"
				     "event: x\ndata: four";
	static const char *const want[] = {"one", "two", "{\"error\":3}",
					   "event: x\ndata: four"};
	struct golden_event ev;
	const char *at = stream;
	char text[64];
	size_t count;

	(void)state;
	for (count = 0; golden_next_event(&at, &ev); count++) {
		CHECK("count", count < GB_COUNT(want));
		(void)snprintf(text, sizeof(text), "%.*s", (int)ev.data_len,
			       ev.data);
		CHECK_STR("data", text, want[count]);
	}
	CHECK_INT("events", count, GB_COUNT(want));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_diff),
	    cmocka_unit_test(test_same_json),
	    cmocka_unit_test(test_same_events),
	    cmocka_unit_test(test_next_event),
	};

	return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}
