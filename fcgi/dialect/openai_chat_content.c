/* openai_chat_content.c: what a message of OpenAI's holds, text and media */
#include "dialect/openai_chat_read.h"

#include <string.h>

#include <json-c/json.h>

#include "dialect/media.h"

static const char files_uri[] =
    "https://generativelanguage.googleapis.com/v1beta/";

/* One part of a content array, with where it goes. */
struct part_reader {
	struct openai_reader *r;
	struct json_object *part;
	const struct field *at;
	enum openai_place place;
	size_t origin;
};

typedef enum gb_err part_fn(const struct part_reader *);

static part_fn read_text, read_refusal, read_image, read_video, read_audio,
    read_file;

#define IN(place) (1u << (place))

/* Kinds of parts, and in which places they may stand. */
static const struct kind {
	const char *type;
	unsigned places;
	part_fn *read;
} kinds[] = {
    {"text",
     IN(OPENAI_SYSTEM) | IN(OPENAI_USER) | IN(OPENAI_ASSISTANT) |
	 IN(OPENAI_RESULT),
     read_text},
    {"image_url", IN(OPENAI_USER) | IN(OPENAI_RESULT), read_image},
    {"video_url", IN(OPENAI_USER) | IN(OPENAI_RESULT), read_video},
    {"input_audio", IN(OPENAI_USER), read_audio},
    {"file", IN(OPENAI_USER), read_file},
    {"refusal", IN(OPENAI_ASSISTANT), read_refusal},
};

enum gb_err
openai_put_text(struct openai_reader *r, struct text text,
		const struct field *at, enum openai_place place, size_t origin)
{
	struct chat_part *part;
	struct text *system;
	enum gb_err why;

	if (text.len == 0 || place == OPENAI_RESULT)
		return GB_OK;
	if (place == OPENAI_SYSTEM) {
		system = chat_add_system(r->chat, &why);
		if (system == NULL)
			return openai_no_room(r, at, why);
		*system = text;
		return GB_OK;
	}
	part = chat_add_part(r->chat,
			     place == OPENAI_USER ? CHAT_USER : CHAT_MODEL,
			     CHAT_TEXT, &why);
	if (part == NULL)
		return openai_no_room(r, at, why);
	part->data = text;
	part->origin = origin;
	return GB_OK;
}

static enum gb_err
put_media(const struct part_reader *p, enum chat_part_kind kind,
	  struct text data, struct text mime)
{
	struct chat_part *part;
	enum gb_err why;

	part = chat_add_part(p->r->chat, CHAT_USER, kind, &why);
	if (part == NULL)
		return openai_no_room(p->r, p->at, why);
	part->data = data;
	part->mime = mime;
	part->origin = p->origin;
	part->of_result = p->place == OPENAI_RESULT;
	return GB_OK;
}

