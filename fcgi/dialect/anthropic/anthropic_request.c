/* anthropic_request.c: an Anthropic Messages request as a chat */
#include "dialect/anthropic/anthropic_request.h"

#include <string.h>

#include <json-c/json.h>

#include "dialect/anthropic/anthropic_read.h"
#include "dialect/chat_fields.h"
#include "dialect/json/json_tree.h"

#define TEMPERATURE_MAX 1
#define TOOL_ROWS	2 /* rows after these may look up a tool by its name */

static chat_field_fn read_max_tokens, read_stop_sequences, read_temperature,
    read_output_config, read_output_format, read_thinking, read_metadata;

/* Every field, in the order in which they are read: tools before the messages
 * that call them, the effort before the thinking that may be none at all. */
static const struct chat_field rows[] = {
    {"model", 0, FIELD_READ, chat_read_model},
    {"tools", 0, FIELD_READ, anthropic_read_tools},
    {"system", 0, FIELD_READ, anthropic_read_system},
    {"messages", 0, FIELD_READ, anthropic_read_messages},
    {"tool_choice", 0, FIELD_READ, anthropic_read_tool_choice},
    {"max_tokens", 0, FIELD_READ, read_max_tokens},
    {"stop_sequences", 0, FIELD_READ, read_stop_sequences},
    {"temperature", 0, FIELD_READ, read_temperature},
    {"top_p", 0, FIELD_READ, chat_read_top_p},
    {"top_k", 0, FIELD_READ, chat_read_top_k},
    {"stream", 0, FIELD_READ, chat_read_stream},
    {"output_format", 0, FIELD_READ, read_output_format},
    {"output_config", 0, FIELD_READ, read_output_config},
    {"thinking", 0, FIELD_READ, read_thinking},
    {"metadata", 0, FIELD_READ, read_metadata},
    {"speed", FIELD_STRING, FIELD_DROP, NULL},
    {"inference_geo", FIELD_STRING, FIELD_DROP, NULL},
    {"container", FIELD_OBJECT | FIELD_STRING, FIELD_DROP, NULL},
    {"context_management", FIELD_OBJECT, FIELD_DROP, NULL},
    {"compaction", FIELD_OBJECT, FIELD_DROP, NULL},
    {"mcp_servers", FIELD_ARRAY, FIELD_REFUSE, NULL},
    {"thread", FIELD_OBJECT, FIELD_REFUSE, NULL},
    {"cache_control", FIELD_OBJECT, FIELD_IGNORE, NULL},
    {"service_tier", FIELD_STRING, FIELD_IGNORE, NULL},
    {"diagnostics", FIELD_OBJECT, FIELD_IGNORE, NULL},
    {"anthropic_version", FIELD_STRING, FIELD_IGNORE, NULL},
    {"anthropic_beta", FIELD_ARRAY, FIELD_IGNORE, NULL},
    {"betas", FIELD_ARRAY, FIELD_IGNORE, NULL},
};

/* --- fields --------------------------------------------------------------- */

/* 0 asks for no answer at all, only for a prompt to be kept. */
static enum gb_err
read_max_tokens(struct chat_reader *r, struct json_object *value,
		const struct field *at)
{
	int64_t tokens;
	enum gb_err rc;

	if ((rc = field_positive(value, at, &tokens, r->err)) != GB_OK)
		return rc;
	return chat_read_max_tokens(r, value, at);
}

static enum gb_err
read_stop_sequences(struct chat_reader *r, struct json_object *value,
		    const struct field *at)
{
	enum gb_err rc;

	if ((rc = field_array(value, at, r->err)) != GB_OK)
		return rc;
	return chat_read_stops(r, value, at);
}

static enum gb_err
read_temperature(struct chat_reader *r, struct json_object *value,
		 const struct field *at)
{
	return chat_read_temperature(r, value, at, TEMPERATURE_MAX);
}

/* {"type":"json_schema","schema":…}, of the field that is called "param". */
static enum gb_err
read_format(struct chat_reader *r, struct json_object *value,
	    const struct field *at, const char *param)
{
	static const struct choice types[] = {{"json_schema", 0}, {NULL, 0}};
	struct json_object *schema;
	enum gb_err rc;
	int type;

	rc = field_type(value, at, types, &type, r->err);
	if (rc != GB_OK)
		return rc;
	schema = tree_get(value, "schema");
	rc = field_object(schema, FIELD_KEY(at, "schema"), r->err);
	if (rc != GB_OK)
		return rc;
	r->chat->output = CHAT_OUTPUT_SCHEMA;
	r->chat->output_schema = schema;
	r->chat->output_param = param;
	return GB_OK;
}

/* Where the format was before there was "output_config". */
static enum gb_err
read_output_format(struct chat_reader *r, struct json_object *value,
		   const struct field *at)
{
	return read_format(r, value, at, "output_format");
}

