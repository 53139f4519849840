/* openai_chat_messages.c: the "messages" of OpenAI, calls and results too */
#include "dialect/openai_chat_read.h"

#include <string.h>

#include <json-c/json.h>

#include "dialect/json_in.h"
#include "dialect/media.h"

/* One message being read. */
struct message {
	struct openai_reader *r;
	struct json_object *body;
	const struct field *at;
	size_t index;
};

typedef enum gb_err message_fn(const struct message *);

static message_fn read_system, read_user, read_assistant, read_tool,
    read_function;

static const struct {
	const char *role;
	message_fn *read;
} roles[] = {
    {"system", read_system}, {"developer", read_system},
    {"user", read_user},     {"assistant", read_assistant},
    {"tool", read_tool},     {"function", read_function},
};

static enum gb_err
read_system(const struct message *m)
{
	return openai_read_content(m->r, field_get(m->body, "content"),
				   FIELD_KEY(m->at, "content"), OPENAI_SYSTEM,
				   m->index);
}

static enum gb_err
read_user(const struct message *m)
{
	return openai_read_content(m->r, field_get(m->body, "content"),
				   FIELD_KEY(m->at, "content"), OPENAI_USER,
				   m->index);
}

/* --- calls ---------------------------------------------------------------- */

/* holder.extra_content.google.thought_signature, where Google's own layer has
 * it; none when any step is missing. */
static enum gb_err
read_signature(struct openai_reader *r, struct json_object *holder,
	       const struct field *at, struct text *signature)
{
	struct json_object *value;
	struct text text;
	enum gb_err rc;

	signature->ptr = NULL;
	signature->len = 0;
	value = field_get(holder, "extra_content");
	value = field_get(field_get(value, "google"), "thought_signature");
	if (value == NULL)
		return GB_OK;
	at = FIELD_KEY(at, "extra_content");
	at = FIELD_KEY(at, "google");
	at = FIELD_KEY(at, "thought_signature");
	if ((rc = field_text(value, at, &text, r->err)) != GB_OK)
		return rc;
	if (text.len == 0)
		return GB_OK;
	if (!media_is_base64(text))
		return field_refuse(at, r->err, FAULT_INVALID,
				    "is not valid base64");
	*signature = text;
	return GB_OK;
}

/* {"value":…} around what is no object, which Gemini wants. */
static enum gb_err
wrap_arguments(struct openai_reader *r, const struct field *at,
	       struct text *args)
{
	static const char before[] = "{\"value\":";
	char *to;
	size_t len;

	if (r->opts->strict)
		return field_refuse(at, r->err, FAULT_INVALID,
				    "must be the JSON of an object");
	len = sizeof(before) - 1;
	to = chat_alloc(r->chat, len + args->len + 2);
	if (to == NULL)
		return openai_no_room(r, at, GB_ENOMEM);
	memcpy(to, before, len);
	memcpy(to + len, args->ptr, args->len);
	len += args->len;
	memcpy(to + len, "}", 2);
	args->ptr = to;
	args->len = len + 1;
	return GB_OK;
}

/* A string with JSON in it; nothing and null are no arguments. */
static enum gb_err
read_arguments(struct openai_reader *r, struct json_object *value,
	       const struct field *at, struct text *args)
{
	enum gb_err rc;

	if (value == NULL) {
		*args = text_from("{}");
		return GB_OK;
	}
	if ((rc = field_text(value, at, args, r->err)) != GB_OK)
		return rc;
	if (args->len == 0) {
		*args = text_from("{}");
		return GB_OK;
	}
	switch (json_check(args->ptr, args->len)) {
	case JSON_KIND_OBJECT:
		return GB_OK;
	case JSON_KIND_NULL:
		*args = text_from("{}");
		return GB_OK;
	case JSON_KIND_OTHER:
		return wrap_arguments(r, at, args);
	case JSON_KIND_NONE:
		break;
	}
	return field_refuse(at, r->err, FAULT_INVALID, "is not valid JSON");
}

