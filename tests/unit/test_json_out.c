/* test_json_out.c: JSON text, its escapes, and what is no UTF-8 */
#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "dialect/json/json_out.h"

#define OUT_MAX	     4096
#define FLOATS_TRIED 200000

static const struct {
	const char *what, *in;
	size_t len;
	const char *want;
} strings[] = {
    {"empty", "", 0, "\"\""},
    {"plain", "plain text that is longer than a word", 37,
     "\"plain text that is longer than a word\""},
    {"quote and backslash", "a\"b\\c", 5, "\"a\\\"b\\\\c\""},
    {"quote after eight", "12345678\"", 9, "\"12345678\\\"\""},
    {"short escapes", "\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\""},
    {"control", "a\x01z\x1f", 4, "\"a\\u0001z\\u001f\""},
    {"NUL inside", "a\0b", 3, "\"a\\u0000b\""},
    {"DEL and slash go over", "\x7f/", 2, "\"\x7f/\""},
    {"two, three, four bytes", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9,
     "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
    /* not UTF-8: each byte becomes U+FFFD */
    {"lone continuation", "a\x80z", 3, "\"a\xef\xbf\xbdz\""},
    {"cut character", "a\xe2\x82", 3, "\"a\xef\xbf\xbd\xef\xbf\xbd\""},
    {"overlong", "\xc0\xaf", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    {"overlong of three", "\xe0\x80\xaf", 3,
     "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    {"surrogate", "\xed\xa0\x80", 3,
     "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    {"above U+10FFFF", "\xf4\x90\x80\x80", 4,
     "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    {"0xff", "\xff", 1, "\"\xef\xbf\xbd\""},
};

static void
test_strings(void **state)
{
	struct json_out out;
	struct buf buf;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(strings); i++) {
		buf_init(&buf, OUT_MAX);
		jout_init(&out, &buf);
		jout_string_len(&out, strings[i].in, strings[i].len);
		CHECK_INT(strings[i].what, buf_error(&buf), GB_OK);
		CHECK_STR(strings[i].what, buf_str(&buf), strings[i].want);
		buf_release(&buf);
	}
}

/* Every byte at every place of a word: the fast scan misses none. */
static void
test_scan(void **state)
{
	char text[24], what[40];
	struct json_object *back;
	struct json_out out;
	struct buf buf;
	size_t at;
	int byte;

	(void)state;
	for (byte = 0; byte < 0x80; byte++) {
		for (at = 0; at < sizeof(text); at++) {
			memset(text, 'x', sizeof(text));
			text[at] = (char)byte;
			buf_init(&buf, OUT_MAX);
			jout_init(&out, &buf);
			jout_string_len(&out, text, sizeof(text));
			(void)snprintf(what, sizeof(what), "byte %d at %zu",
				       byte, at);
			CHECK(what, (byte < 0x20 || byte == '"' ||
				     byte == '\\') == (buf.len > 26));
			back = json_tokener_parse(buf_str(&buf));
			CHECK_INT(what, json_object_get_string_len(back),
				  sizeof(text));
			CHECK(what, memcmp(json_object_get_string(back), text,
					   sizeof(text)) == 0);
			json_object_put(back);
			buf_release(&buf);
		}
	}
}

static const struct {
	double in;
	const char *want;
} doubles[] = {
    {0, "0"},
    {0.1, "0.1"},
    {-2.5, "-2.5"},
    {1e100, "1e+100"},
    {0.7, "0.7"},
    {1.0 / 3, "0.3333333333333333"},
    {123456789, "123456789"},
    {5e-324, "4.94065645841247e-324"},
    {NAN, "null"},
    {INFINITY, "null"},
    {-INFINITY, "null"},
};

static void
test_doubles(void **state)
{
	struct json_out out;
	struct buf buf;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(doubles); i++) {
		buf_init(&buf, OUT_MAX);
		jout_init(&out, &buf);
		jout_double(&out, doubles[i].in);
		CHECK_STR("double", buf_str(&buf), doubles[i].want);
		buf_release(&buf);
	}
}

static const struct {
	float in;
	const char *want;
} floats[] = {
    {0, "0"},
    {-0.0f, "-0"},
    {1, "1"},
    {-1, "-1"},
    {0.5f, "0.5"},
    {0.1f, "0.1"},
    {-0.6f, "-0.6"},
    {1.0f / 3, "0.33333334"},
    {0.0123456784f, "0.012345678"},
    {0.99999994f, "0.99999994"},
    {1.00000012f, "1.0000001"},
    {9.99999f, "9.99999"},
    {10, "10"},
    {1024.5f, "1024.5"},
    {123456.789f, "123456.79"},
    {999999.94f, "999999.94"},
    {1000000, "1e+06"},
    {16777216, "16777216"},
    {1e-5f, "0.00001"},
    {1e-6f, "0.000001"},
    {2.5e-8f, "2.5e-08"},
    {1e-45f, "1.4013e-45"},
    {3.40282347e+38f, "3.4028235e+38"},
    {NAN, "null"},
    {INFINITY, "null"},
};

