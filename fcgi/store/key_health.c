/*
 * key_health.c: what answers do to keys.
 *
 * Each change of state is one statement whose WHERE says from which states it
 * may be made, so that nothing between reading and writing can go wrong; a
 * SELECT with the same WHERE writes the history first.  "disabled_by = 0"
 * there keeps the system's hands off what a person, or the system itself,
 * disabled.
 */
#include "store/key_health.h"

#include <string.h>

#include "store/db.h"
#include "store/key_history.h"
#include "store/outage.h"
#include "store/projects.h"
#include "store/turn.h"

/*
 * ?1: the key, ?2: whether it is about all keys of its project, ?3: now, ?4:
 * until when, ?5 to ?8: the answer, ?9: the quota, ?10: the model.
 */
#define CAUSE		"iif(k.id = ?1, 0, 1)"
#define EVENT_OF_ANSWER CAUSE ", ?5, ?6, ?7, ?8, ?9"

/* The other keys of the project, with it. */
#define PROJECT \
	"(SELECT ?1 UNION SELECT o.id FROM keys t JOIN keys o" \
	" ON o.project = t.project AND o.pool = t.pool" \
	" WHERE ?2 AND t.id = ?1 AND o.project <> '')"
/* … whose project is known, not guessed: in each pool. */
#define SURE_PROJECT \
	"(SELECT ?1 UNION SELECT o.id FROM keys t JOIN keys o" \
	" ON o.project = t.project WHERE ?2 AND t.id = ?1" \
	" AND t.project_by >= 2 AND o.project_by >= 2 AND o.project <> '')"

/* A deadline that is as good as the new one: requests that fail together must
 * not write the whole project anew, each with a jitter of its own. */
#define NEARLY "?4 - max(?4 - ?3, 0) / 8"

static const char sql_cooled[] = KEY_EVENT_INTO
    "SELECT ?3, k.id, '', k.ready_at > ?3, 1, ?4, " EVENT_OF_ANSWER
    " FROM keys k WHERE k.id IN " PROJECT
    " AND k.disabled_by = 0 AND k.ready_at < " NEARLY;
static const char sql_cool[] =
    "UPDATE keys AS k SET ready_at = ?4, reason = ?8 WHERE k.id IN " PROJECT
    " AND k.disabled_by = 0 AND k.ready_at < iif(k.id = ?1, ?4, " NEARLY ")";

static const char sql_cooled_model[] = KEY_EVENT_INTO
    "SELECT ?3, k.id, ?10, coalesce(m.ready_at, 0) > ?3, 1, ?4,"
    " " EVENT_OF_ANSWER " FROM keys k LEFT JOIN key_models m"
    " ON m.key_id = k.id AND m.model = ?10 WHERE k.id IN " PROJECT
    " AND k.disabled_by <> 2 AND coalesce(m.disabled_by, 0) = 0"
    " AND coalesce(m.ready_at, 0) < " NEARLY;
/* Requests that fail together are one step of the back-off, not many. */
static const char sql_cool_model[] =
    "INSERT INTO key_models (key_id, model, ready_at, streak, reason, cause)"
    " SELECT k.id, ?10, ?4, 1, ?8, " CAUSE " FROM keys k LEFT JOIN key_models m"
    " ON m.key_id = k.id AND m.model = ?10 WHERE k.id IN " PROJECT
    " AND k.disabled_by <> 2"
    " AND (k.id = ?1 OR coalesce(m.ready_at, 0) < " NEARLY ")"
    " ON CONFLICT (key_id, model) DO UPDATE SET"
    " streak = streak + (ready_at <= ?3),"
    " reason = iif(excluded.ready_at > ready_at, excluded.reason, reason),"
    " cause = iif(excluded.ready_at > ready_at, excluded.cause, cause),"
    " ready_at = max(ready_at, excluded.ready_at)"
    " WHERE key_models.disabled_by = 0";

