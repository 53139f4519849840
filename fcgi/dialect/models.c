/* models.c: what is known of each model, in one table */
#include "dialect/models.h"

#include <string.h>

#include "base/err.h"
#include "dialect/model_rules.h"

#define NEWEST	    9999 /* a version above all */
#define PART_DIGITS 3	 /* of a major or minor number; more is a date */

#define BUDGET_MOST  24576 /* tokens; what all models with a budget take */
#define TOKEN_DIGITS 9	   /* of a budget */

/* What a model takes, in bits for the table's sake. */
enum {
	SAMPLING = 1 << 0,
	PREFILL = 1 << 1,
	SYSTEM = 1 << 2,
	FUNCTIONS = 1 << 3,
	BUILTINS = 1 << 4,
	BOTH_TOOLS = 1 << 5, /* built-ins beside functions */
	JSON = 1 << 6,
	JSON_TOOLS = 1 << 7, /* JSON output beside functions */
	SCHEMA = 1 << 8,     /* JSON Schema as it is */
	CALL_IDS = 1 << 9,
	SIGNATURES = 1 << 10,
	MEDIA = 1 << 11,      /* media in a function's result */
	RESOLUTION = 1 << 12, /* of media */
	CODE = 1 << 13,	      /* code execution, beside the other built-ins */
	FILE_URI = 1 << 14,
	PENALTIES = 1 << 15,
	URL_CONTEXT = 1 << 16, /* as CODE */
	LOGPROBS = 1 << 17,
	TASK_TYPE = 1 << 18,
	UNIT_VECTORS = 1 << 19,
	TRANSCRIPTION = 1 << 20,
	VERBATIM = 1 << 21,

	G2 = SAMPLING | PREFILL | SYSTEM | FUNCTIONS | BUILTINS | CODE |
	     URL_CONTEXT | JSON | RESOLUTION,
	G25 = G2 | SCHEMA | FILE_URI,
	G3 = G25 | BOTH_TOOLS | JSON_TOOLS | SIGNATURES | MEDIA,
	G35 = G3 | CALL_IDS,
	G37 = G35 & ~(SAMPLING | PREFILL),
	IMAGE = SYSTEM | BUILTINS | FILE_URI,
};

#define ALL_LEVELS \
	(1u << LEVEL_MINIMAL | 1u << LEVEL_LOW | 1u << LEVEL_MEDIUM | \
	 1u << LEVEL_HIGH)
#define LOW_UP (ALL_LEVELS & ~(1u << LEVEL_MINIMAL))

#define NO_BUDGET   0, 0, 0, false
#define NO_THINKING THINKING_NONE, NO_BUDGET, 0

/*
 * The first row that fits: of this family, at least this version, and with
 * this word in the name.  Levels and budgets are Google's published ones, the
 * gaps (3.5-flash-lite, 3.6) filled in by the nearest relative.
 */
static const struct row {
	enum model_family family;
	int from;
	const char *word;
	enum model_thinking thinking;
	int64_t budget_min, budget_max, budget_minimal;
	bool budget_zero;
	unsigned levels;
	unsigned takes;
} rows[] = {
    {MODEL_TEXT, 305, "-transcribe", NO_THINKING, TRANSCRIPTION},
    {MODEL_TEXT, 307, "", THINKING_LEVELS, NO_BUDGET, LOW_UP, G37},
    {MODEL_TEXT, 306, "", THINKING_LEVELS, NO_BUDGET, LOW_UP, G35},
    {MODEL_TEXT, 305, "flash-lite", THINKING_LEVELS, NO_BUDGET, ALL_LEVELS,
     G35},
    {MODEL_TEXT, 305, "", THINKING_LEVELS, NO_BUDGET, LOW_UP, G35},
    {MODEL_TEXT, 301, "flash-lite", THINKING_LEVELS, NO_BUDGET, ALL_LEVELS, G3},
    {MODEL_TEXT, 301, "", THINKING_LEVELS, NO_BUDGET, LOW_UP, G3},
    {MODEL_TEXT, 300, "flash", THINKING_LEVELS, NO_BUDGET, ALL_LEVELS, G3},
    {MODEL_TEXT, 300, "", THINKING_LEVELS, NO_BUDGET, LOW_UP, G3},
    {MODEL_TEXT, 205, "flash-lite", THINKING_BUDGET, 512, 24576, 512, true, 0,
     G25},
    {MODEL_TEXT, 205, "pro", THINKING_BUDGET, 128, 32768, 1024, false, 0, G25},
    {MODEL_TEXT, 205, "", THINKING_BUDGET, 1, 24576, 1024, true, 0, G25},
    {MODEL_TEXT, 0, "", NO_THINKING, G2},

    {MODEL_IMAGE, 307, "", NO_THINKING, IMAGE},
    {MODEL_IMAGE, 300, "", NO_THINKING, IMAGE | SAMPLING | PREFILL},
    {MODEL_IMAGE, 205, "", NO_THINKING, SYSTEM | SAMPLING | PREFILL | FILE_URI},
    {MODEL_IMAGE, 0, "", NO_THINKING, SYSTEM | SAMPLING | PREFILL},
    {MODEL_TTS, 308, "", NO_THINKING, VERBATIM},
    {MODEL_TTS, 0, "", NO_THINKING, 0},
    {MODEL_GEMMA, 400, "", NO_THINKING,
     SAMPLING | PREFILL | SYSTEM | FUNCTIONS},
    {MODEL_GEMMA, 0, "", NO_THINKING, SAMPLING | PREFILL | FUNCTIONS},
    {MODEL_LIVE, 0, "", NO_THINKING, SYSTEM | FUNCTIONS | BUILTINS | CODE},
    {MODEL_EMBEDDING, 0, "embedding-001", NO_THINKING, TASK_TYPE},
    {MODEL_EMBEDDING, 0, "", NO_THINKING, UNIT_VECTORS},
    {MODEL_OTHER, 0, "", NO_THINKING, 0},
};

