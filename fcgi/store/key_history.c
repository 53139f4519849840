/* key_history.c: what became of keys, a row a transition */
#include "store/key_history.h"

#include <stdlib.h>
#include <string.h>

#include "store/db.h"

const char *const key_standing_names[STANDS__MAX] = {
    [STANDS_READY] = "ready",
    [STANDS_COOLING] = "cooling",
    [STANDS_DISABLED] = "disabled",
    [STANDS_OFF] = "off",
};

const char *const key_cause_names[CAUSE__MAX] = {
    [CAUSE_ANSWER] = "answer", [CAUSE_PROJECT] = "project",
    [CAUSE_PERSON] = "person", [CAUSE_PROBE] = "probe",
    [CAUSE_BLAME] = "blame",
};

#define SQL_PAGE(which) \
	"SELECT id, time_ms, key_id, model, from_state, to_state, until_ms," \
	" cause, status, error_class, request_id, reason FROM key_events" \
	" WHERE id < ?1 AND time_ms >= ?2 AND time_ms < ?3" \
	" AND (?4 IS NULL OR model = ?4)" which " ORDER BY id DESC LIMIT ?5"
static const char sql_page[] = SQL_PAGE("");
static const char sql_page_of_key[] = SQL_PAGE(" AND key_id = ?6");

static const char sql_expire[] =
    "DELETE FROM key_events WHERE id IN (SELECT id FROM key_events"
    " WHERE time_ms < ?1 ORDER BY time_ms LIMIT ?2)";
/* Ids grow by one, so nobody needs to count. */
static const char sql_trim[] =
    "DELETE FROM key_events WHERE id IN (SELECT id FROM key_events"
    " WHERE id <= (SELECT max(id) FROM key_events) - ?1 ORDER BY id LIMIT ?2)";

static void
key_event_free(struct key_event *e)
{
	free(e->model);
	free(e->error_class);
	free(e->request_id);
	free(e->reason);
}

void
key_events_free(struct key_events *events)
{
	size_t i;

	for (i = 0; i < events->count; i++)
		key_event_free(&events->rows[i]);
	free(events->rows);
	memset(events, 0, sizeof(*events));
}

/* A number that is an index of names; what no program of ours wrote is 0. */
static unsigned
read_index(sqlite3_stmt *stmt, int column, unsigned count)
{
	int64_t n;

	n = sqlite3_column_int64(stmt, column);
	return n >= 0 && n < (int64_t)count ? (unsigned)n : 0;
}

static enum gb_err
read_event(sqlite3_stmt *stmt, int64_t now_ms, void *to)
{
	struct key_event *e = to;

	(void)now_ms;
	e->id = sqlite3_column_int64(stmt, 0);
	e->time_ms = sqlite3_column_int64(stmt, 1);
	e->key_id = sqlite3_column_int64(stmt, 2);
	e->from = (enum key_standing)read_index(stmt, 4, STANDS__MAX);
	e->to = (enum key_standing)read_index(stmt, 5, STANDS__MAX);
	e->until_ms = sqlite3_column_int64(stmt, 6);
	e->cause = (enum key_cause)read_index(stmt, 7, CAUSE__MAX);
	e->status = sqlite3_column_int(stmt, 8);
	e->model = db_copy_text(stmt, 3);
	e->error_class = db_copy_text(stmt, 9);
	e->request_id = db_copy_text(stmt, 10);
	e->reason = db_copy_text(stmt, 11);
	if (e->model != NULL && e->error_class != NULL &&
	    e->request_id != NULL && e->reason != NULL)
		return GB_OK;
	key_event_free(e);
	return GB_ENOMEM;
}

enum gb_err
store_key_history(struct store *s, const struct key_history_filter *f,
		  struct key_events *out)
{
	const struct db_value values[] = {
	    db_int(f->before_id > 0 ? f->before_id : INT64_MAX),
	    db_int(f->since_ms),
	    db_int(f->until_ms > 0 ? f->until_ms : INT64_MAX),
	    db_text(f->model),
	    db_int(f->limit > 0 && f->limit < KEY_HISTORY_PAGE_MAX
		       ? (int64_t)f->limit
		       : KEY_HISTORY_PAGE_MAX),
	    db_int(f->key_id),
	};
	void *rows;
	enum gb_err rc;

	rc = db_list_of(s, f->key_id != 0 ? sql_page_of_key : sql_page, values,
			GB_COUNT(values) - (f->key_id == 0), read_event, 0,
			sizeof(*out->rows), &rows, &out->count);
	out->rows = rows;
	if (rc != GB_OK)
		key_events_free(out);
	return rc;
}

enum gb_err
store_key_history_expire(struct store *s, int64_t before_ms, int64_t most,
			 int64_t *deleted)
{
	return db_run(s, sql_expire, DB_ARGS(db_int(before_ms), db_int(most)),
		      deleted);
}

enum gb_err
store_key_history_trim(struct store *s, int64_t keep, int64_t most,
		       int64_t *deleted)
{
	return db_run(s, sql_trim, DB_ARGS(db_int(keep), db_int(most)),
		      deleted);
}
