/* token_fields.c: what an access token may be and do, as people write it */
#include "app/token_fields.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/amount.h"
#include "base/clock.h"
#include "base/secret.h"

#define LIMIT_MOST  INT64_C(1000000000000) /* requests, tokens or micro-USD */
#define DAYS_MAX    36500
#define PATTERN_MAX 128 /* bytes */
#define DOLLAR	    1000000

static bool
has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if (iscntrl((unsigned char)*text))
			return true;
	return false;
}

bool
token_name_is_fit(const char *name)
{
	size_t len;

	len = strlen(name);
	return len > 0 && len <= TOKEN_NAME_MAX && name[0] != ' ' &&
	       name[len - 1] != ' ' && !has_control(name);
}

bool
token_name_is_config(const char *name)
{
	return strncmp(name, TOKEN_CONFIG_PREFIX,
		       strlen(TOKEN_CONFIG_PREFIX)) == 0;
}

bool
token_note_read(const char *text, char note[TOKEN_NOTE_MAX + 1])
{
	size_t len;

	len = strlen(text);
	if (len > TOKEN_NOTE_MAX || has_control(text))
		return false;
	memcpy(note, text, len + 1);
	return true;
}

bool
token_expires_read(const char *text, int64_t now_ms, int64_t *expires_at)
{
	int64_t days, at;
	char number[8];
	size_t len;

	if (strcmp(text, "never") == 0) {
		*expires_at = 0;
		return true;
	}
	len = strspn(text, "0123456789");
	if (len > 0 && len < sizeof(number) && strcmp(text + len, "d") == 0) {
		memcpy(number, text, len);
		number[len] = '\0';
		if (!amount_number(number, DAYS_MAX, &days) || days == 0)
			return false;
		*expires_at = now_ms + days * DAY_MS;
		return true;
	}
	if (!clock_read(text, &at) || at <= now_ms)
		return false;
	*expires_at = at;
	return true;
}

/* Whether a pattern could be a model's name, "*" and "?" aside. */
static bool
is_pattern(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) &&
		    strchr("-._/*?:@", text[i]) == NULL)
			return false;
	return len > 0 && len <= PATTERN_MAX;
}

bool
token_models_read(const char *text, char models[TOKEN_MODELS_MAX + 1])
{
	const char *p;
	size_t len;

	if (strcmp(text, "all") == 0) {
		models[0] = '\0';
		return true;
	}
	for (p = text; is_pattern(p, len = strcspn(p, ",")) && p[len] == ',';)
		p += len + 1;
	if (!is_pattern(p, len) || strlen(text) > TOKEN_MODELS_MAX)
		return false;
	memcpy(models, text, strlen(text) + 1);
	return true;
}

bool
token_limit_read(const char *text, enum token_limit which, int64_t *limit)
{
	int64_t amount;
	bool read;

	if (token_limit_kinds[which].measure == MEASURE_COST)
		read = amount_dollars(text, LIMIT_MOST, &amount);
	else
		read = amount_number(text, LIMIT_MOST, &amount);
	if (read)
		*limit = amount;
	return read;
}

void
token_limit_write(enum token_limit which, int64_t limit, struct buf *out)
{
	char fraction[8];
	int digits;

	if (token_limit_kinds[which].measure != MEASURE_COST) {
		buf_printf(out, "%" PRId64, limit);
		return;
	}
	(void)snprintf(fraction, sizeof(fraction), "%06d",
		       (int)(limit % DOLLAR));
	for (digits = 6; digits > 2 && fraction[digits - 1] == '0'; digits--)
		fraction[digits - 1] = '\0';
	buf_printf(out, "%" PRId64 ".%s", limit / DOLLAR, fraction);
}

/* Whether it is one of ALLOWED_TOKENS. */
static bool
is_configured(const struct settings *cfg, const struct token_row *t)
{
	const struct string_list *all = &cfg->allowed_tokens;
	unsigned char digest[DIGEST_SIZE];
	size_t i;

	for (i = 0; i < all->count; i++) {
		secret_digest(digest, all->items[i], strlen(all->items[i]));
		if (memcmp(digest, t->digest, DIGEST_SIZE) == 0)
			return true;
	}
	return false;
}

enum token_state
token_state_of(const struct token_row *t, const struct settings *cfg,
	       int64_t now_ms)
{
	if (t->revoked_at != 0)
		return TOKEN_REVOKED;
	if (t->config && !is_configured(cfg, t))
		return TOKEN_NOT_CONFIGURED;
	if (!t->enabled)
		return TOKEN_DISABLED;
	if (t->expires_at != 0 && t->expires_at <= now_ms)
		return TOKEN_EXPIRED;
	return TOKEN_IN_FORCE;
}
