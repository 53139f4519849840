/* ogg.c: packets of a codec as the pages of an Ogg stream */
#include "media/ogg.h"

#include <string.h>

#define HEADER_BYTES 27 /* before the lacing */
#define CRC_AT	     22
#define POLYNOMIAL   0x04c11db7u /* of the checksum, which begins with 0 */
#define LACE	     255	 /* a segment of so many bytes goes on */

enum page_flag {
	PAGE_FIRST = 2,
	PAGE_LAST = 4,
};

void
ogg_init(struct ogg *o, uint32_t serial, unsigned packets_max)
{
	memset(o, 0, sizeof(*o));
	o->serial = serial;
	o->packets_max = packets_max;
	buf_init(&o->body, OGG_BODY_MAX);
}

void
ogg_release(struct ogg *o)
{
	buf_release(&o->body);
}

static uint32_t
checksum(uint32_t crc, const unsigned char *data, size_t len)
{
	size_t i;
	int bit;

	for (i = 0; i < len; i++) {
		crc ^= (uint32_t)data[i] << 24;
		for (bit = 0; bit < 8; bit++)
			crc = crc << 1 ^ ((crc >> 31) * POLYNOMIAL);
	}
	return crc;
}

static void
put(unsigned char *to, uint64_t value, unsigned bytes)
{
	for (; bytes > 0; bytes--, value >>= 8)
		*to++ = value & 0xff;
}

static void
write_page(struct ogg *o, int flags, struct buf *out)
{
	unsigned char head[HEADER_BYTES + OGG_SEGMENTS_MAX];
	size_t head_len = HEADER_BYTES + o->segments;
	uint32_t crc;

	memset(head, 0, HEADER_BYTES);
	memcpy(head, "OggS", 4);
	head[5] = (unsigned char)(flags | (o->sequence == 0 ? PAGE_FIRST : 0));
	put(head + 6, (uint64_t)o->granule, 8);
	put(head + 14, o->serial, 4);
	put(head + 18, o->sequence++, 4);
	head[26] = (unsigned char)o->segments;
	memcpy(head + HEADER_BYTES, o->lacing, o->segments);
	crc = checksum(0, head, head_len);
	crc = checksum(crc, (const unsigned char *)buf_str(&o->body),
		       o->body.len);
	put(head + CRC_AT, crc, 4);
	buf_add(out, head, head_len);
	buf_add(out, o->body.data, o->body.len);
	buf_reset(&o->body);
	o->packets = o->segments = 0;
}

void
ogg_flush(struct ogg *o, struct buf *out)
{
	if (o->packets > 0 && buf_error(&o->body) == GB_OK)
		write_page(o, 0, out);
}

void
ogg_add(struct ogg *o, const void *packet, size_t len, int64_t granule,
	struct buf *out)
{
	size_t segments = len / LACE + 1;

	if (o->packets == o->packets_max ||
	    o->segments + segments > OGG_SEGMENTS_MAX)
		ogg_flush(o, out);
	if (segments > OGG_SEGMENTS_MAX) {
		o->body.fail = GB_ETOOBIG;
		return;
	}
	buf_add(&o->body, packet, len);
	memset(o->lacing + o->segments, LACE, segments - 1);
	o->segments += (unsigned)segments;
	o->lacing[o->segments - 1] = (unsigned char)(len % LACE);
	o->packets++;
	o->granule = granule;
}

void
ogg_finish(struct ogg *o, struct buf *out)
{
	if (buf_error(&o->body) == GB_OK)
		write_page(o, PAGE_LAST, out);
}
