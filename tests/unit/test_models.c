/* test_models.c: versions, families and what each model takes */
#include "unit.h"

#include <stdbool.h>

#include "dialect/models.h"

static const struct {
	const char *model;
	bool known;
	int version;
} versions[] = {
    {"gemini-2.5-flash", true, 205},
    {"models/gemini-2.5-pro", true, 205},
    {"gemini-3-flash-preview", true, 300},
    {"gemini-3.1-flash-lite", true, 301},
    {"gemini-3.7-flash", true, 307},
    {"gemini-3.10-flash", true, 310},
    {"gemini-12", true, 1200},
    {"gemma-3-27b-it", true, 300},
    {"gemma-3n-e4b-it", true, 300},
    /* without a version: the newest */
    {"gemini-flash-latest", false, 9999},
    {"gemini-exp-1206", false, 9999},
    {"gemini-", false, 9999},
    {"gemini-20250101-x", false, 9999},
    {"gemini-2.", false, 9999},
    {"gemini-2.x", false, 9999},
    {"gemini-2.100", false, 9999},
    {"xgemini-2.5", false, 9999},
    {"Gemini-2.5", false, 9999},
    {"gpt-4o", false, 9999},
    {"", false, 9999},
};

static void
test_versions(void **state)
{
	int version;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(versions); i++) {
		version = -1;
		CHECK_INT(versions[i].model,
			  model_version(versions[i].model, &version),
			  versions[i].known);
		CHECK_INT(versions[i].model, version, versions[i].version);
	}
}

#define ALL 15u
#define LMH 14u

static const struct {
	const char *model;
	enum model_family family;
	enum model_thinking thinking;
	unsigned levels;
	int64_t min, max;
	bool zero;
} kinds[] = {
    {"gemini-2.0-flash", MODEL_TEXT, THINKING_NONE, 0, 0, 0, false},
    {"gemini-2.5-pro", MODEL_TEXT, THINKING_BUDGET, 0, 128, 32768, false},
    {"gemini-2.5-flash", MODEL_TEXT, THINKING_BUDGET, 0, 1, 24576, true},
    {"gemini-2.5-flash-lite", MODEL_TEXT, THINKING_BUDGET, 0, 512, 24576, true},
    {"gemini-3-flash-preview", MODEL_TEXT, THINKING_LEVELS, ALL, 0, 0, false},
    {"gemini-3.1-pro-preview", MODEL_TEXT, THINKING_LEVELS, LMH, 0, 0, false},
    {"gemini-3.1-flash-lite", MODEL_TEXT, THINKING_LEVELS, ALL, 0, 0, false},
    {"gemini-3.5-flash", MODEL_TEXT, THINKING_LEVELS, LMH, 0, 0, false},
    {"gemini-3.5-flash-lite", MODEL_TEXT, THINKING_LEVELS, ALL, 0, 0, false},
    {"gemini-3.6-flash", MODEL_TEXT, THINKING_LEVELS, LMH, 0, 0, false},
    {"gemini-3.8-flash", MODEL_TEXT, THINKING_LEVELS, LMH, 0, 0, false},
    {"gemini-flash-lite-latest", MODEL_TEXT, THINKING_LEVELS, LMH, 0, 0, false},
    {"gemini-4-ultra", MODEL_TEXT, THINKING_LEVELS, LMH, 0, 0, false},
    {"something-new", MODEL_TEXT, THINKING_LEVELS, LMH, 0, 0, false},
    {"gemini-3-pro-image", MODEL_IMAGE, THINKING_NONE, 0, 0, 0, false},
    {"gemini-2.5-flash-preview-tts", MODEL_TTS, THINKING_NONE, 0, 0, 0, false},
    {"gemini-embedding-001", MODEL_EMBEDDING, THINKING_NONE, 0, 0, 0, false},
    {"gemini-2.5-flash-live-preview", MODEL_LIVE, THINKING_NONE, 0, 0, 0,
     false},
    {"gemma-3-27b-it", MODEL_GEMMA, THINKING_NONE, 0, 0, 0, false},
    {"veo-3.1", MODEL_OTHER, THINKING_NONE, 0, 0, 0, false},
};

static void
test_kinds(void **state)
{
	struct model_facts facts;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(kinds); i++) {
		memset(&facts, 0xff, sizeof(facts));
		model_facts_get(kinds[i].model, &facts);
		CHECK_INT(kinds[i].model, facts.family, kinds[i].family);
		CHECK_INT(kinds[i].model, facts.thinking, kinds[i].thinking);
		CHECK_INT(kinds[i].model, facts.levels, kinds[i].levels);
		CHECK_INT(kinds[i].model, facts.budget_min, kinds[i].min);
		CHECK_INT(kinds[i].model, facts.budget_max, kinds[i].max);
		CHECK_INT(kinds[i].model, facts.budget_zero, kinds[i].zero);
	}
}

/* One letter a fact that holds: s sampling, p prefill, y system, f functions,
 * b built-ins, B beside functions, j JSON, J beside functions, S schema as it
 * is, i call ids, t signatures, m media in results. */
static const struct {
	const char *model, *takes;
} gates[] = {
    {"gemini-2.0-flash", "spyfbj"},
    {"gemini-2.5-flash", "spyfbjS"},
    {"gemini-3-flash-preview", "spyfbBjJStm"},
    {"gemini-3.1-pro-preview", "spyfbBjJStm"},
    {"gemini-3.5-flash", "spyfbBjJSitm"},
    {"gemini-3.6-flash", "spyfbBjJSitm"},
    {"gemini-3.7-flash", "yfbBjJSitm"},
    {"gemini-pro-latest", "yfbBjJSitm"},
    {"gemini-2.5-flash-image", "spy"},
    {"gemini-3.1-flash-image", "spyb"},
    {"gemini-3.8-flash-tts", ""},
    {"gemma-3-27b-it", "spf"},
    {"gemma-4-31b-it", "spyf"},
};

static void
test_gates(void **state)
{
	struct model_facts f;
	char have[16];
	size_t i, len;

	(void)state;
	for (i = 0; i < GB_COUNT(gates); i++) {
		model_facts_get(gates[i].model, &f);
		const struct {
			bool holds;
			char letter;
		} facts[] = {
		    {f.sampling, 's'},	  {f.prefill, 'p'},
		    {f.system, 'y'},	  {f.functions, 'f'},
		    {f.builtins, 'b'},	  {f.builtins_with_functions, 'B'},
		    {f.json, 'j'},	  {f.json_with_functions, 'J'},
		    {f.json_schema, 'S'}, {f.call_ids, 'i'},
		    {f.signatures, 't'},  {f.result_media, 'm'},
		};
		size_t at;

		for (at = 0, len = 0; at < GB_COUNT(facts); at++)
			if (facts[at].holds)
				have[len++] = facts[at].letter;
		have[len] = '\0';
		CHECK_STR(gates[i].model, have, gates[i].takes);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_versions),
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_gates),
	};

	return cmocka_run_group_tests_name("models", tests, NULL, NULL);
}
