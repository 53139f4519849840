/*
 * gemini_count.h: how many tokens a chat is, as Gemini is asked for it.
 */
#ifndef GB_DIALECT_GEMINI_COUNT_H
#define GB_DIALECT_GEMINI_COUNT_H

#include "dialect/gemini/gemini_request.h"

/*
 * Append the body of countTokens: the whole request, since only then system
 * texts and tools count.  As gemini_request_write() in all else.
 */
enum gb_err gemini_count_write(const struct chat *, const struct model_facts *,
			       const struct gemini_request_options *,
			       struct buf *out,
			       struct api_error *err) GB_NODISCARD;

/* The tokens that its answer tells; false: it is none. */
bool gemini_count_read(const char *json, size_t len, int64_t *tokens);

#endif
