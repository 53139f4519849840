/* schema_json.c: light corrections to a JSON Schema for the fields of Gemini
 * that take one as it is */
#include <string.h>

#include <json-c/json.h>

#include "dialect/field.h"
#include "dialect/schema.h"
#include "dialect/schema_view.h"

/* What a keyword's value is. */
enum value_kind {
	VALUE,	/* anything but a schema */
	SCHEMA, /* a schema, or true or false */
	ITEMS,	/* a schema or, as long ago, a list of them */
	LIST,	/* a list of schemas */
	MAP,	/* an object of schemas under names of the client's */
	LEFT_OUT,
	CONSTANT, /* "const": an "enum" of one value */
	PROPERTIES,
	REQUIRED, /* of all parts of the view together */
};

/* Keywords that are not just copied. */
static const struct {
	const char *name;
	enum value_kind kind;
	const char *as; /* NULL: the name stays */
} keywords[] = {
    {"$schema", LEFT_OUT, NULL},
    {"strict", LEFT_OUT, NULL},
    {"allOf", LEFT_OUT, NULL}, /* merged by the view */
    {"$ref", LEFT_OUT, NULL},  /* written by itself, or merged */
    {"const", CONSTANT, NULL},
    {"properties", PROPERTIES, NULL},
    {"required", REQUIRED, NULL},
    {"items", ITEMS, NULL},
    {"$defs", MAP, NULL},
    {"definitions", MAP, "$defs"},
    {"patternProperties", MAP, NULL},
    {"dependentSchemas", MAP, NULL},
    {"anyOf", LIST, NULL},
    {"oneOf", LIST, NULL},
    {"prefixItems", LIST, NULL},
    {"additionalProperties", SCHEMA, NULL},
    {"unevaluatedProperties", SCHEMA, NULL},
    {"additionalItems", SCHEMA, NULL},
    {"unevaluatedItems", SCHEMA, NULL},
    {"propertyNames", SCHEMA, NULL},
    {"contains", SCHEMA, NULL},
    {"not", SCHEMA, NULL},
    {"if", SCHEMA, NULL},
    {"then", SCHEMA, NULL},
    {"else", SCHEMA, NULL},
};

static void write_node(struct schema_walk *, struct json_object *);

static void
write_list(struct schema_walk *w, struct json_object *list)
{
	size_t i, count;

	count = json_object_array_length(list);
	jout_array(w->out);
	for (i = 0; i < count && w->fail == GB_OK; i++)
		write_node(w, json_object_array_get_idx(list, i));
	jout_array_end(w->out);
}

static void
write_map(struct schema_walk *w, struct json_object *map)
{
	jout_object(w->out);
	json_object_object_foreach(map, name, value)
	{
		jout_key(w->out, name);
		write_node(w, value);
	}
	jout_object_end(w->out);
}

/* "#/definitions/X" lies in "$defs" now. */
static void
write_ref(struct schema_walk *w, const char *ref)
{
	static const char old[] = "#/definitions/";
	struct buf text;

	jout_key(w->out, "$ref");
	if (strncmp(ref, old, sizeof(old) - 1) != 0) {
		jout_string(w->out, ref);
		return;
	}
	buf_init(&text, strlen(ref));
	buf_puts(&text, "#/$defs/");
	buf_puts(&text, ref + sizeof(old) - 1);
	if (buf_error(&text) != GB_OK)
		w->fail = buf_error(&text);
	jout_string(w->out, buf_str(&text));
	buf_release(&text);
}

/* Gemini reads enums of strings and numbers; of other constants the type is
 * all that can be said. */
static void
write_constant(struct schema_walk *w, const struct schema_view *view,
	       struct json_object *value)
{
	const char *type = NULL;

	switch (json_object_get_type(value)) {
	case json_type_null:
		type = "null";
		break;
	case json_type_boolean:
		type = "boolean";
		break;
	case json_type_string:
	case json_type_int:
	case json_type_double:
		jout_key(w->out, "enum");
		jout_array(w->out);
		jout_value(w->out, value);
		jout_array_end(w->out);
		break;
	default:
		break;
	}
	if (type != NULL && schema_view_get(view, "type") == NULL)
		jout_key_string(w->out, "type", type);
}

