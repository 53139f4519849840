/* test_sessions.c: who is signed in, and what wrong tokens cost (promise 11) */
#include "unit_store.h"

#include "app/admin_token.h"
#include "store/overrides.h"
#include "store/sessions.h"

#define S	 INT64_C(1000)
#define IDLE_MS	 (3600 * S)
#define LIFE_MS	 (24 * 3600 * S)
#define AN_HOUR	 (3600 * S)
#define FIVE_MIN (300 * S)

static const unsigned char proof_a[DIGEST_SIZE] = "the admin token of now";
static const unsigned char proof_b[DIGEST_SIZE] = "another one";

static void
digest_of(unsigned char digest[DIGEST_SIZE], int n)
{
	memset(digest, 0, DIGEST_SIZE);
	memcpy(digest, &n, sizeof(n));
}

static void
begin(const struct unit_store *u, int n, int64_t now_ms)
{
	unsigned char digest[DIGEST_SIZE];

	digest_of(digest, n);
	CHECK_INT("begin",
		  store_session_begin(u->store, digest, proof_a, "192.0.2.1",
				      "A browser", now_ms, now_ms + LIFE_MS),
		  GB_OK);
}

static enum gb_err
find(const struct unit_store *u, int n, const unsigned char *proof,
     int64_t now_ms, struct session_row *row)
{
	unsigned char digest[DIGEST_SIZE];

	digest_of(digest, n);
	return store_session_find(u->store, digest, proof, now_ms, IDLE_MS,
				  true, row);
}

static void
test_life(void **state)
{
	static const struct {
		const char *what;
		int n;
		int64_t after; /* the beginning */
		enum gb_err rc;
	} rows[] = {
	    {"at once", 1, 0, GB_OK},
	    {"nobody's", 2, 0, GB_ENOTFOUND},
	    {"just used enough", 1, IDLE_MS - 1, GB_OK},
	    {"used since", 1, 2 * IDLE_MS - 2, GB_OK},
	    {"idle for too long", 1, 3 * IDLE_MS - 2, GB_ENOTFOUND},
	    {"not back by an older clock", 1, 2 * IDLE_MS, GB_OK},
	};
	const struct unit_store *u = *state;
	struct session_row row;
	int64_t at;
	size_t i;

	begin(u, 1, UNIT_NOW);
	for (i = 0; i < GB_COUNT(rows); i++)
		CHECK_INT(rows[i].what,
			  find(u, rows[i].n, proof_a, UNIT_NOW + rows[i].after,
			       &row),
			  rows[i].rc);
	CHECK_STR("address", row.address, "192.0.2.1");
	CHECK_STR("agent", row.agent, "A browser");
	for (at = 2 * IDLE_MS; at < LIFE_MS; at += IDLE_MS / 2)
		CHECK_INT("used all day",
			  find(u, 1, proof_a, UNIT_NOW + at, &row), GB_OK);
	CHECK_INT("a day is all", find(u, 1, proof_a, UNIT_NOW + LIFE_MS, &row),
		  GB_ENOTFOUND);
	CHECK_INT("nothing of it", row.id, 0);
}

/* What a page does by itself keeps no session alive. */
static void
test_unused(void **state)
{
	const struct unit_store *u = *state;
	unsigned char digest[DIGEST_SIZE];
	struct session_row row;

	begin(u, 1, UNIT_NOW);
	digest_of(digest, 1);
	CHECK_INT("looked at",
		  store_session_find(u->store, digest, proof_a,
				     UNIT_NOW + IDLE_MS - 1, IDLE_MS, false,
				     &row),
		  GB_OK);
	CHECK_INT("seen", row.seen_at, UNIT_NOW);
	CHECK_INT("over", find(u, 1, proof_a, UNIT_NOW + IDLE_MS, &row),
		  GB_ENOTFOUND);
}

static void
test_ends(void **state)
{
	const struct unit_store *u = *state;
	struct session_row row, other;
	int64_t count;

	begin(u, 1, UNIT_NOW);
	begin(u, 2, UNIT_NOW);
	CHECK_INT("another admin token", find(u, 1, proof_b, UNIT_NOW, &row),
		  GB_ENOTFOUND);
	CHECK_INT("it is there", find(u, 1, proof_a, UNIT_NOW, &row), GB_OK);
	CHECK_INT("sign out", store_session_end(u->store, row.id), GB_OK);
	CHECK_INT("it is gone", find(u, 1, proof_a, UNIT_NOW, &row),
		  GB_ENOTFOUND);
	CHECK_INT("others are not", find(u, 2, proof_a, UNIT_NOW, &other),
		  GB_OK);
	begin(u, 3, UNIT_NOW);
	CHECK_INT("everywhere", store_sessions_end(u->store, &count), GB_OK);
	CHECK_INT("how many", count, 2);
	CHECK_INT("gone, too", find(u, 3, proof_a, UNIT_NOW, &other),
		  GB_ENOTFOUND);
}

