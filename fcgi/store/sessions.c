/* sessions.c: who is signed in as the admin, and who tried */
#include "store/sessions.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/db.h"

#define SEEN_EVERY_MS MINUTE_MS /* no write for each click */
#define TRIES_FREE    3
#define TRY_MS	      SECOND_MS /* what the first one after these costs */
#define TRY_MAX_MS    (5 * MINUTE_MS)
#define TRY_DOUBLINGS 9 /* until TRY_MAX_MS is passed */
#define TRY_KEPT_MS   HOUR_MS

#define COLUMNS "id, created_at, seen_at, expires_at, address, agent, notes"

static const char sql_begin[] =
    "INSERT INTO sessions (digest, proof, created_at, seen_at, expires_at,"
    " address, agent, notes) VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, '')";
static const char sql_make_room[] =
    "DELETE FROM sessions WHERE id NOT IN"
    " (SELECT id FROM sessions ORDER BY id DESC LIMIT ?1)";
static const char sql_find[] =
    "SELECT " COLUMNS " FROM sessions WHERE digest = ?1 AND proof = ?2"
    " AND expires_at > ?3 AND seen_at > ?3 - ?4";
static const char sql_seen[] = "UPDATE sessions SET seen_at = ?2 WHERE id = ?1";
static const char sql_note[] =
    "UPDATE sessions SET notes = notes || ?2 WHERE id = ?1"
    " AND length(CAST(notes AS BLOB)) + length(CAST(?2 AS BLOB)) <= ?3";
static const char sql_unnote[] = "UPDATE sessions SET notes = '' WHERE id = ?1";
static const char sql_end[] = "DELETE FROM sessions WHERE id = ?1";
static const char sql_end_all[] = "DELETE FROM sessions";
static const char sql_list[] = "SELECT " COLUMNS " FROM sessions"
			       " WHERE expires_at > ?1 AND seen_at > ?1 - ?2"
			       " ORDER BY id DESC LIMIT ?3";
static const char sql_expire[] =
    "DELETE FROM sessions WHERE id IN"
    " (SELECT id FROM sessions WHERE expires_at < ?1 LIMIT ?2)";

static const char sql_try_wait[] =
    "SELECT wait_until - ?2 FROM sign_in_tries WHERE address = ?1";
static const char sql_try_count[] =
    "SELECT count FROM sign_in_tries WHERE address = ?1 AND last_at > ?2";
/* It gets a new id: those that lie far behind it are the ones too many. */
static const char sql_try_write[] =
    "INSERT OR REPLACE INTO sign_in_tries"
    " (id, address, count, last_at, wait_until) VALUES"
    " ((SELECT ifnull(max(id), 0) + 1 FROM sign_in_tries), ?1, ?2, ?3, ?4)";
static const char sql_try_trim[] = "DELETE FROM sign_in_tries WHERE id <="
				   " (SELECT max(id) FROM sign_in_tries) - ?1";
static const char sql_try_forget[] =
    "DELETE FROM sign_in_tries WHERE address = ?1";
static const char sql_tries_expire[] =
    "DELETE FROM sign_in_tries WHERE id IN"
    " (SELECT id FROM sign_in_tries WHERE last_at < ?1 LIMIT ?2)";

/* A copy of "text" that fits, cut before a character and not within it. */
static void
copy_cut(char *to, size_t size, const char *text)
{
	size_t len;

	if (text == NULL)
		text = "";
	len = strlen(text);
	if (len >= size)
		for (len = size - 1;
		     len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;
		     len--)
			;
	memcpy(to, text, len);
	to[len] = '\0';
}

static void
read_session(sqlite3_stmt *stmt, struct session_row *row)
{
	row->id = sqlite3_column_int64(stmt, 0);
	row->created_at = sqlite3_column_int64(stmt, 1);
	row->seen_at = sqlite3_column_int64(stmt, 2);
	row->expires_at = sqlite3_column_int64(stmt, 3);
	copy_cut(row->address, sizeof(row->address),
		 (const char *)sqlite3_column_text(stmt, 4));
	copy_cut(row->agent, sizeof(row->agent),
		 (const char *)sqlite3_column_text(stmt, 5));
	copy_cut(row->notes, sizeof(row->notes),
		 (const char *)sqlite3_column_text(stmt, 6));
}

enum gb_err
store_session_begin(struct store *s, const unsigned char digest[DIGEST_SIZE],
		    const unsigned char proof[DIGEST_SIZE], const char *address,
		    const char *agent, int64_t now_ms, int64_t expires_at)
{
	char from[SESSION_ADDRESS_MAX + 1], with[SESSION_AGENT_MAX + 1];
	enum gb_err rc;

	copy_cut(from, sizeof(from), address);
	copy_cut(with, sizeof(with), agent);
	db_lock(s);
	if ((rc = db_begin(s)) != GB_OK)
		goto out;
	rc = db_run_locked(s, sql_begin,
			   DB_ARGS(db_blob(digest, DIGEST_SIZE),
				   db_blob(proof, DIGEST_SIZE), db_int(now_ms),
				   db_int(expires_at), db_text(from),
				   db_text(with)),
			   NULL);
	if (rc == GB_OK)
		rc = db_run_locked(s, sql_make_room,
				   DB_ARGS(db_int(SESSIONS_MAX)), NULL);
	rc = db_finish(s, rc);
out:
	db_unlock(s);
	return rc;
}

