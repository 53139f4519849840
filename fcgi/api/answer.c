/* answer.c: reading what generateContent answers, whole or streamed */
#include "api/answer.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "upstream/sse_reader.h"

#define BYTES_PER_TOKEN 4    /* of text, roughly */
#define END_BYTES_MAX	4096 /* after the last event: "]" */
#define STREAM_BUF_MAX	(EVENT_BYTES_MAX + (1 << 20)) /* of waiting bytes */

/* --- pieces, counted on their way to the writer ------------------------- */

struct counter {
	struct answer_reader *reader;
	struct piece_sink sink;
};

static void
count_piece(void *context, const struct reply *reply, const struct piece *piece)
{
	struct counter *counter = context;

	counter->reader->pieces++;
	if (piece->kind == PIECE_TEXT || piece->kind == PIECE_THOUGHT)
		counter->reader->text_bytes += (int64_t)piece->text_len;
	counter->sink.piece(counter->sink.context, reply, piece);
}

static enum reply_read
read_reply(struct answer_reader *ar, const char *json, size_t len)
{
	struct counter counter;
	struct piece_sink sink;
	struct link_sink links;

	counter.reader = ar;
	pacing_set_now(&ar->pacing, clock_mono_ms());
	counter.sink = ar->writer->sink(ar);
	if (ar->writer->taken == NULL)
		counter.sink = pacing_sink(&ar->pacing, counter.sink);
	sink.piece = count_piece;
	sink.context = &counter;
	links = search_links_sink(&ar->links);
	return reply_read_links(&ar->reply, json, len, &sink,
				ar->show_links ? &links : NULL);
}

static void
no_piece(void *context, const struct reply *reply, const struct piece *piece)
{
	(void)context;
	(void)reply;
	(void)piece;
}

struct piece_sink
answer_no_sink(struct answer_reader *ar)
{
	struct piece_sink sink;

	(void)ar;
	sink.piece = no_piece;
	sink.context = NULL;
	return sink;
}

void
answer_reader_init(struct answer_reader *ar, struct api_request *rq,
		   const struct answer_writer *writer, void *context)
{
	memset(ar, 0, sizeof(*ar));
	ar->rq = rq;
	ar->writer = writer;
	ar->context = context;
	ar->call_prefix = "call_";
	native_stream_init(&ar->array, EVENT_BYTES_MAX);
	search_links_init(&ar->links);
	pacing_init(&ar->pacing, &rq->out);
}

void
answer_reader_release(struct answer_reader *ar)
{
	pacing_release(&ar->pacing);
	search_links_release(&ar->links);
	native_stream_release(&ar->array);
}

static void
reset(struct answer_reader *ar)
{
	reply_init(&ar->reply, ar->call_prefix, web_id(ar->rq->web));
	ar->reply.wants_tokens = ar->wants_tokens;
	if (ar->narrow)
		reply_narrow(&ar->reply, ar->number);
	native_stream_release(&ar->array);
	native_stream_init(&ar->array, EVENT_BYTES_MAX);
	ar->pieces = 0;
	ar->text_bytes = 0;
	search_links_reset(&ar->links);
	buf_reset(&ar->rq->out);
	pacing_reset(&ar->pacing);
	ar->writer->reset(ar);
}

/* What the journal keeps, also of an answer that broke off: then Google may
 * not have said what it cost, and four bytes a token is a fair guess. */
static void
note_usage(struct answer_reader *ar)
{
	const struct reply_usage *u = &ar->reply.usage;
	struct journal_entry *e = &ar->rq->entry;

	e->prompt_tokens = u->prompt;
	e->completion_tokens = u->completion > 0
				   ? u->completion
				   : ar->text_bytes / BYTES_PER_TOKEN;
	e->reasoning_tokens = u->reasoning;
	e->cached_tokens = u->cached;
	e->cached_audio_tokens = u->cached_audio;
	e->tool_tokens = u->tool;
	e->audio_in_tokens = u->prompt_audio;
	e->image_in_tokens = u->prompt_image;
	e->video_in_tokens = u->prompt_video;
	e->audio_out_tokens = u->completion_audio;
	e->image_out_tokens = u->completion_image;
	e->longest_prompt = u->prompt;
	(void)snprintf(e->billed_model, sizeof(e->billed_model), "%s",
		       ar->reply.model_version);
	(void)snprintf(e->service_tier, sizeof(e->service_tier), "%s",
		       ar->reply.service_tier);
}

