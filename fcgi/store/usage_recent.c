/* usage_recent.c: sums of the last rows, before any hour is over */
#include "store/usage_recent.h"

#include <string.h>

#include "store/db.h"

static const char sql_recent[] =
    "SELECT time_ms, status, total_ms, first_byte_ms, prompt_tokens,"
    " completion_tokens, cost FROM requests WHERE time_ms >= ?1"
    " ORDER BY time_ms DESC LIMIT ?2";

static void
add_row(sqlite3_stmt *stmt, struct usage_row *row)
{
	int64_t total_ms, first_byte_ms;
	int i;

	total_ms = sqlite3_column_int64(stmt, 2);
	first_byte_ms = sqlite3_column_int64(stmt, 3);
	for (i = 0; i + 1 < USAGE_TOOK && total_ms >= usage_took_ms[i];)
		i++;
	row->n[USAGE_TOOK_0 + i]++;
	row->n[USAGE_REQUESTS]++;
	row->n[USAGE_FAILED] += sqlite3_column_int(stmt, 1) >= 400;
	row->n[USAGE_TOTAL_MS] += total_ms;
	if (first_byte_ms >= 0) {
		row->n[USAGE_FIRST_BYTES]++;
		row->n[USAGE_FIRST_BYTE_MS] += first_byte_ms;
	}
	row->n[USAGE_PROMPT] += sqlite3_column_int64(stmt, 4);
	row->n[USAGE_COMPLETION] += sqlite3_column_int64(stmt, 5);
	row->n[USAGE_COST] += sqlite3_column_int64(stmt, 6);
	row->n[USAGE_UNPRICED] += sqlite3_column_type(stmt, 6) == SQLITE_NULL;
}

enum gb_err
store_usage_recent(struct store *s, int64_t since_ms, struct usage_row *row)
{
	int64_t oldest_ms;
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool more;

	memset(row, 0, sizeof(*row));
	oldest_ms = since_ms;
	db_lock(s);
	rc = db_start(s, sql_recent,
		      DB_ARGS(db_int(since_ms), db_int(USAGE_RECENT_MAX)),
		      &stmt);
	while (rc == GB_OK && (rc = db_step(s, stmt, &more)) == GB_OK && more) {
		oldest_ms = sqlite3_column_int64(stmt, 0);
		add_row(stmt, row);
	}
	db_end(stmt);
	db_unlock(s);
	row->start_ms =
	    row->n[USAGE_REQUESTS] < USAGE_RECENT_MAX ? since_ms : oldest_ms;
	return rc;
}