const char *const model_level_words[LEVEL__MAX] = {
    [LEVEL_MINIMAL] = "minimal",
    [LEVEL_LOW] = "low",
    [LEVEL_MEDIUM] = "medium",
    [LEVEL_HIGH] = "high",
};

enum fact_kind {
	FACT_YES_NO,   /* bool */
	FACT_FAMILY,   /* enum model_family */
	FACT_THINKING, /* enum model_thinking */
	FACT_LEVELS,   /* unsigned */
	FACT_TOKENS,   /* int64_t */
};

#define FACT(member) \
	offsetof(struct model_facts, member), \
	    sizeof(((struct model_facts *)NULL)->member)
#define FAMILY_FACT 0 /* its place in the table */

/* Every fact by the name that operators know; its bit in a row's "takes", if
 * it has one. */
static const struct {
	const char *name;
	enum fact_kind kind;
	size_t offset, size;
	unsigned takes;
} fact_names[] = {
    [FAMILY_FACT] = {"family", FACT_FAMILY, FACT(family), 0},
    {"thinking", FACT_THINKING, FACT(thinking), 0},
    {"levels", FACT_LEVELS, FACT(levels), 0},
    {"budget_min", FACT_TOKENS, FACT(budget_min), 0},
    {"budget_max", FACT_TOKENS, FACT(budget_max), 0},
    {"budget_minimal", FACT_TOKENS, FACT(budget_minimal), 0},
    {"budget_zero", FACT_YES_NO, FACT(budget_zero), 0},
    {"sampling", FACT_YES_NO, FACT(sampling), SAMPLING},
    {"penalties", FACT_YES_NO, FACT(penalties), PENALTIES},
    {"logprobs", FACT_YES_NO, FACT(logprobs), LOGPROBS},
    {"prefill", FACT_YES_NO, FACT(prefill), PREFILL},
    {"system", FACT_YES_NO, FACT(system), SYSTEM},
    {"functions", FACT_YES_NO, FACT(functions), FUNCTIONS},
    {"builtins", FACT_YES_NO, FACT(builtins), BUILTINS},
    {"code", FACT_YES_NO, FACT(code), CODE},
    {"url_context", FACT_YES_NO, FACT(url_context), URL_CONTEXT},
    {"builtins_with_functions", FACT_YES_NO, FACT(builtins_with_functions),
     BOTH_TOOLS},
    {"json", FACT_YES_NO, FACT(json), JSON},
    {"json_with_functions", FACT_YES_NO, FACT(json_with_functions), JSON_TOOLS},
    {"json_schema", FACT_YES_NO, FACT(json_schema), SCHEMA},
    {"call_ids", FACT_YES_NO, FACT(call_ids), CALL_IDS},
    {"signatures", FACT_YES_NO, FACT(signatures), SIGNATURES},
    {"result_media", FACT_YES_NO, FACT(result_media), MEDIA},
    {"media_resolution", FACT_YES_NO, FACT(media_resolution), RESOLUTION},
    {"file_uri", FACT_YES_NO, FACT(file_uri), FILE_URI},
    {"task_type", FACT_YES_NO, FACT(task_type), TASK_TYPE},
    {"unit_vectors", FACT_YES_NO, FACT(unit_vectors), UNIT_VECTORS},
    {"transcription", FACT_YES_NO, FACT(transcription), TRANSCRIPTION},
    {"verbatim", FACT_YES_NO, FACT(verbatim), VERBATIM},
};

