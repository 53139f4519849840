/* test_media.c: what a file is, by what its server and its bytes say; and its
 * bytes as the chat's */
#include "unit.h"

#include <stdlib.h>

#include "base/base64.h"
#include "dialect/chat.h"
#include "dialect/media.h"

#define PNG  "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
#define JPEG "\xff\xd8\xff\xe0\0\x10JFIF"
#define GIF  "GIF89a\1\0\1\0"
#define WEBP "RIFF\x24\0\0\0WEBPVP8 "
#define PDF  "%PDF-1.7\n"
#define MP4 \
	"\0\0\0\x20" \
	"ftypisom"
#define AVIF \
	"\0\0\0\x20" \
	"ftypavif"
#define HTML "<!DOCTYPE html><html>"
#define SVG  "<svg xmlns='http://www.w3.org/2000/svg'/>"

#define BYTES(text) \
	{ \
		(text), sizeof(text) - 1 \
	}

static const struct {
	const char *what, *said; /* NULL: no Content-Type */
	struct text bytes;
	const char *guess, *accepted; /* NULL: refused */
	const char *type;	      /* as it was found; NULL: none */
} files[] = {
    {"as it says", "image/png", BYTES(PNG), NULL, "image/png", "image/png"},
    {"another name", "Image/JPG; q=1", BYTES(JPEG), NULL, "image/jpeg",
     "image/jpeg"},
    {"unknown bytes", "image/heic", BYTES("hello"), NULL, "image/heic",
     "image/heic"},
    {"sound", "audio/mpeg", BYTES("hello"), NULL, "audio/mpeg", "audio/mpeg"},
    {"text", "text/plain; charset=utf-8", BYTES("hello"), "image/jpeg",
     "text/plain", "text/plain; charset=utf-8"},
    {"JSON", "application/json", BYTES("{}"), NULL, "application/json",
     "application/json"},

    {"no type", NULL, BYTES(PNG), "image/jpeg", "image/png", "image/png"},
    {"an empty one", "", BYTES(WEBP), NULL, "image/webp", "image/webp"},
    {"some bytes", "application/octet-stream", BYTES(JPEG), NULL, "image/jpeg",
     "image/jpeg"},
    {"some bytes", "binary/octet-stream", BYTES(PDF), NULL, "application/pdf",
     "application/pdf"},
    {"by its name", "application/octet-stream", BYTES("a,b"), "text/csv",
     "text/csv", "text/csv"},
    {"nothing tells", NULL, BYTES("hello"), NULL, NULL, NULL},

    {"another picture", "image/png", BYTES(WEBP), NULL, "image/webp",
     "image/webp"},
    {"a page that is none", "text/html", BYTES(PNG), NULL, "image/png",
     "image/png"},
    {"a text that is none", "text/plain", BYTES(JPEG), NULL, "image/jpeg",
     "image/jpeg"},
    {"a text that is none", "text/plain", BYTES(PDF), NULL, "application/pdf",
     "application/pdf"},
    {"a text like a bitmap", "text/plain", BYTES("BMW is a car, and so on"),
     NULL, "text/plain", "text/plain"},
    {"a download", "application/x-download", BYTES(PDF), NULL,
     "application/pdf", "application/pdf"},
    {"sound in a film's box", "audio/mp4", BYTES(MP4), NULL, "audio/mp4",
     "audio/mp4"},

    {"gif", "image/gif", BYTES(GIF), NULL, NULL, "image/gif"},
    {"gif, called png", "image/png", BYTES(GIF), NULL, NULL, "image/gif"},
    {"gif, called nothing", NULL, BYTES(GIF), "image/jpeg", NULL, "image/gif"},
    {"called gif", "image/gif", BYTES(PNG), NULL, "image/png", "image/png"},
    {"svg", "image/svg+xml", BYTES(SVG), "image/jpeg", NULL, "image/svg+xml"},
    {"svg by its name", NULL, BYTES(SVG), "image/svg+xml", NULL,
     "image/svg+xml"},
    {"avif", "image/avif", BYTES(AVIF), NULL, NULL, "image/avif"},
    {"avif, called jpeg", "image/jpeg", BYTES(AVIF), NULL, NULL, "image/avif"},
    {"a page", "text/html; charset=utf-8", BYTES(HTML), "image/png", NULL,
     "text/html; charset=utf-8"},
    {"a page", "TEXT/HTML", BYTES(HTML), NULL, NULL, "TEXT/HTML"},
    {"a page", "application/xhtml+xml", BYTES(HTML), NULL, NULL,
     "application/xhtml+xml"},
    {"a page by its name", NULL, BYTES(HTML), "text/html", NULL, "text/html"},
    {"an archive", "application/zip", BYTES("PK\3\4"), "image/png", NULL,
     "application/zip"},
    {"no type at all", "rubbish", BYTES("hello"), "image/png", NULL, "rubbish"},
    {"a long one",
     "text/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     BYTES("hello"), NULL, NULL,
     "text/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
    {"bytes that end early", "image/png", BYTES("\x89P"), NULL, "image/png",
     "image/png"},
};

static void
test_of_web(void **state)
{
	char room[MEDIA_MIME_MAX], shown[128];
	struct text type;
	const char *accepted;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(files); i++) {
		accepted =
		    media_of_web(text_from(files[i].said), files[i].bytes,
				 text_from(files[i].guess), &type, room);
		CHECK_STR(files[i].what, accepted, files[i].accepted);
		(void)snprintf(shown, sizeof(shown), "%.*s", (int)type.len,
			       type.ptr == NULL ? "" : type.ptr);
		CHECK_STR(files[i].what, type.ptr == NULL ? NULL : shown,
			  files[i].type);
	}
}

