/*
 * writer.h: one answer being written in a client's dialect, whole or streamed.
 *
 * Every dialect has two of these, and whoever reads Gemini's answer knows no
 * more of a dialect than what stands here.  A writer is a sink of pieces:
 *
 *	w = calloc(1, kind->size); kind->init(w, &options, &out, max);
 *	reply_read(&reply, json, len, &(struct piece_sink){kind->piece, w});
 *	kind->finish(w, &reply) or kind->broken(w, &error)
 *	kind->release(w); free(w);
 */
#ifndef GB_DIALECT_WRITER_H
#define GB_DIALECT_WRITER_H

#include "base/buf.h"
#include "dialect/chat.h"
#include "dialect/error.h"
#include "dialect/reply.h"

/* All is borrowed for the life of the writer. */
struct writer_options {
	const struct chat *chat; /* what was asked: names of tools, and what
				    the answer has to echo */
	const char *model;	 /* as the client called it; echoed */
	const char *seed;	 /* random letters and digits, 24 or more: ids
				    are made of it where Gemini gave none */
	int64_t created;	 /* seconds since 1970 */
	bool hide_thoughts;	 /* leave the model's reasoning out */
	bool several;		 /* the answer is one of several that have one
				    id, made of the seed */
};

struct writer_kind {
	size_t size; /* bytes of its struct */

	/* Begin an answer that is appended to "out".  No text that is kept
	 * may be longer than "max" bytes; what is over it shows in
	 * buf_error(out) or at finish(). */
	void (*init)(void *writer, const struct writer_options *,
		     struct buf *out, size_t max);
	void (*release)(void *writer);

	/* The next piece; as in struct piece_sink. */
	void (*piece)(void *writer, const struct reply *, const struct piece *);

	/* The answer is complete: append it, or what ends its stream.
	 * GB_ETOOBIG, GB_ENOMEM: "out" then holds rubbish. */
	enum gb_err (*finish)(void *writer, const struct reply *) GB_NODISCARD;

	/* A stream broke after something of it was sent: say so, and end it.
	 * NULL for whole answers. */
	void (*broken)(void *writer, const struct api_error *);

	/*
	 * For dialects that can give several answers to one question; NULL for
	 * the others.  Each answer has a writer and a narrow reply of its own,
	 * and finish_one() in the place of finish() appends what is that
	 * answer's alone.  One more writer then appends the rest: "sum" is
	 * what they all cost, "answers" what each finish_one() left, in their
	 * order; those that were streamed went out on their own.
	 */
	enum gb_err (*finish_one)(void *writer,
				  const struct reply *) GB_NODISCARD;
	enum gb_err (*join)(void *writer, const struct reply *sum,
			    const struct buf *const *answers,
			    size_t count) GB_NODISCARD;

	bool tokens; /* it has a place for PIECE_TOKENS */
};

#endif
