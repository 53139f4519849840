/*
 * schema.h: a client's JSON Schema as Gemini takes it.
 *
 * schema_write_json() is for parametersJsonSchema and responseJsonSchema,
 * which take JSON Schema with small corrections; schema_write_proto() for
 * parameters and responseSchema, where one unknown keyword refuses the whole
 * request: it keeps what is on Google's list and puts the rest into those
 * words as far as they go.
 *
 * What neither can say is named by its keyword ("multipleOf", without a "$"
 * in front), and these for want of one: "cycle", a reference to what it stands
 * in was cut; "ref", a reference that points to nothing; "allOf", branches that
 * say different things of the same.  Not named is what binds nobody: notes of
 * the schema's author ("$schema", "$id", "$comment", "examples", "deprecated",
 * "readOnly", "x-…" …), keywords that do not concern a value of the stated
 * type, and those with a value that asks for nothing
 * ("additionalProperties": true).
 */
#ifndef GB_DIALECT_SCHEMA_H
#define GB_DIALECT_SCHEMA_H

#include "base/err.h"
#include "dialect/chat.h"
#include "dialect/json/json_out.h"

/* What the schemas of one request may be in all: $ref is inlined, and that can
 * blow up a small schema to any size.  A thousand tools fit easily. */
#define SCHEMA_WORK_MAX	 100000		   /* objects, names and values seen */
#define SCHEMA_BYTES_MAX (8 * 1024 * 1024) /* written */
#define SCHEMA_DEPTH_MAX \
	48 /* subschemas in each other; Google stops at 100 \
	      levels of JSON, which is two a subschema */

/* What the schemas of one request have cost so far; zero it before the first
 * one.  "lost" takes the names of what was left out; NULL: nobody asks. */
struct schema_account {
	size_t work, bytes;
	struct chat_dropped *lost;
};

/*
 * Write "schema", an object, as one value.  GB_ETOOBIG: over a limit above;
 * what was written then is rubbish.  A failed append shows in the buffer.
 */
enum gb_err schema_write_json(struct json_out *, struct json_object *schema,
			      struct schema_account *) GB_NODISCARD;
enum gb_err schema_write_proto(struct json_out *, struct json_object *schema,
			       struct schema_account *) GB_NODISCARD;

/* Whether it asks for no arguments at all, so that it is better left out: an
 * object without properties, and without a word about others than those. */
bool schema_is_empty(struct json_object *schema);

#endif
