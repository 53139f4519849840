/* image_shape.c: sizes of pictures, OpenAI's into Google's */
#include "dialect/images/image_shape.h"

#include <string.h>

#include "dialect/models.h"

#define SIDE_DIGITS 5	 /* of a width or height */
#define SIDE_512    512	 /* a picture up to here may be the smallest … */
#define SIDE_2K	    2048 /* … and one from here on must be that large */
#define SIDE_4K	    4096

/* Ratios that a model has, as bits of their rows below. */
enum {
	IMAGEN = 0x1f,	/* those that Imagen has, too */
	COMMON = 0x3ff, /* every model of Gemini's */
	WIDE = 0x3fff,
};

static const struct ratio {
	const char *word;
	int width, height;
} ratios[] = {
    {"1:1", 1, 1},   {"3:4", 3, 4},   {"4:3", 4, 3}, {"9:16", 9, 16},
    {"16:9", 16, 9}, {"2:3", 2, 3},   {"3:2", 3, 2}, {"4:5", 4, 5},
    {"5:4", 5, 4},   {"21:9", 21, 9}, {"1:4", 1, 4}, {"4:1", 4, 1},
    {"1:8", 1, 8},   {"8:1", 8, 1},
};

static const char *const size_words[] = {
    [IMAGE_UNSAID] = NULL, [IMAGE_512] = "512", [IMAGE_1K] = "1K",
    [IMAGE_2K] = "2K",	   [IMAGE_4K] = "4K",
};

/* What models take; the first pattern that fits. */
static const struct model {
	const char *pattern;
	unsigned ratios;
	enum image_pixels from, to; /* to IMAGE_UNSAID: takes no size */
} models[] = {
    {"gemini-2.*", COMMON, IMAGE_UNSAID, IMAGE_UNSAID},
    {"gemini-3.1-flash-lite-image*", COMMON, IMAGE_1K, IMAGE_1K},
    {"gemini-3.1-flash-image*", WIDE, IMAGE_512, IMAGE_4K},
    {"imagen-3*", IMAGEN, IMAGE_UNSAID, IMAGE_UNSAID},
    {"imagen-*fast*", IMAGEN, IMAGE_UNSAID, IMAGE_UNSAID},
    {"imagen-*", IMAGEN, IMAGE_1K, IMAGE_2K},
    {"*", COMMON, IMAGE_1K, IMAGE_4K},
};

/* --- reading -------------------------------------------------------------- */

/* A side at "*text", which moves behind it; 0: there is none. */
static int
take_side(struct text *text)
{
	int digits, side = 0;

	for (digits = 0; text->len > 0 && *text->ptr >= '0' &&
			 *text->ptr <= '9' && digits <= SIDE_DIGITS;
	     digits++) {
		side = side * 10 + (*text->ptr - '0');
		text->ptr++;
		text->len--;
	}
	return digits > SIDE_DIGITS ? 0 : side;
}

bool
image_wish_size(struct text text, struct image_wish *wish)
{
	int width, height;
	char between;

	if (text_is(text, "auto")) {
		wish->width = wish->height = 0;
		return true;
	}
	width = take_side(&text);
	if (width == 0 || text.len == 0 || memchr("xX:", *text.ptr, 3) == NULL)
		return false;
	between = *text.ptr++;
	text.len--;
	height = take_side(&text);
	if (height == 0 || text.len > 0)
		return false;
	wish->width = width;
	wish->height = height;
	wish->is_ratio = between == ':';
	return true;
}

/* --- fitting -------------------------------------------------------------- */

/* How far the ratio is from the wish: 1 is the same, more is worse. */
static double
distance(const struct ratio *ratio, const struct image_wish *wish)
{
	double a = (double)wish->width * ratio->height;
	double b = (double)wish->height * ratio->width;

	return a > b ? a / b : b / a;
}

static void
fit_ratio(const struct model *model, const struct image_wish *wish,
	  struct image_shape *out)
{
	const struct ratio *best = NULL;
	size_t i;

	if (wish->width == 0)
		return;
	for (i = 0; i < GB_COUNT(ratios); i++)
		if ((model->ratios & (1u << i)) != 0 &&
		    (best == NULL ||
		     distance(&ratios[i], wish) < distance(best, wish)))
			best = &ratios[i];
	out->ratio = best->word;
	out->exact = !wish->is_ratio ||
		     best->width * wish->height == best->height * wish->width;
}

/* How large the picture must be. */
static enum image_pixels
wanted_pixels(const struct image_wish *wish)
{
	enum image_pixels pixels = IMAGE_UNSAID;
	int side;

	side = wish->width > wish->height ? wish->width : wish->height;
	if (side == 0 || wish->is_ratio)
		return wish->least;
	if (side >= SIDE_4K)
		pixels = IMAGE_4K;
	else if (side >= SIDE_2K)
		pixels = IMAGE_2K;
	else if (side <= SIDE_512)
		pixels = IMAGE_512;
	return pixels > wish->least ? pixels : wish->least;
}

static void
fit_pixels(const struct model *model, const struct image_wish *wish,
	   struct image_shape *out)
{
	enum image_pixels wanted = wanted_pixels(wish);

	if (model->to == IMAGE_UNSAID) {
		out->enough = wanted <= IMAGE_1K;
		return;
	}
	out->enough = wanted <= model->to;
	if (!out->enough)
		wanted = model->to;
	/* without a word for it a model's pictures are 1K */
	if (wanted >= model->from && wanted != IMAGE_UNSAID)
		out->size = size_words[wanted];
}

void
image_shape_fit(const char *name, const struct image_wish *wish,
		struct image_shape *out)
{
	const struct model *model = models;

	while (!model_pattern_fits(model->pattern, name))
		model++;
	out->ratio = out->size = NULL;
	out->exact = out->enough = true;
	fit_ratio(model, wish, out);
	fit_pixels(model, wish, out);
}
