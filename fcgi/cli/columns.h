/* columns.h: a table on a terminal, its columns as wide as they need to be */
#ifndef GB_CLI_COLUMNS_H
#define GB_CLI_COLUMNS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

struct columns {
	char **cells; /* row after row */
	size_t count, room;
	size_t width;	  /* columns in a row */
	enum gb_err fail; /* sticky: GB_OK or GB_ENOMEM */
};

/* A table whose rows have "width" cells; the first row is its head. */
void columns_init(struct columns *, size_t width);
void columns_release(struct columns *);

/* Append a copy of "text" as the next cell, "-" for the empty text. */
void columns_add(struct columns *, const char *text);
void columns_add_number(struct columns *, int64_t number);
/* A moment, in milliseconds since 1970 UTC; "-" for 0. */
void columns_add_time(struct columns *, int64_t ms);

/* Print the complete rows.  GB_ENOMEM when a cell could not be kept. */
enum gb_err columns_print(const struct columns *, FILE *) GB_NODISCARD;

#endif
