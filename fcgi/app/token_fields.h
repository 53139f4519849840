/*
 * token_fields.h: what an access token may be and do, as people write it, on a
 * command line or in a form.
 *
 * Every read function answers whether the text was one, and otherwise leaves
 * what it was to fill in as it was.
 */
#ifndef GB_APP_TOKEN_FIELDS_H
#define GB_APP_TOKEN_FIELDS_H

#include "base/buf.h"
#include "config/settings.h"
#include "store/tokens.h"

/* Whether a new token may be called so: 1 to TOKEN_NAME_MAX bytes, no control
 * characters, no space at its ends. */
bool token_name_is_fit(const char *name);
/* Whether only ALLOWED_TOKENS may be called so. */
bool token_name_is_config(const char *name);

/* At most TOKEN_NOTE_MAX bytes without control characters. */
bool token_note_read(const char *text, char note[TOKEN_NOTE_MAX + 1]);

/* A moment to come: "2030-01-31", "2030-01-31T18:00", "30d"; or "never". */
bool token_expires_read(const char *text, int64_t now_ms, int64_t *expires_at);

/* Names or patterns with commas between; or "all". */
bool token_models_read(const char *text, char models[TOKEN_MODELS_MAX + 1]);

/* A number, or of money dollars; 0 is no limit. */
bool token_limit_read(const char *text, enum token_limit, int64_t *limit);

/* Append a limit's amount as token_limit_read() takes it. */
void token_limit_write(enum token_limit, int64_t limit, struct buf *out);

enum token_state {
	TOKEN_IN_FORCE,
	TOKEN_REVOKED,
	TOKEN_NOT_CONFIGURED, /* it was one of ALLOWED_TOKENS */
	TOKEN_DISABLED,
	TOKEN_EXPIRED,
	TOKEN_STATE__MAX
};

/* What it is at "now_ms" under these settings. */
enum token_state token_state_of(const struct token_row *,
				const struct settings *, int64_t now_ms);

#endif
