/* schema_view.c: one subschema together with what it refers to */
#include "dialect/schema_view.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "dialect/field.h"

#define STEP_MAX \
	128 /* bytes of one step of a JSON pointer; longer: unknown \
	     */

/* Undo a pointer's escapes, "~1" for "/" and "~0" for "~", and "%XX". */
static bool
read_step(const char *from, size_t len, char step[STEP_MAX])
{
	char hex[3] = "";
	size_t i, to = 0;

	if (len >= STEP_MAX)
		return false;
	for (i = 0; i < len; i++) {
		step[to] = from[i];
		if (from[i] == '~' && i + 1 < len) {
			step[to] = from[++i] == '1' ? '/' : '~';
		} else if (from[i] == '%' && i + 2 < len) {
			memcpy(hex, from + i + 1, 2);
			step[to] = (char)strtol(hex, NULL, 16);
			i += 2;
		}
		to++;
	}
	step[to] = '\0';
	return true;
}

static struct json_object *
step_into(struct json_object *node, const char *step)
{
	char *end;
	unsigned long index;

	if (!json_object_is_type(node, json_type_array))
		return field_get(node, step);
	index = strtoul(step, &end, 10);
	if (end == step || *end != '\0' ||
	    index >= json_object_array_length(node))
		return NULL;
	return json_object_array_get_idx(node, index);
}

struct json_object *
schema_resolve(struct json_object *root, const char *ref)
{
	char step[STEP_MAX];
	size_t len;

	if (ref[0] != '#')
		return NULL;
	for (ref++; *ref == '/' && root != NULL; ref += len) {
		ref++;
		len = strcspn(ref, "/");
		if (!read_step(ref, len, step))
			return NULL;
		root = step_into(root, step);
	}
	return *ref == '\0' ? root : NULL;
}

static bool
contains(const struct schema_view *view, struct json_object *node)
{
	size_t i;

	for (i = 0; i < view->count; i++)
		if (view->parts[i] == node)
			return true;
	return false;
}

/* Ends because each object goes in once, and only so many do. */
void
schema_view_add(struct schema_view *view, struct json_object *root,
		struct json_object *node, bool refs)
{
	struct json_object *ref, *branches;
	size_t i;

	if (!json_object_is_type(node, json_type_object) ||
	    view->count == SCHEMA_VIEW_MAX || contains(view, node))
		return;
	view->parts[view->count++] = node;
	ref = field_get(node, "$ref");
	if (refs && json_object_is_type(ref, json_type_string))
		schema_view_add(view, root,
				schema_resolve(root,
					       json_object_get_string(ref)),
				refs);
	branches = field_get(node, "allOf");
	if (!json_object_is_type(branches, json_type_array))
		return;
	for (i = 0;
	     i < json_object_array_length(branches) && i < SCHEMA_VIEW_MAX; i++)
		schema_view_add(view, root,
				json_object_array_get_idx(branches, i), refs);
}

struct json_object *
schema_view_get(const struct schema_view *view, const char *keyword)
{
	struct json_object *value = NULL;
	size_t i;

	for (i = 0; i < view->count && value == NULL; i++)
		value = field_get(view->parts[i], keyword);
	return value;
}

bool
schema_view_shadowed(const struct schema_view *view, size_t part,
		     const char *keyword)
{
	size_t i;

	for (i = 0; i < part; i++)
		if (json_object_object_get_ex(view->parts[i], keyword, NULL))
			return true;
	return false;
}

bool
schema_view_has_property(const struct schema_view *view, const char *name,
			 size_t before)
{
	struct json_object *properties;
	size_t i;

	for (i = 0; i < before && i < view->count; i++) {
		properties = field_get(view->parts[i], "properties");
		if (json_object_is_type(properties, json_type_object) &&
		    json_object_object_get_ex(properties, name, NULL))
			return true;
	}
	return false;
}

/* --- walking -------------------------------------------------------------- */

bool
schema_charge(struct schema_walk *w, size_t items)
{
	w->nodes += items;
	if (w->fail == GB_OK && w->nodes > SCHEMA_NODES_MAX)
		w->fail = GB_ETOOBIG;
	return w->fail == GB_OK;
}

bool
schema_enter(struct schema_walk *w, struct json_object *node)
{
	unsigned i;

	if (!schema_charge(w, 1) || buf_error(w->out->buf) != GB_OK) {
		jout_null(w->out);
		return false;
	}
	for (i = 0; i < w->depth; i++) {
		if (node != NULL && w->open[i] == node) {
			jout_object(w->out);
			jout_key_string(w->out, "type", "object");
			jout_object_end(w->out);
			return false;
		}
	}
	if (w->depth == SCHEMA_DEPTH_MAX) {
		w->fail = GB_ETOOBIG;
		jout_null(w->out);
		return false;
	}
	w->open[w->depth++] = node;
	return true;
}

void
schema_leave(struct schema_walk *w)
{
	w->depth--;
}

/* Write the names of one part's list that were not written yet. */
static void
write_names(struct schema_walk *w, const struct schema_view *view,
	    struct json_object *names, struct json_object *seen, bool known)
{
	struct text name;
	size_t i, count;

	count = json_object_array_length(names);
	if (!schema_charge(w, count))
		return;
	for (i = 0; i < count; i++) {
		name = text_of(json_object_array_get_idx(names, i));
		if (name.ptr == NULL ||
		    json_object_object_get_ex(seen, name.ptr, NULL) ||
		    (known &&
		     !schema_view_has_property(view, name.ptr, view->count)))
			continue;
		if (json_object_object_add(seen, name.ptr, NULL) != 0) {
			w->fail = GB_ENOMEM;
			return;
		}
		if (json_object_object_length(seen) == 1) {
			jout_key(w->out, "required");
			jout_array(w->out);
		}
		jout_string_len(w->out, name.ptr, name.len);
	}
}

void
schema_write_required(struct schema_walk *w, const struct schema_view *view,
		      bool known)
{
	struct json_object *seen, *names;
	size_t i;

	seen = json_object_new_object();
	if (seen == NULL) {
		w->fail = GB_ENOMEM;
		return;
	}
	for (i = 0; i < view->count; i++) {
		names = field_get(view->parts[i], "required");
		if (json_object_is_type(names, json_type_array))
			write_names(w, view, names, seen, known);
	}
	if (json_object_object_length(seen) > 0)
		jout_array_end(w->out);
	json_object_put(seen);
}

void
schema_write_properties(struct schema_walk *w, const struct schema_view *view,
			void (*write)(struct schema_walk *,
				      struct json_object *))
{
	struct json_object *properties;
	bool any = false;
	size_t i;

	for (i = 0; i < view->count; i++) {
		properties = field_get(view->parts[i], "properties");
		if (!json_object_is_type(properties, json_type_object))
			continue;
		json_object_object_foreach(properties, name, value)
		{
			if (schema_view_has_property(view, name, i))
				continue;
			if (!any) {
				jout_key(w->out, "properties");
				jout_object(w->out);
				any = true;
			}
			jout_key(w->out, name);
			write(w, value);
		}
	}
	if (any)
		jout_object_end(w->out);
}

bool
schema_is_empty(struct json_object *schema)
{
	struct json_object *properties;

	if (json_object_object_length(schema) == 0)
		return true;
	properties = field_get(schema, "properties");
	if (json_object_is_type(properties, json_type_object))
		return json_object_object_length(properties) == 0;
	return text_is(text_of(field_get(schema, "type")), "object") &&
	       json_object_object_length(schema) == 1;
}
