/*
 * test_embeddings.c: requests for embeddings (the cases of tests/golden/
 * embeddings_request) and what becomes of Google's answers (embeddings_reply)
 *
 * A case of a request has request.json, and gemini.json with asked.json or
 * error.json; options.json and dropped.json as golden_request.h has them.  A
 * case of a reply has gemini.json, options.json (wanted, normalise, base64) and
 * openai.json; without that the answer is to be taken for none.
 */
#include "unit.h"

#include <stdbool.h>

#include <json-c/json.h>

#include "dialect/json/json_tree.h"
#include "dialect/openai/embeddings_reply.h"
#include "dialect/openai/embeddings_request.h"
#include "dialect/json/json_in.h"
#include "golden_request.h"
#include "golden_rules.h"

#define REQUESTS	 "tests/golden/embeddings_request"
#define REQUESTS_MIN	 40 /* fewer: somebody lost some */
#define REPLIES		 "tests/golden/embeddings_reply"
#define REPLIES_MIN	 26
#define ANSWER_MODEL	 "m"
#define ANSWER_TOKENS	 3
#define BYTES_OF_ALL_MAX (1u << 20)

/* --- requests ------------------------------------------------------------- */

static struct json_object *
asked_of(const struct embeddings_request *rq)
{
	struct json_object *asked = json_object_new_object();

	json_object_object_add(asked, "model",
			       json_object_new_string(rq->chat.model));
	json_object_object_add(asked, "asked",
			       json_object_new_string(rq->asked));
	json_object_object_add(asked, "base64",
			       json_object_new_boolean(rq->base64));
	json_object_object_add(asked, "normalise",
			       json_object_new_boolean(rq->normalise));
	json_object_object_add(asked, "tokens",
			       json_object_new_int64(
				   embeddings_tokens(rq, 0, rq->count)));
	return asked;
}

static bool
play_request(const struct golden *g)
{
	struct json_object *options = golden_json(g, "options.json");
	struct embeddings_request rq;
	struct golden_request out;
	struct golden_rules rules;
	bool good;

	golden_request_init(&out);
	golden_rules(options, &rules);
	out.rc = embeddings_read(golden_json(g, "request.json"), &rules.rules,
				 json_object_get_boolean(
				     tree_get(options, "strict")),
				 &rq, &out.err);
	if (out.rc == GB_OK) {
		embeddings_write_batch(&rq, 0, embeddings_batch_size(&rq, 0),
				       &out.body);
		out.asked = asked_of(&rq);
	}
	out.dropped = rq.chat.dropped;
	good = golden_request_judge(g, &out);
	embeddings_request_release(&rq);
	golden_request_release(&out);
	json_object_put(options);
	return good;
}

static void
test_requests(void **state)
{
	(void)state;
	golden_run(REQUESTS, REQUESTS_MIN, play_request);
}

/* A request of "count" texts, number i of which is i bytes long, but 1 at
 * least. */
static void
read_many(struct embeddings_request *rq, size_t count)
{
	static const struct model_rules no_rules;
	struct json_object *root;
	struct api_error err;
	struct buf text;
	size_t i, n;

	buf_init(&text, 4 * BYTES_OF_ALL_MAX);
	buf_puts(&text, "{\"model\":\"e\",\"input\":[");
	for (i = 0; i < count; i++) {
		buf_puts(&text, i == 0 ? "\"" : ",\"");
		for (n = 0; n == 0 || n < i; n++)
			buf_putc(&text, 'x');
		buf_putc(&text, '"');
	}
	buf_puts(&text, "]}");
	CHECK_INT("text", buf_error(&text), GB_OK);
	CHECK_INT("json", json_read(text.data, text.len, &root, &err), GB_OK);
	CHECK_INT("read", embeddings_read(root, &no_rules, false, rq, &err),
		  GB_OK);
	buf_release(&text);
}

/* How many requests a body has, and how long the first one's text is. */
static void
check_batch(const struct embeddings_request *rq, size_t first, size_t count)
{
	struct json_object *root, *list, *value;
	struct api_error err;
	struct buf body;

	buf_init(&body, BYTES_OF_ALL_MAX);
	embeddings_write_batch(rq, first, count, &body);
	CHECK_INT("json", json_read(body.data, body.len, &root, &err), GB_OK);
	list = tree_get(root, "requests");
	CHECK_INT("requests", json_object_array_length(list), count);
	value = tree_get(json_object_array_get_idx(list, 0), "content");
	value = json_object_array_get_idx(tree_get(value, "parts"), 0);
	CHECK_INT("text", text_of(tree_get(value, "text")).len,
		  first == 0 ? 1 : first);
	json_object_put(root);
	buf_release(&body);
}

/* cites 6.1 embeddings batches */
static void
test_batches(void **state)
{
	static const size_t counts[] = {1, 99, 100, 101, 200, 1000, 2048};
	struct embeddings_request rq;
	size_t i, first, count, batches;
	int64_t tokens;

	(void)state;
	for (i = 0; i < GB_COUNT(counts); i++) {
		read_many(&rq, counts[i]);
		tokens = 0;
		batches = 0;
		for (first = 0; first < rq.count; first += count) {
			count = embeddings_batch_size(&rq, first);
			CHECK("size", count > 0 && count <= 100);
			check_batch(&rq, first, count);
			tokens += embeddings_tokens(&rq, first, count);
			batches++;
		}
		CHECK_INT("texts", first, counts[i]);
		CHECK_INT("batches", embeddings_batches(&rq), batches);
		CHECK_INT("batches", batches, (counts[i] + 99) / 100);
		CHECK("most", batches <= EMBEDDINGS_BATCHES_MAX);
		CHECK_INT("tokens", tokens,
			  embeddings_tokens(&rq, 0, rq.count));
		embeddings_request_release(&rq);
	}
}

