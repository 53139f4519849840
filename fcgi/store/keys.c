/* keys.c: Google's keys */
#include "store/keys.h"

#include <stdlib.h>
#include <string.h>

#include "store/db.h"
#include "store/sealing.h"
#include "store/turn.h"

/* ?1: now. */
#define KEY_COLUMNS \
	"k.id, gb_open(k.secret), k.pool, k.disabled_by, k.ready_at, " \
	"k.reason," \
	" k.failures, k.created_at, k.last_ok_at, k.project, k.project_by," \
	" (SELECT group_concat(m.model, ', ') FROM key_models m" \
	" WHERE m.key_id = k.id AND m.ready_at > ?1)"

const char *const key_pool_names[POOL__MAX] = {
    [POOL_GEMINI] = "gemini",
    [POOL_VERTEX] = "vertex",
};

/* No ON CONFLICT here: that would use up an id for each key known already. */
static const char sql_add[] =
    "INSERT INTO keys (secret, created_at, pool) SELECT gb_seal(?1), ?2, ?3"
    " WHERE NOT EXISTS (SELECT 1 FROM keys WHERE secret = gb_seal(?1) AND pool "
    "= ?3)";
static const char sql_set_project[] =
    "UPDATE keys SET project = ?4, project_by = iif(?4 = '', "
    "0, " PROJECT_BY_PERSON_TEXT ")"
    " WHERE secret = gb_seal(?1) AND pool = ?3 AND ?2 = ?2";
static const char sql_rotation[] =
    "INSERT OR IGNORE INTO rotation (pool, pos) VALUES (?1, 0)";
static const char sql_list[] = "SELECT " KEY_COLUMNS " FROM keys k ORDER BY id";
static const char sql_page[] =
    "SELECT " KEY_COLUMNS " FROM keys k WHERE " KEY_FILTER
    " AND k.id > ?9 ORDER BY id LIMIT ?10";
static const char sql_count[] =
    "SELECT count(*), count(*) FILTER (WHERE disabled_by = 0) FROM keys"
    " WHERE pool = ?1";

/* The pool as the database has it: the first one had no name yet. */
struct db_value
pool_value(enum key_pool pool)
{
	return db_text(pool == POOL_GEMINI ? "" : key_pool_names[pool]);
}

enum key_pool
pool_read(sqlite3_stmt *stmt, int column)
{
	const char *name;
	int pool;

	name = (const char *)sqlite3_column_text(stmt, column);
	for (pool = POOL__MAX - 1; pool > POOL_GEMINI; pool--)
		if (name != NULL && strcmp(name, key_pool_names[pool]) == 0)
			break;
	return (enum key_pool)pool;
}

static void
key_row_free(struct key_row *row)
{
	free(row->secret);
	free(row->reason);
	free(row->project);
	free(row->resting);
}

void
key_rows_free(struct key_rows *rows)
{
	size_t i;

	for (i = 0; i < rows->count; i++) {
		explicit_bzero(rows->rows[i].secret,
			       strlen(rows->rows[i].secret));
		key_row_free(&rows->rows[i]);
	}
	free(rows->rows);
	memset(rows, 0, sizeof(*rows));
}

bool
key_secret_plausible(const char *secret, size_t len)
{
	size_t i;

	if (len < KEY_SECRET_MIN || len > KEY_SECRET_MAX)
		return false;
	for (i = 0; i < len; i++)
		if ((unsigned char)secret[i] <= ' ' || secret[i] == 0x7f)
			return false;
	return true;
}

