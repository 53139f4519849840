/* openai_chat_request.c: an OpenAI chat.completions request as a chat */
#include "dialect/openai_chat_request.h"

#include <string.h>

#include <json-c/json.h>

#include "dialect/openai_chat_read.h"

#define SEED_BITS  31 /* Gemini's seed is an int32; ours stays positive */
#define TOKENS_MAX INT32_MAX

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
	REFUSE, /* refused, unless it says "no" */
};

typedef enum gb_err reader_fn(struct openai_reader *, struct json_object *,
			      const struct field *);

static reader_fn read_model, read_temperature, read_top_p, read_top_k,
    read_max_tokens, read_n, read_seed, read_stop, read_format, read_effort,
    read_stream, read_stream_options, read_search, read_tier, read_parallel,
    read_extra_body;

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
    {"model", 0, READ, read_model},
    {"tools", 0, READ, openai_read_tools},
    {"functions", 0, READ, openai_read_functions},
    {"messages", 0, READ, openai_read_messages},
    {"tool_choice", 0, READ, openai_read_tool_choice},
    {"function_call", 0, READ, openai_read_function_call},
    {"parallel_tool_calls", 0, READ, read_parallel},
    {"temperature", 0, READ, read_temperature},
    {"top_p", 0, READ, read_top_p},
    {"top_k", 0, READ, read_top_k},
    {"max_tokens", 0, READ, read_max_tokens},
    {"max_completion_tokens", 0, READ, read_max_tokens},
    {"n", 0, READ, read_n},
    {"seed", 0, READ, read_seed},
    {"stop", 0, READ, read_stop},
    {"response_format", 0, READ, read_format},
    {"reasoning_effort", 0, READ, read_effort},
    {"modalities", 0, READ, openai_read_modalities},
    {"web_search_options", 0, READ, read_search},
    {"stream", 0, READ, read_stream},
    {"stream_options", 0, READ, read_stream_options},
    {"service_tier", 0, READ, read_tier},
    {"extra_body", 0, READ, read_extra_body},
    {"google", 0, READ, openai_read_google},
    {"presence_penalty", NUMBER, DROP, NULL},
    {"frequency_penalty", NUMBER, DROP, NULL},
    {"logit_bias", OBJECT, DROP, NULL},
    {"logprobs", BOOLEAN, DROP, NULL},
    {"top_logprobs", NUMBER, DROP, NULL},
    {"audio", OBJECT, REFUSE, NULL},
    {"verbosity", STRING, IGNORE, NULL},
    {"prediction", OBJECT, IGNORE, NULL},
    {"moderation", OBJECT | STRING, IGNORE, NULL},
    {"store", BOOLEAN, IGNORE, NULL},
    {"metadata", OBJECT, IGNORE, NULL},
    {"user", STRING, IGNORE, NULL},
    {"safety_identifier", STRING, IGNORE, NULL},
    {"prompt_cache_key", STRING, IGNORE, NULL},
    {"prompt_cache_retention", STRING, IGNORE, NULL},
    {"prompt_cache_options", OBJECT, IGNORE, NULL},
};

/* --- helpers of all readers ----------------------------------------------- */

enum gb_err
openai_no_room(struct openai_reader *r, const struct field *at, enum gb_err why)
{
	if (why == GB_ETOOBIG)
		return field_refuse(at, r->err, FAULT_INVALID,
				    "there are too many of them");
	api_error_set(r->err, FAULT_INTERNAL, NULL, "Out of memory.");
	return GB_ENOMEM;
}

enum gb_err
openai_cannot(struct openai_reader *r, const struct field *at, const char *name)
{
	if (r->opts->strict)
		return field_refuse(at, r->err, FAULT_UNSUPPORTED,
				    "Gemini has no counterpart for it");
	chat_drop(&r->chat->dropped, name);
	return GB_OK;
}

/* --- fields --------------------------------------------------------------- */

/* It becomes part of a URL, so only what a name needs is let through. */
static enum gb_err
read_model(struct openai_reader *r, struct json_object *value,
	   const struct field *at)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
	static const char *const prefixes[] = {"models/", "google/"};
	struct text name;
	enum gb_err rc;
	size_t i;

	if ((rc = field_text(value, at, &name, r->err)) != GB_OK)
		return rc;
	for (i = 0; i < GB_COUNT(prefixes); i++) {
		if (text_begins(name, prefixes[i])) {
			name.ptr += strlen(prefixes[i]);
			name.len -= strlen(prefixes[i]);
		}
	}
	if (name.len == 0 || name.len > CHAT_MODEL_MAX ||
	    strspn(name.ptr, good) != name.len || name.ptr[0] == '.')
		return field_refuse(at, r->err, FAULT_INVALID,
				    "is not the name of a model");
	memcpy(r->chat->model, name.ptr, name.len);
	r->chat->model[name.len] = '\0';
	return GB_OK;
}

