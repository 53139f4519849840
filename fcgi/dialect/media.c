/* media.c: base64, data URLs, MIME types */
#include "dialect/media.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#define SNIFF_BYTES 24 /* of a file's head; the longest signature needs 12 */
#define NO_DIGIT    0xff

/* Types that Gemini reads, by all their names; whole families follow. */
static const struct {
	const char *from, *to;
} types[] = {
    {"image/png", "image/png"},
    {"image/jpeg", "image/jpeg"},
    {"image/jpg", "image/jpeg"},
    {"image/pjpeg", "image/jpeg"},
    {"image/webp", "image/webp"},
    {"image/heic", "image/heic"},
    {"image/heif", "image/heif"},
    {"audio/x-wav", "audio/wav"},
    {"audio/wave", "audio/wav"},
    {"audio/vnd.wave", "audio/wav"},
    {"audio/mpeg3", "audio/mp3"},
    {"application/pdf", "application/pdf"},
    {"application/x-pdf", "application/pdf"},
    {"application/json", "application/json"},
};

/* Pictures are named one by one above; of these any is passed on. */
static const char *const families[] = {"audio/", "video/", "text/"};

static const struct {
	const char *extension, *mime;
} extensions[] = {
    {"pdf", "application/pdf"},	  {"png", "image/png"},
    {"jpg", "image/jpeg"},	  {"jpeg", "image/jpeg"},
    {"webp", "image/webp"},	  {"heic", "image/heic"},
    {"heif", "image/heif"},	  {"gif", "image/gif"},
    {"wav", "audio/wav"},	  {"mp3", "audio/mp3"},
    {"flac", "audio/flac"},	  {"ogg", "audio/ogg"},
    {"opus", "audio/ogg"},	  {"aac", "audio/aac"},
    {"aiff", "audio/aiff"},	  {"aif", "audio/aiff"},
    {"m4a", "audio/mp4"},	  {"mp4", "video/mp4"},
    {"mpeg", "video/mpeg"},	  {"mov", "video/quicktime"},
    {"webm", "video/webm"},	  {"txt", "text/plain"},
    {"md", "text/markdown"},	  {"csv", "text/csv"},
    {"html", "text/html"},	  {"htm", "text/html"},
    {"css", "text/css"},	  {"xml", "text/xml"},
    {"js", "text/javascript"},	  {"py", "text/x-python"},
    {"json", "application/json"}, {"svg", "image/svg+xml"},
    {"avif", "image/avif"},
};

/* Heads of files: "len" bytes at "at". */
static const struct {
	size_t at, len;
	const char *bytes, *mime;
} heads[] = {
    {0, 8, "\x89PNG\r\n\x1a\n", "image/png"},
    {0, 3, "\xff\xd8\xff", "image/jpeg"},
    {0, 6, "GIF87a", "image/gif"},
    {0, 6, "GIF89a", "image/gif"},
    {8, 4, "WEBP", "image/webp"},
    {8, 4, "WAVE", "audio/wav"},
    {4, 8, "ftypheic", "image/heic"},
    {4, 8, "ftypheix", "image/heic"},
    {4, 8, "ftypmif1", "image/heif"},
    {4, 8, "ftypavif", "image/avif"},
    {4, 8, "ftypavis", "image/avif"},
    {4, 8, "ftypM4A ", "audio/mp4"},
    {4, 8, "ftypqt  ", "video/quicktime"},
    {4, 4, "ftyp", "video/mp4"},
    {0, 4, "\x1a\x45\xdf\xa3", "video/webm"},
    {0, 5, "%PDF-", "application/pdf"},
    {0, 3, "ID3", "audio/mp3"},
    {0, 2, "\xff\xfb", "audio/mp3"},
    {0, 4, "fLaC", "audio/flac"},
    {0, 4, "OggS", "audio/ogg"},
    {8, 4, "AIFF", "audio/aiff"},
    {0, 2, "\xff\xf1", "audio/aac"},
    {0, 2, "BM", "image/bmp"},
    {0, 4, "II*\0", "image/tiff"},
    {0, 4, "MM\0*", "image/tiff"},
};

/* Where YouTube's videos are; a "www." or "m." is cut off before. */
static const char *const youtube[] = {
    "youtube.com/watch?",
    "youtube.com/shorts/",
    "youtube.com/live/",
    "youtu.be/",
};

static const char files_host[] = "https://generativelanguage.googleapis.com/";

static struct text
cut(struct text text, size_t from)
{
	text.ptr += from;
	text.len -= from;
	return text;
}

static bool
begins_any_case(struct text text, const char *prefix)
{
	size_t len;

	len = strlen(prefix);
	return text.len >= len && strncasecmp(text.ptr, prefix, len) == 0;
}

