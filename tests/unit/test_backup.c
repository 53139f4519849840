/* test_backup.c: copies of the database while it is written, and which of them
 * are kept */
#include "unit_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "app/backups.h"
#include "base/files.h"
#include "store/backup.h"
#include "store/journal.h"

#define ROWS  20000 /* before the copy: some MiB, so that it takes steps */
#define BATCH 200   /* rows of a transaction, two by two */

static const struct journal_entry row = {
    .time_ms = UNIT_NOW,
    .request_id = "0123456789abcdef0123456789abcdef",
    .token = "team",
    .endpoint = "chat.completions",
    .model = "gemini-2.5-flash",
    .status = 200,
    .error_class = "",
};

static void
write_rows(struct store *s, int count)
{
	const struct journal_entry *entries[BATCH];
	int i;

	for (i = 0; i < BATCH; i++)
		entries[i] = &row;
	for (i = 0; i < count; i += BATCH)
		assert_int_equal(store_journal_write(s, entries, BATCH), GB_OK);
}

struct writer {
	struct store *store;
	atomic_bool stop;
	atomic_int batches;
};

static void *
write_on(void *arg)
{
	struct writer *w = arg;

	while (!w->stop) {
		write_rows(w->store, BATCH);
		w->batches++;
	}
	return NULL;
}

