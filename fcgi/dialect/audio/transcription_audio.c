/* transcription_audio.c: what kind of file a recording is */
#include "dialect/audio/transcription_audio.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "dialect/media.h"
#include "dialect/audio/transcription_time.h"

#define RIFF_HEADER  12 /* "RIFF", a length, "WAVE" */
#define CHUNK_HEADER 8	/* a name and a length */
#define FORMAT_LEAST 16 /* bytes of a chunk "fmt " */

/*
 * Heads of files: "len" bytes at "at".  Containers that may hold pictures,
 * too, go as sound, which is all that is wanted of them.  No type: nothing that
 * Gemini hears.
 */
static const struct {
	size_t at, len;
	const char *bytes, *type, *what;
} heads[] = {
    {8, 4, "WAVE", "audio/wav", NULL},
    {0, 4, "fLaC", "audio/flac", NULL},
    {0, 4, "OggS", "audio/ogg", NULL},
    {8, 4, "AIFF", "audio/aiff", NULL},
    {8, 4, "AIFC", "audio/aiff", NULL},
    {0, 3, "ID3", "audio/mp3", NULL},
    {0, 4, "\x1a\x45\xdf\xa3", "audio/webm", NULL},
    {0, 4, "ADIF", "audio/aac", NULL},
    {0, 4, "\0\0\1\xba", "video/mpeg", NULL},
    {4, 8, "ftypheic", NULL, "image/heic"},
    {4, 8, "ftypmif1", NULL, "image/heif"},
    {4, 8, "ftypavif", NULL, "image/avif"},
    {4, 4, "ftyp", "audio/mp4", NULL},
    {0, 5, "#!AMR", NULL, "audio/amr"},
    {0, 4, "\x30\x26\xb2\x75", NULL, "audio/x-ms-wma"},
    {0, 4, "caff", NULL, "audio/x-caf"},
    {0, 4, ".snd", NULL, "audio/basic"},
    {0, 4, "MThd", NULL, "audio/midi"},
    {8, 4, "AVI ", NULL, "video/x-msvideo"},
    {0, 3, "FLV", NULL, "video/x-flv"},
    {0, 2, "PK", NULL, "application/zip"},
    {0, 2, "\x1f\x8b", NULL, "application/gzip"},
};

/* Extensions and names of types.  "mpeg" and "mpga" are OpenAI's for MP3. */
static const struct {
	const char *word, *type;
} words[] = {
    {"wav", "audio/wav"},     {"x-wav", "audio/wav"},	{"wave", "audio/wav"},
    {"mp3", "audio/mp3"},     {"mpeg", "audio/mp3"},	{"mpga", "audio/mp3"},
    {"mpeg3", "audio/mp3"},   {"m4a", "audio/mp4"},	{"x-m4a", "audio/mp4"},
    {"mp4", "audio/mp4"},     {"m4b", "audio/mp4"},	{"webm", "audio/webm"},
    {"ogg", "audio/ogg"},     {"oga", "audio/ogg"},	{"opus", "audio/ogg"},
    {"flac", "audio/flac"},   {"x-flac", "audio/flac"}, {"aac", "audio/aac"},
    {"x-aac", "audio/aac"},   {"aiff", "audio/aiff"},	{"aif", "audio/aiff"},
    {"x-aiff", "audio/aiff"},
};

/* MP3 and AAC without a header begin with a frame: eleven or twelve bits set,
 * then which of the two it is. */
static const char *
frame_type(struct text bytes)
{
	unsigned char second;

	if (bytes.len < 2 || (unsigned char)bytes.ptr[0] != 0xff)
		return NULL;
	second = (unsigned char)bytes.ptr[1];
	if ((second & 0xf6) == 0xf0)
		return "audio/aac";
	return (second & 0xe0) == 0xe0 && (second & 0x06) != 0 ? "audio/mp3"
							       : NULL;
}