static enum gb_err
read_name(struct openai_reader *r, struct json_object *holder,
	  const struct field *at, struct text *name)
{
	enum gb_err rc;

	at = FIELD_KEY(at, "name");
	rc = field_text(field_get(holder, "name"), at, name, r->err);
	if (rc != GB_OK)
		return rc;
	rc = chat_name(r->chat, *name, name);
	if (rc == GB_EINVAL)
		return field_refuse(at, r->err, FAULT_INVALID,
				    "must have 1 to %d bytes", CHAT_NAME_MAX);
	return rc == GB_OK ? GB_OK : openai_no_room(r, at, rc);
}

/* {"name":…,"arguments":…}, of a tool call or of a message as in 2023. */
static enum gb_err
put_call(const struct message *m, struct json_object *function,
	 const struct field *at, struct text id, struct text signature)
{
	struct openai_reader *r = m->r;
	struct chat_part *part;
	struct text name, args;
	enum gb_err rc;

	if ((rc = field_object(function, at, r->err)) != GB_OK ||
	    (rc = read_name(r, function, at, &name)) != GB_OK)
		return rc;
	rc = read_arguments(r, field_get(function, "arguments"),
			    FIELD_KEY(at, "arguments"), &args);
	if (rc != GB_OK)
		return rc;
	part = chat_add_part(r->chat, CHAT_MODEL, CHAT_CALL, &rc);
	if (part == NULL)
		return openai_no_room(r, at, rc);
	part->id = id;
	part->name = name;
	part->data = args;
	part->signature = signature;
	part->origin = m->index;
	return GB_OK;
}

static enum gb_err
read_call(const struct message *m, struct json_object *call,
	  const struct field *at)
{
	static const struct choice types[] = {{"function", 0}, {NULL, 0}};
	struct openai_reader *r = m->r;
	struct text id, signature;
	enum gb_err rc;
	int type;

	if ((rc = field_object(call, at, r->err)) != GB_OK)
		return rc;
	if (field_get(call, "type") != NULL) {
		rc = field_choice(field_get(call, "type"),
				  FIELD_KEY(at, "type"), types, &type, r->err);
		if (rc != GB_OK)
			return rc;
	}
	rc =
	    field_text(field_get(call, "id"), FIELD_KEY(at, "id"), &id, r->err);
	if (rc == GB_OK && id.len == 0)
		rc = field_refuse(FIELD_KEY(at, "id"), r->err, FAULT_INVALID,
				  "must not be empty");
	if (rc == GB_OK)
		rc = read_signature(r, call, at, &signature);
	if (rc != GB_OK)
		return rc;
	return put_call(m, field_get(call, "function"),
			FIELD_KEY(at, "function"), id, signature);
}

static enum gb_err
read_calls(const struct message *m)
{
	const struct field *at = FIELD_KEY(m->at, "tool_calls");
	struct json_object *calls;
	enum gb_err rc;
	size_t i;

	calls = field_get(m->body, "tool_calls");
	if (calls == NULL)
		return GB_OK;
	if ((rc = field_array(calls, at, m->r->err)) != GB_OK)
		return rc;
	for (i = 0; i < json_object_array_length(calls); i++) {
		rc = read_call(m, json_object_array_get_idx(calls, i),
			       FIELD_ITEM(at, i));
		if (rc != GB_OK)
			return rc;
	}
	return GB_OK;
}

/* The signature of a message's text goes with its last text, or by itself
 * with an empty one, as Gemini sends it at the end of a stream. */
static enum gb_err
sign_text(const struct message *m, size_t first)
{
	struct chat *chat = m->r->chat;
	struct chat_part *part;
	struct text signature;
	enum gb_err rc;

	rc = read_signature(m->r, m->body, m->at, &signature);
	if (rc != GB_OK || signature.ptr == NULL)
		return rc;
	if (chat->part_count > first) {
		part = &chat->parts[chat->part_count - 1];
	} else {
		part = chat_add_part(chat, CHAT_MODEL, CHAT_TEXT, &rc);
		if (part == NULL)
			return openai_no_room(m->r, m->at, rc);
		part->data = text_from("");
		part->origin = m->index;
	}
	part->signature = signature;
	return GB_OK;
}