static void
note_first_byte(struct answer_reader *ar)
{
	if (ar->rq->entry.first_byte_ms < 0)
		ar->rq->entry.first_byte_ms = api_elapsed_ms(ar->rq);
}

/* An answer that has no use but is nobody's fault deserves one more try; the
 * second time it is the answer, if it at least gives a reason. */
static bool
worth_another_try(struct answer_reader *ar)
{
	bool empty, retry;

	empty = reply_end(&ar->reply) == REPLY_EMPTY;
	if (!empty && !reply_stumbled(&ar->reply))
		return false;
	retry = !ar->stumbled || (empty && !reply_has_reason(&ar->reply));
	ar->stumbled = true;
	return retry;
}

/* Upstream said 200 and then an error: that is what it answered. */
static enum attempt
failed_inside(struct call *call, struct answer *answer, const char *json,
	      size_t len)
{
	buf_reset(&call->error_body);
	buf_add(&call->error_body, json, len);
	answer->fault = ANSWER_COMPLETE;
	answer->status = upstream_error_status(json, len);
	answer->body = buf_str(&call->error_body);
	answer->body_len = call->error_body.len;
	return ATTEMPT_FAILED;
}

enum attempt
answer_failed(struct answer *answer, enum answer_fault fault)
{
	answer->fault = fault;
	answer->body = "";
	answer->body_len = 0;
	return ATTEMPT_FAILED;
}

static bool
is_useful(struct answer_reader *ar)
{
	return ar->writer->check == NULL || ar->writer->check(ar);
}

static enum attempt
finish(struct answer_reader *ar)
{
	struct piece_sink sink;
	enum gb_err rc;

	note_first_byte(ar);
	if (ar->show_links) {
		sink = ar->writer->sink(ar);
		search_links_finish(&ar->links, &ar->reply, &sink);
	}
	if ((rc = ar->writer->finish(ar)) != GB_OK)
		api_fail(ar->rq, rc);
	return ATTEMPT_OK;
}

/* --- faked -------------------------------------------------------------- */

bool
answer_is_faked(const struct settings *cfg, const char *model)
{
	const struct string_list *models = &cfg->fake_stream_models;
	size_t i;

	for (i = 0; i < models->count; i++)
		if (strcmp(models->items[i], model) == 0)
			return true;
	return cfg->fake_stream;
}

void
answer_fake(struct answer_reader *ar, struct call *call)
{
	ar->faked = true;
	call->whole = true;
	call->reader = answer_read_whole;
	call->keepalive_ms = call->rq->cfg->fake_stream_interval_ms;
}

/* --- paced -------------------------------------------------------------- */

void
answer_pace(struct answer_reader *ar)
{
	const struct settings *cfg = ar->rq->cfg;
	const struct pacing_rules rules = {
	    .max_delay_ms = cfg->stream_max_delay_ms,
	    .min_delay_ms = cfg->stream_min_delay_ms,
	    .short_text = (size_t)cfg->stream_short_text,
	    .long_text = (size_t)cfg->stream_long_text,
	    .chunk = (size_t)cfg->stream_chunk,
	};

	if (cfg->stream_optimizer)
		pacing_start(&ar->pacing, &rules);
}

/* Send what may go, and see when there is more. */
static enum attempt
send_ready(struct call *call, int64_t *wait_ms)
{
	struct answer_reader *ar = call->context;
	struct buf *out = &ar->rq->out;
	int64_t now_ms = clock_mono_ms();
	enum attempt how = ATTEMPT_OK;
	size_t len;

	len = pacing_ready(&ar->pacing, now_ms);
	if (len > 0) {
		how = call_send(call, out->data, len);
		pacing_sent(&ar->pacing, len);
		if (len == out->len)
			buf_reset(out);
		else
			buf_consume(out, len);
	}
	*wait_ms = pacing_wait_ms(&ar->pacing, now_ms);
	return how;
}

/* All is written: wait until the last of it may go. */
static enum attempt
send_paced(struct call *call)
{
	struct answer_reader *ar = call->context;
	enum attempt how = ATTEMPT_OK;
	int64_t wait_ms;

	wait_ms = pacing_wait_ms(&ar->pacing, clock_mono_ms());
	while (how == ATTEMPT_OK && wait_ms >= 0) {
		note_first_byte(ar);
		how = send_ready(call, &wait_ms);
		if (how == ATTEMPT_OK && wait_ms >= 0)
			how = call_pause(call, wait_ms);
	}
	return how;
}

