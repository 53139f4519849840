/* clock.c: the two clocks, Google's midnight, and times for people */
#include "base/clock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ZONES	      "/usr/share/zoneinfo" /* where TZDIR does not say */
#define ZONE_PATH_MAX 256

/* The zone is the process's own, like its environment; set before there are
 * threads, and only read after. */
static bool zone_is_utc = true;

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

/* What the kernel calls this start of the machine, and the clocks of this
 * container, which may be others than the machine's. */
static void
boot_name(char name[CLOCK_BOOT_SIZE])
{
	char id[40] = "", clocks[40] = "";
	ssize_t got;
	int fd;

	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd != -1) {
		got = read(fd, id, sizeof(id) - 1);
		id[got > 0 ? got : 0] = '\0';
		close(fd);
	}
	id[strcspn(id, "\n")] = '\0';
	got = readlink("/proc/self/ns/time", clocks, sizeof(clocks) - 1);
	clocks[got > 0 ? got : 0] = '\0';
	(void)snprintf(name, CLOCK_BOOT_SIZE, "%s%s%s", id,
		       clocks[0] == '\0' ? "" : " ", clocks);
}

void
clock_now(struct clock_moment *now)
{
	now->wall_ms = clock_wall_ms();
	now->boot_ms = clock_ms(CLOCK_BOOTTIME);
	boot_name(now->boot);
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

bool
clock_zone_exists(const char *zone)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789_+-/";
	char path[ZONE_PATH_MAX], magic[4];
	const char *dir;
	ssize_t got;
	int fd, len;

	if (strcmp(zone, "UTC") == 0)
		return true;
	if (zone[0] == '/' || zone[0] == '\0' ||
	    zone[strspn(zone, letters)] != '\0')
		return false;
	if ((dir = getenv("TZDIR")) == NULL || dir[0] == '\0')
		dir = ZONES;
	len = snprintf(path, sizeof(path), "%s/%s", dir, zone);
	if (len < 0 || (size_t)len >= sizeof(path) ||
	    (fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1)
		return false;
	got = read(fd, magic, sizeof(magic));
	close(fd);
	return got == (ssize_t)sizeof(magic) &&
	       memcmp(magic, "TZif", sizeof(magic)) == 0;
}

enum gb_err
clock_set_zone(const char *zone)
{
	if (setenv("TZ", zone, 1) == -1)
		return GB_ENOMEM;
	tzset();
	zone_is_utc = strcmp(zone, "UTC") == 0;
	return GB_OK;
}

void
clock_text(char text[CLOCK_TEXT_SIZE], int64_t wall_ms, bool millis)
{
	char stamp[32], fraction[8], zone[8];
	struct tm tm;
	time_t sec;
	long east;

	sec = (time_t)(wall_ms / 1000);
	if ((zone_is_utc ? gmtime_r(&sec, &tm) : localtime_r(&sec, &tm)) ==
		NULL ||
	    strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm) == 0) {
		(void)snprintf(text, CLOCK_TEXT_SIZE, "%" PRId64, wall_ms);
		return;
	}
	fraction[0] = '\0';
	if (millis)
		(void)snprintf(fraction, sizeof(fraction), ".%03d",
			       (int)(wall_ms % 1000));
	east = labs(tm.tm_gmtoff) / 60;
	(void)snprintf(zone, sizeof(zone), "%c%02d:%02d",
		       tm.tm_gmtoff < 0 ? '-' : '+', (int)(east / 60 % 100),
		       (int)(east % 60));
	(void)snprintf(text, CLOCK_TEXT_SIZE, "%s%s%s", stamp, fraction,
		       zone_is_utc ? "Z" : zone);
}

static bool
zone_time(int64_t wall_ms, struct tm *tm)
{
	time_t sec;

	sec = (time_t)(wall_ms / 1000);
	return (zone_is_utc ? gmtime_r(&sec, tm) : localtime_r(&sec, tm)) !=
	       NULL;
}

void
clock_date(char text[CLOCK_DATE_SIZE], int64_t wall_ms)
{
	struct tm tm;

	if (!zone_time(wall_ms, &tm) ||
	    strftime(text, CLOCK_DATE_SIZE, "%Y-%m-%d", &tm) == 0)
		(void)snprintf(text, CLOCK_DATE_SIZE, "%" PRId64, wall_ms);
}

