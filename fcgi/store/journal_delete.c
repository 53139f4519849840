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

/* A page of requests or attempts, as far as deleting goes. */
struct step {
	int64_t ids[STEP_ROWS];
	size_t count;
	struct journal_cursor next;
	bool more;
};

static enum gb_err
read_requests(struct store *s, const struct journal_filter *f,
	      struct step *step)
{
	struct journal_requests page;
	enum gb_err rc;

	rc = store_journal_requests(s, f, &step->next, STEP_ROWS, &page);
	for (step->count = 0; step->count < page.count; step->count++)
		step->ids[step->count] = page.rows[step->count].id;
	step->next = page.next;
	step->more = page.more;
	journal_requests_free(&page);
	return rc;
}

static enum gb_err
read_attempts(struct store *s, const struct journal_filter *f,
	      struct step *step)
{
	struct journal_attempts page;
	enum gb_err rc;

	rc = store_journal_attempts(s, f, &step->next, STEP_ROWS, &page);
	for (step->count = 0; step->count < page.count; step->count++)
		step->ids[step->count] = page.rows[step->count].id;
	step->next = page.next;
	step->more = page.more;
	journal_attempts_free(&page);
	return rc;
}

typedef enum gb_err read_step(struct store *, const struct journal_filter *,
			      struct step *);
typedef enum gb_err delete_step(struct store *, const int64_t *ids,
				size_t count, int64_t *deleted);

static enum gb_err
delete_of(struct store *s, const struct journal_filter *filter, int64_t most_ms,
	  read_step *read, delete_step *drop, struct journal_deleted *out)
{
	struct journal_filter f = *filter;
	int64_t stop_ms, deleted;
	struct step step;
	enum gb_err rc;

	memset(out, 0, sizeof(*out));
	memset(&step, 0, sizeof(step));
	/* What comes meanwhile stays, or there might be no end. */
	if (f.until_ms == 0)
		f.until_ms = clock_wall_ms() + 1;
	stop_ms = clock_mono_ms() + most_ms;
	do {
		if ((rc = read(s, &f, &step)) != GB_OK ||
		    (rc = drop(s, step.ids, step.count, &deleted)) != GB_OK)
			return rc;
		out->rows += deleted;
		out->more = step.more;
		pause_step();
	} while (step.more && clock_mono_ms() < stop_ms);
	return GB_OK;
}

enum gb_err
store_journal_delete_requests_of(struct store *s,
				 const struct journal_filter *f,
				 int64_t most_ms, struct journal_deleted *out)
{
	store_usage_catch_up(s, CATCH_UP_DELETE_MS);
	return delete_of(s, f, most_ms, read_requests,
			 store_journal_delete_request_ids, out);
}

enum gb_err
store_journal_delete_attempts_of(struct store *s,
				 const struct journal_filter *f,
				 int64_t most_ms, struct journal_deleted *out)
{
	return delete_of(s, f, most_ms, read_attempts,
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
