/*
 * several.h: one request that is several calls upstream, side by side.
 *
 * Each call has a thread, an api_request and retries of its own, and begins
 * with a key of its own as long as there are enough.  What they have in common
 * is the client: one at a time writes to it.  When one fails for good, or the
 * client is gone, the others are cancelled: nothing is worth paying for then,
 * unless each is good by itself.
 */
#ifndef GB_API_SEVERAL_H
#define GB_API_SEVERAL_H

#include "api/call.h"

#define SEVERAL_MAX 10 /* pictures; of answers to a chat there are fewer */

struct several;

/* "count" calls (1 to SEVERAL_MAX) for "rq", which outlives them; NULL: no
 * memory. */
struct several *several_new(struct api_request *rq, size_t count);
/* Also of what is in the requests below.  NULL is fine. */
void several_free(struct several *);

/* The request as call "at" has it: it reads what "rq" has, and what it fills
 * in ("entry", "error", "out", "status") is its own. */
struct api_request *several_request(struct several *, size_t at);

/*
 * Run them: calls[at] is ready for call_run(), with several_request(at), and
 * loses its "first" and "peers" again.  True: all went well; what each has left
 * in its "out" was sent, if it is a stream, or is there to be joined.  False:
 * the first failure is in rq->error, or the client hung up.  The journal entry
 * of "rq" has what they did all together.
 */
bool several_run(struct several *, struct call *const calls[]);

/* The same where each answer is good by itself: one that fails stops no other,
 * and its error is in its request only.  False: the client hung up, or there
 * was no key to begin with, of which rq->error tells. */
bool several_run_each(struct several *, struct call *const calls[]);

#endif
