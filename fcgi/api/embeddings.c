/* embeddings.c: OpenAI's embeddings, in batches of Google's */
#include "api/endpoints.h"

#include <stdlib.h>
#include <string.h>

#include "api/dropped.h"
#include "api/several.h"
#include "dialect/openai/embeddings_reply.h"
#include "dialect/openai/embeddings_request.h"

#define AT_ONCE	   4   /* batches; so many of their bodies are in memory */
#define URL_MAX	   512 /* a model's name and a verb */
#define BODY_MAX   (512 * 1024 * 1024) /* bytes of what Gemini is sent */
#define ENDS_MAX   1024		       /* of the answer, around the vectors */
#define SEND_BYTES (256 * 1024)	       /* of the answer at a time */

/* A batch on its way. */
struct asking {
	const struct embeddings_request *asked;
	struct embeddings_batch *batch;
	size_t first; /* of its texts */
	size_t came;  /* bytes of the answer, so far */
	struct call call;
	struct buf body;
};

struct embeddings {
	struct embeddings_request asked;
	struct buf path;
	struct embeddings_batch batches[EMBEDDINGS_BATCHES_MAX];
	size_t count;
	struct asking now[AT_ONCE];
};

/* --- the request ---------------------------------------------------------- */

static bool
read_request(struct embeddings *x, struct api_request *rq)
{
	struct embeddings_request *asked = &x->asked;
	struct json_object *root;
	enum gb_err rc;
	size_t i;

	if (!api_read_json(rq, &root))
		return false;
	rc = embeddings_read(root, rq->snap->models, rq->cfg->strict, asked,
			     &rq->error);
	api_note_model(rq, asked->asked);
	if (rc != GB_OK)
		return false;
	buf_printf(&x->path, "/v1beta/models/%s:batchEmbedContents",
		   asked->chat.model);
	x->count = embeddings_batches(asked);
	for (i = 0; i < x->count; i++)
		embeddings_batch_init(
		    &x->batches[i],
		    embeddings_batch_size(asked, i * EMBEDDINGS_BATCH_MAX),
		    asked->normalise);
	return true;
}

/* --- one batch ------------------------------------------------------------ */

/* What has come of the answer.  ATTEMPT_OK: it is as it should be, so far. */
static enum attempt
take_piece(struct asking *a, struct answer *answer, const struct buf *piece)
{
	enum gb_err rc = buf_error(piece);

	a->came += piece->len;
	if (rc == GB_OK && a->came <= (size_t)a->call.rq->cfg->max_reply &&
	    embeddings_batch_more(a->batch, buf_str(piece), piece->len))
		return ATTEMPT_OK;
	if (rc == GB_OK)
		rc = buf_error(&a->batch->values);
	if (rc != GB_OK) {
		api_fail(a->call.rq, rc);
		return ATTEMPT_REFUSED;
	}
	answer->fault = ANSWER_GARBAGE;
	return ATTEMPT_FAILED;
}

static enum attempt
read_end(struct asking *a, struct answer *answer)
{
	struct api_request *rq = a->call.rq;

	if (!embeddings_batch_ended(a->batch)) {
		answer->fault = a->came == 0 ? ANSWER_EMPTY : ANSWER_GARBAGE;
		return ATTEMPT_FAILED;
	}
	rq->entry.prompt_tokens =
	    embeddings_tokens(a->asked, a->first, a->batch->wanted);
	return ATTEMPT_OK;
}

/* A call_reader; what comes is never in memory as a whole. */
static enum attempt
read_batch(struct call *call, struct transfer *t, struct answer *answer)
{
	struct asking *a = call->context;
	struct buf piece;
	enum transfer_got got;
	enum attempt how;

	buf_init(&piece, REPLY_BYTES_MAX);
	embeddings_batch_begin(a->batch);
	a->came = 0;
	how = call_wait_head(call, t);
	if (how == ATTEMPT_OK)
		how = call_check(call, t, answer);
	if (how == ATTEMPT_OK && call->rq->entry.first_byte_ms < 0)
		call->rq->entry.first_byte_ms = api_elapsed_ms(call->rq);
	for (got = TRANSFER_GOT_DATA;
	     how == ATTEMPT_OK && got == TRANSFER_GOT_DATA;) {
		buf_reset(&piece);
		how = call_read(call, t, &piece, &got);
		if (how == ATTEMPT_OK)
			how = take_piece(a, answer, &piece);
	}
	if (how == ATTEMPT_OK)
		how = call_check(call, t, answer);
	if (how == ATTEMPT_OK)
		how = read_end(a, answer);
	buf_release(&piece);
	return how;
}

