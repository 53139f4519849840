/* rollup.c: rows of the journal into sums by hour and by day */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "store/db.h"
#include "store/sums.h"

#define STEP_ROWS     1000 /* some milliseconds, of it one of the lock */
#define STEP_PAUSE_US 2000 /* longer than a waiter's longest sleep */
#define STEP_SUMS     400  /* about that, each of two rows to be written */

static const char sql_rolled[] = "SELECT rolled, epoch FROM usage_state";
static const char sql_rows[] =
    "SELECT id, time_ms, token, key_id, model, endpoint, status, attempts,"
    " prompt_tokens, cached_tokens, tool_tokens, audio_in_tokens,"
    " image_in_tokens, video_in_tokens, completion_tokens, reasoning_tokens,"
    " audio_out_tokens, image_out_tokens, cost, total_ms, first_byte_ms"
    " FROM requests WHERE id > ?1 ORDER BY id LIMIT ?2";

/* ?1 to ?3 say which sum, the rest are in the order of USAGE_SUMS. */
#define COLUMN(number, column) ", " #column
#define INCREASE(number, column) \
	", " #column " = " #column " + excluded." #column
#define COLUMNS "dimension, start, value" USAGE_SUMS(COLUMN)
#define VALUES \
	"?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15," \
	" ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28," \
	" ?29, ?30, ?31"
#define OR_INCREASE \
	" ON CONFLICT (dimension, start, value) DO UPDATE SET" \
	" requests = requests + excluded.requests" USAGE_OTHER_SUMS(INCREASE)
static const char sql_add_hour[] =
    "INSERT INTO usage_hours (" COLUMNS ") VALUES (" VALUES ")" OR_INCREASE;
static const char sql_add_day[] =
    "INSERT INTO usage_days (" COLUMNS ") VALUES (" VALUES ")" OR_INCREASE;
static const char sql_set_rolled[] =
    "UPDATE usage_state SET rolled = ?3 WHERE rolled = ?1 AND epoch = ?2";
static const char sql_delete[] =
    "DELETE FROM usage_hours WHERE (dimension, start, value) IN (SELECT"
    " h.dimension, h.start, h.value FROM (VALUES (0), (1), (2), (3), (4), (5),"
    " (6))"
    " d CROSS JOIN usage_hours h ON h.dimension = d.column1"
    " WHERE h.start < ?1 LIMIT ?2)";

/* --- reading -------------------------------------------------------------- */

static enum usage_sum
took(int64_t total_ms)
{
	int i;

	for (i = 0; i + 1 < USAGE_TOOK && total_ms >= usage_took_ms[i];)
		i++;
	return (enum usage_sum)(USAGE_TOOK_0 + i);
}

/* What one row of sql_rows adds. */
static void
read_numbers(sqlite3_stmt *stmt, int64_t n[USAGE__MAX])
{
	/* columns from the 8th on */
	static const enum usage_sum columns[] = {
	    USAGE_ATTEMPTS,  USAGE_PROMPT,	  USAGE_CACHED,
	    USAGE_TOOL,	     USAGE_AUDIO_IN,	  USAGE_IMAGE_IN,
	    USAGE_VIDEO_IN,  USAGE_COMPLETION,	  USAGE_REASONING,
	    USAGE_AUDIO_OUT, USAGE_IMAGE_OUT,	  USAGE_COST,
	    USAGE_TOTAL_MS,  USAGE_FIRST_BYTE_MS,
	};
	size_t i;

	memset(n, 0, USAGE__MAX * sizeof(*n));
	for (i = 0; i < GB_COUNT(columns); i++)
		n[columns[i]] = sqlite3_column_int64(stmt, 7 + (int)i);
	n[USAGE_REQUESTS] = 1;
	n[USAGE_FAILED] = sqlite3_column_int(stmt, 6) >= 400;
	n[USAGE_UNPRICED] = sqlite3_column_type(stmt, 18) == SQLITE_NULL;
	n[USAGE_FIRST_BYTES] = n[USAGE_FIRST_BYTE_MS] >= 0;
	if (n[USAGE_FIRST_BYTE_MS] < 0)
		n[USAGE_FIRST_BYTE_MS] = 0;
	n[took(n[USAGE_TOTAL_MS])] = 1;
}

/* Name the sum of "by" that the row belongs to. */
static void
name_sum(sqlite3_stmt *stmt, enum usage_by by, struct sum *row)
{
	static const int columns[USAGE_BY__MAX] = {
	    [USAGE_BY_TOKEN] = 2,  [USAGE_BY_KEY] = 3,
	    [USAGE_BY_MODEL] = 4,  [USAGE_BY_ENDPOINT] = 5,
	    [USAGE_BY_STATUS] = 6, [USAGE_BY_KEY_MODEL] = 4,
	};
	const char *text;

	row->dimension = by;
	row->number = 0;
	row->text[0] = '\0';
	if (!usage_has_names(by)) {
		row->number = sqlite3_column_int64(stmt, columns[by]);
		return;
	}
	if (by == USAGE_BY_ALL)
		return;
	text = (const char *)sqlite3_column_text(stmt, columns[by]);
	if (text == NULL || (columns[by] == 4 && /* a model that is none */
			     sqlite3_column_int(stmt, 6) == 404))
		text = "";
	if (by == USAGE_BY_KEY_MODEL)
		(void)snprintf(row->text, sizeof(row->text), "%lld %s",
			       (long long)sqlite3_column_int64(stmt, 3), text);
	else
		(void)snprintf(row->text, sizeof(row->text), "%s", text);
}

