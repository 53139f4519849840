/*
 * key_wishes.c: what a person wants of keys.
 *
 * A wish is a few statements over the same filter, in an order that leaves what
 * the filter looks at alone until the last one: the history first.
 */
#include "store/key_wishes.h"

#include <string.h>

#include "store/db.h"
#include "store/key_slots.h"
#include "store/turn.h"

#define STEPS_MAX 5
#define FOR_EVER  "9223372036854775807" /* ready_at of (key, model) */

/* ?2: the reason.  The states from and to are SQL. */
#define EVENT(model, from, to) \
	KEY_EVENT_INTO "SELECT ?1, k.id, " model ", " from ", " to \
		       ", 0, 2, 0, '', '', ?2, '' FROM keys k"
#define CHOSEN "(SELECT k.id FROM keys k WHERE " KEY_FILTER ")"

/* SQL: how (key, model) "m" stands. */
#define MODEL_STANDING \
	"iif(m.disabled_by <> 0, 3, coalesce(m.ready_at, 0) > ?1)"
#define WITH_MODEL(join) \
	" " join " key_models m ON m.key_id = k.id AND m.model = ?3"

static const char sql_enabled[] =
    EVENT("''", KEY_STANDING("k", "?1"),
	  "0") " WHERE " KEY_FILTER " AND " KEY_STANDING("k", "?1") " <> 0";
static const char sql_enable[] =
    "UPDATE keys AS k SET disabled_by = 0, ready_at = 0, reason = '',"
    " failures = 0, failed_at = 0 WHERE " KEY_FILTER;
static const char sql_disabled[] =
    EVENT("''", KEY_STANDING("k", "?1"), "3") " WHERE " KEY_FILTER
					      " AND k.disabled_by <> 2";
static const char sql_disable[] =
    "UPDATE keys AS k SET disabled_by = 2, ready_at = 0, reason = ?2,"
    " checked_at = ?1 WHERE " KEY_FILTER;
static const char sql_cleared[] =
    EVENT("''", "1", "0") " WHERE " KEY_FILTER
			  " AND k.disabled_by = 0 AND k.ready_at > ?1";
static const char sql_clear[] =
    "UPDATE keys AS k SET ready_at = 0, failures = 0, failed_at = 0,"
    " reason = iif(disabled_by = 0, '', reason) WHERE " KEY_FILTER;

/* Every model of the keys. */
static const char sql_enabled_models[] =
    EVENT("m.model", MODEL_STANDING, "0") " JOIN key_models m"
					  " ON m.key_id = k.id"
					  " WHERE m.ready_at > ?1"
					  " AND " KEY_FILTER;
static const char sql_forget_models[] =
    "DELETE FROM key_models WHERE key_id IN " CHOSEN;
static const char sql_cleared_models[] =
    EVENT("m.model", "1", "0") " JOIN key_models m ON m.key_id = k.id"
			       " WHERE m.ready_at > ?1 AND m.disabled_by = 0"
			       " AND " KEY_FILTER;
static const char sql_clear_models[] =
    "DELETE FROM key_models WHERE disabled_by = 0 AND key_id IN " CHOSEN;
static const char sql_forget_charges[] =
    "DELETE FROM charges WHERE key_id IN " CHOSEN;

/* One model of the keys. */
static const char sql_enabled_model[] = EVENT("?3", MODEL_STANDING, "0")
    WITH_MODEL("JOIN") " WHERE m.ready_at > ?1 AND " KEY_FILTER;
static const char sql_enable_model[] =
    "DELETE FROM key_models WHERE model = ?3 AND key_id IN " CHOSEN;
static const char sql_disabled_model[] =
    EVENT("?3", "coalesce(m.ready_at, 0) > ?1", "3") WITH_MODEL(
	"LEFT JOIN") " WHERE coalesce(m.disabled_by, 0) = 0 AND " KEY_FILTER;
static const char sql_disable_model[] =
    "INSERT INTO key_models (key_id, model, ready_at, streak, reason,"
    " disabled_by, cause) SELECT k.id, ?3, " FOR_EVER ", 0, ?2, 2, 2"
    " FROM keys k WHERE " KEY_FILTER
    " ON CONFLICT (key_id, model) DO UPDATE SET ready_at = " FOR_EVER ","
    " streak = 0, reason = ?2, disabled_by = 2, cause = 2";
static const char sql_cleared_model[] = EVENT("?3", "1", "0") WITH_MODEL(
    "JOIN") " WHERE m.ready_at > ?1 AND m.disabled_by = 0 AND " KEY_FILTER;
static const char sql_clear_model[] =
    "DELETE FROM key_models WHERE model = ?3 AND disabled_by = 0"
    " AND key_id IN " CHOSEN;

