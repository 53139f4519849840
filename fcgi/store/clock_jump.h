/*
 * clock_jump.h: deadlines when the machine's clock was set back (SQL).
 *
 * Deadlines are wall time, since they outlive processes and Google's day ends
 * at a time of the wall clock.  A clock that is set forward ends rests early:
 * each key costs one call at most, and its answer puts it to rest again.  One
 * that is set back would make a rest of a minute last for hours, so what is in
 * the future is then moved back with the clock: nothing rests for longer than
 * was meant, and what was meant to last until Google's midnight ends no later
 * than it did.
 *
 * How far the clock was set is known by a row that all processes share: the
 * wall clock and the one that counts since the machine started, both of one
 * moment.  After a restart of the machine only the wall clock is left to
 * compare with.
 */
#ifndef GB_STORE_CLOCK_JUMP_H
#define GB_STORE_CLOCK_JUMP_H

#include "base/clock.h"
#include "store/store.h"

/*
 * Compare the clocks with the row; of all processes one moves the deadlines.
 * "*back_ms" says by how much this call did: 0 nearly always.  Cheap: one read,
 * and a write every ten minutes at most.
 */
enum gb_err store_clock_check(struct store *, const struct clock_moment *,
			      int64_t *back_ms) GB_NODISCARD;

#endif
