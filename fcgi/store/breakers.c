/* breakers.c: exits and models that fail with every key */
#include "store/breakers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/db.h"
#include "store/key_health.h"
#include "store/key_history.h"
#include "store/turn.h"

#define FRESH_MS \
	5000 /* a success so soon after says that it was the keys, even \
		if the breaker has opened: nothing heals so fast */
#define AHEAD_MS \
	HOUR_MS		    /* a time further ahead is of a clock \
					      that was wrong */
#define KEYS_LOOKED_AT 1000 /* to find out how many might fail alike */
#define DOUBLINGS_MAX  20

const char *const breaker_kind_names[BREAKER__MAX] = {
    [BREAKER_NONE] = "",
    [BREAKER_EXIT] = "exit",
    [BREAKER_MODEL] = "model",
};

/* charges.suspects */
#define SUSPECTS_EXIT  1
#define SUSPECTS_MODEL 2

static const char sql_forget[] =
    "DELETE FROM charges WHERE time_ms <= ?1 - " CHARGE_WINDOW_MS_TEXT
    " OR time_ms > ?1 + " CHARGE_WINDOW_MS_TEXT;
/* A request counts with the first key that it fails with. */
#define OF_NEW_REQUEST \
	"(?13 = '' OR NOT EXISTS (SELECT 1 FROM charges o" \
	" WHERE o.error_class = ?1 AND o.request_id = ?13))"
static const char sql_charge[] =
    "INSERT INTO charges (error_class, exit, model, key_id, suspects, time_ms,"
    " first_ms, hits, requests, pending, sentence, until_ms, failures_max, "
    "window_ms,"
    " status, request_id, reason)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 1, " OF_NEW_REQUEST ","
    " ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
    " ON CONFLICT DO UPDATE SET suspects = ?5, time_ms = ?6, hits = hits + 1,"
    " requests = requests + excluded.requests,"
    " pending = pending + ?7, sentence = ?8, until_ms = ?9, failures_max = ?10,"
    " window_ms = ?11, status = ?12, request_id = ?13, reason = ?14";

/* ?1: the class; ?2: of what; ?3: the pool.  Keys, failures, requests, and
 * models that have failed alike.  What keys out of service say when they are
 * asked whether they work again blames nobody. */
#define SQL_ALIKE(suspect, of) \
	"SELECT count(DISTINCT h.key_id), coalesce(sum(h.hits), 0)," \
	" coalesce(sum(h.requests), 0), count(DISTINCT h.model)," \
	" coalesce(min(h.first_ms), 0)" \
	" FROM charges h JOIN keys k ON k.id = h.key_id" \
	" WHERE h.error_class = ?1 AND h." of " = ?2 AND k.pool = ?3" \
	" AND k.disabled_by = 0 AND h.suspects & " suspect
static const char sql_alike_exit[] = SQL_ALIKE("1", "exit");
static const char sql_alike_model[] = SQL_ALIKE("2", "model");

/* Keys of the pool that could fail alike, ?4 of them being enough.  ?1, ?2:
 * the model, and now; ?5: those that rest for the model may be some that did.
 */
static const char sql_could_fail[] =
    "SELECT count(*) FROM (SELECT 1 FROM (SELECT id, ready_at FROM keys"
    " WHERE pool = ?3 AND disabled_by = 0 ORDER BY id LIMIT ?6) k"
    " WHERE k.ready_at <= ?2 AND (?5 OR NOT EXISTS (SELECT 1 FROM key_models m"
    " WHERE m.key_id = k.id AND m.model = ?1 AND m.ready_at > ?2)) LIMIT ?4)";
static const char sql_hits[] =
    "SELECT hits, pending FROM charges WHERE error_class = ?1 AND exit = ?2"
    " AND model = ?3 AND key_id = ?4";
static const char sql_paid[] =
    "UPDATE charges SET pending = 0 WHERE error_class = ?1 AND exit = ?2"
    " AND model = ?3 AND key_id = ?4";

/* ?1: the class, ?2: the kind of breaker, ?3: what it is of; ?4: now. */
#define CHARGED \
	"h.error_class = ?1 AND h.pending = 0" \
	" AND iif(?2 = 1, h.exit, h.model) = ?3"
