/* retention.h: deleting what need not be kept any longer */
#ifndef GB_STORE_RETENTION_H
#define GB_STORE_RETENTION_H

#include "store/store.h"

/* How long what is kept. */
struct retention {
	int64_t request_days, error_days; /* the journal's; 0: for ever */
	int64_t journal_max;		  /* its bytes, about; 0: any number */
	int64_t signature_hours;	  /* thought signatures */
	int64_t signatures_max;		  /* and how many, at most */
	int64_t objects_every_hours;	  /* expired objects go; 0: never */
};

/*
 * Add new rows of the journal to the sums (usage.h), which takes as long as it
 * takes but no longer than 15 s at a time.  Delete what is older, and old rows
 * of what is kept for a time of our own, when it is time and no other process
 * is at it.  Takes a second a table at most, in steps of a millisecond so that
 * nobody waits for the lock; what is left is for the next time.  To be called
 * about once a minute.  Failures are logged.
 */
void retention_due(struct store *, const struct retention *);

#endif
