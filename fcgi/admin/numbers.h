/* numbers.h: numbers as the pages show them */
#ifndef GB_ADMIN_NUMBERS_H
#define GB_ADMIN_NUMBERS_H

#include <stdint.h>

#include "template/dict.h"

#define NUMBER_TEXT_SIZE 40

enum number_unit {
	NUMBER_COUNT, /* "12,345" */
	NUMBER_SHORT, /* "1.2 M", for axes and narrow columns */
	NUMBER_MS,    /* "850 ms", "1.25 s" */
	NUMBER_MONEY  /* of micro-USD: "$0.0123", "$12.34" */
};

/* Write it; "–" for a negative one, which means that nobody knows. */
void number_text(char text[NUMBER_TEXT_SIZE], enum number_unit, int64_t n);

/* The share that "part" is of "all", "99.5 %"; "–" where there is nothing. */
void number_share(char text[NUMBER_TEXT_SIZE], int64_t part, int64_t all);

/* Set a variable to it. */
void number_set(struct dict *, const char *name, enum number_unit, int64_t n);

#endif
