/* page_overview.c: how all is: what is healthy, what is not, what it cost */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/keys.h"
#include "admin/logs.h"
#include "admin/numbers.h"
#include "admin/overview_charts.h"
#include "admin/pages.h"
#include "base/clock.h"
#include "store/journal.h"
#include "store/key_summary.h"
#include "store/usage_recent.h"

#define BEHIND_MAX    100 /* rows in no sum yet that are not worth a word */
#define BACK_ROWS     8
#define BUSY_ROWS     5
#define ERROR_ROWS    5
#define FEW_REQUESTS  20 /* of which a rate says nothing */
#define GOOD_PER_CENT 90
#define ATTENTION_MAX 1024 /* bytes of a sentence */

/* --- what needs attention ------------------------------------------------- */

/* A sentence at the top; "words" as for admin_write(). */
static void
attend(struct admin_request *rq, struct dict *d, const char *tone,
       const char *key, const char *word, const char *other)
{
	const char *words[3] = {word, other, NULL};
	struct dict *line;
	struct buf text;

	buf_init(&text, ATTENTION_MAX);
	admin_write(rq, &text, key, words);
	line = dict_add(d, "ATTENTION");
	dict_set(line, "TONE", tone);
	dict_set(line, "ATTENTION_TEXT", buf_str(&text));
	buf_release(&text);
}

/* What there is to say of a pool's keys; false: nothing. */
static bool
attend_to_keys(struct admin_request *rq, struct dict *d, enum key_pool pool,
	       const struct key_summary *k)
{
	char text[CLOCK_TEXT_SIZE];
	bool any;

	any = true;
	if (k->standing[STANDS_READY] > 0)
		any = false;
	else if (k->all == 0)
		attend(rq, d, "warning", "OVERVIEW_NO_KEYS", "", "");
	else if (k->standing[STANDS_COOLING] == 0)
		attend(rq, d, "failed", "OVERVIEW_ALL_DISABLED",
		       key_pool_names[pool], "");
	else {
		clock_text(text, k->back_at, false);
		attend(rq, d, "failed", "OVERVIEW_NONE_READY",
		       key_pool_names[pool], text);
	}
	if (k->standing[STANDS_DISABLED] > 0) {
		number_text(text, NUMBER_COUNT, k->standing[STANDS_DISABLED]);
		attend(rq, d, "warning", "OVERVIEW_SOME_REFUSED", text,
		       key_pool_names[pool]);
		any = true;
	}
	return any;
}

static bool
attend_to_rate(struct admin_request *rq, struct dict *d,
	       const struct usage_row *hour)
{
	char text[NUMBER_TEXT_SIZE];
	int64_t all, good;

	all = hour->n[USAGE_REQUESTS];
	good = all - hour->n[USAGE_FAILED];
	if (all < FEW_REQUESTS || good * 100 >= all * GOOD_PER_CENT)
		return false;
	number_share(text, good, all);
	attend(rq, d, "warning", "OVERVIEW_MANY_FAIL", text, "");
	return true;
}

/* A host that takes no pictures costs nobody one, so only this tells of it. */
static enum gb_err
attend_to_pictures(struct admin_request *rq, struct dict *d, int64_t now_ms,
		   bool *attention)
{
	struct journal_failures list;
	char text[CLOCK_TEXT_SIZE];
	enum gb_err rc;

	rc = store_journal_picture_failures(rq->reports, &list);
	if (rc == GB_OK && list.count > 0 &&
	    now_ms - list.rows[0].time_ms < DAY_MS) {
		clock_text(text, list.rows[0].time_ms, false);
		attend(rq, d, "warning", "OVERVIEW_PICTURES", text,
		       list.rows[0].text);
		*attention = true;
	}
	journal_failures_free(&list);
	return rc;
}

/* --- traffic -------------------------------------------------------------- */

