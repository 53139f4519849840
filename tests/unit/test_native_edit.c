/* test_native_edit.c: what is changed in a native body, byte for byte */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>

#include "dialect/gemini/native_edit.h"

/* What the operator has set, as bits. */
enum {
	SAFE = 1 << 0,	 /* safety settings */
	BUDGET = 1 << 1, /* 1024 tokens, and thoughts */
	HIDDEN = 1 << 2, /* the same without thoughts */
	AUTO = 1 << 3,	 /* a budget of -1 */
	STOP = 1 << 4,	 /* a budget of 0 */
	CODE = 1 << 5,
	URL = 1 << 6,
	SOME_URL = 1 << 7, /* for other models than the test's */
};

#define SAFETY \
	"\"safetySettings\":[{\"category\":\"HARM_A\",\"threshold\":\"" \
	"OFF\"},{\"category\":\"HARM_B\",\"threshold\":\"BLOCK_NONE\"}]"

#define M25  "gemini-2.5-flash"
#define M25P "gemini-2.5-pro"
#define M3   "gemini-3.7-flash"
#define M3F  "gemini-3-flash-preview"
#define M20  "gemini-2.0-flash"

#define SEARCH "\"tools\":[{\"googleSearch\":{}}]"
#define FN     "{\"functionDeclarations\":[{\"name\":\"f\"}]}"
#define BOTH   "\"toolConfig\":{\"includeServerSideToolInvocations\":true}"
#define C      "\"contents\":[{\"parts\":[{\"text\":\"x\"}]}]"

/* "want" NULL: the body stays as it is. */
struct row {
	const char *model;
	unsigned set;
	const char *body, *want;
};

/* --- safety --------------------------------------------------------------- */

static const struct row safety_rows[] = {
    {M25, SAFE, "{\"contents\":[]}", "{" SAFETY ",\"contents\":[]}"},
    {M25, SAFE, "{}", "{" SAFETY "}"},
    {M25, SAFE, " \r\n{ } ", " \r\n{" SAFETY " } "},
    {M25, SAFE, "{\n  \"a\" : 1.50,\n  \"b\":\"\\u00e9\\\"}\"\n}\n",
     "{" SAFETY ",\n  \"a\" : 1.50,\n  \"b\":\"\\u00e9\\\"}\"\n}\n"},
    {M25, SAFE, "{\"a\":{\"safetySettings\":[]}}",
     "{" SAFETY ",\"a\":{\"safetySettings\":[]}}"},
    {M25, SAFE, "{\"a\":\"\\\\\"}", "{" SAFETY ",\"a\":\"\\\\\"}"},
    {M25, SAFE, "{\"a\":1,\"a\":2}", "{" SAFETY ",\"a\":1,\"a\":2}"},
    {M25, SAFE, "{\"a\":\"\\\",\\\"safetySettings\\\":1\"}",
     "{" SAFETY ",\"a\":\"\\\",\\\"safetySettings\\\":1\"}"},
    {M25, 0, "{\"contents\":[]}", NULL},
    {M25, SAFE, "{\"safetySettings\":[]}", NULL},
    {M25, SAFE, "{\"a\":1,\"safety_settings\" :null}", NULL},
    {M25, SAFE, "{\"a\":1,\"safety\\u0053ettings\":[]}", NULL},
    {M25, SAFE, "[]", NULL},
    {M25, SAFE, "", NULL},
    {M25, SAFE, "null", NULL},
    {M25, SAFE, "{", NULL},
    {M25, SAFE, "{\"a\"", NULL},
    {M25, SAFE, "{\"a\":", NULL},
    {M25, SAFE, "{\"a\":}", NULL},
    {M25, SAFE, "{\"a\":1", NULL},
    {M25, SAFE, "{\"a\":1,", NULL},
    {M25, SAFE, "{\"a\":[1}", NULL},
    {M25, SAFE, "{\"a\":\"x}", NULL},
    {M25, SAFE, "{\"a\":1 \"b\":2}", NULL},
    {M25, SAFE, "{a:1}", NULL},
    {M25, SAFE, "{} x", NULL},
    {M25, SAFE, "<html>", NULL},
};

/* --- thinking and pictures ------------------------------------------------ */

#define T(json)	 "\"generationConfig\":{\"thinkingConfig\":" json "}"
#define NONE_25	 "{\"thinkingBudget\":0}"
#define NONE_25P "{\"thinkingBudget\":128,\"includeThoughts\":false}"
#define NONE_3	 "{\"thinkingLevel\":\"low\",\"includeThoughts\":false}"
#define NONE_3F	 "{\"thinkingLevel\":\"minimal\",\"includeThoughts\":false}"
#define PICTURES "\"responseModalities\":[\"TEXT\",\"IMAGE\"]"

