/* clock.h: the two clocks, and Google's midnight */
#ifndef GB_BASE_CLOCK_H
#define GB_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds since 1970 UTC: for what is stored or shown. */
int64_t clock_wall_ms(void);

/* Milliseconds on a clock that never jumps: for waiting and measuring. */
int64_t clock_mono_ms(void);

/*
 * The next midnight in America/Los_Angeles strictly after "now_ms" (both in
 * milliseconds since 1970 UTC), when Google's quotas of a day start anew.
 * Daylight saving by the rule in force since 2007 (second Sunday of March to
 * first Sunday of November, at 2:00 local time); needs no zone files, which
 * shared hosts often lack.
 */
int64_t clock_pacific_midnight_ms(int64_t now_ms);

#endif
