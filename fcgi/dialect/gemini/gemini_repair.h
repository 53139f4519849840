/*
 * gemini_repair.h: what to change about a request that Gemini refused.
 *
 * Some refusals tell the way out: the model takes less than its facts say, or
 * a schema only in the other form.  One table from Google's words to a fix,
 * which changes what the request's writer is told.  Google may quote a
 * client's text, so a row can be hit by mistake; that costs a call, no more.
 */
#ifndef GB_DIALECT_GEMINI_REPAIR_H
#define GB_DIALECT_GEMINI_REPAIR_H

#include <stdbool.h>

#include "dialect/gemini/gemini_request.h"

#define GEMINI_REPAIRS_MAX 3 /* of one request; each kind once */

/* What one request was mended by so far; zero it at first. */
struct gemini_repairs {
	unsigned kinds; /* a bit each */
	unsigned count;
};

/*
 * Look for what mends "chat", written with "facts" and "opts" and refused with
 * "text": the message of a 400, or the finishReason of an answer that came to
 * nothing.  True: both are changed, and it is worth writing again.  False:
 * they are as they were.
 */
bool gemini_repair(struct gemini_repairs *, const struct chat *,
		   const char *text, struct model_facts *facts,
		   struct gemini_request_options *opts) GB_NODISCARD;

#endif
