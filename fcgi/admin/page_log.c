/* page_log.c: one request or error of the journal */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/logs.h"
#include "admin/numbers.h"
#include "admin/pages.h"
#include "base/clock.h"
#include "store/failed_bodies.h"

/* --- facts ---------------------------------------------------------------- */

static void
add_fact(struct admin_request *rq, struct dict *d, const char *key,
	 const char *text)
{
	struct dict *line;

	if (text[0] == '\0')
		return;
	line = dict_add(d, "FACT");
	dict_set(line, "FACT_NAME", admin_text(rq, key));
	dict_set(line, "FACT_TEXT", text);
}

static void
add_number(struct admin_request *rq, struct dict *d, const char *key,
	   enum number_unit unit, int64_t n)
{
	char text[NUMBER_TEXT_SIZE];

	number_text(text, unit, n);
	add_fact(rq, d, key, text);
}

static void
add_time(struct admin_request *rq, struct dict *d, int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	clock_text(text, ms, true);
	add_fact(rq, d, "LOGS_TIME", text);
}

/* A key as it is shown, with its id; what was deleted has only that. */
static void
add_key(struct admin_request *rq, struct dict *d, const char *key, int64_t id)
{
	char text[SECRET_MASK_SIZE + 32];

	if (id == 0)
		return;
	(void)snprintf(text, sizeof(text), "%s (%" PRId64 ")", key, id);
	add_fact(rq, d, "LOGS_KEY", text);
}

/* Classes of tokens that there were any of. */
static void
add_tokens(struct admin_request *rq, struct dict *d,
	   const struct journal_request *r)
{
	const struct {
		const char *key;
		int64_t n;
	} classes[] = {
	    {"LOG_CACHED", r->cached_tokens},
	    {"LOG_TOOL", r->tool_tokens},
	    {"LOG_AUDIO_IN", r->audio_in_tokens},
	    {"LOG_IMAGE_IN", r->image_in_tokens},
	    {"LOG_VIDEO_IN", r->video_in_tokens},
	    {"LOG_REASONING", r->reasoning_tokens},
	    {"LOG_AUDIO_OUT", r->audio_out_tokens},
	    {"LOG_IMAGE_OUT", r->image_out_tokens},
	};
	size_t i;

	add_number(rq, d, "LOGS_IN", NUMBER_COUNT, r->prompt_tokens);
	add_number(rq, d, "LOGS_OUT", NUMBER_COUNT, r->completion_tokens);
	for (i = 0; i < GB_COUNT(classes); i++)
		if (classes[i].n > 0)
			add_number(rq, d, classes[i].key, NUMBER_COUNT,
				   classes[i].n);
}

static void
show_request(struct admin_request *rq, struct dict *page,
	     const struct journal_request *r)
{
	struct dict *d;

	d = dict_add(page, "REQUEST");
	add_time(rq, d, r->time_ms);
	add_fact(rq, d, "LOG_ID", r->request_id);
	add_number(rq, d, "LOGS_STATUS", NUMBER_SHORT, r->status);
	add_fact(rq, d, "LOGS_CODE", r->error_class);
	add_fact(rq, d, "LOGS_TOKEN", r->token);
	add_fact(rq, d, "LOGS_MODEL", r->model);
	add_fact(rq, d, "LOGS_ENDPOINT", r->endpoint);
	add_key(rq, d, r->key, r->key_id);
	add_fact(rq, d, "LOG_STREAM",
		 admin_text(rq, r->stream ? "LOG_YES" : "LOG_NO"));
	if (r->hung_up)
		add_fact(rq, d, "LOG_HUNG_UP", admin_text(rq, "LOG_YES"));
	add_number(rq, d, "LOG_CALLS", NUMBER_COUNT, r->attempts);
	add_number(rq, d, "LOG_FIRST", NUMBER_MS, r->first_byte_ms);
	add_number(rq, d, "LOGS_TOOK", NUMBER_MS, r->total_ms);
	add_tokens(rq, d, r);
	add_number(rq, d, "LOGS_COST", NUMBER_MONEY, r->cost);
}

static void
show_failure(struct admin_request *rq, struct dict *page,
	     const struct journal_failed *a)
{
	struct dict *d;

	d = dict_add(page, "FAILURE");
	add_time(rq, d, a->time_ms);
	add_number(rq, d, "LOGS_STATUS", NUMBER_SHORT, a->status);
	add_fact(rq, d, "LOGS_CODE", a->error_class);
	add_fact(rq, d, "LOGS_MODEL", a->model);
	add_key(rq, d, a->key, a->key_id);
	dict_set(d, "FAILURE_TEXT", a->text);
}

