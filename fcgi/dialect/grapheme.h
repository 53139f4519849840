/* grapheme.h: where a text can be cut so that no character is torn apart */
#ifndef GB_DIALECT_GRAPHEME_H
#define GB_DIALECT_GRAPHEME_H

#include <stddef.h>

/*
 * The length in bytes of what a reader takes for the first character of the
 * "len" bytes at "text": a letter with its accents, an emoji with its skin
 * and the others joined to it, a flag, a line end.  0 only for no bytes; one
 * that is no UTF-8 is a character of its own.
 */
size_t grapheme_len(const char *text, size_t len);

/* How many of those there are. */
size_t grapheme_count(const char *text, size_t len);

#endif
