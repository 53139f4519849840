/* test_migrations.c: databases of every older version are brought up to date,
 * with what is in them */
#include "unit_store.h"

#include <sys/wait.h>

#include "store/tokens.h"

#define PROCESSES 6
#define TEXT_MAX  (64 * 1024)

/* The files of versions up to this one make all of their database, later ones
 * what they add to the one before. */
#define WHOLE_MAX 4

/* The tables and indexes, however they are laid out in their source. */
static const char layout[] =
    "SELECT group_concat(name || replace(replace(replace(coalesce(sql, ''), "
    "char(10), ''), char(9), ''), ' ', ''), char(10)) FROM (SELECT name, sql "
    "FROM sqlite_schema ORDER BY name)";

/* Tables of each version with the columns that it gave them, and so all that
 * must be there later. */
static const struct {
	int since;
	const char *table, *columns;
} tables[] = {
    {1, "meta", "one, generation, hex(admin_digest)"},
    {1, "keys",
     "id, secret, disabled_by, ready_at, reason, failures, failed_at, "
     "created_at, checked_at, last_ok_at"},
    {1, "key_models", "key_id, model, ready_at, streak, reason"},
    {1, "rotation", "pos"},
    {1, "tokens", "id, name, hex(digest), created_at, revoked_at"},
    {1, "overrides", "name, json"},
    {1, "jobs", "name, taken_at, lease_until"},
    {1, "requests",
     "id, time_ms, request_id, token, key_id, endpoint, model, stream, "
     "hung_up, status, attempts, first_byte_ms, total_ms, prompt_tokens, "
     "completion_tokens, reasoning_tokens, cached_tokens, error_class"},
    {1, "attempts",
     "id, time_ms, request_id, key_id, model, status, error_class, text"},
    {1, "sqlite_sequence", "name, seq"},
    {3, "keys", "id, pool"},
    {3, "rotation", "pool, pos"},
    {4, "model_lists", "id, hex(digest), body"},
    {4, "list_models", "list_id, model"},
    {2, "signatures", "id, hex(call), signature, created_at"},
    {2, "affinity", "id, hex(digest), key_id, used_at"},
    {5, "objects",
     "name, key_id, token, mime, uri, label, purpose, bytes, created_at, "
     "expires_at"},
    {6, "requests",
     "id, tool_tokens, audio_in_tokens, image_in_tokens, video_in_tokens, "
     "audio_out_tokens, image_out_tokens, cost"},
    {6, "prices", "id, model, class, above, valid_from, micro"},
    {6, "usage_hours",
     "dimension, start, value, requests, failed, attempts, prompt_tokens, "
     "completion_tokens, cost, unpriced, took_longer"},
    {6, "usage_days",
     "dimension, start, value, requests, failed, attempts, prompt_tokens, "
     "completion_tokens, cost, unpriced, took_longer"},
    {6, "usage_state", "rolled, epoch"},
    {7, "failed_bodies", "id, time_ms, request_id, body"},
    {8, "tokens",
     "id, note, config, enabled, expires_at, models, endpoints, parallel, "
     "minute_requests, minute_tokens, day_requests, day_tokens, day_cost, "
     "month_requests, month_tokens, month_cost"},
    {8, "token_use", "token_id, span, start, requests, tokens, cost"},
    {8, "token_leases",
     "token_id, owner, number, until, began_at, tokens, cost"},
    {9, "meta", "one, seal"},
    {9, "attempt_counts", "error_class, attempts"},
    {9, "processes", "id, seen_at, running, waiting"},
    {10, "sessions",
     "id, hex(digest), hex(proof), created_at, seen_at, expires_at, address, "
     "agent, notes"},
    {10, "sign_in_tries", "id, address, count, last_at, wait_until"},
    {11, "keys", "id, project, project_by"},
    {11, "key_models", "key_id, model, disabled_by, cause"},
    {11, "key_events",
     "id, time_ms, key_id, model, from_state, to_state, until_ms, cause, "
     "status, error_class, request_id, reason, quota, shared"},
    {11, "charges",
     "error_class, exit, model, key_id, suspects, first_ms, time_ms, hits, "
     "requests, pending, sentence, until_ms, failures_max, window_ms, status, "
     "request_id, reason"},
    {11, "breakers",
     "kind, name, error_class, opened_at, until_ms, probe_at, failures, "
     "reason"},
    {12, "clock", "one, wall_ms, boot_ms, boot"},
    {13, "keys", "id, tier, weight, models, note"},
    {13, "rotation", "pool, tier, pos, weighted"},
    {13, "key_slots", "pool, tier, at, key_id"},
    {14, "settings_history", "id, time_ms, name, who, reset, before, after"},
    {15, "key_tags", "key_id, tag"},
};

static void
run_file(const char *path, const char *sql_file)
{
	static char sql[TEXT_MAX];
	char *why;
	sqlite3 *db;
	size_t len;
	FILE *f;

	f = fopen(sql_file, "r");
	CHECK(sql_file, f != NULL);
	len = fread(sql, 1, sizeof(sql) - 1, f);
	fclose(f);
	CHECK(sql_file, len < sizeof(sql) - 1);
	sql[len] = '\0';
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql_file, why);
	sqlite3_close(db);
}

