/* schema_json.c: light corrections to a JSON Schema for the fields of Gemini
 * that take one as it is */
#include <string.h>

#include <json-c/json.h>

#include "dialect/schema/schema_view.h"
#include "dialect/json/json_tree.h"

/* What a keyword's value is. */
enum value_kind {
	VALUE,	     /* anything but a schema */
	SCHEMA,	     /* a schema, or true or false */
	ITEMS,	     /* a schema or, as long ago, a list of them */
	LIST,	     /* a list of schemas */
	MAP,	     /* an object of schemas under names of the client's */
	DEFINITIONS, /* the same; two keywords become one */
	PROPERTIES,  /* the same, of all parts of the view together */
	REQUIRED,    /* of all parts of the view together */
	CONSTANT,    /* "const": an "enum" of one value */
	BRANCHES,    /* "allOf": merged by the view */
	REFERENCE,   /* written by itself, or merged */
	LEFT_OUT,
};

/* Keywords that are not just copied. */
static const struct {
	const char *name;
	enum value_kind kind;
} keywords[] = {
    {"$schema", LEFT_OUT},
    {"strict", LEFT_OUT},
    {"allOf", BRANCHES},
    {"$ref", REFERENCE},
    {"const", CONSTANT},
    {"properties", PROPERTIES},
    {"required", REQUIRED},
    {"items", ITEMS},
    {"$defs", DEFINITIONS},
    {"definitions", DEFINITIONS},
    {"patternProperties", MAP},
    {"dependentSchemas", MAP},
    {"anyOf", LIST},
    {"oneOf", LIST},
    {"prefixItems", LIST},
    {"additionalProperties", SCHEMA},
    {"unevaluatedProperties", SCHEMA},
    {"additionalItems", SCHEMA},
    {"unevaluatedItems", SCHEMA},
    {"propertyNames", SCHEMA},
    {"contains", SCHEMA},
    {"not", SCHEMA},
    {"if", SCHEMA},
    {"then", SCHEMA},
    {"else", SCHEMA},
};

static void write_node(struct schema_walk *, struct json_object *);

/* The kind of the keyword of "len" bytes at "name". */
static enum value_kind
kind_of(const char *name, size_t len)
{
	size_t i;

	if (len >= 2 && name[0] == 'x' && name[1] == '-')
		return LEFT_OUT;
	for (i = 0; i < GB_COUNT(keywords); i++)
		if (strlen(keywords[i].name) == len &&
		    memcmp(keywords[i].name, name, len) == 0)
			return keywords[i].kind;
	return VALUE;
}

/* --- references ----------------------------------------------------------- */

/*
 * Where a reference points when "definitions" are "$defs".  False: it goes
 * through what is not written where it was.
 */
static bool
move_reference(struct text ref, struct buf *to)
{
	enum value_kind kind;
	bool name = false; /* the next step is the client's name or a number */
	const char *at;
	size_t len;

	buf_putc(to, '#');
	for (at = ref.ptr + 1; *at == '/'; at += len) {
		at++;
		len = strcspn(at, "/");
		kind = name ? VALUE : kind_of(at, len);
		if (kind == BRANCHES ||
		    (kind == VALUE && !name && *at >= '0' && *at <= '9'))
			return false;
		buf_putc(to, '/');
		if (kind == DEFINITIONS)
			buf_puts(to, "$defs");
		else
			buf_add(to, at, len);
		name = kind == MAP || kind == DEFINITIONS ||
		       kind == PROPERTIES || kind == LIST;
	}
	return true;
}

/* A reference that can stay one, into "to".  One by name, or into another
 * document, is Google's to find. */
static bool
keep_reference(struct schema_walk *w, struct text ref, struct buf *to)
{
	buf_init(to, ref.len + 1);
	if (!text_begins(ref, "#/")) {
		buf_add(to, ref.ptr, ref.len);
		return true;
	}
	return schema_resolve(w->root, ref) != NULL && move_reference(ref, to);
}

/* The reference of a node itself or, as Pydantic writes it to add a
 * description, of the only branch of its "allOf"; "*from" is the keyword. */
static struct text
find_reference(struct json_object *node, enum value_kind *from)
{
	struct json_object *branches;
	struct text ref;

	*from = REFERENCE;
	ref = text_of(tree_get(node, "$ref"));
	branches = tree_get(node, "allOf");
	if (ref.ptr != NULL ||
	    !json_object_is_type(branches, json_type_array) ||
	    json_object_array_length(branches) != 1)
		return ref;
	*from = BRANCHES;
	node = json_object_array_get_idx(branches, 0);
	if (json_object_is_type(node, json_type_object) &&
	    json_object_object_length(node) == 1)
		ref = text_of(tree_get(node, "$ref"));
	return ref;
}

