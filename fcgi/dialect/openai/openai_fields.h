/*
 * openai_fields.h: fields that OpenAI's chat completions, completions and
 * responses have alike.
 *
 * Rows of the table of either; they answer as the functions of chat_read.h do.
 */
#ifndef GB_DIALECT_OPENAI_FIELDS_H
#define GB_DIALECT_OPENAI_FIELDS_H

#include "dialect/chat_read.h"

enum gb_err openai_read_temperature(struct chat_reader *, struct json_object *,
				    const struct field *) GB_NODISCARD;
enum gb_err openai_read_tier(struct chat_reader *, struct json_object *,
			     const struct field *) GB_NODISCARD;
enum gb_err openai_read_parallel(struct chat_reader *, struct json_object *,
				 const struct field *) GB_NODISCARD;

/* A penalty of 0 asks for nothing. */
enum gb_err openai_read_presence(struct chat_reader *, struct json_object *,
				 const struct field *) GB_NODISCARD;
enum gb_err openai_read_frequency(struct chat_reader *, struct json_object *,
				  const struct field *) GB_NODISCARD;

/* How many answers: 1 to REPLY_CANDIDATES_MAX. */
enum gb_err openai_read_n(struct chat_reader *, struct json_object *,
			  const struct field *) GB_NODISCARD;

/* "reasoning_effort" */
enum gb_err openai_read_effort(struct chat_reader *, struct json_object *,
			       const struct field *) GB_NODISCARD;

/* "mode" of the tools that a "tool_choice" allows, of what "value" has. */
enum gb_err openai_read_allowed_mode(struct chat_reader *,
				     struct json_object *value,
				     const struct field *,
				     enum chat_choice *mode) GB_NODISCARD;

/* {"include_usage":…} */
enum gb_err openai_read_stream_options(struct chat_reader *,
				       struct json_object *,
				       const struct field *) GB_NODISCARD;

/* {"google":{…}} */
enum gb_err openai_read_extra_body(struct chat_reader *, struct json_object *,
				   const struct field *) GB_NODISCARD;

/* {"type":"text"|"json_object"|"json_schema",…}.  "nested" is the member that
 * holds the schema's own members; NULL: they stand beside the type. */
enum gb_err openai_read_format(struct chat_reader *, struct json_object *,
			       const struct field *,
			       const char *nested) GB_NODISCARD;

#endif