/* --- answers -------------------------------------------------------------- */

/* The answer, which comes in pieces of "step" bytes; false: it is none. */
static bool
read_answer(struct embeddings_batch *b, const struct buf *text, size_t step)
{
	size_t at, len;

	embeddings_batch_begin(b);
	for (at = 0; at < text->len; at += len) {
		len = text->len - at < step ? text->len - at : step;
		if (!embeddings_batch_more(b, text->data + at, len))
			return false;
	}
	return embeddings_batch_ended(b);
}

static void
write_answer(const struct embeddings_batch *b, bool base64, struct buf *out)
{
	struct embeddings_writer w;
	size_t i, before;

	buf_reset(out);
	embeddings_write_begin(&w, base64, out);
	for (i = 0; i < b->count; i++) {
		before = out->len;
		embeddings_write_vector(&w, b, i);
		CHECK("length", out->len - before <=
				    EMBEDDINGS_WRITTEN_MAX(b->dimensions));
	}
	embeddings_write_end(&w, ANSWER_MODEL, ANSWER_TOKENS);
}

static bool
play_pieces(const struct golden *g, struct embeddings_batch *b,
	    const struct buf *text, struct json_object *options)
{
	static const size_t steps[] = {GOLDEN_FILE_MAX, 1, 2, 7};
	struct json_object *want = golden_json(g, "openai.json");
	struct buf out;
	bool good = true;
	size_t i;

	buf_init(&out, GOLDEN_FILE_MAX);
	for (i = 0; i < GB_COUNT(steps) && good; i++) {
		if (read_answer(b, text, steps[i]) != (want != NULL)) {
			good =
			    golden_fail(g, "is %s answer, step %zu",
					want == NULL ? "an" : "no", steps[i]);
			continue;
		}
		if (want == NULL)
			continue;
		write_answer(b,
			     json_object_get_boolean(
				 tree_get(options, "base64")),
			     &out);
		good = golden_same_json(g, &out, want);
	}
	json_object_put(want);
	buf_release(&out);
	return good;
}

static bool
play_reply(const struct golden *g)
{
	struct json_object *options = golden_json(g, "options.json");
	struct embeddings_batch b;
	struct buf text;
	bool good;

	buf_init(&text, GOLDEN_FILE_MAX);
	embeddings_batch_init(
	    &b, (size_t)json_object_get_int(tree_get(options, "wanted")),
	    json_object_get_boolean(tree_get(options, "normalise")));
	good = golden_text(g, "gemini.json", &text)
		   ? play_pieces(g, &b, &text, options)
		   : golden_fail(g, "needs gemini.json");
	embeddings_batch_release(&b);
	buf_release(&text);
	json_object_put(options);
	return good;
}

static void
test_replies(void **state)
{
	(void)state;
	golden_run(REPLIES, REPLIES_MIN, play_reply);
}

/* An answer of one vector of so many values. */
static bool
read_long(struct embeddings_batch *b, size_t values)
{
	size_t i;

	embeddings_batch_begin(b);
	(void)embeddings_batch_more(b, "{\"embeddings\":[{\"values\":[0", 27);
	for (i = 1; i < values; i++)
		if (!embeddings_batch_more(b, ",0", 2))
			return false;
	return embeddings_batch_more(b, "]}]}", 4) && embeddings_batch_ended(b);
}

static void
test_longest(void **state)
{
	struct embeddings_batch b;

	(void)state;
	embeddings_batch_init(&b, 1, false);
	CHECK("longest", read_long(&b, EMBEDDINGS_DIMENSIONS_MAX));
	CHECK_INT("longest", b.dimensions, EMBEDDINGS_DIMENSIONS_MAX);
	CHECK("longer", !read_long(&b, EMBEDDINGS_DIMENSIONS_MAX + 1));
	CHECK("again", read_long(&b, 2));
	CHECK_INT("again", b.dimensions, 2);
	embeddings_batch_release(&b);
}

/* What is written takes no more than the vectors, for any of them. */
static void
test_written(void **state)
{
	static const float values[] = {-1.00000012e-6f, -1.17549421e-38f,
				       -3.40282347e+38f, -0.333333343f,
				       -123456.789f};
	struct embeddings_batch b;
	struct buf text, out;
	size_t i;

	(void)state;
	buf_init(&text, BYTES_OF_ALL_MAX);
	buf_init(&out, BYTES_OF_ALL_MAX);
	for (i = 0; i < GB_COUNT(values); i++) {
		buf_reset(&text);
		buf_printf(&text,
			   "{\"embeddings\":[{\"values\":[%.9g,%.9g,%.9g]}]}",
			   (double)values[i], (double)values[i],
			   (double)values[i]);
		embeddings_batch_init(&b, 1, false);
		CHECK(text.data, read_answer(&b, &text, text.len));
		write_answer(&b, false, &out);
		write_answer(&b, true, &out);
		embeddings_batch_release(&b);
	}
	buf_release(&text);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_requests), cmocka_unit_test(test_batches),
	    cmocka_unit_test(test_replies),  cmocka_unit_test(test_longest),
	    cmocka_unit_test(test_written),
	};

	return cmocka_run_group_tests_name("embeddings", tests, NULL, NULL);
}
