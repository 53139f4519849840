/*
 * metrics.c: GET /metrics, in Prometheus' text form 0.0.4.
 *
 * Whichever process answers tells of all of them: counts are the journal's
 * sums, which are in the database and never go back; only how busy processes
 * are is what each of them said last.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "api/endpoints.h"
#include "app/admin_token.h"
#include "base/clock.h"
#include "base/network.h"
#include "store/breakers.h"
#include "store/metrics.h"
#include "store/usage.h"

#define CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

bool
metrics_may(struct api_request *rq)
{
	const struct string_list *list = &rq->cfg->metrics_addresses;
	char address[WEB_ADDRESS_SIZE];
	struct network network;
	const char *token;
	size_t i;

	web_address(rq->web, rq->cfg->trust_forwarded, address);
	for (i = 0; i < list->count; i++)
		if (network_read(&network, list->items[i]) &&
		    network_has(&network, address))
			return true;
	token = web_header(rq->web, "Authorization");
	if (token == NULL || strncasecmp(token, "Bearer ", 7) != 0)
		return false;
	token += 7 + strspn(token + 7, " ");
	return admin_token_is(&rq->snap->admin, token, strlen(token));
}

/* --- the form ------------------------------------------------------------- */

static void
head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP gbalance_%s %s\n# TYPE gbalance_%s %s\n", name,
		   help, name, type);
}

/* A label's value; whatever it has, the line stays one. */
static void
label(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "%s=\"", name);
	for (; *value != '\0'; value++)
		if (*value == '\\' || *value == '"')
			buf_printf(out, "\\%c", *value);
		else if (*value == '\n')
			buf_puts(out, "\\n");
		else
			buf_putc(out, *value);
	buf_putc(out, '"');
}

/* One sample; without a label for a NULL. */
static void
sample(struct buf *out, const char *name, const char *label_name,
       const char *value, int64_t number)
{
	buf_printf(out, "gbalance_%s", name);
	if (label_name != NULL) {
		buf_putc(out, '{');
		label(out, label_name, value);
		buf_putc(out, '}');
	}
	buf_printf(out, " %" PRId64 "\n", number);
}

/* One metric of one sample. */
static void
single(struct buf *out, const char *name, const char *type, const char *help,
       int64_t number)
{
	head(out, name, type, help);
	sample(out, name, NULL, NULL, number);
}

/* A number that is "parts" of a whole: milliseconds as seconds, for one. */
static void
put_parts(struct buf *out, int64_t number, int64_t parts, int digits)
{
	buf_printf(out, "%" PRId64 ".%0*" PRId64, number / parts, digits,
		   number % parts);
}

/* --- the sums ------------------------------------------------------------- */

static void
put_histogram(struct buf *out, const struct usage_row *row)
{
	static const char name[] = "gbalance_request_duration_seconds";
	int64_t sum;
	int i;

	for (sum = 0, i = 0; i < USAGE_TOOK; i++) {
		sum += row->n[USAGE_TOOK_0 + i];
		buf_printf(out, "%s_bucket{", name);
		label(out, "endpoint", row->value);
		buf_puts(out, ",le=\"");
		if (usage_took_ms[i] == 0)
			buf_puts(out, "+Inf");
		else
			put_parts(out, usage_took_ms[i], 1000, 3);
		buf_printf(out, "\"} %" PRId64 "\n", sum);
	}
	buf_printf(out, "%s_sum{", name);
	label(out, "endpoint", row->value);
	buf_puts(out, "} ");
	put_parts(out, row->n[USAGE_TOTAL_MS], 1000, 3);
	buf_printf(out, "\n%s_count{", name);
	label(out, "endpoint", row->value);
	buf_printf(out, "} %" PRId64 "\n", sum);
}

