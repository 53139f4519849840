/* anthropic_stream.h: the writer of an answer as the events of an Anthropic
 * message, as it comes */
#ifndef GB_DIALECT_ANTHROPIC_STREAM_H
#define GB_DIALECT_ANTHROPIC_STREAM_H

#include "dialect/writer.h"

/* An event that means nothing, to keep a line open. */
#define ANTHROPIC_PING "event: ping\ndata: {\"type\":\"ping\"}\n\n"

extern const struct writer_kind anthropic_streamed;

#endif
