/* anthropic_messages.c: the "messages" of Anthropic, calls, results and
 * thinking too */
#include "dialect/anthropic/anthropic_read.h"

#include <string.h>

#include <json-c/json.h>

#include "dialect/anthropic/anthropic_id.h"
#include "dialect/chat_tools.h"
#include "dialect/json/json_tree.h"
#include "dialect/media.h"
#include "dialect/opaque.h"

#define WORDS_MAX (64u << 20) /* bytes of one result's text */

/* The messages being read. */
struct reading {
	struct chat_reader *r;
	enum chat_place place; /* of the message's role */
	size_t index;	       /* which message */
	struct text signature; /* of a block of thinking, for what follows */
};

/* One block of a message. */
struct block {
	struct reading *rd;
	struct json_object *body;
	const struct field *at;
};

typedef enum gb_err block_fn(const struct block *);

static block_fn read_tool_use, read_tool_result, read_thinking, read_redacted,
    drop_block;

/* Blocks that are no content by itself; the others are of every place's kind,
 * and anthropic_content.c has them.  What Anthropic's own servers did in an
 * earlier turn cannot be told to Gemini. */
static const struct {
	const char *type;
	enum chat_place place;
	block_fn *read;
} kinds[] = {
    {"tool_use", CHAT_PLACE_MODEL, read_tool_use},
    {"tool_result", CHAT_PLACE_USER, read_tool_result},
    {"thinking", CHAT_PLACE_MODEL, read_thinking},
    {"redacted_thinking", CHAT_PLACE_MODEL, read_redacted},
    {"server_tool_use", CHAT_PLACE_MODEL, drop_block},
    {"web_search_tool_result", CHAT_PLACE_MODEL, drop_block},
    {"web_fetch_tool_result", CHAT_PLACE_MODEL, drop_block},
    {"code_execution_tool_result", CHAT_PLACE_MODEL, drop_block},
    {"bash_code_execution_tool_result", CHAT_PLACE_MODEL, drop_block},
    {"text_editor_code_execution_tool_result", CHAT_PLACE_MODEL, drop_block},
    {"tool_search_tool_result", CHAT_PLACE_MODEL, drop_block},
    {"mcp_tool_use", CHAT_PLACE_MODEL, drop_block},
    {"mcp_tool_result", CHAT_PLACE_MODEL, drop_block},
};

/* --- thinking ------------------------------------------------------------- */

/* The signature for the part that is read now; it is used up. */
static struct text
take_signature(struct reading *rd)
{
	struct text signature = rd->signature;

	rd->signature = (struct text){NULL, 0};
	return signature;
}

/* The model's turn is over: a signature that nothing follows goes back as
 * Gemini sends it itself, with an empty text. */
static enum gb_err
end_thinking(struct reading *rd, const struct field *at)
{
	struct text signature = take_signature(rd);

	if (signature.ptr == NULL)
		return GB_OK;
	return chat_sign(rd->r, signature, rd->r->chat->part_count, at,
			 rd->index);
}

/* The thoughts themselves need not go back. */
static enum gb_err
read_thinking(const struct block *b)
{
	const struct field *at = FIELD_KEY(b->at, "signature");
	struct chat_reader *r = b->rd->r;
	struct json_object *value;
	struct text signature;
	enum gb_err rc;

	value = tree_get(b->body, "signature");
	if (value == NULL)
		return GB_OK;
	if ((rc = field_text(value, at, &signature, r->err)) != GB_OK ||
	    signature.len == 0)
		return rc;
	if (!opaque_open(&signature))
		return chat_cannot(r, at, "thinking.signature");
	if (!media_is_base64(signature))
		return field_refuse(at, r->err, FAULT_INVALID,
				    "is not as the answer had it");
	b->rd->signature = signature;
	return GB_OK;
}

/* Ours hold what tools of Google's own did. */
static enum gb_err
read_redacted(const struct block *b)
{
	const struct field *at = FIELD_KEY(b->at, "data");
	struct chat_reader *r = b->rd->r;
	struct chat_part *part;
	struct text data;
	enum gb_err rc;

	rc = field_text(tree_get(b->body, "data"), at, &data, r->err);
	if (rc != GB_OK)
		return rc;
	if (!opaque_open(&data))
		return chat_cannot(r, at, "redacted_thinking");
	if (!opaque_is_part(data))
		return field_refuse(at, r->err, FAULT_INVALID,
				    "is not as the answer had it");
	part = chat_add_part(r->chat, CHAT_MODEL, CHAT_ECHO, &rc);
	if (part == NULL)
		return chat_no_room(r, at, rc);
	part->data = data;
	part->origin = b->rd->index;
	return GB_OK;
}

/* --- calls and results ---------------------------------------------------- */

