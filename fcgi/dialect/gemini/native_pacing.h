/* native_pacing.h: an event of Gemini's own streams, as several at a pace */
#ifndef GB_DIALECT_NATIVE_PACING_H
#define GB_DIALECT_NATIVE_PACING_H

#include <stdbool.h>
#include <stddef.h>

#include "dialect/pacing.h"

/*
 * Append the event to "out", which is what "p" paces: "raw" are its bytes with
 * what stands before it and behind it, "sse" is how the stream is framed.  One
 * whose one part is text comes in portions: events that hold no more than some
 * of the text, and at last the event itself with the rest of it.  Any other is
 * appended as it is.
 */
void native_pacing_add(struct pacing *p, struct buf *out, const char *raw,
		       size_t len, bool sse);

#endif
