/* gemini_repair.c: what to change about a request that Gemini refused */
#include "dialect/gemini/gemini_repair.h"

#include <string.h>
#include <strings.h>

/* A request, and what it is written with. */
struct patient {
	const struct chat *chat;
	const char *text; /* Google's */
	struct model_facts *facts;
	struct gemini_request_options *opts;
};

/* Each fix answers whether it has changed anything. */

/* --- schemas -------------------------------------------------------------- */

static bool
has_schema(const struct chat *chat)
{
	size_t i;

	for (i = 0; i < chat->tool_count; i++)
		if (chat->tools[i].parameters != NULL)
			return true;
	return chat->output == CHAT_OUTPUT_SCHEMA;
}

static bool
other_form(struct patient *p)
{
	if (!has_schema(p->chat))
		return false;
	p->facts->json_schema = !p->facts->json_schema;
	return true;
}

/* Of a tool there is no such way: a call without the form of its arguments is
 * worth nothing. */
static bool
schema_in_words(struct patient *p)
{
	if (p->chat->output != CHAT_OUTPUT_SCHEMA || p->opts->no_schema)
		return false;
	p->opts->no_schema = true;
	return true;
}

static bool
json_in_words(struct patient *p)
{
	if (p->chat->output == CHAT_OUTPUT_TEXT || p->opts->no_json)
		return false;
	p->opts->no_json = true;
	return true;
}

/* --- thinking ------------------------------------------------------------- */

/* The level that the text calls unsupported; LEVEL__MAX: none. */
static enum model_level
refused_level(const char *text)
{
	static const char before[] = "thinking level ";
	const char *at;
	size_t i;

	at = strcasestr(text, before);
	if (at == NULL)
		return LEVEL__MAX;
	at += sizeof(before) - 1;
	for (i = 0; i < LEVEL__MAX; i++)
		if (strncasecmp(at, model_level_words[i],
				strlen(model_level_words[i])) == 0)
			break;
	return (enum model_level)i;
}

/* The next lower one; from the lowest, the next higher. */
static bool
other_level(struct patient *p)
{
	enum model_level level;
	unsigned below;

	level = refused_level(p->text);
	if (p->facts->thinking != THINKING_LEVELS || level == LEVEL__MAX)
		return false;
	below = p->facts->levels & ((1u << level) - 1);
	p->facts->levels &= ~(1u << level);
	if (below != 0)
		p->facts->levels = below;
	return p->facts->levels != 0;
}

static bool
no_thinking(struct patient *p)
{
	const struct chat_thinking *asked = &p->chat->thinking;

	if (p->facts->thinking == THINKING_NONE ||
	    (asked->effort == CHAT_EFFORT_UNSET && !asked->budget.set &&
	     !asked->thoughts_set))
		return false;
	p->facts->thinking = THINKING_NONE;
	return true;
}

/* --- signatures ----------------------------------------------------------- */

static bool
has_calls(const struct chat *chat)
{
	size_t i;

	for (i = 0; i < chat->turn_count; i++)
		if (chat->turns[i].calls > 0)
			return true;
	return false;
}

static bool
sign_all(struct patient *p)
{
	if (!has_calls(p->chat) || p->opts->signing != SIGN_NEEDED)
		return false;
	p->opts->signing = SIGN_ALL;
	return true;
}

static bool
sign_anew(struct patient *p)
{
	if (p->opts->signing == SIGN_ANEW)
		return false;
	p->opts->signing = SIGN_ANEW;
	return true;
}

/* --- what the model does not take ----------------------------------------- */

static bool
no_json_beside_tools(struct patient *p)
{
	if (p->chat->output == CHAT_OUTPUT_TEXT ||
	    !p->facts->json_with_functions)
		return false;
	p->facts->json_with_functions = false;
	return true;
}

static bool
no_builtins_beside_tools(struct patient *p)
{
	if (p->chat->builtins == 0 || !p->facts->builtins_with_functions)
		return false;
	p->facts->builtins_with_functions = false;
	return true;
}

static bool
no_penalties(struct patient *p)
{
	const struct chat_generation *gen = &p->chat->gen;

	if (!p->facts->penalties ||
	    (!gen->presence_penalty.set && !gen->frequency_penalty.set))
		return false;
	p->facts->penalties = false;
	return true;
}

static bool
no_logprobs(struct patient *p)
{
	if (!p->facts->logprobs || !p->chat->gen.logprobs)
		return false;
	p->facts->logprobs = false;
	return true;
}

static bool
no_system(struct patient *p)
{
	if (!p->facts->system)
		return false;
	p->facts->system = false;
	return true;
}

static bool
no_prefill(struct patient *p)
{
	if (!p->facts->prefill)
		return false;
	p->facts->prefill = false;
	return true;
}

/* --- the table ------------------------------------------------------------ */

/* All that a row states must be in the text, in any case.  The first row that
 * fits and changes something is the one. */
static const struct row {
	const char *says, *also; /* NULL: no more than that */
	bool (*fix)(struct patient *);
} rows[] = {
    {"too many states", NULL, schema_in_words},
    {"nesting depth", "GenerationConfig", schema_in_words},
    {"Function calling with a response mime type", NULL, no_json_beside_tools},
    {"JSON mode is not enabled", NULL, json_in_words},
    {"Tool use with function calling is unsupported", NULL,
     no_builtins_beside_tools},
    {"Penalty is not enabled", NULL, no_penalties},
    {"Logprobs is not enabled", NULL, no_logprobs},
    {"Developer instruction is not enabled", NULL, no_system},
    {"Requests ending with a model turn", NULL, no_prefill},
    {"missing", "thought_signature", sign_all},
    {"Corrupted thought signature", NULL, sign_anew},
    {"Thought signature is not valid", NULL, sign_anew},
    {"Thinking level", "not supported", other_level},
    {"thinking", NULL, no_thinking},

    /* "Unknown name "x" at 'tools[0].function_declarations[0].parameters'" and
     * whatever else names a field that holds a schema, or ends in one. */
    {".parameters", NULL, other_form},
    {"schema", NULL, other_form},
    {"response", "schema", schema_in_words},
};

static bool
fits(const struct row *row, const char *text)
{
	return strcasestr(text, row->says) != NULL &&
	       (row->also == NULL || strcasestr(text, row->also) != NULL);
}

/* The bit of a kind: the first row's of those with the same fix. */
static unsigned
kind_of(const struct row *row)
{
	size_t i;

	for (i = 0; rows[i].fix != row->fix; i++)
		;
	return 1u << i;
}

bool
gemini_repair(struct gemini_repairs *done, const struct chat *chat,
	      const char *text, struct model_facts *facts,
	      struct gemini_request_options *opts)
{
	struct model_facts changed = *facts;
	struct gemini_request_options told = *opts;
	struct patient patient = {chat, text, &changed, &told};
	size_t i;

	if (done->count >= GEMINI_REPAIRS_MAX)
		return false;
	for (i = 0; i < GB_COUNT(rows); i++) {
		if (!fits(&rows[i], text) ||
		    (done->kinds & kind_of(&rows[i])) != 0 ||
		    !rows[i].fix(&patient))
			continue;
		done->kinds |= kind_of(&rows[i]);
		done->count++;
		*facts = changed;
		*opts = told;
		return true;
	}
	return false;
}
