/* responses_read.h: what the files of the Responses reader share; they answer
 * as the functions of chat_read.h do */
#ifndef GB_DIALECT_RESPONSES_READ_H
#define GB_DIALECT_RESPONSES_READ_H

#include "dialect/chat_read.h"
#include "dialect/responses/responses_request.h"

#define RESPONSES_SPACE '.' /* between a namespace and a function's name */

/* responses_items.c: a string, or an array of items */
enum gb_err responses_read_input(struct chat_reader *, struct json_object *,
				 const struct field *) GB_NODISCARD;

/* responses_tools.c */
enum gb_err responses_read_tools(struct chat_reader *, struct json_object *,
				 const struct field *) GB_NODISCARD;
enum gb_err responses_read_tool_choice(struct chat_reader *,
				       struct json_object *,
				       const struct field *) GB_NODISCARD;

/* "space" and "name" as the one name that Gemini knows a function of a
 * namespace by; as it is when "space" is none. */
enum gb_err responses_join_name(struct chat_reader *, const struct field *,
				struct text space, struct text name,
				struct text *out) GB_NODISCARD;

#endif