/* "files/ID", all of it. */
static bool
is_file_name(struct text text)
{
	size_t i;

	if (!text_begins(text, "files/") || text.len == 6)
		return false;
	for (i = 6; i < text.len; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789-",
			   text.ptr[i]) == NULL ||
		    text.ptr[i] == '\0')
			return false;
	return true;
}

/* After the host: "v1beta/files/ID". */
static bool
is_file_path(struct text path)
{
	const char *slash;

	slash = memchr(path.ptr, '/', path.len);
	return slash != NULL &&
	       is_file_name(cut(path, (size_t)(slash + 1 - path.ptr)));
}

static bool
is_youtube(struct text rest)
{
	size_t i;

	if (begins_any_case(rest, "www."))
		rest = cut(rest, 4);
	else if (begins_any_case(rest, "m."))
		rest = cut(rest, 2);
	for (i = 0; i < GB_COUNT(youtube); i++)
		if (begins_any_case(rest, youtube[i]))
			return true;
	return false;
}

enum media_uri
media_uri(struct text uri)
{
	static const char *const schemes[] = {"https://", "http://"};
	size_t i;

	if (begins_any_case(uri, "data:"))
		return MEDIA_URI_DATA;
	if (is_file_name(uri))
		return MEDIA_URI_FILE;
	if (text_begins(uri, files_host) &&
	    is_file_path(cut(uri, sizeof(files_host) - 1)))
		return MEDIA_URI_FILE;
	for (i = 0; i < GB_COUNT(schemes); i++)
		if (begins_any_case(uri, schemes[i]))
			return is_youtube(cut(uri, strlen(schemes[i])))
				   ? MEDIA_URI_YOUTUBE
				   : MEDIA_URI_WEB;
	return MEDIA_URI_NONE;
}

bool
media_data_url(struct text url, struct text *mime, struct text *data)
{
	static const char mark[] = ";base64";
	const char *comma, *semicolon;
	struct text head;

	if (!begins_any_case(url, "data:"))
		return false;
	head = cut(url, 5);
	comma = memchr(head.ptr, ',', head.len);
	if (comma == NULL)
		return false;
	head.len = (size_t)(comma - head.ptr);
	if (head.len < sizeof(mark) - 1 ||
	    strncasecmp(comma - (sizeof(mark) - 1), mark, sizeof(mark) - 1) !=
		0)
		return false;
	*data = cut(url, (size_t)(comma + 1 - url.ptr));
	semicolon = memchr(head.ptr, ';', head.len);
	mime->len = (size_t)(semicolon - head.ptr);
	mime->ptr = mime->len == 0 ? NULL : head.ptr;
	return true;
}

/* Six bits a digit, from the space to DEL; the URL-safe alphabet's digits are
 * the same ones.  A table, since every byte of a picture passes here. */
#define NO NO_DIGIT
static const unsigned char digits[0x60] = {
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, 62, NO, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO,
    NO, 0,  1,	2,  3,	4,  5,	6,  7,	8,  9,	10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, 63,
    NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO,
};
#undef NO

static unsigned char
digit_value(char c)
{
	unsigned char place = (unsigned char)((unsigned char)c - 0x20);

	return place < sizeof(digits) ? digits[place] : NO_DIGIT;
}

bool
media_is_base64(struct text text)
{
	size_t i, padding;

	for (padding = 0;
	     padding < 2 && text.len > 0 && text.ptr[text.len - 1] == '=';
	     padding++)
		text.len--;
	if (text.len == 0 || text.len % 4 == 1 ||
	    (padding > 0 && (text.len + padding) % 4 != 0))
		return false;
	for (i = 0; i < text.len; i++)
		if (digit_value(text.ptr[i]) == NO_DIGIT)
			return false;
	return true;
}

/* Decode up to SNIFF_BYTES; how many came out. */
static size_t
decode_head(struct text base64, unsigned char head[SNIFF_BYTES])
{
	uint32_t bits = 0;
	unsigned have = 0;
	unsigned char value;
	size_t i, len = 0;

	for (i = 0; i < base64.len && len < SNIFF_BYTES; i++) {
		value = digit_value(base64.ptr[i]);
		if (value == NO_DIGIT)
			break;
		bits = bits << 6 | value;
		have += 6;
		if (have >= 8) {
			have -= 8;
			head[len++] = (unsigned char)(bits >> have & 0xff);
		}
	}
	return len;
}

static const char *
sniff(const unsigned char *head, size_t len)
{
	size_t i;

	for (i = 0; i < GB_COUNT(heads); i++)
		if (heads[i].at + heads[i].len <= len &&
		    memcmp(head + heads[i].at, heads[i].bytes, heads[i].len) ==
			0)
			return heads[i].mime;
	return NULL;
}

