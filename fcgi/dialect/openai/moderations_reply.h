/*
 * moderations_reply.h: what Gemini makes of one thing to judge, and OpenAI's
 * answer of that.
 *
 * Usually it answers with numbers.  What Google's own filters refuse to read is
 * judged by that, and by the ratings they give.
 */
#ifndef GB_DIALECT_MODERATIONS_REPLY_H
#define GB_DIALECT_MODERATIONS_REPLY_H

#include "base/buf.h"
#include "dialect/openai/moderations_request.h"
#include "dialect/reply.h"

#define MODERATION_FLAGGED 0.5 /* a score from which on a category is met */

struct moderation {
	double scores[MODERATION__MAX]; /* 0 to 1 */
	bool judged;			/* the scores are there */
	struct buf said;
};

/* Nothing yet. */
void moderation_init(struct moderation *);
void moderation_release(struct moderation *);
void moderation_reset(struct moderation *);

/* A sink that keeps what is said. */
struct piece_sink moderation_sink(struct moderation *);

/* The answer is complete; "raw" is its JSON.  It is not "judged" when there is
 * no judgement in it, nor a reason for one. */
void moderation_finish(struct moderation *, const struct reply *,
		       const char *raw, size_t len);

/* Append OpenAI's answer: one result for each, in their order.  A failure shows
 * in buf_error(). */
void moderations_write(const struct moderations_request *, const char *model,
		       const char *seed, const struct moderation *results,
		       size_t count, struct buf *out);

#endif
