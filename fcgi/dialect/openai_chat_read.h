/* openai_chat_read.h: what the files of the OpenAI chat reader share */
#ifndef GB_DIALECT_OPENAI_CHAT_READ_H
#define GB_DIALECT_OPENAI_CHAT_READ_H

#include "dialect/chat.h"
#include "dialect/field.h"
#include "dialect/openai_chat_request.h"

/* One request being read.  Every reader below answers GB_OK, or GB_EINVAL or
 * GB_ENOMEM with "err" filled in. */
struct openai_reader {
	struct chat *chat;
	const struct chat_options *opts;
	struct api_error *err;
};

/* Where the content of a message goes. */
enum openai_place {
	OPENAI_SYSTEM, /* system texts */
	OPENAI_USER,
	OPENAI_ASSISTANT,
	OPENAI_RESULT, /* media of the result before them; texts are skipped */
	OPENAI_PLACE__MAX
};

/* A list of the chat is full, or memory is: "why" as chat_add_part() has it. */
enum gb_err openai_no_room(struct openai_reader *, const struct field *,
			   enum gb_err why);

/* A field that cannot be honoured: an error when strict, else dropped under
 * "name". */
enum gb_err openai_cannot(struct openai_reader *, const struct field *,
			  const char *name) GB_NODISCARD;

/* openai_chat_messages.c */
enum gb_err openai_read_messages(struct openai_reader *, struct json_object *,
				 const struct field *) GB_NODISCARD;

/* openai_chat_content.c: a message's "content": a string, parts, or null. */
enum gb_err openai_read_content(struct openai_reader *, struct json_object *,
				const struct field *, enum openai_place,
				size_t origin) GB_NODISCARD;
/* One text; empty ones are left out. */
enum gb_err openai_put_text(struct openai_reader *, struct text,
			    const struct field *, enum openai_place,
			    size_t origin) GB_NODISCARD;

/* openai_chat_tools.c */
enum gb_err openai_read_tools(struct openai_reader *, struct json_object *,
			      const struct field *) GB_NODISCARD;
enum gb_err openai_read_functions(struct openai_reader *, struct json_object *,
				  const struct field *) GB_NODISCARD;
enum gb_err openai_read_tool_choice(struct openai_reader *,
				    struct json_object *,
				    const struct field *) GB_NODISCARD;
enum gb_err openai_read_function_call(struct openai_reader *,
				      struct json_object *,
				      const struct field *) GB_NODISCARD;
/* Once all of them are there. */
enum gb_err openai_name_tools(struct openai_reader *) GB_NODISCARD;

/* openai_chat_google.c: the "google" object, of the body or of extra_body */
enum gb_err openai_read_google(struct openai_reader *, struct json_object *,
			       const struct field *) GB_NODISCARD;
enum gb_err openai_read_modalities(struct openai_reader *, struct json_object *,
				   const struct field *) GB_NODISCARD;

#endif
