/* moment.h: moments as people write them on a command line */
#ifndef GB_CLI_MOMENT_H
#define GB_CLI_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Read what clock_read() takes, or a time before "now_ms": "30d", "12h", "90m".
 * False, with a complaint about "option": it is neither.
 */
bool cli_moment(const char *option, const char *text, int64_t now_ms,
		int64_t *ms);

#endif
