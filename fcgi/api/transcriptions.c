/* transcriptions.c: OpenAI's endpoints for recordings that become text */
#include "api/endpoints.h"

#include <stdlib.h>

#include "api/answer.h"
#include "api/dropped.h"
#include "api/ownership.h"
#include "api/wording.h"
#include "dialect/audio/transcription_prompt.h"
#include "dialect/audio/transcription_write.h"

#define URL_MAX 512 /* a model's name and a verb */
#define BODY_MAX \
	(256 * 1024 * 1024) /* bytes of what Gemini is sent: a recording, and \
			       words that are escaped */

struct transcribing {
	struct transcription_request asked;
	struct multipart form;
	struct wording wording; /* unless the model is a dedicated one */
	struct buf path, body;
	struct call call;
	struct answer_reader reader;
	struct transcription heard;
	bool flows;	      /* the text goes out as it comes */
	struct api_error why; /* of the last answer that was garbled */
};

/* --- the request ---------------------------------------------------------- */

static bool
read_form(struct transcribing *x, struct api_request *rq,
	  enum transcription_task task)
{
	const char *type = web_header(rq->web, "Content-Type");

	if (!api_read_body(rq))
		return false;
	if (!multipart_is(type)) {
		api_error_set(&rq->error, FAULT_INVALID, NULL,
			      "The body must be a form with a file "
			      "(multipart/form-data).");
		return false;
	}
	if (multipart_read(type, buf_str(&rq->body), rq->body.len, &x->form,
			   &rq->error) != GB_OK ||
	    transcription_read(&x->form, task, rq->cfg->strict, &x->asked,
			       &rq->error) != GB_OK)
		return false;
	buf_release(&rq->body); /* the chat has it all */
	return true;
}

static bool
choose_model(struct transcribing *x, struct api_request *rq)
{
	const struct chat *chat = &x->asked.chat;

	rq->entry.stream = x->asked.stream;
	api_note_model(rq, chat->model);
	if (transcription_plan(&x->asked, rq->snap->models,
			       rq->cfg->transcribe_model, &x->wording.facts,
			       &rq->error) != GB_OK)
		return false;
	api_note_model(rq, chat->model);
	x->flows = x->asked.stream && transcription_flows(&x->asked) &&
		   !answer_is_faked(rq->cfg, chat->model);
	return true;
}

static enum gb_err
write_body(struct transcribing *x, struct api_request *rq)
{
	if (!x->asked.dedicated)
		return wording_write(&x->wording, &rq->error);
	transcription_write_dedicated(&x->asked, &x->body);
	if (buf_error(&x->body) != GB_OK)
		api_fail(rq, buf_error(&x->body));
	return buf_error(&x->body);
}

static bool
write_request(struct transcribing *x, struct api_request *rq)
{
	buf_printf(&x->path, "/v1beta/models/%s:%s", x->asked.chat.model,
		   x->flows ? "streamGenerateContent?alt=sse"
			    : "generateContent");
	return ownership_pin_chat(rq, &x->asked.chat, &x->call.pin) &&
	       write_body(x, rq) == GB_OK;
}

/* --- the answer ----------------------------------------------------------- */

static void
heard_reset(struct answer_reader *ar)
{
	struct transcribing *x = ar->context;

	transcription_reset(&x->heard);
}

static struct piece_sink
heard_sink(struct answer_reader *ar)
{
	struct transcribing *x = ar->context;

	return transcription_sink(&x->heard);
}

static void
heard_taken(struct answer_reader *ar, const char *raw, size_t len)
{
	struct transcribing *x = ar->context;

	(void)raw;
	(void)len;
	if (x->flows)
		transcription_write_delta(transcription_take(&x->heard),
					  &ar->rq->out);
}

static enum gb_err
heard_finish(struct answer_reader *ar)
{
	struct transcribing *x = ar->context;
	const struct reply_usage *usage = &ar->reply.usage;
	struct api_request *rq = ar->rq;

	if (transcription_finish(&x->heard, &ar->reply, &x->why) != GB_OK) {
		if (!x->heard.garbled)
			rq->error = x->why;
		return GB_OK;
	}
	if (x->asked.stream)
		transcription_write_done(&x->heard, usage, &rq->out);
	else
		transcription_write(&x->heard, usage, &rq->out);
	rq->content_type = transcription_content_type(x->asked.format);
	return buf_error(&rq->out);
}

static const struct answer_writer heard_writer = {
    .reset = heard_reset,
    .sink = heard_sink,
    .taken = heard_taken,
    .finish = heard_finish,
};

/* A call_reader.  An answer without the form that was asked for is nobody's
 * fault, and worth another try. */
static enum attempt
read_heard(struct call *call, struct transfer *t, struct answer *answer)
{
	struct answer_reader *ar = call->context;
	struct transcribing *x = ar->context;
	enum attempt how;

	how = (x->flows ? answer_read_stream : answer_read_whole)(call, t,
								  answer);
	if (how != ATTEMPT_OK || !x->heard.garbled)
		return how;
	return answer_failed(answer, ANSWER_GARBAGE);
}

static void
init_call(struct transcribing *x, struct api_request *rq)
{
	struct call *call = &x->call;

	call_init(call, rq, x->asked.chat.model, &x->path);
	call->context = &x->reader;
	call->whole = !x->flows;
	if (x->asked.stream) {
		call->stream_type = WEB_SSE_TYPE;
		call->keepalive = API_KEEPALIVE;
		if (!x->flows)
			answer_fake(&x->reader, call);
	}
	call->reader = read_heard;
	if (!x->asked.dedicated) {
		wording_send(&x->wording, &x->reader, call);
	} else {
		call->body = buf_str(&x->body);
		call->body_len = x->body.len;
	}
}

static void
transcribe(struct transcribing *x, struct api_request *rq)
{
	answer_reader_init(&x->reader, rq, &heard_writer, x);
	x->reader.framing = FRAMING_SSE;
	transcription_init(&x->heard, &x->asked, REPLY_BYTES_MAX);
	init_call(x, rq);
	dropped_name(&x->asked.chat.dropped, rq->web);
	call_run(&x->call);
	if (x->heard.garbled && rq->error.fault == FAULT_UPSTREAM)
		rq->error = x->why;
	if (rq->error.fault != FAULT_NONE && web_replied(rq->web))
		transcription_write_broken(&rq->error, &rq->out);
	answer_reader_release(&x->reader);
	transcription_release(&x->heard);
}

/* --- all of it ------------------------------------------------------------ */

static void
serve(struct api_request *rq, enum transcription_task task)
{
	struct transcribing *x;

	if ((x = calloc(1, sizeof(*x))) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return;
	}
	chat_init(&x->asked.chat);
	buf_init(&x->path, URL_MAX);
	buf_init(&x->body, BODY_MAX);
	wording_init(&x->wording, rq->snap->models, &x->asked.chat, &x->body);
	if (read_form(x, rq, task) && choose_model(x, rq) &&
	    write_request(x, rq))
		transcribe(x, rq);
	transcription_request_release(&x->asked);
	buf_release(&x->path);
	buf_release(&x->body);
	free(x);
}

void
transcriptions_create(struct api_request *rq)
{
	serve(rq, TASK_TRANSCRIBE);
}

void
transcriptions_translate(struct api_request *rq)
{
	serve(rq, TASK_TRANSLATE);
}
