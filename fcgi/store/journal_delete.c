/* journal_delete.c: deleting what a person chose from the journal */
#include "store/journal_delete.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "store/journal.h"
#include "store/usage.h"

#define STEP_ROWS     200  /* about a millisecond of the lock */
#define STEP_PAUSE_US 2000 /* longer than a waiter's longest sleep */

static void
pause_step(void)
{
	const struct timespec pause = {.tv_nsec = STEP_PAUSE_US * 1000L};

	nanosleep(&pause, NULL);
}

typedef enum gb_err delete_step(struct store *, const int64_t *ids,
				size_t count, int64_t *deleted);

static enum gb_err
delete_of(struct store *s, enum journal_table table,
	  const struct journal_filter *filter, int64_t most_ms,
	  delete_step *drop, struct journal_deleted *out)
{
	struct journal_filter f = *filter;
	int64_t ids[STEP_ROWS], stop_ms, deleted;
	struct journal_cursor at = {0, 0};
	enum gb_err rc;
	size_t count;

	memset(out, 0, sizeof(*out));
	/* What comes meanwhile stays, or there might be no end. */
	if (f.until_ms == 0)
		f.until_ms = clock_wall_ms() + 1;
	stop_ms = clock_mono_ms() + most_ms;
	do {
		if ((rc = store_journal_ids(s, table, &f, &at, STEP_ROWS, ids,
					    &count, &out->more)) != GB_OK ||
		    (rc = drop(s, ids, count, &deleted)) != GB_OK)
			return rc;
		out->rows += deleted;
		pause_step();
	} while (out->more && clock_mono_ms() < stop_ms);
	return GB_OK;
}

enum gb_err
store_journal_delete_requests_of(struct store *s,
				 const struct journal_filter *f,
				 int64_t most_ms, struct journal_deleted *out)
{
	store_usage_catch_up(s, CATCH_UP_DELETE_MS);
	return delete_of(s, JOURNAL_REQUESTS, f, most_ms,
			 store_journal_delete_request_ids, out);
}

enum gb_err
store_journal_delete_attempts_of(struct store *s,
				 const struct journal_filter *f,
				 int64_t most_ms, struct journal_deleted *out)
{
	return delete_of(s, JOURNAL_ATTEMPTS, f, most_ms,
			 store_journal_delete_attempt_ids, out);
}

static enum gb_err
delete_chosen(struct store *s, const int64_t *ids, size_t count,
	      delete_step *drop, struct journal_deleted *out)
{
	int64_t deleted;
	enum gb_err rc;
	size_t part;

	memset(out, 0, sizeof(*out));
	for (; count > 0; ids += part, count -= part) {
		part = count < STEP_ROWS ? count : STEP_ROWS;
		if ((rc = drop(s, ids, part, &deleted)) != GB_OK)
			return rc;
		out->rows += deleted;
		if (part < count)
			pause_step();
	}
	return GB_OK;
}

enum gb_err
store_journal_delete_chosen_requests(struct store *s, const int64_t *ids,
				     size_t count, struct journal_deleted *out)
{
	store_usage_catch_up(s, CATCH_UP_DELETE_MS);
	return delete_chosen(s, ids, count, store_journal_delete_request_ids,
			     out);
}

enum gb_err
store_journal_delete_chosen_attempts(struct store *s, const int64_t *ids,
				     size_t count, struct journal_deleted *out)
{
	return delete_chosen(s, ids, count, store_journal_delete_attempt_ids,
			     out);
}