static const char sql_restored[] = KEY_EVENT_INTO
    "SELECT ?4, m.key_id, m.model, 1, 0, 0, 4, h.status, h.error_class,"
    " h.request_id, 'not the key''s fault: it is so with every key', ''"
    " FROM charges h JOIN key_models m"
    " ON m.key_id = h.key_id AND m.model = h.model"
    " WHERE " CHARGED " AND m.ready_at > ?4 AND m.disabled_by = 0"
    " AND m.reason = h.reason";
static const char sql_restore[] =
    "DELETE FROM key_models WHERE ready_at > ?4 AND disabled_by = 0"
    " AND (key_id, model, reason) IN"
    " (SELECT h.key_id, h.model, h.reason FROM charges h WHERE " CHARGED ")";
static const char sql_shifted[] = "DELETE FROM charges AS h WHERE " CHARGED;

static const char sql_is_open[] =
    "SELECT failures FROM breakers WHERE kind = ?1 AND name = ?2"
    " AND error_class = ?3";
/* ?6, ?7: how long for the first time, and at most. */
#define OPEN_LONGER "(probe_at > 0 OR until_ms <= ?4 OR until_ms > ?4 + ?7)"
static const char sql_open[] =
    "INSERT INTO breakers (kind, name, error_class, opened_at, until_ms,"
    " probe_at, failures, reason) VALUES (?1, ?2, ?3, ?4, ?4 + ?6, 0, 0, ?5)"
    " ON CONFLICT DO UPDATE SET error_class = ?3, reason = ?5, probe_at = 0,"
    " failures = min(failures + " OPEN_LONGER ", ?8),"
    " until_ms = iif(" OPEN_LONGER ", ?4 + min(?6 << min(failures + 1, ?8),"
    " ?7), until_ms)"
    " RETURNING until_ms";

static const char sql_waiting[] =
    "SELECT h.key_id, h.model, h.error_class, h.pending, h.sentence,"
    " h.until_ms, h.failures_max, h.window_ms, h.status, h.request_id,"
    " h.reason FROM charges h WHERE h.exit = ?1 AND h.key_id <> ?2"
    " AND h.pending > 0 AND h.suspects & 1 AND h.time_ms > ?3"
    " - iif(EXISTS (SELECT 1 FROM breakers WHERE kind = 1 AND name = ?1), ?4,"
    " " CHARGE_WINDOW_MS_TEXT ")";
static const char sql_clear_exit[] =
    "DELETE FROM charges WHERE exit = ?1 AND suspects = 1";
static const char sql_clear_exit_too[] =
    "UPDATE charges SET suspects = 2 WHERE exit = ?1 AND suspects = 3";
static const char sql_clear_model[] =
    "DELETE FROM charges WHERE model = ?1 AND suspects & 2";
static const char sql_close[] =
    "DELETE FROM breakers WHERE kind = ?1 AND name = ?2";
static const char sql_any[] = "SELECT " CHARGES_TO_CLEAR("?1");
static const char sql_works[] =
    "DELETE FROM breakers WHERE kind = ?1 AND name = ?2 AND error_class = ?3";
static const char sql_forget_key[] = "DELETE FROM charges WHERE key_id = ?1";

static const char sql_until[] =
    "SELECT until_ms FROM breakers WHERE kind = ?1 AND name = ?2";
static const char sql_probe[] =
    "UPDATE breakers SET until_ms = ?3 + ?4, probe_at = ?3"
    " WHERE kind = ?1 AND name = ?2";
static const char sql_list[] =
    "SELECT kind, name, error_class, reason, opened_at, until_ms, failures"
    " FROM breakers ORDER BY kind, name";
static const char sql_expire[] =
    "DELETE FROM breakers WHERE (kind, name) IN (SELECT kind, name"
    " FROM breakers WHERE until_ms < ?1 ORDER BY until_ms LIMIT ?2)";

void
breaker_model_name(char name[BREAKER_NAME_MAX], enum key_pool pool,
		   const char *model)
{
	(void)snprintf(name, BREAKER_NAME_MAX, "%s%s%s",
		       pool == POOL_GEMINI ? "" : key_pool_names[pool],
		       pool == POOL_GEMINI ? "" : "/", model);
}

/* --- charges -------------------------------------------------------------- */

static unsigned
suspects_of(const struct blame *blame)
{
	return (blame->exit ? SUSPECTS_EXIT : 0) |
	       (blame->model ? SUSPECTS_MODEL : 0);
}

