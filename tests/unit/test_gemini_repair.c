/* test_gemini_repair.c: refusals in Google's words, and what is changed */
#include "unit.h"

#include <stdbool.h>

#include "dialect/gemini/gemini_repair.h"
#include "dialect/json/json_in.h"
#include "dialect/openai/openai_chat_request.h"

/* Google's words, as seen; see protocol facts 5.4. */
#define UNKNOWN_KEYWORD \
	"Invalid JSON payload received. Unknown name \"multipleOf\" at " \
	"'tools[0].function_declarations[0].parameters.properties[0].value': " \
	"Cannot find field."
#define UNKNOWN_FIELD \
	"Invalid JSON payload received. Unknown name " \
	"\"parametersJsonSchema\" at 'tools[0].function_declarations[0]': " \
	"Cannot find field."
#define UNKNOWN_OUTPUT \
	"Invalid JSON payload received. Unknown name \"responseJsonSchema\" " \
	"at 'generation_config': Cannot find field."
#define STATES \
	"The specified schema produces a constraint that has too many states " \
	"for serving."
#define NESTING \
	"A schema in GenerationConfig in the request exceeds the maximum " \
	"allowed nesting depth."
#define LEVEL(name) \
	"Thinking level " name " is not supported for this model. Please " \
	"retry with other thinking level."
#define BUDGET \
	"The thinking budget 30000 is invalid. Please choose a value between " \
	"1 and 24576."
#define UNSIGNED \
	"Function call is missing a thought_signature in functionCall parts."

/* Requests. */
#define BEGIN(model) \
	"{\"model\":\"" model "\",\"messages\":[{\"role\":\"user\"," \
	"\"content\":\"x\"}]"
#define TOOL \
	",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"," \
	"\"parameters\":{\"properties\":{\"a\":{}}}}}]"
#define SCHEMA \
	",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{" \
	"\"name\":\"n\",\"schema\":{\"type\":\"object\"}}}"
#define PLAIN BEGIN("gemini-3.5-flash") "}"
#define TOOLS BEGIN("gemini-3.5-flash") TOOL "}"
#define BARE_TOOL \
	BEGIN("gemini-3.5-flash") \
	",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}"
#define OUTPUT	  BEGIN("gemini-3.5-flash") SCHEMA "}"
#define JSON_TOOL BEGIN("gemini-3.5-flash") TOOL SCHEMA "}"
#define SEARCH \
	BEGIN("gemini-3.5-flash") \
	",\"tools\":[{\"type\":\"web_search\"}]}"
#define EFFORT(word) \
	BEGIN("gemini-3.5-flash") ",\"reasoning_effort\":\"" word "\"}"
#define PENALTY(number) \
	BEGIN("gemini-2.0-flash") ",\"presence_penalty\":" number "}"
#define BUDGETED BEGIN("gemini-2.5-flash") ",\"reasoning_effort\":\"high\"}"
#define CALLED \
	"{\"model\":\"gemini-2.5-flash\",\"messages\":[{\"role\":\"user\"," \
	"\"content\":\"x\"},{\"role\":\"assistant\",\"tool_calls\":[{\"id\":" \
	"\"c\",\"type\":\"function\",\"function\":{\"name\":\"f\"," \
	"\"arguments\":\"{}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"c\"," \
	"\"content\":\"y\"}]}"

/* What may change, in words: "form", "words", "json", "levels=…", … */
static const struct {
	const char *what, *request, *text, *want; /* "": nothing mends it */
} cases[] = {
    {"a keyword of a tool", TOOLS, UNKNOWN_KEYWORD, "form"},
    {"a field of a tool", TOOLS, UNKNOWN_FIELD, "form"},
    {"a field of the output", OUTPUT, UNKNOWN_OUTPUT, "form"},
    {"without a schema", PLAIN, UNKNOWN_FIELD, ""},
    {"tools without parameters", BARE_TOOL, UNKNOWN_FIELD, ""},
    {"too many states", OUTPUT, STATES, "words"},
    {"too many states of a tool", TOOLS, STATES, "form"},
    {"nested too deep", OUTPUT, NESTING, "words"},
    {"JSON beside tools", JSON_TOOL,
     "Function calling with a response mime type: 'application/json' is "
     "unsupported",
     "json_with_functions"},
    {"the same without JSON", TOOLS,
     "Function calling with a response mime type: 'application/json' is "
     "unsupported",
     ""},
    {"no JSON at all", OUTPUT, "JSON mode is not enabled for models/m", "json"},
    {"no JSON asked for", PLAIN, "JSON mode is not enabled for models/m", ""},
    {"search beside tools", SEARCH,
     "Tool use with function calling is unsupported", "builtins"},
    {"no search", TOOLS, "Tool use with function calling is unsupported", ""},
    {"penalties", PENALTY("0.5"), "Penalty is not enabled for models/m",
     "penalties"},
    {"penalties of nothing", PENALTY("0"),
     "Penalty is not enabled for this model", ""},
    {"no system", PLAIN, "Developer instruction is not enabled for models/m",
     "system"},
    {"no prefill", PLAIN, "Requests ending with a model turn are not supported",
     "prefill"},
    {"a level lower", EFFORT("medium"), LEVEL("MEDIUM"), "levels=2"},
    {"two levels lower", EFFORT("high"), LEVEL("HIGH"), "levels=6"},
    {"a level higher", EFFORT("low"), LEVEL("LOW"), "levels=12"},
    {"a level that is none", EFFORT("low"), LEVEL("FROB"), "thinking"},
    {"no levels", EFFORT("low"),
     "Thinking level is not supported for this model.", "thinking"},
    {"a level, but of a model with budgets", BUDGETED, LEVEL("HIGH"),
     "thinking"},
    {"a budget", BUDGETED, BUDGET, "thinking"},
    {"thoughts", EFFORT("high"),
     "Unable to submit request because thinking is not supported by this "
     "model.",
     "thinking"},
    {"no thinking asked for", PLAIN, BUDGET, ""},
    {"no signature", CALLED, UNSIGNED, "sign all"},
    {"no signature, said by an answer", CALLED, "MISSING_THOUGHT_SIGNATURE",
     "sign all"},
    {"no calls", PLAIN, UNSIGNED, ""},
    {"a bad signature", CALLED, "Corrupted thought signature.", "sign anew"},
    {"an invalid signature", CALLED, "Thought signature is not valid",
     "sign anew"},
    {"anything else", JSON_TOOL, "Request contains an invalid argument.", ""},
    {"nothing", JSON_TOOL, "", ""},
};

