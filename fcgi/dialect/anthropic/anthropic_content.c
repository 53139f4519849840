/* anthropic_content.c: text, pictures and documents of Anthropic's messages */
#include "dialect/anthropic/anthropic_read.h"

#include <json-c/json.h>

#include "dialect/json/json_tree.h"
#include "dialect/media.h"

#define WORD_SHOWN 40 /* bytes shown of a type that is none */

/* One block, with where it goes. */
struct block {
	const struct chat_media *to;
	struct json_object *body;
	const struct field *at;
	struct buf *words; /* as anthropic_read_block() has it */
};

typedef enum gb_err block_fn(const struct block *);

static block_fn read_text, read_image, read_document, read_search_result,
    read_tool_reference;

#define IN(place) (1u << (place))

/* Kinds of blocks, and in which places they may stand. */
static const struct {
	const char *type;
	unsigned places;
	block_fn *read;
} kinds[] = {
    {"text",
     IN(CHAT_PLACE_SYSTEM) | IN(CHAT_PLACE_USER) | IN(CHAT_PLACE_MODEL) |
	 IN(CHAT_PLACE_RESULT),
     read_text},
    {"image", IN(CHAT_PLACE_USER) | IN(CHAT_PLACE_RESULT), read_image},
    {"document", IN(CHAT_PLACE_USER) | IN(CHAT_PLACE_RESULT), read_document},
    {"search_result", IN(CHAT_PLACE_USER) | IN(CHAT_PLACE_RESULT),
     read_search_result},
    {"tool_reference", IN(CHAT_PLACE_RESULT), read_tool_reference},
};

/* --- text ----------------------------------------------------------------- */

static enum gb_err
put_words(const struct block *b, struct text text, const struct field *at)
{
	if (b->words == NULL)
		return chat_put_text(b->to->r, text, at, b->to->place,
				     b->to->origin);
	if (b->words->len > 0 && text.len > 0)
		buf_putc(b->words, '\n');
	buf_add(b->words, text.ptr, text.len);
	return GB_OK;
}

/* A member that is text. */
static enum gb_err
put_member(const struct block *b, struct json_object *holder,
	   const struct field *at, const char *key)
{
	struct text text;
	enum gb_err rc;

	at = FIELD_KEY(at, key);
	rc = field_text(tree_get(holder, key), at, &text, b->to->r->err);
	return rc == GB_OK ? put_words(b, text, at) : rc;
}

/* The same for one that need not be there. */
static enum gb_err
put_title(const struct block *b, const char *key)
{
	if (tree_get(b->body, key) == NULL)
		return GB_OK;
	return put_member(b, b->body, b->at, key);
}

static enum gb_err
read_text(const struct block *b)
{
	return put_member(b, b->body, b->at, "text");
}

/* --- media ---------------------------------------------------------------- */

/* {"type":"base64","media_type":…,"data":…} */
static enum gb_err
put_base64(const struct block *b, struct json_object *source,
	   const struct field *at)
{
	const struct field *where = FIELD_KEY(at, "media_type");
	struct api_error *err = b->to->r->err;
	struct text data, said = {NULL, 0};
	char room[MEDIA_MIME_MAX];
	struct json_object *value;
	enum gb_err rc;

	value = tree_get(source, "media_type");
	if (value != NULL &&
	    (rc = field_text(value, where, &said, err)) != GB_OK)
		return rc;
	if (said.ptr != NULL && !text_is(said, "application/octet-stream") &&
	    media_accept(said, room) == NULL)
		return field_refuse(where, err, FAULT_UNSUPPORTED,
				    "Gemini does not read %.*s",
				    said.len < MEDIA_MIME_MAX ? (int)said.len
							      : MEDIA_MIME_MAX,
				    said.ptr);
	at = FIELD_KEY(at, "data");
	rc = field_text(tree_get(source, "data"), at, &data, err);
	if (rc != GB_OK || b->words != NULL)
		return rc;
	return chat_put_base64(b->to, at, data, said, NULL);
}

/* {"type":"url","url":…} */
static enum gb_err
put_url(const struct block *b, struct json_object *source,
	const struct field *at, const char *guess)
{
	struct text url;
	enum gb_err rc;

	at = FIELD_KEY(at, "url");
	rc = field_text(tree_get(source, "url"), at, &url, b->to->r->err);
	if (rc != GB_OK || b->words != NULL)
		return rc;
	return chat_put_url(b->to, at, url, guess);
}

/* {"type":"file","file_id":…}; only files of Google's own can be found. */
static enum gb_err
put_file(const struct block *b, struct json_object *source,
	 const struct field *at)
{
	struct text id;
	enum gb_err rc;

	at = FIELD_KEY(at, "file_id");
	rc = field_text(tree_get(source, "file_id"), at, &id, b->to->r->err);
	if (rc != GB_OK || b->words != NULL)
		return rc;
	return chat_put_file(b->to, at, id);
}

enum source_type {
	SOURCE_BASE64,
	SOURCE_URL,
	SOURCE_FILE,
	SOURCE_TEXT,
	SOURCE_CONTENT
};

/* The block's "source", and which of "types" it is. */
static enum gb_err
read_source(const struct block *b, const struct choice *types,
	    struct json_object **source, int *type)
{
	const struct field *at = FIELD_KEY(b->at, "source");