enum gb_err
store_session_find(struct store *s, const unsigned char digest[DIGEST_SIZE],
		   const unsigned char proof[DIGEST_SIZE], int64_t now_ms,
		   int64_t idle_ms, bool use, struct session_row *row)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool found;

	memset(row, 0, sizeof(*row));
	db_lock(s);
	rc = db_start(s, sql_find,
		      DB_ARGS(db_blob(digest, DIGEST_SIZE),
			      db_blob(proof, DIGEST_SIZE), db_int(now_ms),
			      db_int(idle_ms)),
		      &stmt);
	if (rc == GB_OK && (rc = db_step(s, stmt, &found)) == GB_OK) {
		if (found)
			read_session(stmt, row);
		else
			rc = GB_ENOTFOUND;
	}
	db_end(stmt);
	if (rc == GB_OK && use && now_ms - row->seen_at >= SEEN_EVERY_MS)
		rc = db_run_locked(s, sql_seen,
				   DB_ARGS(db_int(row->id), db_int(now_ms)),
				   NULL);
	db_unlock(s);
	return rc;
}

enum gb_err
store_session_note(struct store *s, int64_t id, const char *text)
{
	if (text == NULL)
		return db_run(s, sql_unnote, DB_ARGS(db_int(id)), NULL);
	return db_run(s, sql_note,
		      DB_ARGS(db_int(id), db_text(text),
			      db_int(SESSION_NOTES_MAX)),
		      NULL);
}

enum gb_err
store_session_end(struct store *s, int64_t id)
{
	return db_run(s, sql_end, DB_ARGS(db_int(id)), NULL);
}

enum gb_err
store_sessions_end(struct store *s, int64_t *ended)
{
	return db_run(s, sql_end_all, DB_NO_ARGS, ended);
}

enum gb_err
store_sessions_list(struct store *s, int64_t now_ms, int64_t idle_ms,
		    struct session_rows *out)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	out->count = 0;
	out->rows = calloc(SESSIONS_MAX, sizeof(*out->rows));
	if (out->rows == NULL)
		return GB_ENOMEM;
	db_lock(s);
	rc = db_start(s, sql_list,
		      DB_ARGS(db_int(now_ms), db_int(idle_ms),
			      db_int(SESSIONS_MAX)),
		      &stmt);
	while (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK && row)
		read_session(stmt, &out->rows[out->count++]);
	db_end(stmt);
	db_unlock(s);
	return rc;
}

enum gb_err
store_sessions_expire(struct store *s, int64_t before_ms, int64_t most,
		      int64_t *deleted)
{
	return db_run(s, sql_expire, DB_ARGS(db_int(before_ms), db_int(most)),
		      deleted);
}

/* --- who tried ------------------------------------------------------------ */

static int64_t
delay_after(int64_t count)
{
	int64_t ms;

	if (count <= TRIES_FREE)
		return 0;
	if (count - TRIES_FREE > TRY_DOUBLINGS)
		return TRY_MAX_MS;
	ms = TRY_MS << (count - TRIES_FREE - 1);
	return ms < TRY_MAX_MS ? ms : TRY_MAX_MS;
}

static enum gb_err
wait_locked(struct store *s, const char *address, int64_t now_ms,
	    int64_t *wait_ms)
{
	enum gb_err rc;

	rc = db_number_locked(s, sql_try_wait,
			      DB_ARGS(db_text(address), db_int(now_ms)),
			      wait_ms);
	/* A clock that was once far ahead must not lock anybody out. */
	if (*wait_ms < 0 || *wait_ms > TRY_MAX_MS)
		*wait_ms = 0;
	return rc == GB_ENOTFOUND ? GB_OK : rc;
}

enum gb_err
store_try_wait(struct store *s, const char *address, int64_t now_ms,
	       int64_t *wait_ms)
{
	enum gb_err rc;

	db_lock(s);
	rc = wait_locked(s, address, now_ms, wait_ms);
	db_unlock(s);
	return rc;
}

static enum gb_err
count_locked(struct store *s, const char *address, int64_t now_ms)
{
	int64_t count;
	enum gb_err rc;

	rc = db_number_locked(s, sql_try_count,
			      DB_ARGS(db_text(address),
				      db_int(now_ms - TRY_KEPT_MS)),
			      &count);
	if (rc != GB_OK && rc != GB_ENOTFOUND)
		return rc;
	count++;
	rc = db_run_locked(s, sql_try_write,
			   DB_ARGS(db_text(address), db_int(count),
				   db_int(now_ms),
				   db_int(now_ms + delay_after(count))),
			   NULL);
	if (rc == GB_OK)
		rc = db_run_locked(s, sql_try_trim, DB_ARGS(db_int(TRIES_MAX)),
				   NULL);
	return rc;
}

enum gb_err
store_try_take(struct store *s, const char *address, int64_t now_ms,
	       int64_t *wait_ms)
{
	enum gb_err rc;

	*wait_ms = 0;
	db_lock(s);
	if ((rc = db_begin(s)) != GB_OK)
		goto out;
	rc = wait_locked(s, address, now_ms, wait_ms);
	if (rc == GB_OK && *wait_ms == 0)
		rc = count_locked(s, address, now_ms);
	rc = db_finish(s, rc);
out:
	db_unlock(s);
	return rc;
}

enum gb_err
store_try_forget(struct store *s, const char *address)
{
	return db_run(s, sql_try_forget, DB_ARGS(db_text(address)), NULL);
}

enum gb_err
store_tries_expire(struct store *s, int64_t before_ms, int64_t most,
		   int64_t *deleted)
{
	return db_run(s, sql_tries_expire,
		      DB_ARGS(db_int(before_ms), db_int(most)), deleted);
}
