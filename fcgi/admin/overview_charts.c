/* overview_charts.c: the overview's charts of a day or a month */
#include "admin/overview_charts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/chart.h"
#include "base/clock.h"

#define HOURS	    24
#define DAYS	    30
#define POINTS	    (HOURS > DAYS ? HOURS : DAYS)
#define SUMMARY_MAX 1024 /* bytes of a sentence */

/* The points of all charts, each with its sums. */
struct points {
	size_t count;
	char names[POINTS][CLOCK_DATE_SIZE];
	struct usage_row sums[POINTS];
};

static void
fill_hours(struct points *p, int64_t now_ms, const struct usage_rows *hours)
{
	char text[CLOCK_TEXT_SIZE];
	int64_t first_ms;
	size_t i, at;

	first_ms = clock_hour_ms(now_ms) - (HOURS - 1) * HOUR_MS;
	p->count = HOURS;
	for (i = 0; i < HOURS; i++) {
		clock_text(text, first_ms + (int64_t)i * HOUR_MS, false);
		(void)snprintf(p->names[i], sizeof(p->names[i]), "%.5s",
			       strlen(text) > 16 ? text + 11 : text);
	}
	for (i = 0; i < hours->count; i++) {
		if (hours->rows[i].start_ms < first_ms)
			continue;
		at = (size_t)((hours->rows[i].start_ms - first_ms) / HOUR_MS);
		if (at < HOURS)
			p->sums[at] = hours->rows[i];
	}
}

static void
fill_days(struct points *p, int64_t noon_ms, const struct usage_rows *days)
{
	size_t i, k;

	p->count = DAYS;
	for (i = 0; i < DAYS; i++) {
		/* by noons: days may have 23 or 25 hours */
		clock_date(p->names[i],
			   noon_ms - (int64_t)(DAYS - 1 - i) * DAY_MS);
		for (k = 0; k < days->count; k++)
			if (strcmp(days->rows[k].value, p->names[i]) == 0)
				p->sums[i] = days->rows[k];
	}
}

/* --- four charts ---------------------------------------------------------- */

static int64_t
succeeded(const struct usage_row *row)
{
	return row->n[USAGE_REQUESTS] - row->n[USAGE_FAILED];
}

static int64_t
failed(const struct usage_row *row)
{
	return row->n[USAGE_FAILED];
}

static int64_t
tokens_in(const struct usage_row *row)
{
	return row->n[USAGE_PROMPT];
}

static int64_t
tokens_out(const struct usage_row *row)
{
	return row->n[USAGE_COMPLETION];
}

static int64_t
cost(const struct usage_row *row)
{
	return row->n[USAGE_COST];
}

static int64_t
half_took(const struct usage_row *row)
{
	return usage_percentile(row, 50);
}

static int64_t
most_took(const struct usage_row *row)
{
	return usage_percentile(row, 95);
}

static const struct plan {
	enum chart_kind kind;
	enum number_unit unit;
	const char *title;
	const char *summary; /* {1}: title, {2}: sum, {3}: most, {4}: where */
	struct {
		const char *name;
		int64_t (*value)(const struct usage_row *);
	} series[2];
} plans[] = {
    {CHART_BARS,
     NUMBER_COUNT,
     "OVERVIEW_REQUESTS",
     "CHART_SUM",
     {{"OVERVIEW_SUCCEEDED", succeeded}, {"OVERVIEW_FAILED", failed}}},
    {CHART_BARS,
     NUMBER_COUNT,
     "OVERVIEW_TOKENS_USED",
     "CHART_SUM",
     {{"OVERVIEW_TOKENS_IN", tokens_in}, {"OVERVIEW_TOKENS_OUT", tokens_out}}},
    {CHART_LINES,
     NUMBER_MS,
     "OVERVIEW_LATENCY",
     "CHART_MOST",
     {{"OVERVIEW_HALF", half_took}, {"OVERVIEW_MOST", most_took}}},
    {CHART_BARS,
     NUMBER_MONEY,
     "OVERVIEW_COST",
     "CHART_SUM",
     {{"OVERVIEW_COST", cost}}},
};

