/* test_changes.c: what one instance changes is in force on another, and what
 * it costs to look */
#include "unit_store.h"

#include <sys/wait.h>
#include <time.h>

#include "app/app.h"
#include "app/startup.h"
#include "base/clock.h"
#include "store/db.h"
#include "store/jobs.h"
#include "store/overrides.h"
#include "store/tokens.h"

#define REQUESTS  20000
#define LOOK_MS	  250 /* app.c's */
#define LOOKS	  4
#define IN_VAIN_S 20 /* after which it will not happen */
#define TOKEN	  "gb-a-token-of-the-tests"
#define PROCESSES 8

/* Two instances. */
struct pair {
	struct unit_store *u;
	struct app *a, *b;
};

static struct app *
start(const char *path)
{
	struct settings *settings;
	struct store *store;
	struct buf faults;
	struct app *app;

	buf_init(&faults, STARTUP_FAULTS_MAX);
	assert_int_equal(store_open(&store, path), GB_OK);
	CHECK_INT("settings", startup_settings(NULL, store, &settings, &faults),
		  GB_OK);
	CHECK_INT("an instance", app_new(&app, settings, store, NULL, false),
		  GB_OK);
	buf_release(&faults);
	return app;
}

static int
setup(void **state)
{
	struct pair *p;
	void *u;

	if ((p = calloc(1, sizeof(*p))) == NULL || unit_store_setup(&u) != 0)
		return -1;
	p->u = u;
	p->a = start(p->u->path);
	p->b = start(p->u->path);
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct pair *p = *state;
	void *u = p->u;

	app_free(p->a);
	app_free(p->b);
	free(p);
	return unit_store_teardown(&u);
}

static bool
lets_in(struct app *app)
{
	struct snapshot *snap = app_acquire(app);
	bool known;

	known = auth_find(snap->auth, TOKEN, strlen(TOKEN), UNIT_NOW) != NULL;
	app_release(app, snap);
	return known;
}

static int64_t
retries(struct app *app)
{
	struct snapshot *snap = app_acquire(app);
	int64_t n;

	n = snap->settings->max_retries;
	app_release(app, snap);
	return n;
}

/* Wait until "is" of the instance is as wanted; how long it took. */
#define WAIT_UNTIL(what, is) \
	do { \
		const struct timespec nap = {.tv_nsec = 5000000}; \
		int64_t end_ = clock_mono_ms() + IN_VAIN_S * 1000; \
		while (!(is) && clock_mono_ms() < end_) \
			nanosleep(&nap, NULL); \
		CHECK(what, is); \
	} while (0)

/* Until the next request looks for changes. */
#define WAIT_LOOK() \
	do { \
		const struct timespec nap_ = {.tv_nsec = \
						  (LOOK_MS + 5) * 1000000}; \
		nanosleep(&nap_, NULL); \
	} while (0)

static void
test_changes(void **state)
{
	struct pair *p = *state;
	struct token_row row = {.name = "ann"};

	secret_digest(row.digest, TOKEN, strlen(TOKEN));
	CHECK("not yet", !lets_in(p->b));
	assert_int_equal(store_token_create(app_store(p->a), &row, UNIT_NOW),
			 GB_OK);
	WAIT_UNTIL("a token", lets_in(p->b));
	assert_int_equal(store_token_revoke(app_store(p->a), "ann", UNIT_NOW),
			 GB_OK);
	WAIT_UNTIL("no more", !lets_in(p->b));
	assert_int_equal(store_override_set(app_store(p->a), "max_retries",
					    "7"),
			 GB_OK);
	WAIT_UNTIL("a setting", retries(p->b) == 7);
	assert_int_equal(store_override_set(app_store(p->a), "max_retries",
					    NULL),
			 GB_OK);
	WAIT_UNTIL("as it was", retries(p->b) != 7);
}

/* Keys and verdicts are in the statement that takes the turn: at once. */
static void
test_keys(void **state)
{
	struct pair *p = *state;
	struct store *a = app_store(p->a), *b = app_store(p->b);
	struct key_turn turn;
	int64_t back_at;

	unit_add_keys(a, 2);
	assert_int_equal(unit_cool_model(a, 1, "m", UNIT_NOW, UNIT_NOW + 1000,
					 "quota"),
			 GB_OK);
	assert_int_equal(store_key_turn(b, POOL_GEMINI, "m", UNIT_NOW, NULL, 0,
					NULL, &turn, &back_at),
			 GB_OK);
	CHECK_INT("the other one", turn.id, 2);
	assert_int_equal(unit_disable(a, 2, UNIT_NOW, "by hand"), GB_OK);
	CHECK_INT("none",
		  store_key_turn(b, POOL_GEMINI, "m", UNIT_NOW, NULL, 0, NULL,
				 &turn, &back_at),
		  GB_ENOTFOUND);
	assert_int_equal(unit_enable(a, 1), GB_OK);
	CHECK_INT("enabled",
		  store_key_turn(b, POOL_GEMINI, "m", UNIT_NOW, NULL, 0, NULL,
				 &turn, &back_at),
		  GB_OK);
}

