/*
 * auth.h: which access tokens are in force.
 *
 * A table of digests: a presented token is digested and looked up, so the
 * time that takes tells nothing about the tokens there are.
 */
#ifndef GB_APP_AUTH_H
#define GB_APP_AUTH_H

#include "config/settings.h"
#include "store/tokens.h"

#define AUTH_TOKEN_BYTES_MAX 512 /* a longer one is none of ours */

#define AUTH_OWNER_MAX (TOKEN_NAME_MAX + 2) /* bytes of an owner */

struct auth;

/* From ALLOWED_TOKENS, named "config-1" and so on, and the database's. */
enum gb_err auth_new(struct auth **, const struct settings *,
		     struct store *) GB_NODISCARD;
void auth_free(struct auth *);

/*
 * The name of the token, which belongs to "auth"; NULL: it is not valid.
 * "*owner", as borrowed, is whose the things are that it makes: the same for as
 * long as the token is valid, whatever becomes of other tokens.
 */
const char *auth_find(const struct auth *, const char *token, size_t len,
		      const char **owner);

/* The same for who is known as an owner only. */
const char *auth_of_owner(const struct auth *, const char *text,
			  const char **owner);

#endif
