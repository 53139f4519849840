/*
 * fuzz_embeddings.c: any bytes as a request for embeddings, and as Google's
 * answer to one.
 *
 * What is read can be written, and is JSON then; what is refused names a fault.
 * An answer is the same in one piece and in many; one that is taken is JSON
 * with all its vectors, and what it is written as is as long as was promised.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "dialect/openai/embeddings_reply.h"
#include "dialect/openai/embeddings_request.h"
#include "dialect/json/json_in.h"
#include "fuzz.h"

#define OUT_MAX	   (64u << 20)
#define WANTED_MAX 3

static void
write_batches(const struct embeddings_request *rq)
{
	size_t first, count, batches = 0;
	struct buf out;

	buf_init(&out, OUT_MAX);
	for (first = 0; first < rq->count; first += count, batches++) {
		count = embeddings_batch_size(rq, first);
		must(count > 0 && count <= EMBEDDINGS_BATCH_MAX);
		must(embeddings_tokens(rq, first, count) >= (int64_t)count);
		buf_reset(&out);
		embeddings_write_batch(rq, first, count, &out);
		must(json_check(buf_str(&out), out.len) == JSON_KIND_OBJECT);
	}
	must(batches == embeddings_batches(rq));
	must(batches <= EMBEDDINGS_BATCHES_MAX);
	buf_release(&out);
}

static void
fuzz_request(const char *text, size_t len, bool strict)
{
	static const struct model_rules no_rules;
	struct embeddings_request rq;
	struct json_object *root;
	struct api_error err;

	if (json_read(text, len, &root, &err) != GB_OK)
		return;
	if (embeddings_read(root, &no_rules, strict, &rq, &err) == GB_OK)
		write_batches(&rq);
	else
		must(err.fault != FAULT_NONE);
	embeddings_request_release(&rq);
}

static bool
read_answer(struct embeddings_batch *b, const char *text, size_t len,
	    size_t step)
{
	size_t at, n;

	embeddings_batch_begin(b);
	for (at = 0; at < len; at += n) {
		n = len - at < step ? len - at : step;
		if (!embeddings_batch_more(b, text + at, n))
			return false;
	}
	return embeddings_batch_ended(b);
}

static void
write_answer(const struct embeddings_batch *b, bool base64)
{
	struct embeddings_writer w;
	struct buf out;
	size_t i, before;

	buf_init(&out, OUT_MAX);
	embeddings_write_begin(&w, base64, &out);
	for (i = 0; i < b->count; i++) {
		before = out.len;
		embeddings_write_vector(&w, b, i);
		must(out.len - before <= EMBEDDINGS_WRITTEN_MAX(b->dimensions));
	}
	embeddings_write_end(&w, "m", 1);
	must(json_check(buf_str(&out), out.len) == JSON_KIND_OBJECT);
	buf_release(&out);
}

static void
fuzz_answer(const char *text, size_t len, size_t wanted, bool normalise)
{
	struct embeddings_batch whole, pieces;
	bool good;

	embeddings_batch_init(&whole, wanted, normalise);
	embeddings_batch_init(&pieces, wanted, normalise);
	good = read_answer(&whole, text, len, len);
	must(read_answer(&pieces, text, len, 1 + len % 5) == good);
	must(whole.count <= wanted && whole.count == pieces.count);
	must(whole.values.len == pieces.values.len);
	must(whole.values.len == 0 ||
	     memcmp(whole.values.data, pieces.values.data, whole.values.len) ==
		 0);
	if (good) {
		must(whole.count == wanted && whole.dimensions > 0);
		must(whole.values.len ==
		     wanted * whole.dimensions * sizeof(float));
		write_answer(&whole, false);
		write_answer(&whole, true);
	}
	embeddings_batch_release(&whole);
	embeddings_batch_release(&pieces);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t wanted;
	char *text;

	text = fuzz_text(data, size);
	fuzz_request(text, size, false);
	fuzz_request(text, size, true);
	for (wanted = 1; wanted <= WANTED_MAX; wanted++)
		fuzz_answer(text, size, wanted, wanted == 2);
	free(text);
	return 0;
}