static enum gb_err
write_charge(struct store *s, const struct key_case *c)
{
	bool waits;
	enum gb_err rc;

	waits = !c->blame->at_once && c->sentence != SENTENCE_NONE;
	rc = db_run_locked(s, sql_forget, DB_ARGS(db_int(c->now_ms)), NULL);
	if (rc != GB_OK)
		return rc;
	return db_run_locked(s, sql_charge,
			     DB_ARGS(db_text(c->error_class), db_text(c->exit),
				     db_text(c->model), db_int(c->key_id),
				     db_int(suspects_of(c->blame)),
				     db_int(c->now_ms), db_int(waits),
				     db_int(c->sentence), db_int(c->until_ms),
				     db_int(c->failures_max),
				     db_int(c->window_ms), db_int(c->status),
				     db_text(c->request_id),
				     db_text(c->reason)),
			     NULL);
}

/* The name of the breaker of "kind" that the case is about. */
static const char *
name_of(const struct key_case *c, enum breaker_kind kind,
	char model[BREAKER_NAME_MAX])
{
	if (kind == BREAKER_EXIT)
		return c->exit;
	breaker_model_name(model, c->pool, c->model);
	return model;
}

static enum gb_err
is_open(struct store *s, const struct key_case *c, enum breaker_kind kind,
	bool *open)
{
	char model[BREAKER_NAME_MAX];
	int64_t failures;
	enum gb_err rc;

	rc = db_number_locked(s, sql_is_open,
			      DB_ARGS(db_int(kind),
				      db_text(name_of(c, kind, model)),
				      db_text(c->error_class)),
			      &failures);
	*open = rc == GB_OK;
	return rc == GB_ENOTFOUND ? GB_OK : rc;
}

/* Who has failed alike. */
struct alike {
	int64_t keys, failures, requests, models, first_ms;
};

static enum gb_err
count_alike(struct store *s, const struct key_case *c, const char *sql,
	    const char *of, struct alike *out)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	memset(out, 0, sizeof(*out));
	rc = db_start(s, sql,
		      DB_ARGS(db_text(c->error_class), db_text(of),
			      pool_value(c->pool)),
		      &stmt);
	if (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK && row) {
		out->keys = sqlite3_column_int64(stmt, 0);
		out->failures = sqlite3_column_int64(stmt, 1);
		out->requests = sqlite3_column_int64(stmt, 2);
		out->models = sqlite3_column_int64(stmt, 3);
		out->first_ms = sqlite3_column_int64(stmt, 4);
	}
	db_end(stmt);
	return rc;
}

/* Whether the exit, or else the model, has failed with as many keys as it
 * takes, of which "most" could be. */
static enum gb_err
find_guilty(struct store *s, const struct key_case *c, int64_t most,
	    struct charges *out, struct alike *exit)
{
	const struct blame *b = c->blame;
	struct alike model;
	enum gb_err rc;
	int64_t enough;

	enough = most < b->keys ? most : b->keys;
	if ((rc = count_alike(s, c, sql_alike_exit, c->exit, exit)) != GB_OK ||
	    (rc = count_alike(s, c, sql_alike_model, c->model, &model)) !=
		GB_OK)
		return rc;
	if (b->exit && exit->keys >= enough && exit->keys >= 2 &&
	    exit->requests >= b->requests &&
	    exit->first_ms <= c->now_ms - b->span_ms &&
	    (!b->model || exit->models >= 2))
		out->guilty = BREAKER_EXIT;
	else if (b->model && c->model[0] != '\0' && model.keys >= enough &&
		 model.failures >= b->keys && model.requests >= b->requests &&
		 model.first_ms <= c->now_ms - b->span_ms)
		out->guilty = BREAKER_MODEL;
	return GB_OK;
}

/* How many failures of this key are to be carried out, as nobody else is at
 * fault.  What waits does so for another key's word, and that never comes when
 * there is no other key, or when none is asked. */
static enum gb_err
find_due(struct store *s, const struct key_case *c, int64_t most,
	 const struct alike *exit, struct charges *out)
{
	sqlite3_stmt *stmt;
	int64_t hits, pending;
	enum gb_err rc;
	bool row;

	if (c->blame->at_once) {
		out->due = 1;
		return GB_OK;
	}
	hits = pending = 0;
	rc = db_start(s, sql_hits,
		      DB_ARGS(db_text(c->error_class), db_text(c->exit),
			      db_text(c->model), db_int(c->key_id)),
		      &stmt);
	if (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK && row) {
		hits = sqlite3_column_int64(stmt, 0);
		pending = sqlite3_column_int64(stmt, 1);
	}
	db_end(stmt);
	if (most < 2 || (exit->keys == 1 && hits >= 2))
		out->due = pending;
	return rc;
}

