/* test_affinity.c: requests that stay with their key, and a rotation that does
 * not notice */
#include "unit_store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/secret.h"
#include "keys/pool.h"
#include "store/affinity.h"
#include "store/retention.h"

#define NOW	  UNIT_NOW
#define MINUTE	  INT64_C(60000)
#define HOUR	  (60 * MINUTE)
#define MODEL	  "gemini-2.5-flash"
#define ROWS_MAX  100000 /* of affinity.c */
#define KEYS	  7
#define PROCESSES 4
#define THREADS	  8
#define TURNS	  350 /* of each; with KEYS no remainder */

static const char count_rows[] = "SELECT count(*) FROM affinity";

/* Who has the turn of the client "team" with "text" (NULL: without); -1 for
 * nobody. */
static int64_t
turn_at(struct store *s, const char *text, const char *model, int64_t now_ms,
	const int64_t *tried, size_t tried_count)
{
	unsigned char digest[AFFINITY_SIZE];
	struct key_turn turn;
	int64_t back_at;
	enum gb_err rc;

	if (text != NULL)
		pool_affinity(digest, POOL_GEMINI, "team", text, strlen(text));
	rc = store_key_turn(s, POOL_GEMINI, model, now_ms, tried, tried_count,
			    text == NULL ? NULL : digest, &turn, &back_at);
	if (rc == GB_ENOTFOUND)
		return -1;
	assert_int_equal(rc, GB_OK);
	return turn.id;
}

static int64_t
turn_of(struct store *s, const char *text)
{
	return turn_at(s, text, MODEL, NOW, NULL, 0);
}

static const struct {
	const char *what, *text;
	int64_t want;
} ring[] = {
    {"the first is the rotation's", "a", 1},
    {"the second is not", "a", 1},
    {"the rotation goes on", NULL, 2},
    {"as if nothing had been", NULL, 3},
    {"another text", "b", 1},
    {"both stay", "a", 1},
    {"both stay", "b", 1},
    {"the rotation goes on", NULL, 2},
    {"the empty text is one, too", "", 3},
    {"and stays", "", 3},
    {"in other letters", "A", 1},
    {"longer", "aa", 2},
    {"the first stays", "a", 1},
    {"the rotation goes on", NULL, 3},
};

static void
test_ring(void **state)
{
	struct unit_store *u = *state;
	size_t i;

	unit_add_keys(u->store, 3);
	for (i = 0; i < GB_COUNT(ring); i++)
		CHECK_INT(ring[i].what, turn_of(u->store, ring[i].text),
			  ring[i].want);
}

/* What may happen to the key that it belongs to, key 1 of 3. */
enum mishap {
	NOTHING,
	COOLS,
	COOLS_FOR_MODEL,
	COOLS_FOR_OTHER,
	COOLED_BEFORE,
	DISABLED,
	DISABLED_BY_SYS,
	REMOVED,
	OTHERS_GONE,
};

static const struct {
	const char *what;
	enum mishap mishap;
	int64_t tried[2];
	size_t tried_count;
	int64_t want; /* whose turn it is then, and from then on */
} mishaps[] = {
    {"it rests", COOLS, {0}, 0, 2},
    {"it rests for the model", COOLS_FOR_MODEL, {0}, 0, 2},
    {"it rests for another model", COOLS_FOR_OTHER, {0}, 0, 1},
    {"it has rested", COOLED_BEFORE, {0}, 0, 1},
    {"a person disables it", DISABLED, {0}, 0, 2},
    {"the system disables it", DISABLED_BY_SYS, {0}, 0, 2},
    {"it is removed", REMOVED, {0}, 0, 2},
    {"the others are gone", OTHERS_GONE, {0}, 0, 1},
    {"it was tried", NOTHING, {1}, 1, 2},
    {"it was tried, and the next one", NOTHING, {2, 1}, 2, 3},
    {"others were tried", NOTHING, {2, 3}, 2, 1},
    {"it rests, and the next was tried", COOLS, {2}, 1, 3},
};