/* Names that begin with "~" are of guesses (projects.h). */
bool
key_project_plausible(const char *name)
{
	const char *p;

	for (p = name; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	return p - name <= KEY_PROJECT_MAX && name[0] != '~';
}

static enum gb_err
add_one(struct store *s, enum key_pool pool, const char *project,
	const char *secret, int64_t now_ms, int64_t *added)
{
	const struct db_value values[] = {
	    db_text(secret),
	    db_int(now_ms),
	    pool_value(pool),
	    db_text(project),
	};
	enum gb_err rc;

	rc = db_run_locked(s, sql_add, values, 3, added);
	if (rc == GB_OK && project != NULL)
		rc = db_run_locked(s, sql_set_project, values, GB_COUNT(values),
				   NULL);
	return rc;
}

enum gb_err
store_keys_add(struct store *s, enum key_pool pool, char *const *secrets,
	       size_t count, int64_t now_ms, size_t *added)
{
	return store_keys_add_to(s, pool, NULL, secrets, count, now_ms, added);
}

enum gb_err
store_keys_add_to(struct store *s, enum key_pool pool, const char *project,
		  char *const *secrets, size_t count, int64_t now_ms,
		  size_t *added)
{
	int64_t changes;
	enum gb_err rc;
	size_t i, fresh;

	*added = 0;
	if (project != NULL && !key_project_plausible(project))
		return GB_EINVAL;
	for (i = 0; i < count; i++)
		if (!key_secret_plausible(secrets[i], strlen(secrets[i])))
			return GB_EINVAL;
	db_lock(s);
	if ((rc = db_begin(s)) != GB_OK)
		goto out;
	rc = sealing_check(s);
	if (rc == GB_OK)
		rc = db_run_locked(s, sql_rotation, DB_ARGS(pool_value(pool)),
				   NULL);
	for (i = fresh = 0; i < count && rc == GB_OK; i++) {
		rc = add_one(s, pool, project, secrets[i], now_ms, &changes);
		fresh += rc == GB_OK && changes > 0;
	}
	if (rc == GB_OK && (fresh > 0 || project != NULL))
		rc = db_touch(s);
	if ((rc = db_finish(s, rc)) == GB_OK)
		*added = fresh;
out:
	db_unlock(s);
	return rc;
}

static enum gb_err
read_key(sqlite3_stmt *stmt, int64_t now_ms, void *to)
{
	struct key_row *row = to;

	row->secret = db_copy_text(stmt, 1);
	row->id = sqlite3_column_int64(stmt, 0);
	row->pool = pool_read(stmt, 2);
	row->disabled_by = (enum key_disabled_by)sqlite3_column_int(stmt, 3);
	row->ready_at = sqlite3_column_int64(stmt, 4);
	if (row->disabled_by != DISABLED_BY_NOBODY)
		row->state = KEY_DISABLED;
	else if (row->ready_at > now_ms)
		row->state = KEY_COOLING;
	else
		row->state = KEY_READY;
	/* A deadline that has passed leaves its words behind. */
	row->reason =
	    row->state == KEY_READY ? strdup("") : db_copy_text(stmt, 5);
	row->failures = sqlite3_column_int64(stmt, 6);
	row->created_at = sqlite3_column_int64(stmt, 7);
	row->last_ok_at = sqlite3_column_int64(stmt, 8);
	row->project = db_copy_text(stmt, 9);
	row->project_by = (enum key_project_by)sqlite3_column_int(stmt, 10);
	row->resting = db_copy_text(stmt, 11);
	if (row->secret != NULL && row->reason != NULL &&
	    row->project != NULL && row->resting != NULL)
		return GB_OK;
	key_row_free(row);
	return GB_ENOMEM;
}

static enum gb_err
read_keys(struct store *s, const char *sql, const struct db_value *values,
	  size_t count, int64_t now_ms, struct key_rows *out)
{
	void *rows;
	enum gb_err rc;

	rc = db_list_of(s, sql, values, count, read_key, now_ms,
			sizeof(*out->rows), &rows, &out->count);
	out->rows = rows;
	if (rc != GB_OK)
		key_rows_free(out);
	return rc;
}

enum gb_err
store_keys_list(struct store *s, int64_t now_ms, struct key_rows *out)
{
	return read_keys(s, sql_list, DB_ARGS(db_int(now_ms)), now_ms, out);
}

enum gb_err
store_keys_page(struct store *s, const struct key_filter *f, int64_t now_ms,
		int64_t after_id, size_t limit, struct key_rows *out)
{
	struct db_value values[KEY_FILTER_VALUES + 2];

	key_filter_values(values, f, now_ms, NULL, NULL);
	values[KEY_FILTER_VALUES] = db_int(after_id);
	values[KEY_FILTER_VALUES + 1] =
	    db_int(limit < KEYS_PAGE_MAX ? (int64_t)limit : KEYS_PAGE_MAX);
	return read_keys(s, sql_page, values, GB_COUNT(values), now_ms, out);
}

enum gb_err
store_keys_count(struct store *s, enum key_pool pool, int64_t *all,
		 int64_t *enabled)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	*all = *enabled = 0;
	db_lock(s);
	rc = db_start(s, sql_count, DB_ARGS(pool_value(pool)), &stmt);
	if (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK && row) {
		*all = sqlite3_column_int64(stmt, 0);
		*enabled = sqlite3_column_int64(stmt, 1);
	}
	db_end(stmt);
	db_unlock(s);
	return rc;
}
