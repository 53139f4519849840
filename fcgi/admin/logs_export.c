/* logs_export.c: the journal's rows as a file, CSV or JSON, as they are read */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "admin/logs.h"
#include "admin/pages.h"
#include "base/clock.h"
#include "base/log.h"
#include "dialect/json/json_out.h"

#define PAGE_ROWS JOURNAL_PAGE_MAX
#define PAGE_MAX  (8 * 1024 * 1024) /* bytes of a page's rows */

#define CSV_TYPE  "text/csv; charset=utf-8"
#define JSON_TYPE "application/json; charset=utf-8"

/* A file that is being written. */
struct export
{
	struct admin_request *rq;
	const struct logs_filter *filter;
	bool csv, begun;
	struct buf buf;
	struct json_out json;
	size_t column; /* of the row, so far */
};

/* --- cells ---------------------------------------------------------------- */

static void
begin_cell(struct export *e, const char *name)
{
	if (!e->csv)
		jout_key(&e->json, name);
	else if (e->column > 0)
		buf_putc(&e->buf, ',');
	e->column++;
}

static void
put_number(struct export *e, const char *name, int64_t n)
{
	begin_cell(e, name);
	if (e->csv)
		buf_printf(&e->buf, "%" PRId64, n);
	else
		jout_int(&e->json, n);
}

/* A text may be of a client's making: one that a spreadsheet would take for a
 * formula gets a "'" before it. */
static void
put_text(struct export *e, const char *name, const char *text)
{
	begin_cell(e, name);
	if (!e->csv) {
		jout_string(&e->json, text);
		return;
	}
	buf_putc(&e->buf, '"');
	if (text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL)
		buf_putc(&e->buf, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			buf_putc(&e->buf, '"');
		buf_putc(&e->buf, *text);
	}
	buf_putc(&e->buf, '"');
}

static void
put_time(struct export *e, const char *name, int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	clock_text(text, ms, true);
	put_text(e, name, text);
}

/* Dollars; nothing where nobody knows. */
static void
put_money(struct export *e, const char *name, int64_t micro)
{
	char text[32];

	begin_cell(e, name);
	(void)snprintf(text, sizeof(text), "%" PRId64 ".%06" PRId64,
		       micro / 1000000, micro % 1000000);
	if (micro < 0 && e->csv)
		return;
	if (e->csv)
		buf_puts(&e->buf, text);
	else if (micro < 0)
		jout_null(&e->json);
	else
		jout_raw(&e->json, text, strlen(text));
}

static void
begin_row(struct export *e)
{
	e->column = 0;
	if (!e->csv)
		jout_object(&e->json);
}

static void
end_row(struct export *e)
{
	if (!e->csv)
		jout_object_end(&e->json);
	buf_puts(&e->buf, e->csv ? "\r\n" : "\n");
}

/* --- rows ----------------------------------------------------------------- */

static const char request_heads[] =
    "id,time,request_id,token,key_id,key,endpoint,model,stream,hung_up,status,"
    "attempts,first_byte_ms,total_ms,prompt_tokens,completion_tokens,"
    "reasoning_tokens,cached_tokens,tool_tokens,audio_in_tokens,"
    "image_in_tokens,video_in_tokens,audio_out_tokens,image_out_tokens,cost,"
    "error_class\r\n";
static const char error_heads[] =
    "id,time,request_id,key_id,key,model,status,error_class,text\r\n";

static void
put_request(struct export *e, const struct journal_request *r)
{
	begin_row(e);
	put_number(e, "id", r->id);
	put_time(e, "time", r->time_ms);
	put_text(e, "request_id", r->request_id);
	put_text(e, "token", r->token);
	put_number(e, "key_id", r->key_id);
	put_text(e, "key", r->key);
	put_text(e, "endpoint", r->endpoint);
	put_text(e, "model", r->model);
	put_number(e, "stream", r->stream);
	put_number(e, "hung_up", r->hung_up);
	put_number(e, "status", r->status);
	put_number(e, "attempts", r->attempts);
	put_number(e, "first_byte_ms", r->first_byte_ms);
	put_number(e, "total_ms", r->total_ms);
	put_number(e, "prompt_tokens", r->prompt_tokens);
	put_number(e, "completion_tokens", r->completion_tokens);
	put_number(e, "reasoning_tokens", r->reasoning_tokens);
	put_number(e, "cached_tokens", r->cached_tokens);
	put_number(e, "tool_tokens", r->tool_tokens);
	put_number(e, "audio_in_tokens", r->audio_in_tokens);
	put_number(e, "image_in_tokens", r->image_in_tokens);
	put_number(e, "video_in_tokens", r->video_in_tokens);
	put_number(e, "audio_out_tokens", r->audio_out_tokens);
	put_number(e, "image_out_tokens", r->image_out_tokens);
	put_money(e, "cost", r->cost);
	put_text(e, "error_class", r->error_class);
	end_row(e);
}

