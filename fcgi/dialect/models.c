/* models.c: what is known of each model, in one table */
#include "dialect/models.h"

#include <string.h>

#include "base/err.h"

#define NEWEST	    9999 /* a version above all */
#define PART_DIGITS 3	 /* of a major or minor number; more is a date */

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
	MEDIA = 1 << 11, /* media in a function's result */

	G2 = SAMPLING | PREFILL | SYSTEM | FUNCTIONS | BUILTINS | JSON,
	G25 = G2 | SCHEMA,
	G3 = G25 | BOTH_TOOLS | JSON_TOOLS | SIGNATURES | MEDIA,
	G35 = G3 | CALL_IDS,
	G37 = G35 & ~(SAMPLING | PREFILL),
	IMAGE = SYSTEM | BUILTINS,
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
    {MODEL_IMAGE, 0, "", NO_THINKING, SYSTEM | SAMPLING | PREFILL},
    {MODEL_TTS, 0, "", NO_THINKING, 0},
    {MODEL_GEMMA, 400, "", NO_THINKING,
     SAMPLING | PREFILL | SYSTEM | FUNCTIONS},
    {MODEL_GEMMA, 0, "", NO_THINKING, SAMPLING | PREFILL | FUNCTIONS},
    {MODEL_LIVE, 0, "", NO_THINKING, SYSTEM | FUNCTIONS | BUILTINS},
    {MODEL_EMBEDDING, 0, "", NO_THINKING, 0},
    {MODEL_OTHER, 0, "", NO_THINKING, 0},
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

void
model_facts_get(const char *model, struct model_facts *out)
{
	const struct row *row;

	memset(out, 0, sizeof(*out));
	out->family = family_of(model);
	(void)model_version(model, &out->version);
	row = find_row(out->family, out->version, model);

	out->thinking = row->thinking;
	out->budget_min = row->budget_min;
	out->budget_max = row->budget_max;
	out->budget_minimal = row->budget_minimal;
	out->budget_zero = row->budget_zero;
	out->levels = row->levels;

	out->sampling = (row->takes & SAMPLING) != 0;
	out->prefill = (row->takes & PREFILL) != 0;
	out->system = (row->takes & SYSTEM) != 0;
	out->functions = (row->takes & FUNCTIONS) != 0;
	out->builtins = (row->takes & BUILTINS) != 0;
	out->builtins_with_functions = (row->takes & BOTH_TOOLS) != 0;
	out->json = (row->takes & JSON) != 0;
	out->json_with_functions = (row->takes & JSON_TOOLS) != 0;
	out->json_schema = (row->takes & SCHEMA) != 0;
	out->call_ids = (row->takes & CALL_IDS) != 0;
	out->signatures = (row->takes & SIGNATURES) != 0;
	out->result_media = (row->takes & MEDIA) != 0;
}
