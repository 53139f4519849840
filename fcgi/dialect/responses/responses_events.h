/*
 * responses_events.h: the framing of a streamed response: events with their
 * type twice, numbered from 0 without a gap.
 */
#ifndef GB_DIALECT_RESPONSES_EVENTS_H
#define GB_DIALECT_RESPONSES_EVENTS_H

#include "base/buf.h"
#include "dialect/json/json_out.h"

struct responses_events {
	struct buf *out; /* borrowed */
	int64_t number;	 /* of the next event */
};

/* Begin an event; more members may be written to "jo", then it must be ended.
 */
void responses_event_begin(struct responses_events *, struct json_out *jo,
			   const char *type);
void responses_event_end(struct json_out *jo);

#endif