static void
put_error(struct export *e, const struct journal_failed *a)
{
	begin_row(e);
	put_number(e, "id", a->id);
	put_time(e, "time", a->time_ms);
	put_text(e, "request_id", a->request_id);
	put_number(e, "key_id", a->key_id);
	put_text(e, "key", a->key);
	put_text(e, "model", a->model);
	put_number(e, "status", a->status);
	put_text(e, "error_class", a->error_class);
	put_text(e, "text", a->text);
	end_row(e);
}

/* Read the page behind "at", which moves on. */
static enum gb_err
put_page(struct export *e, struct journal_cursor *at, bool *more)
{
	const struct journal_filter *f = &e->filter->journal;
	struct store *s = e->rq->reports;
	struct journal_requests requests;
	struct journal_attempts attempts;
	enum gb_err rc;
	size_t i;

	if (e->filter->kind == LOGS_ERRORS) {
		rc = store_journal_attempts(s, f, at, PAGE_ROWS, &attempts);
		for (i = 0; i < attempts.count; i++)
			put_error(e, &attempts.rows[i]);
		*at = attempts.next;
		*more = attempts.more;
		journal_attempts_free(&attempts);
		return rc;
	}
	rc = store_journal_requests(s, f, at, PAGE_ROWS, &requests);
	for (i = 0; i < requests.count; i++)
		put_request(e, &requests.rows[i]);
	*at = requests.next;
	*more = requests.more;
	journal_requests_free(&requests);
	return rc;
}

/* --- the file ------------------------------------------------------------- */

static enum gb_err
begin_file(struct export *e)
{
	const char *kind, *ending;
	char date[CLOCK_DATE_SIZE], text[128];

	kind = e->filter->kind == LOGS_ERRORS ? "errors" : "requests";
	ending = e->csv ? "csv" : "json";
	clock_date(date, clock_wall_ms());
	(void)snprintf(text, sizeof(text),
		       "attachment; filename=\"gbalance-%s-%s.%s\"", kind, date,
		       ending);
	web_reply_header(e->rq->web, "Content-Disposition", text);
	e->begun = true;
	return web_stream_begin(e->rq->web, 200, e->csv ? CSV_TYPE : JSON_TYPE);
}

/* Send what is there. */
static enum gb_err
send_part(struct export *e)
{
	enum gb_err rc;

	if ((rc = buf_error(&e->buf)) != GB_OK)
		return rc;
	if (!e->begun && (rc = begin_file(e)) != GB_OK)
		return rc;
	if (e->buf.len > 0 && strcmp(web_method(e->rq->web), "HEAD") != 0)
		rc = web_stream_write(e->rq->web, buf_str(&e->buf), e->buf.len);
	buf_reset(&e->buf);
	return rc;
}

static enum gb_err
send_rows(struct export *e)
{
	struct journal_cursor at = {0, 0};
	enum gb_err rc;
	bool more;

	jout_init(&e->json, &e->buf);
	if (!e->csv)
		jout_array(&e->json);
	else
		buf_puts(&e->buf, e->filter->kind == LOGS_ERRORS
				      ? error_heads
				      : request_heads);
	more = !e->filter->none;
	for (rc = GB_OK; rc == GB_OK && more;)
		if ((rc = put_page(e, &at, &more)) == GB_OK)
			rc = send_part(e);
	if (rc == GB_OK && !e->csv)
		jout_array_end(&e->json);
	return rc == GB_OK ? send_part(e) : rc;
}

void
logs_export(struct admin_request *rq)
{
	struct logs_filter f;
	struct export e;
	enum gb_err rc;

	if ((rc = logs_filter_read(rq, &rq->query, &f)) != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	if (f.fault_count > 0) {
		admin_fail(rq, 400, f.faults[0].why, NULL);
		return;
	}
	memset(&e, 0, sizeof(e));
	e.rq = rq;
	e.filter = &f;
	e.csv = strcmp(form_value(&rq->query, "format"), "json") != 0;
	buf_init(&e.buf, PAGE_MAX);
	rc = send_rows(&e);
	if (rc != GB_OK && rc != GB_ECANCELED && e.begun) {
		/* A file that is not all there must not look as if it were. */
		log_errorx("admin: %s: the export broke off: %s",
			   web_id(rq->web), gb_strerror(rc));
		web_break(rq->web);
	} else if (rc != GB_OK && !e.begun) {
		admin_fault(rq, rc);
	}
	buf_release(&e.buf);
}
