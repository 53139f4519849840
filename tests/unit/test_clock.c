/* test_clock.c: Google's midnight, on both sides of both daylight switches */
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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

static void
put(int fd, const void *data, size_t len)
{
	assert_int_equal(write(fd, data, len), len);
}

/* A zone of our own, as a system without any may run the tests: always
 * "minutes" east of UTC. */
static void
make_zone(const char *path, int minutes)
{
	static const char head[] = "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				   "\0\0\0\0\0\0\0\0\0\0\0\0"
				   "\0\0\0\0\0\0\0\1\0\0\0\4";
	unsigned char type[10] = {0, 0, 0, 0, 0, 0, 'A', 'B', 'C', 0};
	unsigned seconds = (unsigned)(minutes * 60);
	char rule[32];
	int fd, i;

	for (i = 0; i < 4; i++)
		type[i] = (unsigned char)(seconds >> (24 - 8 * i));
	(void)snprintf(rule, sizeof(rule), "\n<ABC>%s%d:%02d\n",
		       minutes > 0 ? "-" : "", abs(minutes) / 60,
		       abs(minutes) % 60);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd != -1);
	for (i = 0; i < 2; i++) {
		put(fd, head, sizeof(head) - 1);
		put(fd, type, sizeof(type));
	}
	put(fd, rule, strlen(rule));
	close(fd);
}

static const struct {
	const char *name;
	int minutes; /* east of UTC */
} zones[] = {{"East", 480}, {"West", -210}};

static const struct {
	const char *zone;
	int64_t ms;
	bool millis;
	const char *want;
} texts[] = {
    {"UTC", 1737014399007, true, "2025-01-16T07:59:59.007Z"},
    {"UTC", 1737014399007, false, "2025-01-16T07:59:59Z"},
    {"UTC", 0, false, "1970-01-01T00:00:00Z"},
    {"UTC", INT64_MAX, false, "292278994-08-17T07:12:55Z"},
    {"East", 1737014399007, true, "2025-01-16T15:59:59.007+08:00"},
    {"East", 1737046800000, false, "2025-01-17T01:00:00+08:00"},
    {"West", 1737014399000, false, "2025-01-16T04:29:59-03:30"},
    {"UTC", 1737014399000, false, "2025-01-16T07:59:59Z"},
};

static void
test_text(void **state)
{
	char dir[] = "test-zones-XXXXXX", text[CLOCK_TEXT_SIZE];
	char path[GB_COUNT(zones)][64];
	size_t i;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(setenv("TZDIR", dir, 1), 0);
	for (i = 0; i < GB_COUNT(zones); i++) {
		(void)snprintf(path[i], sizeof(path[i]), "%s/%s", dir,
			       zones[i].name);
		make_zone(path[i], zones[i].minutes);
	}
	for (i = 0; i < GB_COUNT(texts); i++) {
		CHECK(texts[i].zone, clock_zone_exists(texts[i].zone));
		CHECK_INT("set", clock_set_zone(texts[i].zone), GB_OK);
		clock_text(text, texts[i].ms, texts[i].millis);
		CHECK_STR(texts[i].zone, text, texts[i].want);
	}
	for (i = 0; i < GB_COUNT(zones); i++) {
		unlink(path[i]);
		CHECK("gone", !clock_zone_exists(zones[i].name));
	}
	CHECK("always there", clock_zone_exists("UTC"));
	rmdir(dir);
}

/* Zones as POSIX writes them, which needs no files: India, and New York with
 * its daylight saving. */
#define INDIA	 "<+0530>-5:30"
#define NEW_YORK "EST5EDT,M3.2.0,M11.1.0"

static const struct {
	const char *zone, *text;
	int64_t want; /* in seconds; -1: refused */
} reads[] = {
    {"UTC", "2025-01-16", 1736985600},
    {"UTC", "2025-01-16T07:59", 1737014340},
    {"UTC", "2025-01-16T07:59:59", 1737014399},
    {"UTC", "2025-01-16T07:59:59Z", 1737014399},
    {"UTC", "2025-01-16T15:59:59+08:00", 1737014399},
    {"UTC", "2025-01-16T04:29:59-03:30", 1737014399},
    {INDIA, "2025-01-16", 1736985600 - 19800},
    {INDIA, "2025-01-16T07:59:59Z", 1737014399},
    {NEW_YORK, "2025-07-01", 1751342400},
    {NEW_YORK, "2025-12-01", 1764565200},
    {NEW_YORK, "2025-03-09T02:30", 1741505400}, /* there was none */
    {"UTC", "1970-01-01", 0},
    {"UTC", "1969-12-31", -1},
    {"UTC", "2025-13-01", -1},
    {"UTC", "2025-01-16x", -1},
    {"UTC", "2025-01-16T07:59:59+8", -1},
    {"UTC", "2025-01-16T07:59:59+24:00", -1},
    {"UTC", "2025-01-16T07:59:59+0x:00", -1},
    {"UTC", "25-01-16", -1},
    {"UTC", "today", -1},
    {"UTC", "", -1},
};