static void
read_chat(const char *request, struct chat *chat)
{
	static const struct chat_options options = {false, false};
	struct json_object *root;
	struct api_error err;

	if (json_read(request, strlen(request), &root, &err) != GB_OK ||
	    openai_chat_read(root, &options, chat, &err) != GB_OK)
		fail_msg("%s: %s", request, err.message);
}

/* What is different now. */
static void
describe(const struct model_facts *was, const struct model_facts *is,
	 const struct gemini_request_options *told, struct buf *out)
{
	buf_reset(out);
	if (was->json_schema != is->json_schema)
		buf_puts(out, "form ");
	if (was->json_with_functions != is->json_with_functions)
		buf_puts(out, "json_with_functions ");
	if (was->builtins_with_functions != is->builtins_with_functions)
		buf_puts(out, "builtins ");
	if (was->penalties != is->penalties)
		buf_puts(out, "penalties ");
	if (was->system != is->system)
		buf_puts(out, "system ");
	if (was->prefill != is->prefill)
		buf_puts(out, "prefill ");
	if (was->levels != is->levels)
		buf_printf(out, "levels=%u ", is->levels);
	if (was->thinking != is->thinking)
		buf_puts(out, "thinking ");
	if (told->no_schema)
		buf_puts(out, "words ");
	if (told->no_json)
		buf_puts(out, "json ");
	if (told->signing != SIGN_NEEDED)
		buf_puts(out, told->signing == SIGN_ALL ? "sign all "
							: "sign anew ");
	if (out->len > 0)
		buf_truncate(out, out->len - 1);
}

static void
test_cases(void **state)
{
	struct gemini_request_options told;
	struct gemini_repairs repairs;
	struct model_facts was, is;
	struct chat chat;
	struct buf have;
	bool mended;
	size_t i;

	(void)state;
	buf_init(&have, 1000);
	for (i = 0; i < GB_COUNT(cases); i++) {
		read_chat(cases[i].request, &chat);
		memset(&told, 0, sizeof(told));
		memset(&repairs, 0, sizeof(repairs));
		model_facts_get(chat.model, NULL, &was);
		was.penalties = true; /* as an operator may say */
		is = was;
		mended =
		    gemini_repair(&repairs, &chat, cases[i].text, &is, &told);
		describe(&was, &is, &told, &have);
		CHECK_STR(cases[i].what, buf_str(&have), cases[i].want);
		CHECK_INT(cases[i].what, mended, cases[i].want[0] != '\0');
		CHECK_INT(cases[i].what, repairs.count, mended);
		chat_release(&chat);
	}
	buf_release(&have);
}

/* Refusals one after another: each kind once, and three in all. */
static void
test_limits(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} steps[] = {
	    {UNKNOWN_OUTPUT, true}, /* the other form */
	    {UNKNOWN_OUTPUT, true}, /* words */
	    {UNKNOWN_OUTPUT, false},
	    {UNKNOWN_KEYWORD, false},
	    {STATES, false},
	    {"JSON mode is not enabled", true},
	    {"Developer instruction is not enabled", false}, /* the fourth */
	};
	struct gemini_request_options told = {.no_schema = false};
	struct gemini_repairs repairs = {0, 0};
	struct model_facts facts;
	struct chat chat;
	size_t i;

	(void)state;
	read_chat(JSON_TOOL, &chat);
	model_facts_get(chat.model, NULL, &facts);
	for (i = 0; i < GB_COUNT(steps); i++)
		CHECK_INT(steps[i].text,
			  gemini_repair(&repairs, &chat, steps[i].text, &facts,
					&told),
			  steps[i].want);
	CHECK_INT("the fourth changed nothing", facts.system, true);
	chat_release(&chat);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests_name("gemini_repair", tests, NULL, NULL);
}
