/* text_map.c: from UTF-8 byte offsets to character offsets */
#include "dialect/text_map.h"

#include <string.h>

#define BLOCK	   1024 /* bytes of text: the most that is counted at once */
#define BLOCKS_MAX (TEXT_MAP_MAX * 8 / BLOCK * sizeof(uint32_t))

void
text_map_init(struct text_map *m)
{
	memset(m, 0, sizeof(*m));
	buf_init(&m->bits, TEXT_MAP_MAX);
	buf_init(&m->blocks, BLOCKS_MAX);
}

void
text_map_release(struct text_map *m)
{
	buf_release(&m->bits);
	buf_release(&m->blocks);
}

/* How many bits are set in bytes "from" to "to" of the bits. */
static uint32_t
count_bits(const struct text_map *m, size_t from, size_t to)
{
	uint32_t count = 0;
	unsigned char bits;
	size_t i;

	for (i = from; i < to; i++)
		for (bits = (unsigned char)m->bits.data[i]; bits != 0; count++)
			bits &= (unsigned char)(bits - 1);
	return count;
}

/* The characters before a block. */
static uint32_t
before_block(const struct text_map *m, size_t block)
{
	uint32_t chars;

	memcpy(&chars, m->blocks.data + block * sizeof(chars), sizeof(chars));
	return chars;
}

/* The text has come to the beginning of a block. */
static void
add_block(struct text_map *m)
{
	size_t block = m->bytes / BLOCK;
	uint32_t chars = 0;

	if (block > 0)
		chars = before_block(m, block - 1) +
			count_bits(m, (block - 1) * (BLOCK / 8), m->bits.len);
	buf_add(&m->blocks, &chars, sizeof(chars));
}

void
text_map_add(struct text_map *m, size_t part, const char *text, size_t len)
{
	size_t i;

	if (part < TEXT_MAP_PARTS && m->starts[part] == 0)
		m->starts[part] = m->bytes + 1;
	for (i = 0; i < len; i++) {
		if (m->bytes % BLOCK == 0 && buf_error(&m->bits) == GB_OK)
			add_block(m);
		if (m->bytes / 8 == m->bits.len)
			buf_putc(&m->bits, 0);
		if (buf_error(&m->bits) != GB_OK ||
		    buf_error(&m->blocks) != GB_OK)
			return;
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			m->bits.data[m->bytes / 8] |= (char)(1 << m->bytes % 8);
		m->bytes++;
	}
}

size_t
text_map_chars(const struct text_map *m, size_t part, size_t at)
{
	size_t i, chars, start, block;

	start = part < TEXT_MAP_PARTS && m->starts[part] > 0
		    ? m->starts[part] - 1
		    : 0;
	at = at > m->bytes - start ? m->bytes : start + at;
	if (at == 0)
		return 0;
	block = (at - 1) / BLOCK; /* of the last byte before "at" */
	chars =
	    before_block(m, block) + count_bits(m, block * (BLOCK / 8), at / 8);
	for (i = at / 8 * 8; i < at; i++)
		if (m->bits.data[i / 8] >> i % 8 & 1)
			chars++;
	return chars;
}