static enum gb_err
begin_batch(struct embeddings *x, size_t at, struct asking *a,
	    struct api_request *rq)
{
	struct call *call = &a->call;

	memset(a, 0, sizeof(*a));
	a->asked = &x->asked;
	a->batch = &x->batches[at];
	a->first = at * EMBEDDINGS_BATCH_MAX;
	buf_init(&a->body, BODY_MAX);
	embeddings_write_batch(a->asked, a->first, a->batch->wanted, &a->body);
	call_init(call, rq, x->asked.chat.model, &x->path);
	call->body = buf_str(&a->body);
	call->body_len = a->body.len;
	call->reader = read_batch;
	call->context = a;
	return buf_error(&a->body);
}

/* --- all batches ---------------------------------------------------------- */

/* Ask for the batches from number "first" on, side by side. */
static bool
ask_some(struct embeddings *x, struct api_request *rq, size_t first,
	 size_t count)
{
	struct several *s;
	struct call *calls[AT_ONCE];
	enum gb_err rc = GB_OK;
	bool good = false;
	size_t i;

	if ((s = several_new(rq, count)) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return false;
	}
	for (i = 0; i < count; i++) {
		enum gb_err each = begin_batch(x, first + i, &x->now[i],
					       several_request(s, i));

		if (rc == GB_OK)
			rc = each;
		calls[i] = &x->now[i].call;
	}
	if (rc == GB_OK)
		good = several_run(s, calls);
	else
		api_fail(rq, rc);
	for (i = 0; i < count; i++)
		buf_release(&x->now[i].body);
	several_free(s);
	return good;
}

static bool
ask(struct embeddings *x, struct api_request *rq)
{
	size_t first, count;

	rq->rounds = (x->count + AT_ONCE - 1) / AT_ONCE;
	for (first = 0; first < x->count; first += count) {
		count = x->count - first < AT_ONCE ? x->count - first : AT_ONCE;
		if (!ask_some(x, rq, first, count))
			return false;
	}
	return true;
}

/* --- the answer ----------------------------------------------------------- */

/* Send what there is of a long answer; false: the client is gone. */
static bool
send_piece(struct api_request *rq)
{
	enum gb_err rc = GB_OK;

	if (!web_replied(rq->web))
		rc = web_stream_begin(rq->web, 200, API_JSON_TYPE);
	if (rc == GB_OK)
		rc = web_stream_write(rq->web, buf_str(&rq->out), rq->out.len);
	buf_reset(&rq->out);
	if (rc != GB_OK)
		api_hung_up(rq);
	return rc == GB_OK;
}

static bool
answer_batch(struct embeddings_writer *w, struct embeddings_batch *b,
	     struct api_request *rq)
{
	size_t i;

	for (i = 0; i < b->count; i++) {
		embeddings_write_vector(w, b, i);
		if (rq->out.len >= SEND_BYTES && !send_piece(rq))
			return false;
	}
	embeddings_batch_release(b);
	return true;
}

/* Once it has begun it cannot fail but by the client's leaving: there is room
 * for all that is ever in "out". */
static void
answer(struct embeddings *x, struct api_request *rq)
{
	struct embeddings_writer w;
	size_t i, longest = 0;

	for (i = 0; i < x->count; i++)
		if (x->batches[i].dimensions > longest)
			longest = x->batches[i].dimensions;
	if (buf_reserve(&rq->out, SEND_BYTES + ENDS_MAX +
				      EMBEDDINGS_WRITTEN_MAX(longest)) ==
	    NULL) {
		api_fail(rq, GB_ENOMEM);
		return;
	}
	dropped_name(&x->asked.chat.dropped, rq->web);
	embeddings_write_begin(&w, x->asked.base64, &rq->out);
	for (i = 0; i < x->count; i++)
		if (!answer_batch(&w, &x->batches[i], rq))
			return;
	embeddings_write_end(&w, x->asked.asked, rq->entry.prompt_tokens);
	rq->status = 200;
	rq->content_type = API_JSON_TYPE;
}

void
embeddings_create(struct api_request *rq)
{
	struct embeddings *x;
	size_t i;

	if ((x = calloc(1, sizeof(*x))) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return;
	}
	buf_init(&x->path, URL_MAX);
	if (read_request(x, rq) && ask(x, rq))
		answer(x, rq);
	for (i = 0; i < x->count; i++)
		embeddings_batch_release(&x->batches[i]);
	embeddings_request_release(&x->asked);
	buf_release(&x->path);
	free(x);
}
