/*
 * responses_output.h: the pieces of an answer as the output items of OpenAI's
 * Responses API, whole or streamed.
 *
 * One item is open at a time.  All items are kept as one JSON text, in which
 * the open one grows: what the events at an item's end have to repeat is a
 * stretch of that text, so that no text of an answer is kept twice.
 *
 * What Gemini wants back, its signatures and what its own tools did, stands in
 * reasoning items before the text or the call that it is of, and only when the
 * client asked for that.  A signature that comes when its text is open already
 * is let go: Gemini can do without, and an item behind the text would be taken
 * for the answer.
 */
#ifndef GB_DIALECT_RESPONSES_OUTPUT_H
#define GB_DIALECT_RESPONSES_OUTPUT_H

#include "dialect/responses/responses_events.h"
#include "dialect/responses/responses_parts.h"
#include "dialect/text_map.h"

enum responses_open {
	OPEN_NONE,
	OPEN_REASONING,
	OPEN_TEXT,
	OPEN_REFUSAL,
	OPEN_CODE,
	OPEN__MAX
};

struct responses_output {
	const struct writer_options *options;
	struct responses_events *events; /* NULL: it is not streamed */
	struct buf *out;		 /* fails when something of ours does */
	struct buf items; /* those of the array, the open one last */
	bool keeps;	  /* the client keeps for us what must come back */
	bool called;	  /* there was a call */

	size_t count; /* of items, the open one too */
	enum responses_open open;
	bool part;		    /* a part of it is open */
	size_t item_at, part_at;    /* where they begin in "items" */
	size_t text_at;		    /* and its text, as in a JSON string */
	char id[RESPONSES_ID_SIZE]; /* of the open item */
	struct buf sources;	    /* annotations of the open text */
	size_t source_count;
	struct text_map map; /* of the open text */
	struct buf kept;     /* of the open reasoning item */
	struct buf scratch;
};

/* As a writer's init and release.  "events" NULL: none are written. */
void responses_output_init(struct responses_output *,
			   const struct writer_options *,
			   struct responses_events *events, struct buf *out,
			   size_t max);
void responses_output_release(struct responses_output *);

/* The next piece; those of other candidates than the first are let go. */
void responses_output_piece(struct responses_output *, const struct piece *);

/* All pieces came: say why there is nothing, if so, and close what is open. */
void responses_output_finish(struct responses_output *, const struct reply *,
			     const struct responses_state *);

/* How many bytes of "items" are items that are complete. */
size_t responses_output_complete(const struct responses_output *);

#endif