/* The numbers of a line of sums. */
static void
set_sums(struct dict *line, const struct usage_row *row)
{
	char text[NUMBER_TEXT_SIZE];
	const int64_t *n = row->n;

	number_set(line, "REQUESTS", NUMBER_COUNT, n[USAGE_REQUESTS]);
	number_share(text, n[USAGE_REQUESTS] - n[USAGE_FAILED],
		     n[USAGE_REQUESTS]);
	dict_set(line, "SUCCESS", text);
	number_set(line, "TOKENS_IN", NUMBER_COUNT, n[USAGE_PROMPT]);
	number_set(line, "TOKENS_OUT", NUMBER_COUNT, n[USAGE_COMPLETION]);
	number_set(line, "COST", NUMBER_MONEY, n[USAGE_COST]);
	dict_show_if(line, "MORE_COST", n[USAGE_UNPRICED] > 0);
}

static void
show_span(struct admin_request *rq, struct dict *d, const char *name,
	  const struct usage_row *row)
{
	struct dict *line;
	int64_t first;

	line = dict_add(d, "SPAN");
	dict_set(line, "SPAN_NAME", admin_text(rq, name));
	set_sums(line, row);
	first = row->n[USAGE_FIRST_BYTES] == 0
		    ? -1
		    : row->n[USAGE_FIRST_BYTE_MS] / row->n[USAGE_FIRST_BYTES];
	number_set(line, "FIRST", NUMBER_MS, first);
	number_set(line, "P50", NUMBER_MS, usage_percentile(row, 50));
	number_set(line, "P95", NUMBER_MS, usage_percentile(row, 95));
	number_set(line, "P99", NUMBER_MS, usage_percentile(row, 99));
	if (row->n[USAGE_UNPRICED] > 0)
		dict_show(d, "UNPRICED");
}

/* Add up the stretches from "since_ms" on. */
static void
add_since(const struct usage_rows *rows, int64_t since_ms,
	  struct usage_row *sum)
{
	size_t i;
	int k;

	memset(sum, 0, sizeof(*sum));
	for (i = 0; i < rows->count; i++)
		if (rows->rows[i].start_ms >= since_ms)
			for (k = 0; k < USAGE__MAX; k++)
				sum->n[k] += rows->rows[i].n[k];
}

/* The midnight that the day or, with "month", the month of the zone began
 * with. */
static int64_t
began_at(int64_t now_ms, bool month)
{
	char date[CLOCK_DATE_SIZE];
	int64_t at;
	size_t len;

	clock_date(date, now_ms);
	len = strlen(date);
	if (month && len > 2)
		memcpy(date + len - 2, "01", 2);
	return clock_read(date, &at) ? at : now_ms;
}

static void
say_behind(struct admin_request *rq, struct dict *d, int64_t behind)
{
	char number[NUMBER_TEXT_SIZE];
	const char *words[2] = {number, NULL};
	struct buf text;

	if (behind <= BEHIND_MAX)
		return;
	number_text(number, NUMBER_COUNT, behind);
	buf_init(&text, ATTENTION_MAX);
	admin_write(rq, &text, "OVERVIEW_BEHIND", words);
	dict_show(d, "BEHIND");
	dict_set(d, "BEHIND_TEXT", buf_str(&text));
	buf_release(&text);
}

/* Minute, hour, day and month, and the charts; "*hour" is for the rate. */
static enum gb_err
show_traffic(struct admin_request *rq, struct dict *d, int64_t now_ms,
	     struct usage_row *hour)
{
	struct usage_rows hours, month;
	int64_t today_ms, since_ms;
	struct usage_row sum;
	enum gb_err rc;

