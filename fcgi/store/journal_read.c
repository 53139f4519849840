/* journal_read.c: pages of the journal's rows */
#include "store/journal_read.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/db.h"
#include "store/usage.h"

#define NEWEST_MS    (INT64_MAX / 2) /* after any moment */
#define SCAN_MS	     25	   /* that a page may take, and a chunk more */
#define UNSUMMED_MAX 20000 /* rows that are in no sum yet; of more, none is */
#define LATE_MS	     MINUTE_MS	   /* that attempts may end late */
#define LONG_MS	     (2 * HOUR_MS) /* that a request may take */
#define CHUNK_ROWS   2000 /* that are looked at in one go: few milliseconds */

/* --- SQL ------------------------------------------------------------------ */

/* Rows behind the cursor (?1, ?2), down to (?3, ?4). */
#define BEHIND	 "t.time_ms <= ?1 AND (t.time_ms < ?1 OR t.id < ?2)"
#define DOWN_TO	 "t.time_ms >= ?3 AND (t.time_ms > ?3 OR t.id >= ?4)"
#define IN_ORDER " ORDER BY t.time_ms DESC, t.id DESC"

/* Where a chunk of ?4 rows ends. */
#define CHUNK_END(table) \
	"SELECT t.time_ms, t.id FROM " table " t WHERE " BEHIND \
	" AND t.time_ms >= ?3" IN_ORDER " LIMIT 1 OFFSET ?4"

static const char sql_requests_end[] = CHUNK_END("requests");
static const char sql_attempts_end[] = CHUNK_END("attempts");

#define FILTERS \
	" AND (?6 = 0 OR t.key_id = ?6) AND (?7 IS NULL OR t.model = ?7)" \
	" AND (?8 = 0 OR t.status = ?8)" \
	" AND (?9 IS NULL OR t.error_class = ?9)"

#define REQUESTS \
	"SELECT t.id, t.time_ms, t.request_id, t.token, t.key_id, " \
	"gb_open(k.secret)," \
	" t.endpoint, t.model, t.stream, t.hung_up, t.status, t.attempts," \
	" t.first_byte_ms, t.total_ms, t.prompt_tokens, t.completion_tokens," \
	" t.reasoning_tokens, t.cached_tokens, t.tool_tokens, " \
	"t.audio_in_tokens," \
	" t.image_in_tokens, t.video_in_tokens, t.audio_out_tokens," \
	" t.image_out_tokens, coalesce(t.cost, -1), t.error_class" \
	" FROM requests t LEFT JOIN keys k ON k.id = t.key_id"

static const char sql_requests[] =
    REQUESTS " WHERE " BEHIND " AND " DOWN_TO FILTERS
	     " AND (?10 IS NULL OR instr(t.request_id, lower(?10)) > 0)"
	     " AND (?11 IS NULL OR t.token = ?11)"
	     " AND (?12 IS NULL OR t.endpoint = ?12)" IN_ORDER " LIMIT ?5";

static const char sql_request[] = REQUESTS " WHERE t.id = ?1";

#define ATTEMPTS \
	"SELECT t.id, t.time_ms, t.request_id, t.key_id, gb_open(k.secret), " \
	"t.model," \
	" t.status, t.error_class, t.text" \
	" FROM attempts t LEFT JOIN keys k ON k.id = t.key_id"

static const char sql_attempts[] =
    ATTEMPTS " WHERE " BEHIND " AND " DOWN_TO FILTERS
	     " AND (?10 IS NULL OR instr(t.request_id, lower(?10)) > 0"
	     " OR instr(lower(t.text), lower(?10)) > 0)"
	     " AND ?11 IS NULL AND ?12 IS NULL" IN_ORDER " LIMIT ?5";

static const char sql_attempt[] = ATTEMPTS " WHERE t.id = ?1";

/* The last hour that has rows of a value and begins before ?3. */
static const char sql_hour[] =
    "SELECT coalesce(max(start), -1) FROM usage_hours"
    " WHERE dimension = ?1 AND value = ?2 AND start <= ?3";
