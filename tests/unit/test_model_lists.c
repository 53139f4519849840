/* test_model_lists.c: which models each key has, and that no key is asked for
 * what it has not */
#include "unit_store.h"

#include <sys/wait.h>

#include "app/model_lists.h"

#define NOW	  UNIT_NOW
#define HOUR	  INT64_C(3600000)
#define PROCESSES 6
#define KEYS	  5

#define M(name)	  "{\"name\":\"models/" name "\"}"
#define LIST_OLD  "{\"models\":[" M("old") "," M("both") "]}"
#define LIST_NEW  "{\"models\":[" M("new") "," M("both") "]}"
#define NAMES_OLD "[\"old\",\"both\"]"
#define NAMES_NEW "[\"new\",\"both\"]"

/* Keys 1 and 4 have the old models, 2 the new ones; of 3 and 5 nobody knows. */
static void
give_lists(struct store *s)
{
	unit_add_keys(s, KEYS);
	assert_int_equal(store_list_save(s, 1, LIST_OLD, NAMES_OLD, NOW),
			 GB_OK);
	assert_int_equal(store_list_save(s, 2, LIST_NEW, NAMES_NEW, NOW + 1),
			 GB_OK);
	assert_int_equal(store_list_save(s, 4, LIST_OLD, NAMES_OLD, NOW + 2),
			 GB_OK);
}

static int64_t
turn_of(struct store *s, const char *model, int64_t *back_at)
{
	struct key_turn turn;
	enum gb_err rc;

	rc = store_key_turn(s, POOL_GEMINI, model, NOW, NULL, 0, NULL, &turn,
			    back_at);
	assert_true(rc == GB_OK || rc == GB_ENOTFOUND);
	return rc == GB_OK ? turn.id : 0;
}

static void
check_turns(struct store *s, const char *model, const char *want)
{
	char have[KEYS * 2 + 1];
	int64_t back_at;
	size_t i;

	for (i = 0; i < strlen(want); i++)
		have[i] = (char)('0' + turn_of(s, model, &back_at));
	have[i] = '\0';
	CHECK_STR(model, have, want);
}

/* Promise 10 holds for those that have it. */
static void
test_turns(void **state)
{
	static const struct {
		const char *model, *want;
	} cases[] = {
	    {"both", "12345"}, {"old", "13451"}, {"new", "23523"},
	    {"what", "45123"}, {"", "45123"},
	};
	const struct unit_store *u = *state;
	size_t i;

	give_lists(u->store);
	for (i = 0; i < GB_COUNT(cases); i++)
		check_turns(u->store, cases[i].model, cases[i].want);
}

/* Out of service, resting, tried: who else is asked, and who is waited for. */
static void
test_health(void **state)
{
	static const int64_t tried[] = {2};
	const struct unit_store *u = *state;
	struct store *s = u->store;
	struct key_turn turn;
	int64_t back_at;

	give_lists(s);
	assert_int_equal(unit_disable(s, 3, NOW, "x"), GB_OK);
	assert_int_equal(unit_disable(s, 5, NOW, "x"), GB_OK);
	CHECK_INT("the one that has it", turn_of(s, "new", &back_at), 2);
	CHECK_INT("and none else",
		  store_key_turn(s, POOL_GEMINI, "new", NOW, tried, 1, NULL,
				 &turn, &back_at),
		  GB_ENOTFOUND);
	CHECK_INT("which is READY", back_at, 0);

	assert_int_equal(unit_cool_model(s, 2, "new", NOW, NOW + 700, "x"),
			 GB_OK);
	assert_int_equal(unit_cool(s, 1, NOW + 100, "x"), GB_OK);
	CHECK_INT("it rests", turn_of(s, "new", &back_at), 0);
	CHECK_INT("until then", back_at, NOW + 700);

	/* Nobody has it now: the lists may be old. */
	assert_int_equal(unit_disable(s, 2, NOW, "x"), GB_OK);
	CHECK_INT("another", turn_of(s, "new", &back_at), 4);
	assert_int_equal(unit_cool(s, 4, NOW + 200, "x"), GB_OK);
	CHECK_INT("they rest", turn_of(s, "new", &back_at), 0);
	CHECK_INT("until then", back_at, NOW + 100);
	assert_int_equal(unit_disable(s, 1, NOW, "x"), GB_OK);
	assert_int_equal(unit_disable(s, 4, NOW, "x"), GB_OK);
	CHECK_INT("no key", turn_of(s, "new", &back_at), 0);
	CHECK_INT("comes back", back_at, 0);
}

