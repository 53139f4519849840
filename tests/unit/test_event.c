/* test_event.c: every word that is told is taken, whoever comes first */
#include "unit.h"

#include <pthread.h>

#include "base/event.h"

#define ROUNDS 20000

struct pair {
	struct event ask, answer;
};

static void *
answer_each(void *arg)
{
	struct pair *p = arg;
	unsigned word;

	while ((word = event_wait(&p->ask)) != ROUNDS)
		event_tell(&p->answer, word + 1);
	return NULL;
}

static void
test_ping(void **state)
{
	pthread_t thread;
	struct pair p;
	unsigned i;

	(void)state;
	event_init(&p.ask);
	event_init(&p.answer);
	assert_int_equal(pthread_create(&thread, NULL, answer_each, &p), 0);
	for (i = 1; i < ROUNDS; i++) {
		event_tell(&p.ask, i);
		CHECK_INT("answer", event_wait(&p.answer), i + 1);
	}
	event_tell(&p.ask, ROUNDS);
	pthread_join(thread, NULL);
}

static void
test_told_before(void **state)
{
	struct event e;

	(void)state;
	event_init(&e);
	event_tell(&e, 7);
	CHECK_INT("told before the wait", event_wait(&e), 7);
	event_tell(&e, 8);
	CHECK_INT("and once more", event_wait(&e), 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ping),
	    cmocka_unit_test(test_told_before),
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
