/* test_limits.c: what tokens may use, with clocks that the test sets */
#include "unit_store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "store/journal.h"
#include "store/limits.h"

#define TOKEN	  1
#define MODEL	  "gemini-2.5-flash" /* 0.30 and 2.50 dollars a million */
#define MONO	  INT64_C(5000000)
#define MINUTE	  INT64_C(60000)
#define HOUR	  INT64_C(3600000)
#define DAY	  (24 * HOUR)
#define THREADS	  8
#define PROCESSES 4
#define ROUNDS	  40

/* 2025-01-16T04:00:00Z, the start of a minute. */
#define NOW INT64_C(1737000000000)

/* A request to be, of a token with these limits. */
struct asking {
	int64_t limits[LIMIT__MAX];
	struct limit_want want;
	struct limit_lease lease;
	struct limit_answer answer;
};

static int64_t numbers; /* of leases */

static void
asking_init(struct asking *a, int64_t now_ms)
{
	memset(a, 0, sizeof(*a));
	a->want.token_id = TOKEN;
	a->want.limits = a->limits;
	a->want.model = "";
	a->want.now_ms = now_ms;
	a->want.mono_ms = MONO + now_ms - NOW;
	a->lease.owner = 7;
}

static enum gb_err
reserve(struct store *s, struct asking *a)
{
	a->lease.number = ++numbers;
	return store_limit_reserve(s, &a->want, &a->lease, &a->answer);
}

/* The end of a request, as its journal row brings it about. */
static void
settle_at(struct store *s, const struct asking *a, int64_t tokens,
	  int64_t end_ms)
{
	const struct journal_entry *entries[1];
	struct journal_entry e;

	memset(&e, 0, sizeof(e));
	e.time_ms = a->want.now_ms;
	e.total_ms = end_ms - e.time_ms;
	e.endpoint = "chat.completions";
	e.error_class = "";
	(void)snprintf(e.google_model, sizeof(e.google_model), "%s", MODEL);
	e.prompt_tokens = tokens;
	e.lease = &a->lease;
	entries[0] = &e;
	assert_int_equal(store_journal_write(s, entries, 1), GB_OK);
}

static void
settle(struct store *s, const struct asking *a, int64_t tokens)
{
	settle_at(s, a, tokens, a->want.now_ms + 10);
}

static int64_t
leases(const struct unit_store *u)
{
	return unit_sql(u->path, "SELECT count(*) FROM token_leases", NULL, 0);
}

/* Each limit alone: what goes, what does not, and when it comes back. */
static const struct {
	enum token_limit which;
	int64_t limit, input, output;
	int fit;	 /* so many at a time */
	int64_t back_ms; /* after NOW */
} alone[] = {
    {LIMIT_PARALLEL, 2, 0, 0, 2, 1000},
    {LIMIT_MINUTE_REQUESTS, 3, 10, 10, 3, MINUTE},
    {LIMIT_MINUTE_TOKENS, 100, 20, 20, 2, MINUTE},
    {LIMIT_MINUTE_TOKENS, 100, 20, 30, 2, MINUTE},
    {LIMIT_DAY_REQUESTS, 1, 0, 0, 1, 20 * HOUR},
    {LIMIT_DAY_TOKENS, 41, 10, 10, 2, 20 * HOUR},
    {LIMIT_DAY_COST, 1000, 1000, 100, 1, 20 * HOUR}, /* 550 each */
    {LIMIT_MONTH_REQUESTS, 2, 0, 0, 2, 15 * DAY + 20 * HOUR},
    {LIMIT_MONTH_TOKENS, 20, 10, 10, 1, 15 * DAY + 20 * HOUR},
    {LIMIT_MONTH_COST, 1100, 1000, 100, 2, 15 * DAY + 20 * HOUR},
};

static void
test_alone(void **state)
{
	struct unit_store *u = *state;
	struct asking a;
	const char *name;
	size_t i;
	int n;

	for (i = 0; i < GB_COUNT(alone); i++) {
		name = token_limit_kinds[alone[i].which].name;
		asking_init(&a, NOW);
		a.want.token_id = (int64_t)i + 1;
		a.limits[alone[i].which] = alone[i].limit;
		a.want.model = MODEL;
		a.want.input = alone[i].input;
		a.want.output = alone[i].output;
		for (n = 0; n < alone[i].fit; n++)
			CHECK_INT(name, reserve(u->store, &a), GB_OK);
		CHECK_INT(name, reserve(u->store, &a), GB_EBUSY);
		CHECK_INT(name, a.answer.broken, alone[i].which);
		CHECK_INT(name, a.answer.limit, alone[i].limit);
		CHECK_INT(name, a.answer.back_ms - NOW, alone[i].back_ms);
		CHECK_INT(name, a.answer.never, false);
	}
}