/* An affinity is to a key that has the model, or to none. */
static void
test_affinity(void **state)
{
	const struct unit_store *u = *state;
	unsigned char digest[AFFINITY_SIZE] = {1};
	static const struct {
		const char *model;
		int64_t want;
	} turns[] = {{"both", 1}, {"both", 1}, {"new", 2}, {"both", 2}};
	struct key_turn turn;
	int64_t back_at;
	size_t i;

	give_lists(u->store);
	for (i = 0; i < GB_COUNT(turns); i++) {
		assert_int_equal(store_key_turn(u->store, POOL_GEMINI,
						turns[i].model, NOW, NULL, 0,
						digest, &turn, &back_at),
				 GB_OK);
		CHECK_INT(turns[i].model, turn.id, turns[i].want);
	}
}

static int64_t
lists_count(const struct unit_store *u)
{
	return unit_sql(u->path, "SELECT count(*) FROM model_lists", NULL, 0);
}

static void
test_save(void **state)
{
	const struct unit_store *u = *state;
	struct store *s = u->store;
	struct lists_state lists;
	char sql[128], body[64], names[32];
	int i;

	CHECK_INT("none", store_lists_state(s, true, &lists), GB_ENOTFOUND);
	give_lists(s);
	CHECK_INT("two keys share one", lists_count(u), 2);
	assert_int_equal(store_lists_state(s, false, &lists), GB_OK);
	CHECK_STR("both", lists.ids, "1,2");
	CHECK_INT("asked last", lists.newest_ms, NOW + 2);

	assert_int_equal(unit_disable(s, 2, NOW, "x"), GB_OK);
	assert_int_equal(store_lists_state(s, false, &lists), GB_OK);
	CHECK_STR("of keys in service", lists.ids, "1");
	assert_int_equal(store_lists_state(s, true, &lists), GB_OK);
	CHECK_STR("of all", lists.ids, "1,2");

	/* A list that no key has goes; its id never comes back. */
	assert_int_equal(store_list_save(s, 2, LIST_OLD, NAMES_OLD, NOW),
			 GB_OK);
	CHECK_INT("it went", lists_count(u), 1);
	CHECK_INT("with its models",
		  unit_sql(u->path, "SELECT count(*) FROM list_models", NULL,
			   0),
		  2);
	assert_int_equal(store_list_save(s, 2, LIST_NEW, NAMES_NEW, NOW),
			 GB_OK);
	assert_int_equal(store_lists_state(s, true, &lists), GB_OK);
	CHECK_STR("a new id", lists.ids, "1,3");

	/* So many different ones are not kept, but what there was stays. */
	for (i = 1; i <= 60; i++) {
		(void)snprintf(sql, sizeof(sql),
			       "INSERT INTO model_lists VALUES (%d, %d, '{}')",
			       1000 + i, i);
		unit_sql(u->path, sql, NULL, 0);
		(void)snprintf(sql, sizeof(sql),
			       "INSERT INTO keys (pool, secret, created_at,"
			       " list_id) VALUES ('', %d, 1, %d)",
			       i, 1000 + i);
		unit_sql(u->path, sql, NULL, 0);
	}
	for (i = 3; i <= 5; i++) {
		(void)snprintf(body, sizeof(body), "{\"models\":[%d]}", i);
		(void)snprintf(names, sizeof(names), "[\"m%d\"]", i);
		CHECK_INT(body, store_list_save(s, i, body, names, NOW),
			  i < 5 ? GB_OK : GB_ETOOBIG);
	}
	CHECK_INT("at most", lists_count(u), LISTS_MAX);
	CHECK_INT("unknown",
		  unit_sql(u->path,
			   "SELECT list_id IS NULL FROM keys WHERE id = 5",
			   NULL, 0),
		  1);
	CHECK_INT("no such key",
		  store_list_save(s, 99, LIST_OLD, NAMES_OLD, NOW), GB_OK);
}

