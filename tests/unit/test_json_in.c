/* test_json_in.c: JSON by the RFC, where it is wrong, and its limits */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "base/buf.h"
#include "dialect/json/json_in.h"
#include "dialect/json/json_out.h"

#define TEXT_MAX (64u << 20)

/* "want": what jout_value() makes of it. */
static const struct {
	const char *in, *want;
	enum json_kind kind;
} good[] = {
    {"{}", "{}", JSON_KIND_OBJECT},
    {" \t\r\n[ ] \n", "[]", JSON_KIND_OTHER},
    {"null", "null", JSON_KIND_NULL},
    {"true", "true", JSON_KIND_OTHER},
    {"\"\"", "\"\"", JSON_KIND_OTHER},
    {"{\"a\":{\"b\":[1,2,{\"c\":null}]}}", "{\"a\":{\"b\":[1,2,{\"c\":null}]}}",
     JSON_KIND_OBJECT},
    {"[0,-0,10,-1.5,1e2,1E+2,1.5e-3]", "[0,0,10,-1.5,100,100,0.0015]",
     JSON_KIND_OTHER},
    {"[9223372036854775807,-9223372036854775808,18446744073709551615]",
     "[9223372036854775807,-9223372036854775808,18446744073709551615]",
     JSON_KIND_OTHER},
    {"[100000000000000000000]", "[1e+20]", JSON_KIND_OTHER},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\"",
     JSON_KIND_OTHER},
    {"\"\\u0041\\u00e9\\u20AC\\ud83d\\uDE00\\u0000\"",
     "\"A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\\u0000\"", JSON_KIND_OTHER},
    {"[\"\\ud83d\",\"\\ude00x\",\"\\ud83d\\u0041\"]",
     "[\"\xef\xbf\xbd\",\"\xef\xbf\xbdx\",\"\xef\xbf\xbd"
     "A\"]",
     JSON_KIND_OTHER},
    {"{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}", JSON_KIND_OBJECT},
    {"{\"k\\u0065y\":\"\xe2\x82\xac\"}", "{\"key\":\"\xe2\x82\xac\"}",
     JSON_KIND_OBJECT},
    {"[\"a\\nb\",\"plain\"]", "[\"a\\nb\",\"plain\"]", JSON_KIND_OTHER},
};

static const struct {
	const char *in, *want;
} bad[] = {
    {"", "line 1, column 1: the text ends where a value"},
    {"  ", "line 1, column 3: the text ends where a value"},
    {"nul", "line 1, column 1: a value"},
    {"True", "line 1, column 1: a value"},
    {"NaN", "line 1, column 1: a value"},
    {"[Infinity]", "line 1, column 2: a value"},
    {"{} x", "line 1, column 4: nothing may follow"},
    {"{}{}", "line 1, column 3: nothing may follow"},
    {"[1,]", "line 1, column 4: a value"},
    {"[1 2]", "line 1, column 4: a comma or ]"},
    {"[1", "line 1, column 3: a comma or ]"},
    {"{\"a\":1,}", "line 1, column 8: a member's name"},
    {"{a:1}", "line 1, column 2: a member's name"},
    {"{'a':1}", "line 1, column 2: a member's name"},
    {"{\"a\" 1}", "line 1, column 6: a colon"},
    {"{\"a\":}", "line 1, column 6: a value"},
    {"{\"a\":1", "line 1, column 7: a comma or }"},
    {"{\"a\":\n\n  tru}", "line 3, column 3: a value"},
    {"[\"\xc3\xa9\xc3\xa9\", x]", "line 1, column 8: a value"},
    {"\"abc", "line 1, column 5: the text ends within a string"},
    {"\"a\\", "line 1, column 4: the text ends within a string"},
    {"\"a\\u12", "line 1, column 7: the text ends within a string"},
    {"\"\\x\"", "line 1, column 3: no such escape"},
    {"\"\\u12g4\"", "line 1, column 6: \\u needs four"},
    {"\"a\nb\"", "line 1, column 3: a control character"},
    {"\"\t\"", "line 1, column 2: a control character"},
    {"\"\x1f\"", "line 1, column 2: a control character"},
    {"\"\x80\"", "the bytes here are not UTF-8"},
    {"\"\xc0\xaf\"", "the bytes here are not UTF-8"},
    {"\"\xed\xa0\x80\"", "the bytes here are not UTF-8"},
    {"\"a\xe2\x82\"", "the bytes here are not UTF-8"},
    {"{\"a\\u0000\":1}", "must not hold \\u0000"},
    {"01", "line 1, column 2: nothing may follow"},
    {"-", "line 1, column 2: a digit"},
    {"+1", "line 1, column 1: a value"},
    {".5", "line 1, column 1: a value"},
    {"[1.]", "line 1, column 4: a digit"},
    {"[1e]", "line 1, column 4: a digit"},
    {"0x10", "line 1, column 2: nothing may follow"},
    {"[1e999]", "line 1, column 7: the number is out of range"},
    {"// c\n1", "line 1, column 1: a value"},
};

