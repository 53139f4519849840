/*
 * anthropic_blocks.h: the pieces of an answer as Anthropic's content blocks.
 *
 * One block is open at a time.  Which block a piece belongs to and when one
 * ends is the same for whole and streamed messages and stands here once; how
 * a block is written is a pen's business.
 *
 * Gemini's signatures stand in blocks of thinking, before the text or the call
 * that they are of; only clients that asked for thinking get those.  A
 * signature that comes when its text is open already is let go: Gemini can do
 * without, and a block behind the text would be taken for the answer.
 */
#ifndef GB_DIALECT_ANTHROPIC_BLOCKS_H
#define GB_DIALECT_ANTHROPIC_BLOCKS_H

#include "base/buf.h"
#include "dialect/writer.h"

enum anthropic_block {
	BLOCK_NONE,
	BLOCK_TEXT,
	BLOCK_THINKING,
};

/* How blocks are written; "writer" is the pen's owner. */
struct anthropic_pen {
	void (*open)(void *writer, enum anthropic_block);
	/* More of the open block's text; never empty. */
	void (*add)(void *writer, const char *text, size_t len);
	/* A source of the open text. */
	void (*cite)(void *writer, const struct piece *);
	/* "signature": of a block of thinking, as the client is to keep it;
	 * empty for none. */
	void (*close)(void *writer, const struct buf *signature);
	/* Blocks that are complete at once: a call, with the JSON text of its
	 * arguments, and a text that the client keeps for us. */
	void (*call)(void *writer, const struct piece *,
		     const struct buf *args);
	void (*keep)(void *writer, const struct buf *text);
};

struct anthropic_blocks {
	const struct writer_options *options;
	const struct anthropic_pen *pen;
	void *writer;
	struct buf *out; /* fails when something of ours does */
	enum anthropic_block open;
	bool called;	  /* there was a call */
	struct buf cited; /* addresses of the open text, a line each */
	struct buf scratch;
};

void anthropic_blocks_init(struct anthropic_blocks *,
			   const struct writer_options *,
			   const struct anthropic_pen *, void *writer,
			   struct buf *out, size_t max);
void anthropic_blocks_release(struct anthropic_blocks *);

/* The next piece; those of other candidates than the first are let go. */
void anthropic_blocks_piece(struct anthropic_blocks *, const struct piece *);

/* All pieces came: say why there is nothing, if so, and close what is open. */
void anthropic_blocks_finish(struct anthropic_blocks *, const struct reply *);

#endif
