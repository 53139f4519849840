/* test_journal_writer.c: many threads' rows, each in the database when its
 * thread goes on (promise 6), and a database that cannot be written */
#include "unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "app/journal_writer.h"

#define THREADS 16
#define ROWS	50

struct fixture {
	char dir[64], path[96];
	struct store *store;
	struct journal_writer writer;
};

static void
open_fixture(struct fixture *f)
{
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/gb-journal-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	(void)snprintf(f->path, sizeof(f->path), "%s/db", f->dir);
	assert_int_equal(store_open(&f->store, f->path), GB_OK);
	journal_writer_init(&f->writer, f->store);
}

static void
close_fixture(struct fixture *f)
{
	char command[128];

	store_close(f->store);
	(void)snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	assert_int_equal(system(command), 0);
}

static long long
count(const struct fixture *f, const char *sql)
{
	sqlite3_stmt *stmt;
	long long n;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL),
			 SQLITE_OK);
	n = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0)
					     : -1;
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return n;
}

static void *
write_rows(void *arg)
{
	struct journal_attempt failed;
	struct journal_entry entry;
	struct fixture *f = arg;
	char text[] = "words";
	int i;

	for (i = 0; i < ROWS; i++) {
		memset(&entry, 0, sizeof(entry));
		memset(&failed, 0, sizeof(failed));
		(void)snprintf(entry.request_id, sizeof(entry.request_id),
			       "%lx-%d", (unsigned long)pthread_self(), i);
		entry.endpoint = "test";
		entry.error_class = "";
		failed.error_class = "test";
		failed.text = text;
		entry.failed = &failed;
		entry.failed_count = i % 2;
		journal_writer_write(&f->writer, &entry);
	}
	return NULL;
}

static void
test_threads(void **state)
{
	pthread_t threads[THREADS];
	struct fixture f;
	int i;

	(void)state;
	open_fixture(&f);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_rows,
						&f),
				 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK_INT("rows", count(&f, "SELECT count(*) FROM requests"),
		  THREADS * ROWS);
	CHECK_INT("each once",
		  count(&f, "SELECT count(DISTINCT request_id) FROM requests"),
		  THREADS * ROWS);
	CHECK_INT("attempts", count(&f, "SELECT count(*) FROM attempts"),
		  THREADS * ROWS / 2);
	close_fixture(&f);
}

static void
test_unwritable(void **state)
{
	struct journal_entry entry;
	struct fixture f;
	sqlite3 *db;

	(void)state;
	open_fixture(&f);
	assert_int_equal(sqlite3_open(f.path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "ALTER TABLE requests RENAME TO r",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	memset(&entry, 0, sizeof(entry));
	entry.endpoint = "test";
	entry.error_class = "";
	journal_writer_write(&f.writer, &entry); /* returns all the same */
	assert_int_equal(sqlite3_exec(db, "ALTER TABLE r RENAME TO requests",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
	journal_writer_write(&f.writer, &entry);
	CHECK_INT("it recovers", count(&f, "SELECT count(*) FROM requests"), 1);
	close_fixture(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_threads),
	    cmocka_unit_test(test_unwritable),
	};

	return cmocka_run_group_tests_name("journal writer", tests, NULL, NULL);
}