static const char sql_disabled[] =
    KEY_EVENT_INTO "SELECT ?3, k.id, '', k.ready_at > ?3, 2, 0,"
		   " " EVENT_OF_ANSWER " FROM keys k"
		   " WHERE k.id IN " SURE_PROJECT " AND k.disabled_by = 0";
static const char sql_disable[] =
    "UPDATE keys AS k SET disabled_by = 1, reason = ?8, checked_at = ?3"
    " WHERE k.id IN " SURE_PROJECT " AND k.disabled_by = 0";

/* ?11, ?12: how many disable it, within how long. */
static const char sql_count[] =
    "UPDATE keys SET failures = n.failures,"
    " failed_at = iif(n.failures = 1, ?3, failed_at),"
    " disabled_by = (n.failures >= ?11),"
    " checked_at = iif(n.failures >= ?11, ?3, checked_at),"
    " reason = iif(n.failures >= ?11, ?8, reason)"
    " FROM (SELECT id, 1 + iif(?12 > 0 AND ?3 - failed_at > ?12, 0, failures)"
    " AS failures FROM keys WHERE id = ?1) AS n"
    " WHERE keys.id = n.id AND keys.disabled_by = 0";
static const char sql_counted[] = KEY_EVENT_INTO
    "SELECT ?3, k.id, '', k.ready_at > ?3,"
    " iif(k.disabled_by = 0, k.ready_at > ?3, 2), 0, 0, ?5, ?6, ?7,"
    " printf('failure %d of %d: %s', k.failures, ?11, ?8), ?9"
    " FROM keys k WHERE k.id = ?1";

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
static const char sql_streak[] =
    "SELECT streak FROM key_models WHERE key_id = ?1 AND model = ?2";

/* A clock that was once far ahead must not stop a recheck for as long. */
#define RECHECK_IS_DUE \
	"disabled_by = 1 AND (checked_at <= ?1 OR checked_at > 2 * ?2 - ?1)"
static const char sql_recheck_due[] =
    "SELECT 1 FROM keys WHERE " RECHECK_IS_DUE " LIMIT 1";
static const char sql_recheck_take[] =
    "UPDATE keys SET checked_at = ?2 WHERE id ="
    " (SELECT id FROM keys WHERE " RECHECK_IS_DUE
    " ORDER BY checked_at, id LIMIT 1) RETURNING id, gb_open(secret), 1,"
    " pool";
#define REVIVED "k.disabled_by <> 2 AND (k.disabled_by = 1 OR k.ready_at > ?2)"
static const char sql_revived[] =
    KEY_EVENT_INTO "SELECT ?2, k.id, '', " KEY_STANDING(
	"k", "?2") ", 0, 0, 3, 200, '', '', 'it works', '' FROM keys k"
		   " WHERE k.id = ?1 AND " REVIVED;
static const char sql_revive[] =
    "UPDATE keys AS k SET disabled_by = 0, ready_at = 0, reason = '',"
    " failures = 0, failed_at = 0, last_ok_at = ?2"
    " WHERE k.id = ?1 AND " REVIVED;

/* --- carrying out --------------------------------------------------------- */

/* The history, then the change. */
static enum gb_err
change(struct store *s, const char *event, const char *sql,
       const struct key_case *c, const char *model, int64_t *changed)
{
	const struct db_value values[] = {
	    db_int(c->key_id),	    db_int(c->project), db_int(c->now_ms),
	    db_int(c->until_ms),    db_int(c->status),	db_text(c->error_class),
	    db_text(c->request_id), db_text(c->reason), db_text(c->quota),
	    db_text(model),
	};
	enum gb_err rc;

	rc = db_run_locked(s, event, values, GB_COUNT(values), NULL);
	if (rc == GB_OK)
		rc = db_run_locked(s, sql, values, GB_COUNT(values), changed);
	return rc;
}

