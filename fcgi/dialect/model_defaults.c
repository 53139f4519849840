/* model_defaults.c: what a model's name and the operator's rules add */
#include "dialect/model_defaults.h"

#include <string.h>

static bool
wants_url_context(const struct model_name *name,
		  const struct model_rules *rules)
{
	return rules->url_context &&
	       (rules->url_context_models.count == 0 ||
		model_listed(&rules->url_context_models, name->google));
}

unsigned
model_default_builtins(const struct model_name *name,
		       const struct model_rules *rules,
		       const struct model_facts *facts,
		       const struct tool_case *c)
{
	unsigned tools = c->builtins;

	if (!facts->builtins || c->cached ||
	    (c->functions && !facts->builtins_with_functions) ||
	    (c->json && !facts->json_with_functions))
		return 0;
	if (name->search)
		tools |= CHAT_SEARCH;
	if (wants_url_context(name, rules) && facts->url_context &&
	    !name->image && !c->others)
		tools |= CHAT_URL_CONTEXT;
	/* Code would stand in the answer, where JSON is to be. */
	if (rules->code_execution && facts->code && !name->image &&
	    !c->functions && !c->others && !c->json && !c->media &&
	    (tools & CHAT_SEARCH) == 0)
		tools |= CHAT_CODE;
	return tools & ~c->builtins;
}

bool
model_default_thinking(const struct model_name *name,
		       const struct model_rules *rules, bool asked,
		       struct chat_thinking *out)
{
	int64_t tokens;

	if (name->no_thinking) {
		memset(out, 0, sizeof(*out));
		out->effort = CHAT_EFFORT_NONE;
		return true;
	}
	if (asked || !model_budget(rules, name->google, &tokens))
		return false;
	memset(out, 0, sizeof(*out));
	out->budget.set = true;
	out->budget.value = tokens;
	out->thoughts_set = out->thoughts = rules->show_thoughts && tokens != 0;
	return true;
}
