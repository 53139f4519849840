/* store/tokens.h: access tokens of people, stored as digests (SQL) */
#ifndef GB_STORE_TOKENS_H
#define GB_STORE_TOKENS_H

#include "base/secret.h"
#include "store/store.h"

#define TOKEN_NAME_MAX 64 /* bytes of a token's name */

struct token_row {
	int64_t id;
	char name[TOKEN_NAME_MAX + 1];
	unsigned char digest[DIGEST_SIZE]; /* SHA-256 of the token */
	int64_t created_at;
	int64_t revoked_at; /* 0: in force */
};

struct token_rows {
	struct token_row *rows;
	size_t count;
};

void token_rows_free(struct token_rows *);

/* GB_EEXIST: a token of that name is there already, revoked or not.
 * GB_EINVAL: the name is empty or longer than TOKEN_NAME_MAX. */
enum gb_err store_token_create(struct store *, const char *name,
			       const unsigned char digest[DIGEST_SIZE],
			       int64_t now_ms) GB_NODISCARD;
/* GB_ENOTFOUND: no token of that name is in force. */
enum gb_err store_token_revoke(struct store *, const char *name,
			       int64_t now_ms) GB_NODISCARD;
/* All tokens, the revoked ones too, by id. */
enum gb_err store_tokens_list(struct store *,
			      struct token_rows *out) GB_NODISCARD;

#endif
