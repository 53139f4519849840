/* responses_reply.h: the writer that makes one response of an answer */
#ifndef GB_DIALECT_RESPONSES_REPLY_H
#define GB_DIALECT_RESPONSES_REPLY_H

#include "dialect/writer.h"

extern const struct writer_kind responses_whole;

#endif
