/* clock.c: the two clocks, and Google's midnight */
#include "base/clock.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#define DAY_MS	(24 * 3600 * INT64_C(1000))
#define HOUR_MS (3600 * INT64_C(1000))

static int64_t
clock_ms(clockid_t which)
{
	struct timespec ts;

	clock_gettime(which, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
clock_wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

int64_t
clock_mono_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

/* 00:00 UTC of the "nth" Sunday of "month" (0 = January) in "year" - 1900. */
static int64_t
nth_sunday_ms(int year, int month, int nth)
{
	struct tm tm;
	time_t first;

	memset(&tm, 0, sizeof(tm));
	tm.tm_year = year;
	tm.tm_mon = month;
	tm.tm_mday = 1;
	first = timegm(&tm); /* also sets tm_wday */
	return (int64_t)first * 1000 +
	       ((7 - tm.tm_wday) % 7 + 7 * (nth - 1)) * DAY_MS;
}

static bool
pacific_daylight(int64_t now_ms)
{
	struct tm tm;
	time_t sec;

	/* Both changes are far from New Year, so UTC's year will do. */
	sec = (time_t)(now_ms / 1000);
	gmtime_r(&sec, &tm);
	return now_ms >= nth_sunday_ms(tm.tm_year, 2, 2) + 10 * HOUR_MS &&
	       now_ms < nth_sunday_ms(tm.tm_year, 10, 1) + 9 * HOUR_MS;
}

static int64_t
pacific_offset_ms(int64_t now_ms)
{
	return (pacific_daylight(now_ms) ? 7 : 8) * HOUR_MS;
}

int64_t
clock_pacific_midnight_ms(int64_t now_ms)
{
	int64_t local, midnight;

	/* Days change at 2:00, so the offset at local midnight is found from
	 * the guess with today's offset. */
	local = now_ms - pacific_offset_ms(now_ms);
	midnight = (local / DAY_MS + 1) * DAY_MS;
	return midnight + pacific_offset_ms(midnight + 8 * HOUR_MS);
}