	memset(&hours, 0, sizeof(hours));
	memset(&month, 0, sizeof(month));
	today_ms = began_at(now_ms, false);
	since_ms = clock_hour_ms(now_ms) - DAY_MS;
	if (today_ms < since_ms)
		since_ms = today_ms;
	rc = store_usage_recent(rq->reports, now_ms - MINUTE_MS, &sum);
	if (rc == GB_OK)
		rc = store_usage_series(rq->reports, USAGE_BY_ALL, NULL, 0,
					USAGE_HOURLY, since_ms, USAGE_NO_END,
					&hours);
	if (rc == GB_OK)
		rc = store_usage_by(rq->reports, USAGE_BY_ALL,
				    began_at(now_ms, true), USAGE_NO_END,
				    &month);
	if (rc != GB_OK)
		goto out;
	show_span(rq, d, "OVERVIEW_MINUTE", &sum);
	add_since(&hours, clock_hour_ms(now_ms), hour);
	show_span(rq, d, "OVERVIEW_HOUR", hour);
	add_since(&hours, today_ms, &sum);
	show_span(rq, d, "OVERVIEW_TODAY", &sum);
	add_since(&month, 0, &sum);
	show_span(rq, d, "OVERVIEW_THIS_MONTH", &sum);
	say_behind(rq, d, month.behind);
	rc = overview_charts(rq, d, now_ms, &hours);
out:
	usage_rows_free(&hours);
	usage_rows_free(&month);
	return rc;
}

/* --- keys ----------------------------------------------------------------- */

/* The keys of a pool; of one that nobody uses nothing is shown. */
static bool
show_pool(struct admin_request *rq, struct dict *d, enum key_pool pool,
	  const struct key_summary *k)
{
	static const char *const sums[STANDS__MAX] = {
	    [STANDS_READY] = "KEYS_READY",
	    [STANDS_COOLING] = "KEYS_COOLING",
	    [STANDS_DISABLED] = "KEYS_REFUSED",
	    [STANDS_OFF] = "KEYS_DISABLED",
	};
	struct dict *line;
	size_t i;

	if (k->all == 0 && pool != POOL_GEMINI)
		return false;
	line = dict_add(d, "POOL");
	dict_set(line, "POOL_NAME", key_pool_names[pool]);
	number_set(line, "KEYS_ALL", NUMBER_COUNT, k->all);
	for (i = 0; i < STANDS__MAX; i++)
		number_set(line, sums[i], NUMBER_COUNT, k->standing[i]);
	return attend_to_keys(rq, d, pool, k);
}

static enum gb_err
show_keys(struct admin_request *rq, struct dict *d, int64_t now_ms,
	  bool *attention)
{
	struct key_summary pools[POOL__MAX];
	enum key_pool pool;
	enum gb_err rc;

	rc = store_keys_summary(rq->reports, now_ms, pools);
	for (pool = 0; rc == GB_OK && pool < POOL__MAX; pool++)
		if (show_pool(rq, d, pool, &pools[pool]))
			*attention = true;
	return rc;
}

static enum gb_err
show_back(struct admin_request *rq, struct dict *d, int64_t now_ms)
{
	struct key_back rows[BACK_ROWS];
	struct dict *list, *line;
	size_t i, count;
	enum gb_err rc;

	rc = store_keys_back(rq->reports, now_ms, rows, BACK_ROWS, &count);
	if (rc != GB_OK || count == 0)
		return rc;
	list = dict_add(d, "BACKS");
	for (i = 0; i < count; i++) {
		line = dict_add(list, "BACK");
		admin_set_time(line, "AT", rows[i].at);
		dict_set(line, "KEY", rows[i].key);
		dict_set(line, "MODEL", rows[i].model);
		dict_show_if(line, "ANY", rows[i].model[0] == '\0');
		keys_set_reason(rq, line, "REASON", rows[i].reason,
				KEYS_REASON_MAX);
	}
	return GB_OK;
}

/* --- the busiest ---------------------------------------------------------- */

static const struct busiest {
	enum usage_by by;
	const char *id, *title, *head, *filter;
} busiest[] = {
    {USAGE_BY_TOKEN, "tokens_head", "OVERVIEW_TOKENS", "LOGS_TOKEN", "token"},
    {USAGE_BY_MODEL, "models_head", "OVERVIEW_MODELS", "LOGS_MODEL", "model"},
};

