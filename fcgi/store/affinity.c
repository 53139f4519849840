/* affinity.c: which key answered somebody's requests of one kind last */
#include "store/affinity.h"

#include "base/clock.h"
#include "store/turn.h"

#define TOUCH_MS      (5 * MINUTE_MS) /* a use is written as often */
#define AFFINITY_ROWS 100000	      /* some 10 MiB of the file */
#define TRIM_ROWS     2		      /* a row more, two go */

/* ?1, ?2: as in KEY_IS_READY; ?3: the tried ids; ?6: the tier.  What was used
 * in times to come is from a clock that was ahead. */
static const char sql_turn[] = "SELECT k.id, gb_open(k.secret), " KEY_HAS_PAST(
    "a.key_id", "?1",
    "?2") ","
	  " a.used_at FROM affinity a JOIN keys k ON k.id = a.key_id"
	  " WHERE a.digest = ?4 AND abs(?2 - a.used_at) < ?5 AND " KEY_IS_READY
	  " AND k.tier = ?6 AND k.id NOT IN"
	  " (SELECT value FROM json_each(?3))";
static const char sql_bind[] =
    "INSERT OR REPLACE INTO affinity (digest, key_id, used_at)"
    " VALUES (?1, ?2, ?3)";
static const char sql_trim[] =
    "DELETE FROM affinity WHERE id IN (SELECT id FROM affinity"
    " WHERE id <= (SELECT max(id) FROM affinity) - ?1 ORDER BY id LIMIT ?2)";
static const char sql_expire[] =
    "DELETE FROM affinity WHERE id IN (SELECT id FROM affinity"
    " WHERE used_at < ?1 ORDER BY used_at LIMIT ?2)";

enum gb_err
affinity_turn(struct store *s, const unsigned char *digest, const char *model,
	      int64_t now_ms, int tier, const char *tried,
	      struct key_turn *turn)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row, touch;

	touch = false;
	rc = db_start(s, sql_turn,
		      DB_ARGS(db_text(model), db_int(now_ms), db_text(tried),
			      db_blob(digest, AFFINITY_SIZE),
			      db_int(AFFINITY_MS), db_int(tier)),
		      &stmt);
	if (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK) {
		rc = row ? turn_read(stmt, turn) : GB_ENOTFOUND;
		touch = rc == GB_OK &&
			sqlite3_column_int64(stmt, 3) <= now_ms - TOUCH_MS;
	}
	db_end(stmt);
	return touch ? affinity_bind(s, digest, turn->id, now_ms) : rc;
}

enum gb_err
affinity_bind(struct store *s, const unsigned char *digest, int64_t key_id,
	      int64_t now_ms)
{
	enum gb_err rc;

	rc = db_run_locked(s, sql_bind,
			   DB_ARGS(db_blob(digest, AFFINITY_SIZE),
				   db_int(key_id), db_int(now_ms)),
			   NULL);
	if (rc != GB_OK)
		return rc;
	return db_run_locked(s, sql_trim,
			     DB_ARGS(db_int(AFFINITY_ROWS), db_int(TRIM_ROWS)),
			     NULL);
}

enum gb_err
affinity_expire(struct store *s, int64_t before_ms, int64_t most,
		int64_t *deleted)
{
	return db_run(s, sql_expire, DB_ARGS(db_int(before_ms), db_int(most)),
		      deleted);
}
