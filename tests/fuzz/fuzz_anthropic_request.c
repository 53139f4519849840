/*
 * fuzz_anthropic_request.c: any bytes as an Anthropic request, for a model and
 * with options that the last byte chooses, to be answered or only counted: so
 * a golden case, which ends in a line's end, is a request.  Nothing crashes,
 * every refusal says why, and what would go to Gemini is JSON.
 */
#include <string.h>

#include <json-c/json.h>

#include "base/buf.h"
#include "dialect/anthropic/anthropic_request.h"
#include "dialect/gemini/gemini_count.h"
#include "dialect/json/json_in.h"
#include "fuzz.h"

#define OUT_MAX	   (64u << 20)
#define STRICT_BIT 0x80 /* of the last byte */
#define SHOW_BIT   0x40
#define COUNT_BIT  0x20
#define DEPTH_MAX  256 /* a request may come out deeper than it went in */

static const char *const models[] = {
    "gemini-2.5-flash",	   "gemini-3-flash-preview", "gemini-3.1-flash-image",
    "gemini-flash-latest", "gemini-3.7-flash",	     "gemma-3-27b-it",
};

static void
must_be_json(const struct buf *body)
{
	struct json_tokener *tok;
	struct json_object *value;

	tok = json_tokener_new_ex(DEPTH_MAX);
	must(tok != NULL);
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT |
					JSON_TOKENER_VALIDATE_UTF8);
	value = json_tokener_parse_ex(tok, buf_str(body), (int)body->len + 1);
	must(json_tokener_get_error(tok) == json_tokener_success);
	must(json_object_is_type(value, json_type_object));
	json_object_put(value);
	json_tokener_free(tok);
}

static void
write_for(const struct chat *chat, const char *model, int count)
{
	struct chat_dropped dropped;
	struct gemini_request_options options;
	struct model_facts facts;
	struct api_error err;
	struct buf body;

	memset(&dropped, 0, sizeof(dropped));
	memset(&options, 0, sizeof(options));
	options.dropped = &dropped;
	buf_init(&body, OUT_MAX);
	model_facts_get(model, NULL, &facts);
	if ((count ? gemini_count_write : gemini_request_write)(chat, &facts,
								&options, &body,
								&err) == GB_OK)
		must_be_json(&body);
	else
		must(err.fault != FAULT_NONE && err.message[0] != '\0');
	buf_release(&body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct chat_options options = {false, false};
	struct json_object *root;
	struct api_error err;
	struct chat chat;
	uint8_t choice;
	int count;

	if (size == 0)
		return 0;
	choice = data[size - 1];
	options.strict = (choice & STRICT_BIT) != 0;
	options.show_thinking = (choice & SHOW_BIT) != 0;
	count = choice & COUNT_BIT;
	if (json_read((const char *)data, size - 1, &root, &err) != GB_OK) {
		must(err.fault != FAULT_NONE && root == NULL);
		return 0;
	}
	if ((count ? anthropic_read_count
		   : anthropic_read)(root, &options, &chat, &err) == GB_OK)
		write_for(&chat, models[choice % GB_COUNT(models)], count);
	else
		must(err.fault != FAULT_NONE && err.message[0] != '\0');
	chat_release(&chat);
	return 0;
}
