/* test_json_splice.c: finding members, and changing a text in place */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>

#include "dialect/json/json_splice.h"

/* What is found of "fooBar" (A absent, N null, T there, 2 twice), and of the
 * place: "open" and "last" as offsets.  NULL: nothing may be known. */
static const struct {
	const char *text;
	const char *have;
	const char *value;
	size_t open, last;
} looks[] = {
    {"{}", "A", NULL, 1, 1},
    {" \t{ } ", "A", NULL, 3, 3},
    {"{\"fooBar\":1}", "T", "1", 1, 11},
    {"{\"foo_bar\" : {\"a\":[1,2]} , \"b\":2 }", "T", "{\"a\":[1,2]}", 1, 32},
    {"{\"fooBar\":null}", "N", "null", 1, 14},
    {"{\"fooBar\":1,\"foo_bar\":2}", "2", NULL, 1, 23},
    {"{\"fooBar\":1,\"fooBar\":null}", "2", NULL, 1, 25},
    {"{\"foobar\":1,\"FooBar\":2,\"fooBar \":3}", "A", NULL, 1, 34},
    {"{\"a\":{\"fooBar\":1}}", "A", NULL, 1, 17},
    {"{\"a\":\"\\\"fooBar\\\":1\"}", "A", NULL, 1, 19},
    {"{\"foo\\u0042ar\":1}", NULL, NULL, 0, 0},
    {"{\"fooBar\":1,\"b\\\\\":2}", NULL, NULL, 0, 0},
    {"[\"fooBar\"]", NULL, NULL, 0, 0},
    {"", NULL, NULL, 0, 0},
    {"null", NULL, NULL, 0, 0},
    {"{", NULL, NULL, 0, 0},
    {"{\"fooBar\":1", NULL, NULL, 0, 0},
    {"{\"fooBar\":1,", NULL, NULL, 0, 0},
    {"{\"fooBar\":}", NULL, NULL, 0, 0},
    {"{\"fooBar\":\"", NULL, NULL, 0, 0},
    {"{\"fooBar\":[[}", NULL, NULL, 0, 0},
    {"{\"fooBar\" 1}", NULL, NULL, 0, 0},
    {"{fooBar:1}", NULL, NULL, 0, 0},
};

static void
test_look(void **state)
{
	static const char letters[] = {
	    [JSON_ABSENT] = 'A',
	    [JSON_NULL] = 'N',
	    [JSON_THERE] = 'T',
	    [JSON_TWICE] = '2',
	};
	struct json_want want = {.camel = "fooBar", .snake = "foo_bar"};
	struct json_place place;
	const char *text;
	char *value;
	bool known;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(looks); i++) {
		text = looks[i].text;
		known = json_look(text, strlen(text), 0, &want, 1, &place);
		CHECK_INT(text, known, looks[i].have != NULL);
		if (!known)
			continue;
		CHECK_INT(text, letters[want.have], looks[i].have[0]);
		CHECK_INT(text, place.open, looks[i].open);
		CHECK_INT(text, place.last, looks[i].last);
		CHECK_INT(text, place.empty, looks[i].open == looks[i].last);
		CHECK_INT(text, text[place.end - 1], '}');
		if (looks[i].value == NULL)
			continue;
		value = strndup(text + want.from, want.to - want.from);
		CHECK_STR(text, value, looks[i].value);
		free(value);
	}
}

static void
test_look_array(void **state)
{
	static const struct {
		const char *text;
		bool want;
		size_t open, last, end;
	} cases[] = {
	    {"[]", true, 1, 1, 2},	{" [ ] ", true, 2, 2, 4},
	    {"[1,{} ]", true, 1, 5, 7}, {"{}", false, 0, 0, 0},
	    {"[1", false, 0, 0, 0},	{"[1,", false, 0, 0, 0},
	    {"", false, 0, 0, 0},	{"[1 2]", false, 0, 0, 0},
	    {"[\"]\"", false, 0, 0, 0},
	};
	struct json_place place;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		CHECK_INT(cases[i].text,
			  json_look_array(cases[i].text, strlen(cases[i].text),
					  0, &place),
			  cases[i].want);
		if (!cases[i].want)
			continue;
		CHECK_INT(cases[i].text, place.open, cases[i].open);
		CHECK_INT(cases[i].text, place.last, cases[i].last);
		CHECK_INT(cases[i].text, place.end, cases[i].end);
	}
}

#define STEPS_MAX 4

