/* test_key_input.c: keys out of what people paste, and out of what they do not
 * mean to */
#include "unit.h"

#include <stdlib.h>

#include "keys/key_input.h"

#define A   "AIzaSyA1234567890abcdefghijklmnopqrst00"
#define B   "AQ.Ab8RN6JqCkLmNoPqRsTuVwXyZ-_123456789"
#define C   "another/shape+of=key~that:may_come"
#define L64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	const char *what, *text;
	const char *want; /* the keys, each with a "\n" */
	size_t duplicates, unusable, skipped;
} rows[] = {
    /* plain */
    {"nothing", "", "", 0, 0, 0},
    {"blanks", " \t\r\n\n", "", 0, 0, 0},
    {"one", A, A "\n", 0, 0, 0},
    {"lines", A "\n" B "\n", A "\n" B "\n", 0, 0, 0},
    {"lines of DOS", A "\r\n" B "\r\n", A "\n" B "\n", 0, 0, 0},
    {"any shape", C, C "\n", 0, 0, 0},
    {"commas", A "," B ", " C, A "\n" B "\n" C "\n", 0, 0, 0},
    {"semicolons", A ";" B ";", A "\n" B "\n", 0, 0, 0},
    {"quotes", "\"" A "\" '" B "' `" C "`", A "\n" B "\n" C "\n", 0, 0, 0},
    {"quoted lines with commas", "\"" A "\",\n\"" B "\",\n", A "\n" B "\n", 0,
     0, 0},
    {"quotes of a word processor",
     "\xe2\x80\x9c" A "\xe2\x80\x9d\xef\xbc\x8c\xe2\x80\x98" B "\xe2\x80\x99",
     A "\n" B "\n", 0, 0, 0},
    {"a byte order mark", "\xef\xbb\xbf" A, A "\n", 0, 0, 0},
    {"spaces that do not break", A "\xc2\xa0" B, A "\n" B "\n", 0, 0, 0},
    {"a list", "- " A "\n* " B "\n12. " C "\n", A "\n" B "\n" C "\n", 0, 0, 0},
    {"bullets", "\xe2\x80\xa2 " A, A "\n", 0, 0, 0},
    {"a table", "| " A " | " B " |\n|-------|------------------|\n",
     A "\n" B "\n", 0, 0, 0},
    {"comments", "# " C "\n" A " # " C "\n#" C, A "\n", 0, 0, 0},
    {"no comment within a word", "0123456789012345678#9",
     "0123456789012345678#9\n", 0, 0, 0},

    /* duplicates */
    {"twice", A "\n" A, A "\n", 1, 0, 0},
    {"in the order of the first", B "\n" A "\n" B "\n" C "\n" A,
     B "\n" A "\n" C "\n", 2, 0, 0},

    /* JSON */
    {"an array", "[\"" A "\",\"" B "\"]", A "\n" B "\n", 0, 0, 0},
    {"an array over lines", "[\n  \"" A "\",\n  \"" B "\"\n]\n", A "\n" B "\n",
     0, 0, 0},
    {"an array without quotes", "[" A ", " B "]", A "\n" B "\n", 0, 0, 0},
    {"an array that does not end", "[\"" A "\",\n\"" B "\"", A "\n" B "\n", 0,
     0, 0},
    {"text around", "these: [\"" A "\"]!", A "\n", 0, 1, 0},
    {"escapes", "[\"another\\/shape\\u002bof=key~that:may_come\"]", C "\n", 0,
     0, 0},
    {"an object", "{\"api_keys\": [\"" A "\"], \"auth_token\": \"" B "\"}",
     A "\n", 0, 0, 1},
    {"objects in a list",
     "[{\"key\":\"" A "\",\"note\":\"" C "\"},{\"apiKey\":\"" B "\"}]",
     A "\n" B "\n", 0, 0, 1},
    {"objects in an object", "{\"data\":[{\"Api-Key\":\"" A "\",\"n\":1}]}",
     A "\n", 0, 0, 0},
    {"a list in a text", "{\"keys\":\"" A "," B "\"}", A "\n" B "\n", 0, 0, 0},
    {"an object a line", "{\"key\":\"" A "\"}\n{\"key\":\"" B "\"}\n",
     A "\n" B "\n", 0, 0, 0},
    {"not the names", "{\"" A "\": 1}", "", 0, 0, 0},
    {"numbers, null and so on", "[1, null, true, {}, [], 1e5]", "", 0, 0, 0},
    {"part of an object", "\"api_keys\": [\"" A "\"],\n\"token\": \"" B "\",",
     A "\n" B "\n", 0, 1, 0},

    /* .env and the like */
    {"API_KEYS", "API_KEYS=[\"" A "\",\"" B "\"]", A "\n" B "\n", 0, 0, 0},
    {"in single quotes", "API_KEYS='[\"" A "\"]'", A "\n", 0, 0, 0},
    {"escaped", "API_KEYS=\"[\\\"" A "\\\",\\\"" B "\\\"]\"", A "\n" B "\n", 0,
     0, 0},
    {"over lines", "API_KEYS=[\n\"" A "\", # mine\n\"" B "\"\n]\nX=1\n",
     A "\n" B "\n", 0, 0, 1},
    {"plain", "GEMINI_API_KEY=" A "\n", A "\n", 0, 0, 0},
    {"several plain", "GEMINI_API_KEYS=" A "," B, A "\n" B "\n", 0, 0, 0},
    {"several quoted", "GEMINI_API_KEYS=\"" A "\",\"" B "\"", A "\n" B "\n", 0,
     0, 0},
    {"GOOGLE_API_KEY, exported", "export GOOGLE_API_KEY=" A, A "\n", 0, 0, 0},
    {"numbered", "GEMINI_API_KEY_1=" A "\nGEMINI_API_KEY2=" B, A "\n" B "\n", 0,
     0, 0},
    {"lower case with blanks", "api_keys = " A, A "\n", 0, 0, 0},
    {"YAML", "api_keys:\n  - " A "\n  - \"" B "\"\n", A "\n" B "\n", 0, 0, 0},
    {"a list of the environment", "- API_KEYS=[\"" A "\"]\n- TOKEN=" B, A "\n",
     0, 0, 1},
    {"PowerShell", "$env:GEMINI_API_KEY = \"" A "\"", A "\n", 0, 0, 0},
    {"gbalance.cfg",
     "api_keys = [ \"" A "\" ];\nallowed_tokens = [ \"" B "\" ];\n", A "\n", 0,
     0, 1},
    {"other names", "AUTH_TOKEN=" A "\nVERTEX_API_KEYS=[\"" B "\"]\nFOO=\n", "",
     0, 0, 2},
    {"other services' keys", "OPENAI_API_KEY=" A, "", 0, 0, 1},
    {"a whole .env",
     "# Gemini Balance\nDATABASE_TYPE=sqlite\nAPI_KEYS=[\"" A "\"]\n"
     "ALLOWED_TOKENS=[\"" B "\"]\n\nSAFETY_SETTINGS=[\n{\"category\":\n\"" C
     "\"}]\nPROXIES=[]\n",
     A "\n", 0, 0, 4},
    {"a commented key", "# API_KEYS=" A "\nAPI_KEYS=" B, B "\n", 0, 0, 0},
    {"a value that does not end", "FOO='" A "\nAPI_KEYS=[\"" B "\"\n", B "\n",
     0, 0, 1},
    {"capitals with a colon", "AUTH_TOKEN: " A, "", 0, 0, 1},
    {"prose with a colon", "Here: " A, A "\n", 0, 1, 0},

    /* unusable */
    {"too short by one", "0123456789012345678", "", 0, 1, 0},
    {"just long enough", "01234567890123456789", "01234567890123456789\n", 0, 0,
     0},
    {"just short enough", L64 L64 L64 L64, L64 L64 L64 L64 "\n", 0, 0, 0},
    {"too long by one", L64 L64 L64 L64 "x", "", 0, 1, 0},
    {"a control character",
     "0123456789\x01"
     "0123456789x",
     "", 0, 1, 0},
    {"an escape for a terminal", "\x1b" A, "", 0, 1, 0},
    {"words", "please add this", "", 0, 3, 0},
    {"deep JSON", "[[[[[[[[[[[[[[[[[[[[[[\"" A "\"]]]]", A "\n", 0, 0, 0},
    {"only brackets", "[[[[{{{{((((", "", 0, 0, 0},
    {"brackets that close first", "API_KEYS=]" A, A "\n", 0, 0, 0},
    {"a name and no value", "API_KEYS", "", 0, 1, 0},
    {"an equals sign", "=" A, "=" A "\n", 0, 0, 0},
};

