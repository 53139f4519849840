/* unit_disk.h: a disk that is full for a while */
#ifndef GB_TESTS_UNIT_DISK_H
#define GB_TESTS_UNIT_DISK_H

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "unit_store.h"

/* From now on the database's files do not grow, as on a full disk. */
static inline void
disk_fill(const struct unit_store *u)
{
	struct rlimit limit = {.rlim_max = RLIM_INFINITY};
	struct stat st;
	char path[160];

	signal(SIGXFSZ, SIG_IGN);
	(void)snprintf(path, sizeof(path), "%s-wal", u->path);
	assert_int_equal(stat(path, &st), 0);
	limit.rlim_cur = (rlim_t)st.st_size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static inline void
disk_free(void)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static inline int
disk_teardown(void **state)
{
	disk_free(); /* also after a failure */
	return unit_store_teardown(state);
}

/* A test with a store, whose disk it may fill. */
#define WITH_DISK(test) \
	cmocka_unit_test_setup_teardown(test, unit_store_setup, disk_teardown)

#endif