static const char sql_first_hour[] =
    "SELECT coalesce(min(start), -1) FROM usage_hours WHERE dimension = 0";
/* The oldest moment of those that are in no hour yet; of very many: any.  They
 * are found by their ids. */
static const char sql_unsummed[] =
    "SELECT iif(count(*) < ?2, coalesce(min(time_ms), ?1), 0)"
    " FROM (SELECT time_ms FROM requests NOT INDEXED"
    " WHERE id > (SELECT rolled FROM usage_state) LIMIT ?2)";

/* --- passing hours over --------------------------------------------------- */

/* What the sums tell. */
struct hours {
	int64_t first;	  /* older rows are in no sum any more; -1: all are */
	int64_t unsummed; /* nor are some from then on yet */
};

static enum gb_err
read_hours(struct store *s, struct hours *h)
{
	enum gb_err rc;

	rc = db_number_locked(s, sql_first_hour, DB_NO_ARGS, &h->first);
	if (rc == GB_OK)
		rc = db_number_locked(s, sql_unsummed,
				      DB_ARGS(db_int(INT64_MAX),
					      db_int(UNSUMMED_MAX)),
				      &h->unsummed);
	return rc;
}

/* Lower "*end" to the end of the last hour before it that has such rows. */
static enum gb_err
last_hour(struct store *s, enum usage_by by, struct db_value value,
	  int64_t before_ms, int64_t *end)
{
	int64_t start;
	enum gb_err rc;

	rc = db_number_locked(s, sql_hour,
			      DB_ARGS(db_int(by), value, db_int(before_ms)),
			      &start);
	if (rc == GB_OK && start < 0)
		*end = 0;
	else if (rc == GB_OK && start + HOUR_MS < *end)
		*end = start + HOUR_MS;
	return rc;
}

/* The same for a model: where there is no such model its name is "". */
static enum gb_err
last_hour_of_model(struct store *s, const char *model, int64_t before_ms,
		   int64_t *end)
{
	int64_t named, unnamed;
	enum gb_err rc;

	named = unnamed = *end;
	rc = last_hour(s, USAGE_BY_MODEL, db_text(model), before_ms, &named);
	if (rc == GB_OK)
		rc = last_hour(s, USAGE_BY_MODEL, db_text(""), before_ms,
			       &unnamed);
	*end = named > unnamed ? named : unnamed;
	return rc;
}

/* Move the cursor back over hours that have nothing of the filter's. */
static enum gb_err
pass_over(struct store *s, const struct journal_filter *f,
	  const struct hours *h, struct journal_cursor *at)
{
	int64_t end, before_ms;
	enum gb_err rc;

	if (h->first < 0 || at->time_ms >= h->unsummed ||
	    at->time_ms <= h->first)
		return GB_OK;
	before_ms = at->time_ms;
	end = before_ms + 1; /* rows of this moment may be wanted, too */
	rc = GB_OK;
	if (f->token != NULL)
		rc = last_hour(s, USAGE_BY_TOKEN, db_text(f->token), before_ms,
			       &end);
	if (rc == GB_OK && f->key_id != 0)
		rc = last_hour(s, USAGE_BY_KEY, db_int(f->key_id), before_ms,
			       &end);
	if (rc == GB_OK && f->model != NULL)
		rc = last_hour_of_model(s, f->model, before_ms, &end);
	if (rc == GB_OK && f->endpoint != NULL)
		rc = last_hour(s, USAGE_BY_ENDPOINT, db_text(f->endpoint),
			       before_ms, &end);
	if (rc == GB_OK && f->status != 0)
		rc = last_hour(s, USAGE_BY_STATUS, db_int(f->status), before_ms,
			       &end);
	if (end < h->first)
		end = h->first;
	if (rc == GB_OK && end <= at->time_ms) {
		at->time_ms = end;
		at->id = 0; /* before all rows of the moment */
	}
	return rc;
}

/* --- chunks --------------------------------------------------------------- */

/* A page that is being read. */
struct reading {
	struct store *s;
	const struct journal_filter *filter;
	const char *sql_end, *sql_rows;
	bool has_sums; /* of what is read */
	size_t most, each;
	enum gb_err (*read)(sqlite3_stmt *, void *row);
	char *rows; /* "most" of "each" bytes */
	size_t count;
	struct journal_cursor at;
	bool more;
};