static enum gb_err
count_failure(struct store *s, const struct key_case *c, int64_t *changed)
{
	const struct db_value values[] = {
	    db_int(c->key_id),	     db_int(0),
	    db_int(c->now_ms),	     db_int(0),
	    db_int(c->status),	     db_text(c->error_class),
	    db_text(c->request_id),  db_text(c->reason),
	    db_text(c->quota),	     db_int(0),
	    db_int(c->failures_max), db_int(c->window_ms),
	};
	enum gb_err rc;

	rc = db_run_locked(s, sql_count, values, GB_COUNT(values), changed);
	if (rc == GB_OK && *changed > 0)
		rc = db_run_locked(s, sql_counted, values, 11, NULL);
	return rc;
}

static enum gb_err
cool_model(struct store *s, const struct key_case *c, int64_t *changed)
{
	enum gb_err rc;

	rc = change(s, sql_cooled_model, sql_cool_model, c, c->model, changed);
	/* The quota is of the model that Google names, so the alias that was
	 * asked for and the name must both rest. */
	if (rc == GB_OK && c->named[0] != '\0')
		rc = change(s, sql_cooled_model, sql_cool_model, c, c->named,
			    NULL);
	if (rc == GB_OK && c->quota[0] != '\0')
		rc = projects_ran_dry(s, c);
	return rc;
}

static enum gb_err
carry_out(struct store *s, const struct key_case *c, int64_t *changed)
{
	*changed = 0;
	switch (c->sentence) {
	case SENTENCE_NONE:
		return GB_OK;
	case SENTENCE_COOL:
		return change(s, sql_cooled, sql_cool, c, NULL, changed);
	case SENTENCE_COOL_MODEL:
		return cool_model(s, c, changed);
	case SENTENCE_COUNT:
		return count_failure(s, c, changed);
	case SENTENCE_DISABLE:
		return change(s, sql_disabled, sql_disable, c, NULL, changed);
	}
	return GB_OK;
}

/* As often as it failed: only a count is more by that. */
static enum gb_err
carry_out_all(struct store *s, const struct key_case *c, int64_t times,
	      int64_t *changed)
{
	enum gb_err rc;

	*changed = 0;
	rc = GB_OK;
	if (times > 1 && c->sentence != SENTENCE_COUNT)
		times = 1;
	for (; rc == GB_OK && times > 0; times--)
		rc = carry_out(s, c, changed);
	return rc;
}

/* --- a verdict ------------------------------------------------------------ */

struct judged {
	struct combine_op op; /* the first member: run_judged() casts */
	const struct key_case *c;
	struct key_outcome *out;
};

/* Somebody else may be at fault. */
static enum gb_err
weigh(struct store *s, const struct key_case *c, struct key_outcome *out)
{
	struct charges charges;
	enum gb_err rc;

	if ((rc = charges_add(s, c, &charges)) != GB_OK)
		return rc;
	if (charges.guilty != BREAKER_NONE) {
		out->kind = charges.guilty;
		return charges_shift(s, c, &charges, &out->restored,
				     &out->open_until_ms);
	}
	out->waits = charges.due == 0 && c->sentence != SENTENCE_NONE;
	rc = carry_out_all(s, c, charges.due, &out->changed);
	if (rc == GB_OK && charges.due > 0 && !c->blame->at_once)
		rc = charges_paid(s, c);
	return rc;
}

static enum gb_err
run_judged(struct store *s, struct combine_op *op)
{
	const struct judged *j = (const struct judged *)op;
	enum gb_err rc;

	memset(j->out, 0, sizeof(*j->out));
	if ((rc = db_part_begin(s)) != GB_OK)
		return rc;
	if (j->c->consumer[0] != '\0')
		rc = projects_learn(s, j->c->key_id, j->c->consumer);
	if (rc == GB_OK)
		rc = j->c->blame != NULL ? weigh(s, j->c, j->out)
					 : carry_out(s, j->c, &j->out->changed);
	rc = db_part_end(s, rc);
	if (rc != GB_OK)
		memset(j->out, 0, sizeof(*j->out));
	return rc;
}

enum gb_err
store_key_judged(struct store *s, const struct key_case *c,
		 struct key_outcome *out)
{
	struct judged j = {.op.run = run_judged, .c = c, .out = out};
	enum gb_err rc;

