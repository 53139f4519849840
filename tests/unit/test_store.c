/* test_store.c: the database: opening it, keys, tokens, settings, jobs */
#include "unit_store.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "store/jobs.h"
#include "store/overrides.h"
#include "store/tokens.h"

#define NOW    UNIT_NOW
#define MINUTE (60 * INT64_C(1000))
#define HOUR   (60 * MINUTE)
#define MODEL  "gemini-2.5-flash"

static int
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return (int)(st.st_mode & 07777);
}

static void
test_open(void **state)
{
	struct unit_store *u = *state;
	char text[64], path[256];
	struct store *second;
	int64_t generation;

	CHECK_INT("mode of the file", mode_of(u->path), 0600);
	(void)snprintf(path, sizeof(path), "%s-wal", u->path);
	CHECK_INT("mode of the log", mode_of(path), 0600);
	(void)snprintf(path, sizeof(path), "%s/data", u->folder);
	CHECK_INT("mode of the folder", mode_of(path), 0700);
	unit_sql(u->path, "PRAGMA journal_mode", text, sizeof(text));
	CHECK_STR("journal mode", text, "wal");
	CHECK_INT("version", unit_sql(u->path, "PRAGMA user_version", NULL, 0),
		  UNIT_SCHEMA);

	/* A second one beside it, and again after both were closed. */
	assert_int_equal(store_open(&second, u->path), GB_OK);
	unit_add_keys(u->store, 1);
	CHECK_INT("seen by the second", unit_key_state(second, 1, NOW, NULL),
		  KEY_READY);
	store_close(second);
	store_close(u->store);
	store_close(NULL);
	assert_int_equal(store_open(&u->store, u->path), GB_OK);
	CHECK_INT("seen after both were closed",
		  unit_key_state(u->store, 1, NOW, NULL), KEY_READY);
	assert_int_equal(store_generation(u->store, &generation), GB_OK);
	CHECK_INT("the generation too", generation, 2);
}

