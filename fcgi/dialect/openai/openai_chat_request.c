/* openai_chat_request.c: an OpenAI chat.completions request as a chat */
#include "dialect/openai/openai_chat_request.h"

#include <json-c/json.h>

#include "dialect/chat_fields.h"
#include "dialect/chat_tools.h"
#include "dialect/openai/openai_chat_read.h"
#include "dialect/openai/openai_fields.h"

#define TOP_LOGPROBS_MAX 20 /* OpenAI's limit, and Gemini's */

static chat_field_fn read_logprobs, read_top_logprobs, read_format, read_search;

#define TOOL_ROWS 3 /* rows after these may look up a tool by its name */

/* Every field, in the order in which they are read: tools before the messages
 * that call them. */
static const struct chat_field rows[] = {
    {"model", 0, FIELD_READ, chat_read_model},
    {"tools", 0, FIELD_READ, openai_read_tools},
    {"functions", 0, FIELD_READ, openai_read_functions},
    {"messages", 0, FIELD_READ, openai_read_messages},
    {"tool_choice", 0, FIELD_READ, openai_read_tool_choice},
    {"function_call", 0, FIELD_READ, openai_read_function_call},
    {"parallel_tool_calls", 0, FIELD_READ, openai_read_parallel},
    {"temperature", 0, FIELD_READ, openai_read_temperature},
    {"top_p", 0, FIELD_READ, chat_read_top_p},
    {"top_k", 0, FIELD_READ, chat_read_top_k},
    {"presence_penalty", 0, FIELD_READ, openai_read_presence},
    {"frequency_penalty", 0, FIELD_READ, openai_read_frequency},
    {"logprobs", 0, FIELD_READ, read_logprobs},
    {"top_logprobs", 0, FIELD_READ, read_top_logprobs},
    {"max_tokens", 0, FIELD_READ, chat_read_max_tokens},
    {"max_completion_tokens", 0, FIELD_READ, chat_read_max_tokens},
    {"n", 0, FIELD_READ, openai_read_n},
    {"seed", 0, FIELD_READ, chat_read_seed},
    {"stop", 0, FIELD_READ, chat_read_stops},
    {"response_format", 0, FIELD_READ, read_format},
    {"reasoning_effort", 0, FIELD_READ, openai_read_effort},
    {"modalities", 0, FIELD_READ, openai_read_modalities},
    {"web_search_options", 0, FIELD_READ, read_search},
    {"stream", 0, FIELD_READ, chat_read_stream},
    {"audio", 0, FIELD_READ, openai_read_audio},
    {"stream_options", 0, FIELD_READ, openai_read_stream_options},
    {"service_tier", 0, FIELD_READ, openai_read_tier},
    {"extra_body", 0, FIELD_READ, openai_read_extra_body},
    {"google", 0, FIELD_READ, openai_read_google},
    {"logit_bias", FIELD_OBJECT, FIELD_DROP, NULL},
    {"verbosity", FIELD_STRING, FIELD_IGNORE, NULL},
    {"prediction", FIELD_OBJECT, FIELD_IGNORE, NULL},
    {"moderation", FIELD_OBJECT | FIELD_STRING, FIELD_IGNORE, NULL},
    {"store", FIELD_BOOLEAN, FIELD_IGNORE, NULL},
    {"metadata", FIELD_OBJECT, FIELD_IGNORE, NULL},
    {"user", 0, FIELD_READ, chat_read_affinity},
    {"safety_identifier", FIELD_STRING, FIELD_IGNORE, NULL},
    {"prompt_cache_key", 0, FIELD_READ, chat_read_affinity},
    {"prompt_cache_retention", FIELD_STRING, FIELD_IGNORE, NULL},
    {"prompt_cache_options", FIELD_OBJECT, FIELD_IGNORE, NULL},
};

/* --- fields --------------------------------------------------------------- */

static enum gb_err
read_logprobs(struct chat_reader *r, struct json_object *value,
	      const struct field *at)
{
	return field_bool(value, at, &r->chat->gen.logprobs, r->err);
}

/* After "logprobs", without which it has no meaning. */
static enum gb_err
read_top_logprobs(struct chat_reader *r, struct json_object *value,
		  const struct field *at)
{
	int64_t top;
	enum gb_err rc;

	if ((rc = field_int(value, at, &top, r->err)) != GB_OK)
		return rc;
	if (top < 0 || top > TOP_LOGPROBS_MAX)
		return field_refuse(at, r->err, FAULT_INVALID,
				    "must be from 0 to %d", TOP_LOGPROBS_MAX);
	if (top > 0 && !r->chat->gen.logprobs)
		return field_refuse(at, r->err, FAULT_INVALID,
				    "needs \"logprobs\" to be true");
	r->chat->gen.top_logprobs = top;
	return GB_OK;
}

static enum gb_err
read_format(struct chat_reader *r, struct json_object *value,
	    const struct field *at)
{
	r->chat->output_param = "response_format";
	return openai_read_format(r, value, at, "json_schema");
}

static enum gb_err
read_search(struct chat_reader *r, struct json_object *value,
	    const struct field *at)
{
	enum gb_err rc;

	if ((rc = field_object(value, at, r->err)) == GB_OK)
		r->chat->builtins |= CHAT_SEARCH;
	return rc;
}

/* --- the whole ------------------------------------------------------------ */

enum gb_err
openai_chat_read(struct json_object *root, const struct chat_options *opts,
		 struct chat *out, struct api_error *err)
{
	static const char *const required[] = {"model", "messages", NULL};
	struct chat_reader r = {out, opts, err};
	enum gb_err rc;

	rc = chat_read_begin(&r, root, required);
	if (rc == GB_OK)
		rc =
		    chat_read_fields(&r, root, rows, GB_COUNT(rows), TOOL_ROWS);
	return rc == GB_OK ? chat_read_end(&r, "messages") : rc;
}