const char *
media_sniff(struct text base64)
{
	unsigned char head[SNIFF_BYTES];
	size_t len;

	len = decode_head(base64, head);
	return sniff(head, len);
}

const char *
media_by_name(struct text name)
{
	const char *dot;
	size_t i;

	dot = name.len == 0 ? NULL : memrchr(name.ptr, '.', name.len);
	if (dot != NULL)
		name = cut(name, (size_t)(dot + 1 - name.ptr));
	for (i = 0; i < GB_COUNT(extensions); i++)
		if (name.len == strlen(extensions[i].extension) &&
		    strncasecmp(name.ptr, extensions[i].extension, name.len) ==
			0)
			return extensions[i].mime;
	return NULL;
}

const char *
media_by_url(struct text url)
{
	const char *at;

	at = memmem(url.ptr, url.len, "://", 3);
	if (at == NULL)
		return NULL;
	url = cut(url, (size_t)(at + 3 - url.ptr));
	for (at = url.ptr; at < url.ptr + url.len; at++)
		if (*at == '?' || *at == '#')
			url.len = (size_t)(at - url.ptr);
	at = url.len == 0 ? NULL : memrchr(url.ptr, '/', url.len);
	if (at == NULL)
		return NULL; /* a host's name has dots, too */
	url = cut(url, (size_t)(at + 1 - url.ptr));
	if (memchr(url.ptr, '.', url.len) == NULL)
		return NULL; /* "/png" is no extension */
	return media_by_name(url);
}

/* "Image/JPG; q=1" to "image/jpg" in "room"; false: no MIME type. */
static bool
normalize(struct text mime, char room[MEDIA_MIME_MAX])
{
	const char *end;
	size_t i;

	end = memchr(mime.ptr, ';', mime.len);
	if (end != NULL)
		mime.len = (size_t)(end - mime.ptr);
	while (mime.len > 0 && mime.ptr[mime.len - 1] == ' ')
		mime.len--;
	if (mime.len == 0 || mime.len >= MEDIA_MIME_MAX)
		return false;
	for (i = 0; i < mime.len; i++) {
		room[i] = mime.ptr[i];
		if (room[i] >= 'A' && room[i] <= 'Z')
			room[i] = (char)(room[i] + ('a' - 'A'));
		if (room[i] <= ' ' || room[i] > '~')
			return false;
	}
	room[i] = '\0';
	return true;
}

const char *
media_accept(struct text mime, char room[MEDIA_MIME_MAX])
{
	size_t i;

	if (mime.ptr == NULL || !normalize(mime, room))
		return NULL;
	for (i = 0; i < GB_COUNT(types); i++)
		if (strcmp(room, types[i].from) == 0)
			return types[i].to;
	for (i = 0; i < GB_COUNT(families); i++)
		if (strncmp(room, families[i], strlen(families[i])) == 0)
			return room;
	return NULL;
}

/* What says no more than that it is a file. */
static bool
is_vague(struct text mime)
{
	return mime.len == 0 || begins_any_case(mime, "application/octet-") ||
	       begins_any_case(mime, "binary/octet-");
}

static bool
is_page(struct text mime)
{
	return begins_any_case(mime, "text/html") ||
	       begins_any_case(mime, "application/xhtml");
}

/* No text has such bytes in the first place; PDF begins like one. */
static bool
is_binary(struct text bytes)
{
	size_t i;

	for (i = 0; i < bytes.len && i < SNIFF_BYTES; i++)
		if ((unsigned char)bytes.ptr[i] < '\t')
			return true;
	return text_begins(bytes, "%PDF-");
}

/* Whether the type that was said gives way to what the bytes look like. */
static bool
is_wrong(struct text said, struct text bytes, const char *sniffed)
{
	char room[MEDIA_MIME_MAX];

	if (is_page(said) || media_accept(said, room) == NULL)
		return true;
	if (begins_any_case(said, "image/"))
		return strncmp(sniffed, "image/", 6) == 0;
	return begins_any_case(said, "text/") && is_binary(bytes);
}

const char *
media_of_web(struct text said, struct text bytes, struct text guess,
	     struct text *type, char room[MEDIA_MIME_MAX])
{
	const char *sniffed;

	sniffed = sniff((const unsigned char *)bytes.ptr, bytes.len);
	if (is_vague(said))
		*type = sniffed != NULL ? text_from(sniffed) : guess;
	else if (sniffed != NULL && is_wrong(said, bytes, sniffed))
		*type = text_from(sniffed);
	else
		*type = said;
	return is_page(*type) ? NULL : media_accept(*type, room);
}