static enum gb_err
happen(struct store *s, enum mishap mishap)
{
	switch (mishap) {
	case COOLS:
		return unit_cool(s, 1, NOW + HOUR, "x");
	case COOLS_FOR_MODEL:
		return unit_cool_model(s, 1, MODEL, NOW, NOW + HOUR, "x");
	case COOLS_FOR_OTHER:
		return unit_cool_model(s, 1, "other", NOW, NOW + HOUR, "x");
	case COOLED_BEFORE:
		return unit_cool(s, 1, NOW, "x");
	case DISABLED:
		return unit_disable(s, 1, NOW, "x");
	case DISABLED_BY_SYS:
		return unit_disable_by_system(s, 1, NOW, "x");
	case REMOVED:
		return unit_remove(s, 1);
	case OTHERS_GONE:
		return unit_remove(s, 2) != GB_OK ? GB_EIO : unit_remove(s, 3);
	case NOTHING:
		break;
	}
	return GB_OK;
}

static void
check_mishap(size_t n)
{
	const char *what = mishaps[n].what;
	struct unit_store *u;
	void *state;
	bool revived;

	assert_int_equal(unit_store_setup(&state), 0);
	u = state;
	unit_add_keys(u->store, 3);
	CHECK_INT(what, turn_of(u->store, "a"), 1);
	CHECK_INT(what, happen(u->store, mishaps[n].mishap), GB_OK);
	CHECK_INT(what,
		  turn_at(u->store, "a", MODEL, NOW, mishaps[n].tried,
			  mishaps[n].tried_count),
		  mishaps[n].want);
	/* When it is back, it has lost them all the same. */
	CHECK_INT(what, store_key_revive(u->store, 1, NOW, &revived), GB_OK);
	CHECK_INT(what, turn_at(u->store, "a", "third", NOW, NULL, 0),
		  mishaps[n].want);
	assert_int_equal(unit_store_teardown(&state), 0);
}

static void
test_mishaps(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(mishaps); i++)
		check_mishap(i);
}

/* Nobody can have the turn: nothing is written, and it waits for its key. */
static void
test_nobody(void **state)
{
	struct unit_store *u = *state;
	unsigned char digest[AFFINITY_SIZE];
	struct key_turn turn;
	int64_t back_at;

	CHECK_INT("no keys", turn_of(u->store, "a"), -1);
	CHECK_INT("rows", unit_sql(u->path, count_rows, NULL, 0), 0);
	unit_add_keys(u->store, 2);
	CHECK_INT("the first", turn_of(u->store, NULL), 1);
	CHECK_INT("the second", turn_of(u->store, "a"), 2);
	assert_int_equal(unit_cool(u->store, 1, NOW + 2 * MINUTE, "x"), GB_OK);
	assert_int_equal(unit_cool(u->store, 2, NOW + MINUTE, "x"), GB_OK);
	pool_affinity(digest, POOL_GEMINI, "team", "a", 1);
	memset(&turn, 0xee, sizeof(turn));
	CHECK_INT("all rest",
		  store_key_turn(u->store, POOL_GEMINI, MODEL, NOW, NULL, 0,
				 digest, &turn, &back_at),
		  GB_ENOTFOUND);
	CHECK_INT("back at", back_at, NOW + MINUTE);
	CHECK_INT("nothing of a key", turn.id, 0);
	CHECK_STR("nothing of a key", turn.secret, "");
	CHECK_INT("its own again",
		  turn_at(u->store, "a", MODEL, NOW + 3 * MINUTE, NULL, 0), 2);
	CHECK_INT("and the rotation's",
		  turn_at(u->store, NULL, MODEL, NOW + 3 * MINUTE, NULL, 0), 1);
}