static enum gb_err
read_member_text(const struct part_reader *p, const char *key)
{
	const struct field *at = FIELD_KEY(p->at, key);
	struct text text;
	enum gb_err rc;

	rc = field_text(field_get(p->part, key), at, &text, p->r->err);
	if (rc != GB_OK)
		return rc;
	return openai_put_text(p->r, text, at, p->place, p->origin);
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

/* Base64 broken into lines, as many encoders write it, becomes one line. */
static enum gb_err
join_lines(const struct part_reader *p, struct text *data)
{
	char *to;
	size_t i, len = 0;

	to = chat_alloc(p->r->chat, data->len + 1);
	if (to == NULL)
		return openai_no_room(p->r, p->at, GB_ENOMEM);
	for (i = 0; i < data->len; i++)
		if (memchr(" \t\r\n", data->ptr[i], 4) == NULL)
			to[len++] = data->ptr[i];
	to[len] = '\0';
	data->ptr = to;
	data->len = len;
	return GB_OK;
}

/*
 * Inline data at "at".  "said" is the type that the client gave, or none;
 * without one, or with one that says nothing, the first bytes tell, and else
 * "guess".
 */
static enum gb_err
put_base64(const struct part_reader *p, const struct field *at,
	   struct text data, struct text said, const char *guess)
{
	char room[MEDIA_MIME_MAX], *copy;
	const char *mime;
	enum gb_err rc;

	if (memchr(data.ptr, '\n', data.len) != NULL ||
	    memchr(data.ptr, ' ', data.len) != NULL)
		if ((rc = join_lines(p, &data)) != GB_OK)
			return rc;
	if (!media_is_base64(data))
		return field_refuse(at, p->r->err, FAULT_INVALID,
				    "is not valid base64");
	if (said.ptr == NULL || text_is(said, "application/octet-stream")) {
		mime = media_sniff(data);
		said = text_from(mime != NULL ? mime : guess);
		if (said.ptr == NULL)
			return field_refuse(at, p->r->err, FAULT_INVALID,
					    "has no MIME type, and its first "
					    "bytes do not tell it");
	}
	mime = media_accept(said, room);
	if (mime == NULL)
		return field_refuse(at, p->r->err, FAULT_UNSUPPORTED,
				    "Gemini does not read %.*s",
				    said.len < MEDIA_MIME_MAX ? (int)said.len
							      : MEDIA_MIME_MAX,
				    said.ptr);
	copy = chat_copy(p->r->chat, text_from(mime));
	if (copy == NULL)
		return openai_no_room(p->r, at, GB_ENOMEM);
	return put_media(p, CHAT_INLINE, data, text_from(copy));
}

/* "files/ID", or already in full. */
static enum gb_err
put_file(const struct part_reader *p, struct text uri)
{
	struct text none = {NULL, 0};
	char *full;

	if (text_begins(uri, "files/")) {
		full = chat_alloc(p->r->chat, sizeof(files_uri) + uri.len);
		if (full == NULL)
			return openai_no_room(p->r, p->at, GB_ENOMEM);
		memcpy(full, files_uri, sizeof(files_uri) - 1);
		memcpy(full + sizeof(files_uri) - 1, uri.ptr, uri.len);
		full[sizeof(files_uri) - 1 + uri.len] = '\0';
		uri = text_from(full);
	}
	return put_media(p, CHAT_FILE, uri, none);
}

static enum gb_err
put_data_url(const struct part_reader *p, const struct field *at,
	     struct text url, const char *guess)
{
	struct text mime, data;

	if (!media_data_url(url, &mime, &data))
		return field_refuse(at, p->r->err, FAULT_INVALID,
				    "must have the form "
				    "data:TYPE;base64,DATA");
	return put_base64(p, at, data, mime, guess);
}

/* {"url":…}; some clients write the URL itself. */
static enum gb_err
read_url_part(const struct part_reader *p, const char *key, const char *guess)
{
	const struct field *at = FIELD_KEY(p->at, key);
	const struct field *inside = FIELD_KEY(at, "url");
	struct text url, none = {NULL, 0};
	struct json_object *value;
	enum gb_err rc;

	value = field_get(p->part, key);
	if (!json_object_is_type(value, json_type_string)) {
		if ((rc = field_object(value, at, p->r->err)) != GB_OK)
			return rc;
		value = field_get(value, "url");
		at = inside;
	}
	if ((rc = field_text(value, at, &url, p->r->err)) != GB_OK)
		return rc;
	switch (media_uri(url)) {
	case MEDIA_URI_DATA:
		return put_data_url(p, at, url, guess);
	case MEDIA_URI_YOUTUBE:
		return put_media(p, CHAT_FILE, url, none);
	case MEDIA_URI_FILE:
		return put_file(p, url);
	case MEDIA_URI_WEB:
		return field_refuse(at, p->r->err, FAULT_UNSUPPORTED,
				    "only data: URLs are accepted so far");
	case MEDIA_URI_NONE:
		break;
	}
	if (url.len == 0)
		return field_refuse(at, p->r->err, FAULT_INVALID,
				    "must not be empty");
	return put_base64(p, at, url, none, guess);
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

/* {"data":…,"format":"wav"}; the format may be a MIME type already. */
static enum gb_err
read_audio(const struct part_reader *p)
{
	const struct field *at = FIELD_KEY(p->at, "input_audio");
	struct text data, format, mime = {NULL, 0};
	struct json_object *audio, *value;
	enum gb_err rc;

	audio = field_get(p->part, "input_audio");
	if ((rc = field_object(audio, at, p->r->err)) != GB_OK)
		return rc;
	rc = field_text(field_get(audio, "data"), FIELD_KEY(at, "data"), &data,
			p->r->err);
	if (rc != GB_OK)
		return rc;
	value = field_get(audio, "format");
	if (value != NULL) {
		const struct field *where = FIELD_KEY(at, "format");

		rc = field_text(value, where, &format, p->r->err);
		if (rc != GB_OK)
			return rc;
		mime = text_begins(format, "audio/")
			   ? format
			   : text_from(media_by_name(format));
		if (!text_begins(mime, "audio/"))
			return field_refuse(where, p->r->err, FAULT_UNSUPPORTED,
					    "is not a format that Gemini "
					    "hears: wav, mp3, flac, ogg, aac, "
					    "aiff");
	}
	at = FIELD_KEY(at, "data");
	if (media_uri(data) == MEDIA_URI_DATA)
		return put_data_url(p, at, data, mime.ptr);
	return put_base64(p, at, data, mime, NULL);
}

static enum gb_err
read_file_data(const struct part_reader *p, struct json_object *value,
	       const struct field *at, struct text file_name)
{
	struct text data, none = {NULL, 0};
	const char *guess;
	enum gb_err rc;

	if ((rc = field_text(value, at, &data, p->r->err)) != GB_OK)
		return rc;
	guess = media_by_name(file_name);
	if (media_uri(data) == MEDIA_URI_DATA)
		return put_data_url(p, at, data, guess);
	if (data.len == 0)
		return field_refuse(at, p->r->err, FAULT_INVALID,
				    "must not be empty");
	return put_base64(p, at, data, none, guess);
}

/* {"file_data":…,"filename":…} or {"file_id":…} */
static enum gb_err
read_file(const struct part_reader *p)
{
	const struct field *at = FIELD_KEY(p->at, "file");
	struct json_object *file, *value;
	struct text id, file_name = {NULL, 0};
	enum gb_err rc;

	file = field_get(p->part, "file");
	if ((rc = field_object(file, at, p->r->err)) != GB_OK)
		return rc;
	value = field_get(file, "filename");
	if (value != NULL) {
		rc = field_text(value, FIELD_KEY(at, "filename"), &file_name,
				p->r->err);
		if (rc != GB_OK)
			return rc;
	}
	value = field_get(file, "file_data");
	if (value != NULL)
		return read_file_data(p, value, FIELD_KEY(at, "file_data"),
				      file_name);
	at = FIELD_KEY(at, "file_id");
	rc = field_text(field_get(file, "file_id"), at, &id, p->r->err);
	if (rc != GB_OK)
		return rc;
	if (media_uri(id) != MEDIA_URI_FILE)
		return field_refuse(at, p->r->err, FAULT_INVALID,
				    "no such file; files of Gemini's Files API "
				    "are called files/ID");
	return put_file(p, id);
}

static enum gb_err
read_part(const struct part_reader *p)
{
	const struct field *at = FIELD_KEY(p->at, "type");
	struct text type;
	enum gb_err rc;
	size_t i;

	if ((rc = field_object(p->part, p->at, p->r->err)) != GB_OK)
		return rc;
	rc = field_text(field_get(p->part, "type"), at, &type, p->r->err);
	if (rc != GB_OK)
		return rc;
	for (i = 0; i < GB_COUNT(kinds); i++)
		if (text_is(type, kinds[i].type) &&
		    (kinds[i].places & IN(p->place)) != 0)
			return kinds[i].read(p);
	return field_refuse(at, p->r->err, FAULT_UNSUPPORTED,
			    "a part of this type cannot stand here");
}

enum gb_err
openai_read_content(struct openai_reader *r, struct json_object *value,
		    const struct field *at, enum openai_place place,
		    size_t origin)
{
	struct part_reader p = {r, NULL, NULL, place, origin};
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
		return openai_put_text(r, text, at, place, origin);
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
