/* schema_walk.c: going through a schema while it is written */
#include "dialect/schema/schema_walk.h"

#include <string.h>

#include <json-c/json.h>

#include "dialect/field.h"
#include "dialect/json/json_tree.h"
#include "dialect/schema/schema_view.h"

#define WEIGHT_BYTES 64 /* so many bytes of a name count as one more item */

/* Keywords for the eyes of people and of other programs. */
static const char *const notes[] = {
    "$schema",	   "$id",
    "id",	   "$comment",
    "$anchor",	   "$vocabulary",
    "$defs",	   "$recursiveAnchor",
    "definitions", "$dynamicAnchor",
    "examples",	   "deprecated",
    "readOnly",	   "writeOnly",
    "strict",	   "discriminator",
    "xml",	   "externalDocs",
};

void
schema_begin(struct schema_walk *w, struct json_out *out,
	     struct json_object *schema, struct schema_account *account)
{
	memset(w, 0, sizeof(*w));
	w->out = out;
	w->root = schema;
	w->account = account;
	w->from = out->buf->len;
}

enum gb_err
schema_end(struct schema_walk *w)
{
	if (w->fail == GB_OK)
		w->account->bytes += w->out->buf->len - w->from;
	return w->fail;
}

/* Both limits are looked at here; one value may pass the second, but is no
 * longer than the client made it. */
bool
schema_charge(struct schema_walk *w, size_t items)
{
	struct schema_account *a = w->account;

	if (items > SCHEMA_WORK_MAX)
		items = SCHEMA_WORK_MAX + 1;
	if (w->fail != GB_OK)
		return false;
	a->work += items;
	if (a->work > SCHEMA_WORK_MAX ||
	    a->bytes + (w->out->buf->len - w->from) > SCHEMA_BYTES_MAX)
		w->fail = GB_ETOOBIG;
	return w->fail == GB_OK;
}

size_t
schema_weight(size_t bytes)
{
	return 1 + bytes / WEIGHT_BYTES;
}

void
schema_lose(struct schema_walk *w, const char *keyword)
{
	if (w->account->lost != NULL)
		chat_drop(w->account->lost, keyword + (keyword[0] == '$'));
}

bool
schema_is_note(const char *keyword)
{
	size_t i;

	if (keyword[0] == 'x' && keyword[1] == '-')
		return true;
	for (i = 0; i < GB_COUNT(notes); i++)
		if (strcmp(keyword, notes[i]) == 0)
			return true;
	return false;
}

/* Nothing is asked for by null and by {}; of what else may be, by true; of
 * "uniqueItems", the only wish among those that are lost, by false. */
bool
schema_is_harmless(const char *keyword, struct json_object *value)
{
	bool wish;

	if (value == NULL)
		return true;
	if (json_object_is_type(value, json_type_object))
		return json_object_object_length(value) == 0;
	if (!json_object_is_type(value, json_type_boolean))
		return false;
	wish = strcmp(keyword, "uniqueItems") == 0;
	return json_object_get_boolean(value) ? !wish : wish;
}

bool
schema_is_never(struct json_object *node)
{
	return json_object_is_type(node, json_type_boolean) &&
	       !json_object_get_boolean(node);
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
			schema_lose(w, "cycle");
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

/* --- members ------------------------------------------------------------- */

/* Write one name of "required", unless it was written, or is unknown. */
static void
write_name(struct schema_walk *w, const struct schema_view *view,
	   struct text name, struct json_object *seen, bool known)
{
	if (!schema_charge(w, schema_weight(name.len)) || name.ptr == NULL ||
	    json_object_object_get_ex(seen, name.ptr, NULL))
		return;
	if (known && !schema_view_has_property(view, name.ptr, view->count)) {
		schema_lose(w, "required");
		return;
	}
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

void
schema_write_required(struct schema_walk *w, const struct schema_view *view,
		      bool known)
{
	struct json_object *seen, *names;
	size_t i, at, count;

	seen = json_object_new_object();
	if (seen == NULL) {
		w->fail = GB_ENOMEM;
		return;
	}
	for (i = 0; i < view->count; i++) {
		names = tree_get(view->parts[i], "required");
		if (!json_object_is_type(names, json_type_array))
			continue;
		count = json_object_array_length(names);
		for (at = 0; at < count && w->fail == GB_OK; at++)
			write_name(w, view,
				   text_of(
				       json_object_array_get_idx(names, at)),
				   seen, known);
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
		properties = tree_get(view->parts[i], "properties");
		if (!json_object_is_type(properties, json_type_object))
			continue;
		json_object_object_foreach(properties, name, value)
		{
			if (!schema_charge(w, schema_weight(strlen(name))))
				break;
			if (schema_is_never(value))
				continue;
			if (schema_view_has_property(view, name, i)) {
				schema_lose(w, "allOf");
				continue;
			}
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

/* --- nothing at all ------------------------------------------------------- */

/* Whether a keyword and its value add nothing to "an object without
 * properties". */
static bool
says_nothing(const char *keyword, struct json_object *value)
{
	if (strcmp(keyword, "type") == 0)
		return text_is(text_of(value), "object");
	if (strcmp(keyword, "additionalProperties") == 0)
		return schema_is_never(value);
	if (json_object_is_type(value, json_type_object))
		return strcmp(keyword, "properties") == 0 &&
		       json_object_object_length(value) == 0;
	if (json_object_is_type(value, json_type_array))
		return strcmp(keyword, "required") == 0 &&
		       json_object_array_length(value) == 0;
	return strcmp(keyword, "title") == 0 ||
	       strcmp(keyword, "description") == 0;
}

bool
schema_is_empty(struct json_object *schema)
{
	json_object_object_foreach(schema, keyword, value)
	{
		if (!says_nothing(keyword, value) && !schema_is_note(keyword))
			return false;
	}
	return true;
}
