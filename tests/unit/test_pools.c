/* test_pools.c: keys in pools of their own, each with its rotation, its health
 * and its address */
#include "unit_store.h"

#include <sys/wait.h>

#include "keys/pool.h"

#define MODEL	  "gemini-2.5-flash"
#define PROCESSES 4
#define TURNS	  300
#define GEMINI	  3 /* keys, with the ids from 1 */
#define VERTEX	  2 /* and those after them */

/* Keys of both pools; the first of each is the same. */
static void
add_keys(struct store *s)
{
	char secret[40], *secrets[1] = {secret};
	size_t added;
	int i;

	unit_add_keys(s, GEMINI);
	for (i = 0; i < VERTEX; i++) {
		unit_secret(secret, i == 0 ? 0 : 100 + i);
		assert_int_equal(store_keys_add(s, POOL_VERTEX, secrets, 1,
						UNIT_NOW, &added),
				 GB_OK);
		CHECK_INT("new to the pool", added, 1);
	}
	assert_int_equal(store_keys_add(s, POOL_VERTEX, secrets, 1, UNIT_NOW,
					&added),
			 GB_OK);
	CHECK_INT("not twice", added, 0);
}

/* The id whose turn it is; 0: nobody's. */
static int64_t
turn_of(struct store *s, enum key_pool pool, int64_t *back_at)
{
	struct key_turn turn;
	enum gb_err rc;

	rc = store_key_turn(s, pool, MODEL, UNIT_NOW, NULL, 0, NULL, &turn,
			    back_at);
	if (rc == GB_ENOTFOUND)
		return 0;
	assert_int_equal(rc, GB_OK);
	CHECK_INT("its pool", turn.pool, pool);
	return turn.id;
}

static void
test_rotations(void **state)
{
	static const struct {
		enum key_pool pool;
		int64_t want;
	} turns[] = {
	    {POOL_GEMINI, 1}, {POOL_VERTEX, 4}, {POOL_GEMINI, 2},
	    {POOL_VERTEX, 5}, {POOL_VERTEX, 4}, {POOL_GEMINI, 3},
	    {POOL_GEMINI, 1}, {POOL_VERTEX, 5},
	};
	const struct unit_store *u = *state;
	int64_t back_at, all, enabled;
	size_t i;

	CHECK_INT("no keys", turn_of(u->store, POOL_VERTEX, &back_at), 0);
	add_keys(u->store);
	for (i = 0; i < GB_COUNT(turns); i++)
		CHECK_INT("a turn", turn_of(u->store, turns[i].pool, &back_at),
			  turns[i].want);
	assert_int_equal(unit_disable(u->store, 5, UNIT_NOW, "x"), GB_OK);
	assert_int_equal(store_keys_count(u->store, POOL_VERTEX, &all,
					  &enabled),
			 GB_OK);
	CHECK_INT("of Vertex", all, VERTEX);
	CHECK_INT("in service", enabled, VERTEX - 1);
	assert_int_equal(store_keys_count(u->store, POOL_GEMINI, &all,
					  &enabled),
			 GB_OK);
	CHECK_INT("of Gemini", all, GEMINI);
	CHECK_INT("in service", enabled, GEMINI);
}

/* When one pool is exhausted, the other neither helps nor is hurt. */
static void
test_health(void **state)
{
	const struct unit_store *u = *state;
	struct key_rows rows;
	struct key_turn turn;
	int64_t back_at;
	size_t i;

	add_keys(u->store);
	assert_int_equal(unit_cool(u->store, 4, UNIT_NOW + 500, "x"), GB_OK);
	assert_int_equal(unit_cool_model(u->store, 5, MODEL, UNIT_NOW,
					 UNIT_NOW + 300, "x"),
			 GB_OK);
	CHECK_INT("all rest", turn_of(u->store, POOL_VERTEX, &back_at), 0);
	CHECK_INT("until", back_at, UNIT_NOW + 300);
	CHECK_INT("the other", turn_of(u->store, POOL_GEMINI, &back_at), 1);
	for (i = 1; i <= GEMINI; i++)
		assert_int_equal(unit_cool(u->store, (int64_t)i, UNIT_NOW + 100,
					   "x"),
				 GB_OK);
	CHECK_INT("all rest", turn_of(u->store, POOL_VERTEX, &back_at), 0);
	CHECK_INT("until", back_at, UNIT_NOW + 300);
	CHECK_INT("these", turn_of(u->store, POOL_GEMINI, &back_at), 0);
	CHECK_INT("until", back_at, UNIT_NOW + 100);

	assert_int_equal(store_keys_list(u->store, UNIT_NOW, &rows), GB_OK);
	CHECK_INT("keys", rows.count, GEMINI + VERTEX);
	for (i = 0; i < rows.count; i++)
		CHECK_INT("pool", rows.rows[i].pool,
			  i < GEMINI ? POOL_GEMINI : POOL_VERTEX);
	key_rows_free(&rows);

	assert_int_equal(unit_disable_by_system(u->store, 5, UNIT_NOW, "x"),
			 GB_OK);
	assert_int_equal(store_key_recheck_take(u->store, UNIT_NOW + 10, 10,
						&turn),
			 GB_OK);
	CHECK_INT("to be asked again", turn.id, 5);
	CHECK_INT("where its pool is", turn.pool, POOL_VERTEX);
}