static char *
joined(const struct key_input *in)
{
	struct buf all;
	size_t i;

	buf_init(&all, KEY_INPUT_MAX);
	for (i = 0; i < in->count; i++)
		buf_printf(&all, "%s\n", in->keys[i]);
	return buf_take(&all);
}

static void
test_rows(void **state)
{
	struct key_input in;
	char *text, *have;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(rows); i++) {
		/* Without a NUL behind it, so that a read too far shows. */
		text = malloc(strlen(rows[i].text) + 1);
		assert_non_null(text);
		memcpy(text, rows[i].text, strlen(rows[i].text) + 1);
		text = realloc(text, strlen(rows[i].text) == 0
					 ? 1
					 : strlen(rows[i].text));
		assert_non_null(text);
		CHECK_INT(rows[i].what,
			  key_input_read(&in, POOL_GEMINI, text,
					 strlen(rows[i].text)),
			  GB_OK);
		have = joined(&in);
		CHECK_STR(rows[i].what, have, rows[i].want);
		CHECK_INT(rows[i].what, in.duplicates, rows[i].duplicates);
		CHECK_INT(rows[i].what, in.unusable_count, rows[i].unusable);
		CHECK_INT(rows[i].what, in.skipped, rows[i].skipped);
		free(have);
		free(text);
		key_input_release(&in);
		CHECK_INT(rows[i].what, in.count, 0);
	}
}

