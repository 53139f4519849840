/*
 * auth.h: which access tokens are in force.
 *
 * A table of digests: a presented token is digested and looked up, so the
 * time that takes tells nothing about the tokens there are.
 */
#ifndef GB_APP_AUTH_H
#define GB_APP_AUTH_H

#include <stdbool.h>

#include "config/settings.h"
#include "store/tokens.h"

#define AUTH_TOKEN_BYTES_MAX 512 /* a longer one is none of ours */

struct auth;

/* From ALLOWED_TOKENS, named "config-1" and so on, and the database's. */
enum gb_err auth_new(struct auth **, const struct settings *,
		     struct store *) GB_NODISCARD;
void auth_free(struct auth *);

/* The name of the token, which belongs to "auth"; NULL: it is not valid. */
const char *auth_find(const struct auth *, const char *token, size_t len);

/* Whether there is a valid token of this name. */
bool auth_has_name(const struct auth *, const char *name);

#endif
