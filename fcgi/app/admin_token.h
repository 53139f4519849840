/* admin_token.h: the one token that may change everything */
#ifndef GB_APP_ADMIN_TOKEN_H
#define GB_APP_ADMIN_TOKEN_H

#include <stdbool.h>

#include "base/secret.h"
#include "config/settings.h"
#include "store/store.h"

struct admin_token {
	bool any; /* there is one */
	unsigned char digest[DIGEST_SIZE];
};

/* AUTH_TOKEN of the settings; without it the one that was made at the first
 * start, or none. */
enum gb_err admin_token_load(struct admin_token *, const struct settings *,
			     struct store *) GB_NODISCARD;

/* Whether this is it, in constant time. */
bool admin_token_is(const struct admin_token *, const char *text, size_t len);

#endif