enum gb_err
charges_add(struct store *s, const struct key_case *c, struct charges *out)
{
	const struct blame *b = c->blame;
	struct alike exit;
	int64_t most;
	enum gb_err rc;
	bool open;

	memset(out, 0, sizeof(*out));
	if ((rc = write_charge(s, c)) != GB_OK)
		return rc;
	open = false;
	if (b->exit && (rc = is_open(s, c, BREAKER_EXIT, &open)) == GB_OK &&
	    open)
		out->guilty = BREAKER_EXIT;
	if (rc == GB_OK && !open && b->model &&
	    (rc = is_open(s, c, BREAKER_MODEL, &open)) == GB_OK && open)
		out->guilty = BREAKER_MODEL;
	if (rc != GB_OK || open)
		return rc;
	rc = db_number_locked(s, sql_could_fail,
			      DB_ARGS(db_text(c->model), db_int(c->now_ms),
				      pool_value(c->pool), db_int(b->keys),
				      db_int(b->at_once),
				      db_int(KEYS_LOOKED_AT)),
			      &most);
	if (rc == GB_OK)
		rc = find_guilty(s, c, most, out, &exit);
	if (rc == GB_OK && out->guilty == BREAKER_NONE)
		rc = find_due(s, c, most, &exit, out);
	return rc;
}

static enum gb_err
open_breaker(struct store *s, const struct key_case *c, enum breaker_kind kind,
	     int64_t *until_ms)
{
	char model[BREAKER_NAME_MAX];

	return db_number_locked(
	    s, sql_open,
	    DB_ARGS(db_int(kind), db_text(name_of(c, kind, model)),
		    db_text(c->error_class), db_int(c->now_ms),
		    db_text(c->reason), db_int(c->blame->open_ms),
		    db_int(c->blame->open_max_ms), db_int(DOUBLINGS_MAX)),
	    until_ms);
}

enum gb_err
charges_shift(struct store *s, const struct key_case *c,
	      const struct charges *charges, int64_t *restored,
	      int64_t *until_ms)
{
	const char *of = charges->guilty == BREAKER_EXIT ? c->exit : c->model;
	const struct db_value values[] = {
	    db_text(c->error_class),
	    db_int(charges->guilty),
	    db_text(of),
	    db_int(c->now_ms),
	};
	enum gb_err rc;

	*restored = *until_ms = 0;
	if ((rc = db_run_locked(s, sql_restored, values, GB_COUNT(values),
				restored)) != GB_OK ||
	    (rc = db_run_locked(s, sql_restore, values, GB_COUNT(values),
				NULL)) != GB_OK ||
	    (rc = db_run_locked(s, sql_shifted, values, 3, NULL)) != GB_OK)
		return rc;
	return open_breaker(s, c, charges->guilty, until_ms);
}

enum gb_err
charges_paid(struct store *s, const struct key_case *c)
{
	return db_run_locked(s, sql_paid,
			     DB_ARGS(db_text(c->error_class), db_text(c->exit),
				     db_text(c->model), db_int(c->key_id)),
			     NULL);
}

/* The case of a row of sql_waiting; its texts live as long as the row does. */
static void
read_waiting(sqlite3_stmt *stmt, const char *exit, int64_t now_ms,
	     struct key_case *c)
{
	*c = (struct key_case){
	    .key_id = sqlite3_column_int64(stmt, 0),
	    .now_ms = now_ms,
	    .exit = exit,
	    .model = (const char *)sqlite3_column_text(stmt, 1),
	    .named = "",
	    .sentence = (enum key_sentence)sqlite3_column_int(stmt, 4),
	    .until_ms = sqlite3_column_int64(stmt, 5),
	    .failures_max = sqlite3_column_int64(stmt, 6),
	    .window_ms = sqlite3_column_int64(stmt, 7),
	    .consumer = "",
	    .quota = "",
	    .status = sqlite3_column_int(stmt, 8),
	    .error_class = (const char *)sqlite3_column_text(stmt, 2),
	    .request_id = (const char *)sqlite3_column_text(stmt, 9),
	    .reason = (const char *)sqlite3_column_text(stmt, 10),
	};
}

