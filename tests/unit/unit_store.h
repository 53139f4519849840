/* unit_store.h: a database of its own for each test, and raw SQL beside it */
#ifndef GB_TESTS_UNIT_STORE_H
#define GB_TESTS_UNIT_STORE_H

#include "unit.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/key_health.h"
#include "store/key_history.h"
#include "store/key_wishes.h"

#define UNIT_SCHEMA 17 /* the version that this program makes */
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
	    "data/deep/gbalance.db-slots",
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

/* A test whose state is a struct unit_store of its own. */
#define WITH_STORE(test) \
	cmocka_unit_test_setup_teardown(test, unit_store_setup, \
					unit_store_teardown)

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

/* --- what becomes of one key, without a word of who else is at fault ------ */

static inline enum gb_err
unit_judged(struct store *s, struct key_case c)
{
	struct key_outcome outcome;

	c.exit = "direct";
	c.model = c.model == NULL ? "" : c.model;
	c.named = c.consumer = c.quota = c.error_class = c.request_id = "";
	return store_key_judged(s, &c, &outcome);
}

static inline enum gb_err
unit_cool(struct store *s, int64_t id, int64_t until_ms, const char *reason)
{
	return unit_judged(s, (struct key_case){.key_id = id,
						.now_ms = UNIT_NOW,
						.sentence = SENTENCE_COOL,
						.until_ms = until_ms,
						.reason = reason});
}

static inline enum gb_err
unit_cool_model(struct store *s, int64_t id, const char *model, int64_t now_ms,
		int64_t until_ms, const char *reason)
{
	return unit_judged(s, (struct key_case){.key_id = id,
						.now_ms = now_ms,
						.model = model,
						.sentence = SENTENCE_COOL_MODEL,
						.until_ms = until_ms,
						.reason = reason});
}

static inline enum gb_err
unit_disable_by_system(struct store *s, int64_t id, int64_t now_ms,
		       const char *reason)
{
	return unit_judged(s, (struct key_case){.key_id = id,
						.now_ms = now_ms,
						.sentence = SENTENCE_DISABLE,
						.reason = reason});
}

static inline enum gb_err
unit_count_failure(struct store *s, int64_t id, int64_t limit,
		   int64_t window_ms, int64_t now_ms, const char *reason)
{
	return unit_judged(s, (struct key_case){.key_id = id,
						.now_ms = now_ms,
						.sentence = SENTENCE_COUNT,
						.failures_max = limit,
						.window_ms = window_ms,
						.reason = reason});
}

static inline enum gb_err
unit_succeeded(struct store *s, int64_t id, const char *model, int64_t now_ms)
{
	bool closed;

	return store_key_succeeded(s, id, POOL_GEMINI, model, "direct", now_ms,
				   &closed);
}

/* A person's wish for one key; GB_ENOTFOUND when there is none. */
static inline enum gb_err
unit_wish(struct store *s, int64_t id, enum key_wish wish, int64_t now_ms,
	  const char *text)
{
	const struct key_wish_of of = {.wish = wish, .text = text, .model = ""};
	struct key_filter one = {.ids = NULL};
	char ids[32];
	int64_t chosen;
	enum gb_err rc;

	(void)snprintf(ids, sizeof(ids), "[%lld]", (long long)id);
	one.ids = ids;
	rc = store_keys_wish(s, &one, &of, now_ms, &chosen);
	return rc == GB_OK && chosen == 0 ? GB_ENOTFOUND : rc;
}

static inline enum gb_err
unit_enable(struct store *s, int64_t id)
{
	return unit_wish(s, id, WISH_ENABLE, UNIT_NOW, "");
}

static inline enum gb_err
unit_disable(struct store *s, int64_t id, int64_t now_ms, const char *reason)
{
	return unit_wish(s, id, WISH_DISABLE, now_ms, reason);
}

static inline enum gb_err
unit_remove(struct store *s, int64_t id)
{
	return unit_wish(s, id, WISH_REMOVE, UNIT_NOW, "");
}

#define UNIT_HISTORY_MAX 1024 /* bytes of unit_history() */

/* The rows of a key, the oldest first, "ready>disabled answer 400 r1" … */
static inline void
unit_history(struct store *s, int64_t key_id, char text[UNIT_HISTORY_MAX])
{
	const struct key_history_filter f = {.key_id = key_id};
	const struct key_event *e;
	struct key_events events;
	size_t i;

	assert_int_equal(store_key_history(s, &f, &events), GB_OK);
	text[0] = '\0';
	for (i = events.count; i-- > 0;) {
		e = &events.rows[i];
		(void)snprintf(text + strlen(text),
			       UNIT_HISTORY_MAX - strlen(text),
			       "%s%s%s%s>%s %s %d %s", text[0] ? ", " : "",
			       e->model, e->model[0] ? ":" : "",
			       key_standing_names[e->from],
			       key_standing_names[e->to],
			       key_cause_names[e->cause], e->status, e->reason);
	}
	key_events_free(&events);
}

#endif
