/* test_exit_turn.c: exits that rest, and what a key leaves by meanwhile */
#include "unit_upstream.h"

#include "unit_store.h"

#include "base/clock.h"
#include "keys/exit_turn.h"
#include "store/breakers.h"

#define NOW_MS INT64_C(1700000000000)

static struct store *store;

/* --- rests ---------------------------------------------------------------- */

/* What happens to one exit, at which second, and what is said of it. */
static const struct step {
	enum {
		PASS,
		OPEN,
		WORKS
	} what;
	int64_t at_s;
	enum gb_err rc;	 /* of PASS */
	int64_t until_s; /* 0: none */
	bool news;
} steps[] = {
    {PASS, 0, GB_OK, 0, false},
    {WORKS, 0, GB_OK, 0, false},
    {OPEN, 0, GB_OK, 10, true},
    {PASS, 1, GB_EBUSY, 10, false},
    {OPEN, 2, GB_OK, 10, false}, /* it had left before */
    {PASS, 10, GB_OK, 0, false}, /* finds out */
    {PASS, 11, GB_EBUSY, 12, false},
    {OPEN, 11, GB_OK, 31, true}, /* twice as long */
    {OPEN, 13, GB_OK, 31, false},
    {OPEN, 40, GB_OK, 80, true}, /* late, and yet news */
    {OPEN, 90, GB_OK, 170, true},
    {OPEN, 200, GB_OK, 360, true},
    {OPEN, 400, GB_OK, 700, true}, /* five minutes at most */
    {OPEN, 800, GB_OK, 1100, true},
    {WORKS, 801, GB_OK, 0, true},
    {PASS, 802, GB_OK, 0, false},
    {PASS, 802, GB_OK, 0, false},  /* and everybody may */
    {OPEN, 900, GB_OK, 910, true}, /* from the beginning */
    {WORKS, 901, GB_OK, 0, true},
    {WORKS, 902, GB_OK, 0, false},
};

static int64_t
seconds(int64_t ms)
{
	return ms == 0 ? 0 : (ms - NOW_MS) / SECOND_MS;
}

static void
test_rests(void **state)
{
	struct breaker_fault fault = {BREAKER_EXIT, "a",   "exit",
				      "gone",	    10000, 300000};
	char what[32];
	int64_t now_ms, until_ms;
	enum gb_err rc;
	size_t i;
	bool news;

	(void)state;
	for (i = 0; i < GB_COUNT(steps); i++) {
		snprintf(what, sizeof(what), "step %zu", i);
		now_ms = NOW_MS + steps[i].at_s * SECOND_MS;
		until_ms = 0;
		news = false;
		if (steps[i].what == PASS)
			rc = store_breaker_pass(store, BREAKER_EXIT, "a",
						now_ms, &until_ms);
		else if (steps[i].what == OPEN)
			rc = store_breaker_open(store, &fault, now_ms,
						&until_ms, &news);
		else
			rc = store_breaker_works(store, BREAKER_EXIT, "a",
						 "exit", &news);
		CHECK_INT(what, rc, steps[i].rc);
		CHECK_INT(what, seconds(until_ms), steps[i].until_s);
		CHECK_INT(what, news, steps[i].news);
		CHECK_INT("another one",
			  store_breaker_pass(store, BREAKER_EXIT, "b", now_ms,
					     &until_ms),
			  GB_OK);
	}
}

/* An answer does not end a rest that has another cause. */
static void
test_other_cause(void **state)
{
	struct breaker_fault fault = {BREAKER_EXIT, "a",   "location",
				      "no",	    10000, 300000};
	int64_t until_ms;
	bool news;

	(void)state;
	CHECK_INT("open",
		  store_breaker_open(store, &fault, NOW_MS, &until_ms, &news),
		  GB_OK);
	CHECK_INT("works",
		  store_breaker_works(store, BREAKER_EXIT, "a", "exit", &news),
		  GB_OK);
	CHECK("nothing closed", !news);
	CHECK_INT("rests",
		  store_breaker_pass(store, BREAKER_EXIT, "a", NOW_MS + 1,
				     &until_ms),
		  GB_EBUSY);
	CHECK_INT("closed", store_breaker_close(store, BREAKER_EXIT, "a"),
		  GB_OK);
}

/* --- turns ---------------------------------------------------------------- */

#define SECRET "AIzaSyTest-of-the-exits"

static char proxies[3][64];
static char *items[] = {proxies[0], proxies[1], proxies[2]};

static struct settings
with(size_t count)
{
	struct settings s;

	memset(&s, 0, sizeof(s));
	s.proxies.items = items;
	s.proxies.count = count;
	s.proxies_by_key = true;
	return s;
}

/* A port where nobody listens. */
static unsigned int
dead_port(void)
{
	unsigned int port;

	close(server_listen(&port, 1));
	return port;
}