	*source = tree_get(b->body, "source");
	return field_type(*source, at, types, type, b->to->r->err);
}

static enum gb_err
read_image(const struct block *b)
{
	static const struct choice types[] = {
	    {"base64", SOURCE_BASE64},
	    {"url", SOURCE_URL},
	    {"file", SOURCE_FILE},
	    {NULL, 0},
	};
	const struct field *at = FIELD_KEY(b->at, "source");
	struct json_object *source;
	enum gb_err rc;
	int type;

	if ((rc = read_source(b, types, &source, &type)) != GB_OK)
		return rc;
	if (type == SOURCE_BASE64)
		return put_base64(b, source, at);
	if (type == SOURCE_URL)
		return put_url(b, source, at, "image/jpeg");
	return put_file(b, source, at);
}

/* {"type":"content","content":a string, or blocks of text and images} */
static enum gb_err
put_content(const struct block *b, struct json_object *source,
	    const struct field *at)
{
	struct json_object *content, *inner;
	enum gb_err rc;
	size_t i;

	content = tree_get(source, "content");
	if (json_object_is_type(content, json_type_string))
		return put_member(b, source, at, "content");
	at = FIELD_KEY(at, "content");
	if ((rc = field_array(content, at, b->to->r->err)) != GB_OK)
		return rc;
	for (i = 0; i < json_object_array_length(content); i++) {
		inner = json_object_array_get_idx(content, i);
		rc = anthropic_read_block(b->to, inner, FIELD_ITEM(at, i),
					  b->words);
		if (rc != GB_OK)
			return rc;
	}
	return GB_OK;
}

static enum gb_err
read_document(const struct block *b)
{
	static const struct choice types[] = {
	    {"base64", SOURCE_BASE64},	 {"url", SOURCE_URL},
	    {"file", SOURCE_FILE},	 {"text", SOURCE_TEXT},
	    {"content", SOURCE_CONTENT}, {NULL, 0},
	};
	const struct field *at = FIELD_KEY(b->at, "source");
	struct json_object *source;
	enum gb_err rc;
	int type;

	if ((rc = read_source(b, types, &source, &type)) != GB_OK ||
	    (rc = put_title(b, "title")) != GB_OK ||
	    (rc = put_title(b, "context")) != GB_OK)
		return rc;
	switch ((enum source_type)type) {
	case SOURCE_BASE64:
		return put_base64(b, source, at);
	case SOURCE_URL:
		return put_url(b, source, at, "application/pdf");
	case SOURCE_FILE:
		return put_file(b, source, at);
	case SOURCE_TEXT:
		return put_member(b, source, at, "data");
	case SOURCE_CONTENT:
		break;
	}
	return put_content(b, source, at);
}

/* --- blocks that come down to text ---------------------------------------- */

/* What the client's own search found: title, address, and blocks of text. */
static enum gb_err
read_search_result(const struct block *b)
{
	enum gb_err rc;

	if ((rc = put_title(b, "title")) != GB_OK ||
	    (rc = put_title(b, "source")) != GB_OK)
		return rc;
	return put_content(b, b->body, b->at);
}

/* A tool that a search for tools has found; all are declared anyway. */
static enum gb_err
read_tool_reference(const struct block *b)
{
	return put_member(b, b->body, b->at, "tool_name");
}

/* --- the whole ------------------------------------------------------------ */

enum gb_err
anthropic_read_block(const struct chat_media *to, struct json_object *body,
		     const struct field *at, struct buf *words)
{
	struct block b = {to, body, at, words};
	struct api_error *err = to->r->err;
	struct text type;
	enum gb_err rc;
	size_t i;

	if ((rc = field_object(body, at, err)) != GB_OK)
		return rc;
	at = FIELD_KEY(at, "type");
	rc = field_text(tree_get(body, "type"), at, &type, err);
	if (rc != GB_OK)
		return rc;
	for (i = 0; i < GB_COUNT(kinds); i++)
		if (text_is(type, kinds[i].type) &&
		    (kinds[i].places & IN(to->place)) != 0)
			return kinds[i].read(&b);
	return field_refuse(at, err, FAULT_UNSUPPORTED,
			    "a block of type \"%.*s\" cannot stand here",
			    type.len < WORD_SHOWN ? (int)type.len : WORD_SHOWN,
			    type.ptr);
}

enum gb_err
anthropic_read_system(struct chat_reader *r, struct json_object *value,
		      const struct field *at)
{
	struct chat_media to = {r, CHAT_PLACE_SYSTEM, 0};
	enum gb_err rc;
	size_t i;

	if (json_object_is_type(value, json_type_string))
		return chat_put_text(r, text_of(value), at, CHAT_PLACE_SYSTEM,
				     0);
	if (!json_object_is_type(value, json_type_array))
		return field_refuse(at, r->err, FAULT_INVALID,
				    "must be a string or an array of blocks");
	for (i = 0; i < json_object_array_length(value); i++) {
		rc = anthropic_read_block(&to,
					  json_object_array_get_idx(value, i),
					  FIELD_ITEM(at, i), NULL);
		if (rc != GB_OK)
			return rc;
	}
	return GB_OK;
}