/* What the chart shows, in a sentence. */
static void
summarize(struct admin_request *rq, const struct plan *plan,
	  const struct chart *c, struct buf *out)
{
	char all[NUMBER_TEXT_SIZE], most[NUMBER_TEXT_SIZE];
	const char *words[5] = {c->title, all, most, "", NULL};
	int64_t sum, value, high;
	size_t i, k;

	words[3] = "\xe2\x80\x93";
	for (sum = high = 0, i = 0; i < c->count; i++) {
		for (value = 0, k = 0; k < c->series_count; k++) {
			if (c->series[k].values[i] < 0)
				continue;
			sum += c->series[k].values[i];
			if (c->kind == CHART_BARS)
				value += c->series[k].values[i];
			else
				value = c->series[k].values[i];
		}
		if (value > high) {
			high = value;
			words[3] = c->points[i];
		}
	}
	number_text(all, c->unit, sum);
	number_text(most, c->unit, high);
	admin_write(rq, out, plan->summary, words);
}

static void
add_chart(struct admin_request *rq, struct dict *d, const struct plan *plan,
	  const struct points *p, const char *head)
{
	int64_t values[GB_COUNT(plan->series)][POINTS];
	const char *points[POINTS];
	struct buf summary;
	struct chart c;
	size_t i, k;

	memset(&c, 0, sizeof(c));
	c.kind = plan->kind;
	c.unit = plan->unit;
	c.title = admin_text(rq, plan->title);
	c.points_head = admin_text(rq, head);
	c.points = points;
	c.count = p->count;
	for (i = 0; i < p->count; i++)
		points[i] = p->names[i];
	for (k = 0; k < GB_COUNT(plan->series); k++) {
		if (plan->series[k].value == NULL)
			break;
		for (i = 0; i < p->count; i++)
			values[k][i] = plan->series[k].value(&p->sums[i]);
		c.series[k].name = admin_text(rq, plan->series[k].name);
		c.series[k].values = values[k];
		c.series_count++;
	}
	buf_init(&summary, SUMMARY_MAX);
	summarize(rq, plan, &c, &summary);
	c.summary = buf_str(&summary);
	chart_add(d, "CHART", &c);
	buf_release(&summary);
}

/* The noon of the day that "now_ms" is in. */
static int64_t
noon_of(int64_t now_ms)
{
	char date[CLOCK_DATE_SIZE];
	int64_t at;

	clock_date(date, now_ms);
	return clock_read(date, &at) ? at + DAY_MS / 2 : now_ms;
}

static enum gb_err
read_days(struct admin_request *rq, int64_t now_ms, struct points *p)
{
	struct usage_rows days;
	int64_t noon_ms;
	enum gb_err rc;

	noon_ms = noon_of(now_ms);
	rc = store_usage_series(rq->reports, USAGE_BY_ALL, NULL, 0, USAGE_DAILY,
				noon_ms - DAYS * DAY_MS, USAGE_NO_END, &days);
	if (rc == GB_OK)
		fill_days(p, noon_ms, &days);
	usage_rows_free(&days);
	return rc;
}

enum gb_err
overview_charts(struct admin_request *rq, struct dict *d, int64_t now_ms,
		const struct usage_rows *hours)
{
	struct points *p;
	enum gb_err rc;
	bool month;
	size_t i;

	month = strcmp(form_value(&rq->query, "range"), "month") == 0;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return GB_ENOMEM;
	rc = GB_OK;
	if (month)
		rc = read_days(rq, now_ms, p);
	else
		fill_hours(p, now_ms, hours);
	if (rc == GB_OK) {
		dict_show(d, month ? "DAYS" : "HOURS");
		dict_set(d, "CHARTS_TITLE",
			 admin_text(rq, month ? "OVERVIEW_DAYS"
					      : "OVERVIEW_HOURS"));
		for (i = 0; i < GB_COUNT(plans); i++)
			add_chart(rq, d, &plans[i], p,
				  month ? "CHART_DAY" : "CHART_HOUR");
	}
	free(p);
	return rc;
}