/* What was reserved becomes what was used, more or less of it. */
static void
test_settle(void **state)
{
	struct unit_store *u = *state;
	struct token_use use[SPAN__MAX];
	int64_t parallel;
	struct asking a;

	asking_init(&a, NOW);
	a.limits[LIMIT_DAY_TOKENS] = 1000;
	a.limits[LIMIT_MONTH_COST] = 1000000;
	a.want.model = MODEL;
	a.want.input = 100;
	a.want.output = 500;
	CHECK_INT("first", reserve(u->store, &a), GB_OK);
	CHECK_INT("left", a.answer.tokens.left, 400);
	CHECK_INT("limit", a.answer.tokens.limit, 1000);
	CHECK_INT("reset", a.answer.tokens.reset_ms, NOW + 20 * HOUR);
	CHECK_INT("none of requests", a.answer.requests.limit, 0);
	settle(u->store, &a, 90);
	CHECK_INT("no lease", leases(u), 0);
	CHECK_INT("second", reserve(u->store, &a), GB_OK);
	CHECK_INT("left", a.answer.tokens.left, 310);
	assert_int_equal(store_limit_use(u->store, TOKEN, NOW, MONO, use,
					 &parallel),
			 GB_OK);
	CHECK_INT("used", use[SPAN_DAY].used[MEASURE_TOKENS], 90);
	CHECK_INT("cost", use[SPAN_MONTH].used[MEASURE_COST], 27);
	CHECK_INT("requests", use[SPAN_MINUTE].used[MEASURE_REQUESTS], 1);
	CHECK_INT("reserved", use[SPAN_DAY].reserved[MEASURE_TOKENS], 600);
	CHECK_INT("under way", parallel, 1);
	settle(u->store, &a, 5000); /* it took more than it said */
	CHECK_INT("third", reserve(u->store, &a), GB_EBUSY);
	CHECK_INT("nothing left", a.answer.tokens.left, 0);
	a.want.input = a.want.output = 0;
	CHECK_INT("what takes none goes", reserve(u->store, &a), GB_OK);
	CHECK_INT("given back", store_limit_return(u->store, &a.lease), GB_OK);
	CHECK_INT("no lease", leases(u), 0);
}

/* Where no most is named, what there is room for is reserved. */
static void
test_open(void **state)
{
	struct unit_store *u = *state;
	struct asking a;

	asking_init(&a, NOW);
	a.limits[LIMIT_MINUTE_TOKENS] = 100;
	a.want.input = 10;
	a.want.open_output = 8192;
	CHECK_INT("first", reserve(u->store, &a), GB_OK);
	CHECK_INT("all of it", a.answer.tokens.left, 0);
	CHECK_INT("second", reserve(u->store, &a), GB_EBUSY);
	a.want.input = 101;
	CHECK_INT("too large", reserve(u->store, &a), GB_EBUSY);
	CHECK_INT("for ever", a.answer.never, true);
	CHECK_INT("what it wants", a.answer.want, 101);
}

/* The limit that lasts longest is told of; all that hold must hold. */
static void
test_several(void **state)
{
	struct unit_store *u = *state;
	struct asking a;

	asking_init(&a, NOW);
	a.limits[LIMIT_PARALLEL] = 1;
	a.limits[LIMIT_MINUTE_REQUESTS] = 1;
	a.limits[LIMIT_DAY_REQUESTS] = 5;
	CHECK_INT("first", reserve(u->store, &a), GB_OK);
	CHECK_INT("nearest", a.answer.requests.limit, 1);
	CHECK_INT("second", reserve(u->store, &a), GB_EBUSY);
	CHECK_INT("the minute's", a.answer.broken, LIMIT_MINUTE_REQUESTS);
	a.limits[LIMIT_DAY_REQUESTS] = 1; /* a change counts at once */
	CHECK_INT("third", reserve(u->store, &a), GB_EBUSY);
	CHECK_INT("the day's", a.answer.broken, LIMIT_DAY_REQUESTS);
	memset(a.limits, 0, sizeof(a.limits));
	CHECK_INT("without limits", reserve(u->store, &a), GB_OK);
}

