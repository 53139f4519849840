/* test_clock_jump.c: what rests when the clock is set, and over the days on
 * which it changes by itself */
#include "unit_store.h"

#include <sys/wait.h>

#include "base/clock.h"
#include "store/clock_jump.h"

#define MODEL	  "gemini-2.5-flash"
#define SECOND	  INT64_C(1000)
#define MINUTE	  (60 * SECOND)
#define HOUR	  (60 * MINUTE)
#define DAY	  (24 * HOUR)
#define BOOTED	  (5 * DAY)
#define PROCESSES 8

static int64_t
check(struct store *s, int64_t wall_ms, int64_t boot_ms, const char *boot)
{
	struct clock_moment now = {.wall_ms = wall_ms, .boot_ms = boot_ms};
	int64_t back_ms = 77;

	(void)snprintf(now.boot, sizeof(now.boot), "%s", boot);
	assert_int_equal(store_clock_check(s, &now, &back_ms), GB_OK);
	return back_ms;
}

/* When key 1 may be asked for the model again; 0: now. */
static int64_t
back_at(struct store *s, const char *model, int64_t now_ms)
{
	struct key_turn turn;
	int64_t at;

	if (store_key_turn(s, POOL_GEMINI, model, now_ms, NULL, 0, NULL, &turn,
			   &at) == GB_OK)
		return 0;
	return at;
}

static void
rest(struct store *s, const char *model, int64_t now_ms, int64_t until_ms)
{
	assert_int_equal(unit_cool_model(s, 1, model, now_ms, until_ms,
					 "quota"),
			 GB_OK);
}

/* A key rests for a minute, and the clock is set; what is left of the rest by
 * the clock that was set. */
static const struct {
	const char *what;
	int64_t set_ms;	   /* how far the clock is set, 10 s later */
	bool restarted;	   /* the machine, in these seconds */
	int64_t want_back; /* what is told */
	int64_t want_left; /* of the minute; 0: it is over */
} jumps[] = {
    {"nothing happens", 0, false, 0, 50 * SECOND},
    {"the clock is trimmed", -2 * SECOND, false, 0, 52 * SECOND},
    {"back by a minute", -MINUTE, false, MINUTE, 50 * SECOND},
    {"back by four hours", -4 * HOUR, false, 4 * HOUR, 50 * SECOND},
    {"back by ten years", -3650 * DAY, false, 3650 * DAY, 50 * SECOND},
    {"forward by 20 seconds", 20 * SECOND, false, 0, 30 * SECOND},
    {"forward by four hours", 4 * HOUR, false, 0, 0},
    {"a restart", 0, true, 0, 50 * SECOND},
    /* the ten seconds that it was off are not known */
    {"a restart with a clock that was lost", -4 * HOUR, true,
     4 * HOUR - 10 * SECOND, MINUTE},
};

static void
test_jumps(void **state)
{
	struct unit_store *u = *state;
	int64_t now, boot;
	char model[32];
	size_t i;

	unit_add_keys(u->store, 1);
	for (i = 0; i < GB_COUNT(jumps); i++) {
		unit_sql(u->path, "DELETE FROM clock", NULL, 0);
		(void)snprintf(model, sizeof(model), "model-%zu", i);
		CHECK_INT("the first", check(u->store, UNIT_NOW, BOOTED, "a"),
			  0);
		rest(u->store, model, UNIT_NOW, UNIT_NOW + MINUTE);
		now = UNIT_NOW + 10 * SECOND + jumps[i].set_ms;
		boot = jumps[i].restarted ? SECOND : BOOTED + 10 * SECOND;
		CHECK_INT(jumps[i].what,
			  check(u->store, now, boot,
				jumps[i].restarted ? "b" : "a"),
			  jumps[i].want_back);
		CHECK_INT(jumps[i].what, back_at(u->store, model, now),
			  jumps[i].want_left == 0 ? 0
						  : now + jumps[i].want_left);
		CHECK_INT("once",
			  check(u->store, now, boot,
				jumps[i].restarted ? "b" : "a"),
			  0);
	}
}

/* Forward and back again: what began to rest between must not wait for a clock
 * that is gone. */
static void
test_there_and_back(void **state)
{
	struct unit_store *u = *state;
	int64_t ahead = UNIT_NOW + 4 * HOUR;

	unit_add_keys(u->store, 1);
	check(u->store, UNIT_NOW, BOOTED, "a");
	CHECK_INT("forward", check(u->store, ahead, BOOTED, "a"), 0);
	rest(u->store, MODEL, ahead, ahead + MINUTE);
	CHECK_INT("back", check(u->store, UNIT_NOW, BOOTED, "a"), 4 * HOUR);
	CHECK_INT("a minute", back_at(u->store, MODEL, UNIT_NOW),
		  UNIT_NOW + MINUTE);
}

/* Where the system does not name its start, only what is surely wrong counts.
 */
