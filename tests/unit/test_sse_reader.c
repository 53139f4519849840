/* test_sse_reader.c: every fixture, split at every byte */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/buf.h"
#include "upstream/sse_reader.h"

#define EVENT_MAX  (64 * 1024)
#define EVENTS_MAX 4

/* What comes of "in" at the end of the stream. */
static const struct {
	const char *what, *in;
	struct {
		const char *data, *raw;
	} want[EVENTS_MAX];
	bool partial;
} cases[] = {
    {"nothing", "", {{0}}, false},
    {"LF", "data: a\n\n", {{"a", "data: a\n\n"}}, false},
    {"CRLF, as upstream sends it",
     "data: {\"a\":1}\r\n\r\ndata: {\"b\":2}\r\n\r\n",
     {{"{\"a\":1}", "data: {\"a\":1}\r\n\r\n"},
      {"{\"b\":2}", "data: {\"b\":2}\r\n\r\n"}},
     false},
    {"CR",
     "data: a\r\rdata: b\r\r",
     {{"a", "data: a\r\r"}, {"b", "data: b\r\r"}},
     false},
    {"line ends mixed",
     "data: a\r\ndata: b\rdata: c\n\r\n",
     {{"a\nb\nc", "data: a\r\ndata: b\rdata: c\n\r\n"}},
     false},
    {"several lines of data", /* cites 4.1 several data lines */
     "data: {\ndata: }\n\n",
     {{"{\n}", "data: {\ndata: }\n\n"}},
     false},
    {"one space goes, a second stays",
     "data:a\n\ndata:  b\n\n",
     {{"a", "data:a\n\n"}, {" b", "data:  b\n\n"}},
     false},
    {"no colon", "data\n\n", {{"", "data\n\n"}}, false},
    {"empty data", "data:\ndata:\n\n", {{"\n", "data:\ndata:\n\n"}}, false},
    {"comments and other fields",
     ": hello\n\nevent: x\nid: 7\ndata: a\nretry: 5\n\n: bye\n",
     {{"a", "event: x\nid: 7\ndata: a\nretry: 5\n\n"}},
     false},
    {"empty lines between",
     "\n\r\n\ndata: a\n\n\n\n",
     {{"a", "data: a\n\n"}},
     false},
    {"an event without data is none", "event: x\n\nid: 1\n\n", {{0}}, false},
    {"names that only look alike",
     "dat: a\ndataa: b\n data: c\nData: d\n\n",
     {{0}},
     false},
    {"byte order mark",
     "\xef\xbb\xbf"
     "data: a\n\n",
     {{"a", "data: a\n\n"}},
     false},
    {"half a byte order mark",
     "\xef\xbb"
     "data: a\n\ndata: b\n\n",
     {{"b", "data: b\n\n"}},
     false},
    {"a byte order mark later is none",
     "data: a\n\n\xef\xbb\xbf"
     "data: b\n\n",
     {{"a", "data: a\n\n"}},
     false},
    {"no empty line at the end",
     "data: a\n\ndata: b\n",
     {{"a", "data: a\n\n"}, {"b", "data: b\n"}},
     false},
    {"CR at the end", "data: b\r", {{"b", "data: b\r"}}, false},
    {"half of the last CRLF", "data: b\r\n\r", {{"b", "data: b\r\n\r"}}, false},
    {"cut within a line",
     "data: a\n\ndata: {\"b",
     {{"a", "data: a\n\n"}},
     true},
    {"cut within a name", "da", {{0}}, true},
    {"cut within the second line of data", "data: a\ndata: b", {{0}}, true},
    {"cut within a comment",
     "data: a\n\n: keep-al",
     {{"a", "data: a\n\n"}},
     false},
    {"a raw error after an event",
     "data: a\r\n\r\n{\"error\":{\"code\":503,\"message\":\"a } b\"}}\r\n",
     {{"a", "data: a\r\n\r\n"},
      {"{\"error\":{\"code\":503,\"message\":\"a } b\"}}",
       "{\"error\":{\"code\":503,\"message\":\"a } b\"}}"}},
     false},
    {"a raw error of several lines, and an event after it",
     "{\n  \"error\": {\n\n    \"m\": \"\\\"{\\\\\"\n  }\n}\n\ndata: a\n\n",
     {{"{\n  \"error\": {\n\n    \"m\": \"\\\"{\\\\\"\n  }\n}",
       "{\n  \"error\": {\n\n    \"m\": \"\\\"{\\\\\"\n  }\n}"},
      {"a", "data: a\n\n"}},
     false},
    {"a raw array",
     "[{\"error\":{}}\n,\r\n{}]",
     {{"[{\"error\":{}}\n,\r\n{}]", "[{\"error\":{}}\n,\r\n{}]"}},
     false},
    {"two raw objects on a line",
     "{}{\"a\":[]}",
     {{"{}", "{}"}, {"{\"a\":[]}", "{\"a\":[]}"}},
     false},
    {"a raw error that was cut", "{\"error\":{\"code\":503}", {{0}}, true},
    {"a raw error cut within an escape", "{\"error\":\"\\", {{0}}, true},
    {"braces among the fields of an event",
     "data: a\n{\n\n",
     {{"a", "data: a\n{\n\n"}},
     false},
    {"a page of HTML", "<html>\n<body>\n</html>", {{0}}, true},
};

/* All events that come of feeding "in" in pieces, in one text. */
struct result {
	struct buf text;
	size_t count;
	bool partial;
};