static enum gb_err
put_endpoints(struct buf *out, struct store *s)
{
	struct usage_rows rows;
	enum gb_err rc;
	size_t i;

	rc = store_usage_by(s, USAGE_BY_ENDPOINT, 0, USAGE_NO_END, &rows);
	if (rc != GB_OK)
		return rc;
	head(out, "requests_total", "counter",
	     "Requests that were finished, by endpoint.");
	for (i = 0; i < rows.count; i++)
		sample(out, "requests_total", "endpoint", rows.rows[i].value,
		       rows.rows[i].n[USAGE_REQUESTS]);
	head(out, "request_duration_seconds", "histogram",
	     "From a request's arrival to the end of its answer.");
	for (i = 0; i < rows.count; i++)
		put_histogram(out, &rows.rows[i]);
	usage_rows_free(&rows);
	return GB_OK;
}

static enum gb_err
put_statuses(struct buf *out, struct store *s)
{
	struct usage_rows rows;
	enum gb_err rc;
	size_t i;

	rc = store_usage_by(s, USAGE_BY_STATUS, 0, USAGE_NO_END, &rows);
	if (rc != GB_OK)
		return rc;
	head(out, "responses_total", "counter",
	     "The same requests, by status; 499: the client was gone.");
	for (i = 0; i < rows.count; i++)
		sample(out, "responses_total", "status", rows.rows[i].value,
		       rows.rows[i].n[USAGE_REQUESTS]);
	usage_rows_free(&rows);
	return GB_OK;
}

/* What all requests have used. */
static void
put_totals(struct buf *out, const int64_t *n)
{
	static const struct {
		const char *class;
		enum usage_sum sum;
	} tokens[] = {
	    {"prompt", USAGE_PROMPT},
	    {"cached", USAGE_CACHED},
	    {"completion", USAGE_COMPLETION},
	    {"reasoning", USAGE_REASONING},
	};
	size_t i;

	head(out, "tokens_total", "counter",
	     "Tokens; cached ones are of the prompt, reasoning ones of the "
	     "completion.");
	for (i = 0; i < GB_COUNT(tokens); i++)
		sample(out, "tokens_total", "class", tokens[i].class,
		       n[tokens[i].sum]);
	head(out, "cost_usd_total", "counter",
	     "What requests cost whose price is known.");
	buf_puts(out, "gbalance_cost_usd_total ");
	put_parts(out, n[USAGE_COST], 1000000, 6);
	buf_putc(out, '\n');
	single(out, "unpriced_requests_total", "counter",
	       "Requests whose price nobody knows.", n[USAGE_UNPRICED]);
	head(out, "first_byte_seconds", "summary",
	     "From a request's arrival to the first output, where there was "
	     "any.");
	buf_puts(out, "gbalance_first_byte_seconds_sum ");
	put_parts(out, n[USAGE_FIRST_BYTE_MS], 1000, 3);
	buf_putc(out, '\n');
	sample(out, "first_byte_seconds_count", NULL, NULL,
	       n[USAGE_FIRST_BYTES]);
	single(out, "upstream_calls_total", "counter",
	       "Calls to Google, the wasted ones too.", n[USAGE_ATTEMPTS]);
}

static enum gb_err
put_all(struct buf *out, struct store *s)
{
	static const int64_t none[USAGE__MAX];
	struct usage_rows rows;
	enum gb_err rc;

	rc = store_usage_by(s, USAGE_BY_ALL, 0, USAGE_NO_END, &rows);
	if (rc != GB_OK)
		return rc;
	put_totals(out, rows.count > 0 ? rows.rows[0].n : none);
	single(out, "journal_unsummed_rows", "gauge",
	       "Rows of the journal that are in none of these counts yet.",
	       rows.behind);
	usage_rows_free(&rows);
	return GB_OK;
}

/* --- the moment ----------------------------------------------------------- */

