/* openai_chat_content.c: what a message of OpenAI's holds, text and media, in
 * chats and in responses */
#include "dialect/openai/openai_chat_read.h"

#include <json-c/json.h>

#include "dialect/chat_media.h"
#include "dialect/json/json_tree.h"
#include "dialect/media.h"

/* One part of a content array, with where it goes. */
struct part_reader {
	struct chat_media to;
	struct json_object *part;
	const struct field *at;
};

typedef enum gb_err part_fn(const struct part_reader *);

static part_fn read_text, read_refusal, read_image, read_video, read_audio,
    read_audio_url, read_file, read_input_image, read_input_file;

#define IN(place) (1u << (place))

/* Kinds of parts, and in which places they may stand.  What begins with input_
 * and output_ is of responses; clients of both mix them up. */
static const struct kind {
	const char *type;
	unsigned places;
	part_fn *read;
} kinds[] = {
    {"text",
     IN(CHAT_PLACE_SYSTEM) | IN(CHAT_PLACE_USER) | IN(CHAT_PLACE_MODEL) |
	 IN(CHAT_PLACE_RESULT),
     read_text},
    {"image_url", IN(CHAT_PLACE_USER) | IN(CHAT_PLACE_RESULT), read_image},
    {"video_url", IN(CHAT_PLACE_USER) | IN(CHAT_PLACE_RESULT), read_video},
    {"input_audio", IN(CHAT_PLACE_USER), read_audio},
    {"audio_url", IN(CHAT_PLACE_USER), read_audio_url},
    {"file", IN(CHAT_PLACE_USER), read_file},
    {"refusal", IN(CHAT_PLACE_MODEL), read_refusal},
    {"input_text",
     IN(CHAT_PLACE_SYSTEM) | IN(CHAT_PLACE_USER) | IN(CHAT_PLACE_MODEL) |
	 IN(CHAT_PLACE_RESULT),
     read_text},
    {"output_text", IN(CHAT_PLACE_MODEL), read_text},
    {"input_image", IN(CHAT_PLACE_USER) | IN(CHAT_PLACE_RESULT),
     read_input_image},
    {"input_file", IN(CHAT_PLACE_USER) | IN(CHAT_PLACE_RESULT),
     read_input_file},
};

static enum gb_err
read_member_text(const struct part_reader *p, const char *key)
{
	const struct field *at = FIELD_KEY(p->at, key);
	struct text text;
	enum gb_err rc;

	rc = field_text(tree_get(p->part, key), at, &text, p->to.r->err);
	if (rc != GB_OK)
		return rc;
	return chat_put_text(p->to.r, text, at, p->to.place, p->to.origin);
}

static enum gb_err
read_text(const struct part_reader *p)
{
	return read_member_text(p, "text");
}

static enum gb_err
read_refusal(const struct part_reader *p)
{
	return read_member_text(p, "refusal");
}

/* {"url":…}; some clients write the URL itself. */
static enum gb_err
read_url_part(const struct part_reader *p, const char *key, const char *guess)
{
	const struct field *at = FIELD_KEY(p->at, key);
	const struct field *inside = FIELD_KEY(at, "url");
	struct text url;
	struct json_object *value;
	enum gb_err rc;

	value = tree_get(p->part, key);
	if (!json_object_is_type(value, json_type_string)) {
		if ((rc = field_object(value, at, p->to.r->err)) != GB_OK)
			return rc;
		value = tree_get(value, "url");
		at = inside;
	}
	if ((rc = field_text(value, at, &url, p->to.r->err)) != GB_OK)
		return rc;
	return chat_put_url(&p->to, at, url, guess);
}

static enum gb_err
read_image(const struct part_reader *p)
{
	return read_url_part(p, "image_url", "image/jpeg");
}

static enum gb_err
read_video(const struct part_reader *p)
{
	return read_url_part(p, "video_url", "video/mp4");
}

static enum gb_err
read_audio_url(const struct part_reader *p)
{
	return read_url_part(p, "audio_url", "audio/mp3");
}

/* {"data":…,"format":"wav"}; the format may be a MIME type already. */
static enum gb_err
read_audio(const struct part_reader *p)
{
	const struct field *at = FIELD_KEY(p->at, "input_audio");
	struct text data, format, mime = {NULL, 0};
	struct json_object *audio, *value;
	enum gb_err rc;

	audio = tree_get(p->part, "input_audio");
	if ((rc = field_object(audio, at, p->to.r->err)) != GB_OK)
		return rc;
	rc = field_text(tree_get(audio, "data"), FIELD_KEY(at, "data"), &data,
			p->to.r->err);
	if (rc != GB_OK)
		return rc;
	value = tree_get(audio, "format");
	if (value != NULL) {
		const struct field *where = FIELD_KEY(at, "format");

		rc = field_text(value, where, &format, p->to.r->err);
		if (rc != GB_OK)
			return rc;
		mime = text_begins(format, "audio/")
			   ? format
			   : text_from(media_by_name(format));
		if (!text_begins(mime, "audio/"))
			return field_refuse(where, p->to.r->err,
					    FAULT_UNSUPPORTED,
					    "is not a format that Gemini "
					    "hears: wav, mp3, flac, ogg, aac, "
					    "aiff");
	}
	at = FIELD_KEY(at, "data");
	switch (media_uri(data)) {
	case MEDIA_URI_DATA:
		return chat_put_data_url(&p->to, at, data, mime.ptr);
	case MEDIA_URI_WEB:
		return chat_put_url(&p->to, at, data, mime.ptr);
	default:
		break;
	}
	return chat_put_base64(&p->to, at, data, mime, NULL);
}

