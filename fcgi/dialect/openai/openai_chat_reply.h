/* openai_chat_reply.h: the writer that makes one chat.completion of an answer
 */
#ifndef GB_DIALECT_OPENAI_CHAT_REPLY_H
#define GB_DIALECT_OPENAI_CHAT_REPLY_H

#include "dialect/writer.h"

extern const struct writer_kind openai_chat_whole;

#endif
