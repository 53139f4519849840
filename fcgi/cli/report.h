/* report.h: rows of numbers and names, as a table, as CSV or as JSON */
#ifndef GB_CLI_REPORT_H
#define GB_CLI_REPORT_H

#include <stdbool.h>

#include "base/buf.h"
#include "cli/columns.h"
#include "dialect/json/json_out.h"

enum report_format {
	REPORT_TABLE,
	REPORT_CSV,
	REPORT_JSON,
};

struct report_column {
	const char *head; /* of the table; NULL: not in it */
	const char *name; /* in CSV and JSON */
};

struct report {
	enum report_format format;
	const struct report_column *columns; /* borrowed */
	size_t width;			     /* how many there are */
	size_t at;			     /* the next cell's column */
	struct columns table;
	struct buf text; /* of CSV and JSON */
	struct json_out json;
};

void report_init(struct report *, enum report_format,
		 const struct report_column *columns, size_t width);
void report_release(struct report *);

/* The next cell, row after row.  Money is micro-USD: dollars in all formats. */
void report_text(struct report *, const char *);
void report_number(struct report *, int64_t);
void report_money(struct report *, int64_t micro);
void report_time(struct report *, int64_t ms); /* 0: none */
/* A cell that nobody knows: "-", nothing, or null. */
void report_unknown(struct report *);

/* Print all rows on standard output; GB_ENOMEM when one could not be kept. */
enum gb_err report_print(struct report *) GB_NODISCARD;

/* Write micro-USD as dollars without needless zeros, "0.0375". */
#define REPORT_MONEY_SIZE 32
void report_money_text(char text[REPORT_MONEY_SIZE], int64_t micro);

#endif
