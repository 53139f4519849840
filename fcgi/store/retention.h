/* retention.h: deleting what the journal need not keep any longer */
#ifndef GB_STORE_RETENTION_H
#define GB_STORE_RETENTION_H

#include "store/store.h"

/*
 * Delete rows of requests older than "request_days" and of failed attempts
 * older than "error_days" (0: keep them), when it is time and no other
 * process is at it.  Takes a second a table at most, in steps of a millisecond
 * so that nobody waits for the lock; what is left is for the next time.  To be
 * called about once a minute.  Failures are logged.
 */
void retention_due(struct store *, int64_t request_days, int64_t error_days);

#endif
