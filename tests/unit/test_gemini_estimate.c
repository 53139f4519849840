/* test_gemini_estimate.c: about how many tokens a request may take */
#include "unit.h"

#include "dialect/gemini/gemini_estimate.h"

#define SPACE20 "                    "

static const struct {
	const char *json;
	int64_t input, output, answers;
} cases[] = {
    {"", 1, 0, 1},
    {"{}", 1, 0, 1},
    {"{\"contents\":[{\"parts\":[{\"text\":\"123456789\"}]}]}", 4, 0, 1},
    {"{\"contents\":[{\"parts\":[{\"text\":\"12\\\"456789\"}]}]}", 4, 0, 1},
    {"{\"generationConfig\":{\"maxOutputTokens\":17}}", 1, 17, 1},
    {"{\"generationConfig\" : { \"maxOutputTokens\" : 17 , "
     "\"candidateCount\" : 3 } }",
     1, 17, 3},
    {"{\"generation_config\":{\"max_output_tokens\":17}}", 1, 17, 1},
    {"{\"generationConfig\":{\"temperature\":1,\"topK\":20}}", 1, 0, 1},
    {"{\"generationConfig\":{\"candidateCount\":0}}", 1, 0, 1},
    {"{\"generationConfig\":{\"candidateCount\":99}}", 1, 0, 8},
    {"{\"generationConfig\":{\"maxOutputTokens\":99999999999999999999}}", 1,
     1000000, 1},
    {"{\"generationConfig\":{\"maxOutputTokens\":-5}}", 1, 5, 1},
    /* a client's own words are none of it */
    {"{\"x\":{\"maxOutputTokens\":17}}", 1, 0, 1},
    {"{\"generationConfig\":{\"a\":{\"maxOutputTokens\":17}}}", 1, 0, 1},
    {"{\"text\":\"{\\\"generationConfig\\\":{\\\"maxOutputTokens\\\":1}}\"}",
     16, 0, 1},
    /* media by what they are, not by how long they are */
    {"{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"" SPACE20 SPACE20
     "\"}}",
     1121, 0, 1},
    {"{\"inline_data\":{\"mime_type\":\"IMAGE/PNG\",\"data\":\"AA==\"}}", 1121,
     0, 1},
    {"{\"inlineData\":{\"mimeType\":\"audio/mp3\",\"data\":\"" SPACE20 "\"}}",
     2, 0, 1},
    {"{\"fileData\":{\"mimeType\":\"image/png\",\"fileUri\":\"files/a\"}}",
     1121, 0, 1},
    {"{\"response\":{\"data\":\"123456789\"}}", 4, 0, 1},
    {"{\"thoughtSignature\":\"" SPACE20 "\"}", 1, 0, 1},
    {"{\"model\":\"" SPACE20 "\",\"role\":\"" SPACE20 "\"}", 1, 0, 1},
    /* no JSON */
    {"\"", 1, 0, 1},
    {"\"\\", 1, 0, 1},
    {"{\"a\"", 1, 0, 1},
    {"}}}]]", 1, 0, 1},
    {"{\"generationConfig\":{\"maxOutputTokens\":12", 1, 12, 1},
};

static void
test_cases(void **state)
{
	struct gemini_estimate est;
	char *exact;
	size_t i, len;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		len = strlen(cases[i].json);
		exact = test_malloc(len + 1); /* a byte too far is seen */
		memcpy(exact, cases[i].json, len);
		exact[len] = '7';
		gemini_estimate(exact, len, &est);
		test_free(exact);
		CHECK_INT(cases[i].json, est.input, cases[i].input);
		CHECK_INT(cases[i].json, est.output, cases[i].output);
		CHECK_INT(cases[i].json, est.answers, cases[i].answers);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