/* Whether the first bytes tell it; "*type" then is its type, or NULL. */
static bool
sniff(struct text bytes, const char **type, const char **what)
{
	struct text none = {NULL, 0}, found;
	char room[MEDIA_MIME_MAX];
	size_t i;

	for (i = 0; i < GB_COUNT(heads); i++) {
		if (heads[i].at + heads[i].len > bytes.len ||
		    memcmp(bytes.ptr + heads[i].at, heads[i].bytes,
			   heads[i].len) != 0)
			continue;
		*type = heads[i].type;
		*what = heads[i].what;
		return true;
	}
	if ((*type = frame_type(bytes)) != NULL)
		return true;
	(void)media_of_web(none, bytes, none, &found, room);
	*what = found.ptr; /* a constant: a picture's, or a document's */
	return found.ptr != NULL;
}

static const char *
by_word(struct text word)
{
	size_t i;

	for (i = 0; i < GB_COUNT(words); i++)
		if (word.len == strlen(words[i].word) &&
		    strncasecmp(word.ptr, words[i].word, word.len) == 0)
			return words[i].type;
	return NULL;
}

/* What is behind the last "mark". */
static struct text
behind(struct text text, char mark)
{
	const char *at;

	at = text.len == 0 ? NULL : memrchr(text.ptr, mark, text.len);
	if (at == NULL)
		return (struct text){NULL, 0};
	return (struct text){at + 1, text.len - (size_t)(at + 1 - text.ptr)};
}

/* "wav" of "Audio/wav; rate=8000"; none for what is no sound. */
static struct text
subtype(struct text type)
{
	const char *end;

	if (type.len < 6 || (strncasecmp(type.ptr, "audio/", 6) != 0 &&
			     strncasecmp(type.ptr, "video/", 6) != 0))
		return (struct text){NULL, 0};
	end = memchr(type.ptr, ';', type.len);
	if (end != NULL)
		type.len = (size_t)(end - type.ptr);
	while (type.len > 6 && type.ptr[type.len - 1] == ' ')
		type.len--;
	return (struct text){type.ptr + 6, type.len - 6};
}

const char *
transcription_audio_type(struct text bytes, struct text name, struct text type,
			 const char **what)
{
	const char *found = NULL;

	*what = NULL;
	if (sniff(bytes, &found, what))
		return found;
	if ((found = by_word(behind(name, '.'))) == NULL)
		found = by_word(subtype(type));
	return found;
}

/* --- how long it plays ---------------------------------------------------- */

static uint32_t
get32(const char *at)
{
	const unsigned char *b = (const unsigned char *)at;

	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
	       (uint32_t)b[3] << 24;
}

/* A length in a header is not believed: a file that was made as it went has 0
 * or 2^32 - 1 there, and then goes on to its end. */
int64_t
transcription_audio_ms(struct text bytes)
{
	size_t at, left, size;
	uint32_t rate = 0; /* bytes a second */
	uint64_t ms;

	if (bytes.len < RIFF_HEADER || memcmp(bytes.ptr, "RIFF", 4) != 0 ||
	    memcmp(bytes.ptr + 8, "WAVE", 4) != 0)
		return -1;
	for (at = RIFF_HEADER; at + CHUNK_HEADER <= bytes.len;
	     at += size + (size & 1)) {
		size = get32(bytes.ptr + at + 4);
		left = bytes.len - at - CHUNK_HEADER;
		if (memcmp(bytes.ptr + at, "data", 4) == 0) {
			size = size == 0 || size > left ? left : size;
			ms = rate == 0 ? UINT64_MAX
				       : size * UINT64_C(1000) / rate;
			return ms > TRANSCRIPTION_MS_MAX ? -1 : (int64_t)ms;
		}
		if (memcmp(bytes.ptr + at, "fmt ", 4) == 0 &&
		    size >= FORMAT_LEAST && left >= FORMAT_LEAST)
			rate = get32(bytes.ptr + at + CHUNK_HEADER + 8);
		at += CHUNK_HEADER;
		if (size > left)
			break;
	}
	return -1;
}
