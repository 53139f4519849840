/* numbers.c: numbers as the pages show them */
#include "admin/numbers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NOBODY_KNOWS "\xe2\x80\x93"

/* With a comma before each three digits. */
static void
count_text(char text[NUMBER_TEXT_SIZE], int64_t n)
{
	char digits[24];
	size_t i, len, at;

	len = (size_t)snprintf(digits, sizeof(digits), "%" PRId64, n);
	for (at = i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			text[at++] = ',';
		text[at++] = digits[i];
	}
	text[at] = '\0';
}

/* Three digits that count, and what they are thousands of. */
static void
short_text(char text[NUMBER_TEXT_SIZE], const char *before, double n)
{
	static const char *const units[] = {"", " k", " M", " G", " T"};
	size_t i;

	for (i = 0; n >= 999.5 && i + 1 < sizeof(units) / sizeof(units[0]); i++)
		n /= 1000;
	(void)snprintf(text, NUMBER_TEXT_SIZE, "%s%.*f%s", before,
		       i > 0 && n < 99.95 ? (n < 9.995 ? 2 : 1) : 0, n,
		       units[i]);
}

static void
ms_text(char text[NUMBER_TEXT_SIZE], int64_t ms)
{
	if (ms < 1000)
		(void)snprintf(text, NUMBER_TEXT_SIZE, "%" PRId64 " ms", ms);
	else
		(void)snprintf(text, NUMBER_TEXT_SIZE, "%.*f s",
			       ms < 10000 ? 2 : 1, (double)ms / 1000);
}

/* Cents hide what a call costs, and less means nothing to who has spent some
 * dollars. */
static void
money_text(char text[NUMBER_TEXT_SIZE], int64_t micro)
{
	double dollars;

	dollars = (double)micro / 1e6;
	(void)snprintf(text, NUMBER_TEXT_SIZE, "$%.*f",
		       micro < 10000000 ? 4 : 2, dollars);
}

void
number_text(char text[NUMBER_TEXT_SIZE], enum number_unit unit, int64_t n)
{
	if (n < 0) {
		memcpy(text, NOBODY_KNOWS, sizeof(NOBODY_KNOWS));
		return;
	}
	switch (unit) {
	case NUMBER_COUNT:
		count_text(text, n);
		break;
	case NUMBER_SHORT:
		short_text(text, "", (double)n);
		break;
	case NUMBER_MS:
		ms_text(text, n);
		break;
	case NUMBER_MONEY:
		money_text(text, n);
		break;
	}
}

void
number_share(char text[NUMBER_TEXT_SIZE], int64_t part, int64_t all)
{
	double share;

	if (all <= 0) {
		memcpy(text, NOBODY_KNOWS, sizeof(NOBODY_KNOWS));
		return;
	}
	share = 100 * (double)part / (double)all;
	/* What is not all of it must not look so. */
	if (part < all && share > 99.9)
		share = 99.9;
	(void)snprintf(text, NUMBER_TEXT_SIZE, "%.*f %%", part == all ? 0 : 1,
		       share);
}

void
number_set(struct dict *d, const char *name, enum number_unit unit, int64_t n)
{
	char text[NUMBER_TEXT_SIZE];

	number_text(text, unit, n);
	dict_set(d, name, text);
}