static void
test_read(void **state)
{
	int64_t ms, want;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(reads); i++) {
		CHECK_INT("set", clock_set_zone(reads[i].zone), GB_OK);
		want = reads[i].want < 0 ? 0 : reads[i].want * 1000;
		ms = 77;
		CHECK_INT(reads[i].text, clock_read(reads[i].text, &ms),
			  reads[i].want >= 0);
		CHECK_INT(reads[i].text, ms, want);
	}
}

static void
test_read_parts(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} parts[] = {
	    {"2025-01-16T07:59:59.123Z", INT64_C(1737014399123)},
	    {"2025-01-16T07:59:59.5", INT64_C(1737014399500)},
	    {"2025-01-16T15:59:59.123456+08:00", INT64_C(1737014399123)},
	    {"2025-01-16T07:59:59.0000000000000000000001Z",
	     INT64_C(1737014399000)},
	    {"2025-01-16T07:59:59.", 0},
	    {"2025-01-16T07:59:59.Z", 0},
	    {"2025-01-16T07:59.5", 0},
	    {"2025-01-16.5", 0},
	};
	int64_t ms;
	size_t i;

	(void)state;
	CHECK_INT("set", clock_set_zone("UTC"), GB_OK);
	for (i = 0; i < GB_COUNT(parts); i++) {
		CHECK_INT(parts[i].text, clock_read(parts[i].text, &ms),
			  parts[i].want > 0);
		CHECK_INT(parts[i].text, ms, parts[i].want);
	}
}

static const struct {
	const char *zone;
	int64_t now, hour;
	const char *date;
} hours[] = {
    {"UTC", 1737014399, 1737010800, "2025-01-16"},
    {"UTC", 1737010800, 1737010800, "2025-01-16"},
    {INDIA, 1737014399, 1737012600, "2025-01-16"},
    {INDIA, 1737012599, 1737009000, "2025-01-16"},
    {INDIA, 1737052200, 1737052200, "2025-01-17"}, /* its midnight */
    {INDIA, 1737052199, 1737048600, "2025-01-16"},
    {NEW_YORK, 1737000800, 1737000000, "2025-01-15"},
    {NEW_YORK, 1741503600, 1741503600, "2025-03-09"}, /* 3:00, after 1:59 */
};

static void
test_hour(void **state)
{
	char date[CLOCK_DATE_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(hours); i++) {
		CHECK_INT("set", clock_set_zone(hours[i].zone), GB_OK);
		CHECK_INT(hours[i].zone,
			  clock_hour_ms(hours[i].now * 1000) / 1000,
			  hours[i].hour);
		clock_date(date, hours[i].now * 1000);
		CHECK_STR(hours[i].zone, date, hours[i].date);
	}
}

/* Zones whose days are not 24 hours, or do not begin at 0:00: days and months
 * lie next to each other, whatever they are. */
static void
test_spans(void **state)
{
	static const char *const names[] = {
	    "UTC",
	    INDIA,
	    NEW_YORK,
	    /* both changes at midnight: a day without one, and one with two */
	    "<-03>3<-02>,M10.3.0/0,M2.3.0/0",
	};
	int64_t now, start, end, next, day, month;
	size_t i;
	int hour;

	(void)state;
	for (i = 0; i < GB_COUNT(names); i++) {
		CHECK_INT("set", clock_set_zone(names[i]), GB_OK);
		CHECK("from", clock_read("2026-01-01", &now));
		day = clock_day_ms(now, &end);
		month = clock_month_ms(now, NULL);
		CHECK_INT(names[i], day, now);
		CHECK_INT(names[i], month, now);
		for (hour = 0; hour < 400 * 24; hour++, now += 3600000) {
			start = clock_day_ms(now, &next);
			CHECK(names[i], start <= now && now < next);
			CHECK(names[i], next - start >= 23 * 3600000 &&
					    next - start <= 25 * 3600000);
			if (start != day)
				CHECK_INT(names[i], start, end);
			day = start;
			end = next;
			start = clock_month_ms(now, &next);
			CHECK(names[i], start <= day && end <= next);
		}
	}
	CHECK_INT("set", clock_set_zone("UTC"), GB_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_midnight), cmocka_unit_test(test_text),
	    cmocka_unit_test(test_read),     cmocka_unit_test(test_read_parts),
	    cmocka_unit_test(test_hour),     cmocka_unit_test(test_spans),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
