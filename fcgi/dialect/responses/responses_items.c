/* responses_items.c: the "input" of OpenAI's Responses API, item by item */
#include "dialect/responses/responses_read.h"

#include <json-c/json.h>

#include "dialect/chat_media.h"
#include "dialect/chat_tools.h"
#include "dialect/json/json_tree.h"
#include "dialect/media.h"
#include "dialect/opaque.h"
#include "dialect/openai/openai_chat_read.h"

#define TYPE_SHOWN 40 /* bytes of a type that an error shows */

/* One item being read. */
struct item {
	struct chat_reader *r;
	struct json_object *body;
	const struct field *at;
	size_t index;
	struct text type;
	struct text signature; /* that a reasoning item before it had: of the
				  next call or text of the model's */
};

typedef enum gb_err item_fn(struct item *);

static item_fn read_message, read_call, read_custom_call, read_output,
    read_reasoning, read_picture, drop_item, read_reference;

/* What is not here has no counterpart, and what refers to it would not, too. */
static const struct {
	const char *type;
	item_fn *read;
} types[] = {
    {"message", read_message},
    {"function_call", read_call},
    {"function_call_output", read_output},
    {"custom_tool_call", read_custom_call},
    {"custom_tool_call_output", read_output},
    {"reasoning", read_reasoning},
    {"image_generation_call", read_picture},
    {"web_search_call", drop_item},
    {"code_interpreter_call", drop_item},
    {"file_search_call", drop_item},
    {"item_reference", read_reference},
};

static enum gb_err
drop_item(struct item *it)
{
	return chat_cannot(it->r, it->at, it->type.ptr);
}

/* --- messages ------------------------------------------------------------- */

static enum gb_err
read_message(struct item *it)
{
	static const struct choice roles[] = {
	    {"user", CHAT_PLACE_USER},
	    {"assistant", CHAT_PLACE_MODEL},
	    {"system", CHAT_PLACE_SYSTEM},
	    {"developer", CHAT_PLACE_SYSTEM},
	    {NULL, 0},
	};
	struct chat *chat = it->r->chat;
	size_t first = chat->part_count;
	enum gb_err rc;
	int place;

	rc = field_choice(tree_get(it->body, "role"), FIELD_KEY(it->at, "role"),
			  roles, &place, it->r->err);
	if (rc == GB_OK)
		rc = openai_read_content(it->r, tree_get(it->body, "content"),
					 FIELD_KEY(it->at, "content"),
					 (enum chat_place)place, it->index);
	if (rc != GB_OK || chat->part_count == first)
		return rc;
	if (place == CHAT_PLACE_MODEL)
		chat->parts[first].signature = it->signature;
	it->signature = (struct text){NULL, 0};
	return GB_OK;
}

/* --- calls and their outputs ---------------------------------------------- */

static enum gb_err
put_call(struct item *it, struct chat_call *call)
{
	enum gb_err rc;

	rc = field_filled(tree_get(it->body, "call_id"),
			  FIELD_KEY(it->at, "call_id"), &call->id, it->r->err);
	if (rc != GB_OK)
		return rc;
	call->signature = it->signature;
	it->signature = (struct text){NULL, 0};
	return chat_put_call(it->r, call, it->at, it->index);
}

/* The name of a function, within its namespace, as Gemini knows it. */
static enum gb_err
read_name(struct item *it, struct text *name)
{
	const struct field *at = FIELD_KEY(it->at, "namespace");
	struct json_object *space;
	struct text text;
	enum gb_err rc;

	space = tree_get(it->body, "namespace");
	if (space == NULL)
		return chat_read_name(it->r, it->body, it->at, name);
	if ((rc = field_text(space, at, &text, it->r->err)) != GB_OK)
		return rc;
	at = FIELD_KEY(it->at, "name");
	rc = field_text(tree_get(it->body, "name"), at, name, it->r->err);
	if (rc == GB_OK)
		rc = responses_join_name(it->r, at, text, *name, name);
	if (rc != GB_OK)
		return rc;
	rc = chat_name(it->r->chat, *name, name);
	if (rc == GB_EINVAL)
		return field_refuse(at, it->r->err, FAULT_INVALID,
				    "must have 1 to %d bytes, with its "
				    "namespace",
				    CHAT_NAME_MAX);
	return rc == GB_OK ? GB_OK : chat_no_room(it->r, at, rc);
}

static enum gb_err
read_call(struct item *it)
{
	struct chat_call call;
	enum gb_err rc;

	if ((rc = read_name(it, &call.name)) != GB_OK)
		return rc;
	rc = chat_read_arguments(it->r, tree_get(it->body, "arguments"),
				 FIELD_KEY(it->at, "arguments"), &call.args);
	return rc == GB_OK ? put_call(it, &call) : rc;
}

static enum gb_err
read_custom_call(struct item *it)
{
	struct chat_call call;
	enum gb_err rc;

	if ((rc = read_name(it, &call.name)) != GB_OK)
		return rc;
	rc = chat_read_custom_input(it->r, tree_get(it->body, "input"),
				    FIELD_KEY(it->at, "input"), &call.args);
	return rc == GB_OK ? put_call(it, &call) : rc;
}

static enum gb_err
read_output(struct item *it)
{
	const struct field *at = FIELD_KEY(it->at, "output");
	struct text id, none = {NULL, 0};
	struct json_object *output;
	enum gb_err rc;

	rc = field_filled(tree_get(it->body, "call_id"),
			  FIELD_KEY(it->at, "call_id"), &id, it->r->err);
	if (rc != GB_OK)
		return rc;
	it->signature = none;
	output = tree_get(it->body, "output");
	rc = chat_put_result(it->r, id, none, output, at, false, it->index);
	if (rc != GB_OK || !json_object_is_type(output, json_type_array))
		return rc;
	return openai_read_content(it->r, output, at, CHAT_PLACE_RESULT,
				   it->index);
}

