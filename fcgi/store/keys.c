/*
 * keys.c: Google's keys and their health.
 *
 * Each change of state is one statement whose WHERE says from which states it
 * may be made, so that nothing between reading and writing can go wrong.
 * "disabled_by = 0" there keeps the system's hands off what a person, or the
 * system itself, disabled.
 */
#include "store/keys.h"

#include <stdlib.h>
#include <string.h>

#include "store/db.h"
#include "store/sealing.h"
#include "store/turn.h"

const char *const key_pool_names[POOL__MAX] = {
    [POOL_GEMINI] = "gemini",
    [POOL_VERTEX] = "vertex",
};

/* No ON CONFLICT here: that would use up an id for each key known already. */
static const char sql_add[] =
    "INSERT INTO keys (secret, created_at, pool) SELECT gb_seal(?1), ?2, ?3"
    " WHERE NOT EXISTS (SELECT 1 FROM keys WHERE secret = gb_seal(?1)"
    " AND pool = ?3)";
static const char sql_rotation[] =
    "INSERT OR IGNORE INTO rotation (pool, pos) VALUES (?1, 0)";
static const char sql_list[] =
    "SELECT id, gb_open(secret), pool, disabled_by, ready_at, reason, failures,"
    " created_at, last_ok_at FROM keys ORDER BY id";
static const char sql_count[] =
    "SELECT count(*), count(*) FILTER (WHERE disabled_by = 0) FROM keys"
    " WHERE pool = ?1";

static const char sql_enable[] =
    "UPDATE keys SET disabled_by = 0, ready_at = 0, reason = '',"
    " failures = 0, failed_at = 0 WHERE id = ?1";
static const char sql_forget_models[] =
    "DELETE FROM key_models WHERE key_id = ?1";
static const char sql_disable_by_person[] =
    "UPDATE keys SET disabled_by = 2, ready_at = 0, reason = ?2,"
    " checked_at = ?3 WHERE id = ?1";
static const char sql_remove[] = "DELETE FROM keys WHERE id = ?1";

/* Rows that say the success is no news are no rows. */
static const char sql_succeeded[] =
    "UPDATE keys SET failures = 0, failed_at = 0, last_ok_at = ?2"
    " WHERE id = ?1 AND disabled_by <> 2";
/* What still cools was cooled after this request began: it stays so. */
static const char sql_succeeded_model[] =
    "UPDATE key_models SET streak = 0 WHERE key_id = ?1 AND model = ?2";
static const char sql_forget_model[] =
    "DELETE FROM key_models WHERE key_id = ?1 AND model = ?2"
    " AND ready_at <= ?3";
static const char sql_forget_old[] =
    "DELETE FROM key_models WHERE (key_id, model) IN"
    " (SELECT key_id, model FROM key_models WHERE ready_at < ?1 LIMIT ?2)";

static const char sql_cool[] =
    "UPDATE keys SET ready_at = ?2, reason = ?3"
    " WHERE id = ?1 AND disabled_by = 0 AND ready_at < ?2";
/* Requests that fail together are one step of the back-off, not many. */
static const char sql_cool_model[] =
    "INSERT INTO key_models (key_id, model, ready_at, streak, reason)"
    " SELECT id, ?2, ?3, 1, ?4 FROM keys WHERE id = ?1 AND disabled_by <> 2"
    " ON CONFLICT (key_id, model) DO UPDATE SET"
    " streak = streak + (ready_at <= ?5),"
    " reason = iif(excluded.ready_at > ready_at, excluded.reason, reason),"
    " ready_at = max(ready_at, excluded.ready_at)";
static const char sql_streak[] =
    "SELECT streak FROM key_models WHERE key_id = ?1 AND model = ?2";
static const char sql_disable[] =
    "UPDATE keys SET disabled_by = 1, reason = ?2, checked_at = ?3"
    " WHERE id = ?1 AND disabled_by = 0";
