/* test_leases.c: what a process's requests have reserved, from many threads */
#include "unit_disk.h"

#include <pthread.h>

#include "app/leases.h"
#include "base/clock.h"
#include "store/journal.h"

#define THREADS 8
#define ROUNDS	30

static struct leases leases;

static enum gb_err
reserve(struct lease *lease, int64_t most)
{
	struct limit_answer answer;
	struct limit_want want;
	int64_t limits[LIMIT__MAX] = {0};

	limits[LIMIT_PARALLEL] = most;
	memset(&want, 0, sizeof(want));
	want.token_id = 1;
	want.limits = limits;
	want.model = "";
	want.now_ms = UNIT_NOW;
	want.mono_ms = clock_mono_ms();
	return leases_reserve(&leases, &want, lease, &answer);
}

/* Half of them get a row in the journal. */
static void *
run(void *arg)
{
	const struct journal_entry *entries[1];
	struct journal_entry e;
	struct lease lease;
	int *failed = arg;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		memset(&lease, 0, sizeof(lease));
		if (reserve(&lease, THREADS) != GB_OK)
			++*failed;
		memset(&e, 0, sizeof(e));
		e.time_ms = UNIT_NOW;
		e.lease = &lease.limit;
		entries[0] = &e;
		if (i % 2 == 0 &&
		    store_journal_write(leases.store, entries, 1) != GB_OK)
			++*failed;
		leases_end(&leases, &lease, i % 2 == 0);
		leases_end(&leases, &lease, false); /* it is over already */
	}
	return NULL;
}

static void
test_threads(void **state)
{
	struct unit_store *u = *state;
	pthread_t threads[THREADS];
	int failed[THREADS] = {0};
	int i;

	leases_init(&leases, u->store);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run,
						&failed[i]),
				 0);
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		CHECK_INT("never too many", failed[i], 0);
	}
	assert_null(leases.first);
	leases_release(&leases);
	CHECK_INT("nothing is reserved",
		  unit_sql(u->path, "SELECT count(*) FROM token_leases", NULL,
			   0),
		  0);
	CHECK_INT("those with rows count",
		  unit_sql(u->path,
			   "SELECT requests FROM token_use WHERE span = 1",
			   NULL, 0),
		  THREADS * ROUNDS / 2);
}

/* A refusal leaves nothing to be ended; another process is another owner. */
static void
test_refused(void **state)
{
	struct unit_store *u = *state;
	struct lease a, b;
	int64_t owner;

	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	leases_init(&leases, u->store);
	owner = leases.owner;
	CHECK_INT("one", reserve(&a, 1), GB_OK);
	CHECK_INT("live", a.live, true);
	CHECK_INT("two", reserve(&b, 1), GB_EBUSY);
	CHECK_INT("not live", b.live, false);
	leases_end(&leases, &b, false);
	leases_end(&leases, &a, false);
	CHECK_INT("again", reserve(&b, 1), GB_OK);
	leases_end(&leases, &b, false);
	leases_release(&leases);
	leases_init(&leases, u->store);
	CHECK("another owner", leases.owner != owner);
	leases_release(&leases);
}

/* Also while nothing can be written, and whatever another process has. */
static void
test_full_disk(void **state)
{
	struct unit_store *u = *state;
	struct leases other;
	struct lease some[4];
	int i;

	memset(some, 0, sizeof(some));
	leases_init(&leases, u->store);
	leases_init(&other, u->store);
	CHECK_INT("before", reserve(&some[0], 3), GB_OK);
	disk_fill(u);
	CHECK_INT("of another process",
		  slot_take(&other.slots, 1, 3, &some[1].slot), GB_OK);
	CHECK_INT("the last", reserve(&some[2], 3), GB_OK);
	CHECK("an outage", store_in_outage(u->store));
	CHECK_INT("one too many", reserve(&some[3], 3), GB_EBUSY);
	leases_end(&leases, &some[2], false);
	CHECK_INT("one has ended", reserve(&some[3], 3), GB_OK);
	slot_give(some[1].slot);
	for (i = 0; i < 4; i++)
		leases_end(&leases, &some[i], false);
	disk_free();
	/* The row of the first could not be deleted, and lives for a while. */
	CHECK_INT("after", reserve(&some[0], 2), GB_OK);
	leases_end(&leases, &some[0], false);
	leases_release(&other);
	leases_release(&leases);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_DISK(test_threads),
	    WITH_DISK(test_refused),
	    WITH_DISK(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
