/* usage.c: "gbalance usage" */
#include "store/usage.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/moment.h"
#include "cli/report.h"

#define DAYS	     30 /* that are shown by default, today included */
#define COLUMNS_LEAD 2

/* What --by can be. */
static const struct dimension {
	const char *word;
	enum usage_by by;
	bool is_series;
	enum usage_step step;
	struct report_column lead[COLUMNS_LEAD]; /* the first ones */
	size_t lead_count;
} dimensions[] = {
    {"token", USAGE_BY_TOKEN, false, USAGE_HOURLY, {{"TOKEN", "token"}}, 1},
    {"key",
     USAGE_BY_KEY,
     false,
     USAGE_HOURLY,
     {{"ID", "key_id"}, {"KEY", "key"}},
     2},
    {"model", USAGE_BY_MODEL, false, USAGE_HOURLY, {{"MODEL", "model"}}, 1},
    {"endpoint",
     USAGE_BY_ENDPOINT,
     false,
     USAGE_HOURLY,
     {{"ENDPOINT", "endpoint"}},
     1},
    {"status", USAGE_BY_STATUS, false, USAGE_HOURLY, {{"STATUS", "status"}}, 1},
    {"day", USAGE_BY_ALL, true, USAGE_DAILY, {{"DAY", "day"}}, 1},
    {"hour", USAGE_BY_ALL, true, USAGE_HOURLY, {{"HOUR", "hour"}}, 1},
};

/* The columns behind those, and the sums that they show; cost and percentiles
 * follow. */
static const struct {
	struct report_column column;
	enum usage_sum sum;
} counts[] = {
    {{"REQUESTS", "requests"}, USAGE_REQUESTS},
    {{"FAILED", "failed"}, USAGE_FAILED},
    {{NULL, "attempts"}, USAGE_ATTEMPTS},
    {{"PROMPT", "prompt_tokens"}, USAGE_PROMPT},
    {{"CACHED", "cached_tokens"}, USAGE_CACHED},
    {{NULL, "tool_tokens"}, USAGE_TOOL},
    {{NULL, "audio_in_tokens"}, USAGE_AUDIO_IN},
    {{NULL, "image_in_tokens"}, USAGE_IMAGE_IN},
    {{NULL, "video_in_tokens"}, USAGE_VIDEO_IN},
    {{"OUTPUT", "completion_tokens"}, USAGE_COMPLETION},
    {{"THOUGHTS", "reasoning_tokens"}, USAGE_REASONING},
    {{NULL, "audio_out_tokens"}, USAGE_AUDIO_OUT},
    {{NULL, "image_out_tokens"}, USAGE_IMAGE_OUT},
};

static const struct report_column tail[] = {
    {"USD", "cost_usd"},  {"UNPRICED", "unpriced"}, {NULL, "first_byte_ms"},
    {"P50 MS", "p50_ms"}, {"P95 MS", "p95_ms"},
};

#define COLUMNS_MAX (COLUMNS_LEAD + GB_COUNT(counts) + GB_COUNT(tail))

static const struct dimension *
find_dimension(const char *word)
{
	size_t i;

	for (i = 0; i < GB_COUNT(dimensions); i++)
		if (word == NULL || strcmp(dimensions[i].word, word) == 0)
			return &dimensions[i];
	cli_complain("--by: token, key, model, endpoint, status, day or hour");
	return NULL;
}

/* The stretch of time, to whole hours; false, with a complaint: it is none. */
static bool
find_stretch(const struct cli *cli, int64_t *since_ms, int64_t *until_ms)
{
	char today[CLOCK_DATE_SIZE];
	int64_t now_ms;

	now_ms = clock_wall_ms();
	*until_ms = USAGE_NO_END;
	if (cli->since != NULL) {
		if (!cli_moment("--since", cli->since, now_ms, since_ms))
			return false;
	} else {
		clock_date(today, now_ms - (DAYS - 1) * DAY_MS);
		(void)clock_read(today, since_ms);
	}
	*since_ms = clock_hour_ms(*since_ms);
	if (cli->until == NULL)
		return true;
	if (!cli_moment("--until", cli->until, now_ms, until_ms))
		return false;
	if (*until_ms <= *since_ms) {
		cli_complain("--until: is not after --since");
		return false;
	}
	return true;
}

