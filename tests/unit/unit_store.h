/* unit_store.h: a database of its own for each test, and raw SQL beside it */
#ifndef GB_TESTS_UNIT_STORE_H
#define GB_TESTS_UNIT_STORE_H

#include "unit.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/keys.h"

#define UNIT_SCHEMA 10 /* the version that this program makes */
#define UNIT_NOW    INT64_C(1737000000000)

struct unit_store {
	char folder[64];
	char path[128];
	struct store *store;
};

/* The n-th key of a test. */
static inline const char *
unit_secret(char secret[40], int n)
{
	(void)snprintf(secret, 40, "AIzaSyTESTTESTTESTTEST%017d", n);
	return secret;
}

static inline int
unit_store_setup(void **state)
{
	struct unit_store *u;

	if ((u = calloc(1, sizeof(*u))) == NULL)
		return -1;
	(void)snprintf(u->folder, sizeof(u->folder), "/tmp/gbalance.XXXXXX");
	if (mkdtemp(u->folder) == NULL)
		return -1;
	(void)snprintf(u->path, sizeof(u->path), "%s/data/deep/gbalance.db",
		       u->folder);
	*state = u;
	return store_open(&u->store, u->path) == GB_OK ? 0 : -1;
}

static inline int
unit_store_teardown(void **state)
{
	static const char *const parts[] = {
	    "data/deep/gbalance.db",
	    "data/deep/gbalance.db-wal",
	    "data/deep/gbalance.db-shm",
	    "other.db",
	    "other.db-wal",
	    "other.db-shm",
	};
	struct unit_store *u = *state;
	char path[256];
	size_t i;

	store_close(u->store);
	for (i = 0; i < GB_COUNT(parts); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", u->folder,
			       parts[i]);
		unlink(path);
	}
	(void)snprintf(path, sizeof(path), "%s/data/deep", u->folder);
	rmdir(path);
	(void)snprintf(path, sizeof(path), "%s/data", u->folder);
	rmdir(path);
	rmdir(u->folder);
	free(u);
	return 0;
}

/* Add keys 0 to "count" - 1; in a new database their ids are 1 to "count". */
static inline void
unit_add_keys(struct store *s, int count)
{
	char secret[40], *secrets[1];
	size_t added;
	int i;

	secrets[0] = secret;
	for (i = 0; i < count; i++) {
		unit_secret(secret, i);
		assert_int_equal(store_keys_add(s, POOL_GEMINI, secrets, 1,
						UNIT_NOW, &added),
				 GB_OK);
		assert_int_equal(added, 1);
	}
}

/* The first column of the first row, of a connection of its own, as a number
 * or, with "text" not NULL, as text; it also runs what is no query. */
static inline int64_t
unit_sql(const char *path, const char *sql, char *text, size_t size)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;
	int64_t number;
	int rc;

	number = 0;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 10000);
	rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	if (rc != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		number = sqlite3_column_int64(stmt, 0);
		if (text != NULL)
			(void)snprintf(text, size, "%s",
				       (const char *)sqlite3_column_text(stmt,
									 0));
	} else if (rc != SQLITE_DONE) {
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return number;
}

/* How the key "id" stands, its reason included. */
static inline enum key_state
unit_key_state(struct store *s, int64_t id, int64_t now_ms, char reason[160])
{
	struct key_rows rows;
	enum key_state state;
	size_t i;

	assert_int_equal(store_keys_list(s, now_ms, &rows), GB_OK);
	state = KEY__MAX;
	for (i = 0; i < rows.count; i++)
		if (rows.rows[i].id == id) {
			state = rows.rows[i].state;
			if (reason != NULL)
				(void)snprintf(reason, 160, "%s",
					       rows.rows[i].reason);
		}
	key_rows_free(&rows);
	return state;
}

#endif
