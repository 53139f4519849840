/* test_clock.c: Google's midnight, on both sides of both daylight switches */
#include "unit.h"

#include "base/clock.h"

/* All in seconds since 1970 UTC; checked against GNU date with
 * TZ=America/Los_Angeles. */
static const struct {
	const char *what;
	int64_t now, want;
} cases[] = {
    {"a winter afternoon", 1737000000, 1737014400},
    {"one second before midnight, winter", 1737014399, 1737014400},
    {"midnight itself is over", 1737014400, 1737100800},
    {"a summer day", 1752000000, 1752044400},
    {"the day daylight saving begins", 1741510800, 1741590000},
    {"the evening before it begins", 1741492800, 1741507200},
    {"the day it ends", 1762070400, 1762156800},
    {"the evening before it ends", 1762045200, 1762066800},
    {"the last day of the year", 1798700000, 1798704000},
};

static void
test_midnight(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++)
		CHECK_INT(cases[i].what,
			  clock_pacific_midnight_ms(cases[i].now * 1000) / 1000,
			  cases[i].want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_midnight),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
