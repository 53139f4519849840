/* tokens.c: access tokens of people, stored as digests */
#include "store/tokens.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/db.h"

#define PAGE_MAX 1000 /* rows of a page */

const char *const token_endpoint_names[ENDPOINT__MAX] = {
    [ENDPOINT_CHAT] = "chat",	  [ENDPOINT_EMBEDDINGS] = "embeddings",
    [ENDPOINT_IMAGES] = "images", [ENDPOINT_AUDIO] = "audio",
    [ENDPOINT_FILES] = "files",	  [ENDPOINT_NATIVE] = "native",
    [ENDPOINT_MODELS] = "models",
};

#define COLUMNS \
	"id, name, digest, created_at, revoked_at, note, config, enabled," \
	" expires_at, models, endpoints, parallel, minute_requests," \
	" minute_tokens, day_requests, day_tokens, day_cost, month_requests," \
	" month_tokens, month_cost"
#define ANY	    -1 /* generation */
#define FIRST_LIMIT 11 /* column of LIMIT_PARALLEL; the others follow */

static const char sql_create[] =
    "INSERT INTO tokens (name, digest, created_at, note, expires_at, models,"
    " endpoints, parallel, minute_requests, minute_tokens, day_requests,"
    " day_tokens, day_cost, month_requests, month_tokens, month_cost)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
    " ?15, ?16) ON CONFLICT (name) DO NOTHING";
static const char sql_set[] =
    "UPDATE tokens SET note = ?4, expires_at = ?5, models = ?6,"
    " endpoints = ?7, parallel = ?8, minute_requests = ?9,"
    " minute_tokens = ?10, day_requests = ?11, day_tokens = ?12,"
    " day_cost = ?13, month_requests = ?14, month_tokens = ?15,"
    " month_cost = ?16 WHERE name = ?1 AND revoked_at = 0";
static const char sql_enable[] =
    "UPDATE tokens SET enabled = ?2 WHERE name = ?1 AND revoked_at = 0";
static const char sql_revoke[] =
    "UPDATE tokens SET revoked_at = ?2 WHERE name = ?1 AND revoked_at = 0";
static const char sql_list[] = "SELECT " COLUMNS " FROM tokens ORDER BY id";
static const char sql_find[] = "SELECT " COLUMNS " FROM tokens WHERE name = ?1";
static const char sql_page[] =
    "SELECT " COLUMNS " FROM tokens WHERE id > ?1"
    " AND (?2 IS NULL OR instr(lower(name), lower(?2)) > 0"
    " OR instr(lower(note), lower(?2)) > 0)"
    " AND (NOT ?3 OR (enabled AND revoked_at = 0"
    " AND (expires_at = 0 OR expires_at > ?4)))"
    " ORDER BY id LIMIT ?5";

static const char sql_known[] = "SELECT count(*) FROM tokens WHERE digest = ?1";
/* The number behind the highest that was ever given. */
static const char sql_next_number[] =
    "SELECT 1 + coalesce(max(CAST(substr(name, 8) AS INTEGER)), 0)"
    " FROM tokens WHERE name GLOB 'config-[0-9]*'";
static const char sql_adopt[] =
    "INSERT INTO tokens (name, digest, created_at, config)"
    " VALUES (?1, ?2, ?3, 1)";

void
token_rows_free(struct token_rows *rows)
{
	free(rows->rows);
	memset(rows, 0, sizeof(*rows));
}

void
token_row_init(struct token_row *row, const char *name)
{
	memset(row, 0, sizeof(*row));
	(void)snprintf(row->name, sizeof(row->name), "%s", name);
	row->enabled = true;
}

/* Run "sql" as a person's change of a store of "generation" (ANY: of
 * whichever); "none" is what it means when it changed nothing. */
static enum gb_err
token_change(struct store *s, int64_t generation, const char *sql,
	     const struct db_value *values, size_t count, enum gb_err none)
{
	int64_t changes;
	enum gb_err rc;

	db_lock(s);
	if ((rc = db_begin(s)) != GB_OK)
		goto out;
	if (generation != ANY)
		rc = db_expect_generation(s, generation);
	if (rc == GB_OK)
		rc = db_run_locked(s, sql, values, count, &changes);
	if (rc == GB_OK)
		rc = changes > 0 ? db_touch(s) : none;
	rc = db_finish(s, rc);
out:
	db_unlock(s);
	return rc;
}