static void
forget(const struct settings *s)
{
	char name[EXIT_NAME_MAX];
	size_t i;

	for (i = 0; i < s->proxies.count; i++) {
		exit_name(name, s, items[i]);
		exit_works(store, name);
	}
}

static void
ask(const struct settings *s, enum gb_err want, int status)
{
	struct transfer_request rq;
	struct exit_turn turn;
	struct transfer *t;

	rq = request(true, "http://upstream.invalid/x");
	exit_turn_begin(&turn, store, s, SECRET);
	CHECK_INT("asked", exit_turn_ask(&turn, engine, &rq, &t), want);
	CHECK("a transfer or none", (t != NULL) == (want == GB_OK));
	if (t != NULL) {
		CHECK_INT("over", transfer_end(t), TRANSFER_DONE);
		CHECK_INT("status", transfer_status(t), status);
	}
	transfer_free(t);
}

#define ANSWER "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"

static char answer[] = ANSWER;

/* Two of three are gone: the third one, whichever it is in the key's order,
 * and each of the others is tried once. */
static void
test_failover(void **state)
{
	struct settings s = with(3);
	struct exit_turn turn;
	struct server *server;
	size_t i;

	(void)state;
	server = server_new(answer_text, answer);
	for (i = 0; i < 3; i++) {
		snprintf(proxies[i % 3], 64, "http://127.0.0.1:%u",
			 dead_port());
		snprintf(proxies[(i + 1) % 3], 64, "http://127.0.0.1:%u",
			 dead_port());
		snprintf(proxies[(i + 2) % 3], 64, "http://127.0.0.1:%u",
			 server->port);
		ask(&s, GB_OK, 404);
		exit_turn_begin(&turn, store, &s, SECRET);
		/* Those before it rest; those behind it nobody asked. */
		CHECK_INT("the next", exit_turn_next(&turn), GB_OK);
		CHECK_STR("at once", turn.exit, proxies[(i + 2) % 3]);
		forget(&s);
	}
	server_free(server);
}

/* All are gone: nothing goes out, least of all directly. */
static void
test_all_out(void **state)
{
	struct settings s = with(2);
	struct exit_turn turn;
	struct transfer_request rq;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++)
		snprintf(proxies[i], 64, "http://127.0.0.1:%u", dead_port());
	ask(&s, GB_EBUSY, 0);
	exit_turn_begin(&turn, store, &s, SECRET);
	CHECK_INT("none", exit_turn_next(&turn), GB_EBUSY);
	CHECK("back some time", turn.back_at > clock_wall_ms());
	CHECK("no exit", turn.exit == NULL);

	/* … unless it is one of them. */
	s.proxies.count = 3;
	snprintf(proxies[2], 64, "direct");
	exit_turn_begin(&turn, store, &s, SECRET);
	CHECK_INT("direct", exit_turn_next(&turn), GB_OK);
	memset(&rq, 0, sizeof(rq));
	exit_turn_use(&turn, &rq);
	CHECK_STR("direct", turn.exit, "direct");
	CHECK("without a proxy", rq.proxy == NULL);
	forget(&s);
}

/* One that answers again is well for everybody. */
static void
test_return(void **state)
{
	struct settings s = with(1);
	struct transfer_request rq;
	struct exit_turn turn;
	struct transfer *t;
	struct server *server;
	int64_t until_ms;

	(void)state;
	server = server_new(answer_text, answer);
	snprintf(proxies[0], 64, "http://127.0.0.1:%u", server->port);
	exit_turn_begin(&turn, store, &s, SECRET);
	CHECK_INT("one", exit_turn_next(&turn), GB_OK);
	exit_failed(store, turn.name, "gone", &until_ms);
	CHECK("rests", until_ms > clock_wall_ms());
	rq = request(true, "http://upstream.invalid/x");
	exit_turn_use(&turn, &rq);
	CHECK_INT("start", transfer_start(engine, &rq, &t), GB_OK);
	(void)transfer_head(t, -1);
	exit_turn_heard(&turn, t);
	transfer_free(t);
	CHECK_INT("well", store_breaker_close(store, BREAKER_EXIT, turn.name),
		  GB_ENOTFOUND);
	server_free(server);
}

static void *unit;

static int
setup_both(void **state)
{
	(void)state;
	if (setup(NULL) != 0 || unit_store_setup(&unit) != 0)
		return -1;
	store = ((struct unit_store *)unit)->store;
	return 0;
}

static int
teardown_both(void **state)
{
	(void)state;
	return unit_store_teardown(&unit) + teardown(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rests),    cmocka_unit_test(test_other_cause),
	    cmocka_unit_test(test_failover), cmocka_unit_test(test_all_out),
	    cmocka_unit_test(test_return),
	};

	return cmocka_run_group_tests_name("exit_turn", tests, setup_both,
					   teardown_both);
}