/* The other pool's keys are under other names. */
static void
test_vertex(void **state)
{
	static const struct {
		const char *text, *want;
		size_t skipped;
	} cases[] = {
	    {"API_KEYS=[\"" A "\"]\nVERTEX_API_KEYS=[\"" B "\",\"" C "\"]",
	     B "\n" C "\n", 1},
	    {"GEMINI_API_KEY=" A "\nvertex_keys: " B "\nKEY=" C, B "\n" C "\n",
	     1},
	    {"{\"vertex_api_keys\": [\"" A "\"], \"api_keys\": [\"" B "\"]}",
	     A "\n", 1},
	    {A "," B, A "\n" B "\n", 0},
	};
	struct key_input in;
	char *have;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		CHECK_INT(cases[i].text,
			  key_input_read(&in, POOL_VERTEX, cases[i].text,
					 strlen(cases[i].text)),
			  GB_OK);
		have = joined(&in);
		CHECK_STR(cases[i].text, have, cases[i].want);
		CHECK_INT(cases[i].text, in.skipped, cases[i].skipped);
		free(have);
		key_input_release(&in);
	}
}

/* What is said of the unusable: where, masked, harmless, and why. */
static void
test_unusable(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *mask;
		enum key_unfit why;
	} cases[] = {
	    {"\n\nshort", 3, "…", KEY_TOO_SHORT},
	    {A "\nnot-a-key-at-all", 2, "not-…-all", KEY_TOO_SHORT},
	    {L64 L64 L64 L64 "x-yz", 1, "0123…x-yz", KEY_TOO_LONG},
	    {"\x01\x02"
	     "aa0123456789012345\x7f",
	     1, "??aa…345?", KEY_HAS_CONTROL},
	    {"[\n\"" A "\",\n\"not-a-key-at-all\"]", 1, "not-…-all",
	     KEY_TOO_SHORT},
	};
	struct key_input in;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		CHECK_INT(cases[i].text,
			  key_input_read(&in, POOL_GEMINI, cases[i].text,
					 strlen(cases[i].text)),
			  GB_OK);
		CHECK_INT(cases[i].text, in.unusable_count, 1);
		CHECK_INT(cases[i].text, in.unusable[0].line, cases[i].line);
		CHECK_STR(cases[i].text, in.unusable[0].mask, cases[i].mask);
		CHECK_INT(cases[i].text, in.unusable[0].why, cases[i].why);
		key_input_release(&in);
	}
}

/* Bytes of any kind, many unusable words, and more than is taken. */
static void
test_bounds(void **state)
{
	static const char nul[] = A "\0" B "\0\0x";
	struct key_input in;
	struct buf text;
	size_t i;

	(void)state;
	CHECK_INT("NULs",
		  key_input_read(&in, POOL_GEMINI, nul, sizeof(nul) - 1),
		  GB_OK);
	CHECK_INT("NULs", in.count, 2);
	key_input_release(&in);

	buf_init(&text, KEY_INPUT_MAX + 1);
	for (i = 0; i < 100; i++)
		buf_puts(&text, "word\n");
	CHECK_INT("many", key_input_read(&in, POOL_GEMINI, text.data, text.len),
		  GB_OK);
	CHECK_INT("many", in.unusable_count, 100);
	CHECK_INT("many", in.unusable[KEY_UNUSABLE_MAX - 1].line,
		  KEY_UNUSABLE_MAX);
	key_input_release(&in);

	/* Ten thousand keys, each twice; and blocks that never close. */
	buf_reset(&text);
	for (i = 0; i < 20000; i++)
		buf_printf(&text, "X=[\nAIza-%032zu\n", i % 10000);
	CHECK_INT("keys", buf_error(&text), GB_OK);
	CHECK_INT("keys", key_input_read(&in, POOL_GEMINI, text.data, text.len),
		  GB_OK);
	CHECK_INT("keys", in.count, 10000);
	CHECK_INT("keys", in.duplicates, 10000);
	CHECK_STR("keys", in.keys[9999],
		  "AIza-00000000000000000000000000009999");
	key_input_release(&in);

	/* A list too large for JSON is one of words. */
	buf_reset(&text);
	buf_puts(&text, "[\n");
	for (i = 0; i < 100000; i++)
		buf_printf(&text, " \"AIza-%032zu\",\n", i);
	buf_puts(&text, " null ]\n");
	CHECK("larger", text.len > KEY_JSON_MAX);
	CHECK_INT("many keys",
		  key_input_read(&in, POOL_GEMINI, text.data, text.len), GB_OK);
	CHECK_INT("many keys", in.count, 100000);
	CHECK_STR("many keys", in.keys[99999],
		  "AIza-00000000000000000000000000099999");
	key_input_release(&in);

	buf_reset(&text);
	while (text.len <= KEY_INPUT_MAX)
		buf_puts(&text, "\n");
	memset(&in, 0xff, sizeof(in));
	CHECK_INT("too much",
		  key_input_read(&in, POOL_GEMINI, text.data, text.len),
		  GB_ETOOBIG);
	CHECK_INT("too much", in.count, 0);
	CHECK("too much", in.keys == NULL);
	buf_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_vertex),
	    cmocka_unit_test(test_unusable),
	    cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests_name("key_input", tests, NULL, NULL);
}
