/* schema_proto.c: a JSON Schema in the words of Google's Schema message */
#include <string.h>
#include <strings.h>

#include <json-c/json.h>

#include "dialect/field.h"
#include "dialect/schema.h"
#include "dialect/schema_view.h"

/* Types, as bits 1 << i of type_names[i]. */
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

static const char *const type_names[] = {
    "string", "number", "integer", "boolean", "array", "object", "null",
};

/* Keywords whose value goes over as it is: beside which types, and what the
 * value itself must be. */
static const struct {
	const char *name;
	unsigned beside, value;
} kept[] = {
    {"description", T_ANY, T_STRING},
    {"title", T_ANY, T_STRING},
    {"default", T_ANY, T_ANY},
    {"example", T_ANY, T_ANY},
    {"minimum", T_NUMERIC, T_NUMERIC},
    {"maximum", T_NUMERIC, T_NUMERIC},
    {"minLength", T_STRING, T_INTEGER},
    {"maxLength", T_STRING, T_INTEGER},
    {"pattern", T_STRING, T_STRING},
    {"minItems", T_ARRAY, T_INTEGER},
    {"maxItems", T_ARRAY, T_INTEGER},
    {"minProperties", T_OBJECT, T_INTEGER},
    {"maxProperties", T_OBJECT, T_INTEGER},
    {"propertyOrdering", T_OBJECT, T_ARRAY},
};

/* Formats that Google knows, and of which types. */
static const struct {
	const char *name;
	unsigned beside;
} formats[] = {
    {"float", T_NUMERIC}, {"double", T_NUMERIC},   {"int32", T_NUMERIC},
    {"int64", T_NUMERIC}, {"date-time", T_STRING}, {"enum", T_STRING},
};

static void write_node(struct schema_walk *, struct json_object *);

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

static unsigned
type_of_value(struct json_object *value)
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
		return T_NULL;
	}
	return 0;
}

/* The types that "type" names, one or a list; 0: none. */
static unsigned
stated_types(const struct schema_view *view)
{
	struct json_object *type;
	unsigned types = 0;
	size_t i;

	type = schema_view_get(view, "type");
	if (!json_object_is_type(type, json_type_array))
		return type_by_name(type);
	for (i = 0; i < json_object_array_length(type); i++)
		types |= type_by_name(json_object_array_get_idx(type, i));
	return types;
}

/* What a schema without "type" is about; the whole is always an object. */
static unsigned
guess_type(const struct schema_walk *w, const struct schema_view *view)
{
	struct json_object *values;

	if (w->depth == 1 || schema_view_get(view, "properties") != NULL)
		return T_OBJECT;
	if (schema_view_get(view, "items") != NULL ||
	    schema_view_get(view, "prefixItems") != NULL)
		return T_ARRAY;
	values = schema_view_get(view, "const");
	if (json_object_is_type(values, json_type_boolean))
		return T_BOOLEAN;
	if (schema_view_get(view, "minimum") != NULL ||
	    schema_view_get(view, "maximum") != NULL)
		return T_NUMBER;
	return T_STRING;
}

/* --- alternatives --------------------------------------------------------- */

static bool
is_null_schema(struct json_object *node)
{
	struct json_object *value;

	if (!json_object_is_type(node, json_type_object))
		return false;
	if (type_by_name(field_get(node, "type")) == T_NULL)
		return true;
	value = field_get(node, "enum");
	if (json_object_is_type(value, json_type_array))
		return json_object_array_length(value) == 1 &&
		       json_object_array_get_idx(value, 0) == NULL;
	return json_object_object_get_ex(node, "const", &value) &&
	       value == NULL;
}

/* One part's anyOf or oneOf; NULL: neither. */
static struct json_object *
branches_of(struct json_object *part)
{
	struct json_object *list;

	list = field_get(part, "anyOf");
	if (!json_object_is_type(list, json_type_array))
		list = field_get(part, "oneOf");
	return json_object_is_type(list, json_type_array) ? list : NULL;
}

/*
 * The alternatives of a view, NULL for none.  A null among them becomes
 * "*nullable", and when only one is left it is no alternative: it joins the
 * view, and may have alternatives of its own.
 */
