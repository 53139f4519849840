/* key_list.c: which keys the admin means */
#include "store/key_list.h"

#include <stdlib.h>
#include <string.h>

#include "store/db.h"
#include "store/turn.h"

/* ?1: now.  Words last: they cost the most. */
#define FILTER \
	" (?2 IS NULL OR k.id IN (SELECT value FROM json_each(?2)))" \
	" AND (?3 IS NULL OR k.pool = ?3)" \
	" AND (?4 < 0 OR " STANDING " = ?4)" \
	" AND (?11 < 0 OR k.tier = ?11)" \
	" AND (?5 < 0 OR (k.disabled_by = 0) = ?5)" \
	" AND k.failures >= ?6" \
	" AND (?7 IS NULL OR k.project = ?7)" \
	" AND (?8 IS NULL OR iif(?8 = ''," \
	" k.id NOT IN (SELECT key_id FROM key_tags)," \
	" k.id IN (SELECT key_id FROM key_tags WHERE tag = ?8)))" \
	" AND (?9 IS NULL OR k.id IN (SELECT key_id FROM key_models" \
	" WHERE model = ?9 AND ready_at > ?1))" \
	" AND (?10 IS NULL OR k.id = ?10 + 0 AND k.id || '' = ?10" \
	" OR gb_has(k.secret, ?10)" \
	" OR k.project <> '' AND instr(lower(k.project), lower(?10))" \
	" OR (k.disabled_by <> 0 OR k.ready_at > ?1)" \
	" AND instr(lower(k.reason), lower(?10))" \
	" OR k.id IN (SELECT key_id FROM key_tags WHERE tag IN" \
	" (" TAG_NAMES " SELECT name FROM n" \
	" WHERE instr(lower(name), lower(?10)))))"
#define TAG_NAMES     DISTINCT_NAMES("tag", "key_tags", "1", "-1")
#define STANDING      KEY_STANDING("k", "?1")
#define FILTER_VALUES 11

/* By what the keys are found before the filter looks at each of them; most
 * filters have few behind them, and then it matters. */
enum found_by {
	FOUND_BY_ID,
	FOUND_BY_PROJECT,
	FOUND_BY_TAG,
	FOUND_BY_MODEL,
	FOUND_BY__MAX
};
#define OF_PROJECT " k.project = ?7 AND k.project <> '' AND"
#define OF_TAG	   " k.id IN (SELECT key_id FROM key_tags WHERE tag = ?8) AND"
#define OF_MODEL \
	" k.id IN (SELECT key_id FROM key_models" \
	" WHERE model = ?9 AND ready_at > ?1) AND"
#define BY_EACH(head, tail) \
	{ \
		[FOUND_BY_ID] = head FILTER tail, \
		[FOUND_BY_PROJECT] = head OF_PROJECT FILTER tail, \
		[FOUND_BY_TAG] = head OF_TAG FILTER tail, \
		[FOUND_BY_MODEL] = head OF_MODEL FILTER tail, \
	}

#define LIST "SELECT k.id FROM keys k WHERE"
static const char *const sql_after[FOUND_BY__MAX] =
    BY_EACH(LIST " k.id > ?12 AND", " ORDER BY k.id LIMIT ?13 OFFSET ?14");
static const char *const sql_before[FOUND_BY__MAX] =
    BY_EACH(LIST " k.id < ?12 AND", " ORDER BY k.id DESC LIMIT ?13 OFFSET ?14");
static const char *const sql_all[FOUND_BY__MAX] =
    BY_EACH(LIST, " ORDER BY k.id");
static const char *const sql_count[FOUND_BY__MAX] =
    BY_EACH("SELECT count(*) FROM keys k WHERE", "");
/* The first pool is the one without a name. */
static const char sql_find[] =
    "SELECT id FROM keys WHERE secret = gb_seal(?1) ORDER BY pool LIMIT 1";
static const char sql_find_in[] =
    "SELECT id FROM keys WHERE secret = gb_seal(?1) AND pool = ?2";

static enum found_by
found_by(const struct key_list_filter *f)
{
	if (f->tag != NULL && f->tag[0] != '\0')
		return FOUND_BY_TAG;
	if (f->project != NULL && f->project[0] != '\0')
		return FOUND_BY_PROJECT;
	return f->model != NULL ? FOUND_BY_MODEL : FOUND_BY_ID;
}

