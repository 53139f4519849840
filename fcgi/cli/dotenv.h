/*
 * dotenv.h: the lines of a .env, as python-dotenv and so Gemini Balance reads
 * it: NAME=value, perhaps after "export"; '…' as it stands, but for \' and \\;
 * "…" with \n, \t, \" and so on; either may go over several lines; else up to
 * the end of the line or " #".  Pure: text in, lines out.
 */
#ifndef GB_CLI_DOTENV_H
#define GB_CLI_DOTENV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct dotenv_line {
	unsigned line; /* where it begins, from 1 */
	char *name;    /* NULL: the line is no NAME=value */
	char *value;   /* NULL: there is no "=", or its quote does not end */
	bool refers;   /* to another variable, ${NAME}, which is not followed */
};

/* Each name once, with its last value, and each line that is no variable. */
struct dotenv {
	struct dotenv_line *lines;
	size_t count, size;
};

/* On GB_OK the caller ends with dotenv_release().  GB_ENOMEM: "*out" is
 * empty.  The "len" bytes at "text" are followed by a NUL. */
enum gb_err dotenv_read(struct dotenv *out, const char *text,
			size_t len) GB_NODISCARD;
/* Values are wiped. */
void dotenv_release(struct dotenv *);

#endif