static void
test_good(void **state)
{
	struct json_object *value;
	struct api_error err;
	struct json_out out;
	struct buf buf;
	size_t i, len;
	char *exact;

	(void)state;
	for (i = 0; i < GB_COUNT(good); i++) {
		/* without a NUL, so that reading on is seen */
		len = strlen(good[i].in);
		exact = malloc(len);
		assert_non_null(exact);
		memcpy(exact, good[i].in, len);
		CHECK_INT(good[i].in, json_read(exact, len, &value, &err),
			  GB_OK);
		CHECK_INT(good[i].in, json_check(exact, len), good[i].kind);
		free(exact);
		buf_init(&buf, 4096);
		jout_init(&out, &buf);
		jout_value(&out, value);
		CHECK_STR(good[i].in, buf_str(&buf), good[i].want);
		buf_release(&buf);
		json_object_put(value);
	}
}

static void
test_bad(void **state)
{
	struct json_object *value, *mark;
	struct api_error err;
	size_t i;

	(void)state;
	mark = json_object_new_object();
	for (i = 0; i < GB_COUNT(bad); i++) {
		value = mark;
		CHECK_INT(bad[i].in,
			  json_read(bad[i].in, strlen(bad[i].in), &value, &err),
			  GB_EINVAL);
		CHECK(bad[i].in, value == NULL);
		CHECK_INT(bad[i].in, err.fault, FAULT_BAD_JSON);
		CHECK_INT(bad[i].in, err.status, 400);
		if (strstr(err.message, bad[i].want) == NULL)
			fail_msg("%s: have %s, want %s", bad[i].in, err.message,
				 bad[i].want);
		/* a number's size is no matter to who only passes it on */
		if (strstr(bad[i].want, "out of range") == NULL)
			CHECK_INT(bad[i].in,
				  json_check(bad[i].in, strlen(bad[i].in)),
				  JSON_KIND_NONE);
	}
	json_object_put(mark);
}

/* A mark of byte order is skipped in a body, and in a body alone. */
static void
test_mark(void **state)
{
	static const char text[] = "\xef\xbb\xbf[]";
	struct json_object *value;
	struct api_error err;

	(void)state;
	CHECK_INT("body", json_read(text, 5, &value, &err), GB_OK);
	CHECK_INT("part of a body", json_check(text, 5), JSON_KIND_NONE);
	json_object_put(value);
}

static const struct {
	const char *what, *before, *item, *after;
	size_t count;
	enum gb_err want;
	const char *message;
} limits[] = {
    {"as deep as allowed", "", "[", "1", JSON_DEPTH_MAX, GB_EINVAL,
     "a comma or ]"},
    {"too deep", "", "[", "", JSON_DEPTH_MAX + 1, GB_ETOOBIG,
     "column 66: the body is nested too deep"},
    {"very deep", "", "{\"a\":", "", 1000000, GB_ETOOBIG, "nested too deep"},
    {"many objects", "[0", ",{}", "]", 400000, GB_ETOOBIG, "too many values"},
    {"many numbers", "[0", ",1", "]", 5000000, GB_ETOOBIG, "too many values"},
    {"a long string", "\"", "0123456789abcdef", "\"", 1000000, GB_OK, ""},
    {"a long string of escapes", "\"", "\\u20ac", "\"", 1000000, GB_OK, ""},
    {"enough values", "[0", ",\"x\"", "]", 100000, GB_OK, ""},
};

static void
test_limits(void **state)
{
	struct json_object *value;
	struct api_error err;
	struct buf text;
	size_t i, n;

	(void)state;
	for (i = 0; i < GB_COUNT(limits); i++) {
		buf_init(&text, TEXT_MAX);
		buf_puts(&text, limits[i].before);
		for (n = 0; n < limits[i].count; n++)
			buf_puts(&text, limits[i].item);
		buf_puts(&text, limits[i].after);
		api_error_clear(&err);
		CHECK_INT(limits[i].what,
			  json_read(text.data, text.len, &value, &err),
			  limits[i].want);
		CHECK(limits[i].what,
		      strstr(err.message, limits[i].message) != NULL);
		CHECK(limits[i].what,
		      (value != NULL) == (limits[i].want == GB_OK));
		if (limits[i].want == GB_ETOOBIG)
			CHECK_INT(limits[i].what, err.fault, FAULT_INVALID);
		json_object_put(value);
		buf_release(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_mark),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests_name("json_in", tests, NULL, NULL);
}
