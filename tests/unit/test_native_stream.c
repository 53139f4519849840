/*
 * test_native_stream.c: a growing JSON array, cut at every byte
 *
 * Promise 5: whatever was handed out, with the error behind it, is JSON.
 *
 * cites 4.1 arrays of native clients
 */
#include "unit.h"

#include <stdbool.h>

#include <json-c/json.h>

#include "dialect/gemini/native_stream.h"

#define ELEMENT_MAX 4096

static const struct {
	const char *what, *stream;
	const char *elements; /* joined with "|" */
	bool closed, broken;
} cases[] = {
    {"Google's framing", "[{\"a\":1}\n,\r\n{\"b\":[2,{}]}\n]\n",
     "{\"a\":1}|{\"b\":[2,{}]}", true, false},
    {"brackets and quotes in strings",
     "[{\"a\":\"}]\\\"[{\\\\\"},{\"\\\\\\\"}\":\"\\u007d\"}]",
     "{\"a\":\"}]\\\"[{\\\\\"}|{\"\\\\\\\"}\":\"\\u007d\"}", true, false},
    {"one element", "[{}]", "{}", true, false},
    {"none", " [ ] ", "", true, false},
    {"an error in place of the array", "{\"error\":{\"code\":400}}\n",
     "{\"error\":{\"code\":400}}", true, false},
    {"not ended", "[{\"a\":1},", "{\"a\":1}", false, false},
    {"ended within an element", "[{\"a\":1},{\"b\":\"]", "{\"a\":1}", false,
     false},
    {"nothing", "", "", false, false},
    {"only the bracket", "[", "", false, false},
    {"HTML", "<html></html>", "", false, true},
    {"a number in the array", "[{},5]", "{}", false, true},
    {"something behind the end", "[{}] x", "{}", false, true},
    {"an array behind the end", "[{}][", "{}", false, true},
    {"an object behind an object", "{}{}", "{}", false, true},
    {"a second bracket", "[[{}]]", "", false, true},
    {"a comma first", ",{}", "", false, true},
    {"a bracket closed that was not open", "]", "", false, true},
};

/* Take what is whole; its bytes to "raw", its elements to "elements". */
static void
drain(struct native_stream *s, struct buf *raw, struct buf *elements)
{
	struct native_element el;

	while (native_stream_next(s, &el)) {
		buf_add(raw, el.raw, el.raw_len);
		if (el.json == NULL)
			continue;
		CHECK("inside", el.json + el.json_len == el.raw + el.raw_len &&
				    el.json >= el.raw);
		if (elements->len > 0)
			buf_putc(elements, '|');
		buf_add(elements, el.json, el.json_len);
	}
}

static bool
is_json(const char *text)
{
	struct json_object *value;
	enum json_tokener_error error;

	value = json_tokener_parse_verbose(text, &error);
	json_object_put(value);
	return error == json_tokener_success;
}

/* Feed the first "cut" bytes, and the rest from there unless "drop". */
static void
run_case(size_t i, size_t cut, bool drop)
{
	struct native_stream s;
	struct api_error error;
	struct buf raw, elements;
	const char *what = cases[i].what, *stream = cases[i].stream;
	size_t len = strlen(stream);

	native_stream_init(&s, ELEMENT_MAX);
	buf_init(&raw, ELEMENT_MAX);
	buf_init(&elements, ELEMENT_MAX);
	CHECK_INT(what, native_stream_feed(&s, stream, cut), GB_OK);
	drain(&s, &raw, &elements);
	CHECK_INT(what, memcmp(buf_str(&raw), stream, raw.len), 0);
	if (drop) {
		if (!native_stream_closed(&s)) {
			api_error_set(&error, FAULT_UPSTREAM, NULL, "cut");
			native_stream_write_error(&s, &error, &raw);
			if (!is_json(buf_str(&raw)))
				fail_msg("%s, cut at %zu: no JSON: %s", what,
					 cut, buf_str(&raw));
		}
		goto out;
	}
	CHECK_INT(what, native_stream_feed(&s, stream + cut, len - cut), GB_OK);
	drain(&s, &raw, &elements);
	CHECK_STR(what, buf_str(&elements), cases[i].elements);
	CHECK_INT(what, native_stream_closed(&s), cases[i].closed);
	CHECK_INT(what, native_stream_broken(&s), cases[i].broken);
	CHECK_INT(what, memcmp(buf_str(&raw), stream, raw.len), 0);
	if (cases[i].closed)
		CHECK_STR(what, buf_str(&raw), stream);
out:
	native_stream_release(&s);
	buf_release(&raw);
	buf_release(&elements);
}

static void
test_cuts(void **state)
{
	size_t i, cut;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++)
		for (cut = 0; cut <= strlen(cases[i].stream); cut++) {
			run_case(i, cut, false);
			run_case(i, cut, true);
		}
}

/* Byte by byte. */
static void
test_bytes(void **state)
{
	struct native_stream s;
	struct buf raw, elements;
	size_t i, at;

	(void)state;
	buf_init(&raw, ELEMENT_MAX);
	buf_init(&elements, ELEMENT_MAX);
	for (i = 0; i < GB_COUNT(cases); i++) {
		buf_reset(&raw);
		buf_reset(&elements);
		native_stream_init(&s, ELEMENT_MAX);
		for (at = 0; cases[i].stream[at] != '\0'; at++) {
			CHECK_INT(cases[i].what,
				  native_stream_feed(&s, cases[i].stream + at,
						     1),
				  GB_OK);
			drain(&s, &raw, &elements);
		}
		CHECK_STR(cases[i].what, buf_str(&elements), cases[i].elements);
		CHECK_INT(cases[i].what, native_stream_closed(&s),
			  cases[i].closed);
		native_stream_release(&s);
	}
	buf_release(&raw);
	buf_release(&elements);
}

static void
test_errors(void **state)
{
	static const char tail[] =
	    "{\"error\":{\"code\":502,\"message\":\"cut\","
	    "\"status\":\"UNAVAILABLE\"}}";
	struct native_stream s;
	struct native_element el;
	struct api_error error;
	struct buf out;
	char want[256];

	(void)state;
	buf_init(&out, ELEMENT_MAX);
	api_error_set(&error, FAULT_UPSTREAM, NULL, "cut");
	native_sse_write_error(&error, &out);
	(void)snprintf(want, sizeof(want), "data: %s\r\n\r\n", tail);
	CHECK_STR("as an event", buf_str(&out), want);

	buf_reset(&out);
	native_stream_init(&s, 16);
	native_stream_write_error(&s, &error, &out);
	(void)snprintf(want, sizeof(want), "[%s]", tail);
	CHECK_STR("first", buf_str(&out), want);

	buf_reset(&out);
	CHECK_INT("feed", native_stream_feed(&s, "[{},{", 5), GB_OK);
	CHECK("whole", native_stream_next(&s, &el));
	CHECK("not whole", !native_stream_next(&s, &el));
	CHECK("nothing", el.raw == NULL && el.json == NULL);
	native_stream_write_error(&s, &error, &out);
	(void)snprintf(want, sizeof(want), ",%s]", tail);
	CHECK_STR("behind an element", buf_str(&out), want);

	CHECK_INT("over the cap",
		  native_stream_feed(&s, "                ", 16), GB_ETOOBIG);
	native_stream_release(&s);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cuts),
	    cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests_name("native_stream", tests, NULL, NULL);
}
