/*
 * embeddings_reply.h: vectors out of Google's answers, and OpenAI's answer of
 * them.
 *
 * An answer of Google's is read as it comes and kept as floats, which is what
 * its numbers are: a fifth of the text, and the same bits in both encodings.
 */
#ifndef GB_DIALECT_EMBEDDINGS_REPLY_H
#define GB_DIALECT_EMBEDDINGS_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "dialect/openai/embeddings_request.h"
#include "dialect/json/json_feed.h"
#include "dialect/json/json_out.h"

/* What is longest of a vector in OpenAI's answer, its object around it. */
#define EMBEDDINGS_WRITTEN_MAX(dimensions) (64 + (dimensions)*18)

/* The vectors of one batch. */
struct embeddings_batch {
	size_t wanted;	   /* vectors that there are to be */
	bool normalise;	   /* they are to have length 1 */
	size_t count;	   /* that were read whole */
	size_t dimensions; /* of each; 0: none was read */
	struct buf values; /* floats of this machine */

	/* the reader's own */
	struct json_feed feed;
	size_t got; /* values of the vector that is being read */
};

/* Nothing is allocated yet. */
void embeddings_batch_init(struct embeddings_batch *, size_t wanted,
			   bool normalise);
void embeddings_batch_release(struct embeddings_batch *);

/* An answer begins; what there was of another is forgotten. */
void embeddings_batch_begin(struct embeddings_batch *);

/* The next bytes of it.  False: it is not what was asked for, or buf_error() of
 * the values tells. */
bool embeddings_batch_more(struct embeddings_batch *, const char *data,
			   size_t len);

/* Whether all vectors are there, and the answer has ended. */
bool embeddings_batch_ended(const struct embeddings_batch *);

/* OpenAI's answer, written piece by piece: whoever writes may take what is in
 * the buffer away between two calls. */
struct embeddings_writer {
	struct json_out jo;
	bool base64;
	int64_t index; /* of the next vector */
};

void embeddings_write_begin(struct embeddings_writer *, bool base64,
			    struct buf *out);
/* Vector number "at" of the batch. */
void embeddings_write_vector(struct embeddings_writer *,
			     const struct embeddings_batch *, size_t at);
void embeddings_write_end(struct embeddings_writer *, const char *model,
			  int64_t tokens);

#endif
