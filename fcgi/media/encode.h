/*
 * encode.h: samples as mp3, opus, aac or flac, as they come.
 *
 * This is the one place that sees FFmpeg's libavcodec, the only well-kept
 * library that writes all four.  It brings some ninety others, so it is not
 * linked but loaded when somebody first wants it: until then it costs nothing,
 * and where it is not installed all else works.
 */
#ifndef GB_MEDIA_ENCODE_H
#define GB_MEDIA_ENCODE_H

#include <stdbool.h>

#include "base/buf.h"

enum encode_form {
	ENCODE_MP3,
	ENCODE_OPUS, /* in Ogg */
	ENCODE_AAC,  /* with ADTS headers */
	ENCODE_FLAC,
	ENCODE__MAX
};

struct encoder;

/* Whether the library is here, and can write this form. */
bool encode_can(enum encode_form);

/*
 * For samples of 16 bits, little endian, "rate" a second of each of "channels";
 * what is written is mono.  GB_EINVAL: no sound is like this; GB_EIO: the
 * library is not here or cannot do it, the log says which; GB_ENOMEM.
 */
enum gb_err encoder_new(struct encoder **out, enum encode_form, unsigned rate,
			unsigned channels) GB_NODISCARD;
void encoder_free(struct encoder *);

/* Take more samples, and append to "out" what is ready of the file.  A sample
 * may be cut in two between calls. */
enum gb_err encoder_add(struct encoder *, const void *samples, size_t len,
			struct buf *out) GB_NODISCARD;

/* Append what ends the file.  "whole": all of it is in "out", from its first
 * byte on, so that what can only be known now may be written there. */
enum gb_err encoder_finish(struct encoder *, bool whole,
			   struct buf *out) GB_NODISCARD;

#endif
