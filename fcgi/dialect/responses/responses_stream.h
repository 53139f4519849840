/*
 * responses_stream.h: the writer of an answer as the events of a response, as
 * it comes.
 *
 * There is no [DONE]: the last event is response.completed, .incomplete or
 * .failed, and holds the response as a whole.
 */
#ifndef GB_DIALECT_RESPONSES_STREAM_H
#define GB_DIALECT_RESPONSES_STREAM_H

#include "dialect/writer.h"

extern const struct writer_kind responses_streamed;

#endif
