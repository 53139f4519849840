/* rules.c: the settings that are about models, as the translators need them */
#include "app/rules.h"

#include <stdlib.h>

/* What rules_new() makes; others see its first member, which points into the
 * rest. */
struct rules {
	struct model_rules shown;
	struct model_fact_rule *facts;
	struct model_alias *aliases;
	struct model_budget *budgets;
	struct model_safety *safety;
};

static enum gb_err
add_facts(struct rules *r, const struct string_pairs *pairs)
{
	struct model_fact_rule *rule;
	size_t i;

	r->facts = calloc(pairs->count + 1, sizeof(*r->facts));
	if (r->facts == NULL)
		return GB_ENOMEM;
	for (i = 0; i < pairs->count; i++) {
		rule = &r->facts[i];
		rule->pattern = pairs->items[i].name;
		if (model_facts_parse(pairs->items[i].value, rule) !=
		    FACTS_FINE)
			return GB_EINVAL;
	}
	r->shown.facts = r->facts;
	r->shown.fact_count = pairs->count;
	return GB_OK;
}

static enum gb_err
add_aliases(struct rules *r, const struct string_pairs *pairs)
{
	size_t i;

	r->aliases = calloc(pairs->count + 1, sizeof(*r->aliases));
	if (r->aliases == NULL)
		return GB_ENOMEM;
	for (i = 0; i < pairs->count; i++) {
		r->aliases[i].alias = pairs->items[i].name;
		r->aliases[i].model = pairs->items[i].value;
	}
	r->shown.aliases = r->aliases;
	r->shown.alias_count = pairs->count;
	return GB_OK;
}

static enum gb_err
add_budgets(struct rules *r, const struct string_pairs *pairs)
{
	size_t i;

	r->budgets = calloc(pairs->count + 1, sizeof(*r->budgets));
	if (r->budgets == NULL)
		return GB_ENOMEM;
	for (i = 0; i < pairs->count; i++) {
		r->budgets[i].model = pairs->items[i].name;
		r->budgets[i].tokens = strtoll(pairs->items[i].value, NULL, 10);
	}
	r->shown.budgets = r->budgets;
	r->shown.budget_count = pairs->count;
	return GB_OK;
}

static enum gb_err
add_safety(struct rules *r, const struct string_pairs *pairs)
{
	size_t i;

	r->safety = calloc(pairs->count + 1, sizeof(*r->safety));
	if (r->safety == NULL)
		return GB_ENOMEM;
	for (i = 0; i < pairs->count; i++) {
		r->safety[i].category = pairs->items[i].name;
		r->safety[i].threshold = pairs->items[i].value;
	}
	r->shown.safety = r->safety;
	r->shown.safety_count = pairs->count;
	return GB_OK;
}

static struct model_names
names_of(const struct string_list *list)
{
	struct model_names names = {list->items, list->count};

	return names;
}

enum gb_err
rules_new(struct model_rules **out, const struct settings *s)
{
	struct rules *r;
	enum gb_err rc;

	*out = NULL;
	if ((r = calloc(1, sizeof(*r))) == NULL)
		return GB_ENOMEM;
	r->shown.search = names_of(&s->search_models);
	r->shown.image = names_of(&s->image_models);
	r->shown.chat.items = &s->create_image_model;
	r->shown.chat.count = 1;
	r->shown.thinking = names_of(&s->thinking_models);
	r->shown.url_context_models = names_of(&s->url_context_models);
	r->shown.show_thoughts = s->show_thinking_process;
	r->shown.code_execution = s->code_execution;
	r->shown.url_context = s->url_context;
	if ((rc = add_facts(r, &s->model_facts)) != GB_OK ||
	    (rc = add_aliases(r, &s->model_aliases)) != GB_OK ||
	    (rc = add_budgets(r, &s->thinking_budget_map)) != GB_OK ||
	    (rc = add_safety(r, &s->safety_settings)) != GB_OK) {
		rules_free(&r->shown);
		return rc;
	}
	*out = &r->shown;
	return GB_OK;
}

void
rules_free(struct model_rules *rules)
{
	struct rules *r = (struct rules *)rules;

	if (r == NULL)
		return;
	free(r->facts);
	free(r->aliases);
	free(r->budgets);
	free(r->safety);
	free(r);
}
