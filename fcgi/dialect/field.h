/*
 * field.h: typed values out of a client's JSON, and errors that name the field.
 *
 * Where a value stands is a chain of steps on the caller's stack; only an
 * error spells it out, as in "messages[2].content[0].image_url.url".
 *
 * Every reader answers GB_OK, or GB_EINVAL with "err" filled in and the
 * out-parameter as it was.
 */
#ifndef GB_DIALECT_FIELD_H
#define GB_DIALECT_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dialect/error.h"

struct json_object; /* json-c's */

#define FIELD_NAME_MAX 160 /* bytes of a spelled-out name, as in api_error */

/* UTF-8, borrowed; "ptr" is NULL for none.  It may hold NULs. */
struct text {
	const char *ptr;
	size_t len;
};

/* One step; "up" NULL: the step is from the root. */
struct field {
	const struct field *up;
	const char *key; /* NULL: an item of an array, number "index" */
	size_t index;
};

/* Steps, as values that live to the end of the enclosing block. */
#define FIELD_KEY(up, key)    (&(const struct field){(up), (key), 0})
#define FIELD_ITEM(up, index) (&(const struct field){(up), NULL, (index)})

/* Words of a field and what they mean. */
struct choice {
	const char *word;
	int value;
};

/* Spell out where a field stands; cut when it is too long. */
void field_name(const struct field *, char name[FIELD_NAME_MAX]);

/* Fill in "err" for this field, and answer GB_EINVAL. */
enum gb_err field_refuse(const struct field *, struct api_error *err,
			 enum api_fault, const char *fmt, ...) GB_PRINTF(4, 5);

enum gb_err field_text(struct json_object *, const struct field *,
		       struct text *out, struct api_error *err) GB_NODISCARD;
/* The same, and not empty. */
enum gb_err field_filled(struct json_object *, const struct field *,
			 struct text *out, struct api_error *err) GB_NODISCARD;
enum gb_err field_bool(struct json_object *, const struct field *, bool *out,
		       struct api_error *err) GB_NODISCARD;
enum gb_err field_object(struct json_object *, const struct field *,
			 struct api_error *err) GB_NODISCARD;
enum gb_err field_array(struct json_object *, const struct field *,
			struct api_error *err) GB_NODISCARD;
/* An array with something in it, "*count" items. */
enum gb_err field_items(struct json_object *, const struct field *,
			size_t *count, struct api_error *err) GB_NODISCARD;
/* A whole number (3.0 is one); beyond 64 bits it is the nearest that fits. */
enum gb_err field_int(struct json_object *, const struct field *, int64_t *out,
		      struct api_error *err) GB_NODISCARD;
/* The same, from 1 on. */
enum gb_err field_positive(struct json_object *, const struct field *,
			   int64_t *out, struct api_error *err) GB_NODISCARD;
enum gb_err field_number(struct json_object *, const struct field *, double min,
			 double max, double *out,
			 struct api_error *err) GB_NODISCARD;
/* One of the words of "choices", which a row without a word ends. */
enum gb_err field_choice(struct json_object *, const struct field *,
			 const struct choice *choices, int *out,
			 struct api_error *err) GB_NODISCARD;

/* An object whose "type" is one of them. */
enum gb_err field_type(struct json_object *, const struct field *,
		       const struct choice *types, int *out,
		       struct api_error *err) GB_NODISCARD;

/* The text of a string value; none for anything else. */
struct text text_of(struct json_object *);
struct text text_from(const char *str);
bool text_is(struct text, const char *str);
bool text_equal(struct text, struct text);
bool text_begins(struct text, const char *prefix);

#endif
