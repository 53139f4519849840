/* models_list.c: Google's list of models, for clients of either dialect */
#include "dialect/models_list.h"

#include <string.h>

#include <json-c/json.h>

#include "dialect/json_out.h"
#include "dialect/json_scan.h"
#include "dialect/json_tree.h"

#define NAME_PREFIX "models/"

/* What a model must be able to do to be of use to an OpenAI client. */
static const char *const methods[] = {
    "generateContent",
    "embedContent",
    "batchEmbedContents",
    "predict",
};

static const char *
bare(const char *name)
{
	size_t len = strlen(NAME_PREFIX);

	return strncmp(name, NAME_PREFIX, len) == 0 ? name + len : name;
}

bool
models_hidden(const struct models_filter *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->count; i++)
		if (strcmp(bare(f->names[i]), bare(name)) == 0)
			return true;
	return false;
}

static bool
is_callable(struct json_object *model)
{
	struct json_object *list, *item;
	size_t i, j, n;

	list = tree_array(model, "supportedGenerationMethods");
	if (list == NULL)
		return true; /* it does not say */
	n = tree_length(list);
	for (i = 0; i < n; i++) {
		item = tree_item(list, i);
		for (j = 0; j < GB_COUNT(methods); j++)
			if (json_object_is_type(item, json_type_string) &&
			    strcmp(json_object_get_string(item), methods[j]) ==
				0)
				return true;
	}
	return false;
}

static void
write_model(struct json_out *jo, const char *name)
{
	jout_object(jo);
	jout_key_string(jo, "id", bare(name));
	jout_key_string(jo, "object", "model");
	jout_key_int(jo, "created", 0); /* Google does not tell */
	jout_key_string(jo, "owned_by", "google");
	jout_object_end(jo);
}

void
models_openai_begin(struct models_openai *m, const struct models_filter *filter,
		    struct buf *out)
{
	m->filter = filter;
	m->out = out;
	m->any = false;
	buf_puts(out, "{\"object\":\"list\",\"data\":[");
}

enum gb_err
models_openai_page(struct models_openai *m, const char *page, size_t len)
{
	struct json_object *root, *list, *model;
	struct json_out jo;
	const char *name;
	enum gb_err rc;
	size_t i, n;

	rc = GB_EINVAL;
	root = tree_parse(page, len);
	list = tree_array(root, "models");
	/* a page of none is {} */
	if (list == NULL && (!json_object_is_type(root, json_type_object) ||
			     tree_get(root, "error") != NULL))
		goto out;
	n = tree_length(list);
	for (i = 0; i < n; i++) {
		model = tree_item(list, i);
		name = tree_string(model, "name", NULL);
		if (name == NULL || *bare(name) == '\0' ||
		    !is_callable(model) || models_hidden(m->filter, name))
			continue;
		if (m->any)
			buf_putc(m->out, ',');
		m->any = true;
		jout_init(&jo, m->out);
		write_model(&jo, name);
	}
	rc = buf_error(m->out);
out:
	json_object_put(root);
	return rc;
}

void
models_openai_end(struct models_openai *m)
{
	buf_puts(m->out, "]}");
}

enum gb_err
models_openai_one(const char *json, size_t len, struct buf *out)
{
	struct json_object *model;
	struct json_out jo;
	const char *name;
	enum gb_err rc;

	rc = GB_EINVAL;
	model = tree_parse(json, len);
	name = tree_string(model, "name", NULL);
	if (name != NULL && *bare(name) != '\0') {
		jout_init(&jo, out);
		write_model(&jo, name);
		rc = buf_error(out);
	}
	json_object_put(model);
	return rc;
}

/* The array of models of a page, as a walk over its items. */
static bool
begin_models(struct json_scan *models, const char *page, size_t len)
{
	struct json_scan root;
	struct json_member m;

	if (!json_scan_begin(&root, page, len, 0, '{'))
		return false;
	while (json_scan_next(&root, &m))
		if (json_member_is(&m, "models"))
			return json_scan_begin(models, page, len, m.from, '[');
	return false;
}

/* An item of the array, for json_object_put(), and its name, "" for none. */
static struct json_object *
parse_item(const char *page, const struct json_member *m, const char **name)
{
	struct json_object *model;

	model = tree_parse(page + m->from, m->to - m->from);
	*name = tree_string(model, "name", NULL);
	if (*name == NULL)
		*name = "";
	return model;
}

static bool
item_hidden(const char *page, const struct json_member *m,
	    const struct models_filter *f)
{
	struct json_object *model;
	const char *name;
	bool is_hidden;

	model = parse_item(page, m, &name);
	is_hidden = models_hidden(f, name);
	json_object_put(model);
	return is_hidden;
}

enum gb_err
models_native_page(const struct models_filter *f, const char *page, size_t len,
		   struct buf *out)
{
	struct json_scan scan;
	struct json_member m;
	struct buf kept;
	enum gb_err rc;
	size_t done;
	bool any;

	buf_init(&kept, len);
	rc = GB_EINVAL;
	if (!begin_models(&scan, page, len)) {
		/* a page of none is {} */
		if (json_scan_begin(&scan, page, len, 0, '{') &&
		    !json_scan_next(&scan, &m) && scan.closed) {
			buf_add(out, page, len);
			rc = buf_error(out);
		}
		goto out;
	}
	buf_add(&kept, page, scan.at);
	for (done = scan.at, any = false; json_scan_next(&scan, &m);
	     done = m.to) {
		if (item_hidden(page, &m, f))
			continue;
		if (any)
			buf_putc(&kept, ',');
		any = true;
		buf_add(&kept, page + m.gap, m.to - m.gap);
	}
	if (!scan.closed)
		goto out;
	buf_add(&kept, page + done, len - done);
	if ((rc = buf_error(&kept)) != GB_OK)
		goto out;
	buf_add(out, kept.data, kept.len);
	rc = buf_error(out);
out:
	buf_release(&kept);
	return rc;
}

bool
models_next_page(const char *page, size_t len, char *token, size_t size)
{
	struct json_object *root;
	const char *text;
	size_t text_len;
	bool fits;

	root = tree_parse(page, len);
	text = tree_string(root, "nextPageToken", &text_len);
	fits = text_len < size && (text == NULL || strlen(text) == text_len);
	if (text != NULL && fits)
		memcpy(token, text, text_len + 1);
	else
		token[0] = '\0';
	json_object_put(root);
	return fits;
}
