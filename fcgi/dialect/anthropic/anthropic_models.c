/* anthropic_models.c: which models there are, in Anthropic's form */
#include "dialect/anthropic/anthropic_models.h"

#include <json-c/json.h>

#include "dialect/json/json_out.h"
#include "dialect/json/json_tree.h"

/* Anthropic's own word for "nobody knows when". */
static const char unknown_time[] = "1970-01-01T00:00:00Z";

static const char *
id_of(struct json_object *model)
{
	const char *id;

	id = tree_string(model, "id", NULL);
	return id == NULL ? "" : id;
}

static void
write_model(struct json_out *jo, struct json_object *model)
{
	jout_object(jo);
	jout_key_string(jo, "type", "model");
	jout_key_string(jo, "id", id_of(model));
	jout_key_string(jo, "display_name", id_of(model));
	jout_key_string(jo, "created_at", unknown_time);
	jout_object_end(jo);
}

/* The id of an end of the list, which pages of it are asked by. */
static void
write_end(struct json_out *jo, const char *key, struct json_object *model)
{
	jout_key(jo, key);
	if (model == NULL)
		jout_null(jo);
	else
		jout_string(jo, id_of(model));
}

/* All of it is one page. */
static void
write_list(struct json_out *jo, struct json_object *list)
{
	size_t i, n = tree_length(list);

	jout_object(jo);
	jout_key(jo, "data");
	jout_array(jo);
	for (i = 0; i < n; i++)
		write_model(jo, tree_item(list, i));
	jout_array_end(jo);
	jout_key_bool(jo, "has_more", false);
	write_end(jo, "first_id", tree_item(list, 0));
	write_end(jo, "last_id", n == 0 ? NULL : tree_item(list, n - 1));
	jout_object_end(jo);
}

enum gb_err
anthropic_models_write(const char *openai, size_t len, struct buf *out)
{
	struct json_object *root, *list;
	struct json_out jo;
	enum gb_err rc = GB_EINVAL;

	root = tree_parse(openai, len);
	list = tree_array(root, "data");
	jout_init(&jo, out);
	if (list != NULL) {
		write_list(&jo, list);
		rc = buf_error(out);
	} else if (*id_of(root) != '\0') {
		write_model(&jo, root);
		rc = buf_error(out);
	}
	json_object_put(root);
	return rc;
}
