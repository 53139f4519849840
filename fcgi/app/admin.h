/* admin.h: who is the admin */
#ifndef GB_APP_ADMIN_H
#define GB_APP_ADMIN_H

#include "config/settings.h"
#include "store/store.h"

/* Whether "token" is the admin's: auth_token or, where none is set, the one
 * that was made at the first start.  In constant time; NULL is none. */
bool admin_token_fits(const struct settings *, struct store *,
		      const char *token);

#endif
