/* play.c: a chat that the admin asks for on the admin pages */
#include "api/play.h"

#include <stdio.h>
#include <string.h>

#include "api/endpoints.h"

static void
take_end(const struct api_request *rq, struct play_end *end)
{
	const struct journal_entry *e = &rq->entry;

	end->key_id = e->key_id;
	end->attempts = e->attempts;
	end->first_byte_ms = e->first_byte_ms;
	end->total_ms = api_elapsed_ms(rq);
	end->tokens_in = e->prompt_tokens;
	end->tokens_out = e->completion_tokens;
	end->hung_up = e->hung_up;
	end->failed = rq->error.fault != FAULT_NONE;
	end->status = end->failed ? rq->error.status : 200;
	if (end->failed)
		(void)snprintf(end->error, sizeof(end->error), "%s",
			       rq->error.message);
}

/* The stream begins before anything is known, so that what fails is an event
 * like all else. */
static void
run_stream(const struct play *p, struct api_request *rq, struct play_end *end)
{
	web_reply_header_drop(p->web, "Cache-Control");
	if (web_stream_begin(p->web, 200, WEB_SSE_TYPE) != GB_OK)
		api_hung_up(rq);
	else if (rq->error.fault == FAULT_NONE)
		chat_completions(rq);
	take_end(rq, end);
	if (!end->hung_up)
		p->last(p->context, end, &rq->out);
	api_finish(rq);
}

void
play_run(const struct play *p, struct buf *answer, struct play_end *end)
{
	struct api_request rq;

	memset(end, 0, sizeof(*end));
	app_enter(p->app);
	api_request_init(&rq, p->web, p->app);
	rq.dialect = DIALECT_OPENAI;
	rq.pool = p->pool;
	rq.only_key = p->key_id;
	rq.family = ENDPOINT_CHAT;
	rq.owner = "";
	rq.entry.endpoint = "playground";
	rq.body_is_there = true;
	buf_add(&rq.body, p->chat, p->len);
	if (buf_error(&rq.body) != GB_OK)
		api_fail(&rq, buf_error(&rq.body));
	if (p->stream) {
		run_stream(p, &rq, end);
	} else {
		if (rq.error.fault == FAULT_NONE)
			chat_completions(&rq);
		take_end(&rq, end);
		if (!end->failed)
			buf_add(answer, buf_str(&rq.out), rq.out.len);
		rq.status = end->status;
		api_close(&rq);
	}
	api_request_release(&rq);
	app_leave(p->app);
}