static const struct row config_rows[] = {
    /* the name says not to think */
    {M25 "-non-thinking", 0, "{" C "}", "{" T(NONE_25) "," C "}"},
    {M25 "-nothinking", 0, "{}", "{" T(NONE_25) "}"},
    {M25P "-non-thinking", 0, "{" C "}", "{" T(NONE_25P) "," C "}"},
    {M3 "-non-thinking", 0, "{" C "}", "{" T(NONE_3) "," C "}"},
    {M3F "-non-thinking", 0, "{" C "}", "{" T(NONE_3F) "," C "}"},
    {M20 "-non-thinking", 0, "{" C "}", NULL},
    {"gemma-3-27b-it-nothinking", 0, "{" C "}", NULL},
    {M25 "-non-thinking", BUDGET, "{}", "{" T(NONE_25) "}"},
    {M25 "-nothinking", 0, "{\"generationConfig\": { \"topP\":1.0 } }",
     "{\"generationConfig\": {\"thinkingConfig\":" NONE_25
     ", \"topP\":1.0 } }"},
    {M25 "-nothinking", 0, "{\"generation_config\":{}}",
     "{\"generation_config\":{\"thinkingConfig\":" NONE_25 "}}"},
    {M25 "-nothinking", 0, "{\"generationConfig\":null , \"a\":1}",
     "{\"generationConfig\":{\"thinkingConfig\":" NONE_25 "} , \"a\":1}"},
    {M25 "-nothinking", 0,
     "{" T("{ \"thinkingBudget\" : 5000, \"new\":[1] }") "}",
     "{" T(NONE_25) "}"},
    {M25 "-nothinking", 0,
     "{\"generation_config\":{\"thinking_config\" : 1,\"seed\":1e3}}",
     "{\"generation_config\":{\"thinking_config\" : " NONE_25
     ",\"seed\":1e3}}"},
    {M25 "-nothinking", 0, "{" T("null") "}", "{" T(NONE_25) "}"},
    {M25 "-nothinking", SAFE, "{\"a\":1}",
     "{" SAFETY "," T(NONE_25) ",\"a\":1}"},
    /* nobody can tell where it belongs */
    {M25 "-nothinking", 0, "{\"generationConfig\":{},\"generation_config\":{}}",
     NULL},
    {M25 "-nothinking", 0, "{\"generationConfig\":[]}", NULL},
    {M25 "-nothinking", 0, "{\"generationConfig\":\"x\"}", NULL},
    {M25 "-nothinking", 0, "{\"generationConfig\":{\"\\u0061\":1}}", NULL},
    {M25 "-nothinking", 0, "{\"generation\\u0043onfig\":{}}", NULL},
    {M25 "-nothinking", 0,
     "{\"generationConfig\":{\"thinkingConfig\":1,\"thinking_config\":2}}",
     NULL},
    {M25 "-nothinking", 0, "{\"generationConfig\":{", NULL},
    {M25 "-nothinking", 0, "{\"generationConfig\":{}", NULL},
    {M25 "-nothinking", 0, "{\"generationConfig\":{\"a\" 1}}", NULL},
    {M25 "-nothinking", SAFE, "{\"generationConfig\":[]}",
     "{" SAFETY ",\"generationConfig\":[]}"},

    /* the operator has a budget */
    {M25, BUDGET, "{" C "}",
     "{" T("{\"thinkingBudget\":1024,\"includeThoughts\":true}") "," C "}"},
    {M25, HIDDEN, "{" C "}", "{" T("{\"thinkingBudget\":1024}") "," C "}"},
    {M25, AUTO, "{" C "}",
     "{" T("{\"thinkingBudget\":-1,\"includeThoughts\":true}") "," C "}"},
    {M25, STOP, "{" C "}", "{" T(NONE_25) "," C "}"},
    {M25P, STOP, "{" C "}", "{" T(NONE_25P) "," C "}"},
    {M3, BUDGET, "{}",
     "{" T("{\"thinkingLevel\":\"low\",\"includeThoughts\":true}") "}"},
    {M3, AUTO | HIDDEN, "{" C "}", NULL},
    {M25, BUDGET, "{\"generationConfig\":{\"topK\":1}}",
     "{\"generationConfig\":{\"thinkingConfig\":{\"thinkingBudget\":1024,"
     "\"includeThoughts\":true},\"topK\":1}}"},
    {M25, BUDGET, "{" T("{}") "}", NULL},
    {M25, BUDGET, "{" T("{\"includeThoughts\":false}") "}", NULL},
    {M25, BUDGET, "{\"generation_config\":{\"thinking_config\":{}}}", NULL},
    {M25, BUDGET, "{" T("[1") "}", NULL},
    {M20, BUDGET, "{" C "}", NULL},

    /* pictures */
    {M25 "-image", 0, "{" C "}", "{\"generationConfig\":{" PICTURES "}," C "}"},
    {M25 "-image", 0, "{\"generationConfig\":{\"seed\":1}}",
     "{\"generationConfig\":{" PICTURES ",\"seed\":1}}"},
    {M25 "-image", 0,
     "{\"generationConfig\":{\"responseModalities\":[\"IMAGE\"]}}", NULL},
    {M25 "-image", 0,
     "{\"generationConfig\":{\"response_modalities\":null,\"a\":0}}",
     "{\"generationConfig\":{\"response_modalities\":[\"TEXT\",\"IMAGE\"],"
     "\"a\":0}}"},
    {M25 "-image-nothinking", 0, "{}",
     "{\"generationConfig\":{\"thinkingConfig\":" NONE_25 "," PICTURES "}}"},
    {"gemini-3-pro-image", 0, "{" C "}", NULL},
};

