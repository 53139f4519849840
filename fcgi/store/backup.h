/* store/backup.h: a copy of the database while it is in use (SQL) */
#ifndef GB_STORE_BACKUP_H
#define GB_STORE_BACKUP_H

#include "store/store.h"

/*
 * Copy the database file at "from" to "to", as it is at one moment, without
 * keeping anybody from reading or writing it.  The copy is checked, forced to
 * the disk and only then called "to", taking the place of what was there; it is
 * for its owner only (0600), and one file, without a log beside it.
 *
 * "stop" (NULL: none) is asked now and then whether to give up: GB_ECANCELED.
 * GB_EINVAL: "to" is the database itself.  GB_EIO: it could not be read or
 * written, or the copy is not whole; all logged, and "to" is as it was.
 */
enum gb_err store_backup(const char *from, const char *to, bool (*stop)(void *),
			 void *arg) GB_NODISCARD;

#endif
