/* responses_stream.c: the writer of an answer as the events of a response, as
 * it comes */
#include "dialect/responses/responses_stream.h"

#include <stdio.h>
#include <string.h>

#include "dialect/responses/responses_output.h"

struct responses_stream {
	const struct writer_options *options;
	struct responses_events events;
	struct responses_output output;
	char id[RESPONSES_ID_SIZE]; /* "": nothing was sent yet */
};

static void
stream_init(void *writer, const struct writer_options *options, struct buf *out,
	    size_t max)
{
	struct responses_stream *s = writer;

	memset(s, 0, sizeof(*s));
	s->options = options;
	s->events.out = out;
	responses_output_init(&s->output, options, &s->events, out, max);
}

static void
stream_release(void *writer)
{
	struct responses_stream *s = writer;

	responses_output_release(&s->output);
}

/* An event with the response as a whole. */
static void
tell(struct responses_stream *s, const char *verb,
     const struct responses_state *st, const struct reply *r)
{
	struct json_out jo;
	char type[64];

	(void)snprintf(type, sizeof(type), "response.%s", verb);
	responses_event_begin(&s->events, &jo, type);
	jout_key(&jo, "response");
	responses_write(&jo, s->options, s->id, st, buf_str(&s->output.items),
			responses_output_complete(&s->output), r);
	responses_event_end(&jo);
}

/* The events before the first item; Gemini's id is known since its first event,
 * if there was one. */
static void
begin(struct responses_stream *s, const struct reply *r)
{
	struct responses_state st;

	if (s->id[0] != '\0')
		return;
	responses_id(s->id, s->options, r);
	responses_begun(&st);
	tell(s, "created", &st, NULL);
	tell(s, "in_progress", &st, NULL);
}

static void
stream_piece(void *writer, const struct reply *r, const struct piece *p)
{
	struct responses_stream *s = writer;

	if (p->kind == PIECE_THOUGHT && s->options->hide_thoughts)
		return;
	begin(s, r);
	responses_output_piece(&s->output, p);
}

static enum gb_err
stream_finish(void *writer, const struct reply *r)
{
	struct responses_stream *s = writer;
	struct responses_state st;

	begin(s, r);
	responses_ended(&st, r);
	responses_output_finish(&s->output, r, &st);
	tell(s, st.status, &st, r);
	return buf_error(s->events.out);
}

static void
stream_broken(void *writer, const struct api_error *e)
{
	struct responses_stream *s = writer;
	struct responses_state st;

	begin(s, NULL);
	responses_broke(&st, e);
	tell(s, st.status, &st, NULL);
}

const struct writer_kind responses_streamed = {
    .size = sizeof(struct responses_stream),
    .init = stream_init,
    .release = stream_release,
    .piece = stream_piece,
    .finish = stream_finish,
    .broken = stream_broken,
};