/* --- tools ---------------------------------------------------------------- */

static const struct row tool_rows[] = {
    /* search by name */
    {M25 "-search", 0, "{" C "}", "{" SEARCH "," C "}"},
    {M25 "-search", 0, "{}", "{" SEARCH "}"},
    {M25 "-search", 0, "{\"tools\": [ ] }",
     "{\"tools\": [{\"googleSearch\":{}} ] }"},
    {M25 "-search", 0, "{\"tools\":null}", "{" SEARCH "}"},
    {M25 "-search", 0, "{\"tools\":[ {\"urlContext\" : { } } ]}",
     "{\"tools\":[ {\"urlContext\" : { } },{\"googleSearch\":{}} ]}"},
    {M25 "-search", 0, "{\"tools\":[{\"googleSearch\":{\"a\":1}}]}", NULL},
    {M25 "-search", 0, "{\"tools\":[{\"google_search\":{}}]}", NULL},
    {M25 "-search", 0, "{\"tools\":[{\"googleSearchRetrieval\":{}}]}", NULL},
    {M25 "-search", 0, "{\"tools\":[{\"new\":{}}]}",
     "{\"tools\":[{\"new\":{}},{\"googleSearch\":{}}]}"},
    {M25 "-search", SAFE, "{\"a\":1}", "{" SAFETY "," SEARCH ",\"a\":1}"},
    /* beside functions: not on these, and so on the others */
    {M25 "-search", 0, "{\"tools\":[" FN "]}", NULL},
    {M25 "-search", 0,
     "{\"tools\":[{\"function_declarations\":[{\"name\":\"f\"}]}]}", NULL},
    {M3 "-search", 0, "{\"tools\":[" FN "]}",
     "{" BOTH ",\"tools\":[" FN ",{\"googleSearch\":{}}]}"},
    {M3 "-search", 0, "{\"tools\":[" FN "],\"toolConfig\":{}}",
     "{\"tools\":[" FN ",{\"googleSearch\":{}}]," BOTH "}"},
    {M3 "-search", 0,
     "{\"tools\":[" FN "],\"tool_config\":{ \"functionCallingConfig\":{}}}",
     "{\"tools\":[" FN ",{\"googleSearch\":{}}],\"tool_config\":{"
     "\"includeServerSideToolInvocations\":true, "
     "\"functionCallingConfig\":{}}}"},
    {M3 "-search", 0,
     "{\"tools\":[" FN "],\"toolConfig\":"
     "{\"include_server_side_tool_invocations\":false}}",
     "{\"tools\":[" FN ",{\"googleSearch\":{}}],\"toolConfig\":"
     "{\"include_server_side_tool_invocations\":false}}"},
    {M3 "-search", 0, "{\"tools\":[" FN "],\"toolConfig\":[]}", NULL},
    {M3 "-search", 0,
     "{\"tools\":[" FN "],\"toolConfig\":{},\"tool_config\":{}}", NULL},
    /* beside JSON, cached content, and on models without tools */
    {M25 "-search", 0,
     "{\"generationConfig\":{\"responseMimeType\":\"application/json\"}}",
     NULL},
    {M25 "-search", 0,
     "{\"generationConfig\":{\"response_mime_type\" : \"text/plain\"}}",
     "{" SEARCH
     ",\"generationConfig\":{\"response_mime_type\" : \"text/plain\"}}"},
    {M3 "-search", 0,
     "{\"generationConfig\":{\"responseMimeType\":\"application/json\"}}",
     "{" SEARCH
     ",\"generationConfig\":{\"responseMimeType\":\"application/json\"}}"},
    {M25 "-search", 0, "{\"generationConfig\":[]}", NULL},
    {M25 "-search", 0, "{\"cachedContent\":\"cachedContents/a\"}", NULL},
    {M25 "-search", 0, "{\"cached_content\":\"cachedContents/a\"}", NULL},
    {M25 "-search", 0, "{\"cachedContent\":null}",
     "{" SEARCH ",\"cachedContent\":null}"},
    {"gemma-3-27b-it-search", 0, "{" C "}", NULL},
    /* nobody can tell where it belongs */
    {M25 "-search", 0, "{\"tools\":{\"urlContext\":{}}}", NULL},
    {M25 "-search", 0, "{\"tools\":[],\"tools\":[]}", NULL},
    {M25 "-search", 0, "{\"tools\":[", NULL},
    {M25 "-search", 0, "{\"tools\":[{}", NULL},
    {M25 "-search", 0, "{\"tools\":[{}]", NULL},
    {M25 "-search", 0, "{\"tool\\u0073\":[]}", NULL},
    {M25 "-search", 0, "{\"tools\":\"[]\"}", NULL},
    {M25 "-search", 0, "{\"tools\":[{\"google\\u0053earch\":{}}]}",
     "{\"tools\":[{\"google\\u0053earch\":{}},{\"googleSearch\":{}}]}"},

    /* running code */
    {M25, CODE, "{" C "}", "{\"tools\":[{\"codeExecution\":{}}]," C "}"},
    {M25, CODE, "{\"tools\":[{\"codeExecution\":{}}]}", NULL},
    {M25, CODE, "{\"tools\":[{\"code_execution\":{}}]}", NULL},
    {M25, CODE, "{\"tools\":[" FN "]}", NULL},
    {M3, CODE, "{\"tools\":[" FN "]}", NULL},
    {M3, CODE, "{\"tools\":[{\"googleSearch\":{}}]}", NULL},
    {M3, CODE, "{\"tools\":[{\"new\":{}}]}", NULL},
    {M3, CODE, "{\"tools\":[{\"\\u0061\":{}}]}", NULL},
    {M3, CODE, "{\"tools\":[5]}", NULL},
    {M25 "-search", CODE, "{}", "{" SEARCH "}"},
    {M25 "-image", CODE, "{}", "{\"generationConfig\":{" PICTURES "}}"},
    {M3, CODE,
     "{\"generationConfig\":{\"responseMimeType\":\"application/json\"}}",
     NULL},
    {M3, CODE, "{\"contents\":[{\"parts\":[{\"inlineData\":{}}]}]}", NULL},
    {M3, CODE, "{\"contents\":[{\"parts\":[{},{\"inline_data\":{}}]}]}", NULL},
    {M3, CODE, "{\"contents\":[{},{\"parts\":[{\"fileData\":{}}]}]}", NULL},
    {M3, CODE, "{\"contents\":[{\"parts\":[{\"file_data\":{}}]}]}", NULL},
    {M3, CODE, "{\"contents\":[{\"parts\":[{\"file_d\\u0061ta\":{}}]}]}", NULL},
    {M3, CODE, "{\"contents\":[{\"p\\u0061rts\":[]}]}", NULL},
    {M3, CODE, "{\"contents\":[{\"parts\":{}}]}", NULL},
    {M3, CODE, "{\"contents\":{}}", NULL},
    {M3, CODE, "{\"contents\":[\"x\"]}", NULL},
    {M3, CODE, "{\"contents\":[],\"contents\":[]}", NULL},
    {M3, CODE, "{\"contents\":[{\"parts\":[{\"text\":\"inlineData\"}]}]}",
     "{\"tools\":[{\"codeExecution\":{}}],"
     "\"contents\":[{\"parts\":[{\"text\":\"inlineData\"}]}]}"},
    {"gemini-3.1-flash-image", CODE, "{" C "}", NULL},

    /* reading pages */
    {M3, URL, "{" C "}", "{\"tools\":[{\"urlContext\":{}}]," C "}"},
    {M3, SOME_URL, "{" C "}", NULL},
    {M3, URL, "{\"tools\":[{\"url_context\":{}}]}", NULL},
    {M3, URL, "{\"tools\":[{\"new\":{}}]}", NULL},
    {M25, URL, "{\"tools\":[" FN "]}", NULL},
    {M3, URL, "{\"tools\":[" FN "]}",
     "{" BOTH ",\"tools\":[" FN ",{\"urlContext\":{}}]}"},
    {"gemini-3.1-flash-image", URL, "{" C "}", NULL},
    {M3 "-search", URL | CODE, "{}",
     "{\"tools\":[{\"googleSearch\":{}},{\"urlContext\":{}}]}"},
    {M3, URL | CODE, "{}",
     "{\"tools\":[{\"codeExecution\":{}},{\"urlContext\":{}}]}"},
};