/* Where the next chunk ends; it is the last one: "*last". */
static enum gb_err
find_end(struct reading *r, struct journal_cursor *end, bool *last)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	row = false;
	rc = db_start(r->s, r->sql_end,
		      DB_ARGS(db_int(r->at.time_ms), db_int(r->at.id),
			      db_int(r->filter->since_ms),
			      db_int(CHUNK_ROWS - 1)),
		      &stmt);
	if (rc == GB_OK)
		rc = db_step(r->s, stmt, &row);
	*last = !row;
	end->time_ms =
	    row ? sqlite3_column_int64(stmt, 0) : r->filter->since_ms;
	end->id = row ? sqlite3_column_int64(stmt, 1) : 0;
	db_end(stmt);
	return rc;
}

/* Read what fits of the rows down to "end". */
static enum gb_err
read_chunk(struct reading *r, const struct journal_cursor *end)
{
	const struct journal_filter *f = r->filter;
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	rc = db_start(r->s, r->sql_rows,
		      DB_ARGS(db_int(r->at.time_ms), db_int(r->at.id),
			      db_int(end->time_ms), db_int(end->id),
			      db_int((int64_t)(r->most - r->count)),
			      db_int(f->key_id), db_text(f->model),
			      db_int(f->status), db_text(f->error_class),
			      db_text(f->text), db_text(f->token),
			      db_text(f->endpoint)),
		      &stmt);
	while (rc == GB_OK && r->count < r->most &&
	       (rc = db_step(r->s, stmt, &row)) == GB_OK && row) {
		r->at.id = sqlite3_column_int64(stmt, 0);
		r->at.time_ms = sqlite3_column_int64(stmt, 1);
		rc = r->read(stmt, r->rows + r->count * r->each);
		if (rc == GB_OK)
			r->count++;
	}
	db_end(stmt);
	if (rc == GB_OK && r->count < r->most)
		r->at = *end;
	return rc;
}

static enum gb_err
read_page(struct reading *r)
{
	struct hours hours = {-1, 0};
	struct journal_cursor end;
	int64_t stop_ms;
	enum gb_err rc;
	bool last;

	stop_ms = clock_mono_ms() + SCAN_MS;
	last = false;
	rc = r->has_sums ? read_hours(r->s, &hours) : GB_OK;
	do {
		if (rc == GB_OK)
			rc = pass_over(r->s, r->filter, &hours, &r->at);
		if (rc == GB_OK)
			rc = find_end(r, &end, &last);
		if (rc == GB_OK)
			rc = read_chunk(r, &end);
		db_unlock(r->s); /* others do not wait for a page */
		sched_yield();
		db_lock(r->s);
	} while (rc == GB_OK && !last && r->count < r->most &&
		 clock_mono_ms() < stop_ms);
	r->more = !last || r->count == r->most;
	return rc;
}

/* Read the page; on failure no rows are left. */
static enum gb_err
run(struct reading *r, const struct journal_cursor *from)
{
	enum gb_err rc;

	if (r->most > JOURNAL_PAGE_MAX)
		r->most = JOURNAL_PAGE_MAX;
	r->rows = calloc(r->most + 1, r->each);
	if (r->rows == NULL)
		return GB_ENOMEM;
	r->at.time_ms = NEWEST_MS;
	r->at.id = INT64_MAX;
	if (r->filter->until_ms > 0) {
		r->at.time_ms = r->filter->until_ms;
		r->at.id = 0;
	}
	if (from != NULL && from->time_ms > 0 && from->time_ms <= r->at.time_ms)
		r->at = *from;
	db_lock(r->s);
	rc = read_page(r);
	db_unlock(r->s);
	return rc == GB_ENOTFOUND ? GB_EIO : rc;
}

/* --- rows ----------------------------------------------------------------- */