/* The one call of a client that knows "functions" only. */
static enum gb_err
read_function_call(const struct message *m, struct json_object *value)
{
	const struct field *at = FIELD_KEY(m->at, "function_call");
	struct text signature, none = {NULL, 0};
	enum gb_err rc;

	if ((rc = read_signature(m->r, value, at, &signature)) != GB_OK)
		return rc;
	return put_call(m, value, at, none, signature);
}

/* Texts first, then calls.  Its reasoning and its spoken answer stay out: the
 * one need not go back, the other cannot be looked up. */
static enum gb_err
read_assistant(const struct message *m)
{
	struct openai_reader *r = m->r;
	const struct field *at;
	struct json_object *value;
	struct text refusal;
	size_t first;
	enum gb_err rc;

	first = r->chat->part_count;
	rc = openai_read_content(r, field_get(m->body, "content"),
				 FIELD_KEY(m->at, "content"), OPENAI_ASSISTANT,
				 m->index);
	if (rc != GB_OK)
		return rc;
	value = field_get(m->body, "refusal");
	if (value != NULL) {
		at = FIELD_KEY(m->at, "refusal");
		rc = field_text(value, at, &refusal, r->err);
		if (rc == GB_OK)
			rc = openai_put_text(r, refusal, at, OPENAI_ASSISTANT,
					     m->index);
		if (rc != GB_OK)
			return rc;
	}
	if ((rc = sign_text(m, first)) != GB_OK ||
	    (rc = read_calls(m)) != GB_OK)
		return rc;
	value = field_get(m->body, "function_call");
	return value == NULL ? GB_OK : read_function_call(m, value);
}

/* --- results -------------------------------------------------------------- */

/* The texts of a result's parts as one; other parts are read later. */
static enum gb_err
join_texts(struct openai_reader *r, struct json_object *parts,
	   const struct field *at, struct text *out)
{
	struct text text;
	size_t i, count, len = 0;
	char *to;

	count = json_object_array_length(parts);
	for (i = 0; i < count; i++) {
		text = text_of(
		    field_get(json_object_array_get_idx(parts, i), "text"));
		len += text.len;
	}
	to = chat_alloc(r->chat, len + 1);
	if (to == NULL)
		return openai_no_room(r, at, GB_ENOMEM);
	out->ptr = to;
	out->len = len;
	for (i = 0; i < count; i++) {
		text = text_of(
		    field_get(json_object_array_get_idx(parts, i), "text"));
		if (text.len > 0)
			memcpy(to, text.ptr, text.len);
		to += text.len;
	}
	*to = '\0';
	return GB_OK;
}

static enum gb_err
put_result(const struct message *m, struct text id, struct text name)
{
	const struct field *at = FIELD_KEY(m->at, "content");
	struct openai_reader *r = m->r;
	struct json_object *content;
	struct chat_part *part;
	struct text text = {"", 0};
	enum json_kind kind;
	enum gb_err rc = GB_OK;

	content = field_get(m->body, "content");
	if (json_object_is_type(content, json_type_array))
		rc = join_texts(r, content, at, &text);
	else if (content != NULL)
		rc = field_text(content, at, &text, r->err);
	if (rc != GB_OK)
		return rc;
	part = chat_add_part(r->chat, CHAT_USER, CHAT_RESULT, &rc);
	if (part == NULL)
		return openai_no_room(r, m->at, rc);
	kind = json_check(text.ptr, text.len);
	part->plain = kind == JSON_KIND_NONE;
	part->object = kind == JSON_KIND_OBJECT;
	part->data = text;
	part->id = id;
	part->name = name;
	part->origin = m->index;
	if (!json_object_is_type(content, json_type_array))
		return GB_OK;
	return openai_read_content(r, content, at, OPENAI_RESULT, m->index);
}

