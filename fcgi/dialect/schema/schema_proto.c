/* schema_proto.c: a JSON Schema in the words of Google's Schema message */
#include <math.h>
#include <string.h>
#include <strings.h>

#include <json-c/json.h>

#include "dialect/schema/schema_types.h"
#include "dialect/json/json_tree.h"
#include "dialect/schema/schema_view.h"

/* What becomes of a keyword. */
enum fate {
	COPIED, /* written as it is, beside the types it concerns */
	WORKED, /* has its own function */
};

/* The keywords that are not lost: what becomes of them, beside which types,
 * and what their value must be. */
static const struct keyword {
	const char *name;
	enum fate fate;
	unsigned beside, value;
} keywords[] = {
    {"title", COPIED, T_ANY, T_STRING},
    {"default", COPIED, T_ANY, T_ANY},
    {"example", COPIED, T_ANY, T_ANY},
    {"minimum", COPIED, T_NUMBER, T_NUMERIC},
    {"maximum", COPIED, T_NUMBER, T_NUMERIC},
    {"minLength", COPIED, T_STRING, T_INTEGER},
    {"maxLength", COPIED, T_STRING, T_INTEGER},
    {"pattern", COPIED, T_STRING, T_STRING},
    {"minItems", COPIED, T_ARRAY, T_INTEGER},
    {"maxItems", COPIED, T_ARRAY, T_INTEGER},
    {"minProperties", COPIED, T_OBJECT, T_INTEGER},
    {"maxProperties", COPIED, T_OBJECT, T_INTEGER},
    {"propertyOrdering", COPIED, T_OBJECT, T_ARRAY},
    {"type", WORKED, T_ANY, T_STRING | T_ARRAY},
    {"description", WORKED, T_ANY, T_STRING},
    {"nullable", WORKED, T_ANY, T_BOOLEAN},
    {"enum", WORKED, T_ANY, T_ARRAY},
    {"const", WORKED, T_ANY, T_ANY},
    {"format", WORKED, T_ANY, T_STRING},
    {"exclusiveMinimum", WORKED, T_NUMERIC, T_NUMERIC},
    {"exclusiveMaximum", WORKED, T_NUMERIC, T_NUMERIC},
    {"items", WORKED, T_ARRAY, T_OBJECT | T_ARRAY | T_BOOLEAN},
    {"prefixItems", WORKED, T_ARRAY, T_ARRAY},
    {"properties", WORKED, T_OBJECT, T_OBJECT},
    {"required", WORKED, T_OBJECT, T_ARRAY},
    {"anyOf", WORKED, T_ANY, T_ARRAY},
    {"oneOf", WORKED, T_ANY, T_ARRAY},
    {"allOf", WORKED, T_ANY, T_ARRAY},
    {"$ref", WORKED, T_ANY, T_STRING},
};