enum gb_err
charges_convict(struct store *s, const char *exit, int64_t key_id,
		int64_t now_ms, charges_reader *each)
{
	struct key_case c;
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	rc = db_start(s, sql_waiting,
		      DB_ARGS(db_text(exit), db_int(key_id), db_int(now_ms),
			      db_int(FRESH_MS)),
		      &stmt);
	while (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK && row) {
		read_waiting(stmt, exit, now_ms, &c);
		rc = each(s, &c, sqlite3_column_int64(stmt, 3));
	}
	db_end(stmt);
	return rc;
}

enum gb_err
charges_clear(struct store *s, const char *exit, enum key_pool pool,
	      const char *model, bool *closed)
{
	char name[BREAKER_NAME_MAX];
	int64_t exits, models;
	enum gb_err rc;

	*closed = false;
	breaker_model_name(name, pool, model);
	if ((rc = db_run_locked(s, sql_clear_exit, DB_ARGS(db_text(exit)),
				NULL)) != GB_OK ||
	    (rc = db_run_locked(s, sql_clear_exit_too, DB_ARGS(db_text(exit)),
				NULL)) != GB_OK ||
	    (rc = db_run_locked(s, sql_clear_model, DB_ARGS(db_text(model)),
				NULL)) != GB_OK ||
	    (rc = db_run_locked(s, sql_close,
				DB_ARGS(db_int(BREAKER_EXIT), db_text(exit)),
				&exits)) != GB_OK ||
	    (rc = db_run_locked(s, sql_close,
				DB_ARGS(db_int(BREAKER_MODEL), db_text(name)),
				&models)) != GB_OK)
		return rc;
	*closed = exits + models > 0;
	return GB_OK;
}

enum gb_err
charges_forget_key(struct store *s, int64_t key_id)
{
	return db_run_locked(s, sql_forget_key, DB_ARGS(db_int(key_id)), NULL);
}

bool
store_charges_any(struct store *s, int64_t now_ms)
{
	int64_t any;
	enum gb_err rc;

	db_lock(s);
	rc = db_number_locked(s, sql_any, DB_ARGS(db_int(now_ms)), &any);
	db_unlock(s);
	return rc == GB_OK && any != 0;
}

/* --- breakers ------------------------------------------------------------- */

enum gb_err
breaker_pass(struct store *s, enum breaker_kind kind, const char *name,
	     int64_t now_ms, int64_t *until_ms)
{
	enum gb_err rc;

	rc = db_number_locked(s, sql_until,
			      DB_ARGS(db_int(kind), db_text(name)), until_ms);
	if (rc != GB_OK)
		return rc == GB_ENOTFOUND ? GB_OK : rc;
	if (*until_ms > now_ms && *until_ms <= now_ms + AHEAD_MS)
		return GB_EBUSY;
	*until_ms = 0;
	return db_run_locked(s, sql_probe,
			     DB_ARGS(db_int(kind), db_text(name),
				     db_int(now_ms), db_int(BREAKER_PROBE_MS)),
			     NULL);
}

enum gb_err
store_breaker_pass(struct store *s, enum breaker_kind kind, const char *name,
		   int64_t now_ms, int64_t *until_ms)
{
	enum gb_err rc, passed;

	db_lock(s);
	/* Nobody waits for a lock as long as all is well. */
	rc = db_number_locked(s, sql_until,
			      DB_ARGS(db_int(kind), db_text(name)), until_ms);
	passed = GB_OK;
	if (rc == GB_OK && (rc = db_begin(s)) == GB_OK) {
		passed = breaker_pass(s, kind, name, now_ms, until_ms);
		rc = db_finish(s, passed == GB_EBUSY ? GB_OK : passed);
	} else if (rc == GB_ENOTFOUND) {
		rc = GB_OK;
	}
	db_unlock(s);
	return rc == GB_OK ? passed : rc;
}