/* Families by a word in the name; the first that fits. */
static const struct {
	const char *word;
	enum model_family family;
} families[] = {
    {"embedding", MODEL_EMBEDDING}, {"gemma", MODEL_GEMMA},
    {"imagen", MODEL_OTHER},	    {"veo-", MODEL_OTHER},
    {"lyria-", MODEL_OTHER},	    {"-tts", MODEL_TTS},
    {"-image", MODEL_IMAGE},	    {"-live", MODEL_LIVE},
    {"native-audio", MODEL_LIVE},
};

static enum model_family
family_of(const char *model)
{
	size_t i;

	for (i = 0; i < GB_COUNT(families); i++)
		if (strstr(model, families[i].word) != NULL)
			return families[i].family;
	return MODEL_TEXT;
}

/* A number of at most PART_DIGITS digits at "*at", which moves past it. */
static bool
take_number(const char **at, int *out)
{
	int digits, number = 0;

	for (digits = 0; **at >= '0' && **at <= '9'; digits++, (*at)++) {
		if (digits == PART_DIGITS)
			return false;
		number = number * 10 + (**at - '0');
	}
	*out = number;
	return digits > 0;
}

bool
model_version(const char *model, int *version)
{
	static const char *const makes[] = {"gemini-", "gemma-"};
	const char *at;
	size_t i;
	int major, minor = 0;

	*version = NEWEST;
	if (strncmp(model, "models/", 7) == 0)
		model += 7;
	for (i = 0; i < GB_COUNT(makes); i++) {
		if (strncmp(model, makes[i], strlen(makes[i])) != 0)
			continue;
		at = model + strlen(makes[i]);
		if (!take_number(&at, &major))
			return false;
		if (*at == '.') {
			at++;
			if (!take_number(&at, &minor) || minor > 99)
				return false;
		}
		*version = major * 100 + minor;
		return true;
	}
	return false;
}

/* Every family has a row for version 0, so one fits. */
static const struct row *
find_row(enum model_family family, int version, const char *model)
{
	const struct row *row;

	for (row = rows; row->family != family || version < row->from ||
			 strstr(model, row->word) == NULL;)
		row++;
	return row;
}

static void
facts_from_row(const struct row *row, struct model_facts *out)
{
	size_t i;

	out->thinking = row->thinking;
	out->budget_min = row->budget_min;
	out->budget_max = row->budget_max;
	out->budget_minimal = row->budget_minimal;
	out->budget_zero = row->budget_zero;
	out->levels = row->levels;
	for (i = 0; i < GB_COUNT(fact_names); i++)
		if (fact_names[i].takes != 0)
			*(bool *)((char *)out + fact_names[i].offset) =
			    (row->takes & fact_names[i].takes) != 0;
}

/* The first rule that fits, or NULL. */
static const struct model_fact_rule *
find_rule(const struct model_rules *rules, const char *model)
{
	size_t i;

	for (i = 0; rules != NULL && i < rules->fact_count; i++)
		if (model_pattern_fits(rules->facts[i].pattern, model))
			return &rules->facts[i];
	return NULL;
}

/* Facts that were given one by one may lack what they need beside them. */
static void
make_whole(struct model_facts *facts)
{
	if (facts->thinking == THINKING_LEVELS && facts->levels == 0)
		facts->levels = LOW_UP;
	if (facts->thinking != THINKING_BUDGET)
		return;
	if (facts->budget_max == 0)
		facts->budget_max = BUDGET_MOST;
	if (facts->budget_min == 0)
		facts->budget_min = 1;
	if (facts->budget_max < facts->budget_min)
		facts->budget_max = facts->budget_min;
	if (facts->budget_minimal < facts->budget_min)
		facts->budget_minimal = facts->budget_min;
	if (facts->budget_minimal > facts->budget_max)
		facts->budget_minimal = facts->budget_max;
}

void
model_facts_get(const char *model, const struct model_rules *rules,
		struct model_facts *out)
{
	const struct model_fact_rule *rule;
	size_t i;

	if (strncmp(model, "models/", 7) == 0)
		model += 7;
	rule = find_rule(rules, model);
	memset(out, 0, sizeof(*out));
	out->family = family_of(model);
	if (rule != NULL && (rule->given & 1u << FAMILY_FACT) != 0)
		out->family = rule->facts.family;
	(void)model_version(model, &out->version);
	facts_from_row(find_row(out->family, out->version, model), out);
	if (rule == NULL)
		return;
	for (i = 0; i < GB_COUNT(fact_names); i++)
		if ((rule->given & 1u << i) != 0)
			memcpy((char *)out + fact_names[i].offset,
			       (const char *)&rule->facts +
				   fact_names[i].offset,
			       fact_names[i].size);
	make_whole(out);
}

