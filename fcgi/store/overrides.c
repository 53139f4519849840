/* overrides.c: settings that an admin changed, and the admin's digest */
#include "store/overrides.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "store/db.h"
#include "store/sealing.h"

static const char sql_list[] =
    "SELECT name, gb_open(json) FROM overrides ORDER BY name";
static const char sql_set[] =
    "INSERT INTO overrides (name, json) VALUES (?1, gb_seal(?2))"
    " ON CONFLICT (name) DO UPDATE SET json = excluded.json";
static const char sql_unset[] = "DELETE FROM overrides WHERE name = ?1";

static const char sql_digest_set[] =
    "UPDATE meta SET admin_digest = ?1, generation = generation + 1"
    " WHERE admin_digest IS NULL";
static const char sql_digest_replace[] =
    "UPDATE meta SET admin_digest = ?1, generation = generation + 1";
static const char sql_digest_get[] =
    "SELECT admin_digest FROM meta WHERE admin_digest IS NOT NULL";

void
override_rows_free(struct override_rows *rows)
{
	size_t i;

	for (i = 0; i < rows->count; i++) {
		free(rows->rows[i].name);
		free(rows->rows[i].json);
	}
	free(rows->rows);
	memset(rows, 0, sizeof(*rows));
}

static enum gb_err
read_override(sqlite3_stmt *stmt, int64_t now_ms, void *to)
{
	struct override_row *row = to;

	(void)now_ms;
	row->name = db_copy_text(stmt, 0);
	row->json = db_copy_text(stmt, 1);
	if (row->name != NULL && row->json != NULL)
		return GB_OK;
	free(row->name);
	free(row->json);
	return GB_ENOMEM;
}

enum gb_err
store_overrides_list(struct store *s, struct override_rows *out)
{
	void *rows;
	enum gb_err rc;

	rc = db_list(s, sql_list, read_override, 0, sizeof(*out->rows), &rows,
		     &out->count);
	out->rows = rows;
	if (rc != GB_OK)
		override_rows_free(out);
	return rc;
}

enum gb_err
store_override_set(struct store *s, const char *name, const char *json)
{
	enum gb_err rc;

	db_lock(s);
	if ((rc = db_begin(s)) != GB_OK)
		goto out;
	rc = sealing_check(s);
	if (rc == GB_OK && json == NULL)
		rc = db_run_locked(s, sql_unset, DB_ARGS(db_text(name)), NULL);
	else if (rc == GB_OK)
		rc = db_run_locked(s, sql_set,
				   DB_ARGS(db_text(name), db_text(json)), NULL);
	if (rc == GB_OK)
		rc = db_touch(s);
	rc = db_finish(s, rc);
out:
	db_unlock(s);
	return rc;
}

enum gb_err
store_admin_digest_set(struct store *s, const unsigned char *digest)
{
	int64_t changes;
	enum gb_err rc;

	rc = db_run(s, sql_digest_set, DB_ARGS(db_blob(digest, DIGEST_SIZE)),
		    &changes);
	return rc == GB_OK && changes == 0 ? GB_EEXIST : rc;
}

enum gb_err
store_admin_digest_replace(struct store *s, const unsigned char *digest)
{
	return db_run(s, sql_digest_replace,
		      DB_ARGS(db_blob(digest, DIGEST_SIZE)), NULL);
}

enum gb_err
store_admin_digest_get(struct store *s, unsigned char *digest)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	memset(digest, 0, DIGEST_SIZE);
	db_lock(s);
	rc = db_start(s, sql_digest_get, DB_NO_ARGS, &stmt);
	if (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK) {
		if (row && sqlite3_column_bytes(stmt, 0) == DIGEST_SIZE)
			memcpy(digest, sqlite3_column_blob(stmt, 0),
			       DIGEST_SIZE);
		else
			rc = GB_ENOTFOUND;
	}
	db_end(stmt);
	db_unlock(s);
	return rc;
}
