/*
 * reply_text.h: what an answer is in words, where a dialect has no form for it.
 *
 * All append to a buffer; a failure shows in buf_error().
 */
#ifndef GB_DIALECT_REPLY_TEXT_H
#define GB_DIALECT_REPLY_TEXT_H

#include "base/buf.h"
#include "dialect/reply.h"

/* Why there is no content, when a filter is the reason; else nothing. */
void reply_text_refusal(const struct reply *, unsigned candidate,
			struct buf *text);

/* Code, or what it printed, as a fenced block of Markdown.  "first": no text
 * goes before it. */
void reply_text_fence(struct buf *, const struct piece *, bool first);

/* A picture as an image of Markdown, its bytes within the URL. */
void reply_text_picture(struct buf *, const struct piece *, bool first);

#endif