/* --- names ---------------------------------------------------------------- */

static const struct row name_rows[] = {
    {"house", 0, "{" C "}", NULL},
    {"house", 0, "{\"model\":\"models/house\"}",
     "{\"model\":\"models/gemini-embedding-001\"}"},
    {"house", 0, "{\"model\" : \"house\" }",
     "{\"model\" : \"gemini-embedding-001\" }"},
    {"house", 0, "{\"model\":\"models/other\"}", NULL},
    {"house", 0, "{\"model\":\"house \"}", NULL},
    {"house", 0, "{\"model\":\"models\\/house\"}", NULL},
    {"house", 0, "{\"model\":[\"house\"]}", NULL},
    {"house", 0, "{\"model\":\"house\",\"model\":\"house\"}", NULL},
    {"house", 0,
     "{\"requests\":[{\"model\":\"models/house\",\"content\":{}},{},5, "
     "{\"a\":1,\"model\":\"models/house\"}]}",
     "{\"requests\":[{\"model\":\"models/gemini-embedding-001\","
     "\"content\":{}},{},5, {\"a\":1,\"model\":"
     "\"models/gemini-embedding-001\"}]}"},
    {"house", 0, "{\"requests\":{\"model\":\"models/house\"}}", NULL},
    {"house", 0, "{\"requests\":[{\"model\":\"models/house\"", NULL},
    {M25 "-search", 0,
     "{\"generateContentRequest\":{\"model\":\"models/" M25 "-search\"}}",
     "{\"generateContentRequest\":{\"model\":\"models/" M25 "\"}}"},
    {M25 "-search", SAFE | CODE | URL | BUDGET, "{" C "}", NULL},
    {M25, SAFE | CODE | URL | BUDGET, "{\"model\":\"models/" M25 "\"}", NULL},
};

