/* anthropic_read.h: what the files of the Anthropic reader share; they answer
 * as the functions of chat_read.h do */
#ifndef GB_DIALECT_ANTHROPIC_READ_H
#define GB_DIALECT_ANTHROPIC_READ_H

#include "base/buf.h"
#include "dialect/anthropic/anthropic_request.h"
#include "dialect/chat_media.h"
#include "dialect/chat_read.h"

/* anthropic_messages.c */
enum gb_err anthropic_read_messages(struct chat_reader *, struct json_object *,
				    const struct field *) GB_NODISCARD;

/*
 * anthropic_content.c: a block of text, a picture or a document.  It becomes
 * parts in its place; with "words" its texts are appended there instead, a
 * line each, and its media are left out.
 */
enum gb_err anthropic_read_block(const struct chat_media *to,
				 struct json_object *block,
				 const struct field *,
				 struct buf *words) GB_NODISCARD;

/* anthropic_content.c: a system text: a string, or blocks of text */
enum gb_err anthropic_read_system(struct chat_reader *, struct json_object *,
				  const struct field *) GB_NODISCARD;

/* anthropic_tools.c */
enum gb_err anthropic_read_tools(struct chat_reader *, struct json_object *,
				 const struct field *) GB_NODISCARD;
enum gb_err anthropic_read_tool_choice(struct chat_reader *,
				       struct json_object *,
				       const struct field *) GB_NODISCARD;

#endif
