/*
 * completions_reply.h: the writers that make a text_completion of an answer,
 * whole or as events.
 *
 * Text is all it has a place for: pictures, and code that ran at Google, are
 * Markdown in it, and what else there is is left out.
 */
#ifndef GB_DIALECT_COMPLETIONS_REPLY_H
#define GB_DIALECT_COMPLETIONS_REPLY_H

#include "dialect/writer.h"

extern const struct writer_kind completions_whole, completions_streamed;

#endif