/* The id of a call, as Gemini knows it. */
static enum gb_err
read_call_id(const struct block *b, const char *key, struct text *id)
{
	size_t len = strlen(ANTHROPIC_CALL);
	enum gb_err rc;

	rc = field_filled(tree_get(b->body, key), FIELD_KEY(b->at, key), id,
			  b->rd->r->err);
	if (rc == GB_OK && id->len > len && text_begins(*id, ANTHROPIC_CALL)) {
		id->ptr += len;
		id->len -= len;
	}
	return rc;
}

/* {"id":…,"name":…,"input":{…}} */
static enum gb_err
read_tool_use(const struct block *b)
{
	struct chat_reader *r = b->rd->r;
	struct chat_call call;
	enum gb_err rc;

	rc = read_call_id(b, "id", &call.id);
	if (rc == GB_OK)
		rc = chat_read_name(r, b->body, b->at, &call.name);
	if (rc == GB_OK)
		rc = chat_read_input(r, tree_get(b->body, "input"),
				     FIELD_KEY(b->at, "input"), &call.args);
	if (rc != GB_OK)
		return rc;
	call.signature = take_signature(b->rd);
	return chat_put_call(r, &call, b->at, b->rd->index);
}

/* The blocks of a result: their texts into "words", or their media into the
 * chat. */
static enum gb_err
read_result_blocks(const struct block *b, struct json_object *content,
		   struct buf *words)
{
	struct chat_media to = {b->rd->r, CHAT_PLACE_RESULT, b->rd->index};
	const struct field *at = FIELD_KEY(b->at, "content");
	enum gb_err rc;
	size_t i;

	for (i = 0; i < json_object_array_length(content); i++) {
		rc = anthropic_read_block(&to,
					  json_object_array_get_idx(content, i),
					  FIELD_ITEM(at, i), words);
		if (rc != GB_OK)
			return rc;
	}
	return GB_OK;
}

/* The text of a result, in the JSON or the arena. */
static enum gb_err
read_result_text(const struct block *b, struct json_object *content,
		 struct text *text)
{
	const struct field *at = FIELD_KEY(b->at, "content");
	struct chat_reader *r = b->rd->r;
	struct buf words;
	enum gb_err rc;

	*text = text_from("");
	if (content == NULL)
		return GB_OK;
	if (json_object_is_type(content, json_type_string)) {
		*text = text_of(content);
		return GB_OK;
	}
	if (!json_object_is_type(content, json_type_array))
		return field_refuse(at, r->err, FAULT_INVALID,
				    "must be a string or an array of blocks");
	buf_init(&words, WORDS_MAX);
	rc = read_result_blocks(b, content, &words);
	if (rc == GB_OK && (rc = buf_error(&words)) != GB_OK)
		rc = chat_no_room(r, at, rc);
	if (rc == GB_OK) {
		text->len = words.len;
		text->ptr = chat_copy(r->chat, (struct text){buf_str(&words),
							     words.len});
		if (text->ptr == NULL)
			rc = chat_no_room(r, at, GB_ENOMEM);
	}
	buf_release(&words);
	return rc;
}

/* {"tool_use_id":…,"content":a string or blocks,"is_error":…} */
static enum gb_err
read_tool_result(const struct block *b)
{
	struct chat_reader *r = b->rd->r;
	struct text id, text, none = {NULL, 0};
	struct json_object *content, *value;
	bool error = false;
	enum gb_err rc;

	rc = read_call_id(b, "tool_use_id", &id);
	value = tree_get(b->body, "is_error");
	if (rc == GB_OK && value != NULL)
		rc = field_bool(value, FIELD_KEY(b->at, "is_error"), &error,
				r->err);
	content = tree_get(b->body, "content");
	if (rc == GB_OK)
		rc = read_result_text(b, content, &text);
	if (rc == GB_OK)
		rc = chat_put_result_text(r, id, none, text, b->at, error,
					  b->rd->index);
	if (rc != GB_OK || !json_object_is_type(content, json_type_array))
		return rc;
	return read_result_blocks(b, content, NULL);
}

static enum gb_err
drop_block(const struct block *b)
{
	return chat_cannot(b->rd->r, FIELD_KEY(b->at, "type"),
			   text_of(tree_get(b->body, "type")).ptr);
}

/* --- messages ------------------------------------------------------------- */

static enum gb_err
put_block(const struct block *b)
{
	struct reading *rd = b->rd;
	struct chat_media to = {rd->r, rd->place, rd->index};
	size_t first = rd->r->chat->part_count;
	struct text signature;
	enum gb_err rc;

	rc = anthropic_read_block(&to, b->body, b->at, NULL);
	if (rc != GB_OK)
		return rc;
	signature = take_signature(rd);
	if (signature.ptr == NULL)
		return GB_OK;
	return chat_sign(rd->r, signature, first, b->at, rd->index);
}

