/* openai_fields.c: fields that OpenAI's chat completions and responses have
 * alike */
#include "dialect/openai/openai_fields.h"

#include "dialect/json/json_tree.h"
#include "dialect/openai/openai_chat_read.h"
#include "dialect/reply.h"

#define TEMPERATURE_MAX 2
#define PENALTY_MAX	2 /* and as much below 0 */

enum gb_err
openai_read_temperature(struct chat_reader *r, struct json_object *value,
			const struct field *at)
{
	return chat_read_temperature(r, value, at, TEMPERATURE_MAX);
}

/* 0 asks for nothing. */
static enum gb_err
read_penalty(struct chat_reader *r, struct json_object *value,
	     const struct field *at, struct chat_number *to)
{
	enum gb_err rc;

	rc = field_number(value, at, -PENALTY_MAX, PENALTY_MAX, &to->value,
			  r->err);
	to->set = rc == GB_OK && to->value != 0;
	return rc;
}

enum gb_err
openai_read_presence(struct chat_reader *r, struct json_object *value,
		     const struct field *at)
{
	return read_penalty(r, value, at, &r->chat->gen.presence_penalty);
}

enum gb_err
openai_read_frequency(struct chat_reader *r, struct json_object *value,
		      const struct field *at)
{
	return read_penalty(r, value, at, &r->chat->gen.frequency_penalty);
}

enum gb_err
openai_read_n(struct chat_reader *r, struct json_object *value,
	      const struct field *at)
{
	int64_t n;
	enum gb_err rc;

	if ((rc = field_positive(value, at, &n, r->err)) != GB_OK)
		return rc;
	if (n > REPLY_CANDIDATES_MAX)
		return field_refuse(at, r->err, FAULT_UNSUPPORTED,
				    "at most %d answers can be asked for",
				    REPLY_CANDIDATES_MAX);
	r->chat->n = n;
	return GB_OK;
}

enum gb_err
openai_read_effort(struct chat_reader *r, struct json_object *value,
		   const struct field *at)
{
	return chat_read_effort(r, value, at, "reasoning_effort");
}

enum gb_err
openai_read_allowed_mode(struct chat_reader *r, struct json_object *value,
			 const struct field *at, enum chat_choice *mode)
{
	static const struct choice modes[] = {
	    {"auto", CHAT_CHOICE_VALIDATED},
	    {"required", CHAT_CHOICE_ANY},
	    {NULL, 0},
	};
	enum gb_err rc;
	int read;

	rc = field_choice(tree_get(value, "mode"), FIELD_KEY(at, "mode"), modes,
			  &read, r->err);
	if (rc == GB_OK)
		*mode = (enum chat_choice)read;
	return rc;
}

enum gb_err
openai_read_stream_options(struct chat_reader *r, struct json_object *value,
			   const struct field *at)
{
	struct json_object *usage;
	enum gb_err rc;

	if ((rc = field_object(value, at, r->err)) != GB_OK)
		return rc;
	usage = tree_get(value, "include_usage");
	if (usage == NULL)
		return GB_OK;
	return field_bool(usage, FIELD_KEY(at, "include_usage"),
			  &r->chat->include_usage, r->err);
}

enum gb_err
openai_read_tier(struct chat_reader *r, struct json_object *value,
		 const struct field *at)
{
	static const char *const ours[] = {NULL, "flex", "priority"};
	static const struct choice tiers[] = {
	    {"auto", 0},     {"default", 0}, {"scale", 0},     {"flex", 1},
	    {"priority", 2}, {"fast", 2},    {"ultrafast", 2}, {NULL, 0},
	};
	enum gb_err rc;
	int tier;

	rc = field_choice(value, at, tiers, &tier, r->err);
	if (rc == GB_OK)
		r->chat->service_tier = text_from(ours[tier]);
	return rc;
}

enum gb_err
openai_read_parallel(struct chat_reader *r, struct json_object *value,
		     const struct field *at)
{
	enum gb_err rc;
	bool parallel;

	if ((rc = field_bool(value, at, &parallel, r->err)) != GB_OK)
		return rc;
	r->chat->one_call = !parallel;
	return GB_OK;
}

enum gb_err
openai_read_extra_body(struct chat_reader *r, struct json_object *value,
		       const struct field *at)
{
	struct json_object *google;
	enum gb_err rc;

	if ((rc = field_object(value, at, r->err)) != GB_OK)
		return rc;
	google = tree_get(value, "google");
	if (google == NULL)
		return GB_OK;
	return openai_read_google(r, google, FIELD_KEY(at, "google"));
}

/* "holder" has the schema; without one it is any JSON. */
static enum gb_err
read_schema(struct chat_reader *r, struct json_object *holder,
	    const struct field *at)
{
	struct json_object *schema;
	enum gb_err rc;

	if ((rc = field_object(holder, at, r->err)) != GB_OK)
		return rc;
	schema = tree_get(holder, "schema");
	if (schema == NULL) {
		r->chat->output = CHAT_OUTPUT_JSON;
		return GB_OK;
	}
	rc = field_object(schema, FIELD_KEY(at, "schema"), r->err);
	if (rc != GB_OK)
		return rc;
	r->chat->output = CHAT_OUTPUT_SCHEMA;
	r->chat->output_schema = schema;
	return GB_OK;
}

enum gb_err
openai_read_format(struct chat_reader *r, struct json_object *value,
		   const struct field *at, const char *nested)
{
	static const struct choice types[] = {
	    {"text", CHAT_OUTPUT_TEXT},
	    {"json_object", CHAT_OUTPUT_JSON},
	    {"json_schema", CHAT_OUTPUT_SCHEMA},
	    {NULL, 0},
	};
	enum gb_err rc;
	int type;

	rc = field_type(value, at, types, &type, r->err);
	if (rc != GB_OK)
		return rc;
	if (type != CHAT_OUTPUT_SCHEMA) {
		r->chat->output = (enum chat_output)type;
		return GB_OK;
	}
	if (nested == NULL)
		return read_schema(r, value, at);
	return read_schema(r, tree_get(value, nested), FIELD_KEY(at, nested));
}
