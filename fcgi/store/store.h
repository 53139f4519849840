/*
 * store.h: the one SQLite file that every instance, process and CGI call
 * shares.  WAL, synchronous=NORMAL.
 *
 * A "struct store" is one connection with a mutex of its own: every store_*()
 * takes and gives the mutex, so any thread may call any of them.  Times are
 * milliseconds since 1970 UTC.  Failures were logged where they happened; the
 * codes are GB_EIO (the database), GB_ENOMEM, and those named.
 */
#ifndef GB_STORE_STORE_H
#define GB_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct store;

/*
 * Open "path", creating it (mode 0600) and the folder it is in where they are
 * missing, and bring its schema up to date under an exclusive lock.  A file
 * with a newer schema than this program knows, or that another program made,
 * is refused untouched: GB_EINVAL.
 */
enum gb_err store_open(struct store **, const char *path) GB_NODISCARD;
void store_close(struct store *);

/*
 * A number that grows whenever keys' rows, tokens or settings are changed by a
 * person (by any process; not by verdicts, turns or the journal).  What was
 * cached is stale when it differs.  Cheap: one read of one row.
 */
enum gb_err store_generation(struct store *, int64_t *generation) GB_NODISCARD;

/*
 * Whether the last write failed because the disk is full, or takes no more for
 * another reason.  That was logged, once an outage, and its end is, so nobody
 * else need say so.  What is in the database can be read meanwhile, and turns
 * are given by it.
 */
bool store_in_outage(const struct store *);

/* In an outage: a key's rest could not be written ("model" "": for all); this
 * process keeps to it until it is over. */
void store_outage_rest(struct store *, int64_t key_id, const char *model,
		       int64_t until_ms);

/* The file's absolute path, the store's. */
const char *store_path(const struct store *);

/* The version of SQLite, for people. */
const char *store_library(void);

#endif