/* Of several parts all are heard, or it does not matter which. */
static const char *const joined[] = {
    "title",	"default", "example", "description", "nullable", "properties",
    "required", "anyOf",   "oneOf",   "allOf",	     "$ref",
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
static void write_within(struct schema_walk *, struct json_object *,
			 const struct schema_view *around);

/* --- what is lost --------------------------------------------------------- */

static const struct keyword *
find_keyword(const char *name)
{
	size_t i;

	for (i = 0; i < GB_COUNT(keywords); i++)
		if (strcmp(name, keywords[i].name) == 0)
			return &keywords[i];
	return NULL;
}

static bool
is_joined(const char *name)
{
	size_t i;

	for (i = 0; i < GB_COUNT(joined); i++)
		if (strcmp(name, joined[i]) == 0)
			return true;
	return false;
}

/* Scalars are compared; of anything else only the same is the same. */
static bool
is_same(struct json_object *a, struct json_object *b)
{
	if (json_object_is_type(a, json_type_object) ||
	    json_object_is_type(a, json_type_array))
		return a == b;
	return json_object_equal(a, b) != 0;
}

/* Name what of part number "at" will not be written. */
static void
note_lost(struct schema_walk *w, const struct schema_view *view, size_t at)
{
	const struct keyword *known;
	struct json_object *first;

	json_object_object_foreach(view->parts[at], name, value)
	{
		known = find_keyword(name);
		if (known == NULL) {
			if (!schema_is_note(name) &&
			    !schema_is_harmless(name, value))
				schema_lose(w, name);
		} else if (value != NULL && !schema_is_never(value) &&
			   (known->value & schema_type_of(value)) == 0) {
			schema_lose(w, name); /* of the wrong type */
		} else if (!is_joined(name) &&
			   schema_view_shadowed(view, at, name, &first) &&
			   !is_same(first, value)) {
			schema_lose(w, "allOf");
		}
	}
}

/* --- alternatives --------------------------------------------------------- */

/* The alternatives of a view, and whether null is one of them. */
struct branches {
	struct json_object *list; /* NULL: there are none */
	bool nullable;
};

/* How many of a list are alternatives; "*only" is the last. */
static size_t
count_branches(struct json_object *list, struct json_object **only,
	       bool *nullable)
{
	struct json_object *node;
	size_t i, count = 0;

	for (i = 0; i < json_object_array_length(list); i++) {
		node = json_object_array_get_idx(list, i);
		if (schema_is_null_type(node)) {
			*nullable = true;
		} else if (!schema_is_never(node)) {
			*only = node;
			count++;
		}
	}
	return count;
}

/*
 * A null among alternatives becomes "nullable", and when only one is left it
 * is no alternative: it joins the view, and may have alternatives of its own.
 * Of several lists one is kept.
 */
static void
find_branches(struct schema_walk *w, struct schema_view *view,
	      struct branches *found)
{
	static const char *const lists[] = {"anyOf", "oneOf"};
	struct json_object *list, *only = NULL;
	size_t part, i, count;

	*found = (struct branches){NULL, false};
	for (part = 0; part < view->count; part++) {
		for (i = 0; i < GB_COUNT(lists); i++) {
			list = tree_get(view->parts[part], lists[i]);
			if (!json_object_is_type(list, json_type_array) ||
			    !schema_charge(w, json_object_array_length(list)))
				continue;
			count = count_branches(list, &only, &found->nullable);
			if (count == 1)
				schema_view_add(w, view, only, true);
			else if (count > 1 && found->list == NULL)
				found->list = list;
			else if (count > 1)
				schema_lose(w, lists[i]);
		}
	}
}

/* Each of them within what stands around it: Google knows nothing beside
 * "anyOf". */
static void
write_branches(struct schema_walk *w, const struct schema_view *view,
	       struct json_object *list)
{
	struct json_object *node;
	size_t i;

	jout_key(w->out, "anyOf");
	jout_array(w->out);
	for (i = 0; i < json_object_array_length(list) && w->fail == GB_OK;
	     i++) {
		node = json_object_array_get_idx(list, i);
		if (!schema_is_null_type(node) && !schema_is_never(node))
			write_within(w, node, view);
	}
	jout_array_end(w->out);
}

/* --- one type ------------------------------------------------------------- */

/* A value as a string, whatever it is. */
static void
write_value(struct schema_walk *w, struct json_object *value)
{
	struct json_out words;
	struct text string;
	struct buf text;

	string = text_of(value);
	if (string.ptr != NULL) {
		jout_string_len(w->out, string.ptr, string.len);
		return;
	}
	buf_init(&text, SCHEMA_BYTES_MAX);
	jout_init(&words, &text);
	jout_value(&words, value);
	if (buf_error(&text) != GB_OK)
		w->fail = buf_error(&text);
	jout_string(w->out, buf_str(&text));
	buf_release(&text);
}

/* The values as strings, which is all that Google takes; no empty ones. */
static void
write_enum(struct schema_walk *w, const struct schema_values *values)
{
	struct json_object *value;
	struct text text;
	bool any = false;
	size_t i;

	for (i = 0; i < values->count; i++) {
		value = schema_value(values, i);
		if (value == NULL)
			continue;
		text = text_of(value);
		if (text.ptr != NULL && text.len == 0) {
			schema_lose(w, "enum");
			continue;
		}
		if (!any) {
			jout_key(w->out, "enum");
			jout_array(w->out);
			any = true;
		}
		write_value(w, value);
	}
	if (any)
		jout_array_end(w->out);
}

static void
write_format(struct schema_walk *w, const struct schema_view *view,
	     unsigned type)
{
	struct text format;
	bool known = false;
	size_t i;

	format = text_of(schema_view_get(view, "format"));
	for (i = 0; i < GB_COUNT(formats); i++) {
		if (!text_is(format, formats[i].name))
			continue;
		known = true;
		if ((formats[i].beside & type) != 0)
			jout_key_string(w->out, "format", formats[i].name);
	}
	if (format.ptr != NULL && !known)
		schema_lose(w, "format");
}

/* A bound of whole numbers: "exclusiveMinimum" 3 is "minimum" 4, and the
 * tighter of two holds.  "sign" 1: a lower one; -1: an upper one. */
static void
write_bound(struct schema_walk *w, const struct schema_view *view,
	    const char *plain, const char *exclusive, int sign)
{
	struct json_object *value, *open;
	double bound;

	value = schema_view_get(view, plain);
	if ((schema_type_of(value) & T_NUMERIC) == 0)
		value = NULL;
	open = schema_view_get(view, exclusive);
	if ((schema_type_of(open) & T_NUMERIC) != 0) {
		bound = sign * (floor(sign * json_object_get_double(open)) + 1);
		if (value == NULL ||
		    sign * bound > sign * json_object_get_double(value)) {
			jout_key(w->out, plain);
			jout_double(w->out, bound);
			return;
		}
	}
	if (value != NULL) {
		jout_key(w->out, plain);
		jout_value(w->out, value);
	}
}

/* For fractions there is no word for "more than". */
static void
lose_bounds(struct schema_walk *w, const struct schema_view *view)
{
	static const char *const bounds[] = {"exclusiveMinimum",
					     "exclusiveMaximum"};
	size_t i;

	for (i = 0; i < GB_COUNT(bounds); i++)
		if (schema_view_get(view, bounds[i]) != NULL)
			schema_lose(w, bounds[i]);
}

/* The items of a tuple, which Google does not know: any of them anywhere. */
static void
write_tuple(struct schema_walk *w, struct json_object *list)
{
	size_t i, count;

	count = json_object_array_length(list);
	if (count <= 1) {
		write_node(w, json_object_array_get_idx(list, 0));
		return;
	}
	schema_lose(w, "prefixItems");
	jout_object(w->out);
	jout_key(w->out, "anyOf");
	jout_array(w->out);
	for (i = 0; i < count && w->fail == GB_OK; i++)
		write_node(w, json_object_array_get_idx(list, i));
	jout_array_end(w->out);
	jout_object_end(w->out);
}

/* An array must say of what. */
static void
write_items(struct schema_walk *w, const struct schema_view *view)
{
	struct json_object *items, *tuple;

	items = schema_view_get(view, "items");
	tuple = schema_view_get(view, "prefixItems");
	if (json_object_is_type(items, json_type_array))
		tuple = items;
	jout_key(w->out, "items");
	if (json_object_is_type(tuple, json_type_array)) {
		if (json_object_is_type(items, json_type_object))
			schema_lose(w, "items");
		write_tuple(w, tuple);
	} else {
		write_node(w, items);
	}
}

/* The rows of "keywords" for one type or, with T_ANY, those for every type. */
static void
write_copied(struct schema_walk *w, const struct schema_view *view,
	     unsigned type)
{
	struct json_object *value;
	size_t i;

	for (i = 0; i < GB_COUNT(keywords); i++) {
		if (keywords[i].fate != COPIED ||
		    (keywords[i].beside == T_ANY) != (type == T_ANY) ||
		    (keywords[i].beside & type) == 0)
			continue;
		value = schema_view_get(view, keywords[i].name);
		if (value == NULL ||
		    (keywords[i].value & schema_type_of(value)) == 0)
			continue;
		jout_key(w->out, keywords[i].name);
		jout_value(w->out, value);
	}
}

/* The members of a schema that go with its one type. */
static void
write_type(struct schema_walk *w, const struct schema_view *view, unsigned type,
	   const struct schema_values *values)
{
	jout_key_string(w->out, "type", schema_type_name(type));
	if (type == T_STRING && values->how == VALUES_STRINGS) {
		write_enum(w, values);
		return;
	}
	write_format(w, view, type);
	write_copied(w, view, type);
	if (type == T_INTEGER) {
		write_bound(w, view, "minimum", "exclusiveMinimum", 1);
		write_bound(w, view, "maximum", "exclusiveMaximum", -1);
	}
	if (type == T_NUMBER)
		lose_bounds(w, view);
	if (type == T_ARRAY)
		write_items(w, view);
	if (type == T_OBJECT) {
		schema_write_properties(w, view, write_node);
		schema_write_required(w, view, true);
	}
}

/* ["integer","string"] has no other form. */
static void
write_types(struct schema_walk *w, const struct schema_view *view,
	    unsigned types, const struct schema_values *values)
{
	unsigned type;

	if ((types & (types - 1)) == 0) {
		write_type(w, view, types, values);
		return;
	}
	jout_key(w->out, "anyOf");
	jout_array(w->out);
	for (type = 1; type < T_ANY; type <<= 1) {
		if ((types & type) == 0)
			continue;
		jout_object(w->out);
		write_type(w, view, type, values);
		jout_object_end(w->out);
	}
	jout_array_end(w->out);
}

/* --- the whole ------------------------------------------------------------ */

/* What a person would read; values that are no strings are put into words
 * here, as no keyword takes them. */
static void
write_description(struct schema_walk *w, const struct schema_view *view,
		  const struct schema_values *values)
{
	struct text given;
	struct buf text;

	given = text_of(schema_view_get(view, "description"));
	if (values->how != VALUES_WORDS) {
		if (given.ptr != NULL) {
			jout_key(w->out, "description");
			jout_string_len(w->out, given.ptr, given.len);
		}
		return;
	}
	schema_lose(w, values->list == NULL ? "const" : "enum");
	buf_init(&text, given.len + SCHEMA_WORDS_MAX);
	buf_add(&text, given.ptr, given.len);
	schema_values_in_words(values, &text);
	if (buf_error(&text) == GB_ENOMEM)
		w->fail = GB_ENOMEM;
	if (text.len > 0) {
		jout_key(w->out, "description");
		jout_string_len(w->out, text.data, text.len);
	}
	buf_release(&text);
}

/* Write the members of "node"; "around": what it is an alternative within, or
 * NULL. */
static void
write_members(struct schema_walk *w, struct json_object *node,
	      const struct schema_view *around)
{
	struct schema_values values;
	struct branches branches;
	struct schema_view view;
	unsigned types;
	size_t i;

	view.count = 0;
	schema_view_add(w, &view, node, true);
	find_branches(w, &view, &branches);
	for (i = 0; i < view.count; i++)
		note_lost(w, &view, i);
	schema_values_read(w, &view, &values);
	types = schema_stated_types(w, &view);
	if (((types & T_NULL) != 0 && types != T_NULL) || values.null ||
	    json_object_get_boolean(schema_view_get(&view, "nullable")))
		branches.nullable = true;

	write_description(w, &view, &values);
	write_copied(w, &view, T_ANY);
	if (around != NULL)
		schema_view_join(w, &view, around);
	types = schema_types(w, &view, &values);
	if (branches.list != NULL && values.how == VALUES_STRINGS)
		schema_lose(w, "enum"); /* has no place beside them */
	if (branches.nullable && types != T_NULL)
		jout_key_bool(w->out, "nullable", true);
	if (branches.list != NULL)
		write_branches(w, &view, branches.list);
	else
		write_types(w, &view, types, &values);
}

static void
write_within(struct schema_walk *w, struct json_object *node,
	     const struct schema_view *around)
{
	if (!json_object_is_type(node, json_type_object))
		node = NULL;
	if (!schema_enter(w, node))
		return;
	jout_object(w->out);
	if (node != NULL)
		write_members(w, node, around);
	else
		jout_key_string(w->out, "type", schema_type_name(T_STRING));
	jout_object_end(w->out);
	schema_leave(w);
}

static void
write_node(struct schema_walk *w, struct json_object *node)
{
	write_within(w, node, NULL);
}

enum gb_err
schema_write_proto(struct json_out *out, struct json_object *schema,
		   struct schema_account *account)
{
	struct schema_walk w;

	schema_begin(&w, out, schema, account);
	write_node(&w, schema);
	return schema_end(&w);
}