/* --- the runner ----------------------------------------------------------- */

static const struct model_safety safety[] = {{"HARM_A", "OFF"},
					     {"HARM_B", "BLOCK_NONE"}};
static const struct model_alias aliases[] = {{"house", "gemini-embedding-001"}};
static char image_model[] = M25, other_model[] = "gemini-0";
static char *image_models[] = {image_model};
static char *other_models[] = {other_model};

static enum gb_err
edit(struct buf *body, const char *model, unsigned set, bool generates)
{
	struct model_budget budget = {NULL, 1024};
	struct model_rules rules;
	struct model_name name;
	struct native_edit opts;

	memset(&rules, 0, sizeof(rules));
	rules.aliases = aliases;
	rules.alias_count = GB_COUNT(aliases);
	rules.image.items = image_models;
	rules.image.count = GB_COUNT(image_models);
	rules.show_thoughts = (set & HIDDEN) == 0;
	rules.code_execution = (set & CODE) != 0;
	rules.url_context = (set & (URL | SOME_URL)) != 0;
	if ((set & SOME_URL) != 0) {
		rules.url_context_models.items = other_models;
		rules.url_context_models.count = GB_COUNT(other_models);
	}
	model_name_resolve(model, &rules, &name);
	if ((set & (BUDGET | HIDDEN | AUTO | STOP)) != 0) {
		budget.model = name.google;
		budget.tokens = (set & AUTO) != 0   ? -1
				: (set & STOP) != 0 ? 0
						    : 1024;
		rules.budgets = &budget;
		rules.budget_count = 1;
	}
	opts.generates = generates;
	opts.given = model;
	opts.name = &name;
	opts.rules = &rules;
	rules.safety = safety;
	rules.safety_count = (set & SAFE) != 0 ? GB_COUNT(safety) : 0;
	return native_edit_body(body, &opts);
}

