/* sound.c: the sound of an answer, whatever form Gemini sends it in */
#include "dialect/audio/sound.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"

#define RATE_USUAL   24000 /* of all of Gemini's voices so far */
#define RATE_MAX     384000
#define SAMPLE_BYTES 2
#define RIFF_HEADER  12 /* "RIFF", a length, "WAVE" */
#define CHUNK_HEADER 8	/* a name and a length */

void
sound_init(struct sound *s, size_t max)
{
	memset(s, 0, sizeof(*s));
	buf_init(&s->bytes, max);
	s->rate = RATE_USUAL;
	s->channels = 1;
}

void
sound_release(struct sound *s)
{
	buf_release(&s->bytes);
}

static uint32_t
get32(const char *at)
{
	const unsigned char *b = (const unsigned char *)at;

	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
	       (uint32_t)b[3] << 24;
}

static void
put(struct buf *out, uint32_t value, unsigned bytes)
{
	for (; bytes > 0; bytes--, value >>= 8)
		buf_putc(out, (char)(value & 0xff));
}

/* "rate=24000" among the parameters of a type. */
static void
read_rate(struct sound *s, const char *mime)
{
	const char *at;
	long rate;

	at = strcasestr(mime, "rate=");
	rate = at == NULL ? 0 : strtol(at + 5, NULL, 10);
	if (rate > 0 && rate <= RATE_MAX)
		s->rate = (unsigned)rate;
}

/* Take the header off the WAV file that begins at "from"; a header's length
 * is not believed: a file that was made as it went has 0 or 2^32 - 1 there. */
static void
strip_header(struct sound *s, size_t from)
{
	char *file = s->bytes.data + from;
	size_t at, len = s->bytes.len - from, size;

	for (at = RIFF_HEADER; at + CHUNK_HEADER <= len; at += size) {
		size = get32(file + at + 4);
		if (memcmp(file + at, "fmt ", 4) == 0 && at + 16 <= len) {
			s->channels = (unsigned char)file[at + 10];
			s->rate = get32(file + at + 12);
		}
		at += CHUNK_HEADER;
		if (memcmp(file + at - CHUNK_HEADER, "data", 4) == 0)
			goto found;
		if (size > len - at)
			size = len - at;
		size += size % 2;
	}
	at = len;
found:
	memmove(file, file + at, len - at);
	s->bytes.len -= at;
	s->bytes.data[s->bytes.len] = '\0';
}

static bool
is_type(const char *mime, const char *type)
{
	size_t len = strlen(type);

	return strncasecmp(mime, type, len) == 0 &&
	       (mime[len] == '\0' || mime[len] == ';');
}

void
sound_add(struct sound *s, const char *mime, const char *base64, size_t len)
{
	size_t from = s->bytes.len;
	const char *begin;

	if (s->foreign && from > 0)
		return; /* files cannot be joined */
	if (!base64_decode(&s->bytes, base64, len) ||
	    buf_error(&s->bytes) != GB_OK)
		return;
	begin = buf_str(&s->bytes) + from;
	if (s->bytes.len - from >= RIFF_HEADER &&
	    memcmp(begin, "RIFF", 4) == 0 && memcmp(begin + 8, "WAVE", 4) == 0)
		strip_header(s, from);
	else if (is_type(mime, "audio/L16") || is_type(mime, "audio/pcm"))
		read_rate(s, mime);
	else if (from == 0)
		s->foreign = !is_type(mime, "audio/wav");
}

void
sound_write_header(const struct sound *s, uint32_t len, struct buf *out)
{
	unsigned frame = s->channels * SAMPLE_BYTES;
	uint32_t rest = SOUND_WAV_HEADER - CHUNK_HEADER;

	buf_puts(out, "RIFF");
	put(out, len <= UINT32_MAX - rest ? len + rest : UINT32_MAX, 4);
	buf_puts(out, "WAVEfmt ");
	put(out, 16, 4); /* bytes that follow of "fmt " */
	put(out, 1, 2);	 /* PCM */
	put(out, s->channels, 2);
	put(out, s->rate, 4);
	put(out, s->rate * frame, 4);
	put(out, frame, 2);
	put(out, SAMPLE_BYTES * 8, 2);
	buf_puts(out, "data");
	put(out, len, 4);
}

void
sound_take(struct sound *s, enum sound_form form, struct buf *out)
{
	struct buf file;

	if (buf_error(&s->bytes) != GB_OK)
		out->fail = buf_error(&s->bytes);
	else if (s->foreign || form == SOUND_PCM) {
		base64_encode(out, s->bytes.data, s->bytes.len);
	} else if (s->bytes.len > 0) {
		buf_init(&file, s->bytes.len + SOUND_WAV_HEADER);
		sound_write_header(s, (uint32_t)s->bytes.len, &file);
		buf_add(&file, s->bytes.data, s->bytes.len);
		base64_encode(out, file.data, file.len);
		if (buf_error(&file) != GB_OK)
			out->fail = buf_error(&file);
		buf_release(&file);
	}
	buf_reset(&s->bytes);
}
