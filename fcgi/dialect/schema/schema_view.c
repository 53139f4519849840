/* schema_view.c: one subschema together with what it refers to */
#include "dialect/schema/schema_view.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "dialect/json/json_tree.h"

#define REF_MAX 1024 /* bytes of a reference; longer: it points to nothing */
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
		return tree_get(node, step);
	index = strtoul(step, &end, 10);
	if (end == step || *end != '\0' ||
	    index >= json_object_array_length(node))
		return NULL;
	return json_object_array_get_idx(node, index);
}

struct json_object *
schema_resolve(struct json_object *root, struct text ref)
{
	char step[STEP_MAX];
	const char *at;
	size_t len;

	if (ref.len == 0 || ref.len > REF_MAX || ref.ptr[0] != '#')
		return NULL;
	for (at = ref.ptr + 1; *at == '/' && root != NULL; at += len) {
		at++;
		len = strcspn(at, "/");
		if (!read_step(at, len, step))
			return NULL;
		root = step_into(root, step);
	}
	return *at == '\0' ? root : NULL;
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

static bool
add_part(struct schema_walk *w, struct schema_view *view,
	 struct json_object *node)
{
	if (!json_object_is_type(node, json_type_object) ||
	    contains(view, node))
		return false;
	if (view->count == SCHEMA_VIEW_MAX) {
		schema_lose(w, "allOf");
		return false;
	}
	if (!schema_charge(w, 1 + (size_t)json_object_object_length(node) / 4))
		return false;
	view->parts[view->count++] = node;
	return true;
}

/* Ends because each object goes in once, and only so many do. */
void
schema_view_add(struct schema_walk *w, struct schema_view *view,
		struct json_object *node, bool refs)
{
	struct json_object *ref, *branches, *target;
	size_t i, count;

	if (!add_part(w, view, node))
		return;
	ref = tree_get(node, "$ref");
	if (refs && json_object_is_type(ref, json_type_string)) {
		target = schema_resolve(w->root, text_of(ref));
		if (target == NULL)
			schema_lose(w, "ref");
		schema_view_add(w, view, target, refs);
	}
	branches = tree_get(node, "allOf");
	if (!json_object_is_type(branches, json_type_array))
		return;
	count = json_object_array_length(branches);
	if (count > SCHEMA_VIEW_MAX) {
		schema_lose(w, "allOf");
		count = SCHEMA_VIEW_MAX;
	}
	for (i = 0; i < count; i++)
		schema_view_add(w, view, json_object_array_get_idx(branches, i),
				refs);
}

void
schema_view_join(struct schema_walk *w, struct schema_view *view,
		 const struct schema_view *more)
{
	size_t i;

	for (i = 0; i < more->count; i++)
		(void)add_part(w, view, more->parts[i]);
}

struct json_object *
schema_view_get(const struct schema_view *view, const char *keyword)
{
	struct json_object *value = NULL;
	size_t i;

	for (i = 0; i < view->count && value == NULL; i++)
		value = tree_get(view->parts[i], keyword);
	return value;
}

bool
schema_view_shadowed(const struct schema_view *view, size_t part,
		     const char *keyword, struct json_object **first)
{
	size_t i;

	for (i = 0; i < part; i++)
		if (json_object_object_get_ex(view->parts[i], keyword, first))
			return true;
	return false;
}

bool
schema_view_has_property(const struct schema_view *view, const char *name,
			 size_t before)
{
	struct json_object *properties, *property;
	size_t i;

	for (i = 0; i < before && i < view->count; i++) {
		properties = tree_get(view->parts[i], "properties");
		if (json_object_is_type(properties, json_type_object) &&
		    json_object_object_get_ex(properties, name, &property) &&
		    !schema_is_never(property))
			return true;
	}
	return false;
}
