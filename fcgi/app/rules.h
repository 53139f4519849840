/* rules.h: the settings that are about models, as the translators need them */
#ifndef GB_APP_RULES_H
#define GB_APP_RULES_H

#include "config/settings.h"
#include "dialect/model_rules.h"

/*
 * Make the rules of the settings, whose texts they borrow.  GB_ENOMEM;
 * GB_EINVAL: the settings were not checked.  "*out" then is NULL.
 */
enum gb_err rules_new(struct model_rules **out,
		      const struct settings *) GB_NODISCARD;
void rules_free(struct model_rules *);

#endif