static void
test_bounds(void **state)
{
	const struct unit_store *u = *state;
	struct session_rows rows;
	struct session_row row;
	unsigned char digest[DIGEST_SIZE];
	char agent[2000];
	int64_t deleted;
	int n;

	for (n = 1; n <= SESSIONS_MAX + 5; n++)
		begin(u, n, UNIT_NOW);
	CHECK_INT("the oldest made room", find(u, 5, proof_a, UNIT_NOW, &row),
		  GB_ENOTFOUND);
	CHECK_INT("the rest stays", find(u, 6, proof_a, UNIT_NOW, &row), GB_OK);
	CHECK_INT("list",
		  store_sessions_list(u->store, UNIT_NOW, IDLE_MS, &rows),
		  GB_OK);
	CHECK_INT("all of them", rows.count, SESSIONS_MAX);
	CHECK("the newest first", rows.rows[0].id > rows.rows[1].id);
	free(rows.rows);
	CHECK_INT("list",
		  store_sessions_list(u->store, UNIT_NOW + IDLE_MS, IDLE_MS,
				      &rows),
		  GB_OK);
	CHECK_INT("none that is over", rows.count, 0);
	free(rows.rows);

	for (n = 0; n < (int)sizeof(agent) - 3; n += 3)
		memcpy(agent + n, "…", 4);
	digest_of(digest, 1000);
	CHECK_INT("a long name",
		  store_session_begin(u->store, digest, proof_a, agent, agent,
				      UNIT_NOW, UNIT_NOW + LIFE_MS),
		  GB_OK);
	CHECK_INT("is there", find(u, 1000, proof_a, UNIT_NOW, &row), GB_OK);
	CHECK_INT("cut before a character", strlen(row.agent) % 3, 0);
	CHECK("not much", strlen(row.agent) > SESSION_AGENT_MAX - 3);
	CHECK_INT("expire",
		  store_sessions_expire(u->store, UNIT_NOW + LIFE_MS + 1, 10,
					&deleted),
		  GB_OK);
	CHECK_INT("as many as asked", deleted, 10);
}

static void
test_notes(void **state)
{
	const struct unit_store *u = *state;
	char large[SESSION_NOTES_MAX + 2];
	struct session_row row;

	begin(u, 1, UNIT_NOW);
	CHECK_INT("find", find(u, 1, proof_a, UNIT_NOW, &row), GB_OK);
	CHECK_STR("none", row.notes, "");
	CHECK_INT("one", store_session_note(u->store, row.id, "dOne\n"), GB_OK);
	CHECK_INT("two", store_session_note(u->store, row.id, "fTwo\n"), GB_OK);
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	CHECK_INT("too large", store_session_note(u->store, row.id, large),
		  GB_OK);
	CHECK_INT("find", find(u, 1, proof_a, UNIT_NOW, &row), GB_OK);
	CHECK_STR("both", row.notes, "dOne\nfTwo\n");
	CHECK_INT("read", store_session_note(u->store, row.id, NULL), GB_OK);
	CHECK_INT("find", find(u, 1, proof_a, UNIT_NOW, &row), GB_OK);
	CHECK_STR("none again", row.notes, "");
}

static int64_t
try_at(const struct unit_store *u, const char *who, int64_t now_ms)
{
	int64_t wait_ms;

	CHECK_INT("take", store_try_take(u->store, who, now_ms, &wait_ms),
		  GB_OK);
	return wait_ms;
}

