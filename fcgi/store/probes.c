/* probes.c: what a doctor and the process that it probes know of each other */
#include "store/probes.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "store/db.h"

#define NAME_SIZE (7 + 2 * DIGEST_SIZE + 1)

static const char sql_expire[] =
    "DELETE FROM jobs WHERE name >= 'doctor ' AND name < 'doctor!'"
    " AND lease_until <= ?1";
static const char sql_begin[] =
    "INSERT INTO jobs (name, taken_at, lease_until) VALUES (?1, 0, ?2)";
static const char sql_end[] = "DELETE FROM jobs WHERE name = ?1";
static const char sql_tell[] = "UPDATE jobs SET taken_at = ?3"
			       " WHERE name = ?1 AND lease_until > ?2";
static const char sql_find[] = "SELECT taken_at FROM jobs"
			       " WHERE name = ?1 AND lease_until > ?2";

/* What the row of this probe is called. */
static const char *
name_of(const char *id, char name[NAME_SIZE])
{
	unsigned char digest[DIGEST_SIZE];

	secret_digest(digest, id, strlen(id));
	(void)snprintf(name, NAME_SIZE, "doctor ");
	hex_write(name + 7, digest, sizeof(digest));
	return name;
}

enum gb_err
store_probe_begin(struct store *s, int64_t now_ms, char id[RANDOM_ID_SIZE])
{
	char name[NAME_SIZE];
	enum gb_err rc;

	random_id(id);
	rc = db_run(s, sql_expire, DB_ARGS(db_int(now_ms)), NULL);
	if (rc == GB_OK)
		rc = db_run(s, sql_begin,
			    DB_ARGS(db_text(name_of(id, name)),
				    db_int(now_ms + PROBE_LIFE_MS)),
			    NULL);
	return rc;
}

enum gb_err
store_probe_end(struct store *s, const char *id)
{
	char name[NAME_SIZE];

	return db_run(s, sql_end, DB_ARGS(db_text(name_of(id, name))), NULL);
}

enum gb_err
store_probe_tell(struct store *s, const char *id, int64_t now_ms, int64_t told)
{
	char name[NAME_SIZE];
	int64_t changes;
	enum gb_err rc;

	rc = db_run(s, sql_tell,
		    DB_ARGS(db_text(name_of(id, name)), db_int(now_ms),
			    db_int(told)),
		    &changes);
	return rc == GB_OK && changes == 0 ? GB_ENOTFOUND : rc;
}

enum gb_err
store_probe_find(struct store *s, const char *id, int64_t now_ms, int64_t *told)
{
	char name[NAME_SIZE];
	enum gb_err rc;

	db_lock(s);
	rc = db_number_locked(s, sql_find,
			      DB_ARGS(db_text(name_of(id, name)),
				      db_int(now_ms)),
			      told);
	db_unlock(s);
	return rc;
}
