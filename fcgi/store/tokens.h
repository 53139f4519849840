/* store/tokens.h: access tokens of people, stored as digests (SQL) */
#ifndef GB_STORE_TOKENS_H
#define GB_STORE_TOKENS_H

#include "base/secret.h"
#include "store/limits.h"
#include "store/store.h"

#define TOKEN_NAME_MAX	 64  /* bytes of a token's name */
#define TOKEN_NOTE_MAX	 200 /* bytes of a note */
#define TOKEN_MODELS_MAX 512 /* bytes of all patterns with their commas */

#define TOKEN_CONFIG_PREFIX "config-" /* names of ALLOWED_TOKENS */

/* Families of endpoints.  Bits of a column: never change their order. */
enum token_endpoint {
	ENDPOINT_CHAT,
	ENDPOINT_EMBEDDINGS,
	ENDPOINT_IMAGES,
	ENDPOINT_AUDIO,
	ENDPOINT_FILES,
	ENDPOINT_NATIVE,
	ENDPOINT_MODELS,
	ENDPOINT__MAX
};

extern const char *const token_endpoint_names[ENDPOINT__MAX];

struct token_row {
	int64_t id;
	char name[TOKEN_NAME_MAX + 1];
	char note[TOKEN_NOTE_MAX + 1];
	unsigned char digest[DIGEST_SIZE]; /* SHA-256 of the token */
	bool config; /* one of ALLOWED_TOKENS: in force only as long as
			it is there */
	bool enabled;
	int64_t created_at;
	int64_t revoked_at;		   /* 0: it is not */
	int64_t expires_at;		   /* 0: never */
	char models[TOKEN_MODELS_MAX + 1]; /* patterns with commas between;
					      "": all */
	unsigned endpoints;	    /* 1 << enum token_endpoint; 0: all */
	int64_t limits[LIMIT__MAX]; /* 0: none */
};

struct token_rows {
	struct token_row *rows;
	size_t count;
};

void token_rows_free(struct token_rows *);

/* "row" with this name and nothing that limits it. */
void token_row_init(struct token_row *row, const char *name);

/* Its name, note, digest, expires_at, models, endpoints and limits count.
 * GB_EEXIST: a token of that name is there already, revoked or not.
 * GB_EINVAL: the name is empty, or a text is too long. */
enum gb_err store_token_create(struct store *, const struct token_row *,
			       int64_t now_ms) GB_NODISCARD;
/* Change all that store_token_create() takes but name and digest, on top of
 * what its maker has seen.  GB_EBUSY: the store is not of this generation any
 * more; GB_ENOTFOUND: no token of that name is there, or it is revoked. */
enum gb_err store_token_set(struct store *, const struct token_row *,
			    int64_t generation) GB_NODISCARD;
/* GB_ENOTFOUND: the same. */
enum gb_err store_token_enable(struct store *, const char *name,
			       bool enabled) GB_NODISCARD;
/* For good.  GB_ENOTFOUND: the same. */
enum gb_err store_token_revoke(struct store *, const char *name,
			       int64_t now_ms) GB_NODISCARD;

/* GB_ENOTFOUND: there is none of that name; a revoked one is there. */
enum gb_err store_token_find(struct store *, const char *name,
			     struct token_row *) GB_NODISCARD;
/* All tokens, the revoked ones too, by id. */
enum gb_err store_tokens_list(struct store *,
			      struct token_rows *out) GB_NODISCARD;

/* Which tokens a page is of. */
struct token_filter {
	const char *text; /* in the name or note, in any case; NULL: any */
	bool in_force;	  /* only those that are enabled, not revoked and not
			     expired */
	int64_t now_ms;
	int64_t after; /* ids above this one */
	int64_t most;  /* rows */
};

/* A page of them, by id. */
enum gb_err store_tokens_page(struct store *, const struct token_filter *,
			      struct token_rows *out) GB_NODISCARD;

/*
 * Give each of the configuration's tokens that has no row one, with the next
 * free name "config-1", "config-2" and so on, which it keeps wherever in the
 * list it stands later.  Writes nothing when all have one.
 */
enum gb_err store_tokens_adopt(struct store *,
			       const unsigned char (*digests)[DIGEST_SIZE],
			       size_t count, int64_t now_ms) GB_NODISCARD;

#endif