static const struct {
	const char *what;
	int64_t at, want, used_at;
} uses[] = {
    {"the first", 0, 1, 0},
    {"soon after", MINUTE, 1, 0},
    {"not yet worth writing", 5 * MINUTE - 1, 1, 0},
    {"written", 5 * MINUTE, 1, 5 * MINUTE},
    {"within an hour of that", 65 * MINUTE - 1, 1, 65 * MINUTE - 1},
    {"just within an hour", 125 * MINUTE - 2, 1, 125 * MINUTE - 2},
    {"an hour later", 185 * MINUTE - 2, 2, 185 * MINUTE - 2},
    {"and then that one", 185 * MINUTE, 2, 185 * MINUTE - 2},
    {"a clock that was ahead", -1000 * HOUR, 3, -1000 * HOUR},
};

static void
test_time(void **state)
{
	struct unit_store *u = *state;
	size_t i;

	unit_add_keys(u->store, 3);
	for (i = 0; i < GB_COUNT(uses); i++) {
		CHECK_INT(uses[i].what,
			  turn_at(u->store, "a", MODEL, NOW + uses[i].at, NULL,
				  0),
			  uses[i].want);
		CHECK_INT(uses[i].what,
			  unit_sql(u->path, "SELECT used_at FROM affinity",
				   NULL, 0),
			  NOW + uses[i].used_at);
		CHECK_INT("rows", unit_sql(u->path, count_rows, NULL, 0), 1);
	}
}

static void
test_row(void **state)
{
	struct unit_store *u = *state;
	struct key_turn turn;
	unsigned char digest[AFFINITY_SIZE];
	char text[128], secret[40];
	int64_t back_at;
	int i;

	unit_add_keys(u->store, 1);
	pool_affinity(digest, POOL_GEMINI, "team", "somebody's name", 15);
	for (i = 0; i < 2; i++) {
		memset(&turn, 0xee, sizeof(turn));
		assert_int_equal(store_key_turn(u->store, POOL_GEMINI, MODEL,
						NOW, NULL, 0, digest, &turn,
						&back_at),
				 GB_OK);
		CHECK_STR("the secret", turn.secret, unit_secret(secret, 0));
		CHECK_INT("a success is news", turn.has_past, i == 0);
		CHECK_INT("nothing to wait for", back_at, 0);
		assert_int_equal(unit_succeeded(u->store, 1, MODEL, NOW),
				 GB_OK);
	}
	unit_sql(u->path,
		 "SELECT group_concat(typeof(digest) || length(digest) || ' ' "
		 "|| key_id) FROM affinity",
		 text, sizeof(text));
	CHECK_STR("what is kept", text, "blob16 1");
}

static void
test_digests(void **state)
{
	static const struct {
		const char *token, *text;
		size_t len;
	} rows[] = {
	    {"team", "ab", 2}, {"team", "a", 1},     {"team", "", 0},
	    {"teama", "b", 1}, {"", "teamab", 6},    {"", "", 0},
	    {"team", "AB", 2}, {"team", "a\0b", 3},  {"team", "a\0c", 3},
	    {"team", "b", 1},  {"another", "ab", 2},
	};
	unsigned char digests[GB_COUNT(rows)][AFFINITY_SIZE], again[16];
	size_t i, k;

	(void)state;
	for (i = 0; i < GB_COUNT(rows); i++) {
		pool_affinity(digests[i], POOL_GEMINI, rows[i].token,
			      rows[i].text, rows[i].len);
		pool_affinity(again, POOL_GEMINI, rows[i].token, rows[i].text,
			      rows[i].len);
		assert_memory_equal(digests[i], again, AFFINITY_SIZE);
		for (k = 0; k < i; k++)
			assert_memory_not_equal(digests[i], digests[k],
						AFFINITY_SIZE);
	}
}

static void
test_pool(void **state)
{
	struct unit_store *u = *state;
	unsigned char digest[AFFINITY_SIZE];
	struct pool_tried tried;
	struct key_turn turn;
	int64_t back_at, want;

	unit_add_keys(u->store, 3);
	pool_affinity(digest, POOL_GEMINI, "team", "a", 1);
	for (want = 1; want <= 3; want++) {
		memset(&tried, 0, sizeof(tried));
		assert_int_equal(pool_take(u->store, POOL_GEMINI, MODEL, &tried,
					   digest, &turn, &back_at),
				 GB_OK);
		CHECK_INT("its key", turn.id, 1);
		CHECK_INT("noted", tried.ids[0], 1);
		assert_int_equal(pool_take(u->store, POOL_GEMINI, MODEL, &tried,
					   NULL, &turn, &back_at),
				 GB_OK);
		CHECK("then another", turn.id != 1);
		CHECK_INT("noted", tried.count, 2);
	}
}

