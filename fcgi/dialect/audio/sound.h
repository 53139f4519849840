/*
 * sound.h: the sound of an answer, whatever form Gemini sends it in.
 *
 * Older models send raw samples ("audio/L16;codec=pcm;rate=24000"), newer ones
 * a whole WAV file; clients ask for one of the two.  Sound that is neither
 * stays as it is.
 */
#ifndef GB_DIALECT_SOUND_H
#define GB_DIALECT_SOUND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum sound_form {
	SOUND_WAV,
	SOUND_PCM, /* samples of 16 bits, little endian, mono */
};

struct sound {
	struct buf bytes; /* samples; or the file, when "foreign" */
	unsigned rate;	  /* samples a second */
	unsigned channels;
	bool foreign; /* neither raw samples nor WAV */
};

/* Nothing yet; at most "max" bytes are kept. */
void sound_init(struct sound *, size_t max);
void sound_release(struct sound *);

/* Add the next piece, "len" characters of base64 of type "mime".  What is no
 * base64 is left out; no room shows in buf_error(&bytes). */
void sound_add(struct sound *, const char *mime, const char *base64,
	       size_t len);

#define SOUND_WAV_HEADER 44 /* bytes */
#define SOUND_WAV_UNKNOWN \
	UINT32_MAX /* the length of a file whose end is not \
		      known yet, as players know it */

/* Append the header of a WAV file with "len" bytes of such samples. */
void sound_write_header(const struct sound *, uint32_t len, struct buf *out);

/* Append all that was added, in the form asked for, to "out" as base64, and
 * forget it: nothing when there is nothing. */
void sound_take(struct sound *, enum sound_form, struct buf *out);

#endif
