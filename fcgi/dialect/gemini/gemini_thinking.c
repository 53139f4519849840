/* gemini_thinking.c: how much one model is to think, as its thinkingConfig */
#include "dialect/gemini/gemini_thinking.h"

#include <string.h>

/* What an effort is in tokens, for models that count them; Google's table. */
#define BUDGET_LOW    1024
#define BUDGET_MEDIUM 8192
#define BUDGET_HIGH   24576

/* The other way round: budgets up to these are "low" and "medium". */
#define LOW_BELOW    4096
#define MEDIUM_BELOW 16384

/* The nearest level that the model has: minimal goes up, and the others are
 * on every model that the table knows. */
static const char *
level_word(const struct model_facts *facts, enum model_level level)
{
	while (level < LEVEL_HIGH && (facts->levels & 1u << level) == 0)
		level++;
	while (level > LEVEL_MINIMAL && (facts->levels & 1u << level) == 0)
		level--;
	return model_level_words[level];
}

/* A budget as the effort that is nearest to it. */
static enum chat_effort
effort_of_budget(int64_t budget)
{
	if (budget < 0)
		return CHAT_EFFORT_UNSET;
	if (budget == 0)
		return CHAT_EFFORT_NONE;
	if (budget < LOW_BELOW)
		return CHAT_EFFORT_LOW;
	return budget < MEDIUM_BELOW ? CHAT_EFFORT_MEDIUM : CHAT_EFFORT_HIGH;
}

static enum thinking_fit
plan_level(const struct model_facts *facts, const struct chat_thinking *asked,
	   struct thinking_plan *plan)
{
	static const enum model_level levels[] = {
	    [CHAT_EFFORT_NONE] = LEVEL_MINIMAL,
	    [CHAT_EFFORT_MINIMAL] = LEVEL_MINIMAL,
	    [CHAT_EFFORT_LOW] = LEVEL_LOW,
	    [CHAT_EFFORT_MEDIUM] = LEVEL_MEDIUM,
	    [CHAT_EFFORT_HIGH] = LEVEL_HIGH,
	    [CHAT_EFFORT_XHIGH] = LEVEL_HIGH,
	    [CHAT_EFFORT_MAX] = LEVEL_HIGH,
	};
	enum chat_effort effort;

	effort = asked->budget.set ? effort_of_budget(asked->budget.value)
				   : asked->effort;
	if (effort == CHAT_EFFORT_UNSET)
		return THINKING_FITS;
	plan->level = level_word(facts, levels[effort]);
	if (effort != CHAT_EFFORT_NONE)
		return THINKING_FITS;
	plan->thoughts_set = true;
	plan->thoughts = false;
	return THINKING_ALWAYS;
}

static int64_t
budget_of_effort(const struct model_facts *facts, enum chat_effort effort)
{
	switch (effort) {
	case CHAT_EFFORT_UNSET:
		return -1;
	case CHAT_EFFORT_NONE:
		return 0;
	case CHAT_EFFORT_MINIMAL:
		return facts->budget_minimal;
	case CHAT_EFFORT_LOW:
		return BUDGET_LOW;
	case CHAT_EFFORT_MEDIUM:
		return BUDGET_MEDIUM;
	case CHAT_EFFORT_HIGH:
	case CHAT_EFFORT_XHIGH:
		return BUDGET_HIGH;
	case CHAT_EFFORT_MAX:
		break;
	}
	return facts->budget_max;
}

static enum thinking_fit
plan_budget(const struct model_facts *facts, const struct chat_thinking *asked,
	    struct thinking_plan *plan)
{
	int64_t budget;

	if (!asked->budget.set && asked->effort == CHAT_EFFORT_UNSET)
		return THINKING_FITS;
	budget = asked->budget.set ? asked->budget.value
				   : budget_of_effort(facts, asked->effort);
	plan->has_budget = true;
	plan->budget = budget;
	if (budget == -1)
		return THINKING_FITS;
	if (budget == 0 && facts->budget_zero) {
		plan->thoughts_set = false; /* refused beside a budget of 0 */
		return THINKING_FITS;
	}
	if (budget >= facts->budget_min && budget <= facts->budget_max)
		return THINKING_FITS;
	plan->budget =
	    budget < facts->budget_min ? facts->budget_min : facts->budget_max;
	if (budget != 0) /* an effort never was a number of tokens */
		return asked->budget.set ? THINKING_RANGE : THINKING_FITS;
	plan->thoughts_set = true;
	plan->thoughts = false;
	return THINKING_ALWAYS;
}

enum thinking_fit
thinking_plan(const struct model_facts *facts,
	      const struct chat_thinking *asked, struct thinking_plan *plan)
{
	bool nothing;

	memset(plan, 0, sizeof(*plan));
	if (facts->thinking == THINKING_NONE) {
		nothing = asked->budget.set ? asked->budget.value <= 0
					    : asked->effort <= CHAT_EFFORT_NONE;
		return nothing ? THINKING_FITS : THINKING_NEVER;
	}
	plan->thoughts_set = asked->thoughts_set;
	plan->thoughts = asked->thoughts;
	if (facts->thinking == THINKING_LEVELS)
		return plan_level(facts, asked, plan);
	return plan_budget(facts, asked, plan);
}

bool
thinking_plan_is_empty(const struct thinking_plan *plan)
{
	return plan->level == NULL && !plan->has_budget && !plan->thoughts_set;
}

void
thinking_plan_write(const struct thinking_plan *plan, struct json_out *out)
{
	jout_object(out);
	if (plan->level != NULL)
		jout_key_string(out, "thinkingLevel", plan->level);
	else if (plan->has_budget)
		jout_key_int(out, "thinkingBudget", plan->budget);
	if (plan->thoughts_set)
		jout_key_bool(out, "includeThoughts", plan->thoughts);
	jout_object_end(out);
}
