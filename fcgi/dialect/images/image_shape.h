/*
 * image_shape.h: how large a picture is to be, as OpenAI's clients say it
 * ("1536x1024", "hd") and as Google's models take it ("3:2", "2K").
 */
#ifndef GB_DIALECT_IMAGE_SHAPE_H
#define GB_DIALECT_IMAGE_SHAPE_H

#include <stdbool.h>

#include "dialect/field.h"

/* Google's sizes, smallest first. */
enum image_pixels {
	IMAGE_UNSAID,
	IMAGE_512,
	IMAGE_1K,
	IMAGE_2K,
	IMAGE_4K,
};

/* What a client wishes.  All zero: nothing. */
struct image_wish {
	int width, height;	 /* or the two of a ratio; 0: unsaid */
	bool is_ratio;		 /* no pixels were meant */
	enum image_pixels least; /* by its quality */
};

/* The same for one model; borrowed constants. */
struct image_shape {
	const char *ratio; /* NULL: not to be said */
	const char *size;  /* the same */
	bool exact;	   /* false: a ratio was named that it does not have */
	bool enough;	   /* false: it has no picture that large */
};

/* Read "1536x1024", "3:2" or "auto" into "*wish".  False: it is none; "*wish"
 * is as it was. */
bool image_wish_size(struct text, struct image_wish *wish);

/* What comes closest to the wish on this model. */
void image_shape_fit(const char *model, const struct image_wish *wish,
		     struct image_shape *out);

#endif
