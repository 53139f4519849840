/* transcription_request.c: forms with recordings that are to become text */
#include "dialect/audio/transcription_request.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/base64.h"
#include "dialect/chat_media.h"
#include "dialect/audio/transcription_audio.h"

#define NUMBER_MAX	32 /* bytes of a number, with NUL */
#define TEMPERATURE_MAX 1  /* OpenAI's, of this endpoint */

/* One form being read. */
struct form_reader {
	struct transcription_request *to;
	struct chat_reader chat;
	bool said_words, said_segments;
};

typedef enum gb_err reader_fn(struct form_reader *,
			      const struct multipart_part *,
			      const struct field *);

static reader_fn read_model, read_language, read_prompt, read_keyword,
    read_format, read_temperature, read_granularity, read_stream, ignore,
    read_unknown;

/*
 * Every field but the file, by its name without "[]".  A field that is not here
 * is ignored, and named among the dropped ones.  "chunking_strategy" has no
 * meaning where nothing is cut into chunks.
 */
static const struct row {
	const char *name;
	reader_fn *read;
} rows[] = {
    {"model", read_model},
    {"language", read_language},
    {"languages", read_language},
    {"prompt", read_prompt},
    {"keywords", read_keyword},
    {"response_format", read_format},
    {"temperature", read_temperature},
    {"timestamp_granularities", read_granularity},
    {"stream", read_stream},
    {"chunking_strategy", ignore},
    {"user", ignore},
    {"include", read_unknown},
    {"known_speaker_names", read_unknown},
    {"known_speaker_references", read_unknown},
};

/* --- fields --------------------------------------------------------------- */

static enum gb_err
ignore(struct form_reader *r, const struct multipart_part *part,
       const struct field *at)
{
	(void)r;
	(void)part;
	(void)at;
	return GB_OK;
}

/* What has no counterpart here: probabilities of tokens, known voices. */
static enum gb_err
read_unknown(struct form_reader *r, const struct multipart_part *part,
	     const struct field *at)
{
	(void)part;
	return chat_cannot(&r->chat, at, at->key);
}

/* A copy of the part's text in the chat. */
static enum gb_err
copy_text(struct form_reader *r, const struct multipart_part *part,
	  const struct field *at, struct text *out)
{
	char *copy;

	if ((copy = chat_copy(&r->to->chat, part->data)) == NULL)
		return chat_no_room(&r->chat, at, GB_ENOMEM);
	out->ptr = copy;
	out->len = part->data.len;
	return GB_OK;
}

static enum gb_err
read_model(struct form_reader *r, const struct multipart_part *part,
	   const struct field *at)
{
	struct json_object *value;
	enum gb_err rc;

	value = json_object_new_string_len(part->data.ptr, (int)part->data.len);
	if (value == NULL)
		return chat_no_room(&r->chat, at, GB_ENOMEM);
	rc = chat_read_model(&r->chat, value, at);
	json_object_put(value);
	return rc;
}

/* "de", "de-CH"; some clients write "german". */
static enum gb_err
read_language(struct form_reader *r, const struct multipart_part *part,
	      const struct field *at)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	struct transcription_request *to = r->to;
	struct text text;
	enum gb_err rc;

	if ((rc = copy_text(r, part, at, &text)) != GB_OK)
		return rc;
	if (text.len < 2 || text.len >= TRANSCRIPTION_LANGUAGE_MAX ||
	    strspn(text.ptr, good) != text.len)
		return field_refuse(at, r->chat.err, FAULT_INVALID,
				    "must be the code of a language, as in "
				    "\"en\"");
	if (to->language_count == TRANSCRIPTION_LANGUAGES)
		return field_refuse(at, r->chat.err, FAULT_INVALID,
				    "there may be at most %d languages",
				    TRANSCRIPTION_LANGUAGES);
	to->languages[to->language_count++] = text;
	return GB_OK;
}

static enum gb_err
read_prompt(struct form_reader *r, const struct multipart_part *part,
	    const struct field *at)
{
	return copy_text(r, part, at, &r->to->prompt);
}

static enum gb_err
read_keyword(struct form_reader *r, const struct multipart_part *part,
	     const struct field *at)
{
	struct transcription_request *to = r->to;

	if (to->keyword_count == TRANSCRIPTION_KEYWORDS)
		return field_refuse(at, r->chat.err, FAULT_INVALID,
				    "there may be at most %d of them",
				    TRANSCRIPTION_KEYWORDS);
	return copy_text(r, part, at, &to->keywords[to->keyword_count++]);
}

