/* responses_request.c: a request of OpenAI's Responses API as a chat */
#include "dialect/responses/responses_request.h"

#include <json-c/json.h>

#include "dialect/chat_fields.h"
#include "dialect/json/json_tree.h"
#include "dialect/openai/openai_chat_read.h"
#include "dialect/openai/openai_fields.h"
#include "dialect/responses/responses_read.h"

static chat_field_fn read_instructions, read_text, read_reasoning, read_include,
    refuse_previous, refuse_conversation, refuse_prompt, refuse_background;

#define TOOL_ROWS 2 /* rows after these may look up a tool by its name */

/* Every field, in the order in which they are read: tools before the items
 * that call them, instructions before other texts of the system. */
static const struct chat_field rows[] = {
    {"model", 0, FIELD_READ, chat_read_model},
    {"tools", 0, FIELD_READ, responses_read_tools},
    {"instructions", 0, FIELD_READ, read_instructions},
    {"previous_response_id", 0, FIELD_READ, refuse_previous},
    {"conversation", 0, FIELD_READ, refuse_conversation},
    {"prompt", 0, FIELD_READ, refuse_prompt},
    {"background", 0, FIELD_READ, refuse_background},
    {"input", 0, FIELD_READ, responses_read_input},
    {"tool_choice", 0, FIELD_READ, responses_read_tool_choice},
    {"parallel_tool_calls", 0, FIELD_READ, openai_read_parallel},
    {"temperature", 0, FIELD_READ, openai_read_temperature},
    {"top_p", 0, FIELD_READ, chat_read_top_p},
    {"max_output_tokens", 0, FIELD_READ, chat_read_max_tokens},
    {"text", 0, FIELD_READ, read_text},
    {"reasoning", 0, FIELD_READ, read_reasoning},
    {"include", 0, FIELD_READ, read_include},
    {"stream", 0, FIELD_READ, chat_read_stream},
    {"service_tier", 0, FIELD_READ, openai_read_tier},
    {"user", 0, FIELD_READ, chat_read_affinity},
    {"prompt_cache_key", 0, FIELD_READ, chat_read_affinity},
    {"extra_body", 0, FIELD_READ, openai_read_extra_body},
    {"google", 0, FIELD_READ, openai_read_google},
    {"top_logprobs", FIELD_NUMBER, FIELD_DROP, NULL},
    {"max_tool_calls", FIELD_NUMBER, FIELD_DROP, NULL},
    {"context_management", FIELD_ARRAY, FIELD_DROP, NULL},
    {"stream_options", FIELD_OBJECT, FIELD_IGNORE, NULL},
    {"store", FIELD_BOOLEAN, FIELD_IGNORE, NULL},
    {"truncation", FIELD_STRING, FIELD_IGNORE, NULL},
    {"metadata", FIELD_OBJECT, FIELD_IGNORE, NULL},
    {"client_metadata", FIELD_OBJECT, FIELD_IGNORE, NULL},
    {"safety_identifier", FIELD_STRING, FIELD_IGNORE, NULL},
    {"prompt_cache_retention", FIELD_STRING, FIELD_IGNORE, NULL},
    {"prompt_cache_options", FIELD_OBJECT, FIELD_IGNORE, NULL},
    {"moderation", FIELD_OBJECT, FIELD_IGNORE, NULL},
    {"image", FIELD_OBJECT, FIELD_IGNORE, NULL},
    {"access_programs", FIELD_OBJECT, FIELD_IGNORE, NULL},
};

/* --- fields --------------------------------------------------------------- */

static enum gb_err
read_instructions(struct chat_reader *r, struct json_object *value,
		  const struct field *at)
{
	struct text text;
	enum gb_err rc;

	if ((rc = field_text(value, at, &text, r->err)) != GB_OK)
		return rc;
	return chat_put_text(r, text, at, CHAT_PLACE_SYSTEM, 0);
}

static enum gb_err
read_text(struct chat_reader *r, struct json_object *value,
	  const struct field *at)
{
	static const struct choice words[] = {{"low", 0},
					      {"medium", 0},
					      {"high", 0},
					      {NULL, 0}};
	struct json_object *member;
	enum gb_err rc;
	int verbosity;

	if ((rc = field_object(value, at, r->err)) != GB_OK)
		return rc;
	member = tree_get(value, "verbosity");
	if (member != NULL) {
		rc = field_choice(member, FIELD_KEY(at, "verbosity"), words,
				  &verbosity, r->err);
		if (rc != GB_OK)
			return rc;
	}
	member = tree_get(value, "format");
	if (member == NULL)
		return GB_OK;
	r->chat->output_param = "text.format";
	return openai_read_format(r, member, FIELD_KEY(at, "format"), NULL);
}

