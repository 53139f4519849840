/*
 * auth.h: which access tokens are in force, and what each may do.
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

/* A token in force. */
struct auth_token {
	unsigned char digest[DIGEST_SIZE];
	int64_t id; /* of its row; 0: it has none, and nothing limits it */
	char name[TOKEN_NAME_MAX + 1];
	/* Whose the things are that it makes: the same for as long as the token
	 * is valid, whatever becomes of other tokens. */
	char owner[AUTH_OWNER_MAX + 1];
	int64_t expires_at; /* 0: never */
	char models[TOKEN_MODELS_MAX + 1];
	unsigned endpoints;
	bool limited; /* at least one limit is set */
	int64_t limits[LIMIT__MAX];
};

/* From ALLOWED_TOKENS, which get rows where they have none, and the
 * database. */
enum gb_err auth_new(struct auth **, const struct settings *,
		     struct store *) GB_NODISCARD;
void auth_free(struct auth *);

/* Give those of ALLOWED_TOKENS rows, where they have none. */
enum gb_err auth_adopt(const struct settings *, struct store *) GB_NODISCARD;

/* The token, which belongs to "auth"; NULL: it is not valid, or not any more at
 * "now_ms". */
const struct auth_token *auth_find(const struct auth *, const char *token,
				   size_t len, int64_t now_ms);

/* The same for who is known as an owner only. */
const struct auth_token *auth_of_owner(const struct auth *, const char *text,
				       int64_t now_ms);

/* Whether it may use endpoints of a family, and a model of this name. */
bool auth_allows_endpoint(const struct auth_token *, enum token_endpoint);
bool auth_allows_model(const struct auth_token *, const char *name);

#endif