static void
test_nameless(void **state)
{
	struct unit_store *u = *state;

	unit_add_keys(u->store, 1);
	check(u->store, UNIT_NOW, BOOTED, "");
	rest(u->store, MODEL, UNIT_NOW, UNIT_NOW + MINUTE);
	CHECK_INT("a minute later", check(u->store, UNIT_NOW + SECOND, 7, ""),
		  0);
	CHECK_INT("back", check(u->store, UNIT_NOW - HOUR, 9, ""), HOUR);
	CHECK_INT("a minute", back_at(u->store, MODEL, UNIT_NOW - HOUR),
		  UNIT_NOW - HOUR + MINUTE);
}

/* What was done last, in a future that is gone, is done again in time. */
static void
test_moments(void **state)
{
	struct unit_store *u = *state;
	struct key_turn turn;

	unit_add_keys(u->store, 1);
	assert_int_equal(unit_disable_by_system(u->store, 1, UNIT_NOW, "dead"),
			 GB_OK);
	check(u->store, UNIT_NOW, BOOTED, "a");
	assert_int_equal(store_key_recheck_take(u->store, UNIT_NOW, 0, &turn),
			 GB_OK);
	check(u->store, UNIT_NOW - DAY, BOOTED, "a");
	CHECK_INT("an hour later",
		  store_key_recheck_take(u->store, UNIT_NOW - DAY + HOUR, HOUR,
					 &turn),
		  GB_OK);
}

/* Of all processes one moves them. */
static void
test_processes(void **state)
{
	struct unit_store *u = *state;
	int64_t now = UNIT_NOW - 4 * HOUR;
	pid_t pids[PROCESSES];
	struct store *s;
	int i, status, moved = 0;

	unit_add_keys(u->store, 1);
	check(u->store, UNIT_NOW, BOOTED, "a");
	rest(u->store, MODEL, UNIT_NOW, UNIT_NOW + 12 * HOUR);
	store_close(u->store); /* no connection goes through a fork */
	u->store = NULL;
	for (i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] != -1);
		if (pids[i] == 0) {
			if (store_open(&s, u->path) != GB_OK)
				_exit(2);
			status = check(s, now, BOOTED, "a") != 0;
			store_close(s);
			_exit(status);
		}
	}
	for (i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		CHECK("a process", WIFEXITED(status) && status != 2 << 8);
		moved += WEXITSTATUS(status);
	}
	CHECK_INT("moved by", moved, 1);
	assert_int_equal(store_open(&u->store, u->path), GB_OK);
	CHECK_INT("by four hours", back_at(u->store, MODEL, now),
		  now + 12 * HOUR);
}

/* Keys that ran dry on the days when Los Angeles changes its clocks are back
 * at its midnight to the second, and not before.  Seconds since 1970 UTC,
 * checked against GNU date. */
static const struct {
	const char *what;
	int64_t dry, midnight;
} days[] = {
    {"spring, an hour before", 1741510800 - 3600, 1741590000},
    {"spring, 1:59:59", 1741514399, 1741590000},
    {"spring, 3:00", 1741514400, 1741590000},
    {"spring, the next evening", 1741589999, 1741590000},
    {"autumn, the first 1:30", 1762072200, 1762156800},
    {"autumn, the second 1:30", 1762075800, 1762156800},
    {"autumn, the evening", 1762156799, 1762156800},
};

static void
test_pacific(void **state)
{
	struct unit_store *u = *state;
	int64_t dry, until;
	char model[32];
	size_t i;

	unit_add_keys(u->store, 1);
	for (i = 0; i < GB_COUNT(days); i++) {
		(void)snprintf(model, sizeof(model), "model-%zu", i);
		dry = days[i].dry * SECOND;
		until = clock_pacific_midnight_ms(dry);
		CHECK_INT(days[i].what, until / SECOND, days[i].midnight);
		rest(u->store, model, dry, until);
		CHECK_INT(days[i].what, back_at(u->store, model, until - 1),
			  until);
		CHECK_INT(days[i].what, back_at(u->store, model, until), 0);
	}
}

/* Our own zone is nothing to what is stored. */
static void
test_zone(void **state)
{
	static const char *const zones[] = {"UTC", "EST5EDT,M3.2.0,M11.1.0",
					    "<+0530>-5:30"};
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(zones); i++) {
		assert_int_equal(clock_set_zone(zones[i]), GB_OK);
		CHECK_INT(zones[i],
			  clock_pacific_midnight_ms(1741510800 * SECOND),
			  1741590000 * SECOND);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_jumps),	 WITH_STORE(test_there_and_back),
	    WITH_STORE(test_nameless),	 WITH_STORE(test_moments),
	    WITH_STORE(test_processes),	 WITH_STORE(test_pacific),
	    cmocka_unit_test(test_zone),
	};

	return cmocka_run_group_tests_name("clock_jump", tests, NULL, NULL);
}
