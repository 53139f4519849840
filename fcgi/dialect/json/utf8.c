/* utf8.c: what reading and writing JSON strings must know about bytes */
#include "dialect/json/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define EVERY_BYTE 0x0101010101010101u /* times a byte: it, eight times */
#define HIGH_BITS  (EVERY_BYTE * 0x80)

static bool
follows(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

size_t
utf8_sequence(const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;

	if (len >= 1 && s[0] < 0x80)
		return 1;
	if (len >= 2 && s[0] >= 0xc2 && s[0] < 0xe0 && follows(s[1]))
		return 2;
	if (len >= 3 && (s[0] & 0xf0) == 0xe0 && follows(s[1]) &&
	    follows(s[2])) {
		if (s[0] == 0xe0 && s[1] < 0xa0)
			return 0; /* overlong */
		if (s[0] == 0xed && s[1] >= 0xa0)
			return 0; /* half of a surrogate pair */
		return 3;
	}
	if (len >= 4 && s[0] >= 0xf0 && s[0] < 0xf5 && follows(s[1]) &&
	    follows(s[2]) && follows(s[3])) {
		if (s[0] == 0xf0 && s[1] < 0x90)
			return 0; /* overlong */
		if (s[0] == 0xf4 && s[1] >= 0x90)
			return 0; /* above U+10FFFF */
		return 4;
	}
	return 0;
}

/* Whether one of eight bytes needs a look.  A byte below a bound borrows into
 * its high bit; that can also mark the byte above one that is marked truly,
 * never a word without any. */
static bool
word_has_special(uint64_t word)
{
	uint64_t quote, slash, control;

	quote = word ^ (EVERY_BYTE * '"');
	slash = word ^ (EVERY_BYTE * '\\');
	control = (word - EVERY_BYTE * 0x20) & ~word;
	quote = (quote - EVERY_BYTE) & ~quote;
	slash = (slash - EVERY_BYTE) & ~slash;
	return ((word | control | quote | slash) & HIGH_BITS) != 0;
}

/* The plain bytes, eight at a time as long as that goes. */
static size_t
plain_run(const char *text, size_t len)
{
	uint64_t word;
	size_t at;

	for (at = 0; at + sizeof(word) <= len; at += sizeof(word)) {
		memcpy(&word, text + at, sizeof(word));
		if (word_has_special(word))
			break;
	}
	for (; at < len; at++) {
		unsigned char c = (unsigned char)text[at];

		if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
			break;
	}
	return at;
}

size_t
utf8_clean_run(const char *text, size_t len)
{
	size_t at, step;

	for (at = 0; at < len; at += step) {
		if ((unsigned char)text[at] < 0x80) {
			step = plain_run(text + at, len - at);
			if (step == 0)
				break;
			continue;
		}
		step = utf8_sequence(text + at, len - at);
		if (step == 0)
			break;
	}
	return at;
}
