/*
 * fuzz_completions_request.c: any bytes as a request of OpenAI's completions,
 * for a model and with options that the last byte chooses: so a golden case,
 * which ends in a line's end, is a request.  Nothing crashes, every refusal
 * says why, and what would go to Gemini, for each of the answers, is JSON.
 */
#include <string.h>

#include "dialect/chat_defaults.h"
#include "dialect/openai/completions_request.h"
#include "dialect/gemini/gemini_request.h"
#include "dialect/json/json_in.h"
#include "dialect/reply.h"
#include "fuzz.h"

#define OUT_MAX	   (64u << 20)
#define STRICT_BIT 0x80 /* of the last byte */
#define SHOW_BIT   0x40

static const char *const models[] = {
    "gemini-2.5-flash",	   "gemini-3.1-flash-image-chat",
    "gemini-flash-latest", "gemini-3.7-flash",
    "gemma-3-27b-it",
};

/* One of the answers. */
static void
write_answer(struct chat *chat, unsigned answer)
{
	struct gemini_request_options told = {.choice = answer};
	struct model_facts facts;
	struct api_error err;
	struct buf body;

	must(chat_prompt(chat, answer).len > 0);
	chat_choose_prompt(chat, answer);
	buf_init(&body, OUT_MAX);
	model_facts_get(chat->model, NULL, &facts);
	if (gemini_request_write(chat, &facts, &told, &body, &err) == GB_OK)
		must(json_check(buf_str(&body), body.len) == JSON_KIND_OBJECT);
	else
		must(err.fault != FAULT_NONE && err.message[0] != '\0');
	buf_release(&body);
}

static void
write_all(struct chat *chat, const char *model)
{
	struct model_rules rules = {0};
	unsigned i;

	must(chat->n >= 1 && chat->n <= REPLY_CANDIDATES_MAX);
	must(chat->prompt_count >= 1 &&
	     (size_t)chat->n % chat->prompt_count == 0);
	must(strlen(model) <= CHAT_MODEL_MAX);
	memcpy(chat->model, model, strlen(model) + 1);
	chat_apply_defaults(chat, &rules);
	for (i = 0; i < chat->n; i++)
		write_answer(chat, i);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct chat_options options = {false, false};
	struct json_object *root;
	struct api_error err;
	struct chat chat;
	uint8_t choice;

	if (size == 0)
		return 0;
	choice = data[size - 1];
	options.strict = (choice & STRICT_BIT) != 0;
	options.show_thinking = (choice & SHOW_BIT) != 0;
	if (json_read((const char *)data, size - 1, &root, &err) != GB_OK) {
		must(err.fault != FAULT_NONE && root == NULL);
		return 0;
	}
	if (completions_read(root, &options, &chat, &err) == GB_OK)
		write_all(&chat, models[choice % GB_COUNT(models)]);
	else
		must(err.fault != FAULT_NONE && err.message[0] != '\0');
	chat_release(&chat);
	return 0;
}
