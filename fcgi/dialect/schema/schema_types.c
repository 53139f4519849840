/* schema_types.c: what types of values a subschema is about */
#include "dialect/schema/schema_types.h"

#include <string.h>
#include <strings.h>

#include <json-c/json.h>

#include "dialect/json/json_tree.h"

static const char *const type_names[] = {
    "string", "number", "integer", "boolean", "array", "object", "null",
};

/* Keywords that tell what a schema without "type" is about. */
static const struct {
	const char *keyword;
	unsigned type;
} hints[] = {
    {"properties", T_OBJECT},
    {"required", T_OBJECT},
    {"additionalProperties", T_OBJECT},
    {"patternProperties", T_OBJECT},
    {"items", T_ARRAY},
    {"prefixItems", T_ARRAY},
    {"minItems", T_ARRAY},
    {"maxItems", T_ARRAY},
    {"minimum", T_NUMBER},
    {"maximum", T_NUMBER},
    {"exclusiveMinimum", T_NUMBER},
    {"exclusiveMaximum", T_NUMBER},
    {"multipleOf", T_NUMBER},
};

unsigned
schema_type_of(struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_string:
		return T_STRING;
	case json_type_int:
		return T_INTEGER;
	case json_type_double:
		return T_NUMBER;
	case json_type_boolean:
		return T_BOOLEAN;
	case json_type_array:
		return T_ARRAY;
	case json_type_object:
		return T_OBJECT;
	case json_type_null:
		break;
	}
	return T_NULL;
}

const char *
schema_type_name(unsigned type)
{
	size_t i;

	for (i = 0; i + 1 < GB_COUNT(type_names) && type != 1u << i; i++)
		;
	return type_names[i];
}

static unsigned
type_by_name(struct json_object *value)
{
	struct text name;
	size_t i;

	name = text_of(value);
	for (i = 0; i < GB_COUNT(type_names); i++)
		if (name.len == strlen(type_names[i]) &&
		    strncasecmp(name.ptr, type_names[i], name.len) == 0)
			return 1u << i;
	return 0;
}

unsigned
schema_stated_types(struct schema_walk *w, const struct schema_view *view)
{
	struct json_object *type;
	unsigned types = 0, one;
	size_t i, count;

	type = schema_view_get(view, "type");
	if (!json_object_is_type(type, json_type_array)) {
		types = type_by_name(type);
		if (types == 0 && json_object_is_type(type, json_type_string))
			schema_lose(w, "type");
		return types;
	}
	count = json_object_array_length(type);
	if (!schema_charge(w, count))
		return 0;
	for (i = 0; i < count; i++) {
		one = type_by_name(json_object_array_get_idx(type, i));
		if (one == 0)
			schema_lose(w, "type");
		types |= one;
	}
	return types;
}

bool
schema_is_null_type(struct json_object *node)
{
	struct json_object *value;

	if (!json_object_is_type(node, json_type_object))
		return false;
	if (type_by_name(tree_get(node, "type")) == T_NULL)
		return true;
	value = tree_get(node, "enum");
	if (json_object_is_type(value, json_type_array))
		return json_object_array_length(value) == 1 &&
		       json_object_array_get_idx(value, 0) == NULL;
	return json_object_object_get_ex(node, "const", &value) &&
	       value == NULL;
}

/* --- values --------------------------------------------------------------- */

struct json_object *
schema_value(const struct schema_values *values, size_t i)
{
	return values->list == NULL
		   ? values->one
		   : json_object_array_get_idx(values->list, i);
}

/* The list of "enum", else the value of "const". */
static void
find_values(const struct schema_view *view, struct schema_values *out)
{
	struct json_object *list;
	size_t i;

	list = schema_view_get(view, "enum");
	if (json_object_is_type(list, json_type_array)) {
		out->list = list;
		out->count = json_object_array_length(list);
	}
	for (i = 0; i < view->count && out->count == 0; i++) {
		if (!json_object_object_get_ex(view->parts[i], "const",
					       &out->one))
			continue;
		out->list = NULL;
		out->count = 1;
	}
}

void
schema_values_read(struct schema_walk *w, const struct schema_view *view,
		   struct schema_values *out)
{
	struct json_object *value;
	unsigned type;
	size_t i;

	memset(out, 0, sizeof(*out));
	find_values(view, out);
	if (!schema_charge(w, out->count))
		out->count = 0;
	for (i = 0; i < out->count; i++) {
		value = schema_value(out, i);
		type = schema_type_of(value);
		out->types |= type & ~(unsigned)T_NULL;
		out->null |= type == T_NULL;
	}
	if (out->types == 0)
		return;
	out->how = VALUES_WORDS;
	if (out->types == T_STRING ||
	    type_by_name(schema_view_get(view, "type")) == T_STRING)
		out->how = VALUES_STRINGS;
}

void
schema_values_in_words(const struct schema_values *values, struct buf *out)
{
	struct json_object *value;
	struct json_out words;
	struct buf text;
	bool any = false;
	size_t i;

	buf_init(&text, SCHEMA_WORDS_MAX);
	if (out->len > 0)
		buf_putc(&text, ' ');
	buf_puts(&text, values->count == 1 ? "Must be " : "Must be one of: ");
	for (i = 0; i < values->count && buf_error(&text) == GB_OK; i++) {
		value = schema_value(values, i);
		if (value == NULL)
			continue;
		if (any)
			buf_puts(&text, ", ");
		any = true;
		jout_init(&words, &text);
		jout_value(&words, value);
	}
	buf_putc(&text, '.');
	if (buf_error(&text) == GB_OK)
		buf_add(out, text.data, text.len);
	buf_release(&text);
}

/* --- types ---------------------------------------------------------------- */

/* What a schema without "type" is about; the whole is an object, when nothing
 * else is said. */
static unsigned
guess_type(const struct schema_walk *w, const struct schema_view *view,
	   const struct schema_values *values)
{
	size_t i;

	if (values->types == T_NUMERIC)
		return T_NUMBER;
	if (values->types != 0)
		return values->types;
	if (values->null)
		return T_NULL;
	for (i = 0; i < GB_COUNT(hints); i++)
		if (schema_view_get(view, hints[i].keyword) != NULL)
			return hints[i].type;
	return w->depth == 1 ? T_OBJECT : T_STRING;
}

unsigned
schema_types(struct schema_walk *w, const struct schema_view *view,
	     const struct schema_values *values)
{
	unsigned types, others;

	types = schema_stated_types(w, view);
	if (types == 0)
		types = guess_type(w, view, values);
	if (values->how == VALUES_STRINGS)
		return T_STRING;
	others = types & ~(unsigned)T_NULL;
	return others == 0 ? T_NULL : others;
}