/* --- whole -------------------------------------------------------------- */

static enum attempt
judge_whole(struct call *call, struct answer *answer, const struct buf *body)
{
	struct answer_reader *ar = call->context;

	switch (read_reply(ar, buf_str(body), body->len)) {
	case REPLY_ERROR:
		return failed_inside(call, answer, buf_str(body), body->len);
	case REPLY_GARBAGE:
		return answer_failed(answer, body->len == 0 ? ANSWER_EMPTY
							    : ANSWER_GARBAGE);
	case REPLY_OK:
		break;
	}
	note_usage(ar);
	if (worth_another_try(ar))
		return answer_failed(answer, ANSWER_EMPTY);
	if (ar->writer->taken != NULL)
		ar->writer->taken(ar, buf_str(body), body->len);
	if (!is_useful(ar))
		return ATTEMPT_OK;
	if (!ar->faked)
		call->rq->status = 200;
	else if (call_send(call, "", 0) == ATTEMPT_GONE ||
		 send_paced(call) == ATTEMPT_GONE)
		return ATTEMPT_GONE;
	return finish(ar);
}

enum attempt
answer_read_whole(struct call *call, struct transfer *t, struct answer *answer)
{
	struct answer_reader *ar = call->context;
	enum transfer_got got;
	enum attempt how;
	struct buf body;

	reset(ar);
	buf_init(&body, (size_t)call->rq->cfg->max_reply);
	how = call_wait_head(call, t);
	if (how == ATTEMPT_OK)
		how = call_check(call, t, answer);
	for (got = TRANSFER_GOT_DATA;
	     how == ATTEMPT_OK && got == TRANSFER_GOT_DATA;)
		how = call_read(call, t, &body, &got);
	if (how == ATTEMPT_OK)
		how = call_check(call, t, answer);
	if (how == ATTEMPT_OK && buf_error(&body) != GB_OK)
		how = answer_failed(answer, ANSWER_GARBAGE);
	if (how == ATTEMPT_OK)
		how = judge_whole(call, answer, &body);
	buf_release(&body);
	return how;
}

/* --- streamed ----------------------------------------------------------- */

/* One stream being read: its framing, and whether the client has any of it. */
struct stream {
	struct call *call;
	struct answer_reader *ar;
	struct sse_reader sse;
	struct buf end; /* bytes after the last event */
	bool committed; /* content went out: no other key can take over */
};

static void
stream_init(struct stream *s, struct call *call)
{
	memset(s, 0, sizeof(*s));
	s->call = call;
	s->ar = call->context;
	sse_reader_init(&s->sse, EVENT_BYTES_MAX);
	buf_init(&s->end, END_BYTES_MAX);
}

static void
stream_release(struct stream *s)
{
	sse_reader_release(&s->sse);
	buf_release(&s->end);
}

static enum gb_err
stream_feed(struct stream *s, const struct buf *bytes)
{
	if (s->ar->framing == FRAMING_SSE)
		return sse_reader_feed(&s->sse, buf_str(bytes), bytes->len);
	return native_stream_feed(&s->ar->array, buf_str(bytes), bytes->len);
}

/* Give the client what is ready for it. */
static enum attempt
stream_flush(struct stream *s)
{
	enum attempt how;
	int64_t wait_ms;

	/* Until there is a piece of content another key may still answer. */
	if (s->ar->rq->out.len == 0 || s->ar->pieces == 0)
		return ATTEMPT_OK;
	s->committed = true;
	note_first_byte(s->ar);
	how = send_ready(s->call, &wait_ms);
	s->call->wake_ms = wait_ms < 0 ? 0 : clock_mono_ms() + wait_ms;
	return how;
}

static enum attempt
stream_event(struct stream *s, struct answer *answer, const char *json,
	     size_t json_len, const char *raw, size_t raw_len)
{
	switch (read_reply(s->ar, json, json_len)) {
	case REPLY_ERROR:
		return failed_inside(s->call, answer, json, json_len);
	case REPLY_GARBAGE:
		return answer_failed(answer, ANSWER_GARBAGE);
	case REPLY_OK:
		break;
	}
	note_usage(s->ar);
	if (s->ar->writer->taken != NULL)
		s->ar->writer->taken(s->ar, raw, raw_len);
	return ATTEMPT_OK;
}