static struct json_object *
find_branches(struct schema_walk *w, struct schema_view *view, bool *nullable)
{
	struct json_object *list, *node, *only;
	size_t part, i, others;

	for (part = 0; part < view->count; part++) {
		list = branches_of(view->parts[part]);
		if (list == NULL ||
		    !schema_charge(w, json_object_array_length(list)))
			continue;
		only = NULL;
		others = 0;
		for (i = 0; i < json_object_array_length(list); i++) {
			node = json_object_array_get_idx(list, i);
			if (is_null_schema(node)) {
				*nullable = true;
				continue;
			}
			only = node;
			others++;
		}
		if (others > 1)
			return list;
		schema_view_add(view, w->root, only, true);
	}
	return NULL;
}

/* --- one type ------------------------------------------------------------- */

/* A value of enum as a string, which is all that Google takes. */
static void
write_enum_value(struct schema_walk *w, struct json_object *value)
{
	struct text text;

	text = text_of(value);
	if (text.ptr == NULL && value != NULL)
		text = text_from(
		    json_object_to_json_string_ext(value,
						   JSON_C_TO_STRING_PLAIN));
	if (text.len > 0) /* empty ones are refused */
		jout_string_len(w->out, text.ptr, text.len);
}

static void
write_enum(struct schema_walk *w, const struct schema_view *view)
{
	struct json_object *values, *constant;
	size_t i, count;

	values = schema_view_get(view, "enum");
	constant = schema_view_get(view, "const");
	count = json_object_is_type(values, json_type_array)
		    ? json_object_array_length(values)
		    : 0;
	if (count == 0 && constant == NULL)
		return;
	if (!schema_charge(w, count))
		return;
	jout_key(w->out, "enum");
	jout_array(w->out);
	for (i = 0; i < count; i++)
		write_enum_value(w, json_object_array_get_idx(values, i));
	if (count == 0)
		write_enum_value(w, constant);
	jout_array_end(w->out);
}

/* Whether the values of enum or const make it an enum: then its type is
 * string.  Booleans stay what they are, without their values. */
static bool
is_enum(const struct schema_view *view, unsigned type)
{
	struct json_object *values;

	if ((type & (T_STRING | T_NUMERIC)) == 0)
		return false;
	values = schema_view_get(view, "enum");
	if (json_object_is_type(values, json_type_array))
		return json_object_array_length(values) > 0;
	values = schema_view_get(view, "const");
	return (type_of_value(values) & (T_STRING | T_NUMERIC)) != 0;
}

static void
write_format(struct schema_walk *w, const struct schema_view *view,
	     unsigned type)
{
	struct text format;
	size_t i;

	format = text_of(schema_view_get(view, "format"));
	for (i = 0; i < GB_COUNT(formats); i++)
		if ((formats[i].beside & type) != 0 &&
		    text_is(format, formats[i].name))
			jout_key_string(w->out, "format", formats[i].name);
}

/* "exclusiveMinimum" 3 of an integer is "minimum" 4; of a number there is no
 * word for it. */
static void
write_exclusive(struct schema_walk *w, const struct schema_view *view,
		const char *from, const char *to, int step)
{
	struct json_object *value;
	int64_t number;

	value = schema_view_get(view, from);
	if (!json_object_is_type(value, json_type_int) ||
	    schema_view_get(view, to) != NULL)
		return;
	number = json_object_get_int64(value);
	if (number > INT64_MIN && number < INT64_MAX)
		jout_key_int(w->out, to, number + step);
}

/* An array must say of what. */
static void
write_items(struct schema_walk *w, const struct schema_view *view)
{
	struct json_object *items;

	items = schema_view_get(view, "items");
	if (!json_object_is_type(items, json_type_object)) {
		if (!json_object_is_type(items, json_type_array))
			items = schema_view_get(view, "prefixItems");
		items = json_object_is_type(items, json_type_array)
			    ? json_object_array_get_idx(items, 0)
			    : NULL;
	}
	jout_key(w->out, "items");
	write_node(w, items);
}

/* The rows of "kept" for one type or, with T_ANY, those for every type. */
static void
write_kept(struct schema_walk *w, const struct schema_view *view, unsigned type)
{
	struct json_object *value;
	size_t i;

	for (i = 0; i < GB_COUNT(kept); i++) {
		if ((kept[i].beside == T_ANY) != (type == T_ANY) ||
		    (kept[i].beside & type) == 0)
			continue;
		value = schema_view_get(view, kept[i].name);
		if (value == NULL ||
		    (kept[i].value & type_of_value(value)) == 0)
			continue;
		jout_key(w->out, kept[i].name);
		jout_value(w->out, value);
	}
}

