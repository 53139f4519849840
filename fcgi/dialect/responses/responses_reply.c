/* responses_reply.c: the writer that makes one response of an answer */
#include "dialect/responses/responses_reply.h"

#include "dialect/responses/responses_output.h"

struct responses_reply {
	const struct writer_options *options;
	struct buf *out;
	struct responses_output output;
};

static void
whole_init(void *writer, const struct writer_options *options, struct buf *out,
	   size_t max)
{
	struct responses_reply *s = writer;

	s->options = options;
	s->out = out;
	responses_output_init(&s->output, options, NULL, out, max);
}

static void
whole_release(void *writer)
{
	struct responses_reply *s = writer;

	responses_output_release(&s->output);
}

static void
whole_piece(void *writer, const struct reply *r, const struct piece *p)
{
	struct responses_reply *s = writer;

	(void)r;
	if (p->kind != PIECE_THOUGHT || !s->options->hide_thoughts)
		responses_output_piece(&s->output, p);
}

static enum gb_err
whole_finish(void *writer, const struct reply *r)
{
	struct responses_reply *s = writer;
	char id[RESPONSES_ID_SIZE];
	struct responses_state st;
	struct json_out jo;

	responses_ended(&st, r);
	responses_output_finish(&s->output, r, &st);
	responses_id(id, s->options, r);
	jout_init(&jo, s->out);
	responses_write(&jo, s->options, id, &st, buf_str(&s->output.items),
			s->output.items.len, r);
	return buf_error(s->out);
}

const struct writer_kind responses_whole = {
    .size = sizeof(struct responses_reply),
    .init = whole_init,
    .release = whole_release,
    .piece = whole_piece,
    .finish = whole_finish,
};
