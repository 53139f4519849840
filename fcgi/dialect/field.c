/* field.c: typed values out of a client's JSON, and errors that name the
 * field */
#include "dialect/field.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "dialect/json/json_tree.h"

#define MESSAGE_MAX \
	512	      /* bytes of an error's text before api_error cuts it \
		       */
#define WORD_SHOWN 40 /* characters shown of a client's wrong word */

/* From the root down; the chain is as long as the JSON is deep at most. */
static size_t
spell(const struct field *at, char *name, size_t size)
{
	size_t len;
	int more;

	if (at == NULL)
		return 0;
	len = spell(at->up, name, size);
	if (at->key == NULL)
		more = snprintf(name + len, size - len, "[%zu]", at->index);
	else
		more = snprintf(name + len, size - len, "%s%s",
				at->up == NULL ? "" : ".", at->key);
	len += more < 0 ? 0 : (size_t)more;
	return len < size ? len : size - 1;
}

void
field_name(const struct field *at, char name[FIELD_NAME_MAX])
{
	name[0] = '\0';
	(void)spell(at, name, FIELD_NAME_MAX);
}

enum gb_err
field_refuse(const struct field *at, struct api_error *err,
	     enum api_fault fault, const char *fmt, ...)
{
	char name[FIELD_NAME_MAX], message[MESSAGE_MAX];
	va_list ap;

	field_name(at, name);
	va_start(ap, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	api_error_set(err, fault, name, "%s: %s", name, message);
	return GB_EINVAL;
}

/* "must be a string, not a number" */
static enum gb_err
wrong_type(struct json_object *value, const struct field *at, const char *want,
	   struct api_error *err)
{
	static const char *const words[] = {
	    [json_type_null] = "null",	      [json_type_boolean] = "a boolean",
	    [json_type_double] = "a number",  [json_type_int] = "a number",
	    [json_type_object] = "an object", [json_type_array] = "an array",
	    [json_type_string] = "a string",
	};

	return field_refuse(at, err, FAULT_INVALID, "must be %s, not %s", want,
			    words[json_object_get_type(value)]);
}

enum gb_err
field_text(struct json_object *value, const struct field *at, struct text *out,
	   struct api_error *err)
{
	if (!json_object_is_type(value, json_type_string))
		return wrong_type(value, at, "a string", err);
	*out = text_of(value);
	return GB_OK;
}

enum gb_err
field_filled(struct json_object *value, const struct field *at,
	     struct text *out, struct api_error *err)
{
	enum gb_err rc;

	if ((rc = field_text(value, at, out, err)) == GB_OK && out->len == 0)
		rc = field_refuse(at, err, FAULT_INVALID, "must not be empty");
	return rc;
}

enum gb_err
field_bool(struct json_object *value, const struct field *at, bool *out,
	   struct api_error *err)
{
	if (!json_object_is_type(value, json_type_boolean))
		return wrong_type(value, at, "a boolean", err);
	*out = json_object_get_boolean(value);
	return GB_OK;
}

enum gb_err
field_object(struct json_object *value, const struct field *at,
	     struct api_error *err)
{
	if (!json_object_is_type(value, json_type_object))
		return wrong_type(value, at, "an object", err);
	return GB_OK;
}

enum gb_err
field_array(struct json_object *value, const struct field *at,
	    struct api_error *err)
{
	if (!json_object_is_type(value, json_type_array))
		return wrong_type(value, at, "an array", err);
	return GB_OK;
}

enum gb_err
field_items(struct json_object *value, const struct field *at, size_t *count,
	    struct api_error *err)
{
	enum gb_err rc;

	if ((rc = field_array(value, at, err)) != GB_OK)
		return rc;
	*count = json_object_array_length(value);
	if (*count == 0)
		return field_refuse(at, err, FAULT_INVALID,
				    "must not be empty");
	return GB_OK;
}

enum gb_err
field_int(struct json_object *value, const struct field *at, int64_t *out,
	  struct api_error *err)
{
	double number;

	switch (json_object_get_type(value)) {
	case json_type_int:
		break;
	case json_type_double:
		number = json_object_get_double(value);
		if (number == trunc(number))
			break;
		return field_refuse(at, err, FAULT_INVALID,
				    "must be a whole number");
	default:
		return wrong_type(value, at, "a whole number", err);
	}
	*out = json_object_get_int64(value);
	return GB_OK;
}

enum gb_err
field_positive(struct json_object *value, const struct field *at, int64_t *out,
	       struct api_error *err)
{
	enum gb_err rc;

	if ((rc = field_int(value, at, out, err)) == GB_OK && *out < 1)
		rc = field_refuse(at, err, FAULT_INVALID, "must be at least 1");
	return rc;
}

enum gb_err
field_number(struct json_object *value, const struct field *at, double min,
	     double max, double *out, struct api_error *err)
{
	double number;

	if (!json_object_is_type(value, json_type_double) &&
	    !json_object_is_type(value, json_type_int))
		return wrong_type(value, at, "a number", err);
	number = json_object_get_double(value);
	if (!(number >= min && number <= max))
		return field_refuse(at, err, FAULT_INVALID,
				    "must be from %g to %g, not %g", min, max,
				    number);
	*out = number;
	return GB_OK;
}

enum gb_err
field_choice(struct json_object *value, const struct field *at,
	     const struct choice *choices, int *out, struct api_error *err)
{
	const struct choice *c;
	char words[MESSAGE_MAX / 2];
	struct text word;
	size_t len = 0;

	if (!json_object_is_type(value, json_type_string))
		return wrong_type(value, at, "a string", err);
	word = text_of(value);
	words[0] = '\0';
	for (c = choices; c->word != NULL; c++) {
		if (text_is(word, c->word)) {
			*out = c->value;
			return GB_OK;
		}
		if (len < sizeof(words))
			len += (size_t)snprintf(words + len,
						sizeof(words) - len, "%s%s",
						len == 0 ? "" : ", ", c->word);
	}
	return field_refuse(at, err, FAULT_UNSUPPORTED,
			    "must be one of %s, not \"%.*s\"", words,
			    word.len < WORD_SHOWN ? (int)word.len : WORD_SHOWN,
			    word.ptr);
}

enum gb_err
field_type(struct json_object *value, const struct field *at,
	   const struct choice *types, int *out, struct api_error *err)
{
	enum gb_err rc;

	if ((rc = field_object(value, at, err)) != GB_OK)
		return rc;
	return field_choice(tree_get(value, "type"), FIELD_KEY(at, "type"),
			    types, out, err);
}

struct text
text_of(struct json_object *value)
{
	struct text text = {NULL, 0};

	if (json_object_is_type(value, json_type_string)) {
		text.ptr = json_object_get_string(value);
		text.len = (size_t)json_object_get_string_len(value);
	}
	return text;
}

struct text
text_from(const char *str)
{
	struct text text = {str, str == NULL ? 0 : strlen(str)};

	return text;
}

bool
text_is(struct text text, const char *str)
{
	return text_equal(text, text_from(str));
}

bool
text_equal(struct text a, struct text b)
{
	return a.len == b.len &&
	       (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool
text_begins(struct text text, const char *prefix)
{
	size_t len;

	len = strlen(prefix);
	return text.len >= len && memcmp(text.ptr, prefix, len) == 0;
}