static void
report_ms(struct report *r, int64_t ms)
{
	if (ms < 0)
		report_unknown(r);
	else
		report_number(r, ms);
}

static void
report_numbers(struct report *r, const struct usage_row *row)
{
	const int64_t *n = row->n;
	size_t i;

	for (i = 0; i < GB_COUNT(counts); i++)
		report_number(r, n[counts[i].sum]);
	if (n[USAGE_COST] == 0 && n[USAGE_UNPRICED] > 0)
		report_unknown(r);
	else
		report_money(r, n[USAGE_COST]);
	report_number(r, n[USAGE_UNPRICED]);
	report_ms(r, n[USAGE_FIRST_BYTES] == 0
			 ? -1
			 : n[USAGE_FIRST_BYTE_MS] / n[USAGE_FIRST_BYTES]);
	report_ms(r, usage_percentile(row, 50));
	report_ms(r, usage_percentile(row, 95));
}

static void
report_rows(struct report *r, const struct dimension *d,
	    const struct usage_rows *rows)
{
	const struct usage_row *row;
	struct usage_row total;
	size_t i;

	memset(&total, 0, sizeof(total));
	for (row = rows->rows; row < rows->rows + rows->count; row++) {
		if (d->by == USAGE_BY_KEY)
			report_number(r, row->number);
		report_text(r, row->value);
		report_numbers(r, row);
		for (i = 0; i < USAGE__MAX; i++)
			total.n[i] += row->n[i];
	}
	if (r->format != REPORT_TABLE || rows->count < 2)
		return;
	report_text(r, "total");
	if (d->by == USAGE_BY_KEY)
		report_unknown(r);
	report_numbers(r, &total);
}

static enum gb_err
print(const struct cli *cli, const struct dimension *d,
      const struct usage_rows *rows)
{
	struct report_column columns[COLUMNS_MAX];
	struct report report;
	enum gb_err rc;
	size_t i, n;

	for (n = 0; n < d->lead_count; n++)
		columns[n] = d->lead[n];
	for (i = 0; i < GB_COUNT(counts); i++)
		columns[n++] = counts[i].column;
	for (i = 0; i < GB_COUNT(tail); i++)
		columns[n++] = tail[i];
	report_init(&report, cli_format(cli), columns, n);
	report_rows(&report, d, rows);
	rc = report_print(&report);
	report_release(&report);
	return rc;
}

int
cli_usage_report(struct cli *cli)
{
	const struct dimension *d;
	int64_t since_ms, until_ms;
	struct usage_rows rows;
	enum gb_err rc;

	if ((d = find_dimension(cli->by)) == NULL ||
	    !find_stretch(cli, &since_ms, &until_ms))
		return CLI_EXIT_USAGE;
	store_usage_catch_up(cli->store, CATCH_UP_ALL_MS);
	if (d->is_series)
		rc = store_usage_series(cli->store, d->by, NULL, 0, d->step,
					since_ms, until_ms, &rows);
	else
		rc = store_usage_by(cli->store, d->by, since_ms, until_ms,
				    &rows);
	if (rc == GB_OK) {
		rc = print(cli, d, &rows);
		if (rows.behind > 0)
			(void)fprintf(stderr,
				      "%" PRId64 " requests are not in it "
				      "yet\n",
				      rows.behind);
		usage_rows_free(&rows);
	}
	if (rc != GB_OK)
		cli_complain("usage: %s", gb_strerror(rc));
	return rc == GB_OK ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}