static void
put_keys(struct buf *out, const struct store_metrics *m)
{
	static const char *const states[STANDS__MAX] = {
	    [STANDS_READY] = "ready",
	    [STANDS_COOLING] = "cooling",
	    [STANDS_DISABLED] = "disabled_by_system",
	    [STANDS_OFF] = "disabled_by_person",
	};
	int pool, state;

	head(out, "keys", "gauge", "Keys by pool and state.");
	for (pool = 0; pool < POOL__MAX; pool++)
		for (state = 0; state < STANDS__MAX; state++)
			buf_printf(out,
				   "gbalance_keys{pool=\"%s\",state=\"%s\"} "
				   "%" PRId64 "\n",
				   key_pool_names[pool], states[state],
				   m->keys[pool].standing[state]);
	single(out, "key_models_resting", "gauge",
	       "Pairs of key and model that rest, as for a quota.", m->resting);
}

static void
put_moment(struct buf *out, const struct store_metrics *m,
	   const struct app *app)
{
	size_t i;

	head(out, "upstream_calls_wasted_total", "counter",
	     "Calls that failed, by the verdict; picture_host: of a host "
	     "of pictures.");
	for (i = 0; i < m->class_count; i++)
		sample(out, "upstream_calls_wasted_total", "class",
		       m->classes[i].name, m->classes[i].attempts);
	put_keys(out, m);
	single(out, "processes", "gauge", "Processes that serve.",
	       m->processes + 1);
	single(out, "requests_running", "gauge",
	       "Requests under way, this one too; of other processes as they "
	       "said within a minute.",
	       m->running + app_running(app));
	single(out, "writes_waiting", "gauge",
	       "Writes to the database that wait for their turn; the same.",
	       m->waiting + store_writes_waiting(app_store(app)));
	single(out, "database_bytes", "gauge", "Size of the database.",
	       m->bytes);
	single(out, "database_free_bytes", "gauge",
	       "Of these, what new rows will take first.", m->free_bytes);
	single(out, "database_wal_bytes", "gauge", "Size of the log beside it.",
	       m->wal_bytes);
	head(out, "build_info", "gauge", "The version that answers; always 1.");
	sample(out, "build_info", "version", GB_VERSION, 1);
}

/* Exits and models that are left alone, as they fail with every key. */
static enum gb_err
put_breakers(struct buf *out, struct store *s)
{
	static const struct {
		enum breaker_kind kind;
		const char *name, *help;
	} kinds[] = {
	    {BREAKER_EXIT, "exit_failing",
	     "1: the exit fails with every key and is left alone."},
	    {BREAKER_MODEL, "model_failing",
	     "1: the model fails with every key and is left alone."},
	};
	struct breaker_rows rows;
	enum gb_err rc;
	size_t i, k;

	if ((rc = store_breakers_list(s, &rows)) != GB_OK)
		return rc;
	for (k = 0; k < GB_COUNT(kinds); k++) {
		head(out, kinds[k].name, "gauge", kinds[k].help);
		for (i = 0; i < rows.count; i++)
			if (rows.rows[i].kind == kinds[k].kind)
				sample(out, kinds[k].name,
				       breaker_kind_names[kinds[k].kind],
				       rows.rows[i].name, 1);
	}
	breaker_rows_free(&rows);
	return GB_OK;
}

/* On a connection of its own, as sums of years take some milliseconds. */
void
metrics_get(struct api_request *rq)
{
	struct store_metrics moment;
	struct store *s;
	enum gb_err rc;

	if ((rc = store_open(&s, rq->cfg->database)) != GB_OK) {
		api_fail(rq, rc);
		return;
	}
	store_usage_catch_up(s, CATCH_UP_METRICS_MS);
	if ((rc = put_endpoints(&rq->out, s)) == GB_OK &&
	    (rc = put_statuses(&rq->out, s)) == GB_OK &&
	    (rc = put_all(&rq->out, s)) == GB_OK &&
	    (rc = put_breakers(&rq->out, s)) == GB_OK &&
	    (rc = store_metrics_read(s, app_process_id(rq->app),
				     clock_wall_ms(), &moment)) == GB_OK) {
		put_moment(&rq->out, &moment, rq->app);
		rc = buf_error(&rq->out);
	}
	store_close(s);
	if (rc != GB_OK) {
		buf_reset(&rq->out);
		api_fail(rq, rc);
		return;
	}
	rq->status = 200;
	rq->content_type = CONTENT_TYPE;
}