static void
write_keyword(struct schema_walk *w, const struct schema_view *view,
	      const char *name, struct json_object *value)
{
	enum value_kind kind = VALUE;
	bool array, object;
	size_t i;

	for (i = 0; i < GB_COUNT(keywords); i++) {
		if (strcmp(name, keywords[i].name) != 0)
			continue;
		kind = keywords[i].kind;
		if (keywords[i].as != NULL)
			name = keywords[i].as;
		break;
	}
	array = json_object_is_type(value, json_type_array);
	object = json_object_is_type(value, json_type_object);
	if (kind == LEFT_OUT ||
	    (kind == VALUE && name[0] == 'x' && name[1] == '-')) {
		return;
	} else if (kind == PROPERTIES && object) {
		schema_write_properties(w, view, write_node);
	} else if (kind == REQUIRED && array) {
		schema_write_required(w, view, false);
	} else if (kind == CONSTANT) {
		if (schema_view_get(view, "enum") == NULL)
			write_constant(w, view, value);
	} else if (kind == ITEMS && array) {
		if (schema_view_get(view, "prefixItems") == NULL) {
			jout_key(w->out, "prefixItems");
			write_list(w, value);
		}
	} else if (kind == LIST && array) {
		jout_key(w->out, name);
		write_list(w, value);
	} else if (kind == MAP && object) {
		jout_key(w->out, name);
		write_map(w, value);
	} else if ((kind == SCHEMA || kind == ITEMS) && object) {
		jout_key(w->out, name);
		write_node(w, value);
	} else if (kind == VALUE || kind == SCHEMA) {
		jout_key(w->out, name);
		jout_value(w->out, value);
	}
}

/* The reference that is all a node says: by itself, or as the only branch of
 * allOf, as Pydantic writes it to add a description.  NULL: it says more. */
static const char *
only_ref(struct json_object *node)
{
	struct json_object *branches;

	if (field_get(node, "$ref") != NULL)
		return text_of(field_get(node, "$ref")).ptr;
	branches = field_get(node, "allOf");
	if (!json_object_is_type(branches, json_type_array) ||
	    json_object_array_length(branches) != 1 ||
	    field_get(node, "properties") != NULL)
		return NULL;
	node = json_object_array_get_idx(branches, 0);
	return text_of(field_get(node, "$ref")).ptr;
}

/* Beside a reference only what begins with "$" may stand. */
static void
write_reference(struct schema_walk *w, struct json_object *node,
		const char *ref)
{
	const struct schema_view view = {{node}, 1};

	write_ref(w, ref);
	json_object_object_foreach(node, name, value)
	{
		if (name[0] == '$' || strcmp(name, "definitions") == 0)
			write_keyword(w, &view, name, value);
	}
}

static void
write_merged(struct schema_walk *w, struct json_object *node)
{
	struct schema_view view;
	size_t i;

	view.count = 0;
	schema_view_add(&view, w->root, node, true);
	for (i = 0; i < view.count; i++) {
		json_object_object_foreach(view.parts[i], name, value)
		{
			if (!schema_view_shadowed(&view, i, name))
				write_keyword(w, &view, name, value);
		}
	}
}

/* A subschema that is true, false or no schema at all becomes {}: anything. */
static void
write_node(struct schema_walk *w, struct json_object *node)
{
	const char *ref;

	if (!json_object_is_type(node, json_type_object))
		node = NULL;
	if (!schema_enter(w, node))
		return;
	jout_object(w->out);
	ref = only_ref(node);
	if (ref != NULL)
		write_reference(w, node, ref);
	else if (node != NULL)
		write_merged(w, node);
	jout_object_end(w->out);
	schema_leave(w);
}

enum gb_err
schema_write_json(struct json_out *out, struct json_object *schema)
{
	struct schema_walk w;

	memset(&w, 0, sizeof(w));
	w.out = out;
	w.root = schema;
	write_node(&w, schema);
	return w.fail;
}
