/* embeddings_reply.c: vectors out of Google's answers, and OpenAI's answer of
 * them */
#include "dialect/openai/embeddings_reply.h"

#include <endian.h>
#include <math.h>
#include <string.h>

#include "base/base64.h"

#define BATCH_BYTES_MAX \
	(EMBEDDINGS_BATCH_MAX * EMBEDDINGS_DIMENSIONS_MAX * sizeof(float))
#define PIECE_VALUES \
	768 /* of a vector as base64 at a time; their bytes are a \
	       multiple of 3, so that no padding is between */
#define LENGTH_SLACK \
	1e-5 /* how far the square of a length may be from 1: \
		what the rounding to floats can make of it */

/* --- reading -------------------------------------------------------------- */

void
embeddings_batch_init(struct embeddings_batch *b, size_t wanted, bool normalise)
{
	memset(b, 0, sizeof(*b));
	b->wanted = wanted;
	b->normalise = normalise;
	buf_init(&b->values, BATCH_BYTES_MAX);
}

void
embeddings_batch_release(struct embeddings_batch *b)
{
	buf_release(&b->values);
}

static float *
vector_at(const struct embeddings_batch *b, size_t at)
{
	return (float *)(void *)b->values.data + at * b->dimensions;
}

/* Give the vector length 1, unless it has that.  One of zeros stays. */
static void
normalise(float *values, size_t count)
{
	double square = 0, length;
	size_t i;

	for (i = 0; i < count; i++)
		square += (double)values[i] * (double)values[i];
	if (square == 0 || fabs(square - 1) < LENGTH_SLACK)
		return;
	length = sqrt(square);
	for (i = 0; i < count; i++)
		values[i] = (float)((double)values[i] / length);
}

static bool
take_value(struct embeddings_batch *b, double number)
{
	float value = (float)number;

	if (!isfinite(value) || b->count == b->wanted ||
	    b->got ==
		(b->count == 0 ? EMBEDDINGS_DIMENSIONS_MAX : b->dimensions))
		return false;
	buf_add(&b->values, &value, sizeof(value));
	b->got++;
	return buf_error(&b->values) == GB_OK;
}

/* The first one says how long all are; room for the others is made at once. */
static bool
end_vector(struct embeddings_batch *b)
{
	if (b->count == b->wanted || b->got == 0)
		return false;
	if (b->count == 0) {
		b->dimensions = b->got;
		if (buf_reserve(&b->values, (b->wanted - 1) * b->got *
						sizeof(float)) == NULL)
			return false;
	}
	if (b->got != b->dimensions)
		return false;
	if (b->normalise)
		normalise(vector_at(b, b->count), b->dimensions);
	b->count++;
	return true;
}

static bool
take_event(void *context, const struct json_feed *feed,
	   enum json_feed_event event, double number)
{
	struct embeddings_batch *b = context;

	switch (event) {
	case JSON_FEED_NUMBER:
		return strcmp(feed->path, ".embeddings[].values[]") != 0 ||
		       take_value(b, number);
	case JSON_FEED_OPEN:
		if (strcmp(feed->path, ".embeddings[]") == 0)
			b->got = 0;
		return true;
	case JSON_FEED_CLOSE:
		return strcmp(feed->path, ".embeddings[]") != 0 ||
		       end_vector(b);
	}
	return false;
}

void
embeddings_batch_begin(struct embeddings_batch *b)
{
	json_feed_init(&b->feed, take_event, b);
	buf_reset(&b->values);
	b->count = b->got = b->dimensions = 0;
}

bool
embeddings_batch_more(struct embeddings_batch *b, const char *data, size_t len)
{
	return json_feed_more(&b->feed, data, len);
}

bool
embeddings_batch_ended(const struct embeddings_batch *b)
{
	return json_feed_ended(&b->feed) && b->count == b->wanted;
}

/* --- writing -------------------------------------------------------------- */

void
embeddings_write_begin(struct embeddings_writer *w, bool base64,
		       struct buf *out)
{
	jout_init(&w->jo, out);
	w->base64 = base64;
	w->index = 0;
	jout_object(&w->jo);
	jout_key_string(&w->jo, "object", "list");
	jout_key(&w->jo, "data");
	jout_array(&w->jo);
}

static void
write_numbers(struct json_out *jo, const float *values, size_t count)
{
	size_t i;

	jout_array(jo);
	for (i = 0; i < count; i++)
		jout_float(jo, values[i]);
	jout_array_end(jo);
}

/* The bytes of the floats, the lowest first. */
static void
write_base64(struct json_out *jo, const float *values, size_t count)
{
	uint32_t piece[PIECE_VALUES];
	size_t i, n;

	jout_raw(jo, "\"", 1);
	for (; count > 0; count -= n, values += n) {
		n = count < PIECE_VALUES ? count : PIECE_VALUES;
		memcpy(piece, values, n * sizeof(piece[0]));
		for (i = 0; i < n; i++)
			piece[i] = htole32(piece[i]);
		base64_encode(jo->buf, piece, n * sizeof(piece[0]));
	}
	buf_putc(jo->buf, '"');
}

void
embeddings_write_vector(struct embeddings_writer *w,
			const struct embeddings_batch *b, size_t at)
{
	struct json_out *jo = &w->jo;

	jout_object(jo);
	jout_key_string(jo, "object", "embedding");
	jout_key_int(jo, "index", w->index++);
	jout_key(jo, "embedding");
	if (w->base64)
		write_base64(jo, vector_at(b, at), b->dimensions);
	else
		write_numbers(jo, vector_at(b, at), b->dimensions);
	jout_object_end(jo);
}

void
embeddings_write_end(struct embeddings_writer *w, const char *model,
		     int64_t tokens)
{
	struct json_out *jo = &w->jo;

	jout_array_end(jo);
	jout_key_string(jo, "model", model);
	jout_key(jo, "usage");
	jout_object(jo);
	jout_key_int(jo, "prompt_tokens", tokens);
	jout_key_int(jo, "total_tokens", tokens);
	jout_object_end(jo);
	jout_object_end(jo);
}
