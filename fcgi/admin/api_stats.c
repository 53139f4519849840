/* api_stats.c: Gemini Balance's routes for what calls there were */
#include <stdlib.h>
#include <string.h>

#include "admin/api_logs.h"
#include "admin/pages.h"
#include "base/clock.h"
#include "base/log.h"
#include "dialect/json/json_out.h"
#include "store/key_summary.h"

#define PAGE_MAX	(1024 * 1024) /* bytes of a page's rows */
#define FAILING		20	      /* keys that are shown by default */
#define FAILING_MAX	1000
#define FAILING_LOOK_AT 50000 /* the newest failures */
#define TOO_MANY	429
#define JSON_TYPE	"application/json; charset=utf-8"

static void
put_call(struct json_out *out, const struct journal_request *r)
{
	char time[CLOCK_TEXT_SIZE];

	clock_text(time, r->time_ms, true);
	jout_object(out);
	jout_key_string(out, "timestamp", time);
	jout_key_string(out, "key", r->key);
	jout_key_string(out, "model", r->model);
	jout_key_string(out, "status",
			r->status >= 200 && r->status < 300 ? "success"
							    : "failure");
	jout_key_int(out, "status_code", r->status);
	jout_key_int(out, "latency_ms", r->total_ms);
	jout_key_int(out, "id", r->id);
	jout_object_end(out);
}

/* Send what is there; the head goes before it. */
static enum gb_err
send_part(struct admin_request *rq, struct buf *json)
{
	enum gb_err rc;

	if ((rc = buf_error(json)) != GB_OK)
		return rc;
	if (!web_replied(rq->web) &&
	    (rc = web_stream_begin(rq->web, 200, JSON_TYPE)) != GB_OK)
		return rc;
	if (json->len > 0 && strcmp(web_method(rq->web), "HEAD") != 0)
		rc = web_stream_write(rq->web, buf_str(json), json->len);
	buf_reset(json);
	return rc;
}

/* An array of all that fit, as they are read. */
static enum gb_err
send_calls(struct admin_request *rq, const struct journal_filter *f,
	   const struct api_keys *keys, struct buf *json)
{
	struct journal_cursor at = {0, 0};
	struct journal_requests page;
	struct json_out out;
	enum gb_err rc;
	bool more;
	size_t i;

	jout_init(&out, json);
	jout_array(&out);
	more = keys->any || keys->count > 0;
	for (rc = GB_OK; rc == GB_OK && more;) {
		rc = store_journal_requests(rq->reports, f, &at,
					    JOURNAL_PAGE_MAX, &page);
		for (i = 0; i < page.count; i++)
			if (api_keys_have(keys, page.rows[i].key_id))
				put_call(&out, &page.rows[i]);
		at = page.next;
		more = page.more;
		journal_requests_free(&page);
		if (rc == GB_OK)
			rc = send_part(rq, json);
	}
	if (rc != GB_OK)
		return rc;
	jout_array_end(&out);
	return send_part(rq, json);
}

/* The milliseconds of the query's "period"; 0: there is no such. */
static int64_t
period_of(const struct admin_request *rq)
{
	static const struct {
		const char *name;
		int64_t minutes;
	} periods[] = {
	    {"1m", 1},
	    {"1h", 60},
	    {"8h", 8 * 60},
	    {"24h", 24 * 60},
	};
	size_t i;

	for (i = 0; i < GB_COUNT(periods); i++)
		if (strcmp(form_value(&rq->query, "period"), periods[i].name) ==
		    0)
			return periods[i].minutes * MINUTE_MS;
	return 0;
}

static void
answer_calls(struct admin_request *rq, const char *key)
{
	struct journal_filter f = {.since_ms = 0};
	struct api_keys keys;
	struct buf json;
	int64_t period;
	enum gb_err rc;

	if ((period = period_of(rq)) == 0) {
		admin_fail(rq, 400, "API_BAD_PERIOD", NULL);
		return;
	}
	f.since_ms = clock_wall_ms() - period;
	if ((rc = api_keys_find(rq, key, &keys, &f)) != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	buf_init(&json, PAGE_MAX);
	rc = send_calls(rq, &f, &keys, &json);
	buf_release(&json);
	if (rc == GB_OK || rc == GB_ECANCELED)
		return;
	if (!web_replied(rq->web)) {
		admin_fault(rq, rc);
		return;
	}
	log_errorx("admin: %s: the list broke off: %s", web_id(rq->web),
		   gb_strerror(rc));
	web_break(rq->web);
}

void
api_stats_details(struct admin_request *rq)
{
	answer_calls(rq, "");
}

void
api_stats_key_details(struct admin_request *rq)
{
	const char *key;

	key = form_value(&rq->query, "key");
	if (key[0] == '\0')
		admin_fail(rq, 422, "API_MISSING", "key", NULL);
	else
		answer_calls(rq, key);
}

void
api_stats_attention(struct admin_request *rq)
{
	struct key_failing *rows;
	int64_t limit, status;
	struct json_out out;
	size_t i, count;
	struct buf json;
	enum gb_err rc;

	limit = FAILING;
	status = TOO_MANY;
	if (!api_number(rq, "limit", 1, FAILING_MAX, &limit) ||
	    !api_number(rq, "status_code", 0, 999, &status))
		return;
	if ((rows = calloc((size_t)limit, sizeof(*rows))) == NULL) {
		admin_fault(rq, GB_ENOMEM);
		return;
	}
	count = 0;
	if ((rc = admin_reports(rq)) == GB_OK)
		rc = store_keys_failing(rq->reports, clock_wall_ms() - DAY_MS,
					(int)status, FAILING_LOOK_AT, rows,
					(size_t)limit, &count);
	buf_init(&json, PAGE_MAX);
	jout_init(&out, &json);
	jout_array(&out);
	for (i = 0; i < count; i++) {
		jout_object(&out);
		jout_key_string(&out, "key", rows[i].key);
		jout_key_int(&out, "count", rows[i].count);
		jout_key_int(&out, "status_code", status);
		jout_key_int(&out, "key_id", rows[i].id);
		jout_object_end(&out);
	}
	jout_array_end(&out);
	if (rc == GB_OK)
		admin_json(rq, 200, &json);
	else
		admin_fault(rq, rc);
	buf_release(&json);
	free(rows);
}
