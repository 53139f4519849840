/* journal.c: one row a finished request, one a failed attempt */
#include "store/journal.h"

#include <stdlib.h>
#include <string.h>

#include "store/db.h"
#include "store/failed_bodies.h"
#include "store/limits.h"
#include "store/price_cache.h"

#define COUNT_MAX \
	INT64_C(1000000000) /* tokens of a class in a row: sums of \
			       as many rows do not overflow */

static const char sql_request[] =
    "INSERT INTO requests (time_ms, request_id, token, key_id, endpoint,"
    " model, stream, hung_up, status, attempts, first_byte_ms, total_ms,"
    " prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens,"
    " error_class, tool_tokens, audio_in_tokens, image_in_tokens,"
    " video_in_tokens, audio_out_tokens, image_out_tokens, cost)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
    " ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)";
static const char sql_attempt[] =
    "INSERT INTO attempts (time_ms, request_id, key_id, model, status,"
    " error_class, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
static const char sql_attempt_count[] =
    "INSERT INTO attempt_counts (error_class, attempts) VALUES (?1, 1)"
    " ON CONFLICT (error_class) DO UPDATE SET attempts = attempts + 1";
static const char sql_delete_requests[] =
    "DELETE FROM requests WHERE id IN (SELECT id FROM requests"
    " WHERE time_ms < ?1 AND id <= (SELECT rolled FROM usage_state)"
    " ORDER BY time_ms LIMIT ?2)";
/* SQLite gives ids that are free above all others again, and such rows would
 * count as being in the sums. */
static const char sql_ids_free[] =
    "UPDATE usage_state SET epoch = epoch + 1,"
    " rolled = (SELECT coalesce(max(id), 0) FROM requests)"
    " WHERE rolled > (SELECT coalesce(max(id), 0) FROM requests)";
static const char sql_delete_attempts[] =
    "DELETE FROM attempts WHERE id IN (SELECT id FROM attempts"
    " WHERE time_ms < ?1 ORDER BY time_ms LIMIT ?2)";

static const char sql_delete_request[] =
    "DELETE FROM requests WHERE id = ?1"
    " AND id <= (SELECT rolled FROM usage_state)";
static const char sql_delete_attempt[] = "DELETE FROM attempts WHERE id = ?1";

static const char sql_cut_requests[] =
    "DELETE FROM requests WHERE id IN (SELECT id FROM requests"
    " WHERE id <= ?1 AND id <= (SELECT rolled FROM usage_state)"
    " ORDER BY id LIMIT ?2)";
static const char sql_cut_attempts[] =
    "DELETE FROM attempts WHERE id IN (SELECT id FROM attempts"
    " WHERE id <= ?1 ORDER BY id LIMIT ?2)";

/* The first id, the last one, and bytes a row, by rows that lie evenly between
 * them.  What a row takes beside its texts, with its place in the index, was
 * measured: 70 bytes of a request, 45 of an attempt. */
#define MEASURE(table, bytes) \
	"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n" \
	" WHERE i < 255), ends AS (SELECT (SELECT min(id) FROM " table \
	") AS low, (SELECT max(id) FROM " table ") AS high)" \
	" SELECT low, high, (SELECT avg(" bytes ") FROM n JOIN " table \
	" t ON t.id = (SELECT min(id) FROM " table \
	" WHERE id >= low + (high - low) * i / 255)) FROM ends"
static const char sql_measure_requests[] =
    MEASURE("requests", "70 + length(CAST(t.request_id || t.token ||"
			" t.endpoint || t.model || t.error_class AS BLOB))");
static const char sql_measure_attempts[] =
    MEASURE("attempts", "45 + length(CAST(t.request_id || t.model ||"
			" t.error_class || t.text AS BLOB))");

static const char sql_picture_failures[] =
    "SELECT time_ms, status, text FROM attempts"
    " WHERE error_class = '" PICTURE_HOST_FAILED "'"
    " AND id > (SELECT max(id) FROM attempts) - 20000"
    " ORDER BY id DESC LIMIT 20";

static const char *
or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

