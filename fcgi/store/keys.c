/* keys.c: Google's keys */
#include "store/keys.h"

#include <stdlib.h>
#include <string.h>

#include "store/db.h"
#include "store/key_slots.h"
#include "store/sealing.h"
#include "store/turn.h"

/* ?1: now. */
#define KEY_COLUMNS \
	"k.id, gb_open(k.secret), k.pool, k.disabled_by, k.ready_at, " \
	"k.reason," \
	" k.failures, k.created_at, k.last_ok_at, k.project, k.project_by," \
	" (SELECT group_concat(m.model, ', ') FROM key_models m" \
	" WHERE m.key_id = k.id AND m.ready_at > ?1)," \
	" k.tier, k.weight, k.models, k.note"

const char *const key_pool_names[POOL__MAX] = {
    [POOL_GEMINI] = "gemini",
    [POOL_VERTEX] = "vertex",
};

const char *const key_tier_names[TIER__MAX] = {
    [TIER_FREE] = "free",
    [TIER_PAID] = "paid",
};

/* No ON CONFLICT here: that would use up an id for each key known already. */
static const char sql_add[] =
    "INSERT INTO keys (secret, created_at, pool) SELECT gb_seal(?1), ?2, ?3"
    " WHERE NOT EXISTS (SELECT 1 FROM keys WHERE secret = gb_seal(?1) AND pool "
    "= ?3)";
static const char sql_set[] =
    "UPDATE keys AS k SET " KEY_SET_FIELDS
    " WHERE secret = gb_seal(?1) AND pool = ?3 AND " KEY_FIELDS_DIFFER;
static const char sql_list[] = "SELECT " KEY_COLUMNS " FROM keys k ORDER BY id";
static const char sql_page[] =
    "SELECT " KEY_COLUMNS " FROM keys k WHERE " KEY_FILTER
    " AND k.id > ?10 ORDER BY id LIMIT ?11";
static const char sql_count[] =
    "SELECT count(*), count(*) FILTER (WHERE disabled_by = 0) FROM keys"
    " WHERE pool = ?1 AND " KEYS_STANDING;
static const char sql_key_serves[] =
    "SELECT " KEY_SERVES " FROM keys k WHERE k.id = ?2";
static const char sql_serve[] =
    "SELECT EXISTS (SELECT 1 FROM keys k WHERE k.disabled_by = 0"
    " AND k.pool = ?2 AND " KEY_SERVES ")";

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
	free(row->models);
	free(row->note);
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

/* Whether "text" is at most "max" bytes without control characters. */
static bool
is_one_line(const char *text, size_t max)
{
	const char *p;

	for (p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	return (size_t)(p - text) <= max;
}

/* Names that begin with "~" are of guesses (projects.h). */
bool
key_project_plausible(const char *name)
{
	return is_one_line(name, KEY_PROJECT_MAX) && name[0] != '~';
}

bool
key_fields_plausible(const struct key_fields *f)
{
	char models[KEY_MODELS_MAX + 1];

	return (f->project == NULL || key_project_plausible(f->project)) &&
	       f->weight >= 0 && f->weight <= KEY_WEIGHT_MAX &&
	       (f->models == NULL || (key_models_tidy(f->models, models) &&
				      strcmp(models, f->models) == 0)) &&
	       (f->note == NULL || is_one_line(f->note, KEY_NOTE_MAX));
}

void
key_fields_values(struct db_value *values, const struct key_fields *f)
{
	values[0] = db_text(f->project);
	values[1] = db_int(f->by_tier ? (int64_t)f->tier : -1);
	values[2] = db_int(f->weight);
	values[3] = db_text(f->models);
	values[4] = db_text(f->note);
}

static enum gb_err
add_one(struct store *s, enum key_pool pool, const struct key_fields *f,
	const char *secret, int64_t now_ms, int64_t *added, int64_t *changed)
{
	struct db_value values[KEY_FILTER_VALUES + KEY_FIELDS_VALUES];
	enum gb_err rc;
	size_t i;

	*changed = 0;
	for (i = 0; i < GB_COUNT(values); i++)
		values[i] = db_text(NULL);
	values[0] = db_text(secret);
	values[1] = db_int(now_ms);
	values[2] = pool_value(pool);
	rc = db_run_locked(s, sql_add, values, 3, added);
	if (rc != GB_OK || f == NULL)
		return rc;
	key_fields_values(values + KEY_FILTER_VALUES, f);
	return db_run_locked(s, sql_set, values, GB_COUNT(values), changed);
}

enum gb_err
store_keys_add(struct store *s, enum key_pool pool, char *const *secrets,
	       size_t count, int64_t now_ms, size_t *added)
{
	return store_keys_add_as(s, pool, NULL, secrets, count, now_ms, added);
}

enum gb_err
store_keys_add_to(struct store *s, enum key_pool pool, const char *project,
		  char *const *secrets, size_t count, int64_t now_ms,
		  size_t *added)
{
	const struct key_fields f = {.project = project};

	return store_keys_add_as(s, pool, &f, secrets, count, now_ms, added);
}

enum gb_err
store_keys_add_as(struct store *s, enum key_pool pool,
		  const struct key_fields *f, char *const *secrets,
		  size_t count, int64_t now_ms, size_t *added)
{
	int64_t news, changes;
	size_t i, fresh, changed;
	enum gb_err rc;

	*added = 0;
	if (f != NULL && !key_fields_plausible(f))
		return GB_EINVAL;
	for (i = 0; i < count; i++)
		if (!key_secret_plausible(secrets[i], strlen(secrets[i])))
			return GB_EINVAL;
	db_lock(s);
	if ((rc = db_begin(s)) != GB_OK)
		goto out;
	rc = sealing_check(s);
	for (i = fresh = changed = 0; i < count && rc == GB_OK; i++) {
		rc = add_one(s, pool, f, secrets[i], now_ms, &news, &changes);
		fresh += rc == GB_OK && news > 0;
		changed += rc == GB_OK && changes > 0;
	}
	if (rc == GB_OK && fresh + changed > 0)
		rc = key_slots_lay(s);
	if (rc == GB_OK && fresh + changed > 0)
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
	row->tier = (enum key_tier)sqlite3_column_int(stmt, 12);
	row->weight = sqlite3_column_int64(stmt, 13);
	row->models = db_copy_text(stmt, 14);
	row->note = db_copy_text(stmt, 15);
	if (row->secret != NULL && row->reason != NULL &&
	    row->project != NULL && row->resting != NULL &&
	    row->models != NULL && row->note != NULL)
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

static enum gb_err
ask_whether(struct store *s, const char *sql, const char *model,
	    struct db_value of, bool *yes)
{
	int64_t found;
	enum gb_err rc;

	db_lock(s);
	rc = db_number_locked(s, sql, DB_ARGS(db_text(model), of), &found);
	db_unlock(s);
	*yes = found != 0;
	return rc;
}

enum gb_err
store_key_serves(struct store *s, int64_t id, const char *model, bool *serves)
{
	return ask_whether(s, sql_key_serves, model, db_int(id), serves);
}

enum gb_err
store_keys_serve(struct store *s, enum key_pool pool, const char *model,
		 bool *any)
{
	return ask_whether(s, sql_serve, model, pool_value(pool), any);
}
