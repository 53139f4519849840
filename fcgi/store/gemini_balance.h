/* store/gemini_balance.h: the SQLite database of a Gemini Balance (SQL) */
#ifndef GB_STORE_GEMINI_BALANCE_H
#define GB_STORE_GEMINI_BALANCE_H

#include "store/store.h"

#define BALANCE_SETTINGS_MAX 1000	/* rows of t_settings that are read */
#define BALANCE_VALUE_MAX    (16 << 20) /* bytes of one; longer ones are not */

struct balance_setting {
	char *name, *value; /* as in its .env */
};

struct balance_database {
	struct balance_setting *settings; /* by name */
	size_t count;
	int64_t requests, errors; /* rows of its logs */
};

/*
 * Read it; it is not changed.  GB_EINVAL: it is no such database, and "*why",
 * constant, says so; GB_EIO, logged.  On GB_OK the caller ends with
 * balance_database_release(); on failure "*out" is empty.
 */
enum gb_err balance_database_read(struct balance_database *out,
				  const char *path,
				  const char **why) GB_NODISCARD;
/* Values are wiped. */
void balance_database_release(struct balance_database *);

#endif
