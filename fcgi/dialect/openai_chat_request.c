/* openai_chat_request.c: an OpenAI chat.completions request as a chat */
#include "dialect/openai_chat_request.h"

#include <string.h>

#include <json-c/json.h>

#include "dialect/chat_tools.h"
#include "dialect/openai_chat_read.h"
#include "dialect/reply.h"

#define TEMPERATURE_MAX	 2
#define PENALTY_MAX	 2  /* and as much below 0 */
#define TOP_LOGPROBS_MAX 20 /* OpenAI's limit, and Gemini's */

/* JSON types that a field may have, as bits. */
enum {
	BOOLEAN = 1 << 0,
	NUMBER = 1 << 1,
	STRING = 1 << 2,
	OBJECT = 1 << 3,
};

enum policy {
	READ,	/* by the row's reader */
	IGNORE, /* it changes nothing that we could change */
	DROP,	/* Gemini cannot: refused when strict, unless it says "no" */
};

typedef enum gb_err reader_fn(struct chat_reader *, struct json_object *,
			      const struct field *);

static reader_fn read_temperature, read_presence, read_frequency, read_logprobs,
    read_top_logprobs, read_n, read_format, read_effort, read_stream,
    read_stream_options, read_search, read_tier, read_parallel, read_extra_body,
    read_affinity;

#define TOOL_ROWS 3 /* rows after these may look up a tool by its name */

/*
 * Every field, in the order in which they are read: tools before the messages
 * that call them; of two names for one thing the last wins.  A field that is
 * not here is ignored, and named among the dropped ones.
 */
static const struct row {
	const char *name;
	unsigned types; /* for those that no reader looks at */
	enum policy policy;
	reader_fn *read;
} rows[] = {
    {"model", 0, READ, chat_read_model},
    {"tools", 0, READ, openai_read_tools},
    {"functions", 0, READ, openai_read_functions},
    {"messages", 0, READ, openai_read_messages},
    {"tool_choice", 0, READ, openai_read_tool_choice},
    {"function_call", 0, READ, openai_read_function_call},
    {"parallel_tool_calls", 0, READ, read_parallel},
    {"temperature", 0, READ, read_temperature},
    {"top_p", 0, READ, chat_read_top_p},
    {"top_k", 0, READ, chat_read_top_k},
    {"presence_penalty", 0, READ, read_presence},
    {"frequency_penalty", 0, READ, read_frequency},
    {"logprobs", 0, READ, read_logprobs},
    {"top_logprobs", 0, READ, read_top_logprobs},
    {"max_tokens", 0, READ, chat_read_max_tokens},
    {"max_completion_tokens", 0, READ, chat_read_max_tokens},
    {"n", 0, READ, read_n},
    {"seed", 0, READ, chat_read_seed},
    {"stop", 0, READ, chat_read_stops},
    {"response_format", 0, READ, read_format},
    {"reasoning_effort", 0, READ, read_effort},
    {"modalities", 0, READ, openai_read_modalities},
    {"web_search_options", 0, READ, read_search},
    {"stream", 0, READ, read_stream},
    {"audio", 0, READ, openai_read_audio},
    {"stream_options", 0, READ, read_stream_options},
    {"service_tier", 0, READ, read_tier},
    {"extra_body", 0, READ, read_extra_body},
    {"google", 0, READ, openai_read_google},
    {"logit_bias", OBJECT, DROP, NULL},
    {"verbosity", STRING, IGNORE, NULL},
    {"prediction", OBJECT, IGNORE, NULL},
    {"moderation", OBJECT | STRING, IGNORE, NULL},
    {"store", BOOLEAN, IGNORE, NULL},
    {"metadata", OBJECT, IGNORE, NULL},
    {"user", 0, READ, read_affinity},
    {"safety_identifier", STRING, IGNORE, NULL},
    {"prompt_cache_key", 0, READ, read_affinity},
    {"prompt_cache_retention", STRING, IGNORE, NULL},
    {"prompt_cache_options", OBJECT, IGNORE, NULL},
};

/* --- fields --------------------------------------------------------------- */

