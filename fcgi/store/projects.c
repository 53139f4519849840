/* projects.c: which keys share a project, and so its quotas */
#include "store/projects.h"

#include <string.h>

#include "base/clock.h"
#include "store/db.h"
#include "store/key_history.h"
#include "store/turn.h"

#define TOGETHER_MS   10000 /* between the ends of two keys of a project */
#define PROBATION_MS  60000 /* after which a guess is tested */
#define REQUESTS_READ 10000 /* of two days; in busier ones nobody counts */

static const char sql_learn[] =
    "UPDATE keys SET project = ?2, project_by = 2 WHERE id = ?1"
    " AND project_by < 3 AND (project <> ?2 OR project_by <> 2)";
static const char sql_may_guess[] =
    "SELECT project_by FROM keys WHERE id = ?1 AND project_by <= 1";

/* ?1: the key, ?2, ?3: the model's names, ?4: since when. */
static const char sql_requests[] =
    "SELECT count(*) FROM (SELECT 1 FROM requests WHERE time_ms >= ?1"
    " LIMIT ?2)";
static const char sql_uses[] =
    "SELECT count(*) FROM requests WHERE time_ms >= ?4 AND key_id = ?1"
    " AND model IN (?2, ?3) AND status = 200";
static const char sql_shared[] =
    "UPDATE key_events SET shared = 1 WHERE id = (SELECT max(id)"
    " FROM key_events WHERE key_id = ?1 AND model = ?2 AND time_ms = ?3)";

/*
 * What is known of two days, ?4 begins the second one: when each key answered
 * last for a model, and when it was told first that the quota ?5 is used up.
 * Where one of a group, or of the other, answered after one of the other group
 * had been told so, they do not share it.
 */
#define TWO_DAYS \
	"WITH worked(key_id, model, day, at) AS MATERIALIZED (" \
	"SELECT key_id, model, time_ms >= ?4, max(time_ms) FROM requests" \
	" WHERE time_ms >= ?4 - 86400000 AND status = 200 GROUP BY 1, 2, 3)," \
	" dry(key_id, model, day, at) AS MATERIALIZED (" \
	"SELECT key_id, model, time_ms >= ?4, min(time_ms) FROM key_events" \
	" WHERE time_ms >= ?4 - 86400000 AND quota = ?5 AND cause = 0" \
	" GROUP BY 1, 2, 3)"
#define GROUP_OF(id) \
	"(SELECT " id " UNION SELECT o.id FROM keys t JOIN keys o" \
	" ON o.project = t.project WHERE t.id = " id " AND o.project <> '')"
#define WORKED_AFTER(a, b) \
	"EXISTS (SELECT 1 FROM dry d JOIN worked w ON w.model = d.model" \
	" AND w.day = d.day AND w.at > d.at" \
	" WHERE d.key_id IN " GROUP_OF(a) " AND w.key_id IN " GROUP_OF(b) ")"

/* ?5: the quota, ?6: now, ?7: within what time. */
static const char sql_partner[] = TWO_DAYS
    " SELECT b.key_id FROM key_events b JOIN keys k ON k.id = b.key_id"
    " WHERE b.time_ms BETWEEN ?6 - ?7 AND ?6 AND b.key_id <> ?1"
    " AND b.model = ?2 AND b.quota = ?5 AND b.shared = 1 AND b.cause = 0"
    " AND k.project_by <= 1"
    " AND k.pool = (SELECT pool FROM keys WHERE id = ?1)"
    " AND NOT EXISTS (SELECT 1 FROM requests r WHERE r.time_ms > b.time_ms"
    " AND r.key_id = ?1 AND r.model IN (?2, ?3) AND r.status = 200)"
    " AND EXISTS (SELECT 1 FROM key_events x JOIN key_events y"
    " ON y.key_id = ?1 AND y.quota = ?5 AND y.shared = 1 AND y.cause = 0"
    " AND y.model = x.model AND abs(y.time_ms - x.time_ms) <= ?7"
    " WHERE x.key_id = b.key_id AND x.quota = ?5 AND x.shared = 1"
    " AND x.cause = 0 AND x.time_ms < ?4)"
    " AND NOT " WORKED_AFTER("?1", "b.key_id") " AND NOT " WORKED_AFTER(
	"b.key_id", "?1") " ORDER BY b.id DESC LIMIT 1";
