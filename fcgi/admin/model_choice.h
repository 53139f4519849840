/* model_choice.h: the models that Google lists, for a field to pick from */
#ifndef GB_ADMIN_MODEL_CHOICE_H
#define GB_ADMIN_MODEL_CHOICE_H

#include "admin/request.h"

/* Add a "section" to the page for each, with its name as "name"; with "chats"
 * for those that answer chats only.  None, where the lists are not known. */
void model_choice_add(struct admin_request *, struct dict *page,
		      const char *section, const char *name, bool chats);

#endif
