/*
 * transcription_audio.h: a recording that a client has sent: what kind of file
 * it is, and how long it plays.
 */
#ifndef GB_DIALECT_TRANSCRIPTION_AUDIO_H
#define GB_DIALECT_TRANSCRIPTION_AUDIO_H

#include <stdint.h>

#include "dialect/field.h"

/*
 * The type under which Gemini takes the file, as a constant.  Its first bytes
 * tell it, else its name, else "type", what the client called it; each may be
 * none.  NULL: Gemini does not hear it; "*what" is what it looks like then, or
 * NULL for nothing that is known.
 */
const char *transcription_audio_type(struct text bytes, struct text name,
				     struct text type, const char **what);

/* How long it plays, where its head says so: of a WAV file.  -1: unknown. */
int64_t transcription_audio_ms(struct text bytes);

#endif