/* An old database at other.db. */
static void
make_old(const struct unit_store *u, int version, char path[160])
{
	char file[64];
	int i;

	(void)snprintf(path, 160, "%s/other.db", u->folder);
	unlink(path);
	for (i = version < WHOLE_MAX ? version : WHOLE_MAX; i <= version; i++) {
		(void)snprintf(file, sizeof(file), "tests/unit/schema_%d.sql",
			       i);
		run_file(path, file);
		CHECK_INT(file, unit_sql(path, "PRAGMA user_version", NULL, 0),
			  i);
	}
}

/* All rows of a table as one text. */
static void
dump(const char *path, const char *table, const char *columns, char *text)
{
	char sql[1024];

	(void)snprintf(sql, sizeof(sql),
		       "SELECT group_concat(line, char(10)) FROM (SELECT "
		       "json_array(%s) AS line FROM %s ORDER BY 1)",
		       columns, table);
	unit_sql(path, sql, text, TEXT_MAX);
}

static void
check_rows_kept(const struct unit_store *u, int version)
{
	static char before[GB_COUNT(tables)][TEXT_MAX], after[TEXT_MAX];
	struct store *s;
	char path[160];
	size_t i;

	make_old(u, version, path);
	for (i = 0; i < GB_COUNT(tables); i++)
		if (tables[i].since <= version) {
			dump(path, tables[i].table, tables[i].columns,
			     before[i]);
			CHECK(tables[i].table, strlen(before[i]) > 2);
		}
	assert_int_equal(store_open(&s, path), GB_OK);
	for (i = 0; i < GB_COUNT(tables); i++)
		if (tables[i].since <= version) {
			dump(path, tables[i].table, tables[i].columns, after);
			CHECK_STR(tables[i].table, after, before[i]);
		}
	store_close(s);
}

/* What comes of an old one is what a new one is. */
static void
check_layout(const struct unit_store *u)
{
	static char have[TEXT_MAX], want[TEXT_MAX];
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/other.db", u->folder);
	CHECK_INT("version", unit_sql(path, "PRAGMA user_version", NULL, 0),
		  UNIT_SCHEMA);
	unit_sql(path, layout, have, sizeof(have));
	unit_sql(u->path, layout, want, sizeof(want));
	CHECK_STR("tables and indexes", have, want);
	unit_sql(path, "PRAGMA integrity_check", have, sizeof(have));
	CHECK_STR("integrity", have, "ok");
}

static void
test_each_version(void **state)
{
	const struct unit_store *u = *state;
	int version;

	CHECK_INT("a new one",
		  unit_sql(u->path, "PRAGMA user_version", NULL, 0),
		  UNIT_SCHEMA);
	for (version = 1; version < UNIT_SCHEMA; version++) {
		check_rows_kept(u, version);
		check_layout(u);
	}
}

/* It goes on as if nothing had been. */
static void
test_goes_on(void **state)
{
	const struct unit_store *u = *state;
	struct token_rows tokens;
	struct key_turn turn;
	int64_t back_at;
	struct store *s;
	char path[160];

	make_old(u, 1, path);
	assert_int_equal(store_open(&s, path), GB_OK);
	CHECK_INT("a turn",
		  store_key_turn(s, POOL_GEMINI, "gemini-2.5-flash", UNIT_NOW,
				 NULL, 0, NULL, &turn, &back_at),
		  GB_OK);
	CHECK_INT("after the last one", turn.id, 5);
	CHECK_INT("a turn",
		  store_key_turn(s, POOL_GEMINI, "other", UNIT_NOW, NULL, 0,
				 NULL, &turn, &back_at),
		  GB_OK);
	CHECK_INT("of the ring", turn.id, 2);
	CHECK_INT("a key's rows", unit_remove(s, 2), GB_OK);
	CHECK_INT("go with it",
		  unit_sql(path, "SELECT count(*) FROM key_models", NULL, 0),
		  0);
	assert_int_equal(store_tokens_list(s, &tokens), GB_OK);
	CHECK_INT("tokens", tokens.count, 1);
	token_rows_free(&tokens);
	store_close(s);
}

/* A migration that cannot be made leaves the file as it was. */
static void
test_fails_whole(void **state)
{
	const struct unit_store *u = *state;
	struct store *s;
	char path[160];

	make_old(u, 1, path);
	unit_sql(path, "CREATE TABLE affinity (x)", NULL, 0);
	CHECK_INT("in its way", store_open(&s, path), GB_EIO);
	assert_null(s);
	CHECK_INT("version", unit_sql(path, "PRAGMA user_version", NULL, 0), 1);
	CHECK_INT("no table of it",
		  unit_sql(path,
			   "SELECT count(*) FROM sqlite_schema WHERE name = "
			   "'signatures'",
			   NULL, 0),
		  0);
	unit_sql(path, "DROP TABLE affinity", NULL, 0);
	CHECK_INT("the way is free", store_open(&s, path), GB_OK);
	store_close(s);
}

/* All instances start with the new program at once. */
static void
test_processes(void **state)
{
	struct unit_store *u = *state;
	pid_t pids[PROCESSES];
	struct store *s;
	char path[160];
	int i, status;

	make_old(u, 1, path);
	store_close(u->store); /* no connection goes through a fork */
	u->store = NULL;
	for (i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] != -1);
		if (pids[i] == 0) {
			if (store_open(&s, path) != GB_OK)
				_exit(1);
			store_close(s);
			_exit(0);
		}
	}
	for (i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		CHECK_INT("a process", status, 0);
	}
	check_layout(u);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_each_version),
	    WITH_STORE(test_goes_on),
	    WITH_STORE(test_fails_whole),
	    WITH_STORE(test_processes),
	};

	return cmocka_run_group_tests_name("migrations", tests, NULL, NULL);
}