static enum gb_err
show_attempts(struct admin_request *rq, struct dict *page,
	      const struct journal_request *r)
{
	const struct journal_failed *a;
	struct journal_attempts list;
	struct dict *d, *line;
	enum gb_err rc;
	size_t i;

	rc = store_journal_attempts_of(rq->reports, r, &list);
	d = list.count > 0 ? dict_add(page, "ATTEMPTS") : NULL;
	for (i = list.count; i-- > 0;) {
		a = &list.rows[i];
		line = dict_add(d, "ATTEMPT");
		dict_set_int(line, "ID", a->id);
		admin_set_time(line, "AT", a->time_ms);
		dict_set(line, "KEY", a->key);
		dict_set_int(line, "STATUS", a->status);
		dict_set(line, "CODE", a->error_class);
		admin_set_short(line, "TEXT", a->text, LOGS_EXCERPT_MAX);
	}
	journal_attempts_free(&list);
	return rc;
}

/* What the client asked for, where it was kept. */
static enum gb_err
show_body(struct admin_request *rq, struct dict *page,
	  const struct journal_request *r)
{
	struct journal_attempts attempts;
	struct failed_body body;
	enum gb_err rc;

	rc = store_failed_body(rq->reports, r->request_id, &body, &attempts);
	if (rc == GB_OK) {
		dict_show(page, "BODY");
		dict_set(page, "BODY_TEXT", body.body);
	}
	failed_body_release(&body);
	journal_attempts_free(&attempts);
	return rc == GB_ENOTFOUND ? GB_OK : rc;
}

/* --- the pages ------------------------------------------------------------ */

/* The id that the path ends with; 0: it has none. */
static int64_t
id_of(const struct admin_request *rq)
{
	int64_t id;
	char *end;

	if (rq->rest[0] < '1' || rq->rest[0] > '9')
		return 0;
	id = strtoll(rq->rest, &end, 10);
	return *end == '\0' ? id : 0;
}

static struct dict *
begin_page(struct admin_request *rq, const char *what, int64_t id)
{
	struct dict *d;
	bool errors;

	errors = strcmp(what, "errors") == 0;
	d = admin_content(rq, "log.html",
			  errors ? "LOG_ERROR_TITLE" : "LOG_REQUEST_TITLE");
	dict_set(d, "LOG_TITLE",
		 admin_text(rq,
			    errors ? "LOG_ERROR_TITLE" : "LOG_REQUEST_TITLE"));
	dict_set(d, "WHAT", what);
	dict_set_int(d, "ID", id);
	dict_show_if(d, "OF_ERRORS", errors);
	return d;
}

static void
end_page(struct admin_request *rq, enum gb_err rc)
{
	if (rc != GB_OK)
		admin_fault(rq, rc);
	else
		admin_page(rq, 200);
}

/* A request with all there is of it. */
static enum gb_err
show_all(struct admin_request *rq, struct dict *d,
	 const struct journal_request *r)
{
	enum gb_err rc;

	show_request(rq, d, r);
	rc = show_attempts(rq, d, r);
	return rc == GB_OK ? show_body(rq, d, r) : rc;
}

void
logs_show_request(struct admin_request *rq)
{
	struct journal_request r;
	struct dict *d;
	enum gb_err rc;
	int64_t id;

	id = id_of(rq);
	if ((rc = admin_reports(rq)) != GB_OK ||
	    (rc = store_journal_request(rq->reports, id, &r)) != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	d = begin_page(rq, "requests", id);
	end_page(rq, show_all(rq, d, &r));
}

void
logs_show_error(struct admin_request *rq)
{
	struct journal_failed a;
	struct journal_request r;
	struct dict *d;
	enum gb_err rc;
	int64_t id;

	id = id_of(rq);
	memset(&a, 0, sizeof(a));
	if ((rc = admin_reports(rq)) != GB_OK ||
	    (rc = store_journal_attempt(rq->reports, id, &a)) != GB_OK) {
		free(a.text);
		admin_fault(rq, rc);
		return;
	}
	d = begin_page(rq, "errors", id);
	show_failure(rq, d, &a);
	rc = store_journal_request_of(rq->reports, &a, &r);
	if (rc == GB_OK) {
		rc = show_all(rq, d, &r);
	} else if (rc == GB_ENOTFOUND) {
		dict_show(d, "NO_REQUEST");
		rc = GB_OK;
	}
	free(a.text);
	end_page(rq, rc);
}