/* Changes of "0123456789". */
static const struct {
	const char *what;
	struct {
		size_t from, to;
		const char *with;
	} steps[STEPS_MAX];
	const char *want;
} changes[] = {
    {"none", {{0, 0, NULL}}, "0123456789"},
    {"at the front", {{0, 0, "ab"}}, "ab0123456789"},
    {"at the end", {{10, 10, "ab"}}, "0123456789ab"},
    {"all", {{0, 10, "x"}}, "x"},
    {"to nothing", {{0, 10, ""}}, ""},
    {"growing", {{3, 4, "abcdef"}}, "012abcdef456789"},
    {"shrinking", {{3, 8, "a"}}, "012a89"},
    {"shrink, then grow", {{1, 5, ""}, {6, 6, "abcdefgh"}}, "05abcdefgh6789"},
    {"grow, then shrink", {{1, 1, "abcdefgh"}, {3, 9, "x"}}, "0abcdefgh12x9"},
    {"noted from the back",
     {{8, 8, "c"}, {5, 6, "bb"}, {0, 1, ""}},
     "1234bb67c89"},
    {"two at one place",
     {{5, 5, "a"}, {5, 5, "b"}, {2, 2, "x"}},
     "01x234ab56789"},
    {"an insertion before a change", {{5, 5, "a"}, {5, 7, "b"}}, "01234ab789"},
    {"side by side",
     {{2, 4, "abc"}, {4, 6, ""}, {6, 8, "d"}, {0, 2, "zz"}},
     "zzabcd89"},
};

static void
test_change(void **state)
{
	struct json_splices splices;
	struct buf text;
	size_t i, j;

	(void)state;
	for (i = 0; i < GB_COUNT(changes); i++) {
		buf_init(&text, 64);
		buf_puts(&text, "0123456789");
		json_splices_init(&splices, &text, 64);
		for (j = 0; j < STEPS_MAX && changes[i].steps[j].with != NULL;
		     j++)
			json_splice(&splices, changes[i].steps[j].from,
				    changes[i].steps[j].to,
				    changes[i].steps[j].with,
				    strlen(changes[i].steps[j].with));
		CHECK_INT(changes[i].what, json_splices_apply(&splices), GB_OK);
		CHECK_STR(changes[i].what, buf_str(&text), changes[i].want);
		CHECK_INT(changes[i].what, text.len, strlen(changes[i].want));
		json_splices_release(&splices);
		buf_release(&text);
	}
}

/* Against the plain way: another buffer, piece by piece. */
static void
test_change_by_chance(void **state)
{
	struct json_splices splices;
	struct buf text, plain;
	char piece[12], number[8];
	size_t at, step, len;
	unsigned seed;

	(void)state;
	for (seed = 1; seed < 300; seed++) {
		srand(seed);
		buf_init(&text, 8192);
		buf_init(&plain, 8192);
		for (at = 0; at < 200; at++)
			buf_putc(&text, (char)('a' + at % 26));
		json_splices_init(&splices, &text, 4096);
		for (at = 0; splices.count < 40; at += step) {
			step = (size_t)rand() % 9;
			if (at + step > 200)
				break;
			buf_add(&plain, text.data + at, step);
			at += step;
			step = (size_t)rand() % 7;
			if (at + step > 200)
				step = 0;
			(void)snprintf(number, sizeof(number), "%zu", at);
			len = (size_t)rand() % sizeof(piece);
			memset(piece, number[0], sizeof(piece));
			json_splice(&splices, at, at + step, piece, len);
			buf_add(&plain, piece, len);
		}
		buf_add(&plain, text.data + at, 200 - at);
		CHECK_INT("apply", json_splices_apply(&splices), GB_OK);
		CHECK_STR("by chance", buf_str(&text), buf_str(&plain));
		json_splices_release(&splices);
		buf_release(&text);
		buf_release(&plain);
	}
}

static void
test_limits(void **state)
{
	struct json_splices splices;
	struct buf text;
	size_t i;

	(void)state;
	buf_init(&text, 12);
	buf_puts(&text, "0123456789");
	json_splices_init(&splices, &text, 64);
	json_splice(&splices, 0, 0, "abc", 3);
	CHECK_INT("the text is too long", json_splices_apply(&splices),
		  GB_ETOOBIG);
	CHECK_INT("the text has failed", buf_error(&text), GB_ETOOBIG);
	json_splices_release(&splices);

	buf_reset(&text);
	buf_puts(&text, "0123456789");
	json_splices_init(&splices, &text, 1);
	json_splice(&splices, 0, 0, "ab", 2);
	CHECK_INT("too much is added", json_splices_apply(&splices),
		  GB_ETOOBIG);
	json_splices_release(&splices);

	buf_reset(&text);
	buf_puts(&text, "0123456789");
	json_splices_init(&splices, &text, 4096);
	for (i = 0; i <= JSON_SPLICES_MAX; i++)
		json_splice(&splices, 0, 0, "", 0);
	CHECK_INT("too many changes", json_splices_apply(&splices), GB_ETOOBIG);
	json_splices_release(&splices);
	buf_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_look),
	    cmocka_unit_test(test_look_array),
	    cmocka_unit_test(test_change),
	    cmocka_unit_test(test_change_by_chance),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests_name("json_splice", tests, NULL, NULL);
}
