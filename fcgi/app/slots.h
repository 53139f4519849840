/*
 * slots.h: requests of a token under way at once, counted by the kernel.
 *
 * Each holds a lock on a byte of an empty file beside the database, and a token
 * has no more bytes than its limit allows.  So no more get one, over all
 * processes, also while the database cannot be written; and who dies has given
 * his back.
 */
#ifndef GB_APP_SLOTS_H
#define GB_APP_SLOTS_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define SLOT_NONE (-1)

struct slots {
	char path[PATH_MAX];
	atomic_bool failing; /* that was logged */
};

/* "database": its path. */
void slots_init(struct slots *, const char *database);

/*
 * GB_EBUSY: all "most" of the token are taken.  On GB_OK "*slot" is the
 * caller's until slot_give(); it is SLOT_NONE when the file cannot be had, or
 * not locked, which is logged once and no reason to refuse anybody.
 */
enum gb_err slot_take(struct slots *, int64_t token_id, int64_t most,
		      int *slot) GB_NODISCARD;

/* SLOT_NONE is fine. */
void slot_give(int slot);

#endif