static void
test_affinity(void **state)
{
	unsigned char of_gemini[AFFINITY_SIZE], of_vertex[AFFINITY_SIZE];

	(void)state;
	pool_affinity(of_gemini, POOL_GEMINI, "team", "a", 1);
	pool_affinity(of_vertex, POOL_VERTEX, "team", "a", 1);
	assert_memory_not_equal(of_gemini, of_vertex, AFFINITY_SIZE);
}

static void
test_urls(void **state)
{
	static char base[] = "https://a.example",
		    vertex[] = "http://b.example/v1beta1/publishers/google";
	static const struct {
		enum key_pool pool;
		const char *path, *want;
	} cases[] = {
	    {POOL_GEMINI, "/v1beta/models/x:y?a=/b",
	     "https://a.example/v1beta/models/x:y?a=/b"},
	    {POOL_GEMINI, "/v1/models", "https://a.example/v1/models"},
	    {POOL_VERTEX, "/v1beta/models/x:y?a=/b",
	     "http://b.example/v1beta1/publishers/google/models/x:y?a=/b"},
	    {POOL_VERTEX, "/v1/models/x:y",
	     "http://b.example/v1beta1/publishers/google/models/x:y"},
	    {POOL_VERTEX, "/v1", "http://b.example/v1beta1/publishers/google"},
	};
	const struct settings cfg = {
	    .base_url = base,
	    .vertex_express_base_url = vertex,
	};
	struct buf url;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		buf_init(&url, 256);
		pool_url(&url, &cfg, cases[i].pool, cases[i].path);
		CHECK_STR(cases[i].path, buf_str(&url), cases[i].want);
		buf_release(&url);
	}
}

/* Turns of both pools; the exit code counts what is wrong. */
static int
take_turns(const char *path)
{
	int64_t back_at;
	struct key_turn turn;
	struct store *s;
	int i, wrong, pool;

	if (store_open(&s, path) != GB_OK)
		return 1;
	for (wrong = i = 0; i < TURNS; i++)
		for (pool = 0; pool < POOL__MAX; pool++) {
			wrong += store_key_turn(s, (enum key_pool)pool, MODEL,
						UNIT_NOW, NULL, 0, NULL, &turn,
						&back_at) != GB_OK ||
				 (turn.id > GEMINI) != (pool == POOL_VERTEX);
		}
	store_close(s);
	return wrong;
}

/* Promise 10, for each pool. */
static void
test_processes(void **state)
{
	struct unit_store *u = *state;
	pid_t pids[PROCESSES];
	int i, status;

	add_keys(u->store);
	store_close(u->store); /* no connection goes through a fork */
	u->store = NULL;
	for (i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] != -1);
		if (pids[i] == 0)
			_exit(take_turns(u->path) == 0 ? 0 : 1);
	}
	for (i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		CHECK_INT("a process", status, 0);
	}
	/* A whole number of rounds each: both are where they began. */
	CHECK_INT("Gemini's",
		  unit_sql(u->path, "SELECT pos FROM rotation WHERE pool = ''",
			   NULL, 0),
		  (PROCESSES * TURNS - 1) % GEMINI + 1);
	CHECK_INT("Vertex's",
		  unit_sql(u->path,
			   "SELECT pos FROM rotation WHERE pool = 'vertex'",
			   NULL, 0),
		  GEMINI + (PROCESSES * TURNS - 1) % VERTEX + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_rotations),	     WITH_STORE(test_health),
	    cmocka_unit_test(test_affinity), cmocka_unit_test(test_urls),
	    WITH_STORE(test_processes),
	};

	return cmocka_run_group_tests_name("pools", tests, NULL, NULL);
}