/* An effort alone does not ask to see the thoughts. */
static enum gb_err
read_output_config(struct chat_reader *r, struct json_object *value,
		   const struct field *at)
{
	char name[FIELD_NAME_MAX];
	enum gb_err rc;

	if ((rc = field_object(value, at, r->err)) != GB_OK)
		return rc;
	json_object_object_foreach(value, key, member)
	{
		if (member == NULL)
			continue;
		if (strcmp(key, "effort") == 0) {
			rc = chat_read_effort(r, member, FIELD_KEY(at, key),
					      "output_config.effort");
			r->chat->thinking.thoughts_set = true;
		} else if (strcmp(key, "format") == 0) {
			rc = read_format(r, member, FIELD_KEY(at, key),
					 "output_config.format");
		} else {
			field_name(FIELD_KEY(at, key), name);
			rc = chat_cannot(r, FIELD_KEY(at, key), name);
		}
		if (rc != GB_OK)
			return rc;
	}
	return GB_OK;
}

static enum gb_err
read_budget(struct chat_reader *r, struct json_object *value,
	    const struct field *at)
{
	struct chat_integer *budget = &r->chat->thinking.budget;
	int64_t tokens;
	enum gb_err rc;

	if ((rc = field_positive(value, at, &tokens, r->err)) != GB_OK)
		return rc;
	*budget = (struct chat_integer){true, tokens};
	return GB_OK;
}

/* How much of the thoughts the client is to see; "omitted" leaves it their
 * signatures. */
static enum gb_err
read_display(struct chat_reader *r, struct json_object *value,
	     const struct field *at)
{
	static const struct choice words[] = {{"summarized", false},
					      {"omitted", true},
					      {NULL, 0}};
	enum gb_err rc;
	int omitted;

	if (value == NULL)
		return GB_OK;
	rc = field_choice(value, at, words, &omitted, r->err);
	if (rc == GB_OK)
		r->chat->thinking.thoughts_set = omitted;
	return rc;
}

static enum gb_err
read_thinking(struct chat_reader *r, struct json_object *value,
	      const struct field *at)
{
	enum {
		DISABLED,
		ENABLED,
		ADAPTIVE
	};
	static const struct choice types[] = {
	    {"disabled", DISABLED},
	    {"enabled", ENABLED},
	    {"adaptive", ADAPTIVE},
	    {"between_tools", ADAPTIVE},
	    {NULL, 0},
	};
	struct chat_thinking *thinking = &r->chat->thinking;
	enum gb_err rc;
	int type;

	rc = field_type(value, at, types, &type, r->err);
	if (rc != GB_OK)
		return rc;
	thinking->thoughts_set = false;
	thinking->param = "thinking";
	if (type == DISABLED) {
		thinking->effort = CHAT_EFFORT_NONE;
		return GB_OK;
	}
	r->chat->thinking_blocks = true;
	if (type == ENABLED)
		rc = read_budget(r, tree_get(value, "budget_tokens"),
				 FIELD_KEY(at, "budget_tokens"));
	if (rc != GB_OK)
		return rc;
	return read_display(r, tree_get(value, "display"),
			    FIELD_KEY(at, "display"));
}

static enum gb_err
read_metadata(struct chat_reader *r, struct json_object *value,
	      const struct field *at)
{
	struct json_object *id;
	enum gb_err rc;

	if ((rc = field_object(value, at, r->err)) != GB_OK)
		return rc;
	id = tree_get(value, "user_id");
	return id == NULL ? GB_OK
			  : chat_read_affinity(r, id, FIELD_KEY(at, "user_id"));
}

/* --- the whole ------------------------------------------------------------ */

static enum gb_err
read_request(struct json_object *root, const char *const *required,
	     const struct chat_options *opts, struct chat *out,
	     struct api_error *err)
{
	struct chat_reader r = {out, opts, err};
	enum gb_err rc;

	rc = chat_read_begin(&r, root, required);
	if (rc == GB_OK)
		rc =
		    chat_read_fields(&r, root, rows, GB_COUNT(rows), TOOL_ROWS);
	return rc == GB_OK ? chat_read_end(&r, "messages") : rc;
}

enum gb_err
anthropic_read(struct json_object *root, const struct chat_options *opts,
	       struct chat *out, struct api_error *err)
{
	static const char *const required[] = {"model", "messages",
					       "max_tokens", NULL};

	return read_request(root, required, opts, out, err);
}

enum gb_err
anthropic_read_count(struct json_object *root, const struct chat_options *opts,
		     struct chat *out, struct api_error *err)
{
	static const char *const required[] = {"model", "messages", NULL};

	return read_request(root, required, opts, out, err);
}