static void
drain(struct sse_reader *r, bool at_end, struct result *res)
{
	struct sse_event ev;

	while (sse_reader_next(r, at_end, &ev)) {
		CHECK_INT("data_len", strlen(ev.data), ev.data_len);
		buf_printf(&res->text, "<%s|%.*s>", ev.data, (int)ev.raw_len,
			   ev.raw);
		res->count++;
	}
	CHECK("zeroed", ev.data == NULL && ev.raw == NULL && ev.raw_len == 0);
}

static void
feed(struct sse_reader *r, const char *in, size_t len, struct result *res)
{
	char *copy;

	/* On the heap and exact, so that the sanitizer sees reading beyond. */
	copy = malloc(len > 0 ? len : 1);
	memcpy(copy, in, len);
	CHECK_INT("feed", sse_reader_feed(r, copy, len), GB_OK);
	free(copy);
	drain(r, false, res);
}

static void
check(size_t i, struct result *res, size_t at)
{
	struct buf want;
	char what[128];
	size_t k;

	snprintf(what, sizeof(what), "%s, at %zu", cases[i].what, at);
	buf_init(&want, EVENT_MAX);
	for (k = 0; k < EVENTS_MAX && cases[i].want[k].data != NULL; k++)
		buf_printf(&want, "<%s|%s>", cases[i].want[k].data,
			   cases[i].want[k].raw);
	CHECK_STR(what, buf_str(&res->text), buf_str(&want));
	CHECK_INT(what, res->partial, cases[i].partial);
	buf_release(&want);
}

/* Two pieces, split at "at"; or all bytes one by one when it is the length
 * plus one. */
static void
run(size_t i, size_t at)
{
	struct sse_reader r;
	struct result res;
	size_t len, k;

	sse_reader_init(&r, EVENT_MAX);
	memset(&res, 0, sizeof(res));
	buf_init(&res.text, EVENT_MAX);
	len = strlen(cases[i].in);
	if (at <= len) {
		feed(&r, cases[i].in, at, &res);
		feed(&r, cases[i].in + at, len - at, &res);
	} else
		for (k = 0; k < len; k++)
			feed(&r, cases[i].in + k, 1, &res);
	drain(&r, true, &res);
	res.partial = sse_reader_partial(&r);
	check(i, &res, at);
	buf_release(&res.text);
	sse_reader_release(&r);
}

static void
test_cases(void **state)
{
	size_t i, at;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++)
		for (at = 0; at <= strlen(cases[i].in) + 1; at++)
			run(i, at);
}

/* Events come as soon as they can, not with the next one. */
static void
test_at_once(void **state)
{
	struct sse_reader r;
	struct sse_event ev;

	(void)state;
	sse_reader_init(&r, EVENT_MAX);
	CHECK("before any byte", !sse_reader_next(&r, false, &ev));
	CHECK("before any byte, at the end", !sse_reader_next(&r, true, &ev));
	CHECK("nothing is no part", !sse_reader_partial(&r));
	CHECK_INT("feed", sse_reader_feed(&r, "data: a\r\n\r\n", 11), GB_OK);
	CHECK("an event", sse_reader_next(&r, false, &ev));
	CHECK_STR("data", ev.data, "a");
	CHECK("no second", !sse_reader_next(&r, false, &ev));
	CHECK_INT("feed", sse_reader_feed(&r, "{\"error\":1}", 11), GB_OK);
	CHECK("an error", sse_reader_next(&r, false, &ev));
	CHECK_STR("data", ev.data, "{\"error\":1}");
	sse_reader_release(&r);
}

/* The limit is one event, however many have gone through; a piece that was
 * refused leaves the reader as it was. */
static void
test_limit(void **state)
{
	struct sse_reader r;
	struct sse_event ev;
	int i;

	(void)state;
	sse_reader_init(&r, 20);
	for (i = 0; i < 1000; i++) {
		CHECK_INT("first half", sse_reader_feed(&r, "data: 1234", 10),
			  GB_OK);
		CHECK("half an event", !sse_reader_next(&r, false, &ev));
		CHECK_INT("too much", sse_reader_feed(&r, "12345678901", 11),
			  GB_ETOOBIG);
		CHECK("cut", sse_reader_partial(&r));
		CHECK_INT("second half",
			  sse_reader_feed(&r, "12345678\n\n", 10), GB_OK);
		CHECK("event", sse_reader_next(&r, false, &ev));
		CHECK_STR("data", ev.data, "123412345678");
		CHECK_INT("raw", ev.raw_len, 20);
	}
	CHECK("bounded", r.raw.size <= 41);
	sse_reader_release(&r);
	sse_reader_release(&r);
}

/* Bytes are bytes: a NUL ends nothing. */
static void
test_nul(void **state)
{
	struct sse_reader r;
	struct sse_event ev;

	(void)state;
	sse_reader_init(&r, EVENT_MAX);
	CHECK_INT("feed", sse_reader_feed(&r, "data: a\0b\n\n", 11), GB_OK);
	CHECK("event", sse_reader_next(&r, false, &ev));
	CHECK_INT("length", ev.data_len, 3);
	CHECK("bytes", memcmp(ev.data, "a\0b", 4) == 0);
	sse_reader_release(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_at_once),
	    cmocka_unit_test(test_limit),
	    cmocka_unit_test(test_nul),
	};

	return cmocka_run_group_tests_name("sse_reader", tests, NULL, NULL);
}
