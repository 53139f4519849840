/* store/jobs.h: which process does what is due from time to time (SQL) */
#ifndef GB_STORE_JOBS_H
#define GB_STORE_JOBS_H

#include "store/store.h"

/*
 * Take the lease on a job for "lease_ms" when it was last taken at least
 * "every_ms" ago and nobody holds it; "*mine" says whether this process is
 * to run it now.
 */
enum gb_err store_job_take(struct store *, const char *job, int64_t now_ms,
			   int64_t every_ms, int64_t lease_ms,
			   bool *mine) GB_NODISCARD;

/* The job that was taken at "taken_ms" is done: the lease ends with it, for one
 * that is due again before the lease would end.  A later lease stays. */
enum gb_err store_job_end(struct store *, const char *job,
			  int64_t taken_ms) GB_NODISCARD;

#endif
