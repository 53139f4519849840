/* chat_media.c: pictures, sound and documents as parts of the chat */
#include "dialect/chat_media.h"

#include <stdio.h>
#include <string.h>

#include "dialect/media.h"

#define PDF_BYTES_MAX (50u << 20) /* Gemini's limit of one that is inline */

static const char files_uri[] =
    "https://generativelanguage.googleapis.com/v1beta/";

static enum gb_err
put_media(const struct chat_media *m, const struct field *at,
	  enum chat_part_kind kind, struct text data, struct text mime)
{
	struct chat_part *part;
	enum gb_err why;

	part = chat_add_part(m->r->chat, CHAT_USER, kind, &why);
	if (part == NULL)
		return chat_no_room(m->r, at, why);
	part->data = data;
	part->mime = mime;
	part->origin = m->origin;
	part->of_result = m->place == CHAT_PLACE_RESULT;
	return GB_OK;
}

/* Base64 broken into lines, as many encoders write it, becomes one line. */
static enum gb_err
join_lines(const struct chat_media *m, const struct field *at,
	   struct text *data)
{
	char *to;
	size_t i, len = 0;

	to = chat_alloc(m->r->chat, data->len + 1);
	if (to == NULL)
		return chat_no_room(m->r, at, GB_ENOMEM);
	for (i = 0; i < data->len; i++)
		if (memchr(" \t\r\n", data->ptr[i], 4) == NULL)
			to[len++] = data->ptr[i];
	to[len] = '\0';
	data->ptr = to;
	data->len = len;
	return GB_OK;
}

enum gb_err
chat_put_base64(const struct chat_media *m, const struct field *at,
		struct text data, struct text said, const char *guess)
{
	struct api_error *err = m->r->err;
	char room[MEDIA_MIME_MAX], *copy;
	const char *mime;
	enum gb_err rc;

	if (data.len == 0)
		return field_refuse(at, err, FAULT_INVALID,
				    "must not be empty");
	if (memchr(data.ptr, '\n', data.len) != NULL ||
	    memchr(data.ptr, ' ', data.len) != NULL)
		if ((rc = join_lines(m, at, &data)) != GB_OK)
			return rc;
	if (!media_is_base64(data))
		return field_refuse(at, err, FAULT_INVALID,
				    "is not valid base64");
	if (said.ptr == NULL || text_is(said, "application/octet-stream")) {
		mime = media_sniff(data);
		said = text_from(mime != NULL ? mime : guess);
		if (said.ptr == NULL)
			return field_refuse(at, err, FAULT_INVALID,
					    "has no MIME type, and its first "
					    "bytes do not tell it");
	}
	mime = media_accept(said, room);
	if (mime == NULL)
		return field_refuse(at, err, FAULT_UNSUPPORTED,
				    "Gemini does not read %.*s",
				    said.len < MEDIA_MIME_MAX ? (int)said.len
							      : MEDIA_MIME_MAX,
				    said.ptr);
	if (strcmp(mime, "application/pdf") == 0 &&
	    data.len / 4 * 3 > PDF_BYTES_MAX)
		return field_refuse(at, err, FAULT_INVALID,
				    "a PDF may have %u MiB; larger ones go to "
				    "the Files API",
				    PDF_BYTES_MAX >> 20);
	copy = chat_copy(m->r->chat, text_from(mime));
	if (copy == NULL)
		return chat_no_room(m->r, at, GB_ENOMEM);
	return put_media(m, at, CHAT_INLINE, data, text_from(copy));
}

enum gb_err
chat_put_data_url(const struct chat_media *m, const struct field *at,
		  struct text url, const char *guess)
{
	struct text mime, data;

	if (!media_data_url(url, &mime, &data))
		return field_refuse(at, m->r->err, FAULT_INVALID,
				    "must have the form "
				    "data:TYPE;base64,DATA");
	return chat_put_base64(m, at, data, mime, guess);
}

enum gb_err
chat_put_file(const struct chat_media *m, const struct field *at,
	      struct text uri)
{
	static const char openai[] = "file-", google[] = "files/";
	struct text none = {NULL, 0};
	char *full;

	if (text_begins(uri, openai)) { /* our /v1/files calls it so */
		full = chat_alloc(m->r->chat, uri.len + 2);
		if (full == NULL)
			return chat_no_room(m->r, at, GB_ENOMEM);
		(void)snprintf(full, uri.len + 2, "%s%.*s", google,
			       (int)(uri.len - strlen(openai)),
			       uri.ptr + strlen(openai));
		uri = text_from(full);
	}
	if (media_uri(uri) != MEDIA_URI_FILE)
		return field_refuse(at, m->r->err, FAULT_INVALID,
				    "no such file; files of Gemini's Files API "
				    "are called files/ID");
	if (text_begins(uri, "files/")) {
		full = chat_alloc(m->r->chat, sizeof(files_uri) + uri.len);
		if (full == NULL)
			return chat_no_room(m->r, at, GB_ENOMEM);
		memcpy(full, files_uri, sizeof(files_uri) - 1);
		memcpy(full + sizeof(files_uri) - 1, uri.ptr, uri.len);
		full[sizeof(files_uri) - 1 + uri.len] = '\0';
		uri = text_from(full);
	}
	return put_media(m, at, CHAT_FILE, uri, none);
}

/* Any other URL; its own name tells more of the type than "guess". */
static enum gb_err
put_web(const struct chat_media *m, const struct field *at, struct text url,
	const char *guess)
{
	struct chat *chat = m->r->chat;
	char name[FIELD_NAME_MAX], *param;
	const char *mime;
	enum gb_err rc;

	if (memchr(url.ptr, '\0', url.len) != NULL)
		return field_refuse(at, m->r->err, FAULT_INVALID,
				    "must not hold a NUL");
	field_name(at, name);
	param = chat_copy(chat, text_from(name));
	if (param == NULL)
		return chat_no_room(m->r, at, GB_ENOMEM);
	mime = media_by_url(url);
	if (mime == NULL && guess != NULL) {
		mime = chat_copy(chat, text_from(guess));
		if (mime == NULL)
			return chat_no_room(m->r, at, GB_ENOMEM);
	}
	rc = put_media(m, at, CHAT_WEB, url, text_from(mime));
	if (rc == GB_OK)
		chat->parts[chat->part_count - 1].param = param;
	return rc;
}

enum gb_err
chat_put_url(const struct chat_media *m, const struct field *at,
	     struct text url, const char *guess)
{
	struct text none = {NULL, 0};

	switch (media_uri(url)) {
	case MEDIA_URI_DATA:
		return chat_put_data_url(m, at, url, guess);
	case MEDIA_URI_YOUTUBE:
		return put_media(m, at, CHAT_FILE, url, none);
	case MEDIA_URI_FILE:
		return chat_put_file(m, at, url);
	case MEDIA_URI_WEB:
		return put_web(m, at, url, guess);
	case MEDIA_URI_NONE:
		break;
	}
	return chat_put_base64(m, at, url, none, guess);
}
