/* test_probes.c: what a doctor and the process that it probes tell each other
 */
#include "unit_store.h"

#include "store/probes.h"

#define NOW UNIT_NOW

static void
test_told(void **state)
{
	struct unit_store *u = *state;
	char id[RANDOM_ID_SIZE], sql[160];
	int64_t told;

	CHECK_INT("begun", store_probe_begin(u->store, NOW, id), GB_OK);
	CHECK_INT("there", store_probe_find(u->store, id, NOW, &told), GB_OK);
	CHECK_INT("nothing as yet", told, 0);
	CHECK_INT("told", store_probe_tell(u->store, id, NOW, 42), GB_OK);
	CHECK_INT("heard", store_probe_find(u->store, id, NOW, &told), GB_OK);
	CHECK_INT("what", told, 42);
	CHECK_INT("another", store_probe_tell(u->store, "other", NOW, 1),
		  GB_ENOTFOUND);
	CHECK_INT("another", store_probe_find(u->store, "other", NOW, &told),
		  GB_ENOTFOUND);
	CHECK_INT("nothing", told, 0);
	(void)snprintf(sql, sizeof(sql),
		       "SELECT count(*) FROM jobs WHERE instr(name, '%s')", id);
	CHECK_INT("who reads the database cannot be asked",
		  unit_sql(u->path, sql, NULL, 0), 0);
	CHECK_INT("ended", store_probe_end(u->store, id), GB_OK);
	CHECK_INT("gone", store_probe_find(u->store, id, NOW, &told),
		  GB_ENOTFOUND);
}

static void
test_old(void **state)
{
	struct unit_store *u = *state;
	char id[RANDOM_ID_SIZE], other[RANDOM_ID_SIZE];
	int64_t told, end = NOW + PROBE_LIFE_MS;

	unit_sql(u->path, "INSERT INTO jobs VALUES ('recheck', 1, 1)", NULL, 0);
	assert_int_equal(store_probe_begin(u->store, NOW, id), GB_OK);
	CHECK_INT("yet", store_probe_tell(u->store, id, end - 1, 7), GB_OK);
	CHECK_INT("too late to tell", store_probe_tell(u->store, id, end, 8),
		  GB_ENOTFOUND);
	CHECK_INT("and to hear", store_probe_find(u->store, id, end, &told),
		  GB_ENOTFOUND);
	assert_int_equal(store_probe_begin(u->store, end - 1, other), GB_OK);
	CHECK_INT("two at once", store_probe_find(u->store, id, end - 1, &told),
		  GB_OK);
	assert_int_equal(store_probe_end(u->store, other), GB_OK);
	assert_int_equal(store_probe_begin(u->store, end, other), GB_OK);
	CHECK("each has an id of its own", strcmp(id, other) != 0);
	CHECK_INT("the next one clears up",
		  unit_sql(u->path,
			   "SELECT count(*) FROM jobs WHERE name LIKE"
			   " 'doctor %'",
			   NULL, 0),
		  1);
	CHECK_INT("jobs stay",
		  unit_sql(u->path,
			   "SELECT count(*) FROM jobs WHERE name = 'recheck'",
			   NULL, 0),
		  1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_told),
	    WITH_STORE(test_old),
	};

	return cmocka_run_group_tests_name("probes", tests, NULL, NULL);
}
