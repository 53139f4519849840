/*
 * fuzz_chat_request.c: any bytes as a chat request for a model that the first
 * byte chooses.  Nothing crashes, every refusal says why, and what would go
 * to Gemini is JSON, also after it refused the first form.
 */
#include <string.h>

#include <json-c/json.h>

#include "base/buf.h"
#include "dialect/chat_defaults.h"
#include "dialect/gemini/gemini_repair.h"
#include "dialect/json/json_in.h"
#include "dialect/openai/openai_chat_request.h"
#include "fuzz.h"

#define OUT_MAX	   (64u << 20)
#define STRICT_BIT 0x80 /* of the first byte */
#define SHOW_BIT   0x40

static const char *const models[] = {
    "gemini-2.0-flash",	      "gemini-2.5-flash",
    "gemini-2.5-pro",	      "gemini-2.5-flash-lite",
    "gemini-3-flash-preview", "gemini-3.1-pro-preview",
    "gemini-3.5-flash",	      "gemini-3.7-flash",
    "gemini-flash-latest",    "gemini-3.1-flash-image",
    "gemini-3.8-flash-tts",   "gemma-3-27b-it",
};

/* What Gemini may have against each of them. */
static const char *const refusals[] = {
    "missing a thought_signature",
    "Thought signature is not valid",
    "Unknown name at 'tools[0].function_declarations[0].parameters'",
    "too many states",
    "JSON mode is not enabled",
};

/* A parser with looser limits than ours: a request may come out deeper than
 * it went in. */
static void
must_be_json(const struct buf *body)
{
	struct json_tokener *tok;
	struct json_object *value;

	tok = json_tokener_new_ex(256);
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
write_with(const struct chat *chat, const struct model_facts *facts,
	   const struct gemini_request_options *told)
{
	struct api_error err;
	struct buf body;

	buf_init(&body, OUT_MAX);
	if (gemini_request_write(chat, facts, told, &body, &err) == GB_OK)
		must_be_json(&body);
	else
		must(err.fault != FAULT_NONE && err.message[0] != '\0');
	buf_release(&body);
}

/* As it is, and mended for as long as Gemini finds something else. */
static void
write_for(const struct chat *chat, const char *model)
{
	static const struct model_safety safety = {"HARM_CATEGORY_HARASSMENT",
						   "OFF"};
	struct chat_dropped dropped;
	struct gemini_request_options told = {
	    .safety = &safety,
	    .safety_count = 1,
	    .dropped = &dropped,
	};
	struct gemini_repairs repairs = {0, 0};
	struct model_facts facts;
	size_t i;

	memset(&dropped, 0, sizeof(dropped));
	model_facts_get(model, NULL, &facts);
	write_with(chat, &facts, &told);
	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (gemini_repair(&repairs, chat, refusals[i], &facts, &told))
			write_with(chat, &facts, &told);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct model_rules rules = {.code_execution = true,
						 .url_context = true};
	struct chat_options options = {false, false};
	struct json_object *root;
	struct api_error err;
	struct chat chat;
	uint8_t choice;

	if (size == 0)
		return 0;
	choice = data[0];
	options.strict = (choice & STRICT_BIT) != 0;
	options.show_thinking = (choice & SHOW_BIT) != 0;
	if (json_read((const char *)data + 1, size - 1, &root, &err) != GB_OK) {
		must(err.fault != FAULT_NONE && root == NULL);
		return 0;
	}
	if (openai_chat_read(root, &options, &chat, &err) == GB_OK) {
		chat_apply_defaults(&chat, &rules);
		write_for(
		    &chat,
		    models[choice % (sizeof(models) / sizeof(models[0]))]);
	} else
		must(err.fault != FAULT_NONE && err.message[0] != '\0');
	chat_release(&chat);
	return 0;
}
