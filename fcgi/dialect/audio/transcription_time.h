/*
 * transcription_time.h: times in a recording, as models say them and as
 * subtitles have them; in milliseconds from its beginning.
 */
#ifndef GB_DIALECT_TRANSCRIPTION_TIME_H
#define GB_DIALECT_TRANSCRIPTION_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "dialect/field.h"

#define TRANSCRIPTION_MS_MAX \
	(INT64_C(999) * 3600 * 1000) /* no recording is as long */

/*
 * Read "12.5", "12.5s", "01:02.500", "1:01:02,5" or "00:05:300": at the end are
 * seconds, or three digits of milliseconds behind another colon.  Minutes and
 * seconds that stand behind something are below 60; more than three digits of a
 * second are rounded.  False: it is no time; "*ms" is as it was.
 */
bool transcription_time_read(struct text, int64_t *ms);

/* Append "01:02:03,004"; "mark" is what stands before the milliseconds. */
void transcription_time_write(int64_t ms, char mark, struct buf *out);

#endif