static void
write_file(const char *path, const char *text)
{
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd != -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* What is not ours is refused, and stays as it is. */
static void
test_open_refused(void **state)
{
	static const char newer[] = "PRAGMA user_version = 9999";
	struct unit_store *u = *state;
	struct store *s;
	char path[256], below[300], text[64];

	s = u->store;
	CHECK_INT("no name", store_open(&s, ""), GB_EINVAL);
	assert_null(s);
	CHECK_INT("in memory", store_open(&s, ":memory:"), GB_EINVAL);

	(void)snprintf(path, sizeof(path), "%s/other.db", u->folder);
	write_file(path, "This is no database, but it is long enough to look "
			 "like one: it has more bytes than a header of one "
			 "hundred bytes needs, so it must be read to see.");
	s = u->store;
	CHECK_INT("no database", store_open(&s, path), GB_EIO);
	assert_null(s);
	(void)snprintf(below, sizeof(below), "%s/below.db", path);
	CHECK_INT("below a file", store_open(&s, below), GB_EIO);
	assert_null(s);

	unlink(path);
	unit_sql(path, "CREATE TABLE t_settings (x)", NULL, 0);
	CHECK_INT("another program's", store_open(&s, path), GB_EINVAL);
	assert_null(s);
	unit_sql(path, "PRAGMA journal_mode", text, sizeof(text));
	CHECK_STR("which was not touched", text, "delete");

	unit_sql(u->path, newer, NULL, 0);
	CHECK_INT("a newer schema", store_open(&s, u->path), GB_EINVAL);
	assert_null(s);
	CHECK_INT("which was not touched",
		  unit_sql(u->path, "PRAGMA user_version", NULL, 0), 9999);
	unit_sql(u->path, "PRAGMA user_version = -1", NULL, 0);
	CHECK_INT("a version below 0", store_open(&s, u->path), GB_EINVAL);
}

static void
test_plausible(void **state)
{
	static const struct {
		const char *secret;
		bool want;
	} secrets[] = {
	    {"AIzaSyTESTTESTTESTTESTTESTTESTTESTTESTT", true},
	    {"AQ.Ab8RN6TESTTESTTESTTESTTESTTESTTESTTESTTESTTESTTEST", true},
	    {"any-other_shape~of+key", true},
	    {"12345678901234567890", true},
	    {"", false},
	    {"1234567890123456789", false},
	    {"1234567890 1234567890", false},
	    {"1234567890\t1234567890", false},
	    {"1234567890\n1234567890", false},
	    {"1234567890\x7f"
	     "1234567890",
	     false},
	};
	char secret[KEY_SECRET_MAX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(secrets); i++)
		CHECK_INT(secrets[i].secret,
			  key_secret_plausible(secrets[i].secret,
					       strlen(secrets[i].secret)),
			  secrets[i].want);
	memset(secret, 'x', sizeof(secret));
	CHECK("256", key_secret_plausible(secret, KEY_SECRET_MAX));
	CHECK("257", !key_secret_plausible(secret, KEY_SECRET_MAX + 1));
}

static void
test_add(void **state)
{
	struct unit_store *u = *state;
	char a[40], b[40], c[40], bad[] = "short", *list[4];
	int64_t all, enabled;
	struct key_rows rows;
	size_t added;

	unit_secret(a, 1);
	unit_secret(b, 2);
	unit_secret(c, 3);
	list[0] = a;
	list[1] = b;
	list[2] = a;
	list[3] = bad;

	added = 77;
	CHECK_INT("one is bad",
		  store_keys_add(u->store, POOL_GEMINI, list, 4, NOW, &added),
		  GB_EINVAL);
	CHECK_INT("so none was added", added, 0);
	CHECK_INT("twice the same",
		  store_keys_add(u->store, POOL_GEMINI, list, 3, NOW, &added),
		  GB_OK);
	CHECK_INT("is one", added, 2);
	list[2] = c;
	CHECK_INT("again",
		  store_keys_add(u->store, POOL_GEMINI, list, 3, NOW, &added),
		  GB_OK);
	CHECK_INT("only the new one", added, 1);
	CHECK_INT("none at all",
		  store_keys_add(u->store, POOL_GEMINI, list, 0, NOW, &added),
		  GB_OK);
	CHECK_INT("none at all", added, 0);

	assert_int_equal(store_keys_list(u->store, NOW, &rows), GB_OK);
	CHECK_INT("listed", rows.count, 3);
	CHECK_STR("by id", rows.rows[2].secret, c);
	CHECK_STR("without a reason", rows.rows[2].reason, "");
	CHECK_INT("made", rows.rows[2].created_at, NOW);
	CHECK_INT("never used", rows.rows[2].last_ok_at, 0);
	key_rows_free(&rows);
	CHECK_INT("freed", rows.count, 0);

	CHECK_INT("remove", unit_remove(u->store, 3), GB_OK);
	CHECK_INT("twice", unit_remove(u->store, 3), GB_ENOTFOUND);
	list[0] = c;
	assert_int_equal(store_keys_add(u->store, POOL_GEMINI, list, 1, NOW,
					&added),
			 GB_OK);
	CHECK_INT("an id is not used twice",
		  unit_key_state(u->store, 3, NOW, NULL), KEY__MAX);
	CHECK_INT("disable", unit_disable(u->store, 1, NOW, "x"), GB_OK);
	assert_int_equal(store_keys_count(u->store, POOL_GEMINI, &all,
					  &enabled),
			 GB_OK);
	CHECK_INT("all", all, 3);
	CHECK_INT("enabled", enabled, 2);
}

/* What the system may say about a key. */
static void
say_all(struct store *s, int64_t id)
{
	bool revived;

	assert_int_equal(unit_succeeded(s, id, MODEL, NOW), GB_OK);
	assert_int_equal(unit_cool(s, id, NOW + HOUR, "cool"), GB_OK);
	assert_int_equal(unit_cool_model(s, id, MODEL, NOW, NOW + HOUR, "cool"),
			 GB_OK);
	assert_int_equal(unit_count_failure(s, id, 1, 0, NOW, "count"), GB_OK);
	assert_int_equal(unit_disable_by_system(s, id, NOW, "disable"), GB_OK);
	assert_int_equal(store_key_revive(s, id, NOW, &revived), GB_OK);
}

/* A key that a person disabled is never changed by the system. */
static void
test_person(void **state)
{
	static const char dump[] =
	    "SELECT group_concat(k.id || disabled_by || k.ready_at || k.reason "
	    "|| failures || last_ok_at || checked_at || (SELECT count(*) FROM "
	    "key_models)) FROM keys k";
	struct unit_store *u = *state;
	char before[256], after[256], reason[160];
	struct key_turn turn;
	int64_t back_at;
	bool revived;

	unit_add_keys(u->store, 1);
	CHECK_INT("of none", unit_disable(u->store, 7, NOW, "x"), GB_ENOTFOUND);
	CHECK_INT("of none", unit_enable(u->store, 7), GB_ENOTFOUND);
	say_all(u->store, 7); /* no failure, and no row */

	CHECK_INT("disable", unit_disable(u->store, 1, NOW, "mine"), GB_OK);
	unit_sql(u->path, dump, before, sizeof(before));
	say_all(u->store, 1);
	CHECK_INT("no recheck",
		  store_key_recheck_take(u->store, NOW + 100 * HOUR, HOUR,
					 &turn),
		  GB_ENOTFOUND);
	unit_sql(u->path, dump, after, sizeof(after));
	CHECK_STR("a person's word", after, before);
	CHECK_INT("disabled", unit_key_state(u->store, 1, NOW, reason),
		  KEY_DISABLED);
	CHECK_STR("reason", reason, "mine");
	memset(&turn, 0xee, sizeof(turn));
	back_at = 77;
	CHECK_INT("no turn",
		  store_key_turn(u->store, POOL_GEMINI, MODEL, NOW, NULL, 0,
				 NULL, &turn, &back_at),
		  GB_ENOTFOUND);
	CHECK_INT("for ever", back_at, 0);
	CHECK_INT("nothing of a key", turn.id, 0);
	CHECK_STR("nothing of a key", turn.secret, "");

	/* A person overrules the system, too, and clears all it noted. */
	CHECK_INT("enable", unit_enable(u->store, 1), GB_OK);
	say_all(u->store, 1);
	assert_int_equal(unit_disable_by_system(u->store, 1, NOW, "dead"),
			 GB_OK);
	CHECK_INT("by the system", unit_key_state(u->store, 1, NOW, reason),
		  KEY_DISABLED);
	CHECK_INT("enable", unit_enable(u->store, 1), GB_OK);
	CHECK_INT("ready", unit_key_state(u->store, 1, NOW, reason), KEY_READY);
	CHECK_INT("for the model as well",
		  store_key_turn(u->store, POOL_GEMINI, MODEL, NOW, NULL, 0,
				 NULL, &turn, &back_at),
		  GB_OK);
	CHECK_INT("nothing to revive",
		  store_key_revive(u->store, 1, NOW, &revived), GB_OK);
	CHECK_INT("nothing to revive", revived, false);
}

static void
test_cool(void **state)
{
	struct unit_store *u = *state;
	char reason[160];
	bool revived;

	unit_add_keys(u->store, 1);
	assert_int_equal(unit_cool(u->store, 1, NOW + HOUR, "long"), GB_OK);
	assert_int_equal(unit_cool(u->store, 1, NOW + MINUTE, "short"), GB_OK);
	CHECK_INT("a deadline only moves later",
		  unit_key_state(u->store, 1, NOW + HOUR - 1, reason),
		  KEY_COOLING);
	CHECK_STR("and its reason stays", reason, "long");
	CHECK_INT("it passes by itself",
		  unit_key_state(u->store, 1, NOW + HOUR, reason), KEY_READY);
	CHECK_STR("without a reason", reason, "");
	assert_int_equal(unit_succeeded(u->store, 1, MODEL, NOW), GB_OK);
	CHECK_INT("a success that began before ends no rest",
		  unit_key_state(u->store, 1, NOW, reason), KEY_COOLING);
	assert_int_equal(store_key_revive(u->store, 1, NOW, &revived), GB_OK);
	CHECK_INT("revived", revived, true);
	CHECK_INT("ready", unit_key_state(u->store, 1, NOW, reason), KEY_READY);

	assert_int_equal(unit_disable_by_system(u->store, 1, NOW, "first"),
			 GB_OK);
	assert_int_equal(unit_disable_by_system(u->store, 1, NOW, "second"),
			 GB_OK);
	assert_int_equal(unit_cool(u->store, 1, NOW + HOUR, "third"), GB_OK);
	CHECK_INT("disabled", unit_key_state(u->store, 1, NOW, reason),
		  KEY_DISABLED);
	CHECK_STR("for the first reason", reason, "first");
}

/* Who has the turn; -1 for nobody. */
static int64_t
turn_of(struct store *s, const char *model, int64_t now_ms,
	const int64_t *tried, size_t count, int64_t *back_at)
{
	struct key_turn turn;
	enum gb_err rc;

	rc = store_key_turn(s, POOL_GEMINI, model, now_ms, tried, count, NULL,
			    &turn, back_at);
	if (rc == GB_ENOTFOUND)
		return -1;
	assert_int_equal(rc, GB_OK);
	return turn.id;
}

static void
test_turns(void **state)
{
	struct unit_store *u = *state;
	const int64_t tried[] = {1, 2, 3};
	int64_t back_at, n;
	int i;

	CHECK_INT("no keys", turn_of(u->store, "", NOW, NULL, 0, &back_at), -1);
	CHECK_INT("ever", back_at, 0);
	unit_add_keys(u->store, 3);
	for (i = 0; i < 9; i++) {
		n = turn_of(u->store, i % 2 ? MODEL : "", NOW, NULL, 0,
			    &back_at);
		CHECK_INT("in a ring, over all models", n, i % 3 + 1);
		CHECK_INT("nothing to wait for", back_at, 0);
	}
	CHECK_INT("not 1", turn_of(u->store, MODEL, NOW, tried, 1, &back_at),
		  2);
	CHECK_INT("not 1 to 3",
		  turn_of(u->store, MODEL, NOW, tried, 3, &back_at), -1);
	CHECK_INT("they are READY", back_at, 0);
	CHECK_INT("and it cost no turn",
		  turn_of(u->store, MODEL, NOW, NULL, 0, &back_at), 3);

	/* 1 rests for the model, 2 as a whole, 3 goes. */
	assert_int_equal(unit_cool_model(u->store, 1, MODEL, NOW, NOW + HOUR,
					 "x"),
			 GB_OK);
	assert_int_equal(unit_cool(u->store, 2, NOW + 2 * HOUR, "x"), GB_OK);
	assert_int_equal(unit_remove(u->store, 3), GB_OK);
	CHECK_INT("nobody", turn_of(u->store, MODEL, NOW, NULL, 0, &back_at),
		  -1);
	CHECK_INT("the earliest", back_at, NOW + HOUR);
	CHECK_INT("tried or not",
		  turn_of(u->store, MODEL, NOW, tried, 3, &back_at), -1);
	CHECK_INT("tried or not", back_at, NOW + HOUR);
	CHECK_INT("another model",
		  turn_of(u->store, "other", NOW, NULL, 0, &back_at), 1);
	CHECK_INT("not yet",
		  turn_of(u->store, MODEL, NOW + HOUR - 1, NULL, 0, &back_at),
		  -1);
	CHECK_INT("back",
		  turn_of(u->store, MODEL, NOW + HOUR, NULL, 0, &back_at), 1);
	CHECK_INT("both back",
		  turn_of(u->store, MODEL, NOW + 2 * HOUR, NULL, 0, &back_at),
		  2);
}

static void
test_tried_full(void **state)
{
	struct unit_store *u = *state;
	int64_t tried[KEY_TRIED_MAX], back_at;
	size_t i;

	unit_add_keys(u->store, KEY_TRIED_MAX + 1);
	for (i = 0; i < KEY_TRIED_MAX; i++)
		tried[i] = i % 2 ? INT64_MIN + (int64_t)i : (int64_t)i + 2;
	tried[0] = 1;
	CHECK_INT("the longest list of the longest numbers",
		  turn_of(u->store, MODEL, NOW, tried, KEY_TRIED_MAX, &back_at),
		  2);
}

static void
test_streak(void **state)
{
	static const struct {
		const char *what;
		int64_t at, until, want;
	} steps[] = {
	    {"the first", 0, 100, 1},	     {"together with it", 50, 150, 1},
	    {"after its rest", 150, 200, 2}, {"with it, for less", 190, 195, 2},
	    {"later still", 500, 600, 3},
	};
	struct unit_store *u = *state;
	int64_t streak, back_at;
	size_t i;

	unit_add_keys(u->store, 1);
	streak = 77;
	assert_int_equal(store_key_model_streak(u->store, 1, MODEL, &streak),
			 GB_OK);
	CHECK_INT("none", streak, 0);
	for (i = 0; i < GB_COUNT(steps); i++) {
		assert_int_equal(unit_cool_model(u->store, 1, MODEL,
						 NOW + steps[i].at,
						 NOW + steps[i].until, "x"),
				 GB_OK);
		assert_int_equal(store_key_model_streak(u->store, 1, MODEL,
							&streak),
				 GB_OK);
		CHECK_INT(steps[i].what, streak, steps[i].want);
	}
	assert_int_equal(unit_succeeded(u->store, 1, "other", NOW + 590),
			 GB_OK);
	assert_int_equal(store_key_model_streak(u->store, 1, MODEL, &streak),
			 GB_OK);
	CHECK_INT("another model's success", streak, 3);
	assert_int_equal(unit_succeeded(u->store, 1, MODEL, NOW + 590), GB_OK);
	assert_int_equal(store_key_model_streak(u->store, 1, MODEL, &streak),
			 GB_OK);
	CHECK_INT("its own", streak, 0);
	CHECK_INT("but it rests still",
		  turn_of(u->store, MODEL, NOW + 590, NULL, 0, &back_at), -1);
	CHECK_INT("until", back_at, NOW + 600);
}

static void
test_failures(void **state)
{
	static const struct {
		const char *what;
		int64_t at, limit, window;
		bool success;
		enum key_state want;
	} steps[] = {
	    {"1 of 3", 0, 3, 0, false, KEY_READY},
	    {"2 of 3", HOUR, 3, 0, false, KEY_READY},
	    {"a success", HOUR, 0, 0, true, KEY_READY},
	    {"1 of 2 again", 2 * HOUR, 2, 0, false, KEY_READY},
	    {"a window later, 1 of 2", 4 * HOUR, 2, HOUR, false, KEY_READY},
	    {"2 of 2 in it", 5 * HOUR, 2, HOUR, false, KEY_DISABLED},
	    {"a success comes too late", 5 * HOUR, 0, 0, true, KEY_DISABLED},
	};
	struct unit_store *u = *state;
	char reason[160];
	size_t i;

	unit_add_keys(u->store, 2);
	for (i = 0; i < GB_COUNT(steps); i++) {
		if (steps[i].success)
			assert_int_equal(unit_succeeded(u->store, 1, MODEL,
							NOW + steps[i].at),
					 GB_OK);
		else
			assert_int_equal(unit_count_failure(u->store, 1,
							    steps[i].limit,
							    steps[i].window,
							    NOW + steps[i].at,
							    "struck out"),
					 GB_OK);
		CHECK_INT(steps[i].what,
			  unit_key_state(u->store, 1, NOW + steps[i].at,
					 reason),
			  steps[i].want);
	}
	CHECK_STR("reason", reason, "struck out");
	CHECK_INT("the other key", unit_key_state(u->store, 2, NOW, NULL),
		  KEY_READY);
}

/* A turn knows whether a success will have something to write: the usual one
 * has not. */
static void
test_success_is_cheap(void **state)
{
	static const struct {
		const char *what;
		int64_t at;
		bool fail, writes;
	} steps[] = {
	    {"the first", 0, false, true},
	    {"soon after", MINUTE - 1, false, false},
	    {"a minute after", MINUTE, false, true},
	    {"after a failure", MINUTE + 1, true, true},
	    {"and then again", MINUTE + 2, false, false},
	};
	struct unit_store *u = *state;
	struct key_turn turn;
	int64_t back_at;
	size_t i;

	unit_add_keys(u->store, 1);
	for (i = 0; i < GB_COUNT(steps); i++) {
		if (steps[i].fail)
			assert_int_equal(unit_count_failure(u->store, 1, 9, 0,
							    NOW, "x"),
					 GB_OK);
		assert_int_equal(store_key_turn(u->store, POOL_GEMINI, MODEL,
						NOW + steps[i].at, NULL, 0,
						NULL, &turn, &back_at),
				 GB_OK);
		CHECK_INT(steps[i].what, turn.has_past, steps[i].writes);
		if (turn.has_past)
			assert_int_equal(unit_succeeded(u->store, 1, MODEL,
							NOW + steps[i].at),
					 GB_OK);
	}
}

static void
test_recheck(void **state)
{
	static const struct {
		const char *what;
		int64_t at, want;
	} steps[] = {
	    {"too soon for all", HOUR - 1, 0},
	    {"the one disabled first", 3 * HOUR, 1},
	    {"then the other", 3 * HOUR, 2},
	    {"then none", 3 * HOUR, 0},
	    {"until an hour later", 4 * HOUR, 1},
	};
	struct unit_store *u = *state;
	struct key_turn turn;
	enum gb_err rc;
	bool revived;
	char secret[40];
	size_t i;

	unit_add_keys(u->store, 4);
	assert_int_equal(unit_disable_by_system(u->store, 2, NOW + HOUR, "x"),
			 GB_OK);
	assert_int_equal(unit_count_failure(u->store, 1, 1, 0, NOW, "x"),
			 GB_OK);
	assert_int_equal(unit_disable(u->store, 3, NOW, "x"), GB_OK);
	for (i = 0; i < GB_COUNT(steps); i++) {
		memset(&turn, 0xee, sizeof(turn));
		rc = store_key_recheck_take(u->store, NOW + steps[i].at, HOUR,
					    &turn);
		CHECK_INT(steps[i].what, rc,
			  steps[i].want == 0 ? GB_ENOTFOUND : GB_OK);
		CHECK_INT(steps[i].what, turn.id, steps[i].want);
	}
	CHECK_STR("its secret", turn.secret, unit_secret(secret, 0));
	assert_int_equal(store_key_revive(u->store, 1, NOW, &revived), GB_OK);
	CHECK_INT("revived", revived, true);
	CHECK_INT("ready", unit_key_state(u->store, 1, NOW, NULL), KEY_READY);
}

static void
test_forget_models(void **state)
{
	struct unit_store *u = *state;
	int64_t deleted;
	char model[16];
	int i;

	unit_add_keys(u->store, 1);
	for (i = 0; i < 5; i++) {
		(void)snprintf(model, sizeof(model), "m%d", i);
		assert_int_equal(unit_cool_model(u->store, 1, model, NOW,
						 NOW + i, "x"),
				 GB_OK);
	}
	assert_int_equal(store_keys_forget_models(u->store, NOW + 3, 2,
						  &deleted),
			 GB_OK);
	CHECK_INT("at most two", deleted, 2);
	assert_int_equal(store_keys_forget_models(u->store, NOW + 3, 2,
						  &deleted),
			 GB_OK);
	CHECK_INT("the third", deleted, 1);
	CHECK_INT("left",
		  unit_sql(u->path, "SELECT count(*) FROM key_models", NULL, 0),
		  2);
	assert_int_equal(unit_remove(u->store, 1), GB_OK);
	CHECK_INT("they go with their key",
		  unit_sql(u->path, "SELECT count(*) FROM key_models", NULL, 0),
		  0);
}

static enum gb_err
create_token(struct store *s, const char *name,
	     const unsigned char digest[DIGEST_SIZE])
{
	struct token_row row;

	token_row_init(&row, name);
	memcpy(row.digest, digest, DIGEST_SIZE);
	return store_token_create(s, &row, NOW);
}

static void
test_tokens(void **state)
{
	static const unsigned char digest[DIGEST_SIZE] = {1, 2, 0, 3};
	struct unit_store *u = *state;
	char name[TOKEN_NAME_MAX + 2];
	struct token_rows rows;

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	CHECK_INT("no name", create_token(u->store, "", digest), GB_EINVAL);
	name[TOKEN_NAME_MAX] = '\0';
	CHECK_INT("the longest", create_token(u->store, name, digest), GB_OK);
	CHECK_INT("team", create_token(u->store, "team", digest), GB_OK);
	CHECK_INT("twice", create_token(u->store, "team", digest), GB_EEXIST);
	CHECK_INT("revoke", store_token_revoke(u->store, "team", NOW + 1),
		  GB_OK);
	CHECK_INT("twice", store_token_revoke(u->store, "team", NOW + 2),
		  GB_ENOTFOUND);
	CHECK_INT("no such", store_token_revoke(u->store, "x' OR 1 --", NOW),
		  GB_ENOTFOUND);
	CHECK_INT("a revoked name stays taken",
		  create_token(u->store, "team", digest), GB_EEXIST);
	assert_int_equal(store_tokens_list(u->store, &rows), GB_OK);
	CHECK_INT("two", rows.count, 2);
	CHECK_STR("by id", rows.rows[0].name, name);
	CHECK_INT("in force", rows.rows[0].revoked_at, 0);
	CHECK_INT("revoked", rows.rows[1].revoked_at, NOW + 1);
	assert_memory_equal(rows.rows[1].digest, digest, DIGEST_SIZE);
	token_rows_free(&rows);
	CHECK_INT("freed", rows.count, 0);
}

static void
test_overrides(void **state)
{
	struct unit_store *u = *state;
	struct override_rows rows;
	unsigned char digest[DIGEST_SIZE], other[DIGEST_SIZE];

	assert_int_equal(store_overrides_list(u->store, &rows), GB_OK);
	CHECK_INT("none", rows.count, 0);
	override_rows_free(&rows);
	assert_int_equal(store_override_set(u->store, "b", "1"), GB_OK);
	assert_int_equal(store_override_set(u->store, "a", "[\"x\"]"), GB_OK);
	assert_int_equal(store_override_set(u->store, "b", "2"), GB_OK);
	assert_int_equal(store_overrides_list(u->store, &rows), GB_OK);
	CHECK_INT("two", rows.count, 2);
	CHECK_STR("a", rows.rows[0].json, "[\"x\"]");
	CHECK_STR("b", rows.rows[1].name, "b");
	CHECK_STR("b's last", rows.rows[1].json, "2");
	override_rows_free(&rows);
	assert_int_equal(store_override_set(u->store, "b", NULL), GB_OK);
	assert_int_equal(store_override_set(u->store, "none", NULL), GB_OK);
	assert_int_equal(store_overrides_list(u->store, &rows), GB_OK);
	CHECK_INT("one", rows.count, 1);
	override_rows_free(&rows);

	memset(digest, 0xee, sizeof(digest));
	CHECK_INT("no digest", store_admin_digest_get(u->store, digest),
		  GB_ENOTFOUND);
	CHECK_INT("nothing of one", digest[7], 0);
	memset(digest, 7, sizeof(digest));
	CHECK_INT("set", store_admin_digest_set(u->store, digest), GB_OK);
	memset(other, 8, sizeof(other));
	CHECK_INT("once only", store_admin_digest_set(u->store, other),
		  GB_EEXIST);
	CHECK_INT("get", store_admin_digest_get(u->store, other), GB_OK);
	assert_memory_equal(other, digest, sizeof(digest));
}

/* It grows with what a person does, and with nothing else (promise 7). */
static void
test_generation(void **state)
{
	struct unit_store *u = *state;
	static const unsigned char digest[DIGEST_SIZE] = {1};
	int64_t at, now, back_at;
	struct store *s = u->store;
	int step;
	bool mine;

	unit_add_keys(s, 2);
	assert_int_equal(store_generation(s, &at), GB_OK);
	for (step = 0; step < 8; step++) {
		switch (step) {
		case 0:
			unit_sql(u->path, "DELETE FROM keys WHERE id = 1", NULL,
				 0);
			unit_add_keys(s, 1);
			break;
		case 1:
			assert_int_equal(unit_disable(s, 2, NOW, "x"), GB_OK);
			break;
		case 2:
			assert_int_equal(unit_enable(s, 2), GB_OK);
			break;
		case 3:
			assert_int_equal(unit_remove(s, 2), GB_OK);
			break;
		case 4:
			assert_int_equal(create_token(s, "t", digest), GB_OK);
			break;
		case 5:
			assert_int_equal(store_token_revoke(s, "t", NOW),
					 GB_OK);
			break;
		case 6:
			assert_int_equal(store_override_set(s, "a", "1"),
					 GB_OK);
			break;
		case 7:
			assert_int_equal(store_admin_digest_set(s, digest),
					 GB_OK);
			break;
		}
		assert_int_equal(store_generation(s, &now), GB_OK);
		if (now <= at)
			fail_msg("step %d: have %lld, want more than %lld",
				 step, (long long)now, (long long)at);
		at = now;
	}
	say_all(s, 3);
	CHECK_INT("no such key", unit_enable(s, 77), GB_ENOTFOUND);
	turn_of(s, MODEL, NOW, NULL, 0, &back_at);
	assert_int_equal(store_job_take(s, "j", NOW, 0, 0, &mine), GB_OK);
	assert_int_equal(store_generation(s, &now), GB_OK);
	CHECK_INT("the system's doings", now, at);
}

static void
test_jobs(void **state)
{
	static const struct {
		const char *what, *job;
		int64_t at;
		bool want;
	} steps[] = {
	    {"the first time", "a", 0, true},
	    {"another job", "b", 0, true},
	    {"at once again", "a", 0, false},
	    {"not yet", "a", HOUR - 1, false},
	    {"it is time", "a", HOUR, true},
	    {"a clock that was ahead", "c", 1000 * HOUR, true},
	    {"and is right again", "c", 2 * HOUR, true},
	};
	struct unit_store *u = *state;
	size_t i;
	bool mine;

	for (i = 0; i < GB_COUNT(steps); i++) {
		mine = !steps[i].want;
		assert_int_equal(store_job_take(u->store, steps[i].job,
						NOW + steps[i].at, HOUR, MINUTE,
						&mine),
				 GB_OK);
		CHECK_INT(steps[i].what, mine, steps[i].want);
	}
	/* Due at once, but somebody is at it. */
	assert_int_equal(store_job_take(u->store, "d", NOW, 0, MINUTE, &mine),
			 GB_OK);
	CHECK_INT("mine", mine, true);
	assert_int_equal(store_job_take(u->store, "d", NOW + MINUTE - 1, 0,
					MINUTE, &mine),
			 GB_OK);
	CHECK_INT("leased", mine, false);
	assert_int_equal(store_job_take(u->store, "d", NOW + MINUTE, 0, MINUTE,
					&mine),
			 GB_OK);
	CHECK_INT("the lease ran out", mine, true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_open),
	    WITH_STORE(test_open_refused),
	    cmocka_unit_test(test_plausible),
	    WITH_STORE(test_add),
	    WITH_STORE(test_person),
	    WITH_STORE(test_cool),
	    WITH_STORE(test_turns),
	    WITH_STORE(test_tried_full),
	    WITH_STORE(test_streak),
	    WITH_STORE(test_failures),
	    WITH_STORE(test_success_is_cheap),
	    WITH_STORE(test_recheck),
	    WITH_STORE(test_forget_models),
	    WITH_STORE(test_tokens),
	    WITH_STORE(test_overrides),
	    WITH_STORE(test_generation),
	    WITH_STORE(test_jobs),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