static const struct {
	const char *url, *mime;
} urls[] = {
    {"https://example.com/a.png", "image/png"},
    {"https://example.com/dir/a.b.PDF", "application/pdf"},
    {"https://example.com/a.webp?x=a.gif#b.png", "image/webp"},
    {"https://example.com/a.webp#?/b.png", "image/webp"},
    {"https://example.com/a?file=b.png", NULL},
    {"https://example.com/a?dir=/b.png", NULL},
    {"https://example.com/a.png/", NULL},
    {"https://example.com/png", NULL},
    {"https://example.com/.svg", "image/svg+xml"},
    {"https://example.com/a.exe", NULL},
    {"https://example.com/a.", NULL},
    {"https://example.com/", NULL},
    {"https://example.png", NULL},
    {"https://example.png?/a.gif", NULL},
    {"https://", NULL},
    {"a.png", NULL},
    {"", NULL},
};

static void
test_by_url(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(urls); i++)
		CHECK_STR(urls[i].url, media_by_url(text_from(urls[i].url)),
			  urls[i].mime);
}

/* In its own memory it becomes the same as in another one's. */
static void
test_encode_all(void **state)
{
	static const size_t lengths[] = {0,    1,    2,	   3,	 4,
					 5,    6,    3071, 3072, 3073,
					 9215, 9216, 9217, 9218, 70001};
	struct buf b, want;
	size_t i, at;

	(void)state;
	for (i = 0; i < GB_COUNT(lengths); i++) {
		buf_init(&b, lengths[i]);
		buf_init(&want, BASE64_LENGTH(lengths[i]));
		for (at = 0; at < lengths[i]; at++)
			buf_putc(&b, (char)(at * 31 + at / 255));
		CHECK_INT("filled", buf_error(&b), GB_OK);
		base64_encode(&want, b.data, b.len);
		CHECK_INT("encode", base64_encode_all(&b), GB_OK);
		CHECK_INT("length", b.len, want.len);
		CHECK_STR("text", buf_str(&b), buf_str(&want));
		buf_release(&b);
		buf_release(&want);
	}
	buf_init(&b, 1);
	buf_puts(&b, "too long");
	CHECK_INT("failed before", base64_encode_all(&b), GB_ETOOBIG);
	buf_release(&b);
}

/* What a chat took over goes with it. */
static void
test_own(void **state)
{
	struct chat chat;
	int i;

	(void)state;
	chat_init(&chat);
	for (i = 0; i < 1000; i++)
		CHECK_INT("own", chat_own(&chat, strdup("hello")), GB_OK);
	chat_release(&chat);
	CHECK("empty again", chat.owned == NULL);
	chat_release(&chat);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_of_web),
	    cmocka_unit_test(test_by_url),
	    cmocka_unit_test(test_encode_all),
	    cmocka_unit_test(test_own),
	};

	return cmocka_run_group_tests_name("media", tests, NULL, NULL);
}
