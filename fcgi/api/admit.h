/*
 * admit.h: whether the caller's token allows what the request wants: the
 * endpoint, the model, and its limits.
 */
#ifndef GB_API_ADMIT_H
#define GB_API_ADMIT_H

#include "api/call.h"

/* Whether the token may use endpoints of rq->family; else rq->error says so. */
bool admit_endpoint(struct api_request *);

/*
 * Whether the request may make these calls.  The first time it asks, what they
 * may take at most is reserved of the token's limits, until api_finish(), and
 * the reply's headers say what is left; what it calls later is part of it.
 * Else rq->error is the refusal.  Lists of models cost nothing and are not
 * limited.
 */
bool admit_calls(struct api_request *, struct call *const calls[],
		 size_t count);

#endif
