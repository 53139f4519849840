/* test_signatures.c: thought signatures that any process can put back */
#include "unit_store.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "store/retention.h"
#include "store/signatures.h"

#define NOW	  UNIT_NOW
#define HOUR	  INT64_C(3600000)
#define MOST	  INT64_C(1000)
#define TOKEN	  "team"
#define PROCESSES 4
#define THREADS	  8
#define CALLS	  100 /* of each process and thread */

static const char count_rows[] = "SELECT count(*) FROM signatures";

static struct call_signature
call_of(const char *id, const char *name, const char *signature)
{
	struct call_signature item;

	memset(&item, 0, sizeof(item));
	item.id = id;
	item.id_len = strlen(id);
	item.name = name;
	item.name_len = strlen(name);
	/* It is only read by store_signatures_put(). */
	memcpy(&item.signature, &signature, sizeof(signature));
	return item;
}

static void
put(struct store *s, const char *id, const char *signature, int64_t most)
{
	struct call_signature item = call_of(id, "f", signature);

	CHECK_INT(id, store_signatures_put(s, TOKEN, &item, 1, most, NOW),
		  GB_OK);
}

/* What is known of a call; NULL: nothing.  Not for two at once. */
static const char *
known(struct store *s, const char *token, const char *id, const char *name,
      int64_t since_ms)
{
	static char text[64];
	struct call_signature item = call_of(id, name, "stale");

	CHECK_INT(id, store_signatures_get(s, token, &item, 1, since_ms),
		  GB_OK);
	if (item.signature == NULL)
		return NULL;
	(void)snprintf(text, sizeof(text), "%s", item.signature);
	free(item.signature);
	return text;
}

static const struct {
	const char *what;
	size_t id_len, name_len, signature_len;
	bool kept;
} limits[] = {
    {"a usual one", 20, 10, 300, true},
    {"the shortest", 1, 1, 1, true},
    {"the longest id", SIGNATURE_ID_MAX, 1, 1, true},
    {"the longest name", 1, SIGNATURE_NAME_MAX, 1, true},
    {"the longest signature", 1, 1, SIGNATURE_MAX, true},
    {"no id", 0, 1, 1, false},
    {"no name", 1, 0, 1, false},
    {"no signature", 1, 1, 0, false},
    {"a long id", SIGNATURE_ID_MAX + 1, 1, 1, false},
    {"a long name", 1, SIGNATURE_NAME_MAX + 1, 1, false},
    {"a long signature", 1, 1, SIGNATURE_MAX + 1, false},
};

static void
test_limits(void **state)
{
	struct unit_store *u = *state;
	struct call_signature item, have;
	char *text;
	size_t i;

	text = malloc(SIGNATURE_MAX + 2);
	assert_non_null(text);
	for (i = 0; i < GB_COUNT(limits); i++) {
		memset(text, 'A', SIGNATURE_MAX + 1);
		text[limits[i].signature_len] = '\0';
		memset(&item, 0, sizeof(item));
		item.id = item.name = text; /* by their lengths */
		item.id_len = limits[i].id_len;
		item.name_len = limits[i].name_len;
		item.signature = text;
		CHECK_INT(limits[i].what,
			  store_signatures_put(u->store, TOKEN, &item, 1, MOST,
					       NOW),
			  GB_OK);
		have = item;
		CHECK_INT(limits[i].what,
			  store_signatures_get(u->store, TOKEN, &have, 1, NOW),
			  GB_OK);
		CHECK_INT(limits[i].what, have.signature != NULL,
			  limits[i].kept);
		if (have.signature != NULL)
			CHECK_STR(limits[i].what, have.signature, text);
		free(have.signature);
		CHECK_INT(limits[i].what,
			  unit_sql(u->path, count_rows, NULL, 0),
			  limits[i].kept);
		unit_sql(u->path, "DELETE FROM signatures", NULL, 0);
	}
	free(text);
}

