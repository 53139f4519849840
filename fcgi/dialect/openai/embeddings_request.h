/*
 * embeddings_request.h: OpenAI's requests for embeddings, and Google's batches
 * for them.
 *
 * Google takes EMBEDDINGS_BATCH_MAX texts in one call, so one request may be
 * several batches; texts are counted through all of them.
 */
#ifndef GB_DIALECT_EMBEDDINGS_REQUEST_H
#define GB_DIALECT_EMBEDDINGS_REQUEST_H

#include <stdbool.h>

#include "base/buf.h"
#include "dialect/chat.h"
#include "dialect/error.h"
#include "dialect/model_rules.h"

#define EMBEDDINGS_INPUTS_MAX 2048 /* OpenAI's limit */
#define EMBEDDINGS_BATCH_MAX  100  /* Google's */
#define EMBEDDINGS_DIMENSIONS_MAX \
	16384 /* values of one vector; the largest \
		 that Google has are of 3,072 */
#define EMBEDDINGS_BATCHES_MAX \
	((EMBEDDINGS_INPUTS_MAX + EMBEDDINGS_BATCH_MAX - 1) / \
	 EMBEDDINGS_BATCH_MAX)

struct embeddings_request {
	struct chat chat; /* without a turn: its model is Google's, its root
			     has the texts, its dropped fields are named */
	char asked[CHAT_MODEL_MAX + 1]; /* the model as the client called it */
	struct json_object
	    *input;	    /* a string, or an array of them; the root's */
	size_t count;	    /* of texts: 1 to EMBEDDINGS_INPUTS_MAX */
	int64_t dimensions; /* 0: as many as the model has */
	bool base64;	    /* answer so, not with numbers */
	bool normalise; /* the vectors come at any length, and are to have 1 */
	struct text task_type, title; /* Google's own; or none */
};

/*
 * Read a request: "root", which "out" takes over.  The model is looked up, and
 * what it does not take is dropped, or an error when "strict".  "out" is to be
 * released in any case.  GB_EINVAL, GB_ENOMEM: "err" is filled in.
 */
enum gb_err embeddings_read(struct json_object *root,
			    const struct model_rules *, bool strict,
			    struct embeddings_request *out,
			    struct api_error *err) GB_NODISCARD;
void embeddings_request_release(struct embeddings_request *);

/* How many batches it is, and how many texts are in the batch that begins with
 * text "first". */
size_t embeddings_batches(const struct embeddings_request *);
size_t embeddings_batch_size(const struct embeddings_request *, size_t first);

/* Append the body for ":batchEmbedContents" of the "count" texts from number
 * "first" on.  A failure shows in buf_error(). */
void embeddings_write_batch(const struct embeddings_request *, size_t first,
			    size_t count, struct buf *out);

/* How many tokens these texts are, roughly: of each a quarter of its bytes,
 * rounded up, since Google does not count them.  That is right for English
 * and, as other scripts have more bytes in a character, near for those. */
int64_t embeddings_tokens(const struct embeddings_request *, size_t first,
			  size_t count);

#endif
