/*
 * schema.h: a client's JSON Schema as Gemini takes it.
 *
 * schema_write_json() is for parametersJsonSchema and responseJsonSchema,
 * which take JSON Schema with small corrections; schema_write_proto() for
 * parameters and responseSchema, where one unknown keyword refuses the whole
 * request: it keeps what is on Google's list and puts the rest into those
 * words as far as they go.
 */
#ifndef GB_DIALECT_SCHEMA_H
#define GB_DIALECT_SCHEMA_H

#include "base/err.h"
#include "dialect/json_out.h"

struct json_object; /* json-c's */

/* $ref is inlined, and that can blow up a small schema to any size. */
#define SCHEMA_NODES_MAX 20000 /* subschemas written */
#define SCHEMA_DEPTH_MAX \
	48 /* of them in each other; Google stops at 100 \
	      levels of JSON, which is two a subschema */

/*
 * Write "schema", an object, as one value.  GB_ETOOBIG: over a limit above;
 * what was written then is rubbish.  A failed append shows in the buffer.
 */
enum gb_err schema_write_json(struct json_out *,
			      struct json_object *schema) GB_NODISCARD;
enum gb_err schema_write_proto(struct json_out *,
			       struct json_object *schema) GB_NODISCARD;

/* Whether it asks for nothing, so that it is better left out: no keyword, or
 * an object without properties. */
bool schema_is_empty(struct json_object *schema);

#endif