	do
		rc = combine_run(s, &s->writes, &j.op);
	while (rc == GB_EFULL && !outage_keep(s, c));
	if (rc != GB_OK)
		memset(out, 0, sizeof(*out));
	return rc;
}

enum gb_err
key_judged_locked(struct store *s, const struct key_case *c)
{
	struct key_outcome out;
	struct judged j = {.c = c, .out = &out};

	return run_judged(s, &j.op);
}

/* --- a success ------------------------------------------------------------ */

struct success {
	struct combine_op op; /* the first member: run_success() casts */
	int64_t id, now_ms;
	enum key_pool pool;
	const char *model, *exit;
	bool closed;
};

static enum gb_err
convict(struct store *s, const struct key_case *c, int64_t pending)
{
	int64_t changed;

	return carry_out_all(s, c, pending, &changed);
}

static enum gb_err
clear_past(struct store *s, const struct success *ok)
{
	enum gb_err rc;

	if ((rc = db_run_locked(s, sql_succeeded,
				DB_ARGS(db_int(ok->id), db_int(ok->now_ms)),
				NULL)) != GB_OK ||
	    (rc = projects_refuted(s, ok->id, ok->model, ok->now_ms)) !=
		GB_OK ||
	    (rc = db_run_locked(s, sql_forget_model,
				DB_ARGS(db_int(ok->id), db_text(ok->model),
					db_int(ok->now_ms)),
				NULL)) != GB_OK)
		return rc;
	return db_run_locked(s, sql_succeeded_model,
			     DB_ARGS(db_int(ok->id), db_text(ok->model)), NULL);
}

static enum gb_err
run_success(struct store *s, struct combine_op *op)
{
	struct success *ok = (struct success *)op;
	enum gb_err rc;

	if ((rc = db_part_begin(s)) != GB_OK)
		return rc;
	rc = clear_past(s, ok);
	if (rc == GB_OK)
		rc = charges_convict(s, ok->exit, ok->id, ok->now_ms, convict);
	if (rc == GB_OK)
		rc = charges_clear(s, ok->exit, ok->pool, ok->model,
				   &ok->closed);
	return db_part_end(s, rc);
}

enum gb_err
store_key_succeeded(struct store *s, int64_t id, enum key_pool pool,
		    const char *model, const char *exit, int64_t now_ms,
		    bool *closed)
{
	struct success ok = {
	    .op.run = run_success,
	    .id = id,
	    .now_ms = now_ms,
	    .pool = pool,
	    .model = model,
	    .exit = exit,
	};
	enum gb_err rc;

	rc = combine_run(s, &s->writes, &ok.op);
	*closed = rc == GB_OK && ok.closed;
	return rc;
}

/* --- rechecks ------------------------------------------------------------- */

enum gb_err
store_key_revive(struct store *s, int64_t id, int64_t now_ms, bool *revived)
{
	int64_t changes;
	enum gb_err rc;

	changes = 0;
	db_lock(s);
	if ((rc = db_begin(s)) != GB_OK)
		goto out;
	if ((rc = db_run_locked(s, sql_revived,
				DB_ARGS(db_int(id), db_int(now_ms)), NULL)) ==
		GB_OK &&
	    (rc = db_run_locked(s, sql_revive,
				DB_ARGS(db_int(id), db_int(now_ms)),
				&changes)) == GB_OK &&
	    changes > 0)
		rc = charges_forget_key(s, id);
	rc = db_finish(s, rc);
out:
	db_unlock(s);
	*revived = rc == GB_OK && changes > 0;
	return rc;
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
store_key_recheck_take(struct store *s, int64_t now_ms, int64_t every_ms,
		       struct key_turn *turn)
{
	return turn_take_due(s, sql_recheck_due, sql_recheck_take,
			     DB_ARGS(db_int(now_ms - every_ms), db_int(now_ms)),
			     turn);
}

enum gb_err
store_keys_forget_models(struct store *s, int64_t before_ms, int64_t most,
			 int64_t *deleted)
{
	return db_run(s, sql_forget_old,
		      DB_ARGS(db_int(before_ms), db_int(most)), deleted);
}