static int
count_statement(unsigned what, void *count, void *stmt, void *text)
{
	(void)what;
	(void)stmt;
	(void)text;
	++*(int64_t *)count;
	return 0;
}

/* No request asks the database more than once whether something changed, and
 * hardly any does so. */
static void
test_statements(void **state)
{
	struct pair *p = *state;
	struct snapshot *snap;
	int64_t count = 0, looks, began;
	int i;

	sqlite3_trace_v2(app_store(p->b)->db, SQLITE_TRACE_STMT,
			 count_statement, &count);
	began = clock_mono_ms();
	for (i = 0; i < REQUESTS; i++) {
		snap = app_acquire(p->b);
		app_release(p->b, snap);
	}
	looks = (clock_mono_ms() - began) / LOOK_MS + 2;
	sqlite3_trace_v2(app_store(p->b)->db, 0, NULL, NULL);
	if (count < 1 || count > looks || count > REQUESTS)
		fail_msg("statements: have %lld, want 1 to %lld",
			 (long long)count, (long long)looks);
}

/* A setting that cannot be is told of once, and the ones in force stay. */
static void
test_wrong(void **state)
{
	struct pair *p = *state;
	int64_t was = retries(p->b), count;
	int i;

	unit_sql(p->u->path,
		 "INSERT INTO overrides VALUES ('max_retries', '\"many\"')",
		 NULL, 0);
	unit_sql(p->u->path, "UPDATE meta SET generation = generation + 1",
		 NULL, 0);
	WAIT_LOOK();
	CHECK_INT("stays", retries(p->b), was); /* and it was told of */
	count = 0;
	sqlite3_trace_v2(app_store(p->b)->db, SQLITE_TRACE_STMT,
			 count_statement, &count);
	for (i = 0; i < LOOKS; i++) {
		WAIT_LOOK();
		CHECK_INT("stays", retries(p->b), was);
	}
	sqlite3_trace_v2(app_store(p->b)->db, 0, NULL, NULL);
	CHECK_INT("looks, and nothing else", count, LOOKS);
	assert_int_equal(store_override_set(app_store(p->a), "max_retries",
					    "7"),
			 GB_OK);
	WAIT_UNTIL("right again", retries(p->b) == 7);
}

/* A job is of one process, however many look at once, and its lease comes back
 * from one that was killed. */
static void
test_jobs(void **state)
{
	struct pair *p = *state;
	int64_t taken = 0;
	pid_t pids[PROCESSES];
	struct store *s;
	int i, status;
	bool mine;

	for (i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] != -1);
		if (pids[i] == 0) {
			if (store_open(&s, p->u->path) != GB_OK ||
			    store_job_take(s, "j", UNIT_NOW + i, 1000, 1000,
					   &mine) != GB_OK)
				_exit(2);
			_exit(mine); /* and nobody ends the lease */
		}
	}
	for (i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		CHECK("a process",
		      WIFEXITED(status) && WEXITSTATUS(status) < 2);
		taken += WEXITSTATUS(status);
	}
	CHECK_INT("taken by", taken, 1);
	s = app_store(p->a);
	assert_int_equal(store_job_take(s, "j", UNIT_NOW + 500, 100, 1000,
					&mine),
			 GB_OK);
	CHECK_INT("leased", mine, false);
	assert_int_equal(store_job_take(s, "j", UNIT_NOW + 1010, 100, 1000,
					&mine),
			 GB_OK);
	CHECK_INT("of a dead one", mine, true);
	assert_int_equal(store_job_end(s, "j", UNIT_NOW), GB_OK);
	assert_int_equal(store_job_take(s, "j", UNIT_NOW + 1110, 100, 1000,
					&mine),
			 GB_OK);
	CHECK_INT("not the end of this lease", mine, false);
	assert_int_equal(store_job_end(s, "j", UNIT_NOW + 1010), GB_OK);
	assert_int_equal(store_job_take(s, "j", UNIT_NOW + 1110, 100, 1000,
					&mine),
			 GB_OK);
	CHECK_INT("ended", mine, true);
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_PAIR(test_changes),	WITH_PAIR(test_keys),
	    WITH_PAIR(test_statements), WITH_PAIR(test_wrong),
	    WITH_PAIR(test_jobs),
	};

	return cmocka_run_group_tests_name("changes", tests, NULL, NULL);
}
