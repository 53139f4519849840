/* model_lists.h: the models of all projects as one list, kept in memory */
#ifndef GB_APP_MODEL_LISTS_H
#define GB_APP_MODEL_LISTS_H

#include <pthread.h>

#include "store/model_lists.h"

/* The members are its own. */
struct lists {
	pthread_mutex_t lock;
	struct buf merged;	 /* of the lists … */
	char ids[LISTS_IDS_MAX]; /* … with these ids; "": of none */
};

void lists_init(struct lists *);
void lists_release(struct lists *);

/*
 * Append to "out" the list of all that keys in service have or, with "any",
 * that any key has; it is made anew only when other lists are in force than the
 * last time, in this process or another.  "*newest_ms" is when Google was asked
 * last.  GB_ENOTFOUND: nothing is known.
 */
enum gb_err lists_get(struct lists *, struct store *, bool any, struct buf *out,
		      int64_t *newest_ms) GB_NODISCARD;

#endif