/* Members of a file that hold it or its URL; people mix them up. */
static const char *const file_members[] = {"file_data", "file_url"};

static enum gb_err
read_file_member(const struct part_reader *p, struct json_object *value,
		 const struct field *at, struct text file_name)
{
	struct text data;
	enum gb_err rc;

	if ((rc = field_text(value, at, &data, p->to.r->err)) != GB_OK)
		return rc;
	return chat_put_url(&p->to, at, data, media_by_name(file_name));
}

/* A file of Google's Files API. */
static enum gb_err
read_file_id(const struct part_reader *p, struct json_object *value,
	     const struct field *at)
{
	struct text id;
	enum gb_err rc;

	if ((rc = field_text(value, at, &id, p->to.r->err)) != GB_OK)
		return rc;
	return chat_put_file(&p->to, at, id);
}

/* {"file_data":…,"filename":…}, {"file_url":…} or {"file_id":…} */
static enum gb_err
read_file_object(const struct part_reader *p, struct json_object *file,
		 const struct field *at)
{
	struct json_object *value;
	struct text file_name = {NULL, 0};
	enum gb_err rc;
	size_t i;

	if ((rc = field_object(file, at, p->to.r->err)) != GB_OK)
		return rc;
	value = tree_get(file, "filename");
	if (value != NULL) {
		rc = field_text(value, FIELD_KEY(at, "filename"), &file_name,
				p->to.r->err);
		if (rc != GB_OK)
			return rc;
	}
	for (i = 0; i < GB_COUNT(file_members); i++) {
		value = tree_get(file, file_members[i]);
		if (value != NULL)
			return read_file_member(p, value,
						FIELD_KEY(at, file_members[i]),
						file_name);
	}
	return read_file_id(p, tree_get(file, "file_id"),
			    FIELD_KEY(at, "file_id"));
}

static enum gb_err
read_file(const struct part_reader *p)
{
	return read_file_object(p, tree_get(p->part, "file"),
				FIELD_KEY(p->at, "file"));
}

static enum gb_err
read_input_file(const struct part_reader *p)
{
	return read_file_object(p, p->part, p->at);
}

/* {"image_url":…} or {"file_id":…} */
static enum gb_err
read_input_image(const struct part_reader *p)
{
	struct json_object *id = tree_get(p->part, "file_id");

	if (id != NULL && tree_get(p->part, "image_url") == NULL)
		return read_file_id(p, id, FIELD_KEY(p->at, "file_id"));
	return read_image(p);
}

static enum gb_err
read_part(const struct part_reader *p)
{
	const struct field *at = FIELD_KEY(p->at, "type");
	struct text type;
	enum gb_err rc;
	size_t i;

	if ((rc = field_object(p->part, p->at, p->to.r->err)) != GB_OK)
		return rc;
	rc = field_text(tree_get(p->part, "type"), at, &type, p->to.r->err);
	if (rc != GB_OK)
		return rc;
	for (i = 0; i < GB_COUNT(kinds); i++)
		if (text_is(type, kinds[i].type) &&
		    (kinds[i].places & IN(p->to.place)) != 0)
			return kinds[i].read(p);
	return field_refuse(at, p->to.r->err, FAULT_UNSUPPORTED,
			    "a part of this type cannot stand here");
}

enum gb_err
openai_read_content(struct chat_reader *r, struct json_object *value,
		    const struct field *at, enum chat_place place,
		    size_t origin)
{
	struct part_reader p = {{r, place, origin}, NULL, NULL};
	struct text text;
	enum gb_err rc;
	size_t i, count;

	if (value == NULL)
		return GB_OK;
	if (!json_object_is_type(value, json_type_array)) {
		if (!json_object_is_type(value, json_type_string))
			return field_refuse(at, r->err, FAULT_INVALID,
					    "must be a string or an array of "
					    "parts");
		text = text_of(value);
		return chat_put_text(r, text, at, place, origin);
	}
	count = json_object_array_length(value);
	for (i = 0; i < count; i++) {
		p.part = json_object_array_get_idx(value, i);
		p.at = FIELD_ITEM(at, i);
		if ((rc = read_part(&p)) != GB_OK)
			return rc;
	}
	return GB_OK;
}
