/*
 * search_links.h: links to the pages that an answer was found on, as Markdown
 * after its text, for clients that show nothing else of them.
 *
 * It collects the links that reply_read_links() finds, and at the end hands the
 * sink of a dialect one more piece of text.
 */
#ifndef GB_DIALECT_SEARCH_LINKS_H
#define GB_DIALECT_SEARCH_LINKS_H

#include "base/buf.h"
#include "dialect/reply.h"

struct search_links {
	struct buf lists[REPLY_CANDIDATES_MAX]; /* of links so far */
};

void search_links_init(struct search_links *);
void search_links_release(struct search_links *);
/* Forget what was collected: another answer begins. */
void search_links_reset(struct search_links *);

/* The sink to give to reply_read_links(); it lives as long as the argument. */
struct link_sink search_links_sink(struct search_links *);

/* The answer is complete: hand "sink" the links of each candidate that has any
 * and that ends with text. */
void search_links_finish(const struct search_links *, const struct reply *,
			 const struct piece_sink *sink);

#endif
