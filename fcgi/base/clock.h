/* clock.h: units of time, the two clocks, Google's midnight, and times for
 * people */
#ifndef GB_BASE_CLOCK_H
#define GB_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS	  (60 * MINUTE_MS)
#define DAY_MS	  (24 * HOUR_MS) /* without a change of the clocks */

#define CLOCK_TEXT_SIZE 48 /* "2026-01-31T23:59:59.123+08:00", any year */
#define CLOCK_DATE_SIZE 24 /* "2026-01-31", any year */
#define CLOCK_BOOT_SIZE 96

/* Milliseconds since 1970 UTC: for what is stored or shown. */
int64_t clock_wall_ms(void);

/* Milliseconds on a clock that never jumps: for waiting and measuring. */
int64_t clock_mono_ms(void);

/* One moment on two clocks, to tell whether the first of them was set. */
struct clock_moment {
	int64_t wall_ms;
	int64_t boot_ms; /* since the machine started, its sleep included */
	char boot[CLOCK_BOOT_SIZE]; /* names what boot_ms counts from; "": it
				       cannot be told */
};

void clock_now(struct clock_moment *);

/*
 * The next midnight in America/Los_Angeles strictly after "now_ms" (both in
 * milliseconds since 1970 UTC), when Google's quotas of a day start anew.
 * Daylight saving by the rule in force since 2007 (second Sunday of March to
 * first Sunday of November, at 2:00 local time); needs no zone files, which
 * shared hosts often lack.
 */
int64_t clock_pacific_midnight_ms(int64_t now_ms);

/* Whether the system knows a zone of this name; it always knows "UTC". */
bool clock_zone_exists(const char *zone);

/* The zone of clock_text() from now on, UTC until then: one that exists.  For
 * the whole process, through its environment: only before there are threads.
 * GB_ENOMEM: it stays what it was. */
enum gb_err clock_set_zone(const char *zone) GB_NODISCARD;

/* Write a moment (milliseconds since 1970 UTC) in ISO 8601, with what it
 * differs from UTC ("Z", "+08:00"), to the second or the millisecond. */
void clock_text(char text[CLOCK_TEXT_SIZE], int64_t wall_ms, bool millis);

/* Write the date that a moment has in the zone: "2026-01-31". */
void clock_date(char text[CLOCK_DATE_SIZE], int64_t wall_ms);

/* The start of the zone's hour that a moment is in; where the zone is half an
 * hour off, so are its hours. */
int64_t clock_hour_ms(int64_t wall_ms);

/* The same for its day and its month; "*end" (NULL: not wanted) is where the
 * next one starts. */
int64_t clock_day_ms(int64_t wall_ms, int64_t *end);
int64_t clock_month_ms(int64_t wall_ms, int64_t *end);

/*
 * Read a moment of 1970 or later as people write it: "2026-01-31" (its
 * midnight), "2026-01-31T23:59" or with seconds, ":59" or ":59.123", in the
 * zone, or as clock_text() has it, with "Z" or "+08:00" at its end.  False: it
 * is none of these, and "*wall_ms" is 0.
 */
bool clock_read(const char *text, int64_t *wall_ms);

#endif
