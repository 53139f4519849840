/*
 * transcription_write.h: what was heard, as OpenAI's clients want it: JSON,
 * text, subtitles, and the events of a stream.
 */
#ifndef GB_DIALECT_TRANSCRIPTION_WRITE_H
#define GB_DIALECT_TRANSCRIPTION_WRITE_H

#include "base/buf.h"
#include "dialect/error.h"
#include "dialect/audio/transcription_reply.h"

/* Append the whole answer in the format asked for; failures show in
 * buf_error(). */
void transcription_write(const struct transcription *,
			 const struct reply_usage *, struct buf *out);

/* The type of that. */
const char *transcription_content_type(enum transcription_format);

/* Append an event with a piece of the text. */
void transcription_write_delta(struct text, struct buf *out);

/* Append what ends a stream: the rest of the text or, where speakers are asked
 * for, the segments; then all of it. */
void transcription_write_done(struct transcription *,
			      const struct reply_usage *, struct buf *out);

/* Append the event of an error that came after the head. */
void transcription_write_broken(const struct api_error *, struct buf *out);

#endif
