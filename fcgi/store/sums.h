/* sums.h: sums of rows, found by what they are of; for fcgi/store only */
#ifndef GB_STORE_SUMS_H
#define GB_STORE_SUMS_H

#include "store/usage.h"

#define SUM_TEXT_MAX 128 /* bytes of a name; what is longer was cut */

/* A sum of the rows that have this in common. */
struct sum {
	enum usage_by dimension;
	int64_t start;
	int64_t number;		     /* of a dimension of numbers */
	char text[SUM_TEXT_MAX + 1]; /* of one of names */
	int64_t n[USAGE__MAX];
};

/* All zero is none. */
struct sums {
	struct sum *sums;
	size_t count, room;
	uint32_t *slots; /* 1 + index into sums; 0: free */
	size_t slot_count;
};

void sums_release(struct sums *);

/* Add what "row" has to the sum of which it is; false: no memory. */
bool sums_add(struct sums *, const struct sum *row) GB_NODISCARD;

/* Whether the values of a dimension are names, or numbers. */
bool usage_has_names(enum usage_by by);

#endif
