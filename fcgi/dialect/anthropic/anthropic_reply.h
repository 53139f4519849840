/* anthropic_reply.h: the writer that makes one Anthropic message of an answer
 */
#ifndef GB_DIALECT_ANTHROPIC_REPLY_H
#define GB_DIALECT_ANTHROPIC_REPLY_H

#include "dialect/writer.h"

extern const struct writer_kind anthropic_whole;

#endif
