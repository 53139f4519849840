/* amount.h: numbers and money as people write them */
#ifndef GB_BASE_AMOUNT_H
#define GB_BASE_AMOUNT_H

#include <stdbool.h>
#include <stdint.h>

/* Read a whole number up to "most"; false: it is none, and "*number" is 0. */
bool amount_number(const char *text, int64_t most, int64_t *number);

/* Read dollars, "0.075", with at most six digits behind the point, as micro-USD
 * up to "most". */
bool amount_dollars(const char *text, int64_t most, int64_t *micro);

#endif