static void
filter_values(struct db_value values[FILTER_VALUES],
	      const struct key_list_filter *f, int64_t now_ms)
{
	const struct db_value all[FILTER_VALUES] = {
	    db_int(now_ms),
	    db_text(f->ids),
	    f->by_pool ? pool_value(f->pool) : db_text(NULL),
	    db_int(f->by_standing ? (int64_t)f->standing : -1),
	    db_int(f->by_service ? f->in_service : -1),
	    db_int(f->failures_min),
	    db_text(f->project),
	    db_text(f->tag),
	    db_text(f->model),
	    db_text(f->text),
	    db_int(f->by_tier ? (int64_t)f->tier : -1),
	};

	memcpy(values, all, sizeof(all));
}

static void
turn_round(struct key_ids *ids)
{
	int64_t id;
	size_t i;

	for (i = 0; i < ids->count / 2; i++) {
		id = ids->ids[i];
		ids->ids[i] = ids->ids[ids->count - 1 - i];
		ids->ids[ids->count - 1 - i] = id;
	}
}

enum gb_err
store_key_list_page(struct store *s, const struct key_list_filter *f,
		    int64_t now_ms, int64_t after_id, bool before, int64_t skip,
		    size_t limit, struct key_ids *out)
{
	struct db_value values[FILTER_VALUES + 3];
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	out->count = 0;
	out->more = false;
	if (limit > KEY_LIST_PAGE_MAX)
		limit = KEY_LIST_PAGE_MAX;
	filter_values(values, f, now_ms);
	values[FILTER_VALUES] = db_int(after_id);
	values[FILTER_VALUES + 1] = db_int((int64_t)limit + 1);
	values[FILTER_VALUES + 2] = db_int(skip);
	db_lock(s);
	rc = db_start(s, (before ? sql_before : sql_after)[found_by(f)], values,
		      GB_COUNT(values), &stmt);
	while (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK && row) {
		if (out->count == limit) {
			out->more = true;
			break;
		}
		out->ids[out->count++] = sqlite3_column_int64(stmt, 0);
	}
	db_end(stmt);
	db_unlock(s);
	if (before)
		turn_round(out);
	return rc;
}

enum gb_err
store_key_list_ids(struct store *s, const struct key_list_filter *f,
		   int64_t now_ms, struct buf *out, int64_t *count)
{
	struct db_value values[FILTER_VALUES];
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	*count = 0;
	filter_values(values, f, now_ms);
	db_lock(s);
	buf_putc(out, '[');
	rc = db_start(s, sql_all[found_by(f)], values, GB_COUNT(values), &stmt);
	while (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK && row)
		buf_printf(out, "%s%lld", (*count)++ > 0 ? "," : "",
			   (long long)sqlite3_column_int64(stmt, 0));
	db_end(stmt);
	db_unlock(s);
	buf_putc(out, ']');
	return rc == GB_OK ? buf_error(out) : rc;
}

enum gb_err
store_key_list_count(struct store *s, const struct key_list_filter *f,
		     int64_t now_ms, int64_t *count)
{
	struct db_value values[FILTER_VALUES];
	enum gb_err rc;

	filter_values(values, f, now_ms);
	db_lock(s);
	rc = db_number_locked(s, sql_count[found_by(f)], values,
			      GB_COUNT(values), count);
	db_unlock(s);
	return rc;
}

enum gb_err
store_key_find(struct store *s, const char *secret, int64_t *id)
{
	enum gb_err rc;

	db_lock(s);
	rc = db_number_locked(s, sql_find, DB_ARGS(db_text(secret)), id);
	db_unlock(s);
	return rc;
}

enum gb_err
store_key_find_in(struct store *s, enum key_pool pool, const char *secret,
		  int64_t *id)
{
	enum gb_err rc;

	db_lock(s);
	rc = db_number_locked(s, sql_find_in,
			      DB_ARGS(db_text(secret), pool_value(pool)), id);
	db_unlock(s);
	return rc;
}

/* The lock is given back between, as this may be many. */
enum gb_err
store_keys_known(struct store *s, enum key_pool pool, char *const *secrets,
		 size_t count, size_t *known)
{
	int64_t id;
	enum gb_err rc;
	size_t i;

	*known = 0;
	for (i = 0; i < count; i++) {
		rc = store_key_find_in(s, pool, secrets[i], &id);
		if (rc != GB_OK && rc != GB_ENOTFOUND)
			return rc;
		*known += rc == GB_OK;
	}
	return GB_OK;
}
