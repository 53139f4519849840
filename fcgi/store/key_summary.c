/* key_summary.c: how many keys are in which state, and which come back when */
#include "store/key_summary.h"

#include <stdio.h>
#include <string.h>

#include "store/db.h"

#define YEARS_MS \
	(INT64_C(10) * 365 * 24 * 3600 * 1000) /* nothing cools so long; a \
						  state of its own may look \
						  so */
#define REASON_CHARS "30"		       /* four bytes each, at most */
#define ELLIPSIS     "\xe2\x80\xa6"

/* Those in service are in an index; of 100,000 keys this takes some 15 ms. */
static const char sql_summary[] =
    "SELECT pool, count(*) FILTER (WHERE ready_at <= ?1),"
    " count(*) FILTER (WHERE ready_at > ?1), 0, 0,"
    " coalesce(min(ready_at) FILTER (WHERE ready_at > ?1), 0)"
    " FROM keys WHERE disabled_by = 0 GROUP BY pool UNION ALL"
    " SELECT pool, 0, 0, count(*) FILTER (WHERE disabled_by = 1),"
    " count(*) FILTER (WHERE disabled_by = 2), 0"
    " FROM keys WHERE disabled_by <> 0 GROUP BY pool";
/* What is shown is read of the few rows that are the first. */
static const char sql_back[] =
    "SELECT k.id, k.pool, gb_open(k.secret), f.model, f.at,"
    " substr(iif(f.model = '', k.reason, (SELECT m.reason FROM key_models m"
    " WHERE m.key_id = f.id AND m.model = f.model)), 1, " REASON_CHARS ")"
    " FROM (SELECT id, '' AS model, ready_at AS at FROM keys"
    " WHERE disabled_by = 0 AND ready_at > ?1 AND ready_at < ?2"
    " UNION ALL SELECT key_id, model, ready_at FROM key_models"
    " WHERE ready_at > ?1 AND ready_at < ?2"
    " ORDER BY at, id, model LIMIT 4 * ?3) f JOIN keys k ON k.id = f.id"
    " WHERE k.disabled_by = 0 ORDER BY f.at, f.id, f.model";
static const char sql_failing[] =
    "SELECT k.id, gb_open(k.secret), f.count FROM (SELECT key_id, count(*) AS "
    "count"
    " FROM (SELECT key_id, status FROM attempts WHERE time_ms >= ?1"
    " ORDER BY time_ms DESC LIMIT ?4) WHERE status = ?2 GROUP BY key_id) f"
    " JOIN keys k ON k.id = f.key_id ORDER BY f.count DESC, k.id LIMIT ?3";
static const char sql_find[] =
    "SELECT id FROM keys WHERE instr(gb_open(secret), ?1) > 0"
    " AND (?2 = '' OR substr(gb_open(secret), -length(?2)) = ?2) ORDER BY id "
    "LIMIT ?3";

/* The pool of a column's name, which is "" of the first one. */
static enum key_pool
read_pool(sqlite3_stmt *stmt, int column)
{
	const char *name;

	name = (const char *)sqlite3_column_text(stmt, column);
	return name == NULL || name[0] == '\0' ? POOL_GEMINI : POOL_VERTEX;
}

static void
add_summary(sqlite3_stmt *stmt, struct key_summary *k)
{
	k->ready += sqlite3_column_int64(stmt, 1);
	k->cooling += sqlite3_column_int64(stmt, 2);
	k->disabled_by_system += sqlite3_column_int64(stmt, 3);
	k->disabled_by_person += sqlite3_column_int64(stmt, 4);
	k->back_at += sqlite3_column_int64(stmt, 5);
}

enum gb_err
store_keys_summary(struct store *s, int64_t now_ms,
		   struct key_summary pools[POOL__MAX])
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	memset(pools, 0, POOL__MAX * sizeof(*pools));
	db_lock(s);
	rc = db_start(s, sql_summary, DB_ARGS(db_int(now_ms)), &stmt);
	while (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK && row)
		add_summary(stmt, &pools[read_pool(stmt, 0)]);
	db_end(stmt);
	db_unlock(s);
	return rc;
}