static const char *
type_name(unsigned type)
{
	size_t i;

	for (i = 0; i + 1 < GB_COUNT(type_names) && type != 1u << i; i++)
		;
	return type_names[i];
}

/* The members of a schema that go with its one type. */
static void
write_type(struct schema_walk *w, const struct schema_view *view, unsigned type)
{
	if (is_enum(view, type)) {
		jout_key_string(w->out, "type", type_name(T_STRING));
		write_enum(w, view);
		return;
	}
	jout_key_string(w->out, "type", type_name(type));
	write_format(w, view, type);
	write_kept(w, view, type);
	if (type == T_INTEGER) {
		write_exclusive(w, view, "exclusiveMinimum", "minimum", 1);
		write_exclusive(w, view, "exclusiveMaximum", "maximum", -1);
	}
	if (type == T_ARRAY)
		write_items(w, view);
	if (type == T_OBJECT) {
		schema_write_properties(w, view, write_node);
		schema_write_required(w, view, true);
	}
}

/* --- the whole ------------------------------------------------------------ */

static void
write_branches(struct schema_walk *w, struct json_object *branches)
{
	struct json_object *branch;
	size_t i;

	jout_key(w->out, "anyOf");
	jout_array(w->out);
	for (i = 0; i < json_object_array_length(branches) && w->fail == GB_OK;
	     i++) {
		branch = json_object_array_get_idx(branches, i);
		if (!is_null_schema(branch))
			write_node(w, branch);
	}
	jout_array_end(w->out);
}

/* ["integer","string"] has no other form. */
static void
write_types(struct schema_walk *w, const struct schema_view *view,
	    unsigned types)
{
	size_t i;

	jout_key(w->out, "anyOf");
	jout_array(w->out);
	for (i = 0; i < GB_COUNT(type_names); i++) {
		if ((types & 1u << i) == 0)
			continue;
		jout_object(w->out);
		write_type(w, view, 1u << i);
		jout_object_end(w->out);
	}
	jout_array_end(w->out);
}

/* A null among the values of an enum. */
static bool
has_null_value(const struct schema_view *view)
{
	struct json_object *values;
	size_t i;

	values = schema_view_get(view, "enum");
	if (!json_object_is_type(values, json_type_array))
		return false;
	for (i = 0; i < json_object_array_length(values); i++)
		if (json_object_array_get_idx(values, i) == NULL)
			return true;
	return false;
}

static void
write_members(struct schema_walk *w, struct json_object *node)
{
	struct json_object *branches;
	struct schema_view view;
	unsigned types, others;
	bool nullable = false;

	view.count = 0;
	schema_view_add(&view, w->root, node, true);
	branches = find_branches(w, &view, &nullable);
	types = stated_types(&view);
	others = types & ~(unsigned)T_NULL;
	if (types == 0)
		others = guess_type(w, &view);
	else if (others == 0)
		others = T_NULL;
	if ((types & T_NULL) != 0 && others != T_NULL)
		nullable = true;
	if (has_null_value(&view) ||
	    json_object_get_boolean(schema_view_get(&view, "nullable")))
		nullable = true;

	write_kept(w, &view, T_ANY);
	if (nullable)
		jout_key_bool(w->out, "nullable", true);
	if (branches != NULL)
		write_branches(w, branches);
	else if ((others & (others - 1)) != 0)
		write_types(w, &view, others);
	else
		write_type(w, &view, others);
}

static void
write_node(struct schema_walk *w, struct json_object *node)
{
	if (!json_object_is_type(node, json_type_object))
		node = NULL;
	if (!schema_enter(w, node))
		return;
	jout_object(w->out);
	if (node != NULL)
		write_members(w, node);
	else
		jout_key_string(w->out, "type", type_name(T_STRING));
	jout_object_end(w->out);
	schema_leave(w);
}

enum gb_err
schema_write_proto(struct json_out *out, struct json_object *schema)
{
	struct schema_walk w;

	memset(&w, 0, sizeof(w));
	w.out = out;
	w.root = schema;
	write_node(&w, schema);
	return w.fail;
}
