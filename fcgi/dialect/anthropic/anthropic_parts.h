/*
 * anthropic_parts.h: what whole and streamed messages share.
 *
 * An answer in Anthropic's words, each a JSON value or members of one.
 */
#ifndef GB_DIALECT_ANTHROPIC_PARTS_H
#define GB_DIALECT_ANTHROPIC_PARTS_H

#include "base/buf.h"
#include "dialect/json/json_out.h"
#include "dialect/writer.h"

/*
 * The message object.  "blocks" are the items of its content, as text.  One
 * that is not "done" is a stream's beginning: it does not say why it ended.
 */
void anthropic_write_message(struct json_out *, const struct writer_options *,
			     const struct reply *, const struct buf *blocks,
			     bool done);

/* Members: stop_reason, stop_sequence and stop_details, once all was read. */
void anthropic_write_stop(struct json_out *, const struct reply *);

/* Members of "usage" that grow with the answer. */
void anthropic_write_counts(struct json_out *, const struct reply_usage *);

/* Members of a tool_use block, but for its "input". */
void anthropic_write_call(struct json_out *, const struct writer_options *,
			  const struct piece *);

/* A citation: an address, without the words that it is cited for. */
void anthropic_write_citation(struct json_out *, const struct piece *);

#endif
