/*
 * combine.h: writes of many threads in few transactions; for fcgi/store only.
 *
 * A transaction costs more than what is in it.  Threads that come while one
 * is under way queue up, and the first of them then writes for all: under
 * load one transaction carries many turns and journal rows, without load
 * nobody waits for anybody.
 */
#ifndef GB_STORE_COMBINE_H
#define GB_STORE_COMBINE_H

#include <pthread.h>

#include "base/event.h"
#include "store/store.h"

/* One thread's write, on its stack. */
struct combine_op {
	/* Does it, within a transaction; what it returns is the caller's,
	 * unless the transaction fails.  It must not leave half of it done. */
	enum gb_err (*run)(struct store *, struct combine_op *);
	enum gb_err rc;
	struct combine_op *next;
	struct event told;
};

/* The queue; part of the store. */
struct combine {
	pthread_mutex_t lock;
	struct combine_op *first, **last; /* in order of arrival */
	bool busy;			  /* somebody writes */
	size_t waiting;			  /* in the queue, or being written */
};

void combine_init(struct combine *);
void combine_release(struct combine *);

/* Have "op" run, by this thread or another; returns when its transaction has
 * ended, with the result. */
enum gb_err combine_run(struct store *, struct combine *,
			struct combine_op *op) GB_NODISCARD;

/* How many threads wait for a write of theirs. */
size_t combine_waiting(struct combine *);

#endif
