/* retention.c: deleting what need not be kept any longer */
#include "store/retention.h"

#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/affinity.h"
#include "store/failed_bodies.h"
#include "store/jobs.h"
#include "store/journal.h"
#include "store/key_health.h"
#include "store/key_history.h"
#include "store/owned_objects.h"
#include "store/sessions.h"
#include "store/signatures.h"
#include "store/usage.h"

#define EVERY_MS      MINUTE_MS
#define LEASE_MS      MINUTE_MS /* many times what a run takes */
#define RUN_MS	      1000	/* a kind of row: the journal waits meanwhile */
#define STEP_ROWS     200	/* about a millisecond of the lock */
#define STEP_PAUSE_US 2000	/* longer than a waiter's longest sleep */
#define USAGE_MS      (10 * SECOND_MS) /* sums are as old as that */
#define HOURS_DAYS    400	       /* that sums of hours are kept */
#define HISTORY_DAYS  90	       /* of what became of keys */
#define HISTORY_ROWS  500000	       /* some 100 MiB of the file */
#define BREAKER_DAYS  1		       /* that nobody asked about */
#define COOLED_DAYS   2 /* what (key, model) cooled until is old news */

/* Delete up to a number of rows that are older than a time, or beyond a
 * number. */
typedef enum gb_err retention_step(struct store *, int64_t limit, int64_t most,
				   int64_t *deleted);

static void
delete_rows(struct store *s, retention_step *step, int64_t limit)
{
	const struct timespec pause = {.tv_nsec = STEP_PAUSE_US * 1000L};
	int64_t deleted, stop_ms;

	stop_ms = clock_mono_ms() + RUN_MS;
	do {
		if (step(s, limit, STEP_ROWS, &deleted) != GB_OK ||
		    deleted < STEP_ROWS)
			break;
		nanosleep(&pause, NULL);
	} while (clock_mono_ms() < stop_ms);
}

/* "days" 0: keep them. */
static void
delete_older(struct store *s, retention_step *step, int64_t now_ms,
	     int64_t days)
{
	if (days > 0)
		delete_rows(s, step, now_ms - days * DAY_MS);
}

/* Delete the oldest rows of a journal that has more than "max" bytes. */
static void
trim_journal(struct store *s, int64_t max)
{
	struct journal_cut cut;

	if (max <= 0 || store_journal_measure(s, max, &cut) != GB_OK)
		return;
	if (cut.request_id > 0)
		delete_rows(s, store_journal_cut_requests, cut.request_id);
	if (cut.attempt_id > 0)
		delete_rows(s, store_journal_cut_attempts, cut.attempt_id);
}

static bool
job_is_ours(struct store *s, const char *job, int64_t now_ms, int64_t every_ms)
{
	bool mine;

	return store_job_take(s, job, now_ms, every_ms, LEASE_MS, &mine) ==
		   GB_OK &&
	       mine;
}

void
retention_due(struct store *s, const struct retention *keep)
{
	int64_t now_ms;

	now_ms = clock_wall_ms();
	if (job_is_ours(s, "usage", now_ms, USAGE_MS)) {
		store_usage_catch_up(s, LEASE_MS / 4);
		if (store_job_end(s, "usage", now_ms) != GB_OK)
			log_warnx("usage: its lease has to run out");
	}
	if (job_is_ours(s, "retention", now_ms, EVERY_MS)) {
		store_usage_catch_up(s, RUN_MS); /* before rows go */
		delete_older(s, store_journal_delete_requests, now_ms,
			     keep->request_days);
		delete_older(s, store_journal_delete_attempts, now_ms,
			     keep->error_days);
		delete_older(s, store_failed_bodies_delete, now_ms,
			     keep->error_days);
		trim_journal(s, keep->journal_max);
		delete_older(s, store_usage_delete_hours, now_ms, HOURS_DAYS);
		delete_rows(s, store_signatures_expire,
			    now_ms - keep->signature_hours * HOUR_MS);
		delete_rows(s, store_signatures_trim, keep->signatures_max);
		delete_rows(s, affinity_expire, now_ms - AFFINITY_MS);
		delete_rows(s, store_sessions_expire, now_ms);
		delete_rows(s, store_tries_expire, now_ms - HOUR_MS);
		delete_older(s, store_key_history_expire, now_ms, HISTORY_DAYS);
		delete_rows(s, store_key_history_trim, HISTORY_ROWS);
		delete_older(s, store_breakers_expire, now_ms, BREAKER_DAYS);
	}
	if (keep->objects_every_hours > 0 &&
	    job_is_ours(s, "expire-objects", now_ms,
			keep->objects_every_hours * HOUR_MS))
		delete_rows(s, store_objects_expire, now_ms);
	if (job_is_ours(s, "forget-models", now_ms, DAY_MS))
		delete_older(s, store_keys_forget_models, now_ms, COOLED_DAYS);
}