/* Within a transaction. */
static enum gb_err
open_now(struct store *s, const struct breaker_fault *f, int64_t now_ms,
	 int64_t *until_ms, bool *news)
{
	int64_t was;
	enum gb_err rc;

	rc = db_number_locked(s, sql_until,
			      DB_ARGS(db_int(f->kind), db_text(f->name)), &was);
	if (rc != GB_OK && rc != GB_ENOTFOUND)
		return rc;
	rc = db_number_locked(s, sql_open,
			      DB_ARGS(db_int(f->kind), db_text(f->name),
				      db_text(f->error_class), db_int(now_ms),
				      db_text(f->reason), db_int(f->open_ms),
				      db_int(f->open_max_ms),
				      db_int(DOUBLINGS_MAX)),
			      until_ms);
	*news = rc == GB_OK && *until_ms != was;
	return rc;
}

enum gb_err
store_breaker_open(struct store *s, const struct breaker_fault *f,
		   int64_t now_ms, int64_t *until_ms, bool *news)
{
	enum gb_err rc;

	*until_ms = 0;
	*news = false;
	db_lock(s);
	if ((rc = db_begin(s)) == GB_OK) {
		rc = open_now(s, f, now_ms, until_ms, news);
		rc = db_finish(s, rc);
	}
	db_unlock(s);
	return rc;
}

enum gb_err
store_breaker_works(struct store *s, enum breaker_kind kind, const char *name,
		    const char *error_class, bool *closed)
{
	const struct db_value values[] = {
	    db_int(kind),
	    db_text(name),
	    db_text(error_class),
	};
	int64_t failures, changes;
	enum gb_err rc;

	*closed = false;
	changes = 0;
	db_lock(s);
	/* Nobody waits for a lock as long as all is well. */
	rc = db_number_locked(s, sql_is_open, values, GB_COUNT(values),
			      &failures);
	if (rc == GB_OK)
		rc = db_run_locked(s, sql_works, values, GB_COUNT(values),
				   &changes);
	db_unlock(s);
	*closed = changes > 0;
	return rc == GB_ENOTFOUND ? GB_OK : rc;
}

enum gb_err
store_breaker_close(struct store *s, enum breaker_kind kind, const char *name)
{
	const char *sql =
	    kind == BREAKER_EXIT ? sql_clear_exit : sql_clear_model;
	int64_t changes;
	enum gb_err rc;

	db_lock(s);
	if ((rc = db_begin(s)) != GB_OK)
		goto out;
	rc = db_run_locked(s, sql_close, DB_ARGS(db_int(kind), db_text(name)),
			   &changes);
	if (rc == GB_OK && changes == 0)
		rc = GB_ENOTFOUND;
	if (rc == GB_OK)
		rc = db_run_locked(s, sql, DB_ARGS(db_text(name)), NULL);
	rc = db_finish(s, rc);
out:
	db_unlock(s);
	return rc;
}

static void
breaker_row_free(struct breaker_row *row)
{
	free(row->name);
	free(row->error_class);
	free(row->reason);
}

void
breaker_rows_free(struct breaker_rows *rows)
{
	size_t i;

	for (i = 0; i < rows->count; i++)
		breaker_row_free(&rows->rows[i]);
	free(rows->rows);
	memset(rows, 0, sizeof(*rows));
}

static enum gb_err
read_breaker(sqlite3_stmt *stmt, int64_t now_ms, void *to)
{
	struct breaker_row *row = to;

	(void)now_ms;
	row->kind = sqlite3_column_int(stmt, 0) == BREAKER_EXIT ? BREAKER_EXIT
								: BREAKER_MODEL;
	row->name = db_copy_text(stmt, 1);
	row->error_class = db_copy_text(stmt, 2);
	row->reason = db_copy_text(stmt, 3);
	row->opened_at = sqlite3_column_int64(stmt, 4);
	row->until_ms = sqlite3_column_int64(stmt, 5);
	row->failures = sqlite3_column_int64(stmt, 6);
	if (row->name != NULL && row->error_class != NULL &&
	    row->reason != NULL)
		return GB_OK;
	breaker_row_free(row);
	return GB_ENOMEM;
}

enum gb_err
store_breakers_list(struct store *s, struct breaker_rows *out)
{
	void *rows;
	enum gb_err rc;

	rc = db_list(s, sql_list, read_breaker, 0, sizeof(*out->rows), &rows,
		     &out->count);
	out->rows = rows;
	if (rc != GB_OK)
		breaker_rows_free(out);
	return rc;
}

enum gb_err
store_breakers_expire(struct store *s, int64_t before_ms, int64_t most,
		      int64_t *deleted)
{
	return db_run(s, sql_expire, DB_ARGS(db_int(before_ms), db_int(most)),
		      deleted);
}
