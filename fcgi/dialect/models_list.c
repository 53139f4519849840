/* models_list.c: Google's list of models, for clients of either dialect */
#include "dialect/models_list.h"

#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "dialect/json/json_out.h"
#include "dialect/json/json_scan.h"
#include "dialect/json/json_splice.h"
#include "dialect/json/json_tree.h"
#include "dialect/model_name.h"

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

static bool
is_allowed(const struct models_filter *f, const char *name)
{
	return f->allowed == NULL || model_is_listed(f->allowed, name);
}

static bool
is_named(const struct models_filter *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->count; i++)
		if (strcmp(bare(f->names[i]), bare(name)) == 0)
			return true;
	return false;
}

bool
models_hidden(const struct models_filter *f, const char *name)
{
	struct model_name meant;

	if (is_named(f, name))
		return true;
	if (is_allowed(f, name))
		return false;
	if (f->rules == NULL || strlen(bare(name)) >= MODEL_NAME_MAX)
		return true;
	model_name_resolve(bare(name), f->rules, &meant);
	return !is_allowed(f, meant.google);
}

/* Whether a model of Google's list has no place in ours. */
static bool
is_left_out(const struct models_filter *f, const char *name)
{
	return models_hidden(f, name) ||
	       (f->rules != NULL &&
		model_name_is_derived(bare(name), f->rules));
}

/* The further name number "which" of a model; false: it has none. */
static bool
further_name(const struct models_filter *f, const char *name, size_t which,
	     char out[MODEL_NAME_MAX])
{
	return f->rules != NULL &&
	       model_name_derived(bare(name), which, f->rules, out) &&
	       !models_hidden(f, out);
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

static void
add_openai(struct models_openai *m, const char *name)
{
	struct json_out jo;

	if (m->any)
		buf_putc(m->out, ',');
	m->any = true;
	jout_init(&jo, m->out);
	write_model(&jo, name);
}

enum gb_err
models_openai_page(struct models_openai *m, const char *page, size_t len)
{
	struct json_object *root, *list, *model;
	char further[MODEL_NAME_MAX];
	const char *name;
	enum gb_err rc;
	size_t i, j, n;

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
		    !is_callable(model) || is_left_out(m->filter, name))
			continue;
		add_openai(m, name);
		for (j = 0; j < MODEL_DERIVED_MAX; j++)
			if (further_name(m->filter, name, j, further))
				add_openai(m, further);
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

/* Whether the JSON is a model. */
static bool
is_model(const char *json, size_t len)
{
	struct json_object *model;
	const char *name;
	bool is_one;

	model = tree_parse(json, len);
	name = tree_string(model, "name", NULL);
	is_one = name != NULL && *bare(name) != '\0';
	json_object_put(model);
	return is_one;
}

enum gb_err
models_openai_one(const char *json, size_t len, const char *name,
		  struct buf *out)
{
	struct json_out jo;
	enum gb_err rc;

	rc = GB_EINVAL;
	if (is_model(json, len)) {
		jout_init(&jo, out);
		write_model(&jo, name);
		rc = buf_error(out);
	}
	return rc;
}

/* Append a model's text under another name. */
static void
add_renamed(struct buf *out, const char *json, size_t len, const char *name)
{
	struct json_want want = {.camel = "name", .snake = "name"};
	struct json_place place;
	struct json_out jo;

	if (!json_look(json, len, 0, &want, 1, &place) ||
	    want.have != JSON_THERE) {
		buf_add(out, json, len);
		return;
	}
	buf_add(out, json, want.from);
	jout_init(&jo, out);
	jout_string(&jo, name);
	buf_add(out, json + want.to, len - want.to);
}

enum gb_err
models_native_one(const char *json, size_t len, const char *name,
		  struct buf *out)
{
	char whole[sizeof(NAME_PREFIX) + MODEL_NAME_MAX];

	if (!is_model(json, len))
		return GB_EINVAL;
	(void)snprintf(whole, sizeof(whole), NAME_PREFIX "%s", name);
	add_renamed(out, json, len, whole);
	return buf_error(out);
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

/* Append an item and its further names, unless it is left out. */
static void
add_native(struct buf *out, const char *page, const struct json_member *m,
	   const struct models_filter *f, bool *any)
{
	char further[sizeof(NAME_PREFIX) + MODEL_NAME_MAX];
	struct json_object *model;
	const char *name;
	size_t i;

	model = parse_item(page, m, &name);
	if (!is_left_out(f, name)) {
		if (*any)
			buf_putc(out, ',');
		*any = true;
		buf_add(out, page + m->gap, m->to - m->gap);
		memcpy(further, NAME_PREFIX, sizeof(NAME_PREFIX));
		for (i = 0; i < MODEL_DERIVED_MAX; i++) {
			if (!further_name(f, name, i,
					  further + sizeof(NAME_PREFIX) - 1))
				continue;
			buf_putc(out, ',');
			buf_add(out, page + m->gap, m->from - m->gap);
			add_renamed(out, page + m->from, m->to - m->from,
				    further);
		}
	}
	json_object_put(model);
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

	/* a further name is as long as the whole item, at most */
	buf_init(&kept, len * (1 + 2 * MODEL_DERIVED_MAX));
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
	     done = m.to)
		add_native(&kept, page, &m, f, &any);
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

/* Append characters of a URL's query value. */
static void
add_escaped(struct buf *url, const char *text)
{
	for (; *text != '\0'; text++) {
		if ((*text >= 'a' && *text <= 'z') ||
		    (*text >= 'A' && *text <= 'Z') ||
		    (*text >= '0' && *text <= '9') ||
		    strchr("-._~", *text) != NULL)
			buf_putc(url, *text);
		else
			buf_printf(url, "%%%02X", (unsigned char)*text);
	}
}

void
models_page_path(struct buf *out, const char *token)
{
	buf_puts(out, "/v1beta/models?pageSize=1000");
	if (token[0] == '\0')
		return;
	buf_puts(out, "&pageToken=");
	add_escaped(out, token);
}

void
models_one_path(struct buf *out, const char *name)
{
	buf_puts(out, "/v1beta/models/");
	add_escaped(out, name);
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
