/* test_models.c: versions, families and what each model takes */
#include "unit.h"

#include <stdbool.h>

#include "dialect/model_rules.h"

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
    {"gemini-3.5-transcribe", MODEL_TEXT, THINKING_NONE, 0, 0, 0, false},
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
		model_facts_get(kinds[i].model, NULL, &facts);
		CHECK_INT(kinds[i].model, facts.family, kinds[i].family);
		CHECK_INT(kinds[i].model, facts.thinking, kinds[i].thinking);
		CHECK_INT(kinds[i].model, facts.levels, kinds[i].levels);
		CHECK_INT(kinds[i].model, facts.budget_min, kinds[i].min);
		CHECK_INT(kinds[i].model, facts.budget_max, kinds[i].max);
		CHECK_INT(kinds[i].model, facts.budget_zero, kinds[i].zero);
	}
}

/* One letter a fact that holds: s sampling, p prefill, y system, f functions,
 * b built-ins, c code execution, u URL context, B beside functions, j JSON, J
 * beside functions, S schema as it is, i call ids, t signatures, m media in
 * results, r media resolution, h https URLs, T task types, 1 vectors of this
 * length, W transcription (what is said, in words), v verbatim speech.
 * Penalties and logprobs hold for none. */
static const struct {
	const char *model, *takes;
} gates[] = {
    {"gemini-2.0-flash", "spyfbcujr"},
    {"gemini-2.5-flash", "spyfbcujSrh"},
    {"gemini-3-flash-preview", "spyfbcuBjJStmrh"},
    {"gemini-3.1-pro-preview", "spyfbcuBjJStmrh"},
    {"gemini-3.5-flash", "spyfbcuBjJSitmrh"},
    {"gemini-3.6-flash", "spyfbcuBjJSitmrh"},
    {"gemini-3.7-flash", "yfbcuBjJSitmrh"},
    {"gemini-pro-latest", "yfbcuBjJSitmrh"},
    {"gemini-2.5-flash-image", "spyh"},
    {"gemini-3.1-flash-image", "spybh"},
    {"gemini-2.0-flash-preview-image-generation", "spy"},
    {"gemini-3.5-transcribe", "W"},
    {"gemini-3.8-flash-tts", "v"},
    {"gemini-3.8-flash-lite-tts", "v"},
    {"gemini-flash-tts-latest", "v"},
    {"gemini-3.1-flash-tts-preview", ""},
    {"gemini-2.5-pro-preview-tts", ""},
    {"gemma-3-27b-it", "spf"},
    {"gemma-4-31b-it", "spyf"},
    {"gemini-embedding-001", "T"},
    {"models/gemini-embedding-001", "T"},
    {"gemini-embedding-2", "1"},
    {"gemini-embedding-3-preview", "1"},
};

static void
test_gates(void **state)
{
	struct model_facts f;
	char have[24];
	size_t i, len;

	(void)state;
	for (i = 0; i < GB_COUNT(gates); i++) {
		model_facts_get(gates[i].model, NULL, &f);
		const struct {
			bool holds;
			char letter;
		} facts[] = {
		    {f.sampling, 's'},
		    {f.prefill, 'p'},
		    {f.system, 'y'},
		    {f.functions, 'f'},
		    {f.builtins, 'b'},
		    {f.code, 'c'},
		    {f.url_context, 'u'},
		    {f.builtins_with_functions, 'B'},
		    {f.json, 'j'},
		    {f.json_with_functions, 'J'},
		    {f.json_schema, 'S'},
		    {f.call_ids, 'i'},
		    {f.signatures, 't'},
		    {f.result_media, 'm'},
		    {f.media_resolution, 'r'},
		    {f.file_uri, 'h'},
		    {f.verbatim, 'v'},
		    {f.penalties, 'P'},
		    {f.logprobs, 'L'},
		    {f.task_type, 'T'},
		    {f.unit_vectors, '1'},
		    {f.transcription, 'W'},
		};
		size_t at;

		for (at = 0, len = 0; at < GB_COUNT(facts); at++)
			if (facts[at].holds)
				have[len++] = facts[at].letter;
		have[len] = '\0';
		CHECK_STR(gates[i].model, have, gates[i].takes);
	}
}

/* --- what an operator knows better ---------------------------------------- */

static void
test_patterns(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool want;
	} cases[] = {
	    {"gemini-4*", "gemini-4-flash", true},
	    {"gemini-4*", "gemini-4", true},
	    {"gemini-4*", "gemini-3.4", false},
	    {"*-flash-lite", "gemini-2.5-flash-lite", true},
	    {"*-flash-lite", "gemini-2.5-flash-lite-x", false},
	    {"gemini-?-pro", "gemini-3-pro", true},
	    {"gemini-?-pro", "gemini-3.1-pro", false},
	    {"*a*b*c", "xxaxxbxxabxc", true},
	    {"*a*b*c", "xxaxxcxxabx", false},
	    {"*", "", true},
	    {"**", "x", true},
	    {"?", "", false},
	    {"", "", true},
	    {"", "x", false},
	    {"x", "", false},
	    {"[a]", "a", false},
	    {"Gemini*", "gemini-3", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++)
		CHECK_INT(cases[i].pattern,
			  model_pattern_fits(cases[i].pattern, cases[i].name),
			  cases[i].want);
}

