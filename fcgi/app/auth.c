/* auth.c: which access tokens are in force */
#include "app/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct auth_entry {
	unsigned char digest[DIGEST_SIZE];
	char name[TOKEN_NAME_MAX + 1];
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
auth_find(const struct auth *auth, const char *token, size_t len)
{
	struct auth_entry key, *found;

	if (len == 0 || len > AUTH_TOKEN_BYTES_MAX)
		return NULL;
	secret_digest(key.digest, token, len);
	found = bsearch(&key, auth->entries, auth->count, sizeof(key),
			entry_compare);
	return found == NULL ? NULL : found->name;
}

bool
auth_has_name(const struct auth *auth, const char *name)
{
	size_t i;

	for (i = 0; i < auth->count; i++)
		if (strcmp(auth->entries[i].name, name) == 0)
			return true;
	return false;
}
