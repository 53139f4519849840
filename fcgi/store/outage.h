/* outage.h: turns while nothing can be written; for fcgi/store only */
#ifndef GB_STORE_OUTAGE_H
#define GB_STORE_OUTAGE_H

#include "store/combine.h"
#include "store/keys.h"

/* It is over, or the store closes: nothing is kept of it any more. */
void outage_forget(struct store *);

/*
 * The transaction of "op" failed with GB_EFULL.  Run it again on what the
 * database says and undo it, which needs no room on the disk.  Whether the
 * outage is over meanwhile, by another thread's write, makes no difference.
 */
enum gb_err outage_rehearse(struct store *, struct combine_op *op) GB_NODISCARD;

/*
 * The same for a turn of the pool.  Where the rotation would be now is kept in
 * memory, a place for each process, and so are the rests that could not be
 * written: those of "model", and of whole keys, count.
 */
enum gb_err outage_turn(struct store *, enum key_pool, const char *model,
			struct combine_op *op) GB_NODISCARD;

#endif
