/* openai_chat_messages.c: the "messages" of OpenAI, calls and results too */
#include "dialect/openai/openai_chat_read.h"

#include <json-c/json.h>

#include "dialect/chat_tools.h"
#include "dialect/json/json_tree.h"

/* One message being read. */
struct message {
	struct chat_reader *r;
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
	return openai_read_content(m->r, tree_get(m->body, "content"),
				   FIELD_KEY(m->at, "content"),
				   CHAT_PLACE_SYSTEM, m->index);
}

static enum gb_err
read_user(const struct message *m)
{
	return openai_read_content(m->r, tree_get(m->body, "content"),
				   FIELD_KEY(m->at, "content"), CHAT_PLACE_USER,
				   m->index);
}

/* --- calls ---------------------------------------------------------------- */

/* holder.extra_content.google.thought_signature, where Google's own layer has
 * it; none when any step is missing. */
static enum gb_err
read_signature(struct chat_reader *r, struct json_object *holder,
	       const struct field *at, struct text *signature)
{
	struct json_object *value;

	value = tree_get(holder, "extra_content");
	value = tree_get(tree_get(value, "google"), "thought_signature");
	at = FIELD_KEY(at, "extra_content");
	at = FIELD_KEY(at, "google");
	return chat_read_signature(r, value, FIELD_KEY(at, "thought_signature"),
				   signature);
}

/* {"name":…,"arguments":…}, of a tool call or of a message as in 2023. */
static enum gb_err
put_call(const struct message *m, struct json_object *function,
	 const struct field *at, struct chat_call *call)
{
	struct chat_reader *r = m->r;
	enum gb_err rc;

	if ((rc = field_object(function, at, r->err)) != GB_OK ||
	    (rc = chat_read_name(r, function, at, &call->name)) != GB_OK)
		return rc;
	rc = chat_read_arguments(r, tree_get(function, "arguments"),
				 FIELD_KEY(at, "arguments"), &call->args);
	return rc == GB_OK ? chat_put_call(r, call, at, m->index) : rc;
}

/* {"name":…,"input":…}, of a tool that takes one text. */
static enum gb_err
put_custom_call(const struct message *m, struct json_object *custom,
		const struct field *at, struct chat_call *call)
{
	struct chat_reader *r = m->r;
	enum gb_err rc;

	if ((rc = field_object(custom, at, r->err)) != GB_OK ||
	    (rc = chat_read_name(r, custom, at, &call->name)) != GB_OK)
		return rc;
	rc = chat_read_custom_input(r, tree_get(custom, "input"),
				    FIELD_KEY(at, "input"), &call->args);
	return rc == GB_OK ? chat_put_call(r, call, at, m->index) : rc;
}

static enum gb_err
read_call(const struct message *m, struct json_object *value,
	  const struct field *at)
{
	enum {
		FUNCTION,
		CUSTOM
	};
	static const struct choice types[] = {{"function", FUNCTION},
					      {"custom", CUSTOM},
					      {NULL, 0}};
	struct chat_reader *r = m->r;
	struct chat_call call;
	enum gb_err rc;
	int type = FUNCTION;

	if ((rc = field_object(value, at, r->err)) != GB_OK)
		return rc;
	if (tree_get(value, "type") != NULL) {
		rc = field_choice(tree_get(value, "type"),
				  FIELD_KEY(at, "type"), types, &type, r->err);
		if (rc != GB_OK)
			return rc;
	}
	rc = field_filled(tree_get(value, "id"), FIELD_KEY(at, "id"), &call.id,
			  r->err);
	if (rc == GB_OK)
		rc = read_signature(r, value, at, &call.signature);
	if (rc != GB_OK)
		return rc;
	if (type == CUSTOM)
		return put_custom_call(m, tree_get(value, "custom"),
				       FIELD_KEY(at, "custom"), &call);
	return put_call(m, tree_get(value, "function"),
			FIELD_KEY(at, "function"), &call);
}

static enum gb_err
read_calls(const struct message *m)
{
	const struct field *at = FIELD_KEY(m->at, "tool_calls");
	struct json_object *calls;
	enum gb_err rc;
	size_t i;

	calls = tree_get(m->body, "tool_calls");
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
	struct text signature;
	enum gb_err rc;

	rc = read_signature(m->r, m->body, m->at, &signature);
	if (rc != GB_OK || signature.ptr == NULL)
		return rc;
	return chat_sign(m->r, signature, first, m->at, m->index);
}

/* extra_content.google.server_parts: what tools of Google's own did in that
 * turn, as openai_chat_write_echo() told the client. */
static enum gb_err
read_server_parts(const struct message *m)
{
	struct chat_reader *r = m->r;
	const struct field *at;
	struct json_object *parts, *json;
	struct chat_part *part;
	enum gb_err rc;
	size_t i;

	parts = tree_get(tree_get(m->body, "extra_content"), "google");
	parts = tree_get(parts, "server_parts");
	if (parts == NULL)
		return GB_OK;
	at = FIELD_KEY(FIELD_KEY(m->at, "extra_content"), "google");
	at = FIELD_KEY(at, "server_parts");
	if ((rc = field_array(parts, at, r->err)) != GB_OK)
		return rc;
	for (i = 0; i < json_object_array_length(parts); i++) {
		json = json_object_array_get_idx(parts, i);
		json = tree_get(json, "part");
		if (tree_get(json, "toolCall") == NULL &&
		    tree_get(json, "toolResponse") == NULL)
			return field_refuse(
			    FIELD_KEY(FIELD_ITEM(at, i), "part"), r->err,
			    FAULT_INVALID,
			    "must be a toolCall or toolResponse "
			    "part, as the answer had it");
		part = chat_add_part(r->chat, CHAT_MODEL, CHAT_ECHO, &rc);
		if (part == NULL)
			return chat_no_room(r, at, rc);
		part->json = json;
		part->origin = m->index;
	}
	return GB_OK;
}