/* What is said of the keys and changes no row of theirs. */
static const char sql_count_chosen[] =
    "SELECT count(*) FROM keys k WHERE " KEY_FILTER;
static const char sql_remove[] = "DELETE FROM keys WHERE id IN " CHOSEN;
static const char sql_set_project[] =
    "UPDATE keys AS k SET project = ?2, project_by = iif(?2 = '', "
    "0, " PROJECT_BY_PERSON_TEXT ")"
    " WHERE " KEY_FILTER;

static const char sql_set[] = "UPDATE keys AS k SET " KEY_SET_FIELDS
			      " WHERE " KEY_FILTER " AND " KEY_FIELDS_DIFFER;

static const char *const steps[WISH__MAX][STEPS_MAX] = {
    [WISH_ENABLE] = {sql_enabled_models, sql_forget_models, sql_forget_charges,
		     sql_enabled, sql_enable},
    [WISH_DISABLE] = {sql_disabled, sql_disable},
    [WISH_CLEAR] = {sql_cleared_models, sql_clear_models, sql_forget_charges,
		    sql_cleared, sql_clear},
    [WISH_REMOVE] = {sql_forget_charges, sql_remove},
    [WISH_PROJECT] = {sql_set_project},
    [WISH_ENABLE_MODEL] = {sql_enabled_model, sql_enable_model},
    [WISH_DISABLE_MODEL] = {sql_disabled_model, sql_disable_model},
    [WISH_CLEAR_MODEL] = {sql_cleared_model, sql_clear_model},
};

void
key_filter_values(struct db_value values[KEY_FILTER_VALUES],
		  const struct key_filter *f, int64_t now_ms, const char *text,
		  const char *model)
{
	const struct db_value all[KEY_FILTER_VALUES] = {
	    db_int(now_ms),
	    db_text(text),
	    db_text(model),
	    db_text(f->ids),
	    f->by_pool ? pool_value(f->pool) : db_text(NULL),
	    db_text(f->project),
	    db_text(f->words),
	    db_int(f->by_standing ? (int64_t)f->standing : -1),
	    db_int(f->by_tier ? (int64_t)f->tier : -1),
	};

	memcpy(values, all, sizeof(all));
}

enum gb_err
store_keys_wish(struct store *s, const struct key_filter *f,
		const struct key_wish_of *of, int64_t now_ms, int64_t *chosen)
{
	struct db_value values[KEY_FILTER_VALUES];
	const char *const *sql;
	enum gb_err rc;
	int i;

	*chosen = 0;
	if (of->wish == WISH_PROJECT && !key_project_plausible(of->text))
		return GB_EINVAL;
	key_filter_values(values, f, now_ms, of->text, of->model);
	sql = steps[of->wish];
	db_lock(s);
	if ((rc = db_begin(s)) != GB_OK)
		goto out;
	rc = db_number_locked(s, sql_count_chosen, values, GB_COUNT(values),
			      chosen);
	for (i = 0; rc == GB_OK && i < STEPS_MAX && sql[i] != NULL; i++)
		rc = db_run_locked(s, sql[i], values, GB_COUNT(values), NULL);
	if (rc == GB_OK && of->wish == WISH_REMOVE && *chosen > 0)
		rc = key_slots_lay(s);
	if (rc == GB_OK && *chosen > 0)
		rc = db_touch(s);
	rc = db_finish(s, rc);
out:
	db_unlock(s);
	if (rc != GB_OK)
		*chosen = 0;
	return rc;
}

enum gb_err
store_keys_set(struct store *s, const struct key_filter *f,
	       const struct key_fields *fields, int64_t now_ms, int64_t *chosen)
{
	struct db_value values[KEY_FILTER_VALUES + KEY_FIELDS_VALUES];
	int64_t changed;
	enum gb_err rc;

	*chosen = 0;
	if (!key_fields_plausible(fields))
		return GB_EINVAL;
	key_filter_values(values, f, now_ms, NULL, NULL);
	key_fields_values(values + KEY_FILTER_VALUES, fields);
	db_lock(s);
	if ((rc = db_begin(s)) != GB_OK)
		goto out;
	rc = db_number_locked(s, sql_count_chosen, values, KEY_FILTER_VALUES,
			      chosen);
	if (rc == GB_OK)
		rc = db_run_locked(s, sql_set, values, GB_COUNT(values),
				   &changed);
	if (rc == GB_OK && changed > 0 &&
	    (fields->by_tier || fields->weight > 0))
		rc = key_slots_lay(s);
	if (rc == GB_OK && changed > 0)
		rc = db_touch(s);
	rc = db_finish(s, rc);
out:
	db_unlock(s);
	if (rc != GB_OK)
		*chosen = 0;
	return rc;
}
