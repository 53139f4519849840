/* anthropic_stream.c: the writer of an answer as the events of an Anthropic
 * message, as it comes */
#include "dialect/anthropic/anthropic_stream.h"

#include <string.h>

#include "dialect/anthropic/anthropic_blocks.h"
#include "dialect/anthropic/anthropic_parts.h"

struct anthropic_stream {
	const struct writer_options *options;
	struct buf *out;
	struct anthropic_blocks blocks;
	const struct reply *reply; /* during a call of ours */
	bool begun;		   /* message_start went out */
	enum anthropic_block open;
	int64_t index; /* of the open block, or of the next one */
};

/* --- events --------------------------------------------------------------- */

/* Begin an event; the object of its data is open afterwards. */
static void
event_begin(struct anthropic_stream *s, struct json_out *jo, const char *type)
{
	buf_puts(s->out, "event: ");
	buf_puts(s->out, type);
	buf_puts(s->out, "\ndata: ");
	jout_init(jo, s->out);
	jout_object(jo);
	jout_key_string(jo, "type", type);
}

static void
event_end(struct anthropic_stream *s, struct json_out *jo)
{
	jout_object_end(jo);
	buf_puts(s->out, "\n\n");
}

/* What a message begins with, before its first block. */
static void
begin(struct anthropic_stream *s)
{
	static const struct buf nothing;
	struct json_out jo;

	if (s->begun)
		return;
	s->begun = true;
	event_begin(s, &jo, "message_start");
	jout_key(&jo, "message");
	anthropic_write_message(&jo, s->options, s->reply, &nothing, false);
	event_end(s, &jo);
	buf_puts(s->out, ANTHROPIC_PING);
}

/* The beginning of a block, whose object is open afterwards. */
static void
start_begin(struct anthropic_stream *s, struct json_out *jo)
{
	begin(s);
	event_begin(s, jo, "content_block_start");
	jout_key_int(jo, "index", s->index);
	jout_key(jo, "content_block");
	jout_object(jo);
}

static void
start_end(struct anthropic_stream *s, struct json_out *jo)
{
	jout_object_end(jo);
	event_end(s, jo);
}

/* A delta whose one member is the text of "key". */
static void
write_delta(struct anthropic_stream *s, const char *type, const char *key,
	    const char *text, size_t len)
{
	struct json_out jo;

	event_begin(s, &jo, "content_block_delta");
	jout_key_int(&jo, "index", s->index);
	jout_key(&jo, "delta");
	jout_object(&jo);
	jout_key_string(&jo, "type", type);
	jout_key(&jo, key);
	jout_string_len(&jo, text, len);
	jout_object_end(&jo);
	event_end(s, &jo);
}

static void
write_stop(struct anthropic_stream *s)
{
	struct json_out jo;

	event_begin(s, &jo, "content_block_stop");
	jout_key_int(&jo, "index", s->index++);
	event_end(s, &jo);
}

/* --- the pen -------------------------------------------------------------- */

static void
stream_open(void *writer, enum anthropic_block kind)
{
	struct anthropic_stream *s = writer;
	struct json_out jo;

	s->open = kind;
	start_begin(s, &jo);
	if (kind == BLOCK_TEXT) {
		jout_key_string(&jo, "type", "text");
		jout_key_string(&jo, "text", "");
	} else {
		jout_key_string(&jo, "type", "thinking");
		jout_key_string(&jo, "thinking", "");
		jout_key_string(&jo, "signature", "");
	}
	start_end(s, &jo);
}

static void
stream_add(void *writer, const char *text, size_t len)
{
	struct anthropic_stream *s = writer;

	if (s->open == BLOCK_TEXT)
		write_delta(s, "text_delta", "text", text, len);
	else
		write_delta(s, "thinking_delta", "thinking", text, len);
}

static void
stream_cite(void *writer, const struct piece *p)
{
	struct anthropic_stream *s = writer;
	struct json_out jo;

	event_begin(s, &jo, "content_block_delta");
	jout_key_int(&jo, "index", s->index);
	jout_key(&jo, "delta");
	jout_object(&jo);
	jout_key_string(&jo, "type", "citations_delta");
	jout_key(&jo, "citation");
	anthropic_write_citation(&jo, p);
	jout_object_end(&jo);
	event_end(s, &jo);
}

static void
stream_close(void *writer, const struct buf *signature)
{
	struct anthropic_stream *s = writer;

	if (buf_error(signature) != GB_OK)
		s->out->fail = buf_error(signature);
	if (signature->len > 0)
		write_delta(s, "signature_delta", "signature", signature->data,
			    signature->len);
	write_stop(s);
}

static void
stream_call(void *writer, const struct piece *p, const struct buf *args)
{
	struct anthropic_stream *s = writer;
	struct json_out jo;

	start_begin(s, &jo);
	anthropic_write_call(&jo, s->options, p);
	jout_key(&jo, "input");
	jout_object(&jo);
	jout_object_end(&jo);
	start_end(s, &jo);
	write_delta(s, "input_json_delta", "partial_json", buf_str(args),
		    args->len);
	write_stop(s);
}

static void
stream_keep(void *writer, const struct buf *text)
{
	struct anthropic_stream *s = writer;
	struct json_out jo;

	start_begin(s, &jo);
	jout_key_string(&jo, "type", "redacted_thinking");
	jout_key(&jo, "data");
	jout_string_len(&jo, buf_str(text), text->len);
	start_end(s, &jo);
	write_stop(s);
}

static const struct anthropic_pen pen = {
    .open = stream_open,
    .add = stream_add,
    .cite = stream_cite,
    .close = stream_close,
    .call = stream_call,
    .keep = stream_keep,
};

/* --- the writer ----------------------------------------------------------- */

static void
stream_init(void *writer, const struct writer_options *options, struct buf *out,
	    size_t max)
{
	struct anthropic_stream *s = writer;

	memset(s, 0, sizeof(*s));
	s->options = options;
	s->out = out;
	anthropic_blocks_init(&s->blocks, options, &pen, s, out, max);
}

static void
stream_release(void *writer)
{
	struct anthropic_stream *s = writer;

	anthropic_blocks_release(&s->blocks);
}

static void
stream_piece(void *writer, const struct reply *r, const struct piece *p)
{
	struct anthropic_stream *s = writer;

	s->reply = r;
	anthropic_blocks_piece(&s->blocks, p);
}

static enum gb_err
stream_finish(void *writer, const struct reply *r)
{
	struct anthropic_stream *s = writer;
	struct json_out jo;

	s->reply = r;
	begin(s);
	anthropic_blocks_finish(&s->blocks, r);
	event_begin(s, &jo, "message_delta");
	jout_key(&jo, "delta");
	jout_object(&jo);
	anthropic_write_stop(&jo, r);
	jout_key(&jo, "container");
	jout_null(&jo);
	jout_object_end(&jo);
	jout_key(&jo, "usage");
	jout_object(&jo);
	anthropic_write_counts(&jo, &r->usage);
	jout_object_end(&jo);
	event_end(s, &jo);
	event_begin(s, &jo, "message_stop");
	event_end(s, &jo);
	return buf_error(s->out);
}

static void
stream_broken(void *writer, const struct api_error *e)
{
	struct anthropic_stream *s = writer;

	buf_puts(s->out, "event: error\ndata: ");
	api_error_write_anthropic(e, NULL, s->out);
	buf_puts(s->out, "\n\n");
}

const struct writer_kind anthropic_streamed = {
    .size = sizeof(struct anthropic_stream),
    .init = stream_init,
    .release = stream_release,
    .piece = stream_piece,
    .finish = stream_finish,
    .broken = stream_broken,
};