static const struct {
	const char *what, *token, *id, *name;
	int64_t since;
	const char *want;
} lookups[] = {
    {"itself", TOKEN, "call-1", "f", NOW, "one"},
    {"later in the day", TOKEN, "call-1", "f", NOW - HOUR, "one"},
    {"another call", TOKEN, "call-2", "f", NOW, "two"},
    {"the same id of another function", TOKEN, "call-1", "g", NOW, "three"},
    {"expired", TOKEN, "call-1", "f", NOW + 1, NULL},
    {"another client's", "other", "call-1", "f", NOW, NULL},
    {"nobody's", "", "call-1", "f", NOW, NULL},
    {"another id", TOKEN, "call-3", "f", NOW, NULL},
    {"part of an id", TOKEN, "call-", "f", NOW, NULL},
    {"cut elsewhere", TOKEN, "call-1f", "", NOW, NULL},
    {"cut elsewhere", TOKEN, "call-", "1f", NOW, NULL},
    {"cut elsewhere", TOKEN "c", "all-1", "f", NOW, NULL},
    {"in other letters", TOKEN, "CALL-1", "f", NOW, NULL},
    {"no id", TOKEN, "", "f", NOW, NULL},
};

static void
test_lookups(void **state)
{
	struct unit_store *u = *state;
	struct call_signature items[] = {
	    call_of("call-1", "f", "one"),
	    call_of("sibling", "f", NULL),
	    call_of("call-2", "f", "two"),
	    call_of("call-1", "g", "three"),
	};
	char text[128];
	size_t i;

	CHECK_INT("all in one",
		  store_signatures_put(u->store, TOKEN, items, GB_COUNT(items),
				       MOST, NOW),
		  GB_OK);
	CHECK_INT("rows", unit_sql(u->path, count_rows, NULL, 0), 3);
	for (i = 0; i < GB_COUNT(lookups); i++)
		CHECK_STR(lookups[i].what,
			  known(u->store, lookups[i].token, lookups[i].id,
				lookups[i].name, lookups[i].since),
			  lookups[i].want);

	/* Neither the client's nor Google's words are in the file. */
	unit_sql(u->path,
		 "SELECT group_concat(typeof(call) || length(call)) FROM "
		 "signatures",
		 text, sizeof(text));
	CHECK_STR("kept of a call", text, "blob16,blob16,blob16");
}

static void
test_latest(void **state)
{
	struct unit_store *u = *state;

	put(u->store, "a", "old", MOST);
	put(u->store, "b", "other", MOST);
	put(u->store, "a", "new", MOST);
	CHECK_STR("the latest", known(u->store, TOKEN, "a", "f", 0), "new");
	CHECK_INT("in its place", unit_sql(u->path, count_rows, NULL, 0), 2);
	put(u->store, "a", NULL, MOST);
	CHECK_STR("no news", known(u->store, TOKEN, "a", "f", 0), "new");
}

/* A name may hold NULs, and what stands after one counts. */
static void
test_nul(void **state)
{
	struct unit_store *u = *state;
	struct call_signature a, b;

	a = call_of("", "f", "one");
	b = a;
	a.id = "x\0a";
	b.id = "x\0b";
	a.id_len = b.id_len = 3;
	assert_int_equal(store_signatures_put(u->store, TOKEN, &a, 1, MOST,
					      NOW),
			 GB_OK);
	assert_int_equal(store_signatures_get(u->store, TOKEN, &b, 1, 0),
			 GB_OK);
	assert_null(b.signature);
	assert_int_equal(store_signatures_get(u->store, TOKEN, &a, 1, 0),
			 GB_OK);
	CHECK_STR("itself", a.signature, "one");
	free(a.signature);
}

static void
test_none(void **state)
{
	struct unit_store *u = *state;
	struct call_signature item = call_of("a", "f", "one");

	CHECK_INT("put nothing",
		  store_signatures_put(u->store, TOKEN, NULL, 0, MOST, NOW),
		  GB_OK);
	CHECK_INT("get nothing",
		  store_signatures_get(u->store, TOKEN, NULL, 0, 0), GB_OK);
	CHECK_INT("none may be kept",
		  store_signatures_put(u->store, TOKEN, &item, 1, 0, NOW),
		  GB_OK);
	CHECK_INT("less than none",
		  store_signatures_put(u->store, TOKEN, &item, 1, -1, NOW),
		  GB_OK);
	CHECK_INT("rows", unit_sql(u->path, count_rows, NULL, 0), 0);
}

