/* responses_events.c: the framing of a streamed response */
#include "dialect/responses/responses_events.h"

void
responses_event_begin(struct responses_events *e, struct json_out *jo,
		      const char *type)
{
	buf_printf(e->out, "event: %s\ndata: ", type);
	jout_init(jo, e->out);
	jout_object(jo);
	jout_key_string(jo, "type", type);
	jout_key_int(jo, "sequence_number", e->number++);
}

void
responses_event_end(struct json_out *jo)
{
	jout_object_end(jo);
	buf_puts(jo->buf, "\n\n");
}
