/* speech_reply.h: speech as OpenAI's clients get it, but for the sound itself
 */
#ifndef GB_DIALECT_SPEECH_REPLY_H
#define GB_DIALECT_SPEECH_REPLY_H

#include "base/buf.h"
#include "dialect/error.h"
#include "dialect/reply.h"
#include "dialect/audio/speech_request.h"

/* The media type of a form. */
const char *speech_type(enum speech_form);

/* Append an event with the next bytes of the file, or several with some each.
 */
void speech_write_delta(const char *bytes, size_t len, struct buf *out);

/* Append the last event. */
void speech_write_done(const struct reply_usage *, struct buf *out);

/* Append the event of an error that came after the head. */
void speech_write_broken(const struct api_error *, struct buf *out);

/* The answer has no sound: say why in Google's words. */
void speech_refuse(const struct reply *, struct api_error *err);

#endif
