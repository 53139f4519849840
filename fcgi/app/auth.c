/* auth.c: which access tokens are in force */
#include "app/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct auth_entry {
	unsigned char digest[DIGEST_SIZE];
	char name[TOKEN_NAME_MAX + 1];
	char owner[AUTH_OWNER_MAX + 1];
};

struct auth {
	struct auth_entry *entries; /* sorted by digest */
	size_t count;
};

static int
entry_compare(const void *a, const void *b)
{
	const struct auth_entry *x = a, *y = b;

	return memcmp(x->digest, y->digest, DIGEST_SIZE);
}

static void
add_config_tokens(struct auth *auth, const struct string_list *tokens)
{
	struct auth_entry *e;
	size_t i;

	for (i = 0; i < tokens->count; i++) {
		e = &auth->entries[auth->count++];
		secret_digest(e->digest, tokens->items[i],
			      strlen(tokens->items[i]));
		(void)snprintf(e->name, sizeof(e->name), "config-%zu", i + 1);
		/* its place in the list, and so its name, may change */
		(void)snprintf(e->owner, sizeof(e->owner),
			       "c:%02x%02x%02x%02x%02x%02x%02x%02x",
			       e->digest[0], e->digest[1], e->digest[2],
			       e->digest[3], e->digest[4], e->digest[5],
			       e->digest[6], e->digest[7]);
	}
}

static void
add_stored_tokens(struct auth *auth, const struct token_rows *tokens)
{
	struct auth_entry *e;
	size_t i;

	for (i = 0; i < tokens->count; i++) {
		if (tokens->rows[i].revoked_at != 0)
			continue;
		e = &auth->entries[auth->count++];
		memcpy(e->digest, tokens->rows[i].digest, DIGEST_SIZE);
		memcpy(e->name, tokens->rows[i].name, sizeof(e->name));
		(void)snprintf(e->owner, sizeof(e->owner), "t:%s", e->name);
	}
}

enum gb_err
auth_new(struct auth **out, const struct settings *cfg, struct store *store)
{
	struct token_rows stored;
	struct auth *auth;
	enum gb_err rc;

	*out = NULL;
	memset(&stored, 0, sizeof(stored));
	if ((rc = store_tokens_list(store, &stored)) != GB_OK)
		return rc;
	auth = calloc(1, sizeof(*auth));
	if (auth != NULL)
		auth->entries =
		    calloc(cfg->allowed_tokens.count + stored.count + 1,
			   sizeof(*auth->entries));
	if (auth == NULL || auth->entries == NULL) {
		auth_free(auth);
		rc = GB_ENOMEM;
		goto out;
	}
	add_config_tokens(auth, &cfg->allowed_tokens);
	add_stored_tokens(auth, &stored);
	qsort(auth->entries, auth->count, sizeof(*auth->entries),
	      entry_compare);
	*out = auth;
out:
	token_rows_free(&stored);
	return rc;
}

void
auth_free(struct auth *auth)
{
	if (auth == NULL)
		return;
	free(auth->entries);
	free(auth);
}

const char *
auth_find(const struct auth *auth, const char *token, size_t len,
	  const char **owner)
{
	struct auth_entry key, *found;

	*owner = NULL;
	if (len == 0 || len > AUTH_TOKEN_BYTES_MAX)
		return NULL;
	secret_digest(key.digest, token, len);
	found = bsearch(&key, auth->entries, auth->count, sizeof(key),
			entry_compare);
	if (found == NULL)
		return NULL;
	*owner = found->owner;
	return found->name;
}

const char *
auth_of_owner(const struct auth *auth, const char *text, const char **owner)
{
	size_t i;

	for (i = 0; i < auth->count; i++)
		if (strcmp(auth->entries[i].owner, text) == 0) {
			*owner = auth->entries[i].owner;
			return auth->entries[i].name;
		}
	*owner = NULL;
	return NULL;
}