static enum attempt
sse_events(struct stream *s, bool at_end, struct answer *answer)
{
	struct sse_event event;
	enum attempt how;

	how = ATTEMPT_OK;
	while (how == ATTEMPT_OK && sse_reader_next(&s->sse, at_end, &event))
		how = stream_event(s, answer, event.data, event.data_len,
				   event.raw, event.raw_len);
	return how;
}

static enum attempt
array_events(struct stream *s, struct answer *answer)
{
	struct native_element element;
	enum attempt how;

	how = ATTEMPT_OK;
	while (how == ATTEMPT_OK &&
	       native_stream_next(&s->ar->array, &element)) {
		if (element.json == NULL)
			buf_add(&s->end, element.raw, element.raw_len);
		else
			how = stream_event(s, answer, element.json,
					   element.json_len, element.raw,
					   element.raw_len);
	}
	if (how == ATTEMPT_OK && native_stream_broken(&s->ar->array))
		how = answer_failed(answer, ANSWER_GARBAGE);
	return how;
}

/* Take every event that is complete. */
static enum attempt
stream_events(struct stream *s, bool at_end, struct answer *answer)
{
	if (s->ar->framing == FRAMING_SSE)
		return sse_events(s, at_end, answer);
	return array_events(s, answer);
}

/* Whether the bytes end within something. */
static bool
stream_partial(struct stream *s)
{
	if (s->ar->framing == FRAMING_SSE)
		return sse_reader_partial(&s->sse);
	return s->ar->array.is_array && !native_stream_closed(&s->ar->array);
}

/* All bytes are here: was that a whole answer? */
static enum attempt
stream_end(struct stream *s, struct answer *answer)
{
	struct answer_reader *ar = s->ar;

	if (stream_partial(s))
		return answer_failed(answer, ANSWER_NETWORK);
	if (reply_end(&ar->reply) == REPLY_CUT ||
	    (s->committed && !reply_has_reason(&ar->reply)))
		return answer_failed(answer, ANSWER_NETWORK);
	if (!s->committed && worth_another_try(ar))
		return answer_failed(answer, ANSWER_EMPTY);
	if (!is_useful(ar))
		return ATTEMPT_OK;
	if (call_send(s->call, "", 0) == ATTEMPT_GONE ||
	    send_paced(s->call) == ATTEMPT_GONE)
		return ATTEMPT_GONE;
	/* The end goes out after the journal has its row. */
	buf_add(&ar->rq->out, buf_str(&s->end), s->end.len);
	return finish(ar);
}

static enum attempt
stream_body(struct stream *s, struct transfer *t, struct answer *answer)
{
	enum transfer_got got;
	enum attempt how;
	struct buf bytes;

	buf_init(&bytes, STREAM_BUF_MAX);
	do {
		buf_reset(&bytes);
		how = call_read(s->call, t, &bytes, &got);
		if (how == ATTEMPT_OK && stream_feed(s, &bytes) != GB_OK)
			how = answer_failed(answer, ANSWER_GARBAGE);
		if (how == ATTEMPT_OK)
			how = stream_events(s, got == TRANSFER_GOT_END, answer);
		if (how == ATTEMPT_OK && got != TRANSFER_GOT_END)
			how = stream_flush(s);
	} while (how == ATTEMPT_OK && got != TRANSFER_GOT_END);
	s->call->wake_ms = 0;
	/* An array that was closed is complete, however the line broke. */
	if (how == ATTEMPT_OK && !(s->ar->framing == FRAMING_ARRAY &&
				   native_stream_closed(&s->ar->array)))
		how = call_check(s->call, t, answer);
	if (how == ATTEMPT_OK)
		how = stream_end(s, answer);
	buf_release(&bytes);
	return how;
}

enum attempt
answer_read_stream(struct call *call, struct transfer *t, struct answer *answer)
{
	struct answer_reader *ar = call->context;
	enum attempt how;
	struct stream s;

	reset(ar);
	how = call_wait_head(call, t);
	if (how == ATTEMPT_OK)
		how = call_check(call, t, answer);
	if (how != ATTEMPT_OK)
		return how;
	stream_init(&s, call);
	how = stream_body(&s, t, answer);
	if (how == ATTEMPT_FAILED && s.committed)
		how = ATTEMPT_BROKEN; /* events that still wait go out too */
	else if (how == ATTEMPT_FAILED)
		buf_reset(&call->rq->out);
	stream_release(&s);
	return how;
}
