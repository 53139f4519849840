/* golden_rules.c: what an operator has set for models, in golden cases */
#include "golden_rules.h"

#include "unit.h"

#include <json-c/json.h>

#include "dialect/field.h"
#include "dialect/json/json_tree.h"

static struct model_names
names_of(struct json_object *list, char *items[GOLDEN_RULES_MAX])
{
	struct model_names names = {items, 0};

	for (; list != NULL && names.count < json_object_array_length(list) &&
	       names.count < GOLDEN_RULES_MAX;
	     names.count++)
		items[names.count] = (char *)(uintptr_t)json_object_get_string(
		    json_object_array_get_idx(list, names.count));
	return names;
}

/* One member of an object after the other; NULL: there is no more. */
static struct json_object *
member(struct json_object *object, size_t at, const char **name)
{
	size_t i = 0;

	if (object == NULL)
		return NULL;
	json_object_object_foreach(object, key, value)
	{
		*name = key;
		if (i++ == at)
			return value;
	}
	return NULL;
}

void
golden_rules(struct json_object *options, struct golden_rules *out)
{
	struct json_object *from, *value;
	struct model_rules *r = &out->rules;
	const char *name;

	memset(out, 0, sizeof(*out));
	r->aliases = out->aliases;
	r->facts = out->facts;
	r->budgets = out->budgets;
	if ((from = tree_get(options, "rules")) == NULL)
		return;
	for (; r->alias_count < GOLDEN_RULES_MAX; r->alias_count++) {
		value =
		    member(tree_get(from, "aliases"), r->alias_count, &name);
		if (value == NULL)
			break;
		out->aliases[r->alias_count] =
		    (struct model_alias){name, json_object_get_string(value)};
	}
	for (; r->fact_count < GOLDEN_RULES_MAX; r->fact_count++) {
		value = member(tree_get(from, "facts"), r->fact_count, &name);
		if (value == NULL)
			break;
		CHECK_INT(name,
			  model_facts_parse(json_object_get_string(value),
					    &out->facts[r->fact_count]),
			  FACTS_FINE);
		out->facts[r->fact_count].pattern = name;
	}
	for (; r->budget_count < GOLDEN_RULES_MAX; r->budget_count++) {
		value =
		    member(tree_get(from, "budgets"), r->budget_count, &name);
		if (value == NULL)
			break;
		out->budgets[r->budget_count] =
		    (struct model_budget){name, json_object_get_int64(value)};
	}
	r->image = names_of(tree_get(from, "image_models"), out->image);
	r->chat = names_of(tree_get(from, "chat_models"), out->chat);
	r->url_context_models =
	    names_of(tree_get(from, "url_context_models"), out->url_context);
	r->show_thoughts =
	    json_object_get_boolean(tree_get(from, "show_thoughts"));
	r->code_execution =
	    json_object_get_boolean(tree_get(from, "code_execution"));
	r->url_context = json_object_get_boolean(tree_get(from, "url_context"));
}
