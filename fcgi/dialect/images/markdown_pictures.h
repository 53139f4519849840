/*
 * markdown_pictures.h: pictures as they stand in Markdown: ![what](where).
 */
#ifndef GB_DIALECT_MARKDOWN_PICTURES_H
#define GB_DIALECT_MARKDOWN_PICTURES_H

#include <stdbool.h>

#include "dialect/field.h"

/* A picture in a text; borrowed. */
struct markdown_picture {
	struct text before, url, after;
};

/* The last picture in the text with a URL of http, https or data.  False: there
 * is none. */
bool markdown_picture_last(struct text, struct markdown_picture *out);

#endif
