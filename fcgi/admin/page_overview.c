/* page_overview.c: how all is */
#include <string.h>

#include "admin/pages.h"
#include "base/clock.h"
#include "store/keys.h"
#include "store/usage.h"

#define DAY_MS	    (24 * 3600 * INT64_C(1000))
#define CATCH_UP_MS 50 /* the last requests may wait for the next look */

/* The keys of a pool; none is shown where there are none. */
static enum gb_err
show_pool(struct admin_request *rq, struct dict *d, enum key_pool pool)
{
	int64_t all, enabled;
	struct dict *line;
	enum gb_err rc;

	rc = store_keys_count(rq->store, pool, &all, &enabled);
	if (rc != GB_OK || (all == 0 && pool != POOL_GEMINI))
		return rc;
	line = dict_add(d, "POOL");
	dict_set(line, "POOL_NAME", key_pool_names[pool]);
	dict_set_int(line, "KEYS_ALL", all);
	dict_set_int(line, "KEYS_ENABLED", enabled);
	dict_set_int(line, "KEYS_DISABLED", all - enabled);
	dict_show_if(line, "NO_KEYS", all == 0);
	return GB_OK;
}

/* The row of the day that "now_ms" is in; NULL: nothing happened yet. */
static const struct usage_row *
today_of(const struct usage_rows *days, int64_t now_ms)
{
	char now[CLOCK_DATE_SIZE], day[CLOCK_DATE_SIZE];

	if (days->count == 0)
		return NULL;
	clock_date(now, now_ms);
	clock_date(day, days->rows[days->count - 1].start_ms);
	return strcmp(now, day) == 0 ? &days->rows[days->count - 1] : NULL;
}

/* What came today, in the zone of the settings. */
static enum gb_err
show_today(struct admin_request *rq, struct dict *d)
{
	static const struct usage_row none;
	const struct usage_row *today;
	struct usage_rows days;
	struct store *reports;
	enum gb_err rc;
	int64_t now;

	store_usage_catch_up(rq->store, CATCH_UP_MS);
	now = clock_wall_ms();
	if ((rc = site_reports(rq->site, &reports)) != GB_OK ||
	    (rc = store_usage_series(reports, USAGE_BY_ALL, "", 0, USAGE_DAILY,
				     now - 2 * DAY_MS, USAGE_NO_END, &days)) !=
		GB_OK)
		return rc;
	if ((today = today_of(&days, now)) == NULL)
		today = &none;
	dict_set_int(d, "REQUESTS", today->n[USAGE_REQUESTS]);
	dict_set_int(d, "FAILED", today->n[USAGE_FAILED]);
	dict_set_int(d, "TOKENS_IN", today->n[USAGE_PROMPT]);
	dict_set_int(d, "TOKENS_OUT", today->n[USAGE_COMPLETION]);
	admin_set_money(d, "COST", today->n[USAGE_COST]);
	usage_rows_free(&days);
	return GB_OK;
}

void
overview_show(struct admin_request *rq)
{
	enum key_pool pool;
	enum gb_err rc;
	struct dict *d;

	d = admin_content(rq, "overview.html", "OVERVIEW_TITLE");
	for (pool = 0; pool < POOL__MAX; pool++)
		if ((rc = show_pool(rq, d, pool)) != GB_OK) {
			admin_fault(rq, rc);
			return;
		}
	if ((rc = show_today(rq, d)) != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	admin_page(rq, 200);
}
