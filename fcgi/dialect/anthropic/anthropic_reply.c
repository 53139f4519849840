/* anthropic_reply.c: the writer that makes one Anthropic message of an answer
 */
#include "dialect/anthropic/anthropic_reply.h"

#include <string.h>

#include "dialect/anthropic/anthropic_blocks.h"
#include "dialect/anthropic/anthropic_parts.h"

struct anthropic_reply {
	const struct writer_options *options;
	struct buf *out;
	struct anthropic_blocks blocks;
	enum anthropic_block open;
	struct buf text;	   /* of the open block */
	struct buf items, sources; /* of the content, of that block's citations:
				      items of a JSON array */
};

/* --- the pen -------------------------------------------------------------- */

/* Begin another item of an array that is kept as text. */
static void
item_begin(struct json_out *jo, struct buf *items)
{
	jout_init(jo, items);
	if (items->len > 0)
		buf_putc(items, ',');
	jout_object(jo);
}

static void
whole_open(void *writer, enum anthropic_block kind)
{
	struct anthropic_reply *s = writer;

	s->open = kind;
	buf_reset(&s->text);
	buf_reset(&s->sources);
}

static void
whole_add(void *writer, const char *text, size_t len)
{
	struct anthropic_reply *s = writer;

	buf_add(&s->text, text, len);
}

static void
whole_cite(void *writer, const struct piece *p)
{
	struct anthropic_reply *s = writer;
	struct json_out jo;

	jout_init(&jo, &s->sources);
	if (s->sources.len > 0)
		buf_putc(&s->sources, ',');
	anthropic_write_citation(&jo, p);
}

static void
write_text(struct anthropic_reply *s, struct json_out *jo)
{
	jout_key_string(jo, "type", "text");
	jout_key(jo, "text");
	jout_string_len(jo, buf_str(&s->text), s->text.len);
	if (s->sources.len == 0)
		return; /* null is no list, to some clients */
	jout_key(jo, "citations");
	jout_array(jo);
	jout_raw(jo, s->sources.data, s->sources.len);
	jout_array_end(jo);
}

static void
write_thinking(struct anthropic_reply *s, struct json_out *jo,
	       const struct buf *signature)
{
	jout_key_string(jo, "type", "thinking");
	jout_key(jo, "thinking");
	jout_string_len(jo, buf_str(&s->text), s->text.len);
	jout_key(jo, "signature");
	jout_string_len(jo, buf_str(signature), signature->len);
}

/* A block that lacks some of its text is no block. */
static void
check(struct anthropic_reply *s, const struct buf *made)
{
	if (buf_error(made) != GB_OK)
		s->out->fail = buf_error(made);
}

static void
whole_close(void *writer, const struct buf *signature)
{
	struct anthropic_reply *s = writer;
	struct json_out jo;

	check(s, &s->text);
	check(s, &s->sources);
	check(s, signature);
	item_begin(&jo, &s->items);
	if (s->open == BLOCK_TEXT)
		write_text(s, &jo);
	else
		write_thinking(s, &jo, signature);
	jout_object_end(&jo);
}

static void
whole_call(void *writer, const struct piece *p, const struct buf *args)
{
	struct anthropic_reply *s = writer;
	struct json_out jo;

	item_begin(&jo, &s->items);
	anthropic_write_call(&jo, s->options, p);
	jout_key(&jo, "input");
	jout_raw(&jo, buf_str(args), args->len);
	jout_object_end(&jo);
}

static void
whole_keep(void *writer, const struct buf *text)
{
	struct anthropic_reply *s = writer;
	struct json_out jo;

	item_begin(&jo, &s->items);
	jout_key_string(&jo, "type", "redacted_thinking");
	jout_key(&jo, "data");
	jout_string_len(&jo, buf_str(text), text->len);
	jout_object_end(&jo);
}

static const struct anthropic_pen pen = {
    .open = whole_open,
    .add = whole_add,
    .cite = whole_cite,
    .close = whole_close,
    .call = whole_call,
    .keep = whole_keep,
};

/* --- the writer ----------------------------------------------------------- */

static void
whole_init(void *writer, const struct writer_options *options, struct buf *out,
	   size_t max)
{
	struct anthropic_reply *s = writer;

	memset(s, 0, sizeof(*s));
	s->options = options;
	s->out = out;
	anthropic_blocks_init(&s->blocks, options, &pen, s, out, max);
	buf_init(&s->text, max);
	buf_init(&s->items, max);
	buf_init(&s->sources, max);
}

static void
whole_release(void *writer)
{
	struct anthropic_reply *s = writer;

	anthropic_blocks_release(&s->blocks);
	buf_release(&s->text);
	buf_release(&s->items);
	buf_release(&s->sources);
}

static void
whole_piece(void *writer, const struct reply *r, const struct piece *p)
{
	struct anthropic_reply *s = writer;

	(void)r;
	anthropic_blocks_piece(&s->blocks, p);
}

static enum gb_err
whole_finish(void *writer, const struct reply *r)
{
	struct anthropic_reply *s = writer;
	struct json_out jo;

	anthropic_blocks_finish(&s->blocks, r);
	check(s, &s->items);
	if (buf_error(s->out) != GB_OK)
		return buf_error(s->out);
	jout_init(&jo, s->out);
	anthropic_write_message(&jo, s->options, r, &s->items, true);
	return buf_error(s->out);
}

const struct writer_kind anthropic_whole = {
    .size = sizeof(struct anthropic_reply),
    .init = whole_init,
    .release = whole_release,
    .piece = whole_piece,
    .finish = whole_finish,
};