/* One of the words of "choices", which a row without a word ends. */
static enum gb_err
read_choice(struct form_reader *r, const struct multipart_part *part,
	    const struct field *at, const struct choice *choices, int *out)
{
	struct json_object *value;
	enum gb_err rc;

	value = json_object_new_string_len(part->data.ptr, (int)part->data.len);
	if (value == NULL)
		return chat_no_room(&r->chat, at, GB_ENOMEM);
	rc = field_choice(value, at, choices, out, r->chat.err);
	json_object_put(value);
	return rc;
}

static enum gb_err
read_format(struct form_reader *r, const struct multipart_part *part,
	    const struct field *at)
{
	/* the last one OpenAI has for transcriptions alone */
	static const struct choice words[] = {
	    {"json", FORMAT_JSON},
	    {"text", FORMAT_TEXT},
	    {"srt", FORMAT_SRT},
	    {"verbose_json", FORMAT_VERBOSE},
	    {"vtt", FORMAT_VTT},
	    {"diarized_json", FORMAT_DIARIZED},
	    {NULL, 0},
	};
	int format;
	enum gb_err rc;

	if ((rc = read_choice(r, part, at, words, &format)) != GB_OK)
		return rc;
	r->to->format = (enum transcription_format)format;
	if (format == FORMAT_DIARIZED && r->to->task == TASK_TRANSLATE)
		return field_refuse(at, r->chat.err, FAULT_UNSUPPORTED,
				    "translations have no diarized_json");
	return GB_OK;
}

/* 0 is OpenAI's word for "as you like". */
static enum gb_err
read_temperature(struct form_reader *r, const struct multipart_part *part,
		 const struct field *at)
{
	char number[NUMBER_MAX], *end = number;
	double value = -1;

	if (part->data.len < sizeof(number)) {
		memcpy(number, part->data.ptr, part->data.len);
		number[part->data.len] = '\0';
		if (strspn(number, "0123456789.eE+-") == part->data.len)
			value = strtod(number, &end);
	}
	if (end == number || *end != '\0' || !(value >= 0) ||
	    value > TEMPERATURE_MAX)
		return field_refuse(at, r->chat.err, FAULT_INVALID,
				    "must be a number from 0 to %d",
				    TEMPERATURE_MAX);
	r->to->temperature = value;
	r->to->chat.gen.temperature.set = value > 0;
	r->to->chat.gen.temperature.value = value;
	return GB_OK;
}

static enum gb_err
read_granularity(struct form_reader *r, const struct multipart_part *part,
		 const struct field *at)
{
	static const struct choice words[] = {
	    {"word", true},
	    {"segment", false},
	    {NULL, 0},
	};
	enum gb_err rc;
	int word;

	if ((rc = read_choice(r, part, at, words, &word)) != GB_OK)
		return rc;
	*(word ? &r->said_words : &r->said_segments) = true;
	return GB_OK;
}

static enum gb_err
read_stream(struct form_reader *r, const struct multipart_part *part,
	    const struct field *at)
{
	static const struct choice words[] = {
	    {"true", true}, {"false", false}, {"True", true}, {"False", false},
	    {"1", true},    {"0", false},     {NULL, 0},
	};
	enum gb_err rc;
	int stream;

	if ((rc = read_choice(r, part, at, words, &stream)) == GB_OK)
		r->to->stream = stream != 0;
	return rc;
}

/* --- the recording -------------------------------------------------------- */

/* The bytes of the file as base64, which is the chat's. */
static enum gb_err
put_audio(struct form_reader *r, const struct multipart_part *part,
	  const char *type, const struct field *at)
{
	struct chat_media media = {&r->chat, CHAT_PLACE_USER, 0};
	struct text data;
	struct buf base64;
	char *owned;

	buf_init(&base64, BASE64_LENGTH(part->data.len));
	base64_encode(&base64, part->data.ptr, part->data.len);
	data.len = base64.len;
	data.ptr = owned = buf_take(&base64);
	if (owned == NULL || chat_own(&r->to->chat, owned) != GB_OK) {
		free(owned);
		return chat_no_room(&r->chat, at, GB_ENOMEM);
	}
	return chat_put_base64(&media, at, data, text_from(type), NULL);
}

/* A file of /v1/files by its id, where the form has a text for the file. */
static enum gb_err
put_file_id(struct form_reader *r, const struct multipart_part *part,
	    const struct field *at)
{
	struct chat_media media = {&r->chat, CHAT_PLACE_USER, 0};
	struct text id;
	enum gb_err rc;

	if ((rc = copy_text(r, part, at, &id)) != GB_OK)
		return rc;
	return chat_put_file(&media, at, id);
}

