/*
 * images_reply.h: pictures out of Google's answers, and OpenAI's answers and
 * events of them.
 */
#ifndef GB_DIALECT_IMAGES_REPLY_H
#define GB_DIALECT_IMAGES_REPLY_H

#include "base/buf.h"
#include "dialect/error.h"
#include "dialect/images/images_request.h"
#include "dialect/media.h"
#include "dialect/reply.h"

/* The picture of one answer, and what was said beside it. */
struct image_catch {
	struct buf data;	   /* base64; empty: there is none */
	char mime[MEDIA_MIME_MAX]; /* "image/png" */
	struct buf words;	   /* cut when they are many */
	bool words_full;
};

/* Nothing yet; a picture has at most "max" bytes of base64. */
void image_catch_init(struct image_catch *, size_t max);
void image_catch_release(struct image_catch *);
void image_catch_reset(struct image_catch *);

/* A sink that keeps the first picture of an answer.  One that is too large
 * shows in buf_error() of the data. */
struct piece_sink image_catch_sink(struct image_catch *);

/* There is no picture: say why in Google's words. */
void image_catch_refuse(const struct image_catch *, const struct reply *,
			struct api_error *err);

/* Imagen's answer to ":predict".  False: it is none; there may be no picture
 * in it, then "err" says why. */
bool image_catch_predict(struct image_catch *, const char *json, size_t len,
			 struct api_error *err);

/* One picture as the client gets it; borrowed. */
struct image_result {
	const char *mime;
	struct text base64;
	const char *url; /* NULL: it gets the picture itself */
};

/* Append OpenAI's answer.  "usage" is the sum of all. */
void images_write(const struct images_request *, int64_t created,
		  const struct image_result *results, size_t count,
		  const struct reply_usage *usage, struct buf *out);

/* Append the event of one picture of a stream; "usage" is its own. */
void images_write_event(const struct images_request *, int64_t created,
			const struct image_result *,
			const struct reply_usage *usage, struct buf *out);

/* Append the event of an error that came after the head. */
void images_write_broken(const struct api_error *, struct buf *out);

/* Add the tokens of one answer to those of others. */
void images_add_usage(struct reply_usage *sum, const struct reply_usage *);

#endif
