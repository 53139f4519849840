/* moment.c: moments as people write them on a command line */
#include "cli/moment.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/commands.h"

#define DIGITS_MAX 6

static int64_t
unit_ms(char unit)
{
	switch (unit) {
	case 'd':
		return DAY_MS;
	case 'h':
		return HOUR_MS;
	case 'm':
		return MINUTE_MS;
	default:
		return 0;
	}
}

bool
cli_moment(const char *option, const char *text, int64_t now_ms, int64_t *ms)
{
	int64_t unit;
	size_t digits;

	digits = strspn(text, "0123456789");
	if (digits > 0 && digits <= DIGITS_MAX && text[digits] != '\0' &&
	    text[digits + 1] == '\0' && (unit = unit_ms(text[digits])) > 0) {
		*ms = now_ms - strtoll(text, NULL, 10) * unit;
		if (*ms < 0)
			*ms = 0;
		return true;
	}
	if (clock_read(text, ms))
		return true;
	cli_complain("%s: \"%s\" is no moment, such as 2026-01-31, "
		     "2026-01-31T18:00, 30d or 12h",
		     option, text);
	return false;
}