/* An item of "images", as openai_chat_write_image() told the client; some send
 * back the URL alone. */
static enum gb_err
read_drawn(const struct message *m, struct json_object *item,
	   const struct field *at)
{
	const struct field *image = FIELD_KEY(at, "image_url");
	const struct field *inside = FIELD_KEY(image, "url");
	struct chat_part *part;
	struct text url;
	enum gb_err rc;

	if (json_object_is_type(item, json_type_object)) {
		item = tree_get(item, "image_url");
		at = image;
	}
	if (json_object_is_type(item, json_type_object)) {
		item = tree_get(item, "url");
		at = inside;
	}
	if ((rc = field_text(item, at, &url, m->r->err)) != GB_OK)
		return rc;
	part = chat_add_part(m->r->chat, CHAT_MODEL, CHAT_DRAWN, &rc);
	if (part == NULL)
		return chat_no_room(m->r, at, rc);
	part->data = url;
	part->origin = m->index;
	return GB_OK;
}

static enum gb_err
read_images(const struct message *m)
{
	const struct field *at = FIELD_KEY(m->at, "images");
	struct json_object *images = tree_get(m->body, "images");
	enum gb_err rc;
	size_t i;

	if (images == NULL)
		return GB_OK;
	rc = field_array(images, at, m->r->err);
	for (i = 0; rc == GB_OK && i < json_object_array_length(images); i++)
		rc = read_drawn(m, json_object_array_get_idx(images, i),
				FIELD_ITEM(at, i));
	return rc;
}

/* The one call of a client that knows "functions" only. */
static enum gb_err
read_function_call(const struct message *m, struct json_object *value)
{
	const struct field *at = FIELD_KEY(m->at, "function_call");
	struct chat_call call;
	enum gb_err rc;

	call.id = (struct text){NULL, 0};
	if ((rc = read_signature(m->r, value, at, &call.signature)) != GB_OK)
		return rc;
	return put_call(m, value, at, &call);
}

/* What Google did itself first, then texts, pictures and calls.  Its reasoning
 * and its spoken answer stay out: the one need not go back, the other cannot be
 * looked up. */
static enum gb_err
read_assistant(const struct message *m)
{
	struct chat_reader *r = m->r;
	const struct field *at;
	struct json_object *value;
	struct text refusal;
	size_t first;
	enum gb_err rc;

	if ((rc = read_server_parts(m)) != GB_OK)
		return rc;
	first = r->chat->part_count;
	rc = openai_read_content(r, tree_get(m->body, "content"),
				 FIELD_KEY(m->at, "content"), CHAT_PLACE_MODEL,
				 m->index);
	if (rc != GB_OK)
		return rc;
	value = tree_get(m->body, "refusal");
	if (value != NULL) {
		at = FIELD_KEY(m->at, "refusal");
		rc = field_text(value, at, &refusal, r->err);
		if (rc == GB_OK)
			rc = chat_put_text(r, refusal, at, CHAT_PLACE_MODEL,
					   m->index);
		if (rc != GB_OK)
			return rc;
	}
	if ((rc = sign_text(m, first)) != GB_OK ||
	    (rc = read_images(m)) != GB_OK || (rc = read_calls(m)) != GB_OK)
		return rc;
	value = tree_get(m->body, "function_call");
	return value == NULL ? GB_OK : read_function_call(m, value);
}

/* --- results -------------------------------------------------------------- */

static enum gb_err
put_result(const struct message *m, struct text id, struct text name)
{
	const struct field *at = FIELD_KEY(m->at, "content");
	struct json_object *content;
	enum gb_err rc;

	content = tree_get(m->body, "content");
	rc = chat_put_result(m->r, id, name, content, at, false, m->index);
	if (rc != GB_OK || !json_object_is_type(content, json_type_array))
		return rc;
	return openai_read_content(m->r, content, at, CHAT_PLACE_RESULT,
				   m->index);
}

static enum gb_err
read_tool(const struct message *m)
{
	struct text id, none = {NULL, 0};
	enum gb_err rc;

	rc = field_filled(tree_get(m->body, "tool_call_id"),
			  FIELD_KEY(m->at, "tool_call_id"), &id, m->r->err);
	return rc == GB_OK ? put_result(m, id, none) : rc;
}

static enum gb_err
read_function(const struct message *m)
{
	struct text name, none = {NULL, 0};
	enum gb_err rc;

	rc = chat_read_name(m->r, m->body, m->at, &name);
	if (rc != GB_OK)
		return rc;
	return put_result(m, none, name);
}

/* Name the call that has no result, or the result that has no call. */
static enum gb_err
refuse_pairing(struct chat_reader *r, const struct field *at, size_t which)
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
	rc = field_text(tree_get(m->body, "role"), at, &role, m->r->err);
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
openai_read_messages(struct chat_reader *r, struct json_object *value,
		     const struct field *at)
{
	struct message m = {r, NULL, NULL, 0};
	enum gb_err rc;
	size_t count, which;

	if ((rc = field_items(value, at, &count, r->err)) != GB_OK)
		return rc;
	for (m.index = 0; m.index < count; m.index++) {
		m.body = json_object_array_get_idx(value, m.index);
		m.at = FIELD_ITEM(at, m.index);
		if ((rc = read_message(&m)) != GB_OK)
			return rc;
	}
	rc = chat_pair_results(r->chat, &which);
	if (rc == GB_ENOTFOUND)
		return refuse_pairing(r, at, which);
	return rc == GB_OK ? GB_OK : chat_no_room(r, at, rc);
}
