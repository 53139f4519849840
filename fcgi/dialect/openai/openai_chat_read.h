/* openai_chat_read.h: what the files of the OpenAI chat reader share; they
 * answer as the functions of chat_read.h do */
#ifndef GB_DIALECT_OPENAI_CHAT_READ_H
#define GB_DIALECT_OPENAI_CHAT_READ_H

#include "dialect/chat_read.h"
#include "dialect/openai/openai_chat_request.h"

/* openai_chat_messages.c */
enum gb_err openai_read_messages(struct chat_reader *, struct json_object *,
				 const struct field *) GB_NODISCARD;

/* openai_chat_content.c: a message's "content": a string, parts, or null. */
enum gb_err openai_read_content(struct chat_reader *, struct json_object *,
				const struct field *, enum chat_place,
				size_t origin) GB_NODISCARD;

/* openai_chat_tools.c */
enum gb_err openai_read_tools(struct chat_reader *, struct json_object *,
			      const struct field *) GB_NODISCARD;
enum gb_err openai_read_functions(struct chat_reader *, struct json_object *,
				  const struct field *) GB_NODISCARD;
enum gb_err openai_read_tool_choice(struct chat_reader *, struct json_object *,
				    const struct field *) GB_NODISCARD;
enum gb_err openai_read_function_call(struct chat_reader *,
				      struct json_object *,
				      const struct field *) GB_NODISCARD;

/* openai_chat_google.c: the "google" object, of the body or of extra_body */
enum gb_err openai_read_google(struct chat_reader *, struct json_object *,
			       const struct field *) GB_NODISCARD;
enum gb_err openai_read_modalities(struct chat_reader *, struct json_object *,
				   const struct field *) GB_NODISCARD;
/* "audio": how an answer is to be spoken. */
enum gb_err openai_read_audio(struct chat_reader *, struct json_object *,
			      const struct field *) GB_NODISCARD;

#endif
