/* call_read.c: what a call's reader does: wait for the answer, and keep the
 * client's line open meanwhile */
#include "api/campaign.h"

#include <string.h>

#include "base/clock.h"

#define STOP_LOOK_MS 100 /* how often a pause looks whether it is to end */

/* --- several for one request -------------------------------------------- */

void
call_lock(struct call *call)
{
	if (call->peers != NULL)
		pthread_mutex_lock(&call->peers->client);
}

void
call_unlock(struct call *call)
{
	if (call->peers != NULL)
		pthread_mutex_unlock(&call->peers->client);
}

bool
call_is_stopped(const struct call *call)
{
	return call->peers != NULL && atomic_load(&call->peers->stop);
}

static int64_t
last_sent_ms(const struct call *call)
{
	return call->peers == NULL ? call->last_sent_ms
				   : atomic_load(&call->peers->last_sent_ms);
}

static void
note_sent(struct call *call)
{
	call->last_sent_ms = clock_mono_ms();
	if (call->peers != NULL)
		atomic_store(&call->peers->last_sent_ms, call->last_sent_ms);
}

/* --- for readers -------------------------------------------------------- */

enum attempt
call_send(struct call *call, const char *data, size_t len)
{
	struct web_request *web = call->rq->web;
	enum gb_err rc;

	call_lock(call);
	rc = call_is_stopped(call) ? GB_ECANCELED : GB_OK;
	if (rc == GB_OK && !web_replied(web))
		rc = web_stream_begin(web, 200, call->stream_type);
	if (rc == GB_OK && len > 0)
		rc = web_stream_write(web, data, len);
	note_sent(call);
	call_unlock(call);
	return rc == GB_OK ? ATTEMPT_OK : ATTEMPT_GONE;
}

int64_t
call_patience_ms(const struct call *call)
{
	int64_t left, interval_ms;

	if (call->stream_type == NULL || call->keepalive == NULL)
		return -1;
	interval_ms = call->keepalive_ms > 0
			  ? call->keepalive_ms
			  : call->rq->cfg->keepalive_interval_ms;
	left = last_sent_ms(call) + interval_ms - clock_mono_ms();
	return left > 0 ? left : 0;
}

enum attempt
call_keep_alive(struct call *call)
{
	return call_send(call, call->keepalive, strlen(call->keepalive));
}

enum attempt
call_wait_head(struct call *call, struct transfer *t)
{
	while (transfer_head(t, call_patience_ms(call)) == TRANSFER_GOT_NOTHING)
		if (call_keep_alive(call) == ATTEMPT_GONE)
			return ATTEMPT_GONE;
	return ATTEMPT_OK;
}

/* The same, but for the reader's own business. */
static int64_t
wait_ms(const struct call *call)
{
	int64_t wait = call_patience_ms(call), left;

	if (call->wake_ms == 0)
		return wait;
	left = call->wake_ms - clock_mono_ms();
	if (left < 0)
		left = 0;
	return wait >= 0 && wait < left ? wait : left;
}

enum attempt
call_read(struct call *call, struct transfer *t, struct buf *out,
	  enum transfer_got *got)
{
	for (;;) {
		*got = transfer_read(t, out, wait_ms(call));
		if (*got != TRANSFER_GOT_NOTHING ||
		    (call->wake_ms != 0 && clock_mono_ms() >= call->wake_ms))
			return ATTEMPT_OK;
		if (call_patience_ms(call) == 0 &&
		    call_keep_alive(call) == ATTEMPT_GONE)
			return ATTEMPT_GONE;
	}
}

enum attempt
call_pause(struct call *call, int64_t pause_ms)
{
	int64_t step;

	for (; pause_ms > 0; pause_ms -= step) {
		step = call->peers != NULL && pause_ms > STOP_LOOK_MS
			   ? STOP_LOOK_MS
			   : pause_ms;
		if (call_is_stopped(call) ||
		    transfer_pause(web_watch_fd(call->rq->web), step))
			return ATTEMPT_GONE;
	}
	return ATTEMPT_OK;
}

/* Read an error's body into call->error_body.  What does not arrive is not
 * missed: the status has said it. */
static enum attempt
read_error_body(struct call *call, struct transfer *t)
{
	enum transfer_got got;

	buf_reset(&call->error_body);
	do {
		if (call_read(call, t, &call->error_body, &got) == ATTEMPT_GONE)
			return ATTEMPT_GONE;
	} while (got == TRANSFER_GOT_DATA &&
		 buf_error(&call->error_body) == GB_OK);
	return ATTEMPT_OK;
}

enum attempt
call_check(struct call *call, struct transfer *t, struct answer *answer)
{
	exit_turn_heard(call->exit, t); /* a stream may take its time */
	answer->status = transfer_status(t);
	answer->fault = ANSWER_COMPLETE;
	if (answer->status >= 300) {
		if (read_error_body(call, t) == ATTEMPT_GONE)
			return ATTEMPT_GONE;
		answer->body = buf_str(&call->error_body);
		answer->body_len = call->error_body.len;
		return transfer_end(t) == TRANSFER_HUNG_UP ? ATTEMPT_GONE
							   : ATTEMPT_FAILED;
	}
	switch (transfer_end(t)) {
	case TRANSFER_RUNNING:
	case TRANSFER_DONE:
		return ATTEMPT_OK;
	case TRANSFER_HUNG_UP:
		return ATTEMPT_GONE;
	case TRANSFER_TIMEOUT:
		answer->fault = ANSWER_TIMEOUT;
		break;
	case TRANSFER_EXIT:
		answer->fault = ANSWER_EXIT;
		break;
	case TRANSFER_NETWORK:
	case TRANSFER_FORBIDDEN:
		answer->fault = ANSWER_NETWORK;
		break;
	case TRANSFER_TOO_LARGE:
		answer->fault = ANSWER_GARBAGE;
		break;
	}
	buf_reset(&call->error_body);
	buf_puts(&call->error_body, transfer_error(t));
	answer->body = buf_str(&call->error_body);
	answer->body_len = call->error_body.len;
	return ATTEMPT_FAILED;
}
