/* gemini_count.c: how many tokens a chat is, as Gemini is asked for it */
#include "dialect/gemini/gemini_count.h"

#include <json-c/json.h>

#include "dialect/json/json_tree.h"

enum gb_err
gemini_count_write(const struct chat *chat, const struct model_facts *facts,
		   const struct gemini_request_options *opts, struct buf *out,
		   struct api_error *err)
{
	enum gb_err rc;

	buf_puts(out, "{\"generateContentRequest\":");
	rc = gemini_request_write(chat, facts, opts, out, err);
	if (rc != GB_OK)
		return rc;
	/* a request within another one says its model */
	out->len--;
	buf_printf(out, ",\"model\":\"models/%s\"}}", chat->model);
	if ((rc = buf_error(out)) != GB_OK)
		api_error_set(err, FAULT_BODY_TOO_LARGE, NULL,
			      "The request is too large.");
	return rc;
}

bool
gemini_count_read(const char *json, size_t len, int64_t *tokens)
{
	struct json_object *root;
	bool is_count;

	root = tree_parse(json, len);
	is_count = tree_get(root, "totalTokens") != NULL;
	*tokens = tree_count(root, "totalTokens");
	json_object_put(root);
	return is_count;
}
