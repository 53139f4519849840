/*
 * places.h: texts with places for what they are about, "{1}" to "{9}", so that
 * each language can have them where it wants them.
 */
#ifndef GB_BASE_PLACES_H
#define GB_BASE_PLACES_H

#include "base/buf.h"

/* Append "text" with "words" (up to the first NULL) in its places; a place
 * without a word is left out. */
void places_write(struct buf *out, const char *text, const char *const *words);

#endif
