/* jobs.c: which process does what is due from time to time */
#include "store/jobs.h"

#include "store/db.h"

/* A clock that was once far ahead must not stop a job for as long: a time
 * that lies too far in the future counts as none. */
static const char sql_job_take[] =
    "INSERT INTO jobs (name, taken_at, lease_until) VALUES (?1, ?2, ?2 + ?4)"
    " ON CONFLICT (name) DO UPDATE SET taken_at = ?2, lease_until = ?2 + ?4"
    " WHERE abs(?2 - taken_at) >= ?3"
    " AND (lease_until <= ?2 OR lease_until > ?2 + ?4)";

static const char sql_job_end[] =
    "UPDATE jobs SET lease_until = taken_at WHERE name = ?1 AND taken_at = ?2";

enum gb_err
store_job_take(struct store *s, const char *job, int64_t now_ms,
	       int64_t every_ms, int64_t lease_ms, bool *mine)
{
	int64_t changes;
	enum gb_err rc;

	rc = db_run(s, sql_job_take,
		    DB_ARGS(db_text(job), db_int(now_ms), db_int(every_ms),
			    db_int(lease_ms)),
		    &changes);
	*mine = changes > 0;
	return rc;
}

enum gb_err
store_job_end(struct store *s, const char *job, int64_t taken_ms)
{
	return db_run(s, sql_job_end, DB_ARGS(db_text(job), db_int(taken_ms)),
		      NULL);
}
