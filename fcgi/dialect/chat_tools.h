/*
 * chat_tools.h: tools, calls and results of a client's request, as parts of
 * the chat, whatever the client's dialect calls them.
 *
 * Functions answer as those of chat_read.h do.
 */
#ifndef GB_DIALECT_CHAT_TOOLS_H
#define GB_DIALECT_CHAT_TOOLS_H

#include "dialect/chat_read.h"

/* --- declarations --------------------------------------------------------- */

/*
 * Declare {"name":…,"description":…,<schema>:…,"strict":…}; "schema" is the
 * name of the member with its JSON Schema.  A function without parameters that
 * is called like a tool of Google's own becomes that.
 */
enum gb_err chat_read_function(struct chat_reader *, struct json_object *,
			       const struct field *,
			       const char *schema) GB_NODISCARD;

/* Declare {"name":…,"description":…,"format":…}, a tool that takes one text in
 * no form of ours: a function with the one parameter "input". */
enum gb_err chat_read_custom(struct chat_reader *, struct json_object *,
			     const struct field *) GB_NODISCARD;

/* Whether a tool's "type" is one of Google's own tools under any of the names
 * that clients have for it, versions too ("web_search_20250305"); then it is
 * among the chat's. */
bool chat_take_builtin(struct chat *, struct text type);

/* Once all are declared: give them the names that Gemini takes.  "at" is the
 * field that holds them. */
enum gb_err chat_name_declared(struct chat_reader *,
			       const struct field *at) GB_NODISCARD;

/* --- which may be called -------------------------------------------------- */

/* holder.name becomes one of the allowed functions. */
enum gb_err chat_allow(struct chat_reader *, struct json_object *holder,
		       const struct field *) GB_NODISCARD;

/* "auto", and what it is when a function is to be called by its schema to the
 * letter. */
enum chat_choice chat_auto_choice(const struct chat *);

/* "auto", "none" or "required". */
enum gb_err chat_read_choice_word(struct chat_reader *, struct json_object *,
				  const struct field *) GB_NODISCARD;

/* --- calls and results ---------------------------------------------------- */

/* holder.name, as Gemini takes it. */
enum gb_err chat_read_name(struct chat_reader *, struct json_object *holder,
			   const struct field *,
			   struct text *name) GB_NODISCARD;

/* A call's arguments: a string with JSON in it.  Nothing and null are none;
 * what is no object is wrapped into one, or with "strict" refused. */
enum gb_err chat_read_arguments(struct chat_reader *, struct json_object *,
				const struct field *,
				struct text *args) GB_NODISCARD;

/* The same for a value that is JSON already, an object or null. */
enum gb_err chat_read_input(struct chat_reader *, struct json_object *,
			    const struct field *,
			    struct text *args) GB_NODISCARD;

/* The text that a custom tool was called with, as arguments. */
enum gb_err chat_read_custom_input(struct chat_reader *, struct json_object *,
				   const struct field *,
				   struct text *args) GB_NODISCARD;

struct chat_call {
	struct text id, name, args, signature; /* no id: the client has none */
};

enum gb_err chat_put_call(struct chat_reader *, const struct chat_call *,
			  const struct field *, size_t origin) GB_NODISCARD;

/*
 * A result; "content" is a string, an array of parts with texts, or NULL.  A
 * text that is JSON counts as JSON, unless "error": then it is
 * {"error":<text>}.  Pictures among the parts are for the caller to add, with
 * CHAT_PLACE_RESULT, right after it.
 */
enum gb_err chat_put_result(struct chat_reader *, struct text id,
			    struct text name, struct json_object *content,
			    const struct field *, bool error,
			    size_t origin) GB_NODISCARD;

/* The same for a text in hand, in the arena or the JSON. */
enum gb_err chat_put_result_text(struct chat_reader *, struct text id,
				 struct text name, struct text content,
				 const struct field *, bool error,
				 size_t origin) GB_NODISCARD;

#endif