/* Everything counts where it began. */
static void
test_minutes(void **state)
{
	struct unit_store *u = *state;
	struct asking slow, a;

	asking_init(&slow, NOW + 59990);
	slow.limits[LIMIT_MINUTE_REQUESTS] = 1;
	CHECK_INT("at the end", reserve(u->store, &slow), GB_OK);
	CHECK_INT("no more", reserve(u->store, &slow), GB_EBUSY);
	CHECK_INT("soon", slow.answer.back_ms, NOW + MINUTE);
	asking_init(&a, NOW + MINUTE);
	a.limits[LIMIT_MINUTE_REQUESTS] = 1;
	a.limits[LIMIT_DAY_REQUESTS] = 2;
	CHECK_INT("next minute", reserve(u->store, &a), GB_OK);
	CHECK_INT("the day has both", a.answer.requests.left, 0);
	settle_at(u->store, &slow, 1, NOW + MINUTE + 20);
	CHECK_INT("the slow one is not of it", reserve(u->store, &a), GB_EBUSY);
	settle(u->store, &a, 1);
	a.limits[LIMIT_DAY_REQUESTS] = 0;
	CHECK_INT("one in the minute", reserve(u->store, &a), GB_EBUSY);
	asking_init(&a, NOW + 2 * MINUTE);
	a.limits[LIMIT_MINUTE_REQUESTS] = 1;
	CHECK_INT("and the next", reserve(u->store, &a), GB_OK);
}

/* A clock that is set back does not lock anybody out for longer than the old
 * span lasts by the new clock; a thread that waited sees the newer minute. */
static void
test_clock_back(void **state)
{
	struct unit_store *u = *state;
	struct asking a;

	asking_init(&a, NOW + 400 * DAY);
	a.limits[LIMIT_MONTH_REQUESTS] = 1;
	CHECK_INT("far ahead", reserve(u->store, &a), GB_OK);
	settle(u->store, &a, 1);
	asking_init(&a, NOW);
	a.limits[LIMIT_MONTH_REQUESTS] = 1;
	CHECK_INT("back", reserve(u->store, &a), GB_OK);
	settle(u->store, &a, 1);
	CHECK_INT("it counts", reserve(u->store, &a), GB_EBUSY);
	asking_init(&a, NOW + MINUTE - 1);
	a.want.token_id = 2;
	a.limits[LIMIT_MINUTE_REQUESTS] = 1;
	a.want.now_ms = NOW + MINUTE;
	CHECK_INT("a faster thread", reserve(u->store, &a), GB_OK);
	settle(u->store, &a, 1);
	a.want.now_ms = NOW + MINUTE - 1;
	CHECK_INT("this one", reserve(u->store, &a), GB_EBUSY);
}

/* Who dies gives back; who lives keeps. */
static void
test_lease(void **state)
{
	struct unit_store *u = *state;
	struct asking a, b;

	asking_init(&a, NOW);
	a.limits[LIMIT_PARALLEL] = 1;
	CHECK_INT("taken", reserve(u->store, &a), GB_OK);
	asking_init(&b, NOW);
	b.limits[LIMIT_PARALLEL] = 1;
	b.want.mono_ms = MONO + LEASE_MS - 1;
	CHECK_INT("still", reserve(u->store, &b), GB_EBUSY);
	CHECK_INT("renewed",
		  store_limit_renew(u->store, &a.lease, 1, MONO + 15000),
		  GB_OK);
	b.want.mono_ms = MONO + LEASE_MS + 14999;
	CHECK_INT("still", reserve(u->store, &b), GB_EBUSY);
	b.want.mono_ms = MONO + LEASE_MS + 15000;
	CHECK_INT("run out", reserve(u->store, &b), GB_OK);
	CHECK_INT("one row", leases(u), 1);
	b.want.mono_ms = 1000; /* the machine was started anew */
	CHECK_INT("of before", reserve(u->store, &b), GB_OK);
	settle(u->store, &a, 5); /* it lived after all: that counts */
	CHECK_INT("used",
		  unit_sql(u->path,
			   "SELECT tokens FROM token_use WHERE span = 1", NULL,
			   0),
		  5);
}

