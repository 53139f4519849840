/* anthropic_blocks.c: the pieces of an answer as Anthropic's content blocks */
#include "dialect/anthropic/anthropic_blocks.h"

#include <string.h>

#include "dialect/json/json_out.h"
#include "dialect/opaque.h"
#include "dialect/reply_text.h"

#define CITED_MAX (16u << 10) /* bytes of addresses; later ones are let go */

void
anthropic_blocks_init(struct anthropic_blocks *b,
		      const struct writer_options *options,
		      const struct anthropic_pen *pen, void *writer,
		      struct buf *out, size_t max)
{
	memset(b, 0, sizeof(*b));
	b->options = options;
	b->pen = pen;
	b->writer = writer;
	b->out = out;
	buf_init(&b->cited, CITED_MAX);
	buf_init(&b->scratch, max);
}

void
anthropic_blocks_release(struct anthropic_blocks *b)
{
	buf_release(&b->cited);
	buf_release(&b->scratch);
}

static void
open_block(struct anthropic_blocks *b, enum anthropic_block kind)
{
	b->open = kind;
	buf_reset(&b->cited);
	b->pen->open(b->writer, kind);
}

/* Close what is open; "signed_by" is the piece that comes next, or NULL. */
static void
settle(struct anthropic_blocks *b, const struct piece *signed_by)
{
	bool is_signed = signed_by != NULL && signed_by->signature_len > 0 &&
			 b->options->chat->thinking_blocks;

	buf_reset(&b->scratch);
	if (b->open == BLOCK_TEXT) {
		b->pen->close(b->writer, &b->scratch);
		b->open = BLOCK_NONE;
	}
	if (is_signed) {
		if (b->open == BLOCK_NONE)
			open_block(b, BLOCK_THINKING);
		buf_puts(&b->scratch, OPAQUE_MARK);
		buf_add(&b->scratch, signed_by->signature,
			signed_by->signature_len);
	}
	if (b->open == BLOCK_THINKING)
		b->pen->close(b->writer, &b->scratch);
	b->open = BLOCK_NONE;
}

/* What was made in the scratch must be there in whole. */
static void
check_scratch(struct anthropic_blocks *b)
{
	if (buf_error(&b->scratch) != GB_OK)
		b->out->fail = buf_error(&b->scratch);
}

static void
take_text(struct anthropic_blocks *b, const struct piece *p)
{
	if (b->open != BLOCK_TEXT) {
		if (p->text_len > 0 || b->open == BLOCK_THINKING)
			settle(b, p);
		if (p->text_len > 0)
			open_block(b, BLOCK_TEXT);
	}
	if (p->text_len > 0)
		b->pen->add(b->writer, p->text, p->text_len);
}

static void
take_thought(struct anthropic_blocks *b, const struct piece *p)
{
	if (b->options->hide_thoughts || !b->options->chat->thinking_blocks)
		return;
	if (b->open != BLOCK_THINKING) {
		settle(b, NULL);
		open_block(b, BLOCK_THINKING);
	}
	b->pen->add(b->writer, p->text, p->text_len);
}

/* What there is no block for, as text. */
static void
take_words(struct anthropic_blocks *b, const struct piece *p,
	   void (*write)(struct buf *, const struct piece *, bool first))
{
	bool first = b->open != BLOCK_TEXT;

	if (first) {
		settle(b, p);
		open_block(b, BLOCK_TEXT);
	}
	buf_reset(&b->scratch);
	write(&b->scratch, p, first);
	check_scratch(b);
	if (b->scratch.len > 0)
		b->pen->add(b->writer, b->scratch.data, b->scratch.len);
}

static void
take_code(struct anthropic_blocks *b, const struct piece *p)
{
	take_words(b, p, reply_text_fence);
}

/* Sound and other files have no place in a message. */
static void
take_blob(struct anthropic_blocks *b, const struct piece *p)
{
	if (strncmp(p->mime, "image/", 6) == 0)
		take_words(b, p, reply_text_picture);
}

static void
take_call(struct anthropic_blocks *b, const struct piece *p)
{
	struct json_out jo;

	if (b->options->chat->one_call && b->called)
		return;
	b->called = true;
	settle(b, p);
	buf_reset(&b->scratch);
	jout_init(&jo, &b->scratch);
	if (p->args == NULL)
		jout_raw(&jo, "{}", 2);
	else
		jout_value(&jo, p->args);
	check_scratch(b);
	b->pen->call(b->writer, p, &b->scratch);
}

static bool
was_cited(const struct anthropic_blocks *b, const char *url)
{
	const char *at;
	size_t len = strlen(url);

	for (at = buf_str(&b->cited); (at = strstr(at, url)) != NULL; at++)
		if (at[len] == '\n' && (at == b->cited.data || at[-1] == '\n'))
			return true;
	return false;
}

/* Gemini says which stretch of the text has which sources, Anthropic's
 * citations belong to a whole block: once each will do. */
static void
take_source(struct anthropic_blocks *b, const struct piece *p)
{
	if (b->open != BLOCK_TEXT || buf_error(&b->cited) != GB_OK ||
	    was_cited(b, p->url))
		return;
	buf_printf(&b->cited, "%s\n", p->url);
	if (buf_error(&b->cited) == GB_OK)
		b->pen->cite(b->writer, p);
}

static void
take_echo(struct anthropic_blocks *b, const struct piece *p)
{
	struct json_out jo;

	settle(b, NULL);
	buf_reset(&b->scratch);
	buf_puts(&b->scratch, OPAQUE_MARK);
	jout_init(&jo, &b->scratch);
	jout_value(&jo, p->args);
	check_scratch(b);
	b->pen->keep(b->writer, &b->scratch);
}

void
anthropic_blocks_piece(struct anthropic_blocks *b, const struct piece *p)
{
	static void (*const take[])(struct anthropic_blocks *,
				    const struct piece *) = {
	    [PIECE_TEXT] = take_text,	  [PIECE_THOUGHT] = take_thought,
	    [PIECE_CALL] = take_call,	  [PIECE_BLOB] = take_blob,
	    [PIECE_CODE] = take_code,	  [PIECE_CODE_RESULT] = take_code,
	    [PIECE_SOURCE] = take_source, [PIECE_ECHO] = take_echo,
	};

	if (p->candidate == 0)
		take[p->kind](b, p);
}

void
anthropic_blocks_finish(struct anthropic_blocks *b, const struct reply *r)
{
	struct buf why;

	buf_init(&why, b->scratch.max);
	reply_text_refusal(r, 0, &why);
	if (buf_error(&why) != GB_OK)
		b->out->fail = buf_error(&why);
	if (why.len > 0) {
		settle(b, NULL);
		open_block(b, BLOCK_TEXT);
		b->pen->add(b->writer, why.data, why.len);
	}
	settle(b, NULL);
	buf_release(&why);
}