static enum gb_err
read_tool(const struct message *m)
{
	const struct field *at = FIELD_KEY(m->at, "tool_call_id");
	struct text id, none = {NULL, 0};
	enum gb_err rc;

	rc = field_text(field_get(m->body, "tool_call_id"), at, &id, m->r->err);
	if (rc != GB_OK)
		return rc;
	if (id.len == 0)
		return field_refuse(at, m->r->err, FAULT_INVALID,
				    "must not be empty");
	return put_result(m, id, none);
}

static enum gb_err
read_function(const struct message *m)
{
	struct text name, none = {NULL, 0};
	enum gb_err rc;

	rc = read_name(m->r, m->body, m->at, &name);
	if (rc != GB_OK)
		return rc;
	return put_result(m, none, name);
}

/* Name the call that has no result, or the result that has no call. */
static enum gb_err
refuse_pairing(struct openai_reader *r, const struct field *at, size_t which)
{
	const struct chat_part *part = &r->chat->parts[which];
	size_t before, number = 0;

	at = FIELD_ITEM(at, part->origin);
	if (part->kind == CHAT_RESULT)
		return field_refuse(
		    FIELD_KEY(at,
			      part->id.ptr != NULL ? "tool_call_id" : "name"),
		    r->err, FAULT_INVALID,
		    "no tool call of the assistant's message before waits for "
		    "this result");
	if (part->id.ptr == NULL)
		return field_refuse(FIELD_KEY(at, "function_call"), r->err,
				    FAULT_INVALID,
				    "no function message has its result");
	for (before = which; before > 0; before--) {
		const struct chat_part *other = &r->chat->parts[before - 1];

		if (other->kind != CHAT_CALL || other->origin != part->origin)
			break;
		number++;
	}
	at = FIELD_ITEM(FIELD_KEY(at, "tool_calls"), number);
	return field_refuse(FIELD_KEY(at, "id"), r->err, FAULT_INVALID,
			    "no tool message has the result of the call "
			    "\"%.*s\"",
			    part->id.len < CHAT_NAME_MAX ? (int)part->id.len
							 : CHAT_NAME_MAX,
			    part->id.ptr);
}

static enum gb_err
read_message(const struct message *m)
{
	const struct field *at = FIELD_KEY(m->at, "role");
	struct text role;
	enum gb_err rc;
	size_t i;

	if ((rc = field_object(m->body, m->at, m->r->err)) != GB_OK)
		return rc;
	rc = field_text(field_get(m->body, "role"), at, &role, m->r->err);
	if (rc != GB_OK)
		return rc;
	for (i = 0; i < GB_COUNT(roles); i++)
		if (text_is(role, roles[i].role))
			return roles[i].read(m);
	return field_refuse(at, m->r->err, FAULT_INVALID,
			    "must be system, developer, user, assistant, tool "
			    "or function");
}

enum gb_err
openai_read_messages(struct openai_reader *r, struct json_object *value,
		     const struct field *at)
{
	struct message m = {r, NULL, NULL, 0};
	enum gb_err rc;
	size_t count, which;

	if ((rc = field_array(value, at, r->err)) != GB_OK)
		return rc;
	count = json_object_array_length(value);
	if (count == 0)
		return field_refuse(at, r->err, FAULT_INVALID,
				    "must not be empty");
	for (m.index = 0; m.index < count; m.index++) {
		m.body = json_object_array_get_idx(value, m.index);
		m.at = FIELD_ITEM(at, m.index);
		if ((rc = read_message(&m)) != GB_OK)
			return rc;
	}
	rc = chat_pair_results(r->chat, &which);
	if (rc == GB_ENOTFOUND)
		return refuse_pairing(r, at, which);
	return rc == GB_OK ? GB_OK : openai_no_room(r, at, rc);
}
