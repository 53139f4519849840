/* key_summary.c: how many keys are in which state, and which come back when */
#include "store/key_summary.h"

#include <stdio.h>
#include <string.h>

#include "store/db.h"
#include "store/turn.h"

#define YEARS_MS \
	(INT64_C(10) * 365 * 24 * 3600 * 1000) /* nothing cools so long; a \
						  state of its own may look \
						  so */
#define REASON_CHARS "30"		       /* four bytes each, at most */
#define ELLIPSIS     "\xe2\x80\xa6"

/* Each is a range of the index keys_standing: of 100,000 keys 5 ms. */
static const char sql_summary[] =
    "WITH k AS NOT MATERIALIZED (SELECT disabled_by AS by, ready_at AS at"
    " FROM keys WHERE pool = ?2 AND " KEYS_STANDING ")"
    " SELECT (SELECT count(*) FROM k WHERE by = 0 AND at <= ?1),"
    " (SELECT count(*) FROM k WHERE by = 0 AND at > ?1),"
    " (SELECT count(*) FROM k WHERE by = 1),"
    " (SELECT count(*) FROM k WHERE by = 2),"
    " (SELECT coalesce(min(at), 0) FROM k WHERE by = 0 AND at > ?1)";
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
    "SELECT id FROM keys WHERE gb_has(secret, ?1)"
    " AND (?2 = '' OR substr(gb_open(secret), -length(?2)) = ?2) ORDER BY id "
    "LIMIT ?3";

static enum gb_err
read_summary(struct store *s, int64_t now_ms, enum key_pool pool,
	     struct key_summary *k)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;
	int i;

	rc = db_start(s, sql_summary, DB_ARGS(db_int(now_ms), pool_value(pool)),
		      &stmt);
	if (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK && row) {
		for (i = 0; i < STANDS__MAX; i++) {
			k->standing[i] = sqlite3_column_int64(stmt, i);
			k->all += k->standing[i];
		}
		k->back_at = sqlite3_column_int64(stmt, STANDS__MAX);
	}
	db_end(stmt);
	return rc;
}

enum gb_err
keys_summary_locked(struct store *s, int64_t now_ms,
		    struct key_summary pools[POOL__MAX])
{
	enum key_pool pool;
	enum gb_err rc;

	memset(pools, 0, POOL__MAX * sizeof(*pools));
	for (rc = GB_OK, pool = 0; rc == GB_OK && pool < POOL__MAX; pool++)
		rc = read_summary(s, now_ms, pool, &pools[pool]);
	return rc;
}

enum gb_err
store_keys_summary(struct store *s, int64_t now_ms,
		   struct key_summary pools[POOL__MAX])
{
	enum gb_err rc;

	db_lock(s);
	rc = keys_summary_locked(s, now_ms, pools);
	db_unlock(s);
	return rc;
}

static void
read_back(sqlite3_stmt *stmt, struct key_back *row)
{
	const char *text;

	memset(row, 0, sizeof(*row));
	row->id = sqlite3_column_int64(stmt, 0);
	row->pool = pool_read(stmt, 1);
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
		   int64_t look_at, struct key_failing *rows, size_t most,
		   size_t *count)
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
			      db_int((int64_t)most), db_int(look_at)),
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
