/* test_metrics.c: how the service stands, as the database has it */
#include "unit_store.h"

#include "store/journal.h"
#include "store/metrics.h"

#define NOW UNIT_NOW

static void
test_keys(void **state)
{
	struct unit_store *u = *state;
	struct store_metrics m;
	char vertex[] = "AQ.Fake-key-of-vertex-0001", *secrets[] = {vertex};
	size_t added;

	unit_add_keys(u->store, 5);
	assert_int_equal(store_keys_add(u->store, POOL_VERTEX, secrets, 1, NOW,
					&added),
			 GB_OK);
	assert_int_equal(unit_cool(u->store, 1, NOW + 10, "x"), GB_OK);
	assert_int_equal(unit_cool(u->store, 2, NOW, "over"), GB_OK);
	assert_int_equal(unit_disable(u->store, 3, NOW, "x"), GB_OK);
	assert_int_equal(unit_disable_by_system(u->store, 4, NOW, "x"), GB_OK);
	assert_int_equal(unit_cool_model(u->store, 5, "m", NOW, NOW + 1, "x"),
			 GB_OK);
	assert_int_equal(store_metrics_read(u->store, "me", NOW, &m), GB_OK);
	CHECK_INT("ready", m.keys[POOL_GEMINI].standing[STANDS_READY], 2);
	CHECK_INT("cooling", m.keys[POOL_GEMINI].standing[STANDS_COOLING], 1);
	CHECK_INT("system", m.keys[POOL_GEMINI].standing[STANDS_DISABLED], 1);
	CHECK_INT("person", m.keys[POOL_GEMINI].standing[STANDS_OFF], 1);
	CHECK_INT("vertex", m.keys[POOL_VERTEX].standing[STANDS_READY], 1);
	CHECK_INT("resting", m.resting, 1);
	CHECK("bytes", m.bytes > 4096 && m.bytes % 512 == 0);
	CHECK("wal", m.wal_bytes > 0);
}

/* Counts of failed attempts stay when the rows go. */
static void
test_attempts(void **state)
{
	struct journal_attempt failed[] = {
	    {.time_ms = NOW, .error_class = "rate_limit_day"},
	    {.time_ms = NOW, .error_class = "overloaded"},
	    {.time_ms = NOW, .error_class = "rate_limit_day"},
	};
	struct journal_entry e = {.time_ms = NOW,
				  .error_class = "",
				  .failed = failed,
				  .failed_count = GB_COUNT(failed)};
	const struct journal_entry *entries[] = {&e};
	struct unit_store *u = *state;
	struct store_metrics m;
	int64_t deleted;

	assert_int_equal(store_journal_write(u->store, entries, 1), GB_OK);
	assert_int_equal(store_journal_delete_attempts(u->store, NOW + 1, 9,
						       &deleted),
			 GB_OK);
	CHECK_INT("deleted", deleted, 3);
	assert_int_equal(store_metrics_read(u->store, "me", NOW, &m), GB_OK);
	CHECK_INT("classes", m.class_count, 2);
	CHECK_STR("first", m.classes[0].name, "rate_limit_day");
	CHECK_INT("first", m.classes[0].attempts, 2);
	CHECK_INT("second", m.classes[1].attempts, 1);
}

/* Others count as long as they are not silent; oneself does not. */
static void
test_processes(void **state)
{
	struct unit_store *u = *state;
	struct store_metrics m;

	assert_int_equal(store_process_seen(u->store, "me", NOW, 100, 100),
			 GB_OK);
	assert_int_equal(store_process_seen(u->store, "a", NOW - 1, 1, 2),
			 GB_OK);
	assert_int_equal(store_process_seen(u->store, "a", NOW, 3, 4), GB_OK);
	assert_int_equal(store_process_seen(u->store, "b",
					    NOW - PROCESS_SILENCE_MS, 5, 6),
			 GB_OK);
	assert_int_equal(store_metrics_read(u->store, "me", NOW, &m), GB_OK);
	CHECK_INT("processes", m.processes, 2);
	CHECK_INT("running", m.running, 8);
	CHECK_INT("waiting", m.waiting, 10);
	assert_int_equal(store_process_gone(u->store, "a"), GB_OK);
	assert_int_equal(store_metrics_read(u->store, "me", NOW + 1, &m),
			 GB_OK);
	CHECK_INT("silent, gone", m.processes, 0);
	assert_int_equal(store_process_seen(u->store, "me",
					    NOW + 2 * 3600 * 1000, 0, 0),
			 GB_OK);
	CHECK_INT("forgotten",
		  unit_sql(u->path, "SELECT count(*) FROM processes", NULL, 0),
		  1);
	CHECK_INT("queue", store_writes_waiting(u->store), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_keys, unit_store_setup,
					    unit_store_teardown),
	    cmocka_unit_test_setup_teardown(test_attempts, unit_store_setup,
					    unit_store_teardown),
	    cmocka_unit_test_setup_teardown(test_processes, unit_store_setup,
					    unit_store_teardown),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