static const char sql_count_failure[] =
    "UPDATE keys SET failures = n.failures,"
    " failed_at = iif(n.failures = 1, ?4, failed_at),"
    " disabled_by = (n.failures >= ?2),"
    " checked_at = iif(n.failures >= ?2, ?4, checked_at),"
    " reason = iif(n.failures >= ?2, ?5, reason)"
    " FROM (SELECT id, 1 + iif(?3 > 0 AND ?4 - failed_at > ?3, 0, failures)"
    " AS failures FROM keys WHERE id = ?1) AS n"
    " WHERE keys.id = n.id AND keys.disabled_by = 0";

static const char sql_recheck_due[] =
    "SELECT 1 FROM keys WHERE disabled_by = 1 AND checked_at <= ?1 LIMIT 1";
static const char sql_recheck_take[] =
    "UPDATE keys SET checked_at = ?2 WHERE id ="
    " (SELECT id FROM keys WHERE disabled_by = 1 AND checked_at <= ?1"
    " ORDER BY checked_at, id LIMIT 1) RETURNING id, gb_open(secret), 1, pool";
static const char sql_revive[] =
    "UPDATE keys SET disabled_by = 0, ready_at = 0, reason = '',"
    " failures = 0, failed_at = 0, last_ok_at = ?2"
    " WHERE id = ?1 AND disabled_by <> 2"
    " AND (disabled_by = 1 OR ready_at > ?2)";

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

