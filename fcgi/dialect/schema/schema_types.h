/*
 * schema_types.h: what types of values a subschema is about, for the writer in
 * the words of Google's Schema message: there a schema has one type, and a
 * list of values only when they are strings.
 */
#ifndef GB_DIALECT_SCHEMA_TYPES_H
#define GB_DIALECT_SCHEMA_TYPES_H

#include "dialect/schema/schema_view.h"

#define SCHEMA_WORDS_MAX 2048 /* bytes of values put into words */

/* Types, as bits 1 << i of the names "string", "number" … */
enum {
	T_STRING = 1 << 0,
	T_NUMBER = 1 << 1,
	T_INTEGER = 1 << 2,
	T_BOOLEAN = 1 << 3,
	T_ARRAY = 1 << 4,
	T_OBJECT = 1 << 5,
	T_NULL = 1 << 6,
	T_NUMERIC = T_NUMBER | T_INTEGER,
	T_ANY = (1 << 7) - 1,
};

/* How values that are the only ones allowed can be said. */
enum schema_how {
	VALUES_ANY,	/* there are none, or only null: nothing to say */
	VALUES_STRINGS, /* by "enum" */
	VALUES_WORDS,	/* in the description */
};

/* What "enum" or "const" allows. */
struct schema_values {
	enum schema_how how;
	struct json_object *list; /* of enum; NULL: the one of const */
	struct json_object *one;
	size_t count;
	unsigned types; /* of the values, without null */
	bool null;	/* null is one of them */
};

/* Read them; all of "*out" is written. */
void schema_values_read(struct schema_walk *, const struct schema_view *,
			struct schema_values *out);

/* Number "i" below "count". */
struct json_object *schema_value(const struct schema_values *, size_t i);

/* Append "Must be one of: 1, 2." as a sentence.  Too many, or too long ones:
 * nothing is appended. */
void schema_values_in_words(const struct schema_values *, struct buf *out);

/* The one bit that a value is of. */
unsigned schema_type_of(struct json_object *value);

const char *schema_type_name(unsigned type);

/* Whether it allows null and nothing else. */
bool schema_is_null_type(struct json_object *node);

/* The types that "type" names, one or a list; 0: none. */
unsigned schema_stated_types(struct schema_walk *, const struct schema_view *);

/* The types to write: those stated or, where there are none, the one that it
 * is about most likely.  Null only when it is all. */
unsigned schema_types(struct schema_walk *, const struct schema_view *,
		      const struct schema_values *);

#endif