static void
test_parse(void **state)
{
	static const struct {
		const char *words;
		enum model_facts_fault want;
	} cases[] = {
	    {"sampling=no", FACTS_FINE},
	    {"  sampling=no   prefill=yes ", FACTS_FINE},
	    {"thinking=levels levels=low,medium,high", FACTS_FINE},
	    {"thinking=budget budget_min=1 budget_max=999999999", FACTS_FINE},
	    {"thinking=no family=gemma", FACTS_FINE},
	    {"", FACTS_MISSING},
	    {"   ", FACTS_MISSING},
	    {"sampling", FACTS_WRONG},
	    {"sampling=", FACTS_WRONG},
	    {"sampling=maybe", FACTS_WRONG},
	    {"sampling=YES", FACTS_WRONG},
	    {"sampling=yes,no", FACTS_WRONG},
	    {"sampling=yes sampling=yes", FACTS_TWICE},
	    {"sampling=yes, prefill=no", FACTS_WRONG},
	    {"smapling=yes", FACTS_UNKNOWN},
	    {"sampling = yes", FACTS_WRONG},
	    {"=yes", FACTS_UNKNOWN},
	    {"=", FACTS_UNKNOWN},
	    {"sampling=yes\tprefill=no", FACTS_WRONG},
	    {"version=3.5", FACTS_UNKNOWN},
	    {"thinking=yes", FACTS_WRONG},
	    {"thinking=level", FACTS_WRONG},
	    {"levels=", FACTS_WRONG},
	    {"levels=low,", FACTS_WRONG},
	    {"levels=,low", FACTS_WRONG},
	    {"levels=low,,high", FACTS_WRONG},
	    {"levels=lowest", FACTS_WRONG},
	    {"levels=low;high", FACTS_WRONG},
	    {"budget_min=0", FACTS_WRONG},
	    {"budget_min=-1", FACTS_WRONG},
	    {"budget_max=1e3", FACTS_WRONG},
	    {"budget_max=1000000000", FACTS_WRONG},
	    {"family=text2", FACTS_WRONG},
	    {"family=", FACTS_WRONG},
	};
	struct model_fact_rule rule;
	enum model_facts_fault got;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		memset(&rule, 0xff, sizeof(rule));
		got = model_facts_parse(cases[i].words, &rule);
		CHECK_INT(cases[i].words, got, cases[i].want);
		CHECK_INT(cases[i].words, rule.given != 0, got == FACTS_FINE);
	}
}

/* The facts of "model" where one or two rules are set. */
static void
facts_with(const char *model, const char *const pairs[4],
	   struct model_facts *out)
{
	struct model_fact_rule parsed[2];
	struct model_rules rules;
	size_t i;

	memset(&rules, 0, sizeof(rules));
	for (i = 0; i < 2 && pairs[2 * i] != NULL; i++) {
		parsed[i].pattern = pairs[2 * i];
		CHECK_INT(pairs[2 * i + 1],
			  model_facts_parse(pairs[2 * i + 1], &parsed[i]),
			  FACTS_FINE);
	}
	rules.facts = parsed;
	rules.fact_count = i;
	model_facts_get(model, &rules, out);
}

static void
test_rules(void **state)
{
	static const char *const future[4] = {
	    "gemini-4*",
	    "thinking=levels levels=minimal,high sampling=yes json_schema=no "
	    "penalties=yes logprobs=yes",
	    "*", "prefill=yes sampling=no"};
	static const char *const budget[4] = {"*-pro", "thinking=budget"};
	static const char *const levels[4] = {"*", "thinking=levels"};
	static const char *const crossed[4] = {
	    "*", "budget_min=40000 budget_minimal=50000"};
	static const char *const family[4] = {"*", "family=gemma system=yes"};
	struct model_facts f;

	(void)state;
	facts_with("models/gemini-4-flash", future, &f);
	CHECK_INT("levels", f.levels, 9);
	CHECK("of the rule", f.sampling && !f.json_schema && f.penalties);
	CHECK("of the rule", f.logprobs);
	CHECK("of the table", f.functions && f.signatures && !f.prefill);
	facts_with("gemini-3.7-flash", future, &f);
	CHECK("the second", f.prefill && !f.sampling && !f.penalties);
	facts_with("gemini-2.5-flash", levels, &f);
	CHECK_INT("levels that were not given", f.levels, LMH);
	facts_with("gemini-4-pro", budget, &f);
	CHECK_INT("a budget that was not given", f.budget_min, 1);
	CHECK_INT("a budget that was not given", f.budget_max, 24576);
	facts_with("gemini-2.5-flash", crossed, &f);
	CHECK_INT("a least above the most", f.budget_min, 40000);
	CHECK_INT("a least above the most", f.budget_max, 40000);
	CHECK_INT("a least above the most", f.budget_minimal, 40000);
	facts_with("my-model-3", family, &f);
	CHECK_INT("family", f.family, MODEL_GEMMA);
	CHECK("the family's row", f.system && f.functions && !f.builtins);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_versions), cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_gates),    cmocka_unit_test(test_patterns),
	    cmocka_unit_test(test_parse),    cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests_name("models", tests, NULL, NULL);
}
