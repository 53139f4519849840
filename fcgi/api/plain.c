/* plain.c: calls whose reply is one JSON value */
#include "api/plain.h"

#include <string.h>

static bool
looks_like_json(const struct buf *text)
{
	const char *first;

	if (text->len == 0)
		return false;
	first = text->data + strspn(text->data, " \r\n\t");
	return *first == '{' || *first == '[';
}

enum attempt
plain_read(struct call *call, struct transfer *t, struct answer *answer)
{
	struct api_request *rq = call->rq;
	enum transfer_got got;
	enum attempt how;

	buf_reset(&rq->out);
	how = call_wait_head(call, t);
	if (how == ATTEMPT_OK)
		how = call_check(call, t, answer);
	for (got = TRANSFER_GOT_DATA;
	     how == ATTEMPT_OK && got == TRANSFER_GOT_DATA;)
		how = call_read(call, t, &rq->out, &got);
	if (how == ATTEMPT_OK)
		how = call_check(call, t, answer);
	if (how != ATTEMPT_OK)
		return how;
	if (buf_error(&rq->out) != GB_OK || !looks_like_json(&rq->out)) {
		answer->fault = ANSWER_GARBAGE;
		return ATTEMPT_FAILED;
	}
	rq->status = 200;
	rq->content_type = API_JSON_TYPE;
	if (rq->entry.first_byte_ms < 0)
		rq->entry.first_byte_ms = api_elapsed_ms(rq);
	return ATTEMPT_OK;
}

bool
plain_get(struct api_request *rq, const char *path)
{
	struct call call;

	memset(&call, 0, sizeof(call));
	call.rq = rq;
	call.model = "";
	call.method = "GET";
	call.path = path;
	call.whole = true;
	call.reader = plain_read;
	call_run(&call);
	return rq->error.fault == FAULT_NONE && !rq->entry.hung_up;
}