static void
read_back(sqlite3_stmt *stmt, struct key_back *row)
{
	const char *text;

	memset(row, 0, sizeof(*row));
	row->id = sqlite3_column_int64(stmt, 0);
	row->pool = read_pool(stmt, 1);
	if ((text = (const char *)sqlite3_column_text(stmt, 2)) != NULL)
		secret_mask(row->key, text);
	if ((text = (const char *)sqlite3_column_text(stmt, 3)) != NULL)
		(void)snprintf(row->model, sizeof(row->model), "%s", text);
	row->at = sqlite3_column_int64(stmt, 4);
	if ((text = (const char *)sqlite3_column_text(stmt, 5)) != NULL)
		(void)snprintf(row->reason, sizeof(row->reason), "%s", text);
}

enum gb_err
store_keys_back(struct store *s, int64_t now_ms, struct key_back *rows,
		size_t most, size_t *count)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	*count = 0;
	db_lock(s);
	rc = db_start(s, sql_back,
		      DB_ARGS(db_int(now_ms), db_int(now_ms + YEARS_MS),
			      db_int((int64_t)most)),
		      &stmt);
	while (rc == GB_OK && *count < most &&
	       (rc = db_step(s, stmt, &row)) == GB_OK && row)
		read_back(stmt, &rows[(*count)++]);
	db_end(stmt);
	db_unlock(s);
	return rc;
}

enum gb_err
store_keys_failing(struct store *s, int64_t since_ms, int status,
		   struct key_failing *rows, size_t most, size_t *count)
{
	struct key_failing *to;
	const char *secret;
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	*count = 0;
	db_lock(s);
	rc = db_start(s, sql_failing,
		      DB_ARGS(db_int(since_ms), db_int(status),
			      db_int((int64_t)most), db_int(KEY_FAILING_ROWS)),
		      &stmt);
	while (rc == GB_OK && *count < most &&
	       (rc = db_step(s, stmt, &row)) == GB_OK && row) {
		to = &rows[(*count)++];
		memset(to, 0, sizeof(*to));
		to->id = sqlite3_column_int64(stmt, 0);
		secret = (const char *)sqlite3_column_text(stmt, 1);
		if (secret != NULL)
			secret_mask(to->key, secret);
		to->count = sqlite3_column_int64(stmt, 2);
	}
	db_end(stmt);
	db_unlock(s);
	return rc;
}

enum gb_err
store_keys_find(struct store *s, const char *text, int64_t *ids, size_t most,
		size_t *count)
{
	char part[KEY_SECRET_MAX + 1], end[KEY_SECRET_MAX + 1];
	const char *dots;
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	*count = 0;
	if (text[0] == '\0' || strlen(text) > KEY_SECRET_MAX)
		return GB_OK;
	(void)snprintf(part, sizeof(part), "%s", text);
	end[0] = '\0';
	if ((dots = strstr(text, ELLIPSIS)) != NULL) {
		part[dots - text] = '\0';
		(void)snprintf(end, sizeof(end), "%s",
			       dots + sizeof(ELLIPSIS) - 1);
	}
	if (part[0] == '\0' && end[0] == '\0')
		return GB_OK;
	db_lock(s);
	rc = db_start(s, sql_find,
		      DB_ARGS(db_text(part), db_text(end),
			      db_int((int64_t)most)),
		      &stmt);
	while (rc == GB_OK && *count < most &&
	       (rc = db_step(s, stmt, &row)) == GB_OK && row)
		ids[(*count)++] = sqlite3_column_int64(stmt, 0);
	db_end(stmt);
	db_unlock(s);
	explicit_bzero(part, sizeof(part));
	explicit_bzero(end, sizeof(end));
	return rc;
}
