/*
 * chat_read.h: what the readers of every client's dialect share.
 *
 * A reader walks the client's JSON and fills in a struct chat; here are the
 * steps that are the same whatever the fields are called.  Every function
 * answers GB_OK, or GB_EINVAL or GB_ENOMEM with the reader's "err" filled in.
 */
#ifndef GB_DIALECT_CHAT_READ_H
#define GB_DIALECT_CHAT_READ_H

#include <stdbool.h>

#include "dialect/chat.h"
#include "dialect/error.h"
#include "dialect/field.h"

struct json_object; /* json-c's */

/* What the operator says of all requests. */
struct chat_options {
	bool strict;	    /* a field that cannot be honoured is an error */
	bool show_thinking; /* a client that asks for reasoning sees the
			       thoughts, unless it says otherwise */
};

/* One request being read. */
struct chat_reader {
	struct chat *chat;
	const struct chat_options *opts;
	struct api_error *err;
};

/* Where a text or a picture goes. */
enum chat_place {
	CHAT_PLACE_SYSTEM, /* system texts */
	CHAT_PLACE_USER,
	CHAT_PLACE_MODEL,
	CHAT_PLACE_RESULT, /* media of the result before them; texts are
			      skipped, they are part of it already */
	CHAT_PLACE__MAX
};

/*
 * Begin: "root", which the chat takes over (also on failure), becomes "out",
 * to be released with chat_release() in any case.  It must be an object with
 * every member of "required", which NULL ends.
 */
enum gb_err chat_read_begin(struct chat_reader *, struct json_object *root,
			    const char *const *required) GB_NODISCARD;

/* Reads what one field, or one item of an array, has. */
typedef enum gb_err chat_field_fn(struct chat_reader *, struct json_object *,
				  const struct field *);

/* An array, every item of which "read" takes, up to the first failure. */
enum gb_err chat_read_each(struct chat_reader *, struct json_object *array,
			   const struct field *,
			   chat_field_fn *read) GB_NODISCARD;

/* A list of the chat is full, or memory is: "why" as chat_add_part() has it.
 * What it answers is never GB_OK. */
enum gb_err chat_no_room(struct chat_reader *, const struct field *,
			 enum gb_err why);

/* A field that cannot be honoured: an error when strict, else dropped under
 * "name". */
enum gb_err chat_cannot(struct chat_reader *, const struct field *,
			const char *name) GB_NODISCARD;

/* The model's name, which becomes part of a URL; "models/" and "google/" go. */
enum gb_err chat_read_model(struct chat_reader *, struct json_object *,
			    const struct field *) GB_NODISCARD;

/* "stream" */
enum gb_err chat_read_stream(struct chat_reader *, struct json_object *,
			     const struct field *) GB_NODISCARD;

/* What keeps requests of one client with one key; an empty text says nothing,
 * and of two fields the last one counts. */
enum gb_err chat_read_affinity(struct chat_reader *, struct json_object *,
			       const struct field *) GB_NODISCARD;

/* Of chat->gen.  A temperature goes from 0 to "max"; a top_p of 0, a top_k or a
 * limit of tokens of 0 and less mean "none"; seeds fold to 31 bits. */
enum gb_err chat_read_temperature(struct chat_reader *, struct json_object *,
				  const struct field *,
				  double max) GB_NODISCARD;
enum gb_err chat_read_top_p(struct chat_reader *, struct json_object *,
			    const struct field *) GB_NODISCARD;
enum gb_err chat_read_top_k(struct chat_reader *, struct json_object *,
			    const struct field *) GB_NODISCARD;
enum gb_err chat_read_max_tokens(struct chat_reader *, struct json_object *,
				 const struct field *) GB_NODISCARD;
enum gb_err chat_read_seed(struct chat_reader *, struct json_object *,
			   const struct field *) GB_NODISCARD;
/* One string or an array of them; empty ones are left out. */
enum gb_err chat_read_stops(struct chat_reader *, struct json_object *,
			    const struct field *) GB_NODISCARD;

/* "none", "minimal" … "max", of the field that chat->thinking.param is to
 * name: "param", borrowed. */
enum gb_err chat_read_effort(struct chat_reader *, struct json_object *,
			     const struct field *,
			     const char *param) GB_NODISCARD;

/* One text; empty ones are left out.  "origin": chat_part has it. */
enum gb_err chat_put_text(struct chat_reader *, struct text,
			  const struct field *, enum chat_place,
			  size_t origin) GB_NODISCARD;

/* The texts of an array of {"text":…} as one, in the arena; items without a
 * text count as empty. */
enum gb_err chat_join_texts(struct chat_reader *, struct json_object *parts,
			    const struct field *,
			    struct text *out) GB_NODISCARD;

/* A thought signature, base64; none for null and "". */
enum gb_err chat_read_signature(struct chat_reader *, struct json_object *,
				const struct field *,
				struct text *out) GB_NODISCARD;

/* Put "signature" on the last of the model's parts that came after part
 * "first", or on an empty text of its own, as Gemini itself sends it. */
enum gb_err chat_sign(struct chat_reader *, struct text signature, size_t first,
		      const struct field *, size_t origin) GB_NODISCARD;

/*
 * What only shows once all fields were read: there is some text ("messages"
 * names the field that should have it), nothing stands beside a cached content
 * that cannot, and who asked for reasoning sees the thoughts.
 */
enum gb_err chat_read_end(struct chat_reader *,
			  const char *messages) GB_NODISCARD;

#endif
