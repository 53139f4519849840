/* outage.h: turns and verdicts while nothing can be written; for fcgi/store
 * only */
#ifndef GB_STORE_OUTAGE_H
#define GB_STORE_OUTAGE_H

#include "store/combine.h"
#include "store/key_health.h"

/* The store closes: nothing is kept any more. */
void outage_forget(struct store *);

/* It is over, within the lock: the verdicts that were kept are carried out. */
void outage_over(struct store *);

/* The case could not be carried out: keep it until the outage is over, as one
 * of the last VERDICTS_MAX, if it is of its key alone.  False: that is so
 * already, and it can be tried again. */
bool outage_keep(struct store *, const struct key_case *) GB_NODISCARD;

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
