/* responses_parts.c: what whole and streamed responses share */
#include "dialect/responses/responses_parts.h"

#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "dialect/json/json_tree.h"
#include "dialect/openai/openai_chat_parts.h"
#include "dialect/responses/responses_read.h"

/* --- how it stands -------------------------------------------------------- */

void
responses_begun(struct responses_state *st)
{
	memset(st, 0, sizeof(*st));
	st->status = "in_progress";
}

static void
incomplete(struct responses_state *st, const char *reason)
{
	st->status = "incomplete";
	st->reason = reason;
}

/* The model stumbled over its own output, and there is nothing but that. */
static void
stumbled(struct responses_state *st, const struct reply_candidate *c)
{
	st->status = "failed";
	st->code = "server_error";
	if (c->finish_message[0] != '\0')
		(void)snprintf(st->message, sizeof(st->message), "%s",
			       c->finish_message);
	else
		(void)snprintf(st->message, sizeof(st->message),
			       "Gemini gave up its answer (%s).",
			       c->finish_reason);
}

void
responses_ended(struct responses_state *st, const struct reply *r)
{
	const struct reply_candidate *c = &r->candidates[0];

	memset(st, 0, sizeof(*st));
	if (reply_blocked(r) || c->finish == FINISH_FILTERED)
		incomplete(st, "content_filter");
	else if (c->finish == FINISH_LENGTH)
		incomplete(st, "max_output_tokens");
	else if (c->finish == FINISH_OTHER && !c->has_output)
		incomplete(st, "content_filter");
	else if (c->finish == FINISH_FAULT && !c->has_output)
		stumbled(st, c);
	else
		st->status = "completed";
}

/* The only codes that OpenAI has for a response that failed. */
static const char *
code_of(const struct api_error *e)
{
	if (e->status == 429)
		return "rate_limit_exceeded";
	return e->status >= 400 && e->status < 500 ? "invalid_prompt"
						   : "server_error";
}

void
responses_broke(struct responses_state *st, const struct api_error *e)
{
	memset(st, 0, sizeof(*st));
	st->status = "failed";
	st->code = code_of(e);
	(void)snprintf(st->message, sizeof(st->message), "%s", e->message);
}

void
responses_id(char id[RESPONSES_ID_SIZE], const struct writer_options *o,
	     const struct reply *r)
{
	(void)snprintf(id, RESPONSES_ID_SIZE, "resp_%s",
		       r != NULL && r->response_id[0] != '\0' ? r->response_id
							      : o->seed);
}

/* --- what the request said ------------------------------------------------ */

bool
responses_includes(const struct writer_options *o, const char *what)
{
	struct json_object *include;
	size_t i;

	include = tree_array(o->chat->root, "include");
	for (i = 0; i < tree_length(include); i++)
		if (text_is(text_of(tree_item(include, i)), what))
			return true;
	return false;
}

/* Members of the request that come back as they are, or else so (NULL: not at
 * all). */
static const struct {
	const char *key, *otherwise;
} echoes[] = {
    {"instructions", "null"},	     {"max_output_tokens", "null"},
    {"max_tool_calls", "null"},	     {"metadata", "{}"},
    {"parallel_tool_calls", "true"}, {"prompt_cache_key", "null"},
    {"safety_identifier", "null"},   {"temperature", "null"},
    {"tool_choice", "\"auto\""},     {"tools", "[]"},
    {"top_logprobs", "null"},	     {"top_p", "null"},
    {"truncation", "\"disabled\""},  {"user", NULL},
};

static void
write_member(struct json_out *jo, struct json_object *object, const char *key,
	     const char *otherwise)
{
	struct json_object *value = tree_get(object, key);

	if (value == NULL && otherwise == NULL)
		return;
	jout_key(jo, key);
	if (value != NULL)
		jout_value(jo, value);
	else
		jout_raw(jo, otherwise, strlen(otherwise));
}

/* "generate_summary" is what "summary" was called before. */
static void
write_reasoning(struct json_out *jo, struct json_object *asked)
{
	struct json_object *summary;

	summary = tree_get(asked, "summary");
	if (summary == NULL)
		summary = tree_get(asked, "generate_summary");
	jout_key(jo, "reasoning");
	jout_object(jo);
	write_member(jo, asked, "effort", "null");
	jout_key(jo, "summary");
	jout_value(jo, summary);
	jout_object_end(jo);
}

