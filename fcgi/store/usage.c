/* usage.c: reports of the journal's sums */
#include "store/usage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/redact.h"
#include "store/db.h"
#include "store/sums.h"

const char *const usage_names[USAGE__MAX] = {
#define NAME(number, column) #column,
    USAGE_SUMS(NAME)
#undef NAME
};

const int64_t usage_took_ms[USAGE_TOOK] = {
    100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 0,
};

#define COLUMN(number, column) ", " #column
#define COLUMNS		       "start, value" USAGE_SUMS(COLUMN)
#define OF_STRETCH	       " WHERE dimension = ?1 AND start >= ?2 AND start < ?3"
static const char sql_hours[] =
    "SELECT " COLUMNS " FROM usage_hours" OF_STRETCH;
static const char sql_days[] = "SELECT " COLUMNS " FROM usage_days" OF_STRETCH;
static const char sql_series[] =
    "SELECT " COLUMNS " FROM usage_hours WHERE dimension = ?1 AND value = ?4"
    " AND start >= ?2 AND start < ?3 ORDER BY start";
static const char sql_key[] = "SELECT gb_open(secret) FROM keys WHERE id = ?1";
static const char sql_behind[] =
    "SELECT max(coalesce((SELECT max(id) FROM requests), 0) - rolled, 0)"
    " FROM usage_state";

void
usage_rows_free(struct usage_rows *rows)
{
	free(rows->rows);
	memset(rows, 0, sizeof(*rows));
}

int64_t
usage_percentile(const struct usage_row *row, int percent)
{
	int64_t requests, rank, sum, low, high;
	int i;

	requests = row->n[USAGE_REQUESTS];
	if (requests <= 0)
		return -1;
	rank = (requests * percent + 99) / 100;
	for (sum = low = 0, i = 0; i + 1 < USAGE_TOOK; i++) {
		high = usage_took_ms[i];
		if (sum + row->n[USAGE_TOOK_0 + i] >= rank)
			return low + (high - low) * (rank - sum) /
					 row->n[USAGE_TOOK_0 + i];
		sum += row->n[USAGE_TOOK_0 + i];
		low = high;
	}
	return low;
}

static void
read_sum(sqlite3_stmt *stmt, enum usage_by by, struct sum *sum)
{
	const char *text;
	int i;

	sum->dimension = by;
	sum->start = sqlite3_column_int64(stmt, 0);
	sum->number = 0;
	sum->text[0] = '\0';
	if (!usage_has_names(by))
		sum->number = sqlite3_column_int64(stmt, 1);
	else if ((text = (const char *)sqlite3_column_text(stmt, 1)) != NULL)
		(void)snprintf(sum->text, sizeof(sum->text), "%s", text);
	for (i = 0; i < USAGE__MAX; i++)
		sum->n[i] = sqlite3_column_int64(stmt, 2 + i);
}

/* Add the rows of one table that begin in a stretch of time, each to the sum of
 * its value. */
static enum gb_err
add_stretch(struct store *s, const char *sql, enum usage_by by, int64_t from,
	    int64_t to, struct sums *t)
{
	sqlite3_stmt *stmt;
	struct sum sum;
	enum gb_err rc;
	bool row;

	if (from >= to)
		return GB_OK;
	rc = db_start(s, sql, DB_ARGS(db_int(by), db_int(from), db_int(to)),
		      &stmt);
	while (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK && row) {
		read_sum(stmt, by, &sum);
		sum.start = 0;
		if (!sums_add(t, &sum))
			rc = GB_ENOMEM;
	}
	db_end(stmt);
	return rc;
}

/* In one transaction, so that hours and days are of one moment. */
static enum gb_err
add_both(struct store *s, enum usage_by by, int64_t since_ms, int64_t until_ms,
	 struct sums *t)
{
	int64_t first_day, end_day;
	enum gb_err rc;

	first_day =
	    since_ms <= 0 ? 0 : (since_ms + DAY_MS - 1) / DAY_MS * DAY_MS;
	end_day = until_ms / DAY_MS * DAY_MS;
	if (first_day >= end_day)
		return add_stretch(s, sql_hours, by, since_ms, until_ms, t);
	if ((rc = add_stretch(s, sql_hours, by, since_ms, first_day, t)) !=
		GB_OK ||
	    (rc = add_stretch(s, sql_days, by, first_day, end_day, t)) != GB_OK)
		return rc;
	return add_stretch(s, sql_hours, by, end_day, until_ms, t);
}

/* The name of a value for people. */
static enum gb_err
name_value(struct store *s, const struct sum *sum, struct usage_row *row)
{
	const char *secret;
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool more;

	row->number = sum->number;
	row->value[0] = '\0';
	if (usage_has_names(sum->dimension)) {
		(void)snprintf(row->value, sizeof(row->value), "%s", sum->text);
		return GB_OK;
	}
	if (sum->dimension == USAGE_BY_STATUS) {
		(void)snprintf(row->value, sizeof(row->value), "%" PRId64,
			       sum->number);
		return GB_OK;
	}
	rc = db_start(s, sql_key, DB_ARGS(db_int(sum->number)), &stmt);
	if (rc == GB_OK && (rc = db_step(s, stmt, &more)) == GB_OK && more) {
		secret = (const char *)sqlite3_column_text(stmt, 0);
		if (secret != NULL)
			secret_mask(row->value, secret);
	}
	db_end(stmt);
	return rc;
}