void
key_rows_free(struct key_rows *rows)
{
	size_t i;

	for (i = 0; i < rows->count; i++) {
		explicit_bzero(rows->rows[i].secret,
			       strlen(rows->rows[i].secret));
		free(rows->rows[i].secret);
		free(rows->rows[i].reason);
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

enum gb_err
store_keys_add(struct store *s, enum key_pool pool, char *const *secrets,
	       size_t count, int64_t now_ms, size_t *added)
{
	int64_t changes;
	enum gb_err rc;
	size_t i, fresh;

	*added = 0;
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
		rc = db_run_locked(s, sql_add,
				   DB_ARGS(db_text(secrets[i]), db_int(now_ms),
					   pool_value(pool)),
				   &changes);
		fresh += rc == GB_OK && changes > 0;
	}
	if (rc == GB_OK && fresh > 0)
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
	if (row->secret != NULL && row->reason != NULL)
		return GB_OK;
	free(row->secret);
	free(row->reason);
	return GB_ENOMEM;
}

enum gb_err
store_keys_list(struct store *s, int64_t now_ms, struct key_rows *out)
{
	void *rows;
	enum gb_err rc;

	rc = db_list(s, sql_list, read_key, now_ms, sizeof(*out->rows), &rows,
		     &out->count);
	out->rows = rows;
	if (rc != GB_OK)
		key_rows_free(out);
	return rc;
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

/* A person's change of one key: "sql", and "more" where it is not NULL, which
 * takes the id alone. */
static enum gb_err
person_changes(struct store *s, const char *sql, const struct db_value *values,
	       size_t count, const char *more)
{
	int64_t changes;
	enum gb_err rc;

	db_lock(s);
	if ((rc = db_begin(s)) != GB_OK)
		goto out;
	rc = db_run_locked(s, sql, values, count, &changes);
	if (rc == GB_OK && changes == 0)
		rc = GB_ENOTFOUND;
	if (rc == GB_OK && more != NULL)
		rc = db_run_locked(s, more, values, 1, NULL);
	if (rc == GB_OK)
		rc = db_touch(s);
	rc = db_finish(s, rc);
out:
	db_unlock(s);
	return rc;
}

enum gb_err
store_key_enable(struct store *s, int64_t id)
{
	return person_changes(s, sql_enable, DB_ARGS(db_int(id)),
			      sql_forget_models);
}

enum gb_err
store_key_disable(struct store *s, int64_t id, int64_t now_ms,
		  const char *reason)
{
	return person_changes(s, sql_disable_by_person,
			      DB_ARGS(db_int(id), db_text(reason),
				      db_int(now_ms)),
			      NULL);
}

enum gb_err
store_key_remove(struct store *s, int64_t id)
{
	return person_changes(s, sql_remove, DB_ARGS(db_int(id)), NULL);
}

enum gb_err
store_key_succeeded(struct store *s, int64_t id, const char *model,
		    int64_t now_ms)
{
	enum gb_err rc;

	db_lock(s);
	if ((rc = db_begin(s)) != GB_OK)
		goto out;
	if ((rc = db_run_locked(s, sql_succeeded,
				DB_ARGS(db_int(id), db_int(now_ms)), NULL)) ==
		GB_OK &&
	    (rc = db_run_locked(s, sql_forget_model,
				DB_ARGS(db_int(id), db_text(model),
					db_int(now_ms)),
				NULL)) == GB_OK)
		rc = db_run_locked(s, sql_succeeded_model,
				   DB_ARGS(db_int(id), db_text(model)), NULL);
	rc = db_finish(s, rc);
out:
	db_unlock(s);
	return rc;
}

enum gb_err
store_key_cool(struct store *s, int64_t id, int64_t until_ms,
	       const char *reason)
{
	return db_run(s, sql_cool,
		      DB_ARGS(db_int(id), db_int(until_ms), db_text(reason)),
		      NULL);
}

enum gb_err
store_key_cool_model(struct store *s, int64_t id, const char *model,
		     int64_t now_ms, int64_t until_ms, const char *reason)
{
	return db_run(s, sql_cool_model,
		      DB_ARGS(db_int(id), db_text(model), db_int(until_ms),
			      db_text(reason), db_int(now_ms)),
		      NULL);
}

enum gb_err
store_key_model_streak(struct store *s, int64_t id, const char *model,
		       int64_t *streak)
{
	enum gb_err rc;

	db_lock(s);
	rc = db_number_locked(s, sql_streak,
			      DB_ARGS(db_int(id), db_text(model)), streak);
	db_unlock(s);
	return rc == GB_ENOTFOUND ? GB_OK : rc;
}

enum gb_err
store_key_disable_by_system(struct store *s, int64_t id, int64_t now_ms,
			    const char *reason)
{
	return db_run(s, sql_disable,
		      DB_ARGS(db_int(id), db_text(reason), db_int(now_ms)),
		      NULL);
}

enum gb_err
store_key_count_failure(struct store *s, int64_t id, int64_t limit,
			int64_t window_ms, int64_t now_ms, const char *reason)
{
	return db_run(s, sql_count_failure,
		      DB_ARGS(db_int(id), db_int(limit), db_int(window_ms),
			      db_int(now_ms), db_text(reason)),
		      NULL);
}

enum gb_err
store_key_revive(struct store *s, int64_t id, int64_t now_ms, bool *revived)
{
	int64_t changes;
	enum gb_err rc;

	rc = db_run(s, sql_revive, DB_ARGS(db_int(id), db_int(now_ms)),
		    &changes);
	*revived = changes > 0;
	return rc;
}

enum gb_err
store_key_recheck_take(struct store *s, int64_t now_ms, int64_t every_ms,
		       struct key_turn *turn)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	int64_t due;
	bool row;

	memset(turn, 0, sizeof(*turn));
	stmt = NULL;
	db_lock(s);
	/* Nobody waits for a lock as long as nothing is due. */
	rc = db_number_locked(s, sql_recheck_due,
			      DB_ARGS(db_int(now_ms - every_ms)), &due);
	if (rc != GB_OK)
		goto out;
	rc =
	    db_start(s, sql_recheck_take,
		     DB_ARGS(db_int(now_ms - every_ms), db_int(now_ms)), &stmt);
	if (rc != GB_OK || (rc = db_step(s, stmt, &row)) != GB_OK)
		goto out;
	rc = row ? turn_read(stmt, turn) : GB_ENOTFOUND;
	if (rc == GB_OK) {
		turn->pool = pool_read(stmt, 3);
		rc = db_step(s, stmt, &row); /* its end is the commit */
	}
out:
	db_end(stmt);
	db_unlock(s);
	if (rc != GB_OK)
		explicit_bzero(turn, sizeof(*turn));
	return rc;
}

enum gb_err
store_keys_forget_models(struct store *s, int64_t before_ms, int64_t most,
			 int64_t *deleted)
{
	return db_run(s, sql_forget_old,
		      DB_ARGS(db_int(before_ms), db_int(most)), deleted);
}