int64_t
clock_hour_ms(int64_t wall_ms)
{
	int64_t east_ms;
	struct tm tm;

	east_ms = zone_time(wall_ms, &tm) ? tm.tm_gmtoff * INT64_C(1000) : 0;
	return (wall_ms + east_ms) / HOUR_MS * HOUR_MS - east_ms;
}

/* The zone's midnight of the day in "tm", whose month and day of the month may
 * be beyond their ends; where there was none that day, the hour after it. */
static int64_t
midnight_ms(const struct tm *day)
{
	struct tm tm, got;
	int64_t ms;

	memset(&tm, 0, sizeof(tm));
	tm.tm_year = day->tm_year;
	tm.tm_mon = day->tm_mon;
	tm.tm_mday = day->tm_mday;
	if (zone_is_utc)
		return (int64_t)timegm(&tm) * 1000;
	tm.tm_isdst = -1;
	ms = (int64_t)mktime(&tm) * 1000;
	/* Some C libraries move what is missing backwards. */
	if (zone_time(ms, &got) && got.tm_hour >= 12)
		ms += HOUR_MS;
	return ms;
}

/* The start of the day or month, and of the one behind it. */
static int64_t
span_ms(int64_t wall_ms, bool month, int64_t *end)
{
	int64_t start;
	struct tm tm;

	if (!zone_time(wall_ms, &tm)) {
		start = wall_ms / DAY_MS * DAY_MS;
		if (end != NULL)
			*end = start + DAY_MS;
		return start;
	}
	if (month)
		tm.tm_mday = 1;
	start = midnight_ms(&tm);
	if (month)
		tm.tm_mon++;
	else
		tm.tm_mday++;
	if (end != NULL)
		*end = midnight_ms(&tm);
	return start;
}

int64_t
clock_day_ms(int64_t wall_ms, int64_t *end)
{
	return span_ms(wall_ms, false, end);
}

int64_t
clock_month_ms(int64_t wall_ms, int64_t *end)
{
	return span_ms(wall_ms, true, end);
}

/* Read "Z", "+08:00" or nothing; false: it is neither. */
static bool
read_offset(const char *text, bool *is_local, int64_t *east_ms)
{
	int sign, h, m;

	*east_ms = 0;
	*is_local = text[0] == '\0';
	if (*is_local || strcmp(text, "Z") == 0)
		return true;
	sign = text[0] == '-' ? -1 : 1;
	if ((text[0] != '+' && text[0] != '-') || strlen(text) != 6 ||
	    text[3] != ':' || strspn(text + 1, "0123456789") != 2 ||
	    strspn(text + 4, "0123456789") != 2)
		return false;
	h = (text[1] - '0') * 10 + text[2] - '0';
	m = (text[4] - '0') * 10 + text[5] - '0';
	*east_ms = sign * (h * HOUR_MS + m * MINUTE_MS);
	return h < 24 && m < 60;
}

/* Read a fraction of a second, to the millisecond, or nothing; what follows. */
static const char *
read_fraction(const char *text, int64_t *ms)
{
	int64_t part;

	*ms = 0;
	if (text[0] != '.' || strspn(text + 1, "0123456789") == 0)
		return text;
	for (text++, part = 100; *text >= '0' && *text <= '9'; part /= 10)
		*ms += (*text++ - '0') * part;
	return text;
}

bool
clock_read(const char *text, int64_t *wall_ms)
{
	int64_t east_ms, ms, fraction_ms;
	bool is_local;
	const char *end;
	struct tm tm;

	*wall_ms = 0;
	fraction_ms = 0;
	memset(&tm, 0, sizeof(tm));
	if (strspn(text, "0123456789") != 4)
		return false;
	if ((end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm)) != NULL)
		end = read_fraction(end, &fraction_ms);
	else if ((end = strptime(text, "%Y-%m-%dT%H:%M", &tm)) == NULL &&
		 (end = strptime(text, "%Y-%m-%d", &tm)) == NULL)
		return false;
	if (!read_offset(end, &is_local, &east_ms))
		return false;
	tm.tm_isdst = -1; /* who knows; mktime() does */
	if (is_local && !zone_is_utc)
		ms = (int64_t)mktime(&tm) * 1000;
	else
		ms = (int64_t)timegm(&tm) * 1000 - east_ms;
	if (ms < 0)
		return false;
	*wall_ms = ms + fraction_ms;
	return true;
}