/* What stands beside a reference. */
enum beside {
	BESIDE_NOTHING, /* or what may stand there */
	BESIDE_VALUES,	/* what needs a schema around the reference */
	BESIDE_SCHEMAS, /* what is to be merged with what it points to */
};

static enum beside
look_beside(struct json_object *node, enum value_kind from)
{
	enum beside found = BESIDE_NOTHING;
	enum value_kind kind;

	json_object_object_foreach(node, name, value)
	{
		(void)value;
		kind = kind_of(name, strlen(name));
		if (kind == from || kind == LEFT_OUT || kind == DEFINITIONS ||
		    name[0] == '$' || schema_is_note(name))
			continue;
		if (kind != VALUE && kind != CONSTANT)
			return BESIDE_SCHEMAS;
		found = BESIDE_VALUES;
	}
	return found;
}

/* --- keywords ------------------------------------------------------------- */

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

/* The members of "map", without those that "but" has. */
static void
write_map(struct schema_walk *w, struct json_object *map,
	  struct json_object *but)
{
	json_object_object_foreach(map, name, value)
	{
		if (!schema_charge(w, schema_weight(strlen(name))))
			break;
		if (but != NULL && json_object_object_get_ex(but, name, NULL)) {
			schema_lose(w, "definitions");
			continue;
		}
		jout_key(w->out, name);
		write_node(w, value);
	}
}

static struct json_object *
map_of(struct json_object *node, const char *keyword)
{
	struct json_object *map;

	map = tree_get(node, keyword);
	return json_object_is_type(map, json_type_object) ? map : NULL;
}

/* What references of this node and those within it may point to. */
static void
write_definitions(struct schema_walk *w, struct json_object *node)
{
	struct json_object *now, *once;

	now = map_of(node, "$defs");
	once = map_of(node, "definitions");
	if (now == NULL && once == NULL)
		return;
	jout_key(w->out, "$defs");
	jout_object(w->out);
	if (now != NULL)
		write_map(w, now, NULL);
	if (once != NULL)
		write_map(w, once, now);
	jout_object_end(w->out);
}

/* Gemini reads enums of strings and numbers; of other constants the type is
 * all that can be said. */
static void
write_constant(struct schema_walk *w, const struct schema_view *view,
	       struct json_object *value)
{
	const char *type = NULL;

	switch (json_object_get_type(value)) {
	case json_type_string:
	case json_type_int:
	case json_type_double:
		jout_key(w->out, "enum");
		jout_array(w->out);
		jout_value(w->out, value);
		jout_array_end(w->out);
		return;
	case json_type_null:
		type = "null"; /* and there is only one */
		break;
	case json_type_boolean:
		type = "boolean";
		schema_lose(w, "const");
		break;
	case json_type_array:
	case json_type_object:
		schema_lose(w, "const");
		break;
	}
	if (type != NULL && schema_view_get(view, "type") == NULL)
		jout_key_string(w->out, "type", type);
}

/* A list under "items" is what is called "prefixItems" today. */
static void
write_tuple(struct schema_walk *w, const struct schema_view *view,
	    struct json_object *list)
{
	if (schema_view_get(view, "prefixItems") != NULL) {
		schema_lose(w, "items");
		return;
	}
	jout_key(w->out, "prefixItems");
	write_list(w, list);
}

/* One whose value is a schema, or several. */
static void
write_schemas(struct schema_walk *w, const struct schema_view *view,
	      const char *name, enum value_kind kind, struct json_object *value)
{
	bool array, object;

	array = json_object_is_type(value, json_type_array);
	object = json_object_is_type(value, json_type_object);
	if (kind == PROPERTIES && object) {
		schema_write_properties(w, view, write_node);
	} else if (kind == ITEMS && array) {
		write_tuple(w, view, value);
	} else if (kind == LIST && array) {
		jout_key(w->out, name);
		write_list(w, value);
	} else if (kind == MAP && object) {
		jout_key(w->out, name);
		jout_object(w->out);
		write_map(w, value, NULL);
		jout_object_end(w->out);
	} else if ((kind == SCHEMA || kind == ITEMS) && object) {
		jout_key(w->out, name);
		write_node(w, value);
	} else if ((kind == SCHEMA || kind == ITEMS) &&
		   json_object_is_type(value, json_type_boolean)) {
		jout_key(w->out, name);
		jout_value(w->out, value);
	} else if (value != NULL) {
		schema_lose(w, name); /* of the wrong type */
	}
}

