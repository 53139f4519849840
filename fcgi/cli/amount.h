/* amount.h: numbers and money as people write them on a command line */
#ifndef GB_CLI_AMOUNT_H
#define GB_CLI_AMOUNT_H

#include <stdbool.h>
#include <stdint.h>

/* Read a whole number up to "most"; false: it is none, and "*number" is 0. */
bool cli_number(const char *text, int64_t most, int64_t *number);

/* Read dollars, "0.075", with at most six digits behind the point, as micro-USD
 * up to "most". */
bool cli_dollars(const char *text, int64_t most, int64_t *micro);

#endif