static int
by_requests(const void *a, const void *b)
{
	const struct usage_row *x = a, *y = b;

	if (x->n[USAGE_REQUESTS] != y->n[USAGE_REQUESTS])
		return x->n[USAGE_REQUESTS] < y->n[USAGE_REQUESTS] ? 1 : -1;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return strcmp(x->value, y->value);
}

/* The sums as rows. */
static enum gb_err
take_rows(struct store *s, const struct sums *t, struct usage_rows *out)
{
	struct usage_row *row;
	enum gb_err rc;

	out->rows = calloc(t->count + 1, sizeof(*out->rows));
	if (out->rows == NULL)
		return GB_ENOMEM;
	for (rc = GB_OK; rc == GB_OK && out->count < t->count; out->count++) {
		row = &out->rows[out->count];
		memcpy(row->n, t->sums[out->count].n, sizeof(row->n));
		rc = name_value(s, &t->sums[out->count], row);
	}
	qsort(out->rows, out->count, sizeof(*out->rows), by_requests);
	return rc;
}

enum gb_err
store_usage_by(struct store *s, enum usage_by by, int64_t since_ms,
	       int64_t until_ms, struct usage_rows *out)
{
	struct sums t;
	enum gb_err rc;

	memset(&t, 0, sizeof(t));
	memset(out, 0, sizeof(*out));
	db_lock(s);
	if ((rc = db_begin_read(s)) == GB_OK) {
		if ((rc = add_both(s, by, since_ms, until_ms, &t)) == GB_OK &&
		    (rc = take_rows(s, &t, out)) == GB_OK)
			rc = db_number_locked(s, sql_behind, DB_NO_ARGS,
					      &out->behind);
		rc = db_finish(s, rc);
	}
	db_unlock(s);
	sums_release(&t);
	if (rc != GB_OK)
		usage_rows_free(out);
	return rc == GB_ENOTFOUND ? GB_EIO : rc;
}

/* --- in stretches of time ------------------------------------------------- */

/* Room for one more row at the end; NULL: no memory. */
static struct usage_row *
next_row(struct usage_rows *out, size_t *room)
{
	struct usage_row *rows;

	if (out->count == *room) {
		*room = *room == 0 ? 64 : *room * 2;
		rows = reallocarray(out->rows, *room, sizeof(*rows));
		if (rows == NULL)
			return NULL;
		out->rows = rows;
	}
	return memset(&out->rows[out->count++], 0, sizeof(*out->rows));
}

/* Add an hour to the last row or, where another day or hour begins, to a new
 * one. */
static enum gb_err
add_hour(struct usage_rows *out, size_t *room, enum usage_step step,
	 const struct sum *hour)
{
	char name[CLOCK_TEXT_SIZE];
	struct usage_row *row;
	int i;

	if (step == USAGE_DAILY)
		clock_date(name, hour->start);
	else
		clock_text(name, hour->start, false);
	row = out->count > 0 ? &out->rows[out->count - 1] : NULL;
	if (row == NULL || strcmp(row->value, name) != 0) {
		if ((row = next_row(out, room)) == NULL)
			return GB_ENOMEM;
		memcpy(row->value, name, strlen(name) + 1);
		if (step != USAGE_DAILY || !clock_read(name, &row->start_ms))
			row->start_ms = hour->start;
	}
	for (i = 0; i < USAGE__MAX; i++)
		row->n[i] += hour->n[i];
	return GB_OK;
}

enum gb_err
store_usage_series(struct store *s, enum usage_by by, const char *value,
		   int64_t number, enum usage_step step, int64_t since_ms,
		   int64_t until_ms, struct usage_rows *out)
{
	struct db_value bound;
	sqlite3_stmt *stmt;
	struct sum hour;
	enum gb_err rc;
	size_t room;
	bool row;

	memset(out, 0, sizeof(*out));
	room = 0;
	if (by == USAGE_BY_ALL)
		value = "";
	bound = usage_has_names(by) ? db_text(value) : db_int(number);
	db_lock(s);
	rc = db_start(s, sql_series,
		      DB_ARGS(db_int(by), db_int(since_ms), db_int(until_ms),
			      bound),
		      &stmt);
	while (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK && row) {
		read_sum(stmt, by, &hour);
		rc = add_hour(out, &room, step, &hour);
	}
	db_end(stmt);
	if (rc == GB_OK)
		rc = db_number_locked(s, sql_behind, DB_NO_ARGS, &out->behind);
	db_unlock(s);
	if (rc != GB_OK)
		usage_rows_free(out);
	return rc == GB_ENOTFOUND ? GB_EIO : rc;
}
