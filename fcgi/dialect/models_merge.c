/* models_merge.c: one list of models out of several */
#include "dialect/models_merge.h"

#include <string.h>

#include <json-c/json.h>

#include "dialect/json/json_scan.h"
#include "dialect/json/json_tree.h"

#define NAME_PREFIX "models/"
#define BEGIN	    "{\"models\":["
#define END	    "]}\n"

/*
 * The array of models of a page, as a walk over its items.  A page without
 * models has no array: then "*none" is set.  False: the page is something else.
 */
static bool
items_begin(struct json_scan *items, const char *page, size_t len, bool *none)
{
	struct json_member m;
	struct json_scan root;
	bool failed;

	*none = false;
	if (!json_scan_begin(&root, page, len, 0, '{'))
		return false;
	for (failed = false; json_scan_next(&root, &m);) {
		if (json_member_is(&m, "models"))
			return json_scan_begin(items, page, len, m.from, '[');
		failed = failed || json_member_is(&m, "error");
	}
	*none = root.closed && !failed;
	return *none;
}

/* The item, for json_object_put(), and its name without "models/"; "" when it
 * has none. */
static struct json_object *
read_item(const char *page, const struct json_member *m, const char **name)
{
	struct json_object *model;
	size_t len = sizeof(NAME_PREFIX) - 1;

	model = tree_parse(page + m->from, m->to - m->from);
	*name = tree_string(model, "name", NULL);
	if (*name == NULL)
		*name = "";
	else if (strncmp(*name, NAME_PREFIX, len) == 0)
		*name += len;
	return model;
}

enum gb_err
models_merge_begin(struct models_merge *m, struct buf *out)
{
	m->out = out;
	m->seen = json_object_new_object();
	m->names = json_object_new_array();
	if (m->seen == NULL || m->names == NULL)
		return GB_ENOMEM;
	buf_puts(out, BEGIN);
	return buf_error(out);
}

void
models_merge_release(struct models_merge *m)
{
	json_object_put(m->seen);
	json_object_put(m->names);
	memset(m, 0, sizeof(*m));
}

static enum gb_err
remember(struct models_merge *m, const char *name)
{
	struct json_object *text;

	if (json_object_array_length(m->names) >= MODELS_MERGE_MAX)
		return GB_ETOOBIG;
	if (json_object_object_add(m->seen, name, NULL) != 0 ||
	    (text = json_object_new_string(name)) == NULL)
		return GB_ENOMEM;
	if (json_object_array_add(m->names, text) != 0) {
		json_object_put(text);
		return GB_ENOMEM;
	}
	return GB_OK;
}

/* Items without a name are no models, and left out. */
static enum gb_err
add_item(struct models_merge *m, const char *page, const struct json_member *at)
{
	struct json_object *model;
	const char *name;
	enum gb_err rc;

	rc = GB_OK;
	model = read_item(page, at, &name);
	if (*name != '\0' && !json_object_object_get_ex(m->seen, name, NULL) &&
	    (rc = remember(m, name)) == GB_OK) {
		buf_puts(m->out, json_object_array_length(m->names) == 1
				     ? "\n"
				     : ",\n");
		buf_add(m->out, page + at->from, at->to - at->from);
	}
	json_object_put(model);
	return rc;
}

enum gb_err
models_merge_add(struct models_merge *m, const char *page, size_t len)
{
	struct json_member at;
	struct json_scan items;
	enum gb_err rc;
	bool none;

	if (!items_begin(&items, page, len, &none))
		return GB_EINVAL;
	if (none)
		return GB_OK;
	for (rc = GB_OK; rc == GB_OK && json_scan_next(&items, &at);)
		rc = add_item(m, page, &at);
	if (rc == GB_OK && !items.closed)
		rc = GB_EINVAL;
	return rc == GB_OK ? buf_error(m->out) : rc;
}

enum gb_err
models_merge_end(struct models_merge *m)
{
	buf_puts(m->out, "\n" END);
	return buf_error(m->out);
}

const char *
models_merge_names(const struct models_merge *m)
{
	return json_object_to_json_string_ext(m->names, JSON_C_TO_STRING_PLAIN);
}

enum gb_err
models_cut(const char *list, size_t len, size_t from, size_t size,
	   struct buf *out)
{
	struct json_member at;
	struct json_scan items;
	size_t i;
	bool none;

	if (!items_begin(&items, list, len, &none))
		return GB_EINVAL;
	buf_puts(out, BEGIN);
	for (i = 0; !none && json_scan_next(&items, &at); i++) {
		if (i < from)
			continue;
		if (i - from == size) {
			buf_printf(out, "\n],\"nextPageToken\":\"%zu\"}\n", i);
			return buf_error(out);
		}
		buf_puts(out, i == from ? "\n" : ",\n");
		buf_add(out, list + at.from, at.to - at.from);
	}
	buf_puts(out, "\n" END);
	return buf_error(out);
}

enum gb_err
models_pick(const char *list, size_t len, const char *name, struct buf *out)
{
	struct json_object *model;
	struct json_member at;
	struct json_scan items;
	const char *have;
	bool none, found;

	if (!items_begin(&items, list, len, &none) || none)
		return GB_ENOTFOUND;
	for (found = false; !found && json_scan_next(&items, &at);) {
		model = read_item(list, &at, &have);
		found = *have != '\0' && strcmp(have, name) == 0;
		json_object_put(model);
	}
	if (!found)
		return GB_ENOTFOUND;
	buf_add(out, list + at.from, at.to - at.from);
	return buf_error(out);
}
