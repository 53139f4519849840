/* test_slots.c: requests under way at once, counted by the kernel */
#include "unit.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/slots.h"

#define MOST 3

static char folder[64], database[80];

static int
setup(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/gbalance.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(database, sizeof(database), "%s/db", folder);
	return 0;
}

static int
teardown(void **state)
{
	char path[96];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s-slots", database);
	unlink(path);
	return rmdir(folder);
}

static void
test_most(void **state)
{
	struct slots s, other;
	int slots[MOST], more, i;

	(void)state;
	slots_init(&s, database);
	slots_init(&other, database);
	for (i = 0; i < MOST; i++) {
		CHECK_INT("one", slot_take(&s, 7, MOST, &slots[i]), GB_OK);
		CHECK("it holds something", slots[i] != SLOT_NONE);
	}
	CHECK_INT("too many", slot_take(&other, 7, MOST, &more), GB_EBUSY);
	CHECK_INT("nothing", more, SLOT_NONE);
	CHECK_INT("of another token", slot_take(&s, 8, 1, &more), GB_OK);
	CHECK_INT("its only one", slot_take(&s, 8, 1, &i), GB_EBUSY);
	slot_give(more);
	slot_give(slots[1]);
	CHECK_INT("again", slot_take(&other, 7, MOST, &slots[1]), GB_OK);
	CHECK_INT("too many", slot_take(&s, 7, MOST, &more), GB_EBUSY);
	CHECK_INT("there is no end of them",
		  slot_take(&s, INT64_C(1) << 40, INT64_MAX, &more), GB_OK);
	slot_give(more);
	for (i = 0; i < MOST; i++)
		slot_give(slots[i]);
	CHECK("all is well", !s.failing && !other.failing);
}

/* A process that is killed has given its own back by the time it is gone. */
static void
test_killed(void **state)
{
	struct slots s;
	int slot, ready[2], status;
	pid_t pid;
	char c;

	(void)state;
	slots_init(&s, database);
	assert_int_equal(pipe(ready), 0);
	if ((pid = fork()) == 0) {
		if (slot_take(&s, 1, 1, &slot) != GB_OK ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	CHECK_INT("it has it", slot_take(&s, 1, 1, &slot), GB_EBUSY);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	CHECK_INT("no more", slot_take(&s, 1, 1, &slot), GB_OK);
	slot_give(slot);
}

/* Nobody is refused for a file that is not to be had. */
static void
test_no_file(void **state)
{
	struct slots s;
	int slot, i;

	(void)state;
	slots_init(&s, "/nowhere/at/all/db");
	for (i = 0; i < 2; i++) {
		CHECK_INT("taken", slot_take(&s, 1, 1, &slot), GB_OK);
		CHECK_INT("nothing", slot, SLOT_NONE);
	}
	CHECK("it was said", s.failing);
	slot_give(slot);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_FOLDER(test_most),
	    IN_FOLDER(test_killed),
	    IN_FOLDER(test_no_file),
	};

	return cmocka_run_group_tests_name("slots", tests, NULL, NULL);
}