static void
test_tries(void **state)
{
	static const int64_t costs[] = {0,	 0,	  0,	   1 * S,
					2 * S,	 4 * S,	  8 * S,   16 * S,
					32 * S,	 64 * S,  128 * S, 256 * S,
					300 * S, 300 * S, 300 * S};
	const struct unit_store *u = *state;
	int64_t now, wait_ms;
	size_t i;

	now = UNIT_NOW;
	for (i = 0; i < GB_COUNT(costs); i++) {
		CHECK_INT("may try", try_at(u, "a", now), 0);
		CHECK_INT("wait", store_try_wait(u->store, "a", now, &wait_ms),
			  GB_OK);
		CHECK_INT("costs", wait_ms, costs[i]);
		if (costs[i] > 0) {
			CHECK_INT("not before", try_at(u, "a", now + 1),
				  costs[i] - 1);
			CHECK_INT("which costs nothing more",
				  try_at(u, "a", now + 2), costs[i] - 2);
		}
		CHECK_INT("others may",
			  try_at(u, "b", UNIT_NOW + (int64_t)i * AN_HOUR * 2),
			  0);
		now += costs[i];
	}
	CHECK_INT("right one", store_try_forget(u->store, "a"), GB_OK);
	for (i = 0; i < 3; i++)
		CHECK_INT("all is forgotten", try_at(u, "a", now), 0);
	CHECK_INT("fourth", try_at(u, "a", now), 0);
	CHECK_INT("fifth", try_at(u, "a", now), 1 * S);
	now += AN_HOUR + 2 * S;
	for (i = 0; i < 3; i++)
		CHECK_INT("an hour after", try_at(u, "a", now), 0);
	CHECK_INT("a clock that was ahead",
		  store_try_wait(u->store, "a", now - 30 * 24 * AN_HOUR,
				 &wait_ms),
		  GB_OK);
	CHECK_INT("locks nobody out", wait_ms, 0);
}

static void
test_tries_bounded(void **state)
{
	const struct unit_store *u = *state;
	char who[32];
	int64_t deleted;
	int n;

	unit_sql(
	    u->path,
	    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM "
	    "n WHERE i < 10050) INSERT INTO sign_in_tries SELECT i, 'x' || "
	    "i, 9, 1, 1 FROM n",
	    NULL, 0);
	for (n = 0; n < 5; n++) {
		(void)snprintf(who, sizeof(who), "y%d", n);
		CHECK_INT("a try", try_at(u, who, UNIT_NOW), 0);
	}
	CHECK_INT("rows",
		  unit_sql(u->path, "SELECT count(*) FROM sign_in_tries", NULL,
			   0),
		  TRIES_MAX);
	CHECK_INT("expire",
		  store_tries_expire(u->store, UNIT_NOW, 50, &deleted), GB_OK);
	CHECK_INT("as many as asked", deleted, 50);
}

static void
test_admin_token(void **state)
{
	static const char made[] = "gb-made-at-the-first-start";
	static char none[] = "", mine[] = "the-one-of-the-settings";
	const struct unit_store *u = *state;
	unsigned char digest[DIGEST_SIZE];
	struct admin_token admin;
	struct settings cfg;

	memset(&cfg, 0, sizeof(cfg));
	cfg.auth_token = none;
	CHECK_INT("load", admin_token_load(&admin, &cfg, u->store), GB_OK);
	CHECK("none", !admin.any);
	CHECK("nothing is it", !admin_token_is(&admin, "", 0));
	CHECK("nothing is it", !admin_token_is(&admin, made, strlen(made)));
	secret_digest(digest, "old", 3);
	CHECK_INT("set", store_admin_digest_set(u->store, digest), GB_OK);
	secret_digest(digest, made, strlen(made));
	CHECK_INT("set twice", store_admin_digest_set(u->store, digest),
		  GB_EEXIST);
	CHECK_INT("replace", store_admin_digest_replace(u->store, digest),
		  GB_OK);
	CHECK_INT("load", admin_token_load(&admin, &cfg, u->store), GB_OK);
	CHECK("it", admin_token_is(&admin, made, strlen(made)));
	CHECK("not less", !admin_token_is(&admin, made, strlen(made) - 1));
	CHECK("not the old one", !admin_token_is(&admin, "old", 3));
	cfg.auth_token = mine;
	CHECK_INT("load", admin_token_load(&admin, &cfg, u->store), GB_OK);
	CHECK("the settings' alone",
	      admin_token_is(&admin, mine, strlen(mine)));
	CHECK("not both", !admin_token_is(&admin, made, strlen(made)));
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, unit_store_setup, \
					unit_store_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_life),	      TEST(test_unused),      TEST(test_ends),
	    TEST(test_bounds),	      TEST(test_notes),	      TEST(test_tries),
	    TEST(test_tries_bounded), TEST(test_admin_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