/* Two that belong together: ?1 and ?2.  Whole groups meet, too. */
static const char sql_join[] =
    "UPDATE keys SET project_by = 1, project = (SELECT coalesce("
    "max(nullif(project, '')), '~' || min(?1, ?2)) FROM keys"
    " WHERE id IN (?1, ?2)) WHERE project_by <= 1 AND (id IN (?1, ?2)"
    " OR (project <> '' AND project IN"
    " (SELECT project FROM keys WHERE id IN (?1, ?2))))";

/* Nobody of the group but ?1 has found out himself: of those that rest by its
 * word the one that was told so longest ago is asked at ?4, so that each has
 * its turn.  ?2: the model, ?3: now. */
static const char sql_probation[] =
    "UPDATE key_models SET ready_at = ?4 WHERE model = ?2 AND key_id = ("
    "SELECT o.id FROM keys t JOIN keys o ON o.project = t.project"
    " AND o.pool = t.pool JOIN key_models m ON m.key_id = o.id"
    " AND m.model = ?2 WHERE t.id = ?1 AND t.project_by = 1"
    " AND o.project_by = 1 AND o.project <> '' AND o.id <> ?1"
    " AND m.cause = 1 AND m.ready_at > ?4"
    " AND NOT EXISTS (SELECT 1 FROM keys p JOIN key_models n"
    " ON n.key_id = p.id AND n.model = ?2 WHERE p.project = t.project"
    " AND p.id <> ?1 AND n.cause = 0 AND n.ready_at > ?3)"
    " ORDER BY (SELECT max(e.id) FROM key_events e WHERE e.key_id = o.id"
    " AND e.cause = 0 AND e.quota <> '') NULLS FIRST, o.id LIMIT 1)";

/* ?1: a key that works for ?2 at ?3, while another of its guessed project is
 * known to rest, and not only for some seconds more. */
static const char sql_is_refuted[] =
    "SELECT 1 FROM keys t JOIN key_models m ON m.key_id = t.id"
    " AND m.model = ?2 WHERE t.id = ?1 AND t.project_by = 1"
    " AND m.cause = 1 AND m.ready_at <= ?3"
    " AND EXISTS (SELECT 1 FROM keys o JOIN key_models n"
    " ON n.key_id = o.id AND n.model = ?2 WHERE o.project = t.project"
    " AND o.project <> '' AND o.id <> ?1 AND n.cause = 0"
    " AND n.ready_at > ?3 + 10000)";
#define RESTS_BY_GUESS \
	"SELECT o.id FROM keys t JOIN keys o ON o.project = t.project" \
	" WHERE t.id = ?1 AND o.project <> '' AND o.project_by = 1"
static const char sql_lifted[] = KEY_EVENT_INTO
    "SELECT ?3, m.key_id, m.model, 1, 0, 0, 1, 0, '', '',"
    " 'another key of its supposed project works', '' FROM key_models m"
    " WHERE m.model = ?2 AND m.cause = 1 AND m.ready_at > ?3"
    " AND m.key_id IN (" RESTS_BY_GUESS ")";
static const char sql_lift[] =
    "DELETE FROM key_models WHERE model = ?2 AND cause = 1 AND ready_at > ?3"
    " AND key_id IN (" RESTS_BY_GUESS ")";
static const char sql_leave[] =
    "UPDATE keys SET project = '', project_by = 0 WHERE id = ?1";
static const char sql_not_shared[] =
    "UPDATE key_events SET shared = 0 WHERE key_id = ?1 AND shared = 1";

enum gb_err
projects_learn(struct store *s, int64_t key_id, const char *consumer)
{
	return db_run_locked(s, sql_learn,
			     DB_ARGS(db_int(key_id), db_text(consumer)), NULL);
}

/* Whether a query has a row, or a number that is not 0. */
static enum gb_err
ask(struct store *s, const char *sql, const struct db_value *values,
    size_t count, bool *yes)
{
	int64_t number;
	enum gb_err rc;

	rc = db_number_locked(s, sql, values, count, &number);
	*yes = rc == GB_OK;
	return rc == GB_ENOTFOUND ? GB_OK : rc;
}

