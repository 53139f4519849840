/*
 * startup.h: from a command line to settings and an open database, the same
 * way for the daemon, for CGI and for the command-line tool.
 */
#ifndef GB_APP_STARTUP_H
#define GB_APP_STARTUP_H

#include "config/settings.h"
#include "store/store.h"

#define STARTUP_FAULTS_MAX \
	65536 /* bytes of faults shown: some hundred lines \
	       */

/* The configuration file to read: "given", or with NULL "gbalance.cfg" where
 * the working directory has one, else NULL: defaults and environment. */
const char *startup_config_file(const char *given);

/*
 * Read the settings: defaults, "config_file" (as startup_config_file() gave
 * it), the environment, and, where "store" is not NULL, what an admin changed
 * in the database.  On failure "*out" is NULL and the lines in "faults" say
 * why; settings_load()'s codes, and the store's.
 */
enum gb_err startup_settings(const char *config_file, struct store *store,
			     struct settings **out,
			     struct buf *faults) GB_NODISCARD;

/* The settings that these overrides would make over the file and the
 * environment, in place of the database's: whether they go together, and what
 * they are.  Paths are as they were written.  "first" (or NULL) is as in
 * settings_load.  The same codes. */
enum gb_err startup_settings_with(const char *config_file,
				  const struct settings_override *,
				  size_t count, struct settings **out,
				  struct buf *faults,
				  struct setting_fault *first) GB_NODISCARD;

/* Let the store read and write secrets with the key of secret_key_file, if any;
 * "convert": a database without a key gets it.  GB_EINVAL, GB_EIO: it is not
 * the database's, or cannot be read; logged. */
enum gb_err startup_unlock(struct store *, const struct settings *,
			   bool convert) GB_NODISCARD;

/*
 * Read the settings, open (and where needed create) the database they name,
 * read them again with what it overrides, and add the keys of API_KEYS and
 * VERTEX_API_KEYS to their pools.  "config_file" is what the command line gave,
 * NULL for nothing.  On GB_OK the caller ends with settings_free() and
 * store_close(); on failure both are NULL and standard error says why.
 */
enum gb_err startup_load(const char *config_file, struct settings **,
			 struct store **) GB_NODISCARD;

/*
 * As startup_load(), but changes nothing: no keys are added, and a database
 * that is not there yet is not made; "*store" then is NULL on GB_OK too.
 */
enum gb_err startup_inspect(const char *config_file, struct settings **,
			    struct store **) GB_NODISCARD;

/*
 * As startup_load(), but adds no keys, and settings of the database that do not
 * go together are told and left out, so that they can be changed.
 */
enum gb_err startup_repair(const char *config_file, struct settings **,
			   struct store **) GB_NODISCARD;

/* Add the keys that the settings name to their pools, where they are new. */
enum gb_err startup_add_keys(struct store *,
			     const struct settings *) GB_NODISCARD;

#endif
