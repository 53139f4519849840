/* test_native_request.c: which paths are ours, and what goes on to Google */
#include "unit.h"

#include <stdbool.h>

#include "dialect/gemini/native_request.h"

#define LONG_32	 "abcdefghijklmnopqrstuvwxyz-12345"
#define LONG_128 LONG_32 LONG_32 LONG_32 LONG_32

static const struct {
	const char *path;
	enum native_parse want;
	const char *version, *model, *verb_name;
	enum native_verb verb;
} paths[] = {
    {"/v1beta/models/gemini-2.5-flash:generateContent", NATIVE_OK, "v1beta",
     "gemini-2.5-flash", "generateContent", NATIVE_GENERATE},
    {"/v1/models/x:streamGenerateContent", NATIVE_OK, "v1", "x",
     "streamGenerateContent", NATIVE_STREAM},
    {"/v1alpha/models/x_Y.1:countTokens", NATIVE_OK, "v1alpha", "x_Y.1",
     "countTokens", NATIVE_COUNT_TOKENS},
    {"/v1beta/models/e:embedContent", NATIVE_OK, "v1beta", "e", "embedContent",
     NATIVE_EMBED},
    {"/v1beta/models/e:batchEmbedContents", NATIVE_OK, "v1beta", "e",
     "batchEmbedContents", NATIVE_BATCH_EMBED},
    {"/v1beta/models/" LONG_128 ":countTokens", NATIVE_OK, "v1beta", LONG_128,
     "countTokens", NATIVE_COUNT_TOKENS},
    {"/v1beta/models/" LONG_128 "x:countTokens", NATIVE_NO_PATH, "", "", "",
     NATIVE__MAX},
    {"/v1beta/models/x:predict", NATIVE_NO_VERB, "", "", "", NATIVE__MAX},
    {"/v1beta/models/x:", NATIVE_NO_VERB, "", "", "", NATIVE__MAX},
    {"/v1beta/models/x:generateContent:", NATIVE_NO_VERB, "", "", "",
     NATIVE__MAX},
    {"/v1beta/models/x:GENERATECONTENT", NATIVE_NO_VERB, "", "", "",
     NATIVE__MAX},
    {"/v1beta/models/x:generateContent/", NATIVE_NO_PATH, "", "", "",
     NATIVE__MAX},
    {"/v1beta/models/x", NATIVE_NO_PATH, "", "", "", NATIVE__MAX},
    {"/v1beta/models/:generateContent", NATIVE_NO_PATH, "", "", "",
     NATIVE__MAX},
    {"/v1beta/models/..:generateContent", NATIVE_NO_PATH, "", "", "",
     NATIVE__MAX},
    {"/v1beta/models/a/b:generateContent", NATIVE_NO_PATH, "", "", "",
     NATIVE__MAX},
    {"/v1beta/models/a?b:generateContent", NATIVE_NO_PATH, "", "", "",
     NATIVE__MAX},
    {"/v1beta/models/a b:generateContent", NATIVE_NO_PATH, "", "", "",
     NATIVE__MAX},
    {"/v1beta/models/\xc3\xa9:generateContent", NATIVE_NO_PATH, "", "", "",
     NATIVE__MAX},
    {"/v1beta/tunedModels/x:generateContent", NATIVE_NO_PATH, "", "", "",
     NATIVE__MAX},
    {"/v1beta2/models/x:generateContent", NATIVE_NO_PATH, "", "", "",
     NATIVE__MAX},
    {"v1beta/models/x:generateContent", NATIVE_NO_PATH, "", "", "",
     NATIVE__MAX},
    {"/", NATIVE_NO_PATH, "", "", "", NATIVE__MAX},
    {"", NATIVE_NO_PATH, "", "", "", NATIVE__MAX},
};

static void
test_paths(void **state)
{
	struct native_path out;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(paths); i++) {
		memset(&out, 0xff, sizeof(out));
		CHECK_INT(paths[i].path, native_path_parse(&out, paths[i].path),
			  paths[i].want);
		CHECK_STR(paths[i].path, out.version, paths[i].version);
		CHECK_STR(paths[i].path, out.model, paths[i].model);
		CHECK_STR(paths[i].path, out.verb_name, paths[i].verb_name);
		CHECK_INT(paths[i].path, out.verb, paths[i].verb);
	}
	for (i = 0; i <= NATIVE__MAX; i++)
		CHECK_INT("generates", native_generates((enum native_verb)i),
			  i == NATIVE_GENERATE || i == NATIVE_STREAM);
}

static void
test_query(void **state)
{
	static const struct {
		const char *query, *want;
	} cases[] = {
	    {"", ""},
	    {"alt=sse", "alt=sse"},
	    {"key=secret", ""},
	    {"alt=sse&key=secret", "alt=sse"},
	    {"key=secret&alt=sse", "alt=sse"},
	    {"a=1&key=s&b=2&access_token=t&c=%263", "a=1&b=2&c=%263"},
	    {"key", ""},
	    {"key=", ""},
	    {"%6bey=secret&x", "x"},
	    {"%6Bey=secret&access%5Ftoken=t&x", "x"},
	    {"k%65%79=a", ""},
	    {"keys=1&monkey=2&KEY=3", "keys=1&monkey=2&KEY=3"},
	    {"x=key=secret", "x=key=secret"},
	    {"%=1&%6=2&%zz=3&%6", "%=1&%6=2&%zz=3&%6"},
	    {"&&alt=sse&&", "alt=sse"},
	    {"key=1&key=2", ""},
	    {LONG_128 "=1", LONG_128 "=1"},
	};
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 4096);
	for (i = 0; i < GB_COUNT(cases); i++) {
		buf_reset(&out);
		native_query_rewrite(cases[i].query, &out);
		CHECK_STR(cases[i].query, buf_str(&out), cases[i].want);
	}
	buf_release(&out);
}

/* Credentials and what else Google counts as one stay here. */
static void
test_headers(void **state)
{
	static const char *const never[] = {
	    "authorization",
	    "x-goog-api-key",
	    "x-api-key",
	    "api-key",
	    "cookie",
	    "x-goog-user-project",
	    "openai-organization",
	    "openai-project",
	};
	size_t i, j;

	(void)state;
	for (i = 0; native_headers[i] != NULL; i++)
		for (j = 0; j < GB_COUNT(never); j++)
			CHECK(never[j],
			      strcmp(native_headers[i], never[j]) != 0);
	CHECK("some are let through", i > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_paths),
	    cmocka_unit_test(test_query),
	    cmocka_unit_test(test_headers),
	};

	return cmocka_run_group_tests_name("native_request", tests, NULL, NULL);
}