static enum gb_err
read_block(const struct block *b)
{
	struct text type;
	size_t i;

	type = text_of(tree_get(b->body, "type"));
	for (i = 0; i < GB_COUNT(kinds); i++)
		if (kinds[i].place == b->rd->place &&
		    text_is(type, kinds[i].type))
			return kinds[i].read(b);
	return put_block(b);
}

static enum gb_err
read_content(struct reading *rd, struct json_object *content,
	     const struct field *at)
{
	struct block b = {rd, NULL, NULL};
	enum gb_err rc;
	size_t i;

	if (json_object_is_type(content, json_type_string))
		return chat_put_text(rd->r, text_of(content), at, rd->place,
				     rd->index);
	if (!json_object_is_type(content, json_type_array))
		return field_refuse(at, rd->r->err, FAULT_INVALID,
				    "must be a string or an array of blocks");
	for (i = 0; i < json_object_array_length(content); i++) {
		b.body = json_object_array_get_idx(content, i);
		b.at = FIELD_ITEM(at, i);
		if ((rc = read_block(&b)) != GB_OK)
			return rc;
	}
	return GB_OK;
}

/* What a client thought in one message may be followed up in the next one. */
static enum gb_err
read_message(struct reading *rd, struct json_object *message,
	     const struct field *at)
{
	static const struct choice roles[] = {
	    {"user", CHAT_PLACE_USER},
	    {"assistant", CHAT_PLACE_MODEL},
	    {"system", CHAT_PLACE_SYSTEM},
	    {NULL, 0},
	};
	enum gb_err rc;
	int place;

	if ((rc = field_object(message, at, rd->r->err)) != GB_OK)
		return rc;
	rc = field_choice(tree_get(message, "role"), FIELD_KEY(at, "role"),
			  roles, &place, rd->r->err);
	if (rc != GB_OK)
		return rc;
	if (place == CHAT_PLACE_USER && (rc = end_thinking(rd, at)) != GB_OK)
		return rc;
	rd->place = (enum chat_place)place;
	return read_content(rd, tree_get(message, "content"),
			    FIELD_KEY(at, "content"));
}

/* Which of the message's blocks has its "key" where "id" is from, and the whole
 * of it. */
static size_t
find_block(struct json_object *message, const char *key, struct text id,
	   struct text *whole)
{
	struct json_object *content, *block;
	size_t i, count;

	content = tree_get(message, "content");
	count = json_object_array_length(content);
	for (i = 0; i < count; i++) {
		block = json_object_array_get_idx(content, i);
		*whole = text_of(tree_get(block, key));
		if (whole->ptr != NULL &&
		    whole->ptr + whole->len == id.ptr + id.len)
			break;
	}
	return i;
}

/* Name the call that has no result, or the result that has no call. */
static enum gb_err
refuse_pairing(struct chat_reader *r, struct json_object *messages,
	       const struct field *at, size_t which)
{
	const struct chat_part *part = &r->chat->parts[which];
	bool is_call = part->kind == CHAT_CALL;
	const char *key = is_call ? "id" : "tool_use_id";
	struct text id = {"", 0};
	size_t i;

	i = find_block(json_object_array_get_idx(messages, part->origin), key,
		       part->id, &id);
	at = FIELD_KEY(FIELD_ITEM(at, part->origin), "content");
	at = FIELD_KEY(FIELD_ITEM(at, i), key);
	return field_refuse(
	    at, r->err, FAULT_INVALID,
	    is_call ? "no tool_result of the message after has the result of "
		      "the call \"%.*s\""
		    : "no tool_use of the message before waits for the result "
		      "of \"%.*s\"",
	    id.len < CHAT_NAME_MAX ? (int)id.len : CHAT_NAME_MAX, id.ptr);
}

enum gb_err
anthropic_read_messages(struct chat_reader *r, struct json_object *value,
			const struct field *at)
{
	struct reading rd = {r, CHAT_PLACE_USER, 0, {NULL, 0}};
	enum gb_err rc;
	size_t count, which;

	if ((rc = field_items(value, at, &count, r->err)) != GB_OK)
		return rc;
	for (rd.index = 0; rd.index < count; rd.index++) {
		rc = read_message(&rd,
				  json_object_array_get_idx(value, rd.index),
				  FIELD_ITEM(at, rd.index));
		if (rc != GB_OK)
			return rc;
	}
	if ((rc = end_thinking(&rd, at)) != GB_OK)
		return rc;
	rc = chat_pair_results(r->chat, &which);
	if (rc == GB_ENOTFOUND)
		return refuse_pairing(r, value, at, which);
	return rc == GB_OK ? GB_OK : chat_no_room(r, at, rc);
}
