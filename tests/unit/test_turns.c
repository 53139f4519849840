/* test_turns.c: several turns at once, for the calls of one request; strict
 * rotation over threads that do so (promise 10) */
#include "unit_store.h"

#include <pthread.h>
#include <stdatomic.h>

#define MODEL	   "gemini-2.5-flash"
#define TURNS_MAX  8
#define HOUR	   INT64_C(3600000)
#define KEYS	   7 /* no divisor of the turns */
#define THREADS	   16
#define REQUESTS   50 /* of each thread */
#define AT_ONCE(i) (1 + (i) % TURNS_MAX)

/* The ids of the keys of "count" turns, as digits. */
static enum gb_err
take(struct store *s, const char *affinity, size_t count, char *ids,
     int64_t *back_at)
{
	unsigned char digest[AFFINITY_SIZE] = {0};
	struct key_turn turns[TURNS_MAX];
	enum gb_err rc;
	char secret[40];
	size_t i;

	if (affinity != NULL)
		memcpy(digest, affinity, strlen(affinity));
	memset(turns, 0x55, sizeof(turns));
	rc = store_key_turns(s, POOL_GEMINI, MODEL, UNIT_NOW,
			     affinity == NULL ? NULL : digest, turns, count,
			     back_at);
	ids[0] = '\0';
	for (i = 0; i < count; i++) {
		if (rc != GB_OK) {
			CHECK_INT("nothing is left", turns[i].id, 0);
			CHECK_STR("nothing is left", turns[i].secret, "");
			continue;
		}
		ids[i] = (char)('0' + turns[i].id);
		ids[i + 1] = '\0';
		CHECK_STR("its secret", turns[i].secret,
			  unit_secret(secret, (int)turns[i].id - 1));
	}
	return rc;
}

/* One after the other, of the same three keys. */
static const struct {
	const char *what, *affinity;
	size_t count;
	const char *want;
} rounds[] = {
    {"as many as there are", NULL, 3, "123"},
    {"fewer", NULL, 2, "12"},
    {"one", NULL, 1, "3"},
    {"more: no key has three while another has one", NULL, 5, "12312"},
    {"the rotation went on", NULL, 8, "31231231"},
    {"the first takes a new affinity", "a", 2, "23"},
    {"and keeps it; the others pass it over", "a", 3, "213"},
    {"unless there are no more", "a", 4, "2131"},
    {"they are the rotation's", NULL, 2, "23"},
    {"affinity takes no turn", "a", 1, "2"},
    {"so it goes on", NULL, 3, "123"},
};

static void
test_rounds(void **state)
{
	struct unit_store *u = *state;
	char ids[TURNS_MAX + 1];
	int64_t back_at;
	size_t i;

	unit_add_keys(u->store, 3);
	for (i = 0; i < GB_COUNT(rounds); i++) {
		CHECK_INT(rounds[i].what,
			  take(u->store, rounds[i].affinity, rounds[i].count,
			       ids, &back_at),
			  GB_OK);
		CHECK_STR(rounds[i].what, ids, rounds[i].want);
	}
}

/* Only keys that are READY for the model. */
static void
test_ready(void **state)
{
	struct unit_store *u = *state;
	char ids[TURNS_MAX + 1];
	int64_t back_at;

	unit_add_keys(u->store, 4);
	CHECK_INT("rests", unit_cool(u->store, 1, UNIT_NOW + HOUR, "x"), GB_OK);
	CHECK_INT("rests for the model",
		  unit_cool_model(u->store, 3, MODEL, UNIT_NOW,
				  UNIT_NOW + HOUR / 2, "x"),
		  GB_OK);
	CHECK_INT("two are left", take(u->store, NULL, 3, ids, &back_at),
		  GB_OK);
	CHECK_STR("two are left", ids, "242");
	CHECK_INT("off", unit_disable(u->store, 2, UNIT_NOW, "x"), GB_OK);
	CHECK_INT("one is left", take(u->store, "a", 3, ids, &back_at), GB_OK);
	CHECK_STR("one is left", ids, "444");
	CHECK_INT("rests", unit_cool(u->store, 4, UNIT_NOW + HOUR, "x"), GB_OK);
	CHECK_INT("none is left", take(u->store, NULL, 3, ids, &back_at),
		  GB_ENOTFOUND);
	CHECK_INT("the first to come back", back_at, UNIT_NOW + HOUR / 2);
	CHECK_INT("none is left", take(u->store, "a", 1, ids, &back_at),
		  GB_ENOTFOUND);
}

static void
test_no_keys(void **state)
{
	struct unit_store *u = *state;
	char ids[TURNS_MAX + 1];
	int64_t back_at;

	CHECK_INT("none", take(u->store, NULL, 8, ids, &back_at), GB_ENOTFOUND);
	CHECK_INT("waiting does not help", back_at, 0);
}

/* --- many at once --------------------------------------------------------- */

struct board {
	struct store *store;
	atomic_long turns[KEYS + 1]; /* by key id */
	atomic_long errors, twice;
};

static void *
thread_main(void *arg)
{
	struct key_turn turns[TURNS_MAX];
	struct board *b = arg;
	size_t i, j, k, count;
	int64_t back_at;

	for (i = 0; i < REQUESTS; i++) {
		count = AT_ONCE(i);
		if (store_key_turns(b->store, POOL_GEMINI, MODEL, UNIT_NOW,
				    NULL, turns, count, &back_at) != GB_OK) {
			atomic_fetch_add(&b->errors, 1);
			continue;
		}
		for (j = 0; j < count; j++) {
			atomic_fetch_add(&b->turns[turns[j].id], 1);
			for (k = 0; k < j && count <= KEYS; k++)
				if (turns[k].id == turns[j].id)
					atomic_fetch_add(&b->twice, 1);
		}
	}
	return NULL;
}

/* Promise 10: n turns are taken, whoever else takes some. */
static void
test_threads(void **state)
{
	struct unit_store *u = *state;
	pthread_t threads[THREADS];
	struct board b;
	long total, n;
	char what[32];
	int i;

	unit_add_keys(u->store, KEYS);
	memset(&b, 0, sizeof(b));
	b.store = u->store;
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, thread_main,
						&b),
				 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK_INT("errors", atomic_load(&b.errors), 0);
	CHECK_INT("a key with two calls of one request", atomic_load(&b.twice),
		  0);
	for (total = 0, i = 0; i < REQUESTS; i++)
		total += THREADS * AT_ONCE(i);
	for (i = 1; i <= KEYS; i++) {
		n = atomic_load(&b.turns[i]);
		(void)snprintf(what, sizeof(what), "key %d", i);
		CHECK_INT(what, n, total / KEYS + (i <= total % KEYS));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_rounds),
	    WITH_STORE(test_ready),
	    WITH_STORE(test_no_keys),
	    WITH_STORE(test_threads),
	};

	return cmocka_run_group_tests_name("turns", tests, NULL, NULL);
}