/* --- bounds --------------------------------------------------------------- */

static void
test_most(void **state)
{
	struct unit_store *u = *state;
	int i;

	unit_add_keys(u->store, 3);
	CHECK_INT("the oldest", turn_of(u->store, "oldest"), 1);
	CHECK_INT("the next", turn_of(u->store, "next"), 2);
	unit_sql(
	    u->path,
	    "INSERT INTO affinity (digest, key_id, used_at) WITH RECURSIVE "
	    "n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
	    "99998) SELECT 'x' || i, 3, 0 FROM n",
	    NULL, 0);
	CHECK_INT("full", unit_sql(u->path, count_rows, NULL, 0), ROWS_MAX);
	CHECK_INT("the oldest is there still", turn_of(u->store, "oldest"), 1);
	CHECK_INT("one too many", turn_of(u->store, "new"), 3);
	CHECK_INT("full", unit_sql(u->path, count_rows, NULL, 0), ROWS_MAX);
	CHECK_INT("the next is there still", turn_of(u->store, "next"), 2);
	CHECK_INT("the oldest went", turn_of(u->store, "oldest"), 1);
	CHECK_INT("now the next", turn_of(u->store, "next"), 2);
	for (i = 0; i < 3; i++)
		CHECK_INT("the new one stays", turn_of(u->store, "new"), 3);
	CHECK_INT("full", unit_sql(u->path, count_rows, NULL, 0), ROWS_MAX);
}

static void
test_retention(void **state)
{
	const struct retention keep = {.signature_hours = 1};
	struct unit_store *u = *state;
	int64_t now, deleted;

	unit_add_keys(u->store, 2);
	now = clock_wall_ms();
	turn_at(u->store, "old", MODEL, now - HOUR - MINUTE, NULL, 0);
	turn_at(u->store, "older", MODEL, now - 2 * HOUR, NULL, 0);
	turn_at(u->store, "young", MODEL, now - HOUR + MINUTE, NULL, 0);
	assert_int_equal(affinity_expire(u->store, now - 3 * HOUR, 10,
					 &deleted),
			 GB_OK);
	CHECK_INT("none is so old", deleted, 0);
	assert_int_equal(affinity_expire(u->store, now - HOUR, 1, &deleted),
			 GB_OK);
	CHECK_INT("one at most", deleted, 1);
	CHECK_INT("the oldest",
		  unit_sql(u->path, "SELECT min(used_at) FROM affinity", NULL,
			   0),
		  now - HOUR - MINUTE);
	retention_due(u->store, &keep);
	CHECK_INT("the young one", unit_sql(u->path, count_rows, NULL, 0), 1);
}

/* Nothing but the affinity is lost with its table. */
static void
test_broken(void **state)
{
	struct unit_store *u = *state;

	unit_add_keys(u->store, 3);
	CHECK_INT("as usual", turn_of(u->store, "a"), 1);
	unit_sql(u->path,
		 "CREATE TRIGGER t BEFORE INSERT ON affinity BEGIN SELECT "
		 "raise(ABORT, 'no'); END",
		 NULL, 0);
	CHECK_INT("what is there", turn_of(u->store, "a"), 1);
	CHECK_INT("nothing new", turn_of(u->store, "b"), 2);
	CHECK_INT("nothing new", turn_of(u->store, "b"), 3);
	unit_sql(u->path, "DROP TABLE affinity", NULL, 0);
	CHECK_INT("no table", turn_of(u->store, "a"), 1);
	CHECK_INT("no table", turn_of(u->store, "a"), 2);
	CHECK_INT("no table", turn_of(u->store, NULL), 3);
}

/* --- many at once --------------------------------------------------------- */

