/* key_slots.c: the places that keys of different weights have in their turns */
#include "store/key_slots.h"

/* With more places than this, weights count less against each other. */
#define SLOTS_MAX "1000000"

/* The rotations by key again, whatever is laid next. */
static const char sql_by_key[] =
    "UPDATE rotation SET weighted = 0, pos = coalesce("
    "(SELECT p.key_id FROM key_slots p WHERE p.pool = rotation.pool"
    " AND p.tier = rotation.tier AND p.at <= rotation.pos"
    " ORDER BY p.at DESC LIMIT 1), 0) WHERE weighted = 1";
static const char sql_forget[] = "DELETE FROM key_slots";
static const char sql_rotations[] =
    "INSERT OR IGNORE INTO rotation (pool, tier, pos)"
    " SELECT DISTINCT pool, tier, 0 FROM keys";

/*
 * The n-th of a key's w places lies n/w of a round behind its first, and that
 * as far into the round as the key is into its tier.
 */
static const char sql_lay[] =
    "WITH RECURSIVE"
    " uneven AS (SELECT pool, tier, count(*) AS keys, sum(weight) AS sum"
    " FROM keys GROUP BY pool, tier HAVING min(weight) <> max(weight)),"
    " n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n"
    " WHERE n + 1 < (SELECT max(weight) FROM keys)),"
    " first AS (SELECT k.pool, k.tier, k.id, iif(u.sum <= " SLOTS_MAX ","
    " k.weight, max(1, k.weight * " SLOTS_MAX " / u.sum)) AS places,"
    " 1.0 * row_number() OVER (PARTITION BY k.pool, k.tier ORDER BY k.id)"
    " / u.keys AS way FROM uneven u"
    " JOIN keys k ON k.pool = u.pool AND k.tier = u.tier)"
    "INSERT INTO key_slots (pool, tier, at, key_id)"
    " SELECT pool, tier, row_number() OVER (PARTITION BY pool, tier ORDER BY"
    " iif(way + 1.0 * n / places > 1, way + 1.0 * n / places - 1,"
    " way + 1.0 * n / places), id), id"
    " FROM first JOIN n ON n < places";
static const char sql_by_place[] =
    "UPDATE rotation SET weighted = 1, pos = coalesce("
    "(SELECT min(p.at) FROM key_slots p WHERE p.pool = rotation.pool"
    " AND p.tier = rotation.tier AND p.key_id = rotation.pos), 0)"
    " WHERE EXISTS (SELECT 1 FROM key_slots p WHERE p.pool = rotation.pool"
    " AND p.tier = rotation.tier)";

enum gb_err
key_slots_lay(struct store *s)
{
	static const char *const steps[] = {sql_by_key, sql_forget,
					    sql_rotations, sql_lay,
					    sql_by_place};
	enum gb_err rc;
	size_t i;

	rc = GB_OK;
	for (i = 0; i < GB_COUNT(steps) && rc == GB_OK; i++)
		rc = db_run_locked(s, steps[i], DB_NO_ARGS, NULL);
	return rc;
}