static void
test_floats(void **state)
{
	struct json_out out;
	struct buf buf;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(floats); i++) {
		buf_init(&buf, OUT_MAX);
		jout_init(&out, &buf);
		jout_float(&out, floats[i].in);
		CHECK_STR("float", buf_str(&buf), floats[i].want);
		buf_release(&buf);
	}
}

/* As printf() and strtod() do it, for floats of all sizes. */
static void
test_many_floats(void **state)
{
	char want[32];
	struct json_out out;
	struct buf buf;
	uint32_t bits, i;
	float value;
	int digits;

	(void)state;
	buf_init(&buf, OUT_MAX);
	for (i = 0, bits = 1; i < FLOATS_TRIED; i++) {
		bits = bits * 1664525 + 1013904223;
		memcpy(&value, &bits, sizeof(value));
		if (i % 2 == 0) /* most vectors' values are such */
			value = (float)(int32_t)bits / 2147483648.0f;
		if (!isfinite(value))
			continue;
		for (digits = 6; digits <= 9; digits++) {
			(void)snprintf(want, sizeof(want), "%.*g", digits,
				       (double)value);
			if ((float)strtod(want, NULL) == value)
				break;
		}
		buf_reset(&buf);
		jout_init(&out, &buf);
		jout_float(&out, value);
		CHECK(want, (float)strtod(buf_str(&buf), NULL) == value);
		/* Zeros in front are as long as "e-06", but for two. */
		CHECK(want, buf.len <= strlen(want) + 2);
	}
	buf_release(&buf);
}

static void
test_nesting(void **state)
{
	struct json_out out;
	struct buf buf;

	(void)state;
	buf_init(&buf, OUT_MAX);
	jout_init(&out, &buf);
	jout_object(&out);
	jout_key(&out, "a\"b");
	jout_array(&out);
	jout_int(&out, INT64_MIN);
	jout_bool(&out, false);
	jout_null(&out);
	jout_object(&out);
	jout_object_end(&out);
	jout_array(&out);
	jout_array_end(&out);
	jout_raw(&out, "{\"r\":1}", 7);
	jout_array_end(&out);
	jout_key_string(&out, "s", "t");
	jout_key_int(&out, "i", 7);
	jout_key_bool(&out, "b", true);
	jout_object_end(&out);
	CHECK_STR("nesting", buf_str(&buf),
		  "{\"a\\\"b\":[-9223372036854775808,false,null,{},[],"
		  "{\"r\":1}],\"s\":\"t\",\"i\":7,\"b\":true}");
	buf_release(&buf);
}

/* What json-c holds comes out as it went in. */
static void
test_value(void **state)
{
	static const char text[] =
	    "{\"a\":[1,-2,18446744073709551615,0.5,true,null,\"\xc3\xa9\\n\"],"
	    "\"\":{},\"b\":{\"c\":[]}}";
	struct json_object *value;
	struct json_out out;
	struct buf buf;

	(void)state;
	value = json_tokener_parse(text);
	assert_non_null(value);
	buf_init(&buf, OUT_MAX);
	jout_init(&out, &buf);
	jout_value(&out, value);
	CHECK_STR("value", buf_str(&buf), text);
	buf_release(&buf);
	json_object_put(value);
}

/* A full buffer stays failed, and nothing is written past its cap. */
static void
test_full(void **state)
{
	struct json_out out;
	struct buf buf;

	(void)state;
	buf_init(&buf, 8);
	jout_init(&out, &buf);
	jout_string(&out, "\n\n\n\n\n\n\n\n");
	jout_string(&out, "x");
	CHECK_INT("full", buf_error(&buf), GB_ETOOBIG);
	CHECK("full", buf.len <= 8);
	buf_release(&buf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_strings),	cmocka_unit_test(test_scan),
	    cmocka_unit_test(test_doubles),	cmocka_unit_test(test_floats),
	    cmocka_unit_test(test_many_floats), cmocka_unit_test(test_nesting),
	    cmocka_unit_test(test_value),	cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("json_out", tests, NULL, NULL);
}