static enum gb_err
read_file(struct form_reader *r, const struct multipart_part *part)
{
	const struct field *at = FIELD_KEY(NULL, "file");
	const char *type, *what;

	if (part == NULL)
		return field_refuse(at, r->chat.err, FAULT_INVALID,
				    "is required");
	if (part->data.len == 0)
		return field_refuse(at, r->chat.err, FAULT_INVALID,
				    "must not be empty");
	if (part->data.len > TRANSCRIPTION_AUDIO_MAX)
		return field_refuse(at, r->chat.err, FAULT_BODY_TOO_LARGE,
				    "a recording may have %u MiB; upload a "
				    "larger one to /v1/files and give its id",
				    TRANSCRIPTION_AUDIO_MAX >> 20);
	if (part->file_name.ptr == NULL && (text_begins(part->data, "file-") ||
					    text_begins(part->data, "files/")))
		return put_file_id(r, part, at);
	type = transcription_audio_type(part->data, part->file_name, part->type,
					&what);
	if (type == NULL)
		return field_refuse(at, r->chat.err, FAULT_UNSUPPORTED,
				    "is %s; Gemini hears aac, aiff, flac, mp3, "
				    "mp4, m4a, mpeg, mpga, ogg, opus, wav and "
				    "webm",
				    what == NULL ? "of no known type" : what);
	r->to->audio_ms = transcription_audio_ms(part->data);
	return put_audio(r, part, type, at);
}

/* --- all of it ------------------------------------------------------------ */

/* "timestamp_granularities" of "timestamp_granularities[]" and "…[0]". */
static bool
base_name(struct text name, char base[FIELD_NAME_MAX])
{
	const char *bracket = memchr(name.ptr, '[', name.len);

	if (bracket != NULL && name.ptr[name.len - 1] == ']')
		name.len = (size_t)(bracket - name.ptr);
	if (name.len >= FIELD_NAME_MAX)
		return false;
	memcpy(base, name.ptr, name.len);
	base[name.len] = '\0';
	return true;
}

static enum gb_err
read_part(struct form_reader *r, const struct multipart_part *part)
{
	char name[FIELD_NAME_MAX];
	size_t i;

	if (!base_name(part->name, name)) {
		chat_drop(&r->to->chat.dropped, "");
		return GB_OK;
	}
	if (strcmp(name, "file") == 0 || part->data.len == 0)
		return GB_OK; /* some forms have every field */
	for (i = 0; i < GB_COUNT(rows); i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].read(r, part,
					    FIELD_KEY(NULL, rows[i].name));
	chat_drop(&r->to->chat.dropped, name);
	return GB_OK;
}

/* What can be done once every field was seen. */
static enum gb_err
finish(struct form_reader *r)
{
	const struct field *at = FIELD_KEY(NULL, "timestamp_granularities");
	struct transcription_request *to = r->to;
	bool said = r->said_words || r->said_segments;

	to->segments = r->said_segments || !r->said_words;
	/* words of the original have no times in a translation */
	to->words = r->said_words && to->format == FORMAT_VERBOSE &&
		    to->task == TASK_TRANSCRIBE;
	if (to->stream && transcription_is_timed(to) &&
	    to->format != FORMAT_DIARIZED)
		return field_refuse(FIELD_KEY(NULL, "stream"), r->chat.err,
				    FAULT_UNSUPPORTED,
				    "only json, text and diarized_json can be "
				    "streamed");
	if (said &&
	    (to->format != FORMAT_VERBOSE || r->said_words != to->words))
		return chat_cannot(&r->chat, at, at->key);
	return GB_OK;
}

enum gb_err
transcription_read(const struct multipart *form, enum transcription_task task,
		   bool strict, struct transcription_request *out,
		   struct api_error *err)
{
	struct chat_options opts = {.strict = strict};
	struct form_reader r;
	enum gb_err rc = GB_OK;
	size_t i;

	memset(&r, 0, sizeof(r));
	memset(out, 0, sizeof(*out));
	chat_init(&out->chat);
	api_error_clear(err);
	out->chat.strict = strict;
	out->task = task;
	out->audio_ms = -1;
	r.to = out;
	r.chat = (struct chat_reader){&out->chat, &opts, err};
	for (i = 0; i < form->count && rc == GB_OK; i++)
		rc = read_part(&r, &form->parts[i]);
	if (rc == GB_OK)
		rc = finish(&r);
	return rc == GB_OK ? read_file(&r, multipart_find(form, "file")) : rc;
}

void
transcription_request_release(struct transcription_request *rq)
{
	chat_release(&rq->chat);
}

bool
transcription_is_timed(const struct transcription_request *rq)
{
	return rq->format != FORMAT_JSON && rq->format != FORMAT_TEXT;
}

bool
transcription_flows(const struct transcription_request *rq)
{
	return !transcription_is_timed(rq) && !rq->dedicated;
}