static enum gb_err
read_temperature(struct openai_reader *r, struct json_object *value,
		 const struct field *at)
{
	struct chat_number *to = &r->chat->gen.temperature;
	enum gb_err rc;

	rc = field_number(value, at, 0, 2, &to->value, r->err);
	to->set = rc == GB_OK;
	return rc;
}

/* 0 means nothing to Gemini; it is left out. */
static enum gb_err
read_top_p(struct openai_reader *r, struct json_object *value,
	   const struct field *at)
{
	struct chat_number *to = &r->chat->gen.top_p;
	enum gb_err rc;

	rc = field_number(value, at, 0, 1, &to->value, r->err);
	to->set = rc == GB_OK && to->value > 0;
	return rc;
}

static enum gb_err
read_top_k(struct openai_reader *r, struct json_object *value,
	   const struct field *at)
{
	struct chat_integer *to = &r->chat->gen.top_k;
	enum gb_err rc;

	rc = field_int(value, at, &to->value, r->err);
	to->set = rc == GB_OK && to->value > 0 && to->value <= INT32_MAX;
	return rc;
}

/* Zero and less mean "no limit" to many clients. */
static enum gb_err
read_max_tokens(struct openai_reader *r, struct json_object *value,
		const struct field *at)
{
	struct chat_integer *to = &r->chat->gen.max_tokens;
	int64_t tokens;
	enum gb_err rc;

	if ((rc = field_int(value, at, &tokens, r->err)) != GB_OK)
		return rc;
	if (tokens > 0) {
		to->set = true;
		to->value = tokens < TOKENS_MAX ? tokens : TOKENS_MAX;
	}
	return GB_OK;
}

static enum gb_err
read_n(struct openai_reader *r, struct json_object *value,
       const struct field *at)
{
	int64_t n;
	enum gb_err rc;

	if ((rc = field_int(value, at, &n, r->err)) != GB_OK)
		return rc;
	if (n < 1)
		return field_refuse(at, r->err, FAULT_INVALID,
				    "must be at least 1");
	if (n > 1)
		return field_refuse(at, r->err, FAULT_UNSUPPORTED,
				    "only 1 answer can be asked for");
	r->chat->n = n;
	return GB_OK;
}

static enum gb_err
read_seed(struct openai_reader *r, struct json_object *value,
	  const struct field *at)
{
	struct chat_integer *to = &r->chat->gen.seed;
	uint64_t seed;
	enum gb_err rc;

	if ((rc = field_int(value, at, &to->value, r->err)) != GB_OK)
		return rc;
	/* Fold the upper bits in, so that seeds that differ there differ. */
	seed = (uint64_t)to->value;
	seed = (seed ^ seed >> SEED_BITS ^ seed >> 2 * SEED_BITS) &
	       ((UINT64_C(1) << SEED_BITS) - 1);
	to->set = true;
	to->value = (to->value >= 0 && to->value <= INT32_MAX) ? to->value
							       : (int64_t)seed;
	return GB_OK;
}

static enum gb_err
add_stop(struct openai_reader *r, struct json_object *value,
	 const struct field *at)
{
	struct chat_generation *gen = &r->chat->gen;
	struct text text;
	enum gb_err rc;

	if ((rc = field_text(value, at, &text, r->err)) != GB_OK)
		return rc;
	if (text.len == 0)
		return GB_OK;
	if (gen->stop_count == CHAT_STOPS_MAX)
		return field_refuse(at, r->err, FAULT_INVALID,
				    "at most %d stop sequences are allowed",
				    CHAT_STOPS_MAX);
	gen->stops[gen->stop_count++] = text;
	return GB_OK;
}

static enum gb_err
read_stop(struct openai_reader *r, struct json_object *value,
	  const struct field *at)
{
	enum gb_err rc;
	size_t i;

	if (!json_object_is_type(value, json_type_array))
		return add_stop(r, value, at);
	for (i = 0; i < json_object_array_length(value); i++) {
		rc = add_stop(r, json_object_array_get_idx(value, i),
			      FIELD_ITEM(at, i));
		if (rc != GB_OK)
			return rc;
	}
	return GB_OK;
}