static enum gb_err
read_temperature(struct chat_reader *r, struct json_object *value,
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

static enum gb_err
read_presence(struct chat_reader *r, struct json_object *value,
	      const struct field *at)
{
	return read_penalty(r, value, at, &r->chat->gen.presence_penalty);
}

static enum gb_err
read_frequency(struct chat_reader *r, struct json_object *value,
	       const struct field *at)
{
	return read_penalty(r, value, at, &r->chat->gen.frequency_penalty);
}

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
read_n(struct chat_reader *r, struct json_object *value, const struct field *at)
{
	int64_t n;
	enum gb_err rc;

	if ((rc = field_int(value, at, &n, r->err)) != GB_OK)
		return rc;
	if (n < 1)
		return field_refuse(at, r->err, FAULT_INVALID,
				    "must be at least 1");
	if (n > REPLY_CANDIDATES_MAX)
		return field_refuse(at, r->err, FAULT_UNSUPPORTED,
				    "at most %d answers can be asked for",
				    REPLY_CANDIDATES_MAX);
	r->chat->n = n;
	return GB_OK;
}

static enum gb_err
read_schema_format(struct chat_reader *r, struct json_object *format,
		   const struct field *at)
{
	struct json_object *value;
	enum gb_err rc;

	value = field_get(format, "json_schema");
	at = FIELD_KEY(at, "json_schema");
	if ((rc = field_object(value, at, r->err)) != GB_OK)
		return rc;
	value = field_get(value, "schema");
	if (value == NULL) {
		r->chat->output = CHAT_OUTPUT_JSON;
		return GB_OK;
	}
	rc = field_object(value, FIELD_KEY(at, "schema"), r->err);
	if (rc != GB_OK)
		return rc;
	r->chat->output = CHAT_OUTPUT_SCHEMA;
	r->chat->output_schema = value;
	return GB_OK;
}

static enum gb_err
read_format(struct chat_reader *r, struct json_object *value,
	    const struct field *at)
{
	static const struct choice types[] = {
	    {"text", CHAT_OUTPUT_TEXT},
	    {"json_object", CHAT_OUTPUT_JSON},
	    {"json_schema", CHAT_OUTPUT_SCHEMA},
	    {NULL, 0},
	};
	enum gb_err rc;
	int type;

	if ((rc = field_object(value, at, r->err)) != GB_OK)
		return rc;
	rc = field_choice(field_get(value, "type"), FIELD_KEY(at, "type"),
			  types, &type, r->err);
	if (rc != GB_OK)
		return rc;
	if (type == CHAT_OUTPUT_SCHEMA)
		return read_schema_format(r, value, at);
	r->chat->output = (enum chat_output)type;
	return GB_OK;
}

static enum gb_err
read_effort(struct chat_reader *r, struct json_object *value,
	    const struct field *at)
{
	return chat_read_effort(r, value, at, "reasoning_effort");
}

static enum gb_err
read_stream(struct chat_reader *r, struct json_object *value,
	    const struct field *at)
{
	return field_bool(value, at, &r->chat->stream, r->err);
}

static enum gb_err
read_stream_options(struct chat_reader *r, struct json_object *value,
		    const struct field *at)
{
	struct json_object *usage;
	enum gb_err rc;

	if ((rc = field_object(value, at, r->err)) != GB_OK)
		return rc;
	usage = field_get(value, "include_usage");
	if (usage == NULL)
		return GB_OK;
	return field_bool(usage, FIELD_KEY(at, "include_usage"),
			  &r->chat->include_usage, r->err);
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

static enum gb_err
read_tier(struct chat_reader *r, struct json_object *value,
	  const struct field *at)
{
	static const char *const ours[] = {NULL, "flex", "priority"};
	static const struct choice tiers[] = {
	    {"auto", 0},     {"default", 0}, {"scale", 0}, {"flex", 1},
	    {"priority", 2}, {"fast", 2},    {NULL, 0},
	};
	enum gb_err rc;
	int tier;

	rc = field_choice(value, at, tiers, &tier, r->err);
	if (rc == GB_OK)
		r->chat->service_tier = text_from(ours[tier]);
	return rc;
}

static enum gb_err
read_parallel(struct chat_reader *r, struct json_object *value,
	      const struct field *at)
{
	enum gb_err rc;
	bool parallel;

	if ((rc = field_bool(value, at, &parallel, r->err)) != GB_OK)
		return rc;
	r->chat->one_call = !parallel;
	return GB_OK;
}

static enum gb_err
read_extra_body(struct chat_reader *r, struct json_object *value,
		const struct field *at)
{
	struct json_object *google;
	enum gb_err rc;

	if ((rc = field_object(value, at, r->err)) != GB_OK)
		return rc;
	google = field_get(value, "google");
	if (google == NULL)
		return GB_OK;
	return openai_read_google(r, google, FIELD_KEY(at, "google"));
}

/* "user", or after it "prompt_cache_key", which says it better. */
static enum gb_err
read_affinity(struct chat_reader *r, struct json_object *value,
	      const struct field *at)
{
	struct text text;
	enum gb_err rc;

	rc = field_text(value, at, &text, r->err);
	if (rc == GB_OK && text.len > 0)
		r->chat->affinity = text;
	return rc;
}

/* --- the table at work ---------------------------------------------------- */

/* false, 0, {} and the like: the client asks for nothing. */
static bool
says_no(struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_boolean:
		return !json_object_get_boolean(value);
	case json_type_int:
	case json_type_double:
		return json_object_get_double(value) == 0;
	case json_type_object:
		return json_object_object_length(value) == 0;
	default:
		return false;
	}
}

static enum gb_err
check_type(struct chat_reader *r, const struct row *row,
	   struct json_object *value, const struct field *at)
{
	struct text text;
	double number;
	bool truth;

	/* The first of the types gives the words for all. */
	if ((row->types & BOOLEAN) != 0)
		return field_bool(value, at, &truth, r->err);
	if ((row->types & NUMBER) != 0)
		return field_number(value, at, -1e9, 1e9, &number, r->err);
	if ((row->types & OBJECT) != 0 &&
	    ((row->types & STRING) == 0 ||
	     !json_object_is_type(value, json_type_string)))
		return field_object(value, at, r->err);
	return field_text(value, at, &text, r->err);
}

static enum gb_err
read_row(struct chat_reader *r, const struct row *row,
	 struct json_object *value)
{
	const struct field *at = FIELD_KEY(NULL, row->name);
	enum gb_err rc;

	if (row->policy == READ)
		return row->read(r, value, at);
	if ((rc = check_type(r, row, value, at)) != GB_OK)
		return rc;
	if (row->policy == IGNORE || says_no(value))
		return GB_OK;
	return chat_cannot(r, at, row->name);
}

/* Sort the members of the body into the rows; null is as if absent. */
static void
find_values(struct chat_reader *r, struct json_object *root,
	    struct json_object *values[GB_COUNT(rows)])
{
	size_t i;

	memset(values, 0, GB_COUNT(rows) * sizeof(values[0]));
	json_object_object_foreach(root, key, value)
	{
		for (i = 0; i < GB_COUNT(rows); i++)
			if (strcmp(rows[i].name, key) == 0)
				break;
		if (i < GB_COUNT(rows))
			values[i] = value;
		else if (value != NULL)
			chat_drop(&r->chat->dropped, key);
	}
}

static enum gb_err
read_rows(struct chat_reader *r, struct json_object *const *values, size_t from,
	  size_t to)
{
	enum gb_err rc;
	size_t i;

	for (i = from; i < to; i++) {
		if (values[i] == NULL)
			continue;
		rc = read_row(r, &rows[i], values[i]);
		if (rc != GB_OK)
			return rc;
	}
	return GB_OK;
}

enum gb_err
openai_chat_read(struct json_object *root, const struct chat_options *opts,
		 struct chat *out, struct api_error *err)
{
	static const char *const required[] = {"model", "messages", NULL};
	struct chat_reader r = {out, opts, err};
	struct json_object *values[GB_COUNT(rows)];
	enum gb_err rc;

	if ((rc = chat_read_begin(&r, root, required)) != GB_OK)
		return rc;
	find_values(&r, root, values);
	if ((rc = read_rows(&r, values, 0, TOOL_ROWS)) != GB_OK ||
	    (rc = chat_name_declared(&r, FIELD_KEY(NULL, "tools"))) != GB_OK ||
	    (rc = read_rows(&r, values, TOOL_ROWS, GB_COUNT(rows))) != GB_OK)
		return rc;
	return chat_read_end(&r, "messages");
}