/* What is too much for one request is left alone, not read beyond. */
static void
test_at_once(void **state)
{
	static struct call_signature items[SIGNATURES_AT_ONCE + 1];
	static char ids[GB_COUNT(items)][16];
	struct unit_store *u = *state;
	size_t i, found;

	for (i = 0; i < GB_COUNT(items); i++) {
		(void)snprintf(ids[i], sizeof(ids[i]), "id-%zu", i);
		items[i] = call_of(ids[i], "f", "one");
	}
	CHECK_INT("put",
		  store_signatures_put(u->store, TOKEN, items, GB_COUNT(items),
				       2 * SIGNATURES_AT_ONCE, NOW),
		  GB_OK);
	CHECK_INT("rows", unit_sql(u->path, count_rows, NULL, 0),
		  SIGNATURES_AT_ONCE);
	put(u->store, ids[SIGNATURES_AT_ONCE], "two", 2 * SIGNATURES_AT_ONCE);
	CHECK_INT("get",
		  store_signatures_get(u->store, TOKEN, items, GB_COUNT(items),
				       0),
		  GB_OK);
	for (i = found = 0; i < GB_COUNT(items); i++) {
		found += items[i].signature != NULL;
		free(items[i].signature);
	}
	CHECK_INT("found", found, SIGNATURES_AT_ONCE);
	assert_null(items[SIGNATURES_AT_ONCE].signature);
}

/* --- how many, and for how long ------------------------------------------- */

/* Each step puts one call: how many rows there are then, the oldest that is
 * known, and one that is not any more. */
static const struct {
	const char *what, *id;
	int64_t most, rows;
	const char *oldest, *gone;
} steps[] = {
    {"one", "a", 3, 1, "a", "b"},
    {"two", "b", 3, 2, "a", "c"},
    {"three", "c", 3, 3, "a", "d"},
    {"one too many", "d", 3, 3, "b", "a"},
    {"again, which makes it the newest", "b", 3, 3, "c", "a"},
    {"so another one goes", "e", 3, 3, "d", "c"},
    {"more may be kept", "f", 4, 4, "d", "c"},
    {"fewer may be kept: two go", "g", 2, 3, "e", "b"},
    {"and soon it is so", "h", 2, 2, "g", "f"},
    {"only the newest", "i", 1, 1, "i", "h"},
};

static void
test_most(void **state)
{
	struct unit_store *u = *state;
	size_t i;

	for (i = 0; i < GB_COUNT(steps); i++) {
		put(u->store, steps[i].id, "x", steps[i].most);
		CHECK_INT(steps[i].what, unit_sql(u->path, count_rows, NULL, 0),
			  steps[i].rows);
		CHECK_STR(steps[i].what,
			  known(u->store, TOKEN, steps[i].oldest, "f", 0), "x");
		CHECK_STR(steps[i].what,
			  known(u->store, TOKEN, steps[i].gone, "f", 0), NULL);
	}
}

static void
test_expire(void **state)
{
	static const struct {
		const char *what;
		int64_t before, most, want;
	} rows[] = {
	    {"none is so old", NOW, 100, 0},
	    {"at most 2", NOW + 3, 2, 2},
	    {"the third", NOW + 3, 2, 1},
	    {"none is left of them", NOW + 3, 2, 0},
	    {"the others", NOW + 100, 100, 2},
	};
	struct unit_store *u = *state;
	struct call_signature item;
	int64_t deleted;
	char id[16];
	size_t i;

	for (i = 0; i < 5; i++) {
		(void)snprintf(id, sizeof(id), "id-%zu", i);
		item = call_of(id, "f", "x");
		assert_int_equal(store_signatures_put(u->store, TOKEN, &item, 1,
						      MOST, NOW + (int64_t)i),
				 GB_OK);
	}
	for (i = 0; i < GB_COUNT(rows); i++) {
		deleted = 77;
		assert_int_equal(store_signatures_expire(u->store,
							 rows[i].before,
							 rows[i].most,
							 &deleted),
				 GB_OK);
		CHECK_INT(rows[i].what, deleted, rows[i].want);
	}
	CHECK_INT("of none", store_signatures_trim(u->store, 0, 100, &deleted),
		  GB_OK);
	CHECK_INT("of none", deleted, 0);
}