/* --- what is ours within -------------------------------------------------- */

/* A part that a tool of Google's own left. */
static enum gb_err
put_echo(struct item *it, struct text text, const struct field *at)
{
	struct chat_part *part;
	enum gb_err rc;

	part = chat_add_part(it->r->chat, CHAT_MODEL, CHAT_ECHO, &rc);
	if (part == NULL)
		return chat_no_room(it->r, at, rc);
	part->data = text;
	part->origin = it->index;
	return GB_OK;
}

/* Its words need not go back; what it holds for us must.  What it holds of
 * another server's is of no use. */
static enum gb_err
read_reasoning(struct item *it)
{
	const struct field *at = FIELD_KEY(it->at, "encrypted_content");
	struct json_object *value;
	struct text text;
	enum gb_err rc;

	value = tree_get(it->body, "encrypted_content");
	if (value == NULL)
		return GB_OK;
	if ((rc = field_text(value, at, &text, it->r->err)) != GB_OK)
		return rc;
	if (!opaque_open(&text))
		return chat_cannot(it->r, at, "encrypted_content");
	if (opaque_is_part(text))
		return put_echo(it, text, at);
	if (!media_is_base64(text))
		return field_refuse(at, it->r->err, FAULT_INVALID,
				    "is not what an answer had there");
	it->signature = text;
	return GB_OK;
}

/* A picture that the model made; what is said next may be about it. */
static enum gb_err
read_picture(struct item *it)
{
	const struct field *at = FIELD_KEY(it->at, "result");
	struct chat_media to = {it->r, CHAT_PLACE_USER, it->index};
	struct text data, none = {NULL, 0};
	struct json_object *value;
	enum gb_err rc;

	value = tree_get(it->body, "result");
	if (value == NULL)
		return drop_item(it);
	if ((rc = field_text(value, at, &data, it->r->err)) != GB_OK)
		return rc;
	if (media_uri(data) == MEDIA_URI_DATA)
		return chat_put_data_url(&to, at, data, "image/png");
	return chat_put_base64(&to, at, data, none, "image/png");
}

/* The words of a thought can be done without. */
static enum gb_err
read_reference(struct item *it)
{
	if (text_begins(text_of(tree_get(it->body, "id")), "rs_"))
		return chat_cannot(it->r, it->at, "item_reference");
	return field_refuse(it->at, it->r->err, FAULT_UNSUPPORTED,
			    "refers to an item, but items are not stored here; "
			    "send the item itself, as clients do with "
			    "\"store\": false");
}

/* --- the whole ------------------------------------------------------------ */

/* Name the call without an output, or the output without a call. */
static enum gb_err
refuse_pairing(struct chat_reader *r, const struct field *at, size_t which)
{
	const struct chat_part *part = &r->chat->parts[which];
	const struct field *where =
	    FIELD_KEY(FIELD_ITEM(at, part->origin), "call_id");

	if (part->kind == CHAT_RESULT)
		return field_refuse(where, r->err, FAULT_INVALID,
				    "no call right before waits for this "
				    "output");
	return field_refuse(where, r->err, FAULT_INVALID,
			    "the output of the call \"%.*s\" does not follow",
			    part->id.len < CHAT_NAME_MAX ? (int)part->id.len
							 : CHAT_NAME_MAX,
			    part->id.ptr);
}

/* Without a type it is a message, or a mere id. */
static enum gb_err
read_type(struct item *it)
{
	struct json_object *value = tree_get(it->body, "type");

	if (value != NULL)
		return field_text(value, FIELD_KEY(it->at, "type"), &it->type,
				  it->r->err);
	it->type = text_from(tree_get(it->body, "role") == NULL &&
				     tree_get(it->body, "id") != NULL
				 ? "item_reference"
				 : "message");
	return GB_OK;
}

static enum gb_err
read_item(struct item *it)
{
	enum gb_err rc;
	size_t i;

	if ((rc = field_object(it->body, it->at, it->r->err)) != GB_OK ||
	    (rc = read_type(it)) != GB_OK)
		return rc;
	for (i = 0; i < GB_COUNT(types); i++)
		if (text_is(it->type, types[i].type))
			return types[i].read(it);
	return field_refuse(
	    FIELD_KEY(it->at, "type"), it->r->err, FAULT_UNSUPPORTED,
	    "items of type \"%.*s\" have no counterpart at Gemini",
	    it->type.len < TYPE_SHOWN ? (int)it->type.len : TYPE_SHOWN,
	    it->type.ptr);
}

enum gb_err
responses_read_input(struct chat_reader *r, struct json_object *value,
		     const struct field *at)
{
	struct item it = {.r = r};
	enum gb_err rc;
	size_t which;

	if (json_object_is_type(value, json_type_string))
		return chat_put_text(r, text_of(value), at, CHAT_PLACE_USER, 0);
	if (!json_object_is_type(value, json_type_array))
		return field_refuse(at, r->err, FAULT_INVALID,
				    "must be a string or an array of items");
	for (; it.index < json_object_array_length(value); it.index++) {
		it.body = json_object_array_get_idx(value, it.index);
		it.at = FIELD_ITEM(at, it.index);
		if ((rc = read_item(&it)) != GB_OK)
			return rc;
	}
	rc = chat_pair_results(r->chat, &which);
	if (rc == GB_ENOTFOUND)
		return refuse_pairing(r, at, which);
	return rc == GB_OK ? GB_OK : chat_no_room(r, at, rc);
}