/* --- facts as an operator writes them ------------------------------------- */

/* Whether the "len" bytes at "text" are the word. */
static bool
is_word(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(text, word, len) == 0;
}

/* Which of the words the text is; "count": none. */
static size_t
find_word(const char *const *words, size_t count, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < count && !is_word(text, len, words[i]);)
		i++;
	return i;
}

static bool
read_yes_no(const char *text, size_t len, void *to)
{
	bool *value = to;

	*value = is_word(text, len, "yes");
	return *value || is_word(text, len, "no");
}

static bool
read_family(const char *text, size_t len, void *to)
{
	static const char *const words[] = {
	    [MODEL_TEXT] = "text",   [MODEL_IMAGE] = "image",
	    [MODEL_TTS] = "tts",     [MODEL_LIVE] = "live",
	    [MODEL_GEMMA] = "gemma", [MODEL_EMBEDDING] = "embedding",
	    [MODEL_OTHER] = "other",
	};
	size_t found = find_word(words, GB_COUNT(words), text, len);

	if (found < GB_COUNT(words))
		*(enum model_family *)to = (enum model_family)found;
	return found < GB_COUNT(words);
}

static bool
read_thinking(const char *text, size_t len, void *to)
{
	static const char *const words[] = {
	    [THINKING_NONE] = "no",
	    [THINKING_BUDGET] = "budget",
	    [THINKING_LEVELS] = "levels",
	};
	size_t found = find_word(words, GB_COUNT(words), text, len);

	if (found < GB_COUNT(words))
		*(enum model_thinking *)to = (enum model_thinking)found;
	return found < GB_COUNT(words);
}

/* "low,medium,high" */
static bool
read_levels(const char *text, size_t len, void *to)
{
	unsigned *value = to;
	size_t word, level;

	for (*value = 0;; text += word + 1, len -= word + 1) {
		word = strcspn(text, ", ");
		if (word > len)
			word = len;
		level = find_word(model_level_words, LEVEL__MAX, text, word);
		if (level == LEVEL__MAX)
			return false;
		*value |= 1u << level;
		if (word == len)
			return true;
	}
}

static bool
read_tokens(const char *text, size_t len, void *to)
{
	int64_t *value = to;
	size_t i;

	if (len == 0 || len > TOKEN_DIGITS)
		return false;
	for (*value = 0, i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*value = *value * 10 + (text[i] - '0');
	}
	return *value > 0;
}

/* One "name=value" into "out". */
static enum model_facts_fault
read_fact(const char *word, size_t len, struct model_fact_rule *out)
{
	static bool (*const read[])(const char *, size_t, void *) = {
	    [FACT_YES_NO] = read_yes_no,     [FACT_FAMILY] = read_family,
	    [FACT_THINKING] = read_thinking, [FACT_LEVELS] = read_levels,
	    [FACT_TOKENS] = read_tokens,
	};
	size_t i, name;

	name = strcspn(word, "= ");
	for (i = 0; i < GB_COUNT(fact_names); i++)
		if (is_word(word, name, fact_names[i].name))
			break;
	if (i == GB_COUNT(fact_names))
		return FACTS_UNKNOWN;
	if ((out->given & 1u << i) != 0)
		return FACTS_TWICE;
	out->given |= 1u << i;
	if (word[name] == '=' &&
	    read[fact_names[i].kind](word + name + 1, len - name - 1,
				     (char *)&out->facts +
					 fact_names[i].offset))
		return FACTS_FINE;
	return FACTS_WRONG;
}

enum model_facts_fault
model_facts_parse(const char *words, struct model_fact_rule *out)
{
	enum model_facts_fault why;
	size_t len;

	out->given = 0;
	memset(&out->facts, 0, sizeof(out->facts));
	for (words += strspn(words, " "); *words != '\0';
	     words += strspn(words, " ")) {
		len = strcspn(words, " ");
		if ((why = read_fact(words, len, out)) != FACTS_FINE) {
			out->given = 0;
			return why;
		}
		words += len;
	}
	return out->given == 0 ? FACTS_MISSING : FACTS_FINE;
}

bool
model_pattern_fits(const char *pattern, const char *name)
{
	const char *star, *again;

	for (star = again = NULL; *name != '\0';) {
		if (*pattern == '*') {
			star = pattern++;
			again = name;
		} else if (*pattern == '?' || *pattern == *name) {
			pattern++;
			name++;
		} else if (star != NULL) { /* it stands for one more */
			pattern = star + 1;
			name = ++again;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}