static void
copy(char *to, size_t size, sqlite3_stmt *stmt, int column)
{
	const char *text;

	text = (const char *)sqlite3_column_text(stmt, column);
	(void)snprintf(to, size, "%s", text == NULL ? "" : text);
}

static void
copy_mask(char mask[SECRET_MASK_SIZE], sqlite3_stmt *stmt, int column)
{
	const char *secret;

	mask[0] = '\0';
	secret = (const char *)sqlite3_column_text(stmt, column);
	if (secret != NULL)
		secret_mask(mask, secret);
}

#define COPY(to, stmt, column) copy(to, sizeof(to), stmt, column)

static enum gb_err
read_request(sqlite3_stmt *stmt, void *to)
{
	struct journal_request *r = to;
	int64_t *const numbers[] = {
	    &r->first_byte_ms,
	    &r->total_ms,
	    &r->prompt_tokens,
	    &r->completion_tokens,
	    &r->reasoning_tokens,
	    &r->cached_tokens,
	    &r->tool_tokens,
	    &r->audio_in_tokens,
	    &r->image_in_tokens,
	    &r->video_in_tokens,
	    &r->audio_out_tokens,
	    &r->image_out_tokens,
	    &r->cost,
	};
	size_t i;

	r->id = sqlite3_column_int64(stmt, 0);
	r->time_ms = sqlite3_column_int64(stmt, 1);
	COPY(r->request_id, stmt, 2);
	COPY(r->token, stmt, 3);
	r->key_id = sqlite3_column_int64(stmt, 4);
	copy_mask(r->key, stmt, 5);
	COPY(r->endpoint, stmt, 6);
	COPY(r->model, stmt, 7);
	r->stream = sqlite3_column_int(stmt, 8) != 0;
	r->hung_up = sqlite3_column_int(stmt, 9) != 0;
	r->status = sqlite3_column_int(stmt, 10);
	r->attempts = sqlite3_column_int(stmt, 11);
	for (i = 0; i < GB_COUNT(numbers); i++)
		*numbers[i] = sqlite3_column_int64(stmt, 12 + (int)i);
	COPY(r->error_class, stmt, 25);
	return GB_OK;
}

static enum gb_err
read_attempt(sqlite3_stmt *stmt, void *to)
{
	struct journal_failed *a = to;

	a->id = sqlite3_column_int64(stmt, 0);
	a->time_ms = sqlite3_column_int64(stmt, 1);
	COPY(a->request_id, stmt, 2);
	a->key_id = sqlite3_column_int64(stmt, 3);
	copy_mask(a->key, stmt, 4);
	COPY(a->model, stmt, 5);
	a->status = sqlite3_column_int(stmt, 6);
	COPY(a->error_class, stmt, 7);
	a->text = db_copy_text(stmt, 8);
	return a->text == NULL ? GB_ENOMEM : GB_OK;
}

void
journal_requests_free(struct journal_requests *page)
{
	free(page->rows);
	memset(page, 0, sizeof(*page));
}

void
journal_attempts_free(struct journal_attempts *page)
{
	size_t i;

	for (i = 0; i < page->count; i++)
		free(page->rows[i].text);
	free(page->rows);
	memset(page, 0, sizeof(*page));
}

enum gb_err
store_journal_requests(struct store *s, const struct journal_filter *f,
		       const struct journal_cursor *from, size_t most,
		       struct journal_requests *page)
{
	struct reading r = {
	    .s = s,
	    .filter = f,
	    .sql_end = sql_requests_end,
	    .sql_rows = sql_requests,
	    .has_sums = true,
	    .most = most,
	    .each = sizeof(*page->rows),
	    .read = read_request,
	};
	enum gb_err rc;

	rc = run(&r, from);
	page->rows = (struct journal_request *)(void *)r.rows;
	page->count = r.count;
	page->next = r.at;
	page->more = r.more;
	if (rc != GB_OK)
		journal_requests_free(page);
	return rc;
}

enum gb_err
store_journal_attempts(struct store *s, const struct journal_filter *f,
		       const struct journal_cursor *from, size_t most,
		       struct journal_attempts *page)
{
	struct reading r = {
	    .s = s,
	    .filter = f,
	    .sql_end = sql_attempts_end,
	    .sql_rows = sql_attempts,
	    .most = most,
	    .each = sizeof(*page->rows),
	    .read = read_attempt,
	};
	enum gb_err rc;

