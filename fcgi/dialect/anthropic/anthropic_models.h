/*
 * anthropic_models.h: which models there are, in Anthropic's form.
 *
 * Made of what an OpenAI client is told, so that both are told the same.
 */
#ifndef GB_DIALECT_ANTHROPIC_MODELS_H
#define GB_DIALECT_ANTHROPIC_MODELS_H

#include "base/buf.h"

/* Append the list, or the one model, that "openai" is in OpenAI's form.
 * GB_EINVAL: it is neither, and nothing was appended. */
enum gb_err anthropic_models_write(const char *openai, size_t len,
				   struct buf *out) GB_NODISCARD;

#endif