/* Run sql_create or sql_set. */
static enum gb_err
token_write(struct store *s, int64_t generation, const char *sql,
	    const struct token_row *t, int64_t now_ms, enum gb_err none)
{
	const int64_t *most = t->limits;

	return token_change(s, generation, sql,
			    DB_ARGS(db_text(t->name),
				    db_blob(t->digest, DIGEST_SIZE),
				    db_int(now_ms), db_text(t->note),
				    db_int(t->expires_at), db_text(t->models),
				    db_int(t->endpoints),
				    db_int(most[LIMIT_PARALLEL]),
				    db_int(most[LIMIT_MINUTE_REQUESTS]),
				    db_int(most[LIMIT_MINUTE_TOKENS]),
				    db_int(most[LIMIT_DAY_REQUESTS]),
				    db_int(most[LIMIT_DAY_TOKENS]),
				    db_int(most[LIMIT_DAY_COST]),
				    db_int(most[LIMIT_MONTH_REQUESTS]),
				    db_int(most[LIMIT_MONTH_TOKENS]),
				    db_int(most[LIMIT_MONTH_COST])),
			    none);
}

enum gb_err
store_token_create(struct store *s, const struct token_row *t, int64_t now_ms)
{
	if (t->name[0] == '\0')
		return GB_EINVAL;
	return token_write(s, ANY, sql_create, t, now_ms, GB_EEXIST);
}

enum gb_err
store_token_set(struct store *s, const struct token_row *t, int64_t generation)
{
	return token_write(s, generation, sql_set, t, 0, GB_ENOTFOUND);
}

enum gb_err
store_token_enable(struct store *s, const char *name, bool enabled)
{
	return token_change(s, ANY, sql_enable,
			    DB_ARGS(db_text(name), db_int(enabled)),
			    GB_ENOTFOUND);
}

enum gb_err
store_token_revoke(struct store *s, const char *name, int64_t now_ms)
{
	return token_change(s, ANY, sql_revoke,
			    DB_ARGS(db_text(name), db_int(now_ms)),
			    GB_ENOTFOUND);
}

/* A copy of a text column into "to"; false: it does not fit. */
static bool
copy_text(sqlite3_stmt *stmt, int column, char *to, size_t size)
{
	const char *text;
	size_t len;

	text = (const char *)sqlite3_column_text(stmt, column);
	len = text == NULL ? size : strlen(text);
	if (len >= size)
		return false;
	memcpy(to, text, len + 1);
	return true;
}

/* A row with what this program never wrote is left out. */
static enum gb_err
read_token(sqlite3_stmt *stmt, int64_t now_ms, void *to)
{
	struct token_row *row = to;
	int i;

	(void)now_ms;
	memset(row, 0, sizeof(*row));
	if (!copy_text(stmt, 1, row->name, sizeof(row->name)) ||
	    !copy_text(stmt, 5, row->note, sizeof(row->note)) ||
	    !copy_text(stmt, 9, row->models, sizeof(row->models)) ||
	    sqlite3_column_bytes(stmt, 2) != DIGEST_SIZE)
		return GB_ENOTFOUND;
	row->id = sqlite3_column_int64(stmt, 0);
	memcpy(row->digest, sqlite3_column_blob(stmt, 2), DIGEST_SIZE);
	row->created_at = sqlite3_column_int64(stmt, 3);
	row->revoked_at = sqlite3_column_int64(stmt, 4);
	row->config = sqlite3_column_int(stmt, 6) != 0;
	row->enabled = sqlite3_column_int(stmt, 7) != 0;
	row->expires_at = sqlite3_column_int64(stmt, 8);
	row->endpoints = (unsigned)sqlite3_column_int64(stmt, 10);
	for (i = 0; i < LIMIT__MAX; i++)
		row->limits[i] = sqlite3_column_int64(stmt, FIRST_LIMIT + i);
	return GB_OK;
}

