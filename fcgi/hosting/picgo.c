/*
 * picgo.c: picgo.net and other servers of its kind (Chevereto), and a PicGo
 * server of one's own.  POST the form field "source"; {"status_code": 200,
 * "image": {"url": …}} of the first, {"success": true, "result": [url]} of
 * the second.
 */
#include "hosting/host.h"

#include <json-c/json.h>

#include "dialect/json/json_tree.h"

static const char *
picgo_missing(const struct settings *cfg)
{
	if (cfg->picgo_api_key[0] == '\0')
		return "picgo_api_key";
	return NULL;
}

static enum gb_err
picgo_write(const struct settings *cfg, const struct host_picture *picture,
	    size_t way, struct host_request *rq)
{
	(void)picture;
	(void)way;
	buf_puts(&rq->url, cfg->picgo_api_url);
	buf_puts(host_header_add(rq, "x-api-key"), cfg->picgo_api_key);
	return GB_OK;
}

static const char *
find_url(struct json_object *root)
{
	struct json_object *first;

	if (tree_true(root, "success")) {
		first = tree_item(tree_array(root, "result"), 0);
		if (json_object_is_type(first, json_type_string))
			return json_object_get_string(first);
	}
	if (tree_count(root, "status_code") != 200)
		return NULL;
	return tree_string(tree_object(root, "image"), "url", NULL);
}

static bool
picgo_read(const struct settings *cfg, const struct host_picture *picture,
	   struct host_answer *answer)
{
	struct json_object *root;
	const char *url, *text;

	(void)cfg;
	(void)picture;
	root = tree_parse(answer->body, answer->len);
	if ((url = find_url(root)) != NULL)
		buf_puts(&answer->url, url);
	else if ((text = tree_string(tree_object(root, "error"), "message",
				     NULL)) != NULL ||
		 (text = tree_string(root, "message", NULL)) != NULL)
		buf_puts(&answer->words, text);
	else
		buf_puts(&answer->words, "its answer is none of PicGo's");
	json_object_put(root);
	return url != NULL;
}

const struct host host_picgo = {
    .name = "picgo",
    .method = "POST",
    .field = "source",
    .missing = picgo_missing,
    .write = picgo_write,
    .read = picgo_read,
};