	rc = run(&r, from);
	page->rows = (struct journal_failed *)(void *)r.rows;
	page->count = r.count;
	page->next = r.at;
	page->more = r.more;
	if (rc != GB_OK)
		journal_attempts_free(page);
	return rc;
}

static enum gb_err
read_id(sqlite3_stmt *stmt, void *to)
{
	*(int64_t *)to = sqlite3_column_int64(stmt, 0);
	return GB_OK;
}

enum gb_err
store_journal_ids(struct store *s, enum journal_table table,
		  const struct journal_filter *f, struct journal_cursor *at,
		  size_t most, int64_t *ids, size_t *count, bool *more)
{
	bool requests = table == JOURNAL_REQUESTS;
	struct reading r = {
	    .s = s,
	    .filter = f,
	    .sql_end = requests ? sql_requests_end : sql_attempts_end,
	    .sql_rows = requests ? sql_requests : sql_attempts,
	    .has_sums = requests,
	    .most = most,
	    .each = sizeof(*ids),
	    .read = read_id,
	};
	enum gb_err rc;

	rc = run(&r, at);
	if (rc == GB_OK)
		memcpy(ids, r.rows, r.count * sizeof(*ids));
	free(r.rows);
	*count = rc == GB_OK ? r.count : 0;
	*at = r.at;
	*more = r.more;
	return rc;
}

/* --- one row -------------------------------------------------------------- */

static enum gb_err
read_one(struct store *s, const char *sql, int64_t id,
	 enum gb_err (*read)(sqlite3_stmt *, void *row), void *to)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	db_lock(s);
	rc = db_start(s, sql, DB_ARGS(db_int(id)), &stmt);
	if (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK)
		rc = row ? read(stmt, to) : GB_ENOTFOUND;
	db_end(stmt);
	db_unlock(s);
	return rc;
}

enum gb_err
store_journal_request(struct store *s, int64_t id, struct journal_request *row)
{
	memset(row, 0, sizeof(*row));
	return read_one(s, sql_request, id, read_request, row);
}

enum gb_err
store_journal_attempt(struct store *s, int64_t id, struct journal_failed *row)
{
	memset(row, 0, sizeof(*row));
	return read_one(s, sql_attempt, id, read_attempt, row);
}

enum gb_err
store_journal_attempts_of(struct store *s,
			  const struct journal_request *request,
			  struct journal_attempts *page)
{
	struct journal_filter f = {.text = request->request_id};
	struct journal_failed *row;
	enum gb_err rc;
	size_t i, kept;

	f.since_ms = request->time_ms;
	f.until_ms = request->time_ms + request->total_ms + LATE_MS;
	rc = store_journal_attempts(s, &f, NULL, JOURNAL_PAGE_MAX, page);
	/* The id may stand in the text of another's, too. */
	for (kept = i = 0; i < page->count; i++) {
		row = &page->rows[i];
		if (strcmp(row->request_id, request->request_id) == 0)
			page->rows[kept++] = *row;
		else
			free(row->text);
	}
	page->count = kept;
	return rc;
}

enum gb_err
store_journal_request_of(struct store *s, const struct journal_failed *attempt,
			 struct journal_request *row)
{
	struct journal_filter f = {.text = attempt->request_id};
	struct journal_requests page;
	enum gb_err rc;

	memset(row, 0, sizeof(*row));
	if (attempt->request_id[0] == '\0')
		return GB_ENOTFOUND;
	f.since_ms = attempt->time_ms - LONG_MS;
	f.until_ms = attempt->time_ms + 1;
	if ((rc = store_journal_requests(s, &f, NULL, 1, &page)) != GB_OK)
		return rc;
	if (page.count == 0 ||
	    strcmp(page.rows[0].request_id, attempt->request_id) != 0)
		rc = GB_ENOTFOUND;
	else
		*row = page.rows[0];
	journal_requests_free(&page);
	return rc;
}
