/*
 * google.h: a Google that fails one answer in ten, as fast as the tests need
 * it, and remembers every call.
 *
 * A model whose name begins with "daily" has a quota of the day for each key
 * that runs out at random, and stays so; a key whose number is below
 * "mortal_keys" turns out not to be valid, and stays so; all else that fails is
 * Google's own fault.
 */
#ifndef GB_TESTS_CRASH_GOOGLE_H
#define GB_TESTS_CRASH_GOOGLE_H

#include <stdint.h>

#define KEYS_MAX   256
#define MODELS_MAX 64

/* What a call was answered. */
enum kind {
	KIND_OK,
	KIND_INTERNAL,
	KIND_INVALID, /* the key, for good */
	KIND_DAY,     /* (key, model), until midnight */
};

/* A call.  Times are http_now_ns(). */
struct call {
	uint32_t request; /* the number in the prompt */
	int16_t key, model;
	enum kind kind;
	int64_t came_ns, gone_ns; /* 0: not answered yet */
};

struct google_options {
	int keys, mortal_keys;
	int one_in; /* so many answers one fails; 0: none does */

	/* Requests whose number is "slow" when divided by 8 take so long. */
	uint32_t slow;
	int slow_us;
};

/* Listen, and serve from now on; returns the port. */
int google_start(const struct google_options *);

/* All calls so far, in the order in which they came; they stay. */
const struct call *google_calls(long *count);

/* As the keys and models are called: "%d" is their number. */
#define KEY_FORMAT   "AIzaSyCrash-key-of-the-tests-%04d-000000"
#define DAILY_FORMAT "daily-model-%d"
#define STEADY_MODEL "steady-model"

#endif
