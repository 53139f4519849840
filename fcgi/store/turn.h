/* turn.h: a row of a key as a turn, and keys by filter; for fcgi/store only */
#ifndef GB_STORE_TURN_H
#define GB_STORE_TURN_H

#include "store/breakers.h"
#include "store/db.h"
#include "store/key_wishes.h"

#define LAST_OK_STEP_MS "60000" /* last_ok_at is exact to a minute only */

/* The pool as a value of a statement, and in a row. */
struct db_value pool_value(enum key_pool);
enum key_pool pool_read(sqlite3_stmt *stmt, int column);

/* SQL: whether key "k" is allowed model ?1; the function is db_key_serves(). */
#define KEY_SERVES "(k.models = '' OR key_serves(k.models, ?1))"

/* SQL: whether key "k" may serve model ?1 and does not rest for it now, at
 * ?2. */
#define KEY_IS_AWAKE \
	"k.disabled_by = 0 AND k.ready_at <= ?2 AND " KEY_SERVES \
	" AND NOT EXISTS (" \
	"SELECT 1 FROM key_models m WHERE m.key_id = k.id" \
	" AND m.model = ?1 AND m.ready_at > ?2)"

/* SQL: whether key "k" may have model ?1: unless its list is known and lacks
 * what another list has. */
#define KEY_MAY_HAVE \
	"(k.list_id IS NULL OR EXISTS (SELECT 1 FROM list_models l" \
	" WHERE l.model = ?1 AND l.list_id = k.list_id) OR NOT EXISTS" \
	" (SELECT 1 FROM list_models l WHERE l.model = ?1))"

/* SQL: whether key "k" may be picked for model ?1 now, at ?2. */
#define KEY_IS_READY KEY_IS_AWAKE " AND " KEY_MAY_HAVE

/* SQL: what turn_read() tells of has_past and troubles, as bits; of key "id"
 * and (key, "model"). */
#define KEY_HAS_PAST(id, model, now) \
	"EXISTS (SELECT 1 FROM keys k LEFT JOIN key_models m" \
	" ON m.key_id = k.id AND m.model = " model " WHERE k.id = " id \
	" AND k.disabled_by <> 2 AND (k.failures > 0 OR m.streak > 0" \
	" OR k.last_ok_at <= " now " - " LAST_OK_STEP_MS "))" \
	" + iif(EXISTS (SELECT 1 FROM breakers), 2," \
	" iif(" CHARGES_TO_CLEAR(now) ", 4, 0))"

/* SQL: true of all keys, and has a statement use the index keys_standing; those
 * that do not say so keep to the order of ids, which is cheaper for them. */
#define KEYS_STANDING "id > 0"

/* SQL: the different names in a column as "n (name)", at most "most" of them
 * or -1, and a NULL: each by a look into its index, however many have it. */
#define DISTINCT_NAMES(name, table, which, most) \
	"WITH RECURSIVE n(name) AS (SELECT min(" name ") FROM " table \
	" WHERE " which " UNION ALL SELECT (SELECT min(" name ") FROM " table \
	" WHERE " which " AND " name " > n.name) FROM n" \
	" WHERE n.name IS NOT NULL LIMIT " most ")"

/* The key whose id, secret and past (KEY_HAS_PAST) are the row in "stmt";
 * its pool is for the caller to fill in.  GB_EIO: it is none. */
enum gb_err turn_read(sqlite3_stmt *stmt, struct key_turn *) GB_NODISCARD;

/* The key that a job has to look at next: "sql_take" marks it, and returns what
 * turn_read() takes and the pool.  GB_ENOTFOUND: "sql_due" finds none. */
enum gb_err turn_take_due(struct store *, const char *sql_due,
			  const char *sql_take, const struct db_value *values,
			  size_t count, struct key_turn *) GB_NODISCARD;

/* SQL: whether key "k" is one of them.  ?1: now; ?2, ?3: the wish's. */
#define KEY_FILTER \
	"(?4 IS NULL OR k.id IN (SELECT value FROM json_each(?4)))" \
	" AND (?5 IS NULL OR k.pool = ?5)" \
	" AND (?6 IS NULL OR k.project = ?6)" \
	" AND (?7 IS NULL OR instr(lower(k.reason), lower(?7)))" \
	" AND (?8 < 0 OR " KEY_STANDING("k", \
					"?1") " = ?8)" \
					      " AND (?9 < 0 OR k.tier = ?9)"
#define KEY_FILTER_VALUES 9

/* SQL: set the fields of "k" that a person named, ?10 to ?14, and whether that
 * changes it. */
#define KEY_SET_FIELDS \
	"project_by = iif(?10 IS NULL, project_by, iif(?10 = '', " \
	"0, " PROJECT_BY_PERSON_TEXT "))," \
	" project = coalesce(?10, project), tier = iif(?11 < 0, tier, ?11)," \
	" weight = iif(?12 < 1, weight, ?12), models = coalesce(?13, models)," \
	" note = coalesce(?14, note)"
#define KEY_FIELDS_DIFFER \
	"(?10 IS NOT NULL OR (?11 >= 0 AND tier <> ?11)" \
	" OR (?12 > 0 AND weight <> ?12) OR models <> ?13 OR note <> ?14)"
#define KEY_FIELDS_VALUES 5

/* The fields as values, KEY_FIELDS_VALUES of them. */
void key_fields_values(struct db_value *values, const struct key_fields *);

void key_filter_values(struct db_value values[KEY_FILTER_VALUES],
		       const struct key_filter *, int64_t now_ms,
		       const char *text, const char *model);

#endif