/* How much to tell of the thoughts is up to Gemini. */
static enum gb_err
read_summary(struct chat_reader *r, struct json_object *value,
	     const struct field *at)
{
	static const struct choice words[] = {{"auto", 0},
					      {"concise", 0},
					      {"detailed", 0},
					      {NULL, 0}};
	enum gb_err rc;
	int word;

	rc = field_choice(value, at, words, &word, r->err);
	if (rc == GB_OK && r->opts->show_thinking) {
		r->chat->thinking.thoughts_set = true;
		r->chat->thinking.thoughts = true;
	}
	return rc;
}

static enum gb_err
read_reasoning(struct chat_reader *r, struct json_object *value,
	       const struct field *at)
{
	static const char *const summaries[] = {"generate_summary", "summary"};
	struct json_object *member;
	enum gb_err rc;
	size_t i;

	if ((rc = field_object(value, at, r->err)) != GB_OK)
		return rc;
	member = tree_get(value, "effort");
	if (member != NULL) {
		rc = chat_read_effort(r, member, FIELD_KEY(at, "effort"),
				      "reasoning.effort");
		if (rc != GB_OK)
			return rc;
	}
	for (i = 0; i < GB_COUNT(summaries); i++) {
		member = tree_get(value, summaries[i]);
		if (member == NULL)
			continue;
		rc = read_summary(r, member, FIELD_KEY(at, summaries[i]));
		if (rc != GB_OK)
			return rc;
	}
	return GB_OK;
}

/* What of it matters, the writer asks for: responses_includes(). */
static enum gb_err
check_included(struct chat_reader *r, struct json_object *value,
	       const struct field *at)
{
	struct text text;

	return field_text(value, at, &text, r->err);
}

static enum gb_err
read_include(struct chat_reader *r, struct json_object *value,
	     const struct field *at)
{
	return chat_read_each(r, value, at, check_included);
}

/* --- what needs a store --------------------------------------------------- */

static enum gb_err
refuse_previous(struct chat_reader *r, struct json_object *value,
		const struct field *at)
{
	struct text id;
	enum gb_err rc;

	if ((rc = field_text(value, at, &id, r->err)) != GB_OK || id.len == 0)
		return rc;
	return field_refuse(at, r->err, FAULT_UNSUPPORTED,
			    "responses are not stored here; send the "
			    "conversation so far in \"input\", with the items "
			    "of \"output\" as they came");
}

static enum gb_err
refuse_conversation(struct chat_reader *r, struct json_object *value,
		    const struct field *at)
{
	(void)value;
	return field_refuse(at, r->err, FAULT_UNSUPPORTED,
			    "conversations are not stored here; send the "
			    "conversation so far in \"input\"");
}

static enum gb_err
refuse_prompt(struct chat_reader *r, struct json_object *value,
	      const struct field *at)
{
	(void)value;
	return field_refuse(at, r->err, FAULT_UNSUPPORTED,
			    "prompts are not stored here; send the text in "
			    "\"instructions\" and \"input\"");
}

static enum gb_err
refuse_background(struct chat_reader *r, struct json_object *value,
		  const struct field *at)
{
	enum gb_err rc;
	bool background;

	rc = field_bool(value, at, &background, r->err);
	if (rc != GB_OK || !background)
		return rc;
	return field_refuse(at, r->err, FAULT_UNSUPPORTED,
			    "an answer is only made while its client waits; "
			    "use \"stream\" for those that take long");
}

/* --- the whole ------------------------------------------------------------ */

enum gb_err
responses_read(struct json_object *root, const struct chat_options *opts,
	       struct chat *out, struct api_error *err)
{
	static const char *const required[] = {"model", "input", NULL};
	struct chat_reader r = {out, opts, err};
	struct chat_options quiet = *opts;
	enum gb_err rc;

	rc = chat_read_begin(&r, root, required);
	if (rc == GB_OK)
		rc =
		    chat_read_fields(&r, root, rows, GB_COUNT(rows), TOOL_ROWS);
	if (rc != GB_OK)
		return rc;
	/* An effort does not ask for thoughts here: "summary" does. */
	quiet.show_thinking = false;
	r.opts = &quiet;
	return chat_read_end(&r, "input");
}