static void
put_aged(struct store *s, const char *prefix, int count, int64_t now_ms)
{
	struct call_signature item;
	char id[32];
	int i;

	for (i = 0; i < count; i++) {
		(void)snprintf(id, sizeof(id), "%s-%d", prefix, i);
		item = call_of(id, "f", "x");
		assert_int_equal(store_signatures_put(s, TOKEN, &item, 1, MOST,
						      now_ms),
				 GB_OK);
	}
}

/* The job does both, in more steps than one. */
static void
test_retention(void **state)
{
	static const char forget[] = "DELETE FROM jobs";
	struct retention keep = {.signature_hours = 24, .signatures_max = MOST};
	struct unit_store *u = *state;
	int64_t now;

	now = clock_wall_ms();
	put_aged(u->store, "old", 450, now - 25 * HOUR);
	put_aged(u->store, "young", 300, now - 23 * HOUR);
	retention_due(u->store, &keep);
	CHECK_INT("of a day", unit_sql(u->path, count_rows, NULL, 0), 300);
	keep.signatures_max = 20;
	retention_due(u->store, &keep);
	CHECK_INT("not due yet", unit_sql(u->path, count_rows, NULL, 0), 300);
	unit_sql(u->path, forget, NULL, 0);
	retention_due(u->store, &keep);
	CHECK_INT("20 at most", unit_sql(u->path, count_rows, NULL, 0), 20);
	CHECK_STR("the newest", known(u->store, TOKEN, "young-280", "f", 0),
		  "x");
	CHECK_STR("no other", known(u->store, TOKEN, "young-279", "f", 0),
		  NULL);
	keep.signatures_max = 0;
	unit_sql(u->path, forget, NULL, 0);
	retention_due(u->store, &keep);
	CHECK_INT("none", unit_sql(u->path, count_rows, NULL, 0), 0);
}

/* --- when the database does not work -------------------------------------- */

static void
test_all_or_none(void **state)
{
	struct unit_store *u = *state;
	struct call_signature items[] = {
	    call_of("a", "f", "one"),
	    call_of("b", "f", "bad"),
	    call_of("c", "f", "three"),
	};
	struct key_turn turn;
	int64_t back_at;

	unit_add_keys(u->store, 1);
	unit_sql(u->path,
		 "CREATE TRIGGER t BEFORE INSERT ON signatures WHEN "
		 "new.signature = 'bad' BEGIN SELECT raise(ABORT, 'no'); END",
		 NULL, 0);
	CHECK_INT("the second fails",
		  store_signatures_put(u->store, TOKEN, items, 3, MOST, NOW),
		  GB_EIO);
	CHECK_INT("so none is there", unit_sql(u->path, count_rows, NULL, 0),
		  0);
	CHECK_INT("and nothing else is the worse for it",
		  store_key_turn(u->store, POOL_GEMINI, "", NOW, NULL, 0, NULL,
				 &turn, &back_at),
		  GB_OK);
	put(u->store, "a", "one", MOST);
	CHECK_STR("later", known(u->store, TOKEN, "a", "f", 0), "one");

	unit_sql(u->path, "DROP TABLE signatures", NULL, 0);
	CHECK_INT("no table",
		  store_signatures_put(u->store, TOKEN, items, 1, MOST, NOW),
		  GB_EIO);
	CHECK_INT("no table",
		  store_signatures_get(u->store, TOKEN, items, 3, 0), GB_EIO);
	assert_null(items[0].signature);
	assert_null(items[2].signature);
}

/* In a process of its own, whose files may not grow; the exit code tells. */
static int
on_full_disk(const char *path)
{
	struct call_signature item = call_of("a", "f", "one");
	struct rlimit limit, before;
	struct store *s;
	enum gb_err rc;

	(void)signal(SIGXFSZ, SIG_IGN);
	if (store_open(&s, path) != GB_OK ||
	    getrlimit(RLIMIT_FSIZE, &before) == -1)
		return 1;
	limit = before;
	limit.rlim_cur = 0;
	if (setrlimit(RLIMIT_FSIZE, &limit) == -1)
		return 2;
	if (store_signatures_put(s, TOKEN, &item, 1, MOST, NOW) != GB_EFULL)
		return 3;
	item.signature = NULL;
	if (store_signatures_get(s, TOKEN, &item, 1, 0) != GB_OK ||
	    item.signature != NULL)
		return 4;
	if (setrlimit(RLIMIT_FSIZE, &before) == -1)
		return 5;
	item = call_of("a", "f", "one");
	rc = store_signatures_put(s, TOKEN, &item, 1, MOST, NOW);
	store_close(s);
	return rc == GB_OK ? 0 : 6;
}

