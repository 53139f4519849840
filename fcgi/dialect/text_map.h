/*
 * text_map.h: from UTF-8 byte offsets to character offsets.
 *
 * Gemini counts the bytes of one part, OpenAI the characters of the joined
 * text.  A map is told each stretch of the text as it goes by and keeps one
 * bit a byte: the text itself is gone by the time the offsets come.  An answer
 * may have thousands of them, so none is counted from the beginning.
 */
#ifndef GB_DIALECT_TEXT_MAP_H
#define GB_DIALECT_TEXT_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define TEXT_MAP_PARTS 32	  /* parts whose beginning is remembered */
#define TEXT_MAP_MAX   (2u << 20) /* bytes: 16 MiB of text, then it is silent */

struct text_map {
	struct buf bits;   /* 1 where a character begins */
	struct buf blocks; /* uint32_t: the characters before each block */
	size_t bytes;	   /* of text so far */
	size_t
	    starts[TEXT_MAP_PARTS]; /* 1 + where the part begins; 0: unknown */
};

void text_map_init(struct text_map *);
void text_map_release(struct text_map *);

/* The next "len" bytes of the text; they come from part "part", or from none
 * of Gemini's: TEXT_MAP_OURS. */
#define TEXT_MAP_OURS SIZE_MAX
void text_map_add(struct text_map *, size_t part, const char *text, size_t len);

/* How many characters of the joined text come before byte "at" of part
 * "part"; an offset past the end is the end. */
size_t text_map_chars(const struct text_map *, size_t part, size_t at);

#endif