enum gb_err
store_token_find(struct store *s, const char *name, struct token_row *out)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	memset(out, 0, sizeof(*out));
	db_lock(s);
	rc = db_start(s, sql_find, DB_ARGS(db_text(name)), &stmt);
	if (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK)
		rc = row ? read_token(stmt, 0, out) : GB_ENOTFOUND;
	db_end(stmt);
	db_unlock(s);
	return rc;
}

enum gb_err
store_tokens_list(struct store *s, struct token_rows *out)
{
	void *rows;
	enum gb_err rc;

	rc = db_list(s, sql_list, read_token, 0, sizeof(*out->rows), &rows,
		     &out->count);
	out->rows = rows;
	if (rc != GB_OK)
		token_rows_free(out);
	return rc;
}

static enum gb_err
page_locked(struct store *s, const struct token_filter *f, int64_t most,
	    struct token_rows *out)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	rc = db_start(s, sql_page,
		      DB_ARGS(db_int(f->after), db_text(f->text),
			      db_int(f->in_force), db_int(f->now_ms),
			      db_int(most)),
		      &stmt);
	while (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK && row) {
		rc = read_token(stmt, 0, &out->rows[out->count]);
		if (rc == GB_OK)
			out->count++;
		else if (rc == GB_ENOTFOUND)
			rc = GB_OK;
	}
	db_end(stmt);
	return rc;
}

enum gb_err
store_tokens_page(struct store *s, const struct token_filter *f,
		  struct token_rows *out)
{
	int64_t most;
	enum gb_err rc;

	memset(out, 0, sizeof(*out));
	most = f->most < 1 ? 1 : f->most > PAGE_MAX ? PAGE_MAX : f->most;
	out->rows = calloc((size_t)most, sizeof(*out->rows));
	if (out->rows == NULL)
		return GB_ENOMEM;
	db_lock(s);
	rc = page_locked(s, f, most, out);
	db_unlock(s);
	if (rc != GB_OK)
		token_rows_free(out);
	return rc;
}

/* --- the configuration's ------------------------------------------------- */

/* Whether there is a row for it; "*known" is false on failure. */
static enum gb_err
is_known(struct store *s, const unsigned char digest[DIGEST_SIZE], bool *known)
{
	int64_t count;
	enum gb_err rc;

	rc = db_number_locked(s, sql_known,
			      DB_ARGS(db_blob(digest, DIGEST_SIZE)), &count);
	*known = rc == GB_OK && count > 0;
	return rc;
}

/* Within a transaction. */
static enum gb_err
adopt_one(struct store *s, const unsigned char digest[DIGEST_SIZE],
	  int64_t now_ms)
{
	char name[TOKEN_NAME_MAX + 1];
	int64_t number;
	enum gb_err rc;
	bool known;

	if ((rc = is_known(s, digest, &known)) != GB_OK || known)
		return rc;
	rc = db_number_locked(s, sql_next_number, DB_NO_ARGS, &number);
	if (rc != GB_OK)
		return rc;
	(void)snprintf(name, sizeof(name), TOKEN_CONFIG_PREFIX "%" PRId64,
		       number);
	return db_run_locked(s, sql_adopt,
			     DB_ARGS(db_text(name),
				     db_blob(digest, DIGEST_SIZE),
				     db_int(now_ms)),
			     NULL);
}

enum gb_err
store_tokens_adopt(struct store *s, const unsigned char (*digests)[DIGEST_SIZE],
		   size_t count, int64_t now_ms)
{
	bool known = true;
	enum gb_err rc = GB_OK;
	size_t i;

	db_lock(s);
	for (i = 0; rc == GB_OK && known && i < count; i++)
		rc = is_known(s, digests[i], &known);
	if (rc != GB_OK || known || (rc = db_begin(s)) != GB_OK)
		goto out;
	for (i = 0; rc == GB_OK && i < count; i++)
		rc = adopt_one(s, digests[i], now_ms);
	rc = db_finish(s, rc);
out:
	db_unlock(s);
	return rc;
}