struct board {
	atomic_long turns[KEYS + 1]; /* without affinity, by key id */
	atomic_long firsts;	     /* first turns of a text */
	atomic_long errors;
};

/* In turns: one of its own text, which must stay with its key, and one
 * without. */
static void
take_turns(struct store *s, struct board *b, int self)
{
	unsigned char digest[AFFINITY_SIZE];
	struct key_turn turn;
	int64_t back_at, mine;
	int i;

	pool_affinity(digest, POOL_GEMINI, "team", (const char *)&self,
		      sizeof(self));
	for (mine = 0, i = 0; i < TURNS; i++) {
		if (store_key_turn(s, POOL_GEMINI, MODEL, NOW, NULL, 0, digest,
				   &turn, &back_at) != GB_OK ||
		    (mine != 0 && turn.id != mine))
			atomic_fetch_add(&b->errors, 1);
		if (mine == 0)
			atomic_fetch_add(&b->turns[turn.id], 1);
		mine = turn.id;
		if (store_key_turn(s, POOL_GEMINI, MODEL, NOW, NULL, 0, NULL,
				   &turn, &back_at) != GB_OK ||
		    turn.id < 1 || turn.id > KEYS)
			atomic_fetch_add(&b->errors, 1);
		else
			atomic_fetch_add(&b->turns[turn.id], 1);
	}
}

static struct board *
board_new(void)
{
	struct board *b;

	b = mmap(NULL, sizeof(*b), PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(b != MAP_FAILED);
	return b;
}

/* Promise 10, with affinities between: the turns of the rotation, each text's
 * first among them, are even to the turn. */
static void
check_even(struct board *b, int takers)
{
	long turns;
	int id;

	CHECK_INT("errors", atomic_load(&b->errors), 0);
	turns = (long)takers * (TURNS + 1);
	for (id = 1; id <= KEYS; id++)
		CHECK_INT("turns", atomic_load(&b->turns[id]),
			  turns / KEYS + (id <= turns % KEYS));
	munmap(b, sizeof(*b));
}

static void
test_processes(void **state)
{
	struct unit_store *u = *state;
	pid_t pids[PROCESSES];
	struct store *s;
	struct board *b;
	int i, status;

	unit_add_keys(u->store, KEYS);
	store_close(u->store); /* no connection goes through a fork */
	u->store = NULL;
	b = board_new();
	for (i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] != -1);
		if (pids[i] == 0) {
			if (store_open(&s, u->path) != GB_OK)
				_exit(1);
			take_turns(s, b, i);
			store_close(s);
			_exit(0);
		}
	}
	for (i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		CHECK_INT("a process", status, 0);
	}
	check_even(b, PROCESSES);
}

struct thread_arg {
	struct store *s;
	struct board *b;
	int self;
};

static void *
thread_main(void *arg)
{
	struct thread_arg *a = arg;

	take_turns(a->s, a->b, a->self);
	return NULL;
}

/* Threads on two connections of one process. */
static void
test_threads(void **state)
{
	struct unit_store *u = *state;
	struct thread_arg args[THREADS];
	pthread_t threads[THREADS];
	struct store *second;
	struct board *b;
	int i;

	unit_add_keys(u->store, KEYS);
	assert_int_equal(store_open(&second, u->path), GB_OK);
	b = board_new();
	for (i = 0; i < THREADS; i++) {
		args[i] = (struct thread_arg){i % 2 ? second : u->store, b, i};
		assert_int_equal(pthread_create(&threads[i], NULL, thread_main,
						&args[i]),
				 0);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	store_close(second);
	check_even(b, THREADS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_ring),	cmocka_unit_test(test_mishaps),
	    WITH_STORE(test_nobody),	WITH_STORE(test_time),
	    WITH_STORE(test_row),	cmocka_unit_test(test_digests),
	    WITH_STORE(test_pool),	WITH_STORE(test_most),
	    WITH_STORE(test_retention), WITH_STORE(test_broken),
	    WITH_STORE(test_processes), WITH_STORE(test_threads),
	};

	return cmocka_run_group_tests_name("affinity", tests, NULL, NULL);
}