/* How many files a folder has. */
static int
files_in(const char *folder)
{
	const struct dirent *entry;
	int count;
	DIR *dir;

	dir = opendir(folder);
	CHECK(folder, dir != NULL);
	for (count = 0; (entry = readdir(dir)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

/* The copy is of one moment, whole, ours alone, and one file. */
static void
test_while_written(void **state)
{
	struct unit_store *u = *state;
	char path[160], check[64], mode[16];
	struct writer w = {.store = u->store};
	int64_t rows, before;
	pthread_t thread;
	struct stat st;

	write_rows(u->store, ROWS);
	unit_add_keys(u->store, 3);
	(void)snprintf(path, sizeof(path), "%s/other.db", u->folder);
	assert_int_equal(pthread_create(&thread, NULL, write_on, &w), 0);
	while (w.batches == 0)
		(void)usleep(1000);
	before = w.batches;
	assert_int_equal(store_backup(u->path, path, NULL, NULL), GB_OK);
	CHECK("others write meanwhile", w.batches > before);
	w.stop = true;
	pthread_join(thread, NULL);

	assert_int_equal(stat(path, &st), 0);
	CHECK_INT("mode", st.st_mode & 07777, 0600);
	CHECK_INT("files", files_in(u->folder), 2); /* data, other.db */
	(void)unit_sql(path, "PRAGMA journal_mode", mode, sizeof(mode));
	CHECK_STR("log", mode, "delete");
	(void)unit_sql(path, "PRAGMA integrity_check", check, sizeof(check));
	CHECK_STR("whole", check, "ok");
	rows = unit_sql(path, "SELECT count(*) FROM requests", NULL, 0);
	CHECK_INT("no half of a transaction", rows % BATCH, 0);
	CHECK("all that there was", rows >= ROWS + before * BATCH);
	CHECK_INT("keys", unit_sql(path, "SELECT count(*) FROM keys", NULL, 0),
		  3);
}

/* A copy opens as a database. */
static void
test_opens(void **state)
{
	struct unit_store *u = *state;
	char path[160];
	struct store *s;
	int64_t all, enabled;

	unit_add_keys(u->store, 2);
	(void)snprintf(path, sizeof(path), "%s/other.db", u->folder);
	assert_int_equal(store_backup(u->path, path, NULL, NULL), GB_OK);
	assert_int_equal(store_open(&s, path), GB_OK);
	assert_int_equal(store_keys_count(s, POOL_GEMINI, &all, &enabled),
			 GB_OK);
	CHECK_INT("keys", all, 2);
	store_close(s);
}

static bool
at_once(void *arg)
{
	return ++*(int *)arg > 1;
}

/* What fails leaves what was there, and nothing beside it. */
static void
test_failures(void **state)
{
	struct unit_store *u = *state;
	char path[160], nowhere[160];
	struct buf text;
	int asked;

	write_rows(u->store, ROWS);
	(void)snprintf(path, sizeof(path), "%s/other.db", u->folder);
	(void)snprintf(nowhere, sizeof(nowhere), "%s/no/other.db", u->folder);
	assert_int_equal(file_write(path, "mine", 4), GB_OK);
	asked = 0;
	assert_int_equal(store_backup(u->path, path, at_once, &asked),
			 GB_ECANCELED);
	assert_int_equal(store_backup(nowhere, path, NULL, NULL), GB_EIO);
	assert_int_equal(store_backup(u->path, nowhere, NULL, NULL), GB_EIO);
	assert_int_equal(store_backup(u->path, u->path, NULL, NULL), GB_EINVAL);
	buf_init(&text, 16);
	assert_int_equal(file_read(path, &text), GB_OK);
	CHECK_STR("what was there", buf_str(&text), "mine");
	CHECK_INT("files", files_in(u->folder), 2);
	buf_release(&text);
}

static void
touch(const char *folder, const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(file_write(path, "x", 1), GB_OK);
}

static bool
has(const char *folder, const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return access(path, F_OK) == 0;
}

static void
remove_folder(const char *folder)
{
	const struct dirent *entry;
	char path[512];
	DIR *dir;

	dir = opendir(folder);
	while ((entry = readdir(dir)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder,
			       entry->d_name);
		(void)unlink(path);
	}
	closedir(dir);
	assert_int_equal(rmdir(folder), 0);
}

/* The job keeps the newest, and leaves alone what is none of its own. */
static void
test_job(void **state)
{
	static const char *const mine[] = {
	    "gbalance-20200101T000000Z.db.bak",
	    "gbalance-2020.db",
	    "notes.txt",
	};
	struct unit_store *u = *state;
	struct settings cfg;
	char folder[160];
	size_t i;

	(void)snprintf(folder, sizeof(folder), "%s/data/deep/copies",
		       u->folder);
	memset(&cfg, 0, sizeof(cfg));
	cfg.database = u->path;
	cfg.backup_folder = folder;
	cfg.backup_keep = 2;
	backups_due(u->store, &cfg, NULL, NULL);
	CHECK("off", access(folder, F_OK) == -1);

	assert_int_equal(folder_make(folder), GB_OK);
	for (i = 0; i < GB_COUNT(mine); i++)
		touch(folder, mine[i]);
	touch(folder, "gbalance-20200101T000000Z.db");
	touch(folder, "gbalance-20200102T000000Z.db");
	touch(folder, "gbalance-20200103T000000Z.db.aB3xYz");
	cfg.backup_every_hours = 1;
	backups_due(u->store, &cfg, NULL, NULL);
	CHECK("the older one is gone",
	      !has(folder, "gbalance-20200101T000000Z.db"));
	CHECK("the newer one is there",
	      has(folder, "gbalance-20200102T000000Z.db"));
	CHECK("what was not finished is gone",
	      !has(folder, "gbalance-20200103T000000Z.db.aB3xYz"));
	for (i = 0; i < GB_COUNT(mine); i++)
		CHECK(mine[i], has(folder, mine[i]));
	CHECK_INT("files", files_in(folder), 2 + GB_COUNT(mine));

	backups_due(u->store, &cfg, NULL, NULL);
	CHECK_INT("not due again", files_in(folder), 2 + GB_COUNT(mine));
	remove_folder(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_while_written,
					    unit_store_setup,
					    unit_store_teardown),
	    cmocka_unit_test_setup_teardown(test_opens, unit_store_setup,
					    unit_store_teardown),
	    cmocka_unit_test_setup_teardown(test_failures, unit_store_setup,
					    unit_store_teardown),
	    cmocka_unit_test_setup_teardown(test_job, unit_store_setup,
					    unit_store_teardown),
	};

	return cmocka_run_group_tests_name("backup", tests, NULL, NULL);
}
