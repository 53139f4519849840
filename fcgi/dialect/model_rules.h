/*
 * model_rules.h: what the operator has set for models, as the translators need
 * it.  It is made once for each snapshot of the settings, and read only.
 */
#ifndef GB_DIALECT_MODEL_RULES_H
#define GB_DIALECT_MODEL_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dialect/models.h"

/* Names without "models/"; borrowed. */
struct model_names {
	char *const *items;
	size_t count;
};

/* A client's name, and what it stands for. */
struct model_alias {
	const char *alias, *model;
};

/* How much a model thinks where the request does not say; -1: as it likes. */
struct model_budget {
	const char *model;
	int64_t tokens;
};

/* One of Google's safetySettings. */
struct model_safety {
	const char *category, *threshold;
};

/* All borrowed.  All zero: nothing was set. */
struct model_rules {
	const struct model_fact_rule *facts; /* the first that fits counts */
	size_t fact_count;
	const struct model_alias *aliases;
	size_t alias_count;
	const struct model_budget *budgets;
	size_t budget_count;

	const struct model_safety *safety; /* for requests that bring none */
	size_t safety_count;

	struct model_names search;   /* listed with "-search" as well */
	struct model_names image;    /* with "-image", which then is a suffix */
	struct model_names chat;     /* with "-chat", the same */
	struct model_names thinking; /* with "-non-thinking" */

	bool show_thoughts;  /* a budget of ours comes with thoughts */
	bool code_execution; /* given to requests that could use it */
	bool url_context;    /* the same … */
	struct model_names url_context_models; /* … for these; none: all */
};

/* Whether the model is among the names. */
bool model_listed(const struct model_names *, const char *model);

/* What the model's budget is; false: nothing was set. */
bool model_budget(const struct model_rules *, const char *model,
		  int64_t *tokens);

#endif
