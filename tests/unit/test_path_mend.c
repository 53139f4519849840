/* test_path_mend.c: what wrong paths mean */
#include "unit.h"

#include "api/path_mend.h"

#define PATH_MAX_HERE 64

/* "" for one that means nothing. */
static const struct {
	const char *path, *want;
} cases[] = {
    /* a prefix that is doubled, missing or another's */
    {"/v1/v1/chat/completions", "/v1/chat/completions"},
    {"//v1/chat/completions", "/v1/chat/completions"},
    {"/v1//chat///completions", "/v1/chat/completions"},
    {"/chat/completions", "/v1/chat/completions"},
    {"/completions", "/v1/completions"},
    {"/hf/completions", "/hf/v1/completions"},
    {"/v1/v1/completions", "/v1/completions"},
    {"/api/v1/embeddings", "/v1/embeddings"},
    {"/api/chat/completions", "/v1/chat/completions"},
    {"/my/relay/v1/images/generations", "/v1/images/generations"},
    {"/openai/chat/completions", "/openai/v1/chat/completions"},
    {"/openai/v1/v1/audio/speech", "/openai/v1/audio/speech"},
    {"/hf/chat/completions", "/hf/v1/chat/completions"},
    {"/v1beta/openai/chat/completions", "/openai/v1/chat/completions"},
    {"/v1beta/chat/completions", "/v1/chat/completions"},
    {"/gemini/v1beta/embeddings", "/v1/embeddings"},
    {"/v1/v1/responses/input_tokens", "/v1/responses/input_tokens"},
    {"/anthropic/messages", "/anthropic/v1/messages"},
    {"/v1/v1/messages/count_tokens", "/v1/messages/count_tokens"},
    /* slashes at the end, and letters */
    {"/v1/chat/completions/", "/v1/chat/completions"},
    {"/V1/Chat/completions", "/v1/chat/completions"},
    /* models, which are everybody's */
    {"/models", "/v1/models"},
    {"/v1/models/", "/v1/models"},
    {"/api/v1/models/gemini-x", "/v1/models/gemini-x"},
    {"/openai/models", "/openai/v1/models"},
    {"/v1beta/openai/models", "/openai/v1/models"},
    {"/v1beta/v1beta/models", "/v1beta/models"},
    {"/v1alpha/v1alpha/models", "/v1alpha/models"},
    {"/gemini/models/gemini-x", "/gemini/v1beta/models/gemini-x"},
    {"/anthropic/models", "/anthropic/v1/models"},
    /* Gemini's verbs */
    {"/v1beta/v1beta/models/m:generateContent",
     "/v1beta/models/m:generateContent"},
    {"/v1beta/models/models/m:countTokens", "/v1beta/models/m:countTokens"},
    {"/v1beta/models/m:generatecontent", "/v1beta/models/m:generateContent"},
    {"/v1beta/models/m/streamGenerateContent",
     "/v1beta/models/m:streamGenerateContent"},
    {"/v1beta/m:embedContent", "/v1beta/models/m:embedContent"},
    {"/m:generateContent", "/v1beta/models/m:generateContent"},
    {"/models/m:generateContent/", "/v1beta/models/m:generateContent"},
    {"/openai/v1/models/m:generateContent", "/v1beta/models/m:generateContent"},
    {"/vertex-express/models/m:generateContent",
     "/vertex-express/v1beta/models/m:generateContent"},
    {"/v1/projects/p/publishers/google/models/m:generateContent",
     "/v1beta/models/m:generateContent"},
    {"/vertex-express/v1/v1/chat/completions",
     "/vertex-express/v1/chat/completions"},
    {"/vertex-express/models/", "/vertex-express/v1beta/models"},
    /* nothing that we know */
    {"", ""},
    {"/", ""},
    {"///", ""},
    {"/v1", ""},
    {"/admin/keys", ""},
    {"/v1/chats/completion", ""},
    {"/v1/chats/completions", ""},
    {"/v1beta/m:dance", ""},
    {"/v1beta/:generateContent", ""},
    {"/v1beta/tunedModels/m:generateContent", ""},
    {"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/24/models",
     ""},
    {"/v1/v1/models/a-name-that-is-longer-than-the-buffer-has-room-for-it-all",
     ""},
};

static void
test_mend(void **state)
{
	struct buf out;
	size_t i;
	bool ok;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		buf_init(&out, PATH_MAX_HERE);
		ok = path_mend(cases[i].path, &out);
		CHECK_STR(cases[i].path, ok ? buf_str(&out) : "",
			  cases[i].want);
		buf_release(&out);
	}
}

/* What is mended is right: it means itself. */
static void
test_settled(void **state)
{
	struct buf out;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		if (cases[i].want[0] == '\0')
			continue;
		buf_init(&out, PATH_MAX_HERE);
		CHECK(cases[i].want, path_mend(cases[i].want, &out));
		CHECK_STR(cases[i].path, buf_str(&out), cases[i].want);
		buf_release(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mend),
	    cmocka_unit_test(test_settled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