static void
show_busy(struct dict *list, const struct busiest *b,
	  const struct usage_row *row)
{
	struct dict *line;
	struct buf url;

	line = dict_add(list, "BUSY");
	set_sums(line, row);
	if (row->value[0] == '\0') {
		dict_show(line, "BUSY_NOBODY");
		return;
	}
	buf_init(&url, LIST_URL_MAX);
	buf_printf(&url, "logs?%s=", b->filter);
	list_escape(&url, row->value, "");
	dict_show(line, "BUSY_LINK");
	dict_set(line, "BUSY_URL", buf_str(&url));
	dict_set(line, "BUSY_NAME", row->value);
	buf_release(&url);
}

static enum gb_err
show_busiest(struct admin_request *rq, struct dict *d, const struct busiest *b,
	     int64_t now_ms)
{
	struct usage_rows rows;
	struct dict *list;
	enum gb_err rc;
	size_t i;

	rc = store_usage_by(rq->reports, b->by, clock_hour_ms(now_ms) - DAY_MS,
			    USAGE_NO_END, &rows);
	if (rc == GB_OK && rows.count > 0) {
		list = dict_add(d, "BUSIEST");
		dict_set(list, "BUSY_ID", b->id);
		dict_set(list, "BUSY_TITLE", admin_text(rq, b->title));
		dict_set(list, "BUSY_HEAD", admin_text(rq, b->head));
		for (i = 0; i < rows.count && i < BUSY_ROWS; i++)
			show_busy(list, b, &rows.rows[i]);
	}
	usage_rows_free(&rows);
	return rc;
}

/* --- errors --------------------------------------------------------------- */

static enum gb_err
show_errors(struct admin_request *rq, struct dict *d)
{
	struct journal_filter all = {.since_ms = 0};
	const struct journal_failed *row;
	struct journal_attempts page;
	struct dict *list, *line;
	enum gb_err rc;
	size_t i;

	rc = store_journal_attempts(rq->reports, &all, NULL, ERROR_ROWS, &page);
	if (rc == GB_OK && page.count > 0)
		list = dict_add(d, "ERRORS");
	else
		list = NULL;
	for (i = 0; i < page.count; i++) {
		row = &page.rows[i];
		line = dict_add(list, "ERROR");
		dict_setf(line, "ERROR_URL", "logs/errors/%" PRId64, row->id);
		admin_set_time(line, "AT", row->time_ms);
		dict_set_int(line, "STATUS", row->status);
		dict_set(line, "KEY", row->key);
		dict_set(line, "MODEL", row->model);
		admin_set_short(line, "ERROR_TEXT", row->text,
				LOGS_EXCERPT_MAX);
	}
	dict_show_if(d, "NO_ERRORS", rc == GB_OK && page.count == 0);
	journal_attempts_free(&page);
	return rc;
}

void
overview_show(struct admin_request *rq)
{
	struct usage_row hour;
	struct dict *d;
	int64_t now_ms;
	bool attention;
	enum gb_err rc;
	size_t i;

	now_ms = clock_wall_ms();
	attention = false;
	d = admin_content(rq, "overview.html", "OVERVIEW_TITLE");
	store_usage_catch_up(rq->store, CATCH_UP_PAGE_MS);
	rc = admin_reports(rq);
	if (rc == GB_OK)
		rc = show_keys(rq, d, now_ms, &attention);
	if (rc == GB_OK)
		rc = show_traffic(rq, d, now_ms, &hour);
	if (rc == GB_OK && attend_to_rate(rq, d, &hour))
		attention = true;
	if (rc == GB_OK)
		rc = attend_to_pictures(rq, d, now_ms, &attention);
	if (rc == GB_OK)
		rc = show_back(rq, d, now_ms);
	for (i = 0; rc == GB_OK && i < GB_COUNT(busiest); i++)
		rc = show_busiest(rq, d, &busiest[i], now_ms);
	if (rc == GB_OK)
		rc = show_errors(rq, d);
	if (rc != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	dict_show_if(d, "WELL", !attention);
	admin_page(rq, 200);
}
