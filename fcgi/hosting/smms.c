/*
 * smms.c: SM.MS.  POST the form field "smfile"; {"success": true, "data":
 * {"url": …}}.  A picture that it has already is no success, but
 * "image_repeated" with its URL in "images".
 */
#include "hosting/host.h"

#include <json-c/json.h>
#include <string.h>

#include "dialect/json/json_tree.h"

static const char *
smms_missing(const struct settings *cfg)
{
	if (cfg->smms_secret_token[0] == '\0')
		return "smms_secret_token";
	return NULL;
}

static enum gb_err
smms_write(const struct settings *cfg, const struct host_picture *picture,
	   size_t way, struct host_request *rq)
{
	(void)picture;
	(void)way;
	buf_puts(&rq->url, cfg->smms_api_url);
	/* No user and password, though it calls it so. */
	buf_printf(host_header_add(rq, "authorization"), "Basic %s",
		   cfg->smms_secret_token);
	return GB_OK;
}

static bool
smms_read(const struct settings *cfg, const struct host_picture *picture,
	  struct host_answer *answer)
{
	struct json_object *root;
	const char *url, *text;

	(void)cfg;
	(void)picture;
	root = tree_parse(answer->body, answer->len);
	url = NULL;
	if (tree_true(root, "success"))
		url = tree_string(tree_object(root, "data"), "url", NULL);
	else if ((text = tree_string(root, "code", NULL)) != NULL &&
		 strcmp(text, "image_repeated") == 0)
		url = tree_string(root, "images", NULL);
	if (url != NULL)
		buf_puts(&answer->url, url);
	else if ((text = tree_string(root, "message", NULL)) != NULL)
		buf_puts(&answer->words, text);
	else
		buf_puts(&answer->words, "its answer is none of SM.MS's");
	json_object_put(root);
	return url != NULL;
}

const struct host host_smms = {
    .name = "smms",
    .method = "POST",
    .field = "smfile",
    .missing = smms_missing,
    .write = smms_write,
    .read = smms_read,
};