static void
write_text(struct json_out *jo, struct json_object *asked)
{
	jout_key(jo, "text");
	jout_object(jo);
	write_member(jo, asked, "format", "{\"type\":\"text\"}");
	write_member(jo, asked, "verbosity", NULL);
	jout_object_end(jo);
}

static void
write_echoes(struct json_out *jo, struct json_object *root)
{
	size_t i;

	for (i = 0; i < GB_COUNT(echoes); i++)
		write_member(jo, root, echoes[i].key, echoes[i].otherwise);
	write_reasoning(jo, tree_object(root, "reasoning"));
	write_text(jo, tree_object(root, "text"));
}

/* --- the object ----------------------------------------------------------- */

static void
write_usage(struct json_out *jo, const struct reply *r)
{
	const struct reply_usage *u;

	jout_key(jo, "usage");
	if (r == NULL) {
		jout_null(jo);
		return;
	}
	u = &r->usage;
	jout_object(jo);
	jout_key_int(jo, "input_tokens", u->prompt);
	jout_key(jo, "input_tokens_details");
	jout_object(jo);
	jout_key_int(jo, "cached_tokens", u->cached);
	jout_key_int(jo, "cache_write_tokens", 0);
	jout_object_end(jo);
	jout_key_int(jo, "output_tokens", u->completion);
	jout_key(jo, "output_tokens_details");
	jout_object(jo);
	jout_key_int(jo, "reasoning_tokens", u->reasoning);
	jout_object_end(jo);
	jout_key_int(jo, "total_tokens", u->total);
	jout_object_end(jo);
}

static void
write_why(struct json_out *jo, const struct responses_state *st)
{
	jout_key(jo, "error");
	if (st->code != NULL) {
		jout_object(jo);
		jout_key_string(jo, "code", st->code);
		jout_key_string(jo, "message", st->message);
		jout_object_end(jo);
	} else {
		jout_null(jo);
	}
	jout_key(jo, "incomplete_details");
	if (st->reason != NULL) {
		jout_object(jo);
		jout_key_string(jo, "reason", st->reason);
		jout_object_end(jo);
	} else {
		jout_null(jo);
	}
}

void
responses_write(struct json_out *jo, const struct writer_options *o,
		const char *id, const struct responses_state *st,
		const char *items, size_t items_len, const struct reply *r)
{
	struct json_object *root = o->chat->root;

	jout_object(jo);
	jout_key_string(jo, "id", id);
	jout_key_string(jo, "object", "response");
	jout_key_int(jo, "created_at", o->created);
	jout_key_string(jo, "status", st->status);
	jout_key_bool(jo, "background", false);
	write_why(jo, st);
	jout_key_string(jo, "model", o->model);
	jout_key(jo, "output");
	jout_array(jo);
	if (items_len > 0)
		jout_raw(jo, items, items_len);
	jout_array_end(jo);
	jout_key(jo, "previous_response_id");
	jout_null(jo);
	write_echoes(jo, root);
	if (r != NULL && r->service_tier[0] != '\0')
		openai_chat_write_tier(jo, r);
	else
		write_member(jo, root, "service_tier", "\"auto\"");
	jout_key_bool(jo, "store", false);
	write_usage(jo, r);
	jout_object_end(jo);
}

/* --- names ---------------------------------------------------------------- */

/* The namespace whose function has the name that was joined of both; NULL: it
 * is of none. */
static struct json_object *
find_space(const struct writer_options *o, struct text joined)
{
	struct json_object *tools, *tool, *found = NULL;
	struct text name;
	size_t i;

	tools = tree_array(o->chat->root, "tools");
	for (i = 0; i < tree_length(tools); i++) {
		tool = tree_item(tools, i);
		name = text_of(tree_get(tool, "name"));
		if (!text_is(text_of(tree_get(tool, "type")), "namespace")) {
			if (text_equal(name, joined))
				return NULL;
		} else if (name.len > 0 && name.len < joined.len &&
			   text_begins(joined, name.ptr) &&
			   joined.ptr[name.len] == RESPONSES_SPACE) {
			found = tree_get(tool, "name");
		}
	}
	return found;
}

const char *
responses_name(const struct writer_options *o, const char *name,
	       struct json_object **space)
{
	struct text given;

	given = text_from(chat_original_name(o->chat, name));
	*space = find_space(o, given);
	if (*space == NULL)
		return given.ptr;
	return given.ptr + text_of(*space).len + 1;
}
