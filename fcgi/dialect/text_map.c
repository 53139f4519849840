/* text_map.c: from UTF-8 byte offsets to character offsets */
#include "dialect/text_map.h"

#include <string.h>

void
text_map_init(struct text_map *m)
{
	memset(m, 0, sizeof(*m));
	buf_init(&m->bits, TEXT_MAP_MAX);
}

void
text_map_release(struct text_map *m)
{
	buf_release(&m->bits);
}

void
text_map_add(struct text_map *m, size_t part, const char *text, size_t len)
{
	size_t i;

	if (part < TEXT_MAP_PARTS && m->starts[part] == 0)
		m->starts[part] = m->bytes + 1;
	for (i = 0; i < len; i++) {
		if (m->bytes / 8 == m->bits.len)
			buf_putc(&m->bits, 0);
		if (buf_error(&m->bits) != GB_OK)
			return;
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			m->bits.data[m->bytes / 8] |= (char)(1 << m->bytes % 8);
		m->bytes++;
	}
}

size_t
text_map_chars(const struct text_map *m, size_t part, size_t at)
{
	size_t i, chars, start;

	start = part < TEXT_MAP_PARTS && m->starts[part] > 0
		    ? m->starts[part] - 1
		    : 0;
	at = at > m->bytes - start ? m->bytes : start + at;
	for (i = chars = 0; i < at && i / 8 < m->bits.len; i++)
		if (m->bits.data[i / 8] >> i % 8 & 1)
			chars++;
	return chars;
}
