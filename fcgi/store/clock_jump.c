/* clock_jump.c: deadlines when the machine's clock was set back */
#include "store/clock_jump.h"

#include <string.h>

#include "store/db.h"

#define JUMP_MS	 INT64_C(5000) /* less is the usual trimming of a clock */
#define FRESH_MS INT64_C(600000)

static const char sql_read[] =
    "SELECT wall_ms, boot_ms, boot FROM clock WHERE one = 1";
static const char sql_write[] =
    "INSERT INTO clock (one, wall_ms, boot_ms, boot) VALUES (1, ?1, ?2, ?3)"
    " ON CONFLICT (one) DO UPDATE SET wall_ms = ?1, boot_ms = ?2, boot = ?3";

/* ?1 is how far the clock was set back, ?2 what it says now.  Moments at which
 * something was done last lie in the future too, and would stop it from being
 * done again. */
#define MOVE(table, column) \
	"UPDATE " table " SET " column " = " column " - ?1" \
	" WHERE " column " > ?2"
static const char *const sql_moves[] = {
    MOVE("keys", "ready_at"),
    MOVE("keys", "failed_at"),
    MOVE("keys", "checked_at"),
    MOVE("keys", "list_asked_at"),
    MOVE("keys", "last_ok_at"),
    /* what a person disabled rests for ever */
    MOVE("key_models", "ready_at") " AND disabled_by = 0",
    MOVE("breakers", "until_ms"),
    MOVE("breakers", "probe_at"),
    MOVE("charges", "first_ms"),
    MOVE("charges", "time_ms"),
    MOVE("charges", "until_ms"),
    MOVE("sign_in_tries", "wait_until"),
};

/* How the clock was set since the row was written: below 0, back. */
struct jump {
	int64_t ms;
	bool known; /* there is a row */
	bool fresh; /* it says what it should, and need not be written */
};

static enum gb_err
find_jump(struct store *s, const struct clock_moment *now, struct jump *jump)
{
	int64_t passed_ms, boot_ms;
	const char *boot;
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row, same;

	memset(jump, 0, sizeof(*jump));
	rc = db_start(s, sql_read, DB_NO_ARGS, &stmt);
	if (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK && row) {
		passed_ms = now->wall_ms - sqlite3_column_int64(stmt, 0);
		boot_ms = now->boot_ms - sqlite3_column_int64(stmt, 1);
		boot = (const char *)sqlite3_column_text(stmt, 2);
		same = boot != NULL && strcmp(boot, now->boot) == 0;
		jump->known = true;
		jump->ms = passed_ms;
		if (same && now->boot[0] != '\0') {
			jump->ms -= boot_ms;
			passed_ms = boot_ms;
		} else if (jump->ms > 0) {
			jump->ms = 0; /* as it has to, and nobody knows more */
		}
		jump->fresh = same && jump->ms > -JUMP_MS &&
			      jump->ms < JUMP_MS && passed_ms < FRESH_MS;
	}
	db_end(stmt);
	return rc;
}

static enum gb_err
move_all(struct store *s, int64_t back_ms, int64_t now_ms)
{
	enum gb_err rc = GB_OK;
	size_t i;

	for (i = 0; rc == GB_OK && i < GB_COUNT(sql_moves); i++)
		rc = db_run_locked(s, sql_moves[i],
				   DB_ARGS(db_int(back_ms), db_int(now_ms)),
				   NULL);
	return rc;
}

/* Within a transaction: somebody else may have been first. */
static enum gb_err
follow(struct store *s, const struct clock_moment *now, int64_t *back_ms)
{
	struct jump jump;
	enum gb_err rc;

	if ((rc = find_jump(s, now, &jump)) != GB_OK || jump.fresh)
		return rc;
	if (jump.known && jump.ms <= -JUMP_MS) {
		*back_ms = -jump.ms;
		rc = move_all(s, *back_ms, now->wall_ms);
	}
	if (rc == GB_OK)
		rc = db_run_locked(s, sql_write,
				   DB_ARGS(db_int(now->wall_ms),
					   db_int(now->boot_ms),
					   db_text(now->boot)),
				   NULL);
	return rc;
}

enum gb_err
store_clock_check(struct store *s, const struct clock_moment *now,
		  int64_t *back_ms)
{
	struct jump jump;
	enum gb_err rc;

	*back_ms = 0;
	db_lock(s);
	rc = find_jump(s, now, &jump);
	if (rc == GB_OK && !jump.fresh && (rc = db_begin(s)) == GB_OK) {
		rc = follow(s, now, back_ms);
		rc = db_finish(s, rc);
	}
	db_unlock(s);
	if (rc != GB_OK)
		*back_ms = 0;
	return rc;
}