/*
 * The start of the hour that a row came in.  Hours begin where the zone's do:
 * they are UTC's, but in a zone that is half an hour off.  So a day of any zone
 * is made of whole hours; when a zone is changed for one that is apart by half
 * hours, one at the end of an old day counts for the day that it began in.
 */
static int64_t
hour_of(int64_t time_ms, int64_t shift_ms)
{
	return (time_ms - shift_ms) / HOUR_MS * HOUR_MS + shift_ms;
}

/* How far the sums are. */
struct state {
	int64_t rolled, epoch;
};

static enum gb_err
read_state(struct store *s, struct state *state)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	rc = db_start(s, sql_rolled, DB_NO_ARGS, &stmt);
	if (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK) {
		state->rolled = row ? sqlite3_column_int64(stmt, 0) : 0;
		state->epoch = row ? sqlite3_column_int64(stmt, 1) : 0;
	}
	db_end(stmt);
	return rc;
}

/* Sum up at most "most" rows behind "from"; "*to" is the last one. */
static enum gb_err
read_rows(struct store *s, int64_t from, int64_t most, struct sums *t,
	  int64_t *to, int64_t *count)
{
	int64_t shift_ms;
	sqlite3_stmt *stmt;
	enum gb_err rc;
	struct sum row;
	bool more;
	int by;

	*count = 0;
	shift_ms = clock_hour_ms(clock_wall_ms()) % HOUR_MS;
	rc = db_start(s, sql_rows, DB_ARGS(db_int(from), db_int(most)), &stmt);
	while (rc == GB_OK && t->count < STEP_SUMS &&
	       (rc = db_step(s, stmt, &more)) == GB_OK && more) {
		*to = sqlite3_column_int64(stmt, 0);
		++*count;
		row.start = hour_of(sqlite3_column_int64(stmt, 1), shift_ms);
		read_numbers(stmt, row.n);
		for (by = 0; by < USAGE_BY__MAX; by++) {
			name_sum(stmt, (enum usage_by)by, &row);
			if (!sums_add(t, &row))
				rc = GB_ENOMEM;
		}
	}
	db_end(stmt);
	return rc;
}

/* --- writing -------------------------------------------------------------- */

static enum gb_err
write_sum(struct store *s, const char *sql, const struct sum *sum,
	  int64_t start)
{
	struct db_value values[3 + USAGE__MAX];
	size_t i;

	values[0] = db_int(sum->dimension);
	values[1] = db_int(start);
	values[2] = usage_has_names(sum->dimension) ? db_text(sum->text)
						    : db_int(sum->number);
	for (i = 0; i < USAGE__MAX; i++)
		values[3 + i] = db_int(sum->n[i]);
	return db_run_locked(s, sql, values, GB_COUNT(values), NULL);
}

/* In a transaction: "t" has the rows behind "from" up to "to". */
static enum gb_err
write_sums(struct store *s, const struct sums *t, const struct state *from,
	   int64_t to)
{
	const struct sum *sum;
	int64_t changes;
	enum gb_err rc;

	rc = db_run_locked(s, sql_set_rolled,
			   DB_ARGS(db_int(from->rolled), db_int(from->epoch),
				   db_int(to)),
			   &changes);
	if (rc == GB_OK && changes == 0)
		rc = GB_EBUSY;
	for (sum = t->sums; rc == GB_OK && sum < t->sums + t->count; sum++) {
		rc = write_sum(s, sql_add_hour, sum, sum->start);
		/* Days are UTC's, with the hours that begin in them: all that
		 * they are for is to make sums over months fast. */
		if (rc == GB_OK)
			rc = write_sum(s, sql_add_day, sum,
				       sum->start / DAY_MS * DAY_MS);
	}
	return rc;
}

enum gb_err
store_usage_roll(struct store *s, int64_t most, int64_t *added)
{
	struct state from;
	struct sums t = {NULL, 0, 0, NULL, 0};
	enum gb_err rc;
	int64_t to;

	*added = 0;
	to = 0;
	db_lock(s);
	/* Rows never change, so reading needs no transaction: whether somebody
	 * else has added them meanwhile is seen later. */
	rc = read_state(s, &from);
	if (rc == GB_OK)
		rc = read_rows(s, from.rolled, most, &t, &to, added);
	if (rc == GB_OK && *added > 0 && (rc = db_begin(s)) == GB_OK)
		rc = db_finish(s, write_sums(s, &t, &from, to));
	db_unlock(s);
	sums_release(&t);
	if (rc != GB_OK)
		*added = 0;
	return rc;
}

void
store_usage_catch_up(struct store *s, int64_t most_ms)
{
	const struct timespec pause = {.tv_nsec = STEP_PAUSE_US * 1000L};
	int64_t added, stop_ms;
	enum gb_err rc;

	stop_ms = clock_mono_ms() + most_ms;
	for (;;) {
		rc = store_usage_roll(s, STEP_ROWS, &added);
		if ((rc == GB_OK ? added == 0 : rc != GB_EBUSY) ||
		    clock_mono_ms() >= stop_ms)
			break;
		nanosleep(&pause, NULL);
	}
}

enum gb_err
store_usage_delete_hours(struct store *s, int64_t before_ms, int64_t most,
			 int64_t *deleted)
{
	return db_run(s, sql_delete, DB_ARGS(db_int(before_ms), db_int(most)),
		      deleted);
}
