/*
 * golden_rules.h: what an operator has set for models, out of a case's
 * options.json:
 *
 *   "rules": {
 *     "aliases": {"name": "model"},      as MODEL_ALIASES
 *     "facts": {"pattern": "words"},     as MODEL_FACTS
 *     "budgets": {"model": 1024},        as THINKING_BUDGET_MAP
 *     "image_models": ["model"],
 *     "chat_models": ["model"],          as CREATE_IMAGE_MODEL
 *     "url_context_models": ["model"],
 *     "show_thoughts", "code_execution", "url_context": true
 *   }
 */
#ifndef GB_TESTS_GOLDEN_RULES_H
#define GB_TESTS_GOLDEN_RULES_H

#include "dialect/model_rules.h"

struct json_object; /* json-c's */

#define GOLDEN_RULES_MAX 8 /* of each kind */

struct golden_rules {
	struct model_rules rules;
	struct model_alias aliases[GOLDEN_RULES_MAX];
	struct model_fact_rule facts[GOLDEN_RULES_MAX];
	struct model_budget budgets[GOLDEN_RULES_MAX];
	char *image[GOLDEN_RULES_MAX], *chat[GOLDEN_RULES_MAX],
	    *url_context[GOLDEN_RULES_MAX];
};

/* Fill in "*out" from "options" (NULL: there are none), from which it borrows.
 * Facts that cannot be read end the test. */
void golden_rules(struct json_object *options, struct golden_rules *out);

#endif