/* Days and months end when they do in the zone, also with daylight saving. */
static void
test_zone(void **state)
{
	static const struct {
		const char *now;
		int64_t day_hours;
		const char *day_end, *month_end;
	} cases[] = {
	    {"2026-03-07T23:59", 24, "2026-03-08", "2026-04-01"},
	    {"2026-03-08T00:00", 23, "2026-03-09", "2026-04-01"},
	    {"2026-03-08T03:30", 23, "2026-03-09", "2026-04-01"},
	    {"2026-11-01T00:30", 25, "2026-11-02", "2026-12-01"},
	    {"2026-11-01T23:59", 25, "2026-11-02", "2026-12-01"},
	    {"2026-12-31T12:00", 24, "2027-01-01", "2027-01-01"},
	    {"2028-02-29T12:00", 24, "2028-03-01", "2028-03-01"},
	};
	struct unit_store *u = *state;
	struct token_use use[SPAN__MAX];
	int64_t now, end, parallel;
	size_t i;

	assert_int_equal(clock_set_zone("PST8PDT,M3.2.0,M11.1.0"), GB_OK);
	for (i = 0; i < GB_COUNT(cases); i++) {
		CHECK(cases[i].now, clock_read(cases[i].now, &now));
		assert_int_equal(store_limit_use(u->store, TOKEN, now, MONO,
						 use, &parallel),
				 GB_OK);
		CHECK_INT(cases[i].now,
			  (use[SPAN_DAY].end - use[SPAN_DAY].start) / HOUR,
			  cases[i].day_hours);
		CHECK(cases[i].now, clock_read(cases[i].day_end, &end));
		CHECK_INT(cases[i].now, use[SPAN_DAY].end, end);
		CHECK(cases[i].now, clock_read(cases[i].month_end, &end));
		CHECK_INT(cases[i].now, use[SPAN_MONTH].end, end);
	}
	assert_int_equal(clock_set_zone("UTC"), GB_OK);
}

/* --- at the same time ---------------------------------------------------- */

static struct store *shared;
static _Atomic int64_t next_number = 1000;

/* Take, settle, take again; returns how many were let in. */
static int64_t
hammer(struct store *s, int64_t owner)
{
	struct asking a;
	int64_t let_in = 0;
	enum gb_err rc;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		asking_init(&a, NOW);
		a.limits[LIMIT_DAY_REQUESTS] = 50;
		a.limits[LIMIT_DAY_TOKENS] = 1000;
		a.want.input = 10;
		a.want.output = 10;
		a.lease.owner = owner;
		a.lease.number = atomic_fetch_add(&next_number, 1);
		rc = store_limit_reserve(s, &a.want, &a.lease, &a.answer);
		if (rc == GB_EBUSY)
			continue;
		if (rc != GB_OK)
			return -1;
		let_in++;
		settle(s, &a, 20);
	}
	return let_in;
}

static void *
hammer_main(void *arg)
{
	int64_t *let_in = arg;

	*let_in = hammer(shared, 1);
	return NULL;
}

static void
test_threads(void **state)
{
	struct unit_store *u = *state;
	pthread_t threads[THREADS];
	int64_t let_in[THREADS], sum;
	int i;

	shared = u->store;
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hammer_main,
						&let_in[i]),
				 0);
	for (sum = 0, i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		CHECK("no failure", let_in[i] >= 0);
		sum += let_in[i];
	}
	CHECK_INT("exactly", sum, 50);
	CHECK_INT("nothing reserved", leases(u), 0);
}

static void
test_processes(void **state)
{
	struct unit_store *u = *state;
	pid_t pids[PROCESSES];
	struct store *s;
	int64_t let_in;
	int i, status, sum;

	store_close(u->store); /* no connection goes through a fork */
	u->store = NULL;
	for (i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] != -1);
		if (pids[i] == 0) {
			if (store_open(&s, u->path) != GB_OK)
				_exit(255);
			let_in = hammer(s, i);
			store_close(s);
			_exit(let_in < 0 ? 255 : (int)let_in);
		}
	}
	for (sum = 0, i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		CHECK("it ended", WIFEXITED(status));
		CHECK("no failure", WEXITSTATUS(status) != 255);
		sum += WEXITSTATUS(status);
	}
	CHECK_INT("exactly", sum, 50);
	CHECK_INT("tokens",
		  unit_sql(u->path,
			   "SELECT tokens FROM token_use WHERE span = 1", NULL,
			   0),
		  1000);
}

/* Two processes read the clock, and the second one is the first to write: its
 * lease seems to be of the future to the other one, and counts all the same. */
static void
test_order(void **state)
{
	struct unit_store *u = *state;
	struct asking early, late;

	asking_init(&early, NOW);
	asking_init(&late, NOW);
	early.limits[LIMIT_PARALLEL] = late.limits[LIMIT_PARALLEL] = 1;
	late.want.mono_ms += 3;
	CHECK_INT("the late one", reserve(u->store, &late), GB_OK);
	CHECK_INT("the early one", reserve(u->store, &early), GB_EBUSY);
	early.want.mono_ms -= 2 * LEASE_MS; /* after a restart */
	CHECK_INT("of before", reserve(u->store, &early), GB_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_alone),	WITH_STORE(test_settle),
	    WITH_STORE(test_open),	WITH_STORE(test_several),
	    WITH_STORE(test_minutes),	WITH_STORE(test_clock_back),
	    WITH_STORE(test_lease),	WITH_STORE(test_zone),
	    WITH_STORE(test_order),	WITH_STORE(test_threads),
	    WITH_STORE(test_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