/* Each key once, whoever asks. */
static void
test_take(void **state)
{
	struct unit_store *u = *state;
	char secret[40], *secrets[1] = {secret};
	pid_t pids[PROCESSES];
	struct key_turn turn;
	struct store *s;
	int i, status, taken;
	size_t added;

	unit_add_keys(u->store, KEYS);
	unit_secret(secret, 50);
	assert_int_equal(store_keys_add(u->store, POOL_VERTEX, secrets, 1, NOW,
					&added),
			 GB_OK);
	assert_int_equal(unit_disable(u->store, 1, NOW, "x"), GB_OK);
	assert_int_equal(unit_cool(u->store, 2, NOW + 1, "x"), GB_OK);
	store_close(u->store); /* no connection goes through a fork */
	u->store = NULL;
	for (i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] != -1);
		if (pids[i] > 0)
			continue;
		if (store_open(&s, u->path) != GB_OK)
			_exit(100);
		for (taken = 0; store_list_take(s, NOW, HOUR, &turn) == GB_OK;
		     taken++)
			if (turn.id < 3 || turn.id > 5)
				_exit(101);
		store_close(s);
		_exit(taken);
	}
	for (taken = i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		CHECK("a process", WIFEXITED(status));
		taken += WEXITSTATUS(status);
	}
	CHECK_INT("each once", taken, 3);
	assert_int_equal(store_open(&u->store, u->path), GB_OK);
	CHECK_INT("the one that rested",
		  store_list_take(u->store, NOW + 1, HOUR, &turn), GB_OK);
	CHECK_INT("it is", turn.id, 2);
	CHECK_INT("none", store_list_take(u->store, NOW + 2, HOUR, &turn),
		  GB_ENOTFOUND);
	CHECK_STR("no secret", turn.secret, "");
	CHECK_INT("an hour later",
		  store_list_take(u->store, NOW + HOUR, HOUR, &turn), GB_OK);
	CHECK_INT("the first", turn.id, 3);
}

/* What clients are told, made anew only when it has changed. */
static void
test_merged(void **state)
{
	static const char merged[] =
	    "{\"models\":[\n" M("old") ",\n" M("both") ",\n" M("new") "\n]}\n";
	struct unit_store *u = *state;
	struct lists lists;
	int64_t newest;
	struct buf out;

	lists_init(&lists);
	buf_init(&out, 4096);
	CHECK_INT("none", lists_get(&lists, u->store, true, &out, &newest),
		  GB_ENOTFOUND);
	give_lists(u->store);
	CHECK_INT("two", lists_get(&lists, u->store, false, &out, &newest),
		  GB_OK);
	CHECK_STR("as one", buf_str(&out), merged);
	CHECK_INT("asked last", newest, NOW + 2);

	/* From memory: what is in the file does not matter. */
	unit_sql(u->path, "UPDATE model_lists SET body = 'x'", NULL, 0);
	buf_reset(&out);
	CHECK_INT("again", lists_get(&lists, u->store, false, &out, &newest),
		  GB_OK);
	CHECK_STR("the same", buf_str(&out), merged);

	/* Another process' change counts, and a broken list is none. */
	unit_sql(u->path, "UPDATE keys SET disabled_by = 1 WHERE id = 2", NULL,
		 0);
	buf_reset(&out);
	CHECK_INT("changed", lists_get(&lists, u->store, false, &out, &newest),
		  GB_EINVAL);
	CHECK_INT("nothing of it", out.len, 0);
	unit_sql(u->path, "UPDATE model_lists SET body = '" LIST_OLD "'", NULL,
		 0);
	CHECK_INT("mended", lists_get(&lists, u->store, false, &out, &newest),
		  GB_OK);
	CHECK_STR("without the key's", buf_str(&out),
		  "{\"models\":[\n" M("old") ",\n" M("both") "\n]}\n");
	buf_release(&out);
	lists_release(&lists);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_turns),    WITH_STORE(test_health),
	    WITH_STORE(test_affinity), WITH_STORE(test_save),
	    WITH_STORE(test_take),     WITH_STORE(test_merged),
	};

	return cmocka_run_group_tests_name("model_lists", tests, NULL, NULL);
}