static enum gb_err
read_schema_format(struct openai_reader *r, struct json_object *format,
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
read_format(struct openai_reader *r, struct json_object *value,
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
read_effort(struct openai_reader *r, struct json_object *value,
	    const struct field *at)
{
	static const struct choice efforts[] = {
	    {"none", CHAT_EFFORT_NONE}, {"minimal", CHAT_EFFORT_MINIMAL},
	    {"low", CHAT_EFFORT_LOW},	{"medium", CHAT_EFFORT_MEDIUM},
	    {"high", CHAT_EFFORT_HIGH}, {"xhigh", CHAT_EFFORT_XHIGH},
	    {"max", CHAT_EFFORT_MAX},	{NULL, 0},
	};
	enum gb_err rc;
	int effort;

	rc = field_choice(value, at, efforts, &effort, r->err);
	if (rc != GB_OK)
		return rc;
	r->chat->thinking.effort = (enum chat_effort)effort;
	r->chat->thinking.param = "reasoning_effort";
	return GB_OK;
}

static enum gb_err
read_stream(struct openai_reader *r, struct json_object *value,
	    const struct field *at)
{
	return field_bool(value, at, &r->chat->stream, r->err);
}

static enum gb_err
read_stream_options(struct openai_reader *r, struct json_object *value,
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
read_search(struct openai_reader *r, struct json_object *value,
	    const struct field *at)
{
	enum gb_err rc;

	if ((rc = field_object(value, at, r->err)) == GB_OK)
		r->chat->builtins |= CHAT_SEARCH;
	return rc;
}

static enum gb_err
read_tier(struct openai_reader *r, struct json_object *value,
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
read_parallel(struct openai_reader *r, struct json_object *value,
	      const struct field *at)
{
	enum gb_err rc;
	bool parallel;

	if ((rc = field_bool(value, at, &parallel, r->err)) != GB_OK)
		return rc;
	if (parallel || r->chat->tool_count == 0)
		return GB_OK;
	return openai_cannot(r, at, "parallel_tool_calls");
}

static enum gb_err
read_extra_body(struct openai_reader *r, struct json_object *value,
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
check_type(struct openai_reader *r, const struct row *row,
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
read_row(struct openai_reader *r, const struct row *row,
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
	if (row->policy == DROP)
		return openai_cannot(r, at, row->name);
	return field_refuse(at, r->err, FAULT_UNSUPPORTED,
			    "is not supported yet");
}

/* Sort the members of the body into the rows; null is as if absent. */
static void
find_values(struct openai_reader *r, struct json_object *root,
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
read_rows(struct openai_reader *r, struct json_object *const *values,
	  size_t from, size_t to)
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

/* What only shows once all fields were read. */
static enum gb_err
check_whole(struct openai_reader *r)
{
	struct chat *chat = r->chat;
	struct chat_thinking *thinking = &chat->thinking;

	if (chat->turn_count == 0 && chat->system_count == 0)
		return field_refuse(FIELD_KEY(NULL, "messages"), r->err,
				    FAULT_INVALID,
				    "there is no text in any message");
	if (chat->cached_content.ptr != NULL &&
	    (chat->system_count > 0 || chat->tool_count > 0 ||
	     chat->builtins != 0))
		return field_refuse(
		    FIELD_KEY(FIELD_KEY(FIELD_KEY(NULL, "extra_body"),
					"google"),
			      "cached_content"),
		    r->err, FAULT_INVALID,
		    "system messages and tools are part of the cached content; "
		    "they cannot stand beside it");
	if (r->opts->show_thinking && !thinking->thoughts_set &&
	    thinking->param != NULL && thinking->effort != CHAT_EFFORT_NONE &&
	    !(thinking->budget.set && thinking->budget.value == 0)) {
		thinking->thoughts_set = true;
		thinking->thoughts = true;
	}
	return GB_OK;
}

static enum gb_err
require(struct openai_reader *r, struct json_object *root, const char *name)
{
	if (field_get(root, name) != NULL)
		return GB_OK;
	return field_refuse(FIELD_KEY(NULL, name), r->err, FAULT_INVALID,
			    "is required");
}

enum gb_err
openai_chat_read(struct json_object *root, const struct chat_options *opts,
		 struct chat *out, struct api_error *err)
{
	struct openai_reader r = {out, opts, err};
	struct json_object *values[GB_COUNT(rows)];
	enum gb_err rc;

	chat_init(out);
	api_error_clear(err);
	out->root = root;
	out->strict = opts->strict;
	if (!json_object_is_type(root, json_type_object)) {
		api_error_set(err, FAULT_INVALID, NULL,
			      "The body must be a JSON object.");
		return GB_EINVAL;
	}
	find_values(&r, root, values);
	if ((rc = require(&r, root, "model")) != GB_OK ||
	    (rc = require(&r, root, "messages")) != GB_OK ||
	    (rc = read_rows(&r, values, 0, TOOL_ROWS)) != GB_OK ||
	    (rc = openai_name_tools(&r)) != GB_OK ||
	    (rc = read_rows(&r, values, TOOL_ROWS, GB_COUNT(rows))) != GB_OK)
		return rc;
	return check_whole(&r);
}
