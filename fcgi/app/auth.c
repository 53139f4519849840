/* auth.c: which access tokens are in force, and what each may do */
#include "app/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "dialect/model_name.h"

struct auth {
	struct auth_token *tokens; /* sorted by digest */
	size_t count;
};

/* Digests of ALLOWED_TOKENS, in their order. */
struct config_tokens {
	unsigned char (*digests)[DIGEST_SIZE];
	size_t count;
};

static int
token_compare(const void *a, const void *b)
{
	const struct auth_token *x = a, *y = b;

	return memcmp(x->digest, y->digest, DIGEST_SIZE);
}

static enum gb_err
config_tokens_init(struct config_tokens *c, const struct string_list *tokens)
{
	size_t i;

	c->count = 0;
	c->digests = calloc(tokens->count + 1, sizeof(*c->digests));
	if (c->digests == NULL)
		return GB_ENOMEM;
	for (i = 0; i < tokens->count; i++)
		secret_digest(c->digests[c->count++], tokens->items[i],
			      strlen(tokens->items[i]));
	return GB_OK;
}

static bool
is_config(const struct config_tokens *c,
	  const unsigned char digest[DIGEST_SIZE])
{
	size_t i;

	for (i = 0; i < c->count; i++)
		if (memcmp(c->digests[i], digest, DIGEST_SIZE) == 0)
			return true;
	return false;
}

/* Its place in the list, and its name, may not be what they were when it made
 * things. */
static void
set_config_owner(struct auth_token *t)
{
	const unsigned char *d = t->digest;

	(void)snprintf(t->owner, sizeof(t->owner),
		       "c:%02x%02x%02x%02x%02x%02x%02x%02x", d[0], d[1], d[2],
		       d[3], d[4], d[5], d[6], d[7]);
}

static void
add_row(struct auth *auth, const struct token_row *row, bool config)
{
	struct auth_token *t = &auth->tokens[auth->count++];
	int i;

	memcpy(t->digest, row->digest, DIGEST_SIZE);
	t->id = row->id;
	memcpy(t->name, row->name, sizeof(t->name));
	if (config)
		set_config_owner(t);
	else
		(void)snprintf(t->owner, sizeof(t->owner), "t:%s", t->name);
	t->expires_at = row->expires_at;
	memcpy(t->models, row->models, sizeof(t->models));
	t->endpoints = row->endpoints;
	for (i = 0; i < LIMIT__MAX; i++) {
		t->limits[i] = row->limits[i];
		t->limited = t->limited || row->limits[i] > 0;
	}
}

static void
add_rows(struct auth *auth, const struct token_rows *rows,
	 const struct config_tokens *config)
{
	const struct token_row *row;

	for (row = rows->rows; row < rows->rows + rows->count; row++) {
		if (row->revoked_at != 0 || !row->enabled ||
		    (row->config && !is_config(config, row->digest)))
			continue;
		add_row(auth, row, row->config);
	}
}

static bool
has_row(const struct token_rows *rows, const unsigned char digest[DIGEST_SIZE])
{
	size_t i;

	for (i = 0; i < rows->count; i++)
		if (memcmp(rows->rows[i].digest, digest, DIGEST_SIZE) == 0)
			return true;
	return false;
}

/* The configuration's tokens that could not be given rows let in all the same;
 * a full disk must not lock people out. */
static void
add_rowless(struct auth *auth, const struct token_rows *rows,
	    const struct config_tokens *config)
{
	struct auth_token *t;
	size_t i;

	for (i = 0; i < config->count; i++) {
		if (has_row(rows, config->digests[i]))
			continue;
		t = &auth->tokens[auth->count++];
		memcpy(t->digest, config->digests[i], DIGEST_SIZE);
		(void)snprintf(t->name, sizeof(t->name),
			       TOKEN_CONFIG_PREFIX "%zu", i + 1);
		set_config_owner(t);
	}
}

static enum gb_err
adopt(struct store *store, const struct config_tokens *config)
{
	const unsigned char(*digests)[DIGEST_SIZE];

	digests = (const unsigned char(*)[DIGEST_SIZE])config->digests;
	return store_tokens_adopt(store, digests, config->count,
				  clock_wall_ms());
}

enum gb_err
auth_adopt(const struct settings *cfg, struct store *store)
{
	struct config_tokens config;
	enum gb_err rc;

	rc = config_tokens_init(&config, &cfg->allowed_tokens);
	if (rc == GB_OK)
		rc = adopt(store, &config);
	free(config.digests);
	return rc;
}

enum gb_err
auth_new(struct auth **out, const struct settings *cfg, struct store *store)
{
	struct config_tokens config;
	struct token_rows rows;
	struct auth *auth = NULL;
	enum gb_err rc;

	*out = NULL;
	memset(&rows, 0, sizeof(rows));
	if ((rc = config_tokens_init(&config, &cfg->allowed_tokens)) != GB_OK)
		return rc;
	if ((rc = adopt(store, &config)) != GB_OK)
		log_warnx("tokens: those of allowed_tokens got no rows, and "
			  "have no limits: %s",
			  gb_strerror(rc));
	if ((rc = store_tokens_list(store, &rows)) != GB_OK)
		goto out;
	auth = calloc(1, sizeof(*auth));
	if (auth != NULL)
		auth->tokens = calloc(config.count + rows.count + 1,
				      sizeof(*auth->tokens));
	if (auth == NULL || auth->tokens == NULL) {
		auth_free(auth);
		rc = GB_ENOMEM;
		goto out;
	}
	add_rows(auth, &rows, &config);
	add_rowless(auth, &rows, &config);
	qsort(auth->tokens, auth->count, sizeof(*auth->tokens), token_compare);
	*out = auth;
out:
	token_rows_free(&rows);
	free(config.digests);
	return rc;
}

void
auth_free(struct auth *auth)
{
	if (auth == NULL)
		return;
	free(auth->tokens);
	free(auth);
}

static const struct auth_token *
unless_expired(const struct auth_token *t, int64_t now_ms)
{
	if (t == NULL || (t->expires_at != 0 && t->expires_at <= now_ms))
		return NULL;
	return t;
}

const struct auth_token *
auth_find(const struct auth *auth, const char *token, size_t len,
	  int64_t now_ms)
{
	struct auth_token key;

	if (len == 0 || len > AUTH_TOKEN_BYTES_MAX)
		return NULL;
	secret_digest(key.digest, token, len);
	return unless_expired(bsearch(&key, auth->tokens, auth->count,
				      sizeof(key), token_compare),
			      now_ms);
}

const struct auth_token *
auth_of_owner(const struct auth *auth, const char *text, int64_t now_ms)
{
	size_t i;

	for (i = 0; i < auth->count; i++)
		if (strcmp(auth->tokens[i].owner, text) == 0)
			return unless_expired(&auth->tokens[i], now_ms);
	return NULL;
}

bool
auth_allows_endpoint(const struct auth_token *t, enum token_endpoint endpoint)
{
	return t->endpoints == 0 || (t->endpoints & (1u << endpoint)) != 0;
}

bool
auth_allows_model(const struct auth_token *t, const char *name)
{
	return model_is_listed(t->models, name);
}
