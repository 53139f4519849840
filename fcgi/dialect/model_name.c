/* model_name.c: what a client's name for a model means */
#include "dialect/model_name.h"

#include <stdio.h>
#include <string.h>

#include "dialect/models.h"

/* What a suffix asks for. */
enum mark {
	MARK_SEARCH,
	MARK_IMAGE,
	MARK_NO_THINKING,
	MARK_CHAT,
};

/* The first MODEL_DERIVED_MAX are those of the lists of models. */
static const struct {
	const char *text;
	enum mark mark;
} suffixes[] = {
    {"-search", MARK_SEARCH},
    {"-image", MARK_IMAGE},
    {"-non-thinking", MARK_NO_THINKING},
    {"-chat", MARK_CHAT},
    {"-nothinking", MARK_NO_THINKING},
};

bool
model_listed(const struct model_names *names, const char *model)
{
	size_t i;

	for (i = 0; i < names->count; i++)
		if (strcmp(names->items[i], model) == 0)
			return true;
	return false;
}

bool
model_budget(const struct model_rules *rules, const char *model,
	     int64_t *tokens)
{
	size_t i;

	for (i = 0; i < rules->budget_count; i++)
		if (strcmp(rules->budgets[i].model, model) == 0) {
			*tokens = rules->budgets[i].tokens;
			return true;
		}
	return false;
}

/* What the alias stands for; NULL: it is none. */
static const char *
find_alias(const struct model_rules *rules, const char *name)
{
	size_t i;

	for (i = 0; i < rules->alias_count; i++)
		if (strcmp(rules->aliases[i].alias, name) == 0)
			return rules->aliases[i].model;
	return NULL;
}

/* The length of "name" without the suffix at its end, whose row is "*row"; 0:
 * it has none, or is nothing else. */
static size_t
before_suffix(const char *name, size_t *row)
{
	size_t i, len, tail;

	len = strlen(name);
	for (i = 0; i < GB_COUNT(suffixes); i++) {
		tail = strlen(suffixes[i].text);
		if (len > tail &&
		    strcmp(name + len - tail, suffixes[i].text) == 0) {
			*row = i;
			return len - tail;
		}
	}
	return 0;
}

/* The models that are listed with the suffix of this row. */
static const struct model_names *
listed_with(const struct model_rules *rules, size_t row)
{
	switch (suffixes[row].mark) {
	case MARK_SEARCH:
		return &rules->search;
	case MARK_IMAGE:
		return &rules->image;
	case MARK_CHAT:
		return &rules->chat;
	case MARK_NO_THINKING:
		break;
	}
	return &rules->thinking;
}

/* Whether "name" ends in a suffix of models in "names" because the operator
 * wants it of the model before that. */
static bool
is_wanted(const char *name, const struct model_names *names,
	  const struct model_rules *rules)
{
	char base[MODEL_NAME_MAX];
	const char *target;
	size_t len, row;

	(void)snprintf(base, sizeof(base), "%s", name);
	while ((len = before_suffix(base, &row)) > 0) {
		base[len] = '\0';
		if (model_listed(names, base))
			return true;
	}
	target = find_alias(rules, base);
	return target != NULL && model_listed(names, target);
}

/* Real models are called so, too. */
static bool
is_ambiguous(enum mark what)
{
	return what == MARK_IMAGE || what == MARK_CHAT;
}

static void
mark(struct model_name *name, enum mark what)
{
	switch (what) {
	case MARK_SEARCH:
		name->search = true;
		break;
	case MARK_IMAGE:
		name->image = true;
		break;
	case MARK_CHAT:
		name->image = true;
		name->chat = true;
		break;
	case MARK_NO_THINKING:
		name->no_thinking = true;
		break;
	}
}

static void
strip_suffixes(struct model_name *name, const struct model_rules *rules)
{
	size_t len, row;

	while ((len = before_suffix(name->google, &row)) > 0) {
		if (is_ambiguous(suffixes[row].mark) &&
		    !is_wanted(name->google, listed_with(rules, row), rules))
			return;
		mark(name, suffixes[row].mark);
		name->google[len] = '\0';
	}
}

void
model_name_resolve(const char *given, const struct model_rules *rules,
		   struct model_name *out)
{
	const char *target;

	memset(out, 0, sizeof(*out));
	(void)snprintf(out->google, sizeof(out->google), "%s", given);
	target = find_alias(rules, out->google);
	if (target == NULL) {
		strip_suffixes(out, rules);
		target = find_alias(rules, out->google);
	}
	if (target != NULL) {
		(void)snprintf(out->google, sizeof(out->google), "%s", target);
		strip_suffixes(out, rules);
	}
}

bool
model_name_derived(const char *model, size_t which,
		   const struct model_rules *rules, char out[MODEL_NAME_MAX])
{
	int len;

	if (!model_listed(listed_with(rules, which), model))
		return false;
	len =
	    snprintf(out, MODEL_NAME_MAX, "%s%s", model, suffixes[which].text);
	return len < MODEL_NAME_MAX;
}

bool
model_name_is_derived(const char *name, const struct model_rules *rules)
{
	char base[MODEL_NAME_MAX];
	size_t len, row;

	len = before_suffix(name, &row);
	if (len == 0 || len >= sizeof(base))
		return false;
	memcpy(base, name, len);
	base[len] = '\0';
	return model_listed(listed_with(rules, row), base);
}

bool
model_is_listed(const char *patterns, const char *name)
{
	char pattern[MODEL_NAME_MAX];
	const char *p;
	size_t len;

	if (*patterns == '\0')
		return true;
	if (strncmp(name, "models/", 7) == 0)
		name += 7;
	for (p = patterns; *p != '\0'; p += len + (p[len] == ',')) {
		len = strcspn(p, ",");
		if (len >= sizeof(pattern))
			continue;
		memcpy(pattern, p, len);
		pattern[len] = '\0';
		if (model_pattern_fits(pattern, name))
			return true;
	}
	return false;
}
