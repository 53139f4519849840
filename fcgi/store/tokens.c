/* tokens.c: access tokens of people, stored as digests */
#include "store/tokens.h"

#include <stdlib.h>
#include <string.h>

#include "store/db.h"

static const char sql_create[] =
    "INSERT INTO tokens (name, digest, created_at) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (name) DO NOTHING";
static const char sql_revoke[] =
    "UPDATE tokens SET revoked_at = ?2 WHERE name = ?1 AND revoked_at = 0";
static const char sql_list[] =
    "SELECT id, name, digest, created_at, revoked_at FROM tokens ORDER BY id";

void
token_rows_free(struct token_rows *rows)
{
	free(rows->rows);
	memset(rows, 0, sizeof(*rows));
}

/* Run "sql" as a person's change; "none" is what it means when it changed
 * nothing. */
static enum gb_err
token_change(struct store *s, const char *sql, const struct db_value *values,
	     size_t count, enum gb_err none)
{
	int64_t changes;
	enum gb_err rc;

	db_lock(s);
	if ((rc = db_begin(s)) != GB_OK)
		goto out;
	rc = db_run_locked(s, sql, values, count, &changes);
	if (rc == GB_OK)
		rc = changes > 0 ? db_touch(s) : none;
	rc = db_finish(s, rc);
out:
	db_unlock(s);
	return rc;
}

enum gb_err
store_token_create(struct store *s, const char *name,
		   const unsigned char digest[DIGEST_SIZE], int64_t now_ms)
{
	size_t len;

	len = strlen(name);
	if (len == 0 || len > TOKEN_NAME_MAX)
		return GB_EINVAL;
	return token_change(s, sql_create,
			    DB_ARGS(db_text(name), db_blob(digest, DIGEST_SIZE),
				    db_int(now_ms)),
			    GB_EEXIST);
}

enum gb_err
store_token_revoke(struct store *s, const char *name, int64_t now_ms)
{
	return token_change(s, sql_revoke,
			    DB_ARGS(db_text(name), db_int(now_ms)),
			    GB_ENOTFOUND);
}

/* A row with what this program never wrote is left out. */
static enum gb_err
read_token(sqlite3_stmt *stmt, int64_t now_ms, void *to)
{
	struct token_row *row = to;
	const char *name;

	(void)now_ms;
	name = (const char *)sqlite3_column_text(stmt, 1);
	if (name == NULL || strlen(name) > TOKEN_NAME_MAX ||
	    sqlite3_column_bytes(stmt, 2) != DIGEST_SIZE)
		return GB_ENOTFOUND;
	row->id = sqlite3_column_int64(stmt, 0);
	memcpy(row->name, name, strlen(name) + 1);
	memcpy(row->digest, sqlite3_column_blob(stmt, 2), DIGEST_SIZE);
	row->created_at = sqlite3_column_int64(stmt, 3);
	row->revoked_at = sqlite3_column_int64(stmt, 4);
	return GB_OK;
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
