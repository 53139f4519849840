/*
 * thought_text.h: thoughts as part of the text, "<thought>…</thought>" before
 * it, for clients that know no other place for them.
 *
 * A sink before a writer's: what it is given as thoughts goes on as text.
 */
#ifndef GB_DIALECT_THOUGHT_TEXT_H
#define GB_DIALECT_THOUGHT_TEXT_H

#include "dialect/reply.h"

#define THOUGHT_TAG_MAX 32 /* bytes of the tag's name */

struct thought_text {
	struct piece_sink to;
	const char *tag;		 /* borrowed */
	bool open[REPLY_CANDIDATES_MAX]; /* the tag was not closed yet */
};

/* "tag" is letters only: "thought" as Google has it, "think" as others do. */
void thought_text_init(struct thought_text *, const char *tag,
		       struct piece_sink to);

/* The sink; it lives as long as the first argument. */
struct piece_sink thought_text_sink(struct thought_text *);

/* The answer is complete: close what is still open. */
void thought_text_finish(struct thought_text *, const struct reply *);

#endif