static bool
is_of_a_day(const char *quota)
{
	return strstr(quota, "PerDay") != NULL ||
	       strstr(quota, "Daily") != NULL;
}

/* Whether the key has used so much less than its quota that somebody else must
 * have used the rest. */
static enum gb_err
was_shared(struct store *s, const struct key_case *c, int64_t since_ms,
	   bool *shared)
{
	int64_t requests, uses;
	enum gb_err rc;

	*shared = false;
	rc = db_number_locked(s, sql_requests,
			      DB_ARGS(db_int(since_ms - DAY_MS),
				      db_int(REQUESTS_READ)),
			      &requests);
	if (rc != GB_OK || requests >= REQUESTS_READ)
		return rc;
	rc = db_number_locked(s, sql_uses,
			      DB_ARGS(db_int(c->key_id), db_text(c->model),
				      db_text(c->named), db_int(since_ms)),
			      &uses);
	*shared = rc == GB_OK && uses < c->quota_value - c->quota_value / 4;
	return rc;
}

/* Look for a key that ran dry with this one. */
static enum gb_err
guess(struct store *s, const struct key_case *c)
{
	int64_t since_ms, partner;
	enum gb_err rc;
	bool shared;

	since_ms = clock_pacific_midnight_ms(c->now_ms) - DAY_MS;
	rc = was_shared(s, c, since_ms, &shared);
	if (rc != GB_OK || !shared)
		return rc;
	rc = db_run_locked(s, sql_shared,
			   DB_ARGS(db_int(c->key_id), db_text(c->model),
				   db_int(c->now_ms)),
			   NULL);
	if (rc != GB_OK)
		return rc;
	rc = db_number_locked(s, sql_partner,
			      DB_ARGS(db_int(c->key_id), db_text(c->model),
				      db_text(c->named), db_int(since_ms),
				      db_text(c->quota), db_int(c->now_ms),
				      db_int(TOGETHER_MS)),
			      &partner);
	if (rc != GB_OK)
		return rc == GB_ENOTFOUND ? GB_OK : rc;
	return db_run_locked(s, sql_join,
			     DB_ARGS(db_int(c->key_id), db_int(partner)), NULL);
}

/* Another key of a guessed group has to say the same soon. */
static enum gb_err
test_guess(struct store *s, const struct key_case *c, const char *model)
{
	return db_run_locked(s, sql_probation,
			     DB_ARGS(db_int(c->key_id), db_text(model),
				     db_int(c->now_ms),
				     db_int(c->now_ms + PROBATION_MS)),
			     NULL);
}

enum gb_err
projects_ran_dry(struct store *s, const struct key_case *c)
{
	enum gb_err rc;
	bool may_guess;

	rc = ask(s, sql_may_guess, DB_ARGS(db_int(c->key_id)), &may_guess);
	if (rc != GB_OK || !may_guess)
		return rc;
	if ((rc = test_guess(s, c, c->model)) != GB_OK ||
	    (rc = test_guess(s, c, c->named)) != GB_OK)
		return rc;
	return is_of_a_day(c->quota) && c->quota_value > 0 ? guess(s, c)
							   : GB_OK;
}

enum gb_err
projects_refuted(struct store *s, int64_t key_id, const char *model,
		 int64_t now_ms)
{
	const struct db_value values[] = {
	    db_int(key_id),
	    db_text(model),
	    db_int(now_ms),
	};
	enum gb_err rc;
	bool refuted;

	rc = ask(s, sql_is_refuted, values, GB_COUNT(values), &refuted);
	if (rc != GB_OK || !refuted)
		return rc;
	if ((rc = db_run_locked(s, sql_lifted, values, GB_COUNT(values),
				NULL)) != GB_OK ||
	    (rc = db_run_locked(s, sql_lift, values, GB_COUNT(values), NULL)) !=
		GB_OK ||
	    (rc = db_run_locked(s, sql_leave, values, 1, NULL)) != GB_OK)
		return rc;
	return db_run_locked(s, sql_not_shared, values, 1, NULL);
}
