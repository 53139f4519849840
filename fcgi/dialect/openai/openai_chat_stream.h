/*
 * openai_chat_stream.h: the writer of an answer as chat.completion.chunk
 * events, as it comes.
 *
 * openai-python joins strings of the same key, so an id, a name and a
 * signature are sent once; and it wants tool calls numbered from 0 without a
 * gap, in each choice.
 */
#ifndef GB_DIALECT_OPENAI_CHAT_STREAM_H
#define GB_DIALECT_OPENAI_CHAT_STREAM_H

#include "dialect/writer.h"

extern const struct writer_kind openai_chat_streamed;

#endif
