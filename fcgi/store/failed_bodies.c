/* failed_bodies.c: bodies of requests that failed, for a while */
#include "store/failed_bodies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/db.h"
#include "store/journal.h"

/* All attempts of a request are made within that. */
#define FAILED_WITHIN_MS HOUR_MS

static const char sql_put[] =
    "INSERT INTO failed_bodies (time_ms, request_id, body)"
    " VALUES (?1, ?2, ?3)";
static const char sql_trim[] = "DELETE FROM failed_bodies WHERE id <="
			       " (SELECT max(id) FROM failed_bodies) - ?1";
static const char sql_delete[] =
    "DELETE FROM failed_bodies WHERE id IN (SELECT id FROM failed_bodies"
    " WHERE time_ms < ?1 ORDER BY time_ms LIMIT ?2)";

#define COLUMNS(body) \
	"SELECT b.time_ms, b.request_id, r.token, r.endpoint, r.model," \
	" r.status, r.error_class, " body " FROM failed_bodies b" \
	" JOIN requests r ON r.time_ms = b.time_ms" \
	" AND r.request_id = b.request_id"
static const char sql_list[] = COLUMNS("NULL") " ORDER BY b.id DESC LIMIT 100";
static const char sql_get[] = COLUMNS("b.body") " WHERE b.request_id = ?1";

static void
copy_text(char *to, size_t size, sqlite3_stmt *stmt, int column)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	(void)snprintf(to, size, "%s", text == NULL ? "" : text);
}

static enum gb_err
read_row(sqlite3_stmt *stmt, int64_t now_ms, void *row)
{
	struct failed_body *b = row;

	(void)now_ms;
	memset(b, 0, sizeof(*b));
	b->time_ms = sqlite3_column_int64(stmt, 0);
	copy_text(b->request_id, sizeof(b->request_id), stmt, 1);
	copy_text(b->token, sizeof(b->token), stmt, 2);
	copy_text(b->endpoint, sizeof(b->endpoint), stmt, 3);
	copy_text(b->model, sizeof(b->model), stmt, 4);
	b->status = sqlite3_column_int(stmt, 5);
	copy_text(b->error_class, sizeof(b->error_class), stmt, 6);
	if (sqlite3_column_type(stmt, 7) != SQLITE_NULL &&
	    (b->body = db_copy_text(stmt, 7)) == NULL)
		return GB_ENOMEM;
	return GB_OK;
}

enum gb_err
failed_body_put_locked(struct store *s, const struct journal_entry *e)
{
	enum gb_err rc;

	rc = db_run_locked(s, sql_put,
			   DB_ARGS(db_int(e->time_ms), db_text(e->request_id),
				   db_text(e->body)),
			   NULL);
	if (rc == GB_OK)
		rc = db_run_locked(s, sql_trim,
				   DB_ARGS(db_int(FAILED_BODIES_MAX)), NULL);
	return rc;
}

enum gb_err
store_failed_bodies(struct store *s, struct failed_bodies *out)
{
	enum gb_err rc;
	void *rows;

	rc = db_list(s, sql_list, read_row, 0, sizeof(*out->rows), &rows,
		     &out->count);
	out->rows = rows;
	return rc;
}

void
failed_bodies_free(struct failed_bodies *list)
{
	free(list->rows);
	list->rows = NULL;
	list->count = 0;
}

static enum gb_err
read_one(struct store *s, const char *request_id, struct failed_body *out)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	db_lock(s);
	rc = db_start(s, sql_get, DB_ARGS(db_text(request_id)), &stmt);
	if (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK)
		rc = row ? read_row(stmt, 0, out) : GB_ENOTFOUND;
	db_end(stmt);
	db_unlock(s);
	return rc;
}

enum gb_err
store_failed_body(struct store *s, const char *request_id,
		  struct failed_body *body, struct journal_attempts *attempts)
{
	struct journal_filter filter = {.text = request_id};
	enum gb_err rc;

	memset(body, 0, sizeof(*body));
	memset(attempts, 0, sizeof(*attempts));
	if ((rc = read_one(s, request_id, body)) != GB_OK)
		return rc;
	filter.since_ms = body->time_ms;
	filter.until_ms = body->time_ms + FAILED_WITHIN_MS;
	return store_journal_attempts(s, &filter, NULL, JOURNAL_PAGE_MAX,
				      attempts);
}

void
failed_body_release(struct failed_body *body)
{
	free(body->body);
	body->body = NULL;
}

enum gb_err
store_failed_bodies_delete(struct store *s, int64_t before_ms, int64_t most,
			   int64_t *deleted)
{
	return db_run(s, sql_delete, DB_ARGS(db_int(before_ms), db_int(most)),
		      deleted);
}
