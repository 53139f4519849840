/* test_json_feed.c: JSON that comes in pieces, cut at every byte */
#include "unit.h"

#include <stdbool.h>

#include "base/buf.h"
#include "dialect/json/json_feed.h"

#define TEN	   "0123456789"
#define DEEP_8(c)  c c c c c c c c
#define DEEP_32(c) DEEP_8(c) DEEP_8(c) DEEP_8(c) DEEP_8(c)

static const struct {
	const char *text;
	const char *events; /* "(path", ")path" and "path=number", joined */
	bool ended, broken;
} cases[] = {
    {"{}", "( )", true, false},
    {" [ ]\r\n\t", "( )", true, false},
    {"{\"a\":1,\"b\":-2.5e3}", "( .a=1 .b=-2500 )", true, false},
    {"{\"a\" : [ 1 , [2] , {\"b\":3} ,4 ] , \"c\" : 5 }",
     "( (.a .a[]=1 (.a[] .a[][]=2 ).a[] (.a[] .a[].b=3 ).a[] .a[]=4 ).a .c=5 "
     ")",
     true, false},
    {"[true,false,null,\"\",\"]\\\"\\\\\",0]", "( []=0 )", true, false},
    {"{\"\\\"\":{\"}\":7}}", "( (.\\\" .\\\".}=7 ).\\\" )", true, false},
    {"{\"" TEN TEN TEN TEN TEN TEN TEN "\":1,\"a\":2}",
     "( ." TEN TEN TEN TEN TEN TEN "01=1 .a=2 )", true, false},
    {"{\"a\":1", "(", false, false},
    {"{\"a\":1,", "( .a=1", false, false},
    {"{\"a\":", "(", false, false},
    {"{\"a", "(", false, false},
    {"[\"a\\", "(", false, false},
    {"", "", false, false},
    {"  ", "", false, false},
    {"1", "", false, true},
    {"\"a\"", "", false, true},
    {"null", "", false, true},
    {"<html>", "", false, true},
    {"{} {", "( )", false, true},
    {"{}1", "( )", false, true},
    {"[1,]", "( []=1", false, true},
    {"[,1]", "(", false, true},
    {"[1 2]", "( []=1", false, true},
    {"[1}", "( []=1", false, true},
    {"{]", "(", false, true},
    {"{\"a\":1,}", "( .a=1", false, true},
    {"{\"a\"}", "(", false, true},
    {"{\"a\" 1}", "(", false, true},
    {"{\"a\"::1}", "(", false, true},
    {"{a:1}", "(", false, true},
    {"{1:1}", "(", false, true},
    {"[\"a\nb\"]", "(", false, true},
    {"[nul]", "(", false, true},
    {"[truth]", "(", false, true},
    {"[NaN]", "(", false, true},
    {"[Infinity]", "(", false, true},
    {"[-]", "(", false, true},
    {"[1e]", "(", false, true},
    {"[1-2]", "(", false, true},
    {"[1e999]", "(", false, true},
    {"[0x10]", "( []=0", false, true},
    {"[+1]", "(", false, true},
    {"[.5]", "(", false, true},
    {"[" TEN TEN TEN TEN TEN TEN "1234]", "(", false, true},
    {"]", "", false, true},
};

static bool
note(void *context, const struct json_feed *f, enum json_feed_event event,
     double number)
{
	struct buf *events = context;

	if (events->len > 0)
		buf_putc(events, ' ');
	if (event == JSON_FEED_NUMBER)
		buf_printf(events, "%s=%g", f->path, number);
	else
		buf_printf(events, "%c%s", event == JSON_FEED_OPEN ? '(' : ')',
			   f->path);
	return true;
}

/* In two pieces, and then byte by byte. */
static void
check(size_t i, size_t cut)
{
	const char *text = cases[i].text;
	size_t len = strlen(text), at;
	struct json_feed f;
	struct buf events;

	buf_init(&events, 4096);
	json_feed_init(&f, note, &events);
	(void)json_feed_more(&f, text, cut);
	for (at = cut; at < len; at++)
		(void)json_feed_more(&f, text + at, 1);
	CHECK_STR(text, buf_str(&events), cases[i].events);
	CHECK_INT(text, json_feed_ended(&f), cases[i].ended);
	CHECK_INT(text, !json_feed_more(&f, "", 0), cases[i].broken);
	buf_release(&events);
}

static void
test_pieces(void **state)
{
	size_t i, cut;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++)
		for (cut = 0; cut <= strlen(cases[i].text); cut++)
			check(i, cut);
}

static bool
count(void *context, const struct json_feed *f, enum json_feed_event event,
      double number)
{
	int *opened = context;

	(void)f;
	(void)number;
	*opened += event == JSON_FEED_OPEN;
	return true;
}

static void
test_depth(void **state)
{
	static const char deepest[] = DEEP_32("[") DEEP_32("]"),
			  deeper[] = "[" DEEP_32("[");
	struct json_feed f;
	int opened = 0;

	(void)state;
	json_feed_init(&f, count, &opened);
	CHECK("deepest", json_feed_more(&f, deepest, strlen(deepest)));
	CHECK("deepest", json_feed_ended(&f));
	CHECK_INT("deepest", opened, JSON_FEED_DEPTH);
	json_feed_init(&f, count, &opened);
	CHECK("deeper", !json_feed_more(&f, deeper, strlen(deeper)));
	CHECK("deeper", !json_feed_ended(&f));
}

static bool
refuse_numbers(void *context, const struct json_feed *f,
	       enum json_feed_event event, double number)
{
	(void)context;
	(void)f;
	(void)number;
	return event != JSON_FEED_NUMBER;
}

static void
test_refused(void **state)
{
	struct json_feed f;

	(void)state;
	json_feed_init(&f, refuse_numbers, NULL);
	CHECK("before", json_feed_more(&f, "[[],1", 5));
	CHECK("at it", !json_feed_more(&f, "]", 1));
	CHECK("after", !json_feed_more(&f, "", 0) && !json_feed_ended(&f));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pieces),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("json_feed", tests, NULL, NULL);
}