static void
check_rows(const struct row *rows, size_t count, bool generates)
{
	struct buf body;
	char what[512];
	size_t i;

	for (i = 0; i < count; i++) {
		(void)snprintf(what, sizeof(what), "%s, %x: %s", rows[i].model,
			       rows[i].set, rows[i].body);
		buf_init(&body, 8192);
		buf_puts(&body, rows[i].body);
		CHECK_INT(what,
			  edit(&body, rows[i].model, rows[i].set, generates),
			  GB_OK);
		CHECK_STR(what, buf_str(&body),
			  rows[i].want == NULL ? rows[i].body : rows[i].want);
		CHECK_INT(what, body.len, strlen(buf_str(&body)));
		buf_release(&body);
	}
}

static void
test_safety(void **state)
{
	(void)state;
	check_rows(safety_rows, GB_COUNT(safety_rows), true);
}

static void
test_config(void **state)
{
	(void)state;
	check_rows(config_rows, GB_COUNT(config_rows), true);
}

static void
test_tools(void **state)
{
	(void)state;
	check_rows(tool_rows, GB_COUNT(tool_rows), true);
}

/* Verbs that only take the name. */
static void
test_names(void **state)
{
	(void)state;
	check_rows(name_rows, GB_COUNT(name_rows), false);
}

/* Once more over what came out: all is there now. */
static void
test_twice(void **state)
{
	static const unsigned all = SAFE | BUDGET | CODE | URL;
	struct buf body;
	char *first;

	(void)state;
	buf_init(&body, 8192);
	buf_puts(&body, "{" C "}");
	CHECK_INT("once", edit(&body, M25, all, true), GB_OK);
	first = strdup(buf_str(&body));
	CHECK("it was changed", strstr(first, "codeExecution") != NULL);
	CHECK_INT("twice", edit(&body, M25, all, true), GB_OK);
	CHECK_STR("twice", buf_str(&body), first);
	free(first);
	buf_release(&body);
}

/* Nesting is walked through, not recursed into. */
static void
test_deep(void **state)
{
	struct buf body, want;
	size_t i, deep;

	(void)state;
	for (deep = 64; deep <= 100000; deep *= 40) {
		buf_init(&body, 1 << 20);
		buf_init(&want, 1 << 20);
		for (i = 0; i < deep; i++)
			buf_puts(&body, i == 0 ? "{\"contents\":" : "[");
		for (i = 1; i < deep; i++)
			buf_putc(&body, ']');
		buf_puts(&want, "{" SEARCH ",");
		buf_add(&want, body.data + 1, body.len - 1);
		buf_putc(&want, '}');
		buf_putc(&body, '}');
		CHECK_INT("deep", edit(&body, M25 "-search", CODE, true),
			  GB_OK);
		CHECK_STR("deep", buf_str(&body), buf_str(&want));
		buf_release(&body);
		buf_release(&want);
	}
}

static void
test_limits(void **state)
{
	struct buf body;
	size_t i, renamed;
	const char *at;

	(void)state;
	buf_init(&body, 20); /* no room for more than itself */
	buf_puts(&body, "{\"contents\":[]}");
	CHECK_INT("no room", edit(&body, M25, SAFE, true), GB_ETOOBIG);
	CHECK_INT("no room", buf_error(&body), GB_ETOOBIG);
	CHECK_INT("failed before", edit(&body, M25, SAFE, true), GB_ETOOBIG);
	buf_release(&body);

	buf_init(&body, 20);
	CHECK_INT("never written", edit(&body, M25, SAFE, true), GB_OK);
	CHECK_INT("never written", body.len, 0);

	/* a batch over Google's own limit is Google's to refuse */
	buf_init(&body, 1 << 16);
	buf_puts(&body, "{\"requests\":[{}");
	for (i = 0; i < 200; i++)
		buf_puts(&body, ",{\"model\":\"models/house\"}");
	buf_puts(&body, "]}");
	CHECK_INT("many", edit(&body, "house", 0, false), GB_OK);
	for (renamed = 0, at = body.data;
	     (at = strstr(at, "gemini-embedding-001")) != NULL; at++)
		renamed++;
	CHECK_INT("many", renamed, 99);
	buf_release(&body);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_safety), cmocka_unit_test(test_config),
	    cmocka_unit_test(test_tools),  cmocka_unit_test(test_names),
	    cmocka_unit_test(test_twice),  cmocka_unit_test(test_deep),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests_name("native_edit", tests, NULL, NULL);
}