static enum gb_err
write_attempt(struct store *s, const struct journal_entry *e,
	      const struct journal_attempt *a)
{
	char text[JOURNAL_TEXT_MAX + 1];
	enum gb_err rc;
	size_t len;

	/* Cut at a character: a UTF-8 one has tails of the form 10xxxxxx. */
	len = strnlen(or_empty(a->text), sizeof(text));
	if (len > JOURNAL_TEXT_MAX) {
		len = JOURNAL_TEXT_MAX;
		while (len > 0 && ((unsigned char)a->text[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(text, or_empty(a->text), len);
	text[len] = '\0';
	rc = db_run_locked(s, sql_attempt,
			   DB_ARGS(db_int(a->time_ms), db_text(e->request_id),
				   db_int(a->key_id), db_text(e->model),
				   db_int(a->status),
				   db_text(or_empty(a->error_class)),
				   db_text(text)),
			   NULL);
	if (rc != GB_OK)
		return rc;
	return db_run_locked(s, sql_attempt_count,
			     DB_ARGS(db_text(or_empty(a->error_class))), NULL);
}

static struct db_value
db_count(int64_t count)
{
	return db_int(count < 0 ? 0 : count > COUNT_MAX ? COUNT_MAX : count);
}

static enum gb_err
write_entry(struct store *s, const struct journal_entry *e)
{
	struct db_value cost_or_null;
	int64_t cost;
	enum gb_err rc;
	size_t i;

	rc = price_cost_locked(s, e, &cost);
	if (rc == GB_EIO || rc == GB_EFULL)
		return rc;
	cost_or_null = rc == GB_OK ? db_int(cost) : db_text(NULL);
	rc = db_run_locked(
	    s, sql_request,
	    DB_ARGS(db_int(e->time_ms), db_text(e->request_id),
		    db_text(e->token), db_int(e->key_id),
		    db_text(or_empty(e->endpoint)), db_text(e->model),
		    db_int(e->stream), db_int(e->hung_up), db_int(e->status),
		    db_int(e->attempts), db_int(e->first_byte_ms),
		    db_int(e->total_ms), db_count(e->prompt_tokens),
		    db_count(e->completion_tokens),
		    db_count(e->reasoning_tokens), db_count(e->cached_tokens),
		    db_text(or_empty(e->error_class)), db_count(e->tool_tokens),
		    db_count(e->audio_in_tokens), db_count(e->image_in_tokens),
		    db_count(e->video_in_tokens), db_count(e->audio_out_tokens),
		    db_count(e->image_out_tokens), cost_or_null),
	    NULL);
	for (i = 0; i < e->failed_count && rc == GB_OK; i++)
		rc = write_attempt(s, e, &e->failed[i]);
	if (rc == GB_OK && e->body != NULL)
		rc = failed_body_put_locked(s, e);
	if (rc == GB_OK && e->lease != NULL)
		rc =
		    limit_settle_locked(s, e->lease,
					e->prompt_tokens + e->completion_tokens,
					cost, e->time_ms + e->total_ms);
	return rc;
}

/* What one thread has to write. */
struct journal_write {
	struct combine_op op; /* the first member: write_entries() casts */
	const struct journal_entry *const *entries;
	size_t count;
};

static enum gb_err
write_entries(struct store *s, struct combine_op *op)
{
	const struct journal_write *w = (const struct journal_write *)op;
	enum gb_err rc;
	size_t i;

	if (w->count == 1 && w->entries[0]->failed_count == 0 &&
	    w->entries[0]->body == NULL && w->entries[0]->lease == NULL)
		return write_entry(s, w->entries[0]); /* one row, or none */
	if ((rc = db_part_begin(s)) != GB_OK)
		return rc;
	for (i = 0; i < w->count && rc == GB_OK; i++)
		rc = write_entry(s, w->entries[i]);
	return db_part_end(s, rc);
}

enum gb_err
store_journal_write(struct store *s, const struct journal_entry *const *entries,
		    size_t count)
{
	struct journal_write w;

	if (count == 0)
		return GB_OK;
	memset(&w, 0, sizeof(w));
	w.op.run = write_entries;
	w.entries = entries;
	w.count = count;
	return combine_run(s, &s->writes, &w.op);
}

/* Delete requests: "limit" is what "sql" has first. */
static enum gb_err
delete_requests(struct store *s, const char *sql, int64_t limit, int64_t most,
		int64_t *deleted)
{
	enum gb_err rc;

	*deleted = 0;
	db_lock(s);
	if ((rc = db_begin(s)) != GB_OK)
		goto out;
	rc = db_run_locked(s, sql, DB_ARGS(db_int(limit), db_int(most)),
			   deleted);
	if (rc == GB_OK)
		rc = db_run_locked(s, sql_ids_free, DB_NO_ARGS, NULL);
	rc = db_finish(s, rc);
out:
	db_unlock(s);
	return rc;
}

enum gb_err
store_journal_delete_requests(struct store *s, int64_t before_ms, int64_t most,
			      int64_t *deleted)
{
	return delete_requests(s, sql_delete_requests, before_ms, most,
			       deleted);
}

enum gb_err
store_journal_cut_requests(struct store *s, int64_t id, int64_t most,
			   int64_t *deleted)
{
	return delete_requests(s, sql_cut_requests, id, most, deleted);
}

enum gb_err
store_journal_cut_attempts(struct store *s, int64_t id, int64_t most,
			   int64_t *deleted)
{
	return db_run(s, sql_cut_attempts, DB_ARGS(db_int(id), db_int(most)),
		      deleted);
}

/* --- by ids --------------------------------------------------------------- */

static enum gb_err
delete_ids(struct store *s, const char *sql, const int64_t *ids, size_t count,
	   int64_t *deleted)
{
	int64_t changes;
	enum gb_err rc;
	size_t i;

	*deleted = 0;
	if (count == 0)
		return GB_OK;
	db_lock(s);
	if ((rc = db_begin(s)) != GB_OK)
		goto out;
	for (i = 0; i < count && rc == GB_OK; i++) {
		rc = db_run_locked(s, sql, DB_ARGS(db_int(ids[i])), &changes);
		if (rc == GB_OK)
			*deleted += changes;
	}
	if (rc == GB_OK)
		rc = db_run_locked(s, sql_ids_free, DB_NO_ARGS, NULL);
	rc = db_finish(s, rc);
out:
	db_unlock(s);
	if (rc != GB_OK)
		*deleted = 0;
	return rc;
}

enum gb_err
store_journal_delete_request_ids(struct store *s, const int64_t *ids,
				 size_t count, int64_t *deleted)
{
	return delete_ids(s, sql_delete_request, ids, count, deleted);
}

enum gb_err
store_journal_delete_attempt_ids(struct store *s, const int64_t *ids,
				 size_t count, int64_t *deleted)
{
	return delete_ids(s, sql_delete_attempt, ids, count, deleted);
}

/* A table: its rows are from "low" on, "count" of them. */
struct measure {
	int64_t low, count;
	double bytes; /* of all */
};

/* Within the lock. */
static enum gb_err
measure(struct store *s, const char *sql, struct measure *m)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	memset(m, 0, sizeof(*m));
	rc = db_start(s, sql, DB_NO_ARGS, &stmt);
	if (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK && row &&
	    sqlite3_column_type(stmt, 0) != SQLITE_NULL) {
		m->low = sqlite3_column_int64(stmt, 0);
		m->count = sqlite3_column_int64(stmt, 1) - m->low + 1;
		m->bytes = sqlite3_column_double(stmt, 2) * (double)m->count;
	}
	db_end(stmt);
	return rc;
}

/* The last id of the first "share" of a table; 0: of none. */
static int64_t
cut_of(const struct measure *m, double share)
{
	int64_t rows;

	rows = (int64_t)((double)m->count * share);
	return rows > 0 ? m->low + rows - 1 : 0;
}

enum gb_err
store_journal_measure(struct store *s, int64_t max, struct journal_cut *cut)
{
	struct measure requests, attempts;
	double bytes, share;
	enum gb_err rc;

	memset(cut, 0, sizeof(*cut));
	db_lock(s);
	rc = measure(s, sql_measure_requests, &requests);
	if (rc == GB_OK)
		rc = measure(s, sql_measure_attempts, &attempts);
	db_unlock(s);
	if (rc != GB_OK)
		return rc;
	bytes = requests.bytes + attempts.bytes;
	cut->bytes = (int64_t)bytes;
	if (bytes <= (double)max)
		return GB_OK;
	share = (bytes - (double)max) / bytes;
	cut->request_id = cut_of(&requests, share);
	cut->attempt_id = cut_of(&attempts, share);
	return GB_OK;
}

enum gb_err
store_journal_delete_attempts(struct store *s, int64_t before_ms, int64_t most,
			      int64_t *deleted)
{
	return db_run(s, sql_delete_attempts,
		      DB_ARGS(db_int(before_ms), db_int(most)), deleted);
}

static enum gb_err
read_failure(sqlite3_stmt *stmt, int64_t now_ms, void *row)
{
	struct journal_failure *failure = row;

	(void)now_ms;
	failure->time_ms = sqlite3_column_int64(stmt, 0);
	failure->status = sqlite3_column_int(stmt, 1);
	failure->text = db_copy_text(stmt, 2);
	return failure->text == NULL ? GB_ENOMEM : GB_OK;
}

enum gb_err
store_journal_picture_failures(struct store *s, struct journal_failures *out)
{
	enum gb_err rc;
	void *rows;

	rc = db_list(s, sql_picture_failures, read_failure, 0,
		     sizeof(*out->rows), &rows, &out->count);
	out->rows = rows;
	return rc;
}

void
journal_failures_free(struct journal_failures *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free(list->rows[i].text);
	free(list->rows);
	list->rows = NULL;
	list->count = 0;
}