static void
wait_for(pid_t pid, const char *what)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	CHECK("it ended", WIFEXITED(status));
	CHECK_INT(what, WEXITSTATUS(status), 0);
}

static void
test_full_disk(void **state)
{
	struct unit_store *u = *state;
	pid_t pid;

	store_close(u->store); /* no connection goes through a fork */
	u->store = NULL;
	pid = fork();
	assert_true(pid != -1);
	if (pid == 0)
		_exit(on_full_disk(u->path));
	wait_for(pid, "step");
	assert_int_equal(store_open(&u->store, u->path), GB_OK);
	CHECK_STR("after that", known(u->store, TOKEN, "a", "f", 0), "one");
}

/* --- many at once --------------------------------------------------------- */

/* Puts its own calls and one that all share, and sees each at once. */
static bool
put_and_get(struct store *s, int self)
{
	struct call_signature items[2], have;
	char id[32], text[32];
	bool same;
	int i;

	for (i = 0; i < CALLS; i++) {
		(void)snprintf(id, sizeof(id), "%d-%d", self, i);
		(void)snprintf(text, sizeof(text), "of %d-%d", self, i);
		items[0] = call_of(id, "f", text);
		items[1] = call_of("shared", "f", text);
		have = items[0];
		if (store_signatures_put(s, TOKEN, items, 2, 1000000, NOW) !=
			GB_OK ||
		    store_signatures_get(s, TOKEN, &have, 1, 0) != GB_OK ||
		    have.signature == NULL)
			return false;
		same = strcmp(have.signature, text) == 0;
		free(have.signature);
		if (!same)
			return false;
	}
	return true;
}

static void
check_all(struct unit_store *u, int writers)
{
	const char *shared;
	char id[32];
	int self, i;

	CHECK_INT("rows", unit_sql(u->path, count_rows, NULL, 0),
		  writers * CALLS + 1);
	for (self = 0; self < writers; self++)
		for (i = 0; i < CALLS; i++) {
			(void)snprintf(id, sizeof(id), "%d-%d", self, i);
			CHECK(id, known(u->store, TOKEN, id, "f", 0) != NULL);
		}
	shared = known(u->store, TOKEN, "shared", "f", 0);
	CHECK("somebody's last one",
	      shared != NULL && strcmp(strchr(shared, '-'), "-99") == 0);
}

static void
test_processes(void **state)
{
	struct unit_store *u = *state;
	pid_t pids[PROCESSES];
	struct store *s;
	int i;

	store_close(u->store);
	u->store = NULL;
	for (i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] != -1);
		if (pids[i] == 0)
			_exit(store_open(&s, u->path) != GB_OK ||
			      !put_and_get(s, i));
	}
	for (i = 0; i < PROCESSES; i++)
		wait_for(pids[i], "a process");
	assert_int_equal(store_open(&u->store, u->path), GB_OK);
	check_all(u, PROCESSES);
}

struct thread_arg {
	struct store *s;
	int self;
	bool ok;
};

static void *
thread_main(void *arg)
{
	struct thread_arg *a = arg;

	a->ok = put_and_get(a->s, a->self);
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
	int i;

	assert_int_equal(store_open(&second, u->path), GB_OK);
	for (i = 0; i < THREADS; i++) {
		args[i] =
		    (struct thread_arg){i % 2 ? second : u->store, i, false};
		assert_int_equal(pthread_create(&threads[i], NULL, thread_main,
						&args[i]),
				 0);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		CHECK("a thread", args[i].ok);
	}
	store_close(second);
	check_all(u, THREADS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_limits),	WITH_STORE(test_lookups),
	    WITH_STORE(test_latest),	WITH_STORE(test_nul),
	    WITH_STORE(test_none),	WITH_STORE(test_at_once),
	    WITH_STORE(test_most),	WITH_STORE(test_expire),
	    WITH_STORE(test_retention), WITH_STORE(test_all_or_none),
	    WITH_STORE(test_full_disk), WITH_STORE(test_processes),
	    WITH_STORE(test_threads),
	};

	return cmocka_run_group_tests_name("signatures", tests, NULL, NULL);
}