/* The first of the view's keywords of this name. */
static void
write_keyword(struct schema_walk *w, const struct schema_view *view,
	      const char *name, struct json_object *value)
{
	enum value_kind kind;

	kind = kind_of(name, strlen(name));
	switch (kind) {
	case LEFT_OUT:
	case BRANCHES:
	case REFERENCE:
	case DEFINITIONS:
		break;
	case VALUE:
		jout_key(w->out, name);
		jout_value(w->out, value);
		break;
	case CONSTANT:
		if (schema_view_get(view, "enum") == NULL)
			write_constant(w, view, value);
		break;
	case REQUIRED:
		if (json_object_is_type(value, json_type_array))
			schema_write_required(w, view, false);
		else if (value != NULL && !schema_is_never(value))
			schema_lose(w, name);
		break;
	case SCHEMA:
	case ITEMS:
	case LIST:
	case MAP:
	case PROPERTIES:
		write_schemas(w, view, name, kind, value);
		break;
	}
}

/* A keyword that an earlier part has too, and which is not written. */
static void
note_lost(struct schema_walk *w, const char *name, struct json_object *first,
	  struct json_object *value)
{
	enum value_kind kind;

	kind = kind_of(name, strlen(name));
	if (kind == PROPERTIES || kind == REQUIRED || kind == LEFT_OUT ||
	    kind == BRANCHES || kind == REFERENCE || kind == DEFINITIONS ||
	    name[0] == '$' || schema_is_note(name) ||
	    strcmp(name, "title") == 0 || strcmp(name, "description") == 0 ||
	    strcmp(name, "default") == 0 || first == value)
		return;
	if (json_object_is_type(value, json_type_object) ||
	    json_object_is_type(value, json_type_array) ||
	    !json_object_equal(first, value))
		schema_lose(w, "allOf");
}

/* --- the whole ------------------------------------------------------------ */

/* Beside a reference only what begins with "$" may stand; all else goes
 * around it. */
static void
write_reference(struct schema_walk *w, struct json_object *node,
		const char *ref, enum value_kind from, bool around)
{
	const struct schema_view view = {{node}, 1};

	if (around) {
		jout_key(w->out, "anyOf");
		jout_array(w->out);
		jout_object(w->out);
	}
	jout_key_string(w->out, "$ref", ref);
	if (around) {
		jout_object_end(w->out);
		jout_array_end(w->out);
	}
	json_object_object_foreach(node, name, value)
	{
		if ((around || name[0] == '$') &&
		    kind_of(name, strlen(name)) != from)
			write_keyword(w, &view, name, value);
	}
	write_definitions(w, node);
}

static void
write_merged(struct schema_walk *w, struct json_object *node)
{
	struct json_object *first;
	struct schema_view view;
	size_t i;

	view.count = 0;
	schema_view_add(w, &view, node, true);
	for (i = 0; i < view.count && w->fail == GB_OK; i++) {
		json_object_object_foreach(view.parts[i], name, value)
		{
			if (!schema_view_shadowed(&view, i, name, &first))
				write_keyword(w, &view, name, value);
			else
				note_lost(w, name, first, value);
		}
	}
	write_definitions(w, node);
}

/* The whole is no reference: a function's arguments are an object, and say
 * so. */
static void
write_members(struct schema_walk *w, struct json_object *node)
{
	enum beside beside;
	enum value_kind from;
	struct buf moved;
	struct text ref;

	ref = find_reference(node, &from);
	beside = look_beside(node, from);
	if (ref.ptr == NULL || w->depth == 1 || beside == BESIDE_SCHEMAS) {
		write_merged(w, node);
		return;
	}
	if (keep_reference(w, ref, &moved)) {
		write_reference(w, node, buf_str(&moved), from,
				beside == BESIDE_VALUES);
		if (buf_error(&moved) != GB_OK)
			w->fail = buf_error(&moved);
	} else {
		write_merged(w, node);
	}
	buf_release(&moved);
}

/* A subschema that is true, false or no schema at all becomes {}: anything. */
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
	jout_object_end(w->out);
	schema_leave(w);
}

enum gb_err
schema_write_json(struct json_out *out, struct json_object *schema,
		  struct schema_account *account)
{
	struct schema_walk w;

	schema_begin(&w, out, schema, account);
	write_node(&w, schema);
	return schema_end(&w);
}
