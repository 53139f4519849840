/* transfer.c: what a request thread sees of one exchange */
#include "upstream/transfer.h"

#include <string.h>

#include "upstream/exchange.h"

enum gb_err
transfer_start(struct engine *engine, const struct transfer_request *rq,
	       struct transfer **out)
{
	struct transfer *t;
	enum gb_err rc;

	*out = NULL;
	t = engine_borrow(engine);
	if (t == NULL)
		return GB_ENOMEM;
	rc = exchange_prepare(t, rq);
	if (rc != GB_OK) {
		exchange_forget(t);
		engine_return(engine, t);
		return rc;
	}
	engine_ask(engine, t, ASK_START);
	*out = t;
	return GB_OK;
}

static bool
transfer_has(const struct transfer *t, unsigned int event)
{
	return (atomic_load(&t->events) & event) != 0;
}

/* Put "len" bytes, or the end of all, where the engine looks for them; false:
 * no memory. */
static bool
transfer_put(struct transfer *t, const char *data, size_t len, bool end)
{
	bool resume, good;

	pthread_mutex_lock(&t->lock);
	if (len > 0) {
		buf_add(&t->feed, data, len);
		atomic_fetch_and(&t->events, ~(unsigned int)EVENT_ROOM);
	}
	good = buf_error(&t->feed) == GB_OK;
	t->feed_ended = end;
	resume = t->feed_paused;
	t->feed_paused = false;
	pthread_mutex_unlock(&t->lock);
	if (resume)
		engine_ask(t->engine, t, ASK_RESUME);
	return good;
}

bool
transfer_feed(struct transfer *t, const char *data, size_t len)
{
	(void)exchange_wait(t, EVENT_ROOM | EVENT_OVER, -1);
	if (transfer_has(t, EVENT_OVER))
		return false;
	return transfer_put(t, data, len, false);
}

void
transfer_feed_end(struct transfer *t)
{
	if (!transfer_has(t, EVENT_OVER))
		(void)transfer_put(t, NULL, 0, true);
}

enum transfer_got
transfer_head(struct transfer *t, int64_t wait_ms)
{
	unsigned int events;

	events = t->whole ? EVENT_OVER : EVENT_HEAD | EVENT_OVER;
	if (!exchange_wait(t, events, wait_ms))
		return TRANSFER_GOT_NOTHING;
	return transfer_has(t, EVENT_HEAD) ? TRANSFER_GOT_DATA
					   : TRANSFER_GOT_END;
}

int
transfer_first(struct transfer *const two[2], int64_t wait_ms)
{
	return exchange_wait_first(two, EVENT_HEAD | EVENT_OVER, wait_ms);
}

/* Append "from" to "out", without a copy where "out" is empty. */
static void
transfer_move(struct buf *out, struct buf *from)
{
	struct buf was;

	if (out->len > 0 || from->len > out->max || buf_error(out) != GB_OK) {
		buf_add(out, from->data, from->len);
	} else {
		was = *out;
		out->data = from->data;
		out->len = from->len;
		out->size = from->size;
		from->data = was.data;
		from->size = was.size;
	}
	buf_reset(from);
}

static enum transfer_got
transfer_read_whole(struct transfer *t, struct buf *out, int64_t wait_ms)
{
	if (!exchange_wait(t, EVENT_OVER, wait_ms))
		return TRANSFER_GOT_NOTHING;
	if (t->end != TRANSFER_DONE || t->body.len == 0)
		return TRANSFER_GOT_END;
	transfer_move(out, &t->body);
	return TRANSFER_GOT_DATA;
}

enum transfer_got
transfer_read(struct transfer *t, struct buf *out, int64_t wait_ms)
{
	bool resume, got;

	if (t->whole)
		return transfer_read_whole(t, out, wait_ms);
	if (!exchange_wait(t, EVENT_DATA | EVENT_OVER, wait_ms))
		return TRANSFER_GOT_NOTHING;

	pthread_mutex_lock(&t->lock);
	got = t->body.len > 0;
	buf_add(out, t->body.data, t->body.len);
	buf_reset(&t->body);
	resume = t->paused;
	t->paused = false;
	atomic_fetch_and(&t->events, ~(unsigned int)EVENT_DATA);
	pthread_mutex_unlock(&t->lock);

	if (resume)
		engine_ask(t->engine, t, ASK_RESUME);
	return got ? TRANSFER_GOT_DATA : TRANSFER_GOT_END;
}

int
transfer_status(const struct transfer *t)
{
	return transfer_has(t, EVENT_HEAD) ? t->status : 0;
}

const char *
transfer_header(const struct transfer *t, const char *name)
{
	return transfer_has(t, EVENT_HEAD) ? exchange_header(t, name) : NULL;
}

enum transfer_end
transfer_end(const struct transfer *t)
{
	return transfer_has(t, EVENT_OVER) ? t->end : TRANSFER_RUNNING;
}

void
transfer_times(const struct transfer *t, struct transfer_times *out)
{
	const struct {
		CURLINFO info;
		int64_t *ms;
	} times[] = {
	    {CURLINFO_CONNECT_TIME_T, &out->connect_ms},
	    {CURLINFO_APPCONNECT_TIME_T, &out->tls_ms},
	    {CURLINFO_STARTTRANSFER_TIME_T, &out->first_byte_ms},
	};
	curl_off_t us;
	size_t i;

	for (i = 0; i < GB_COUNT(times); i++) {
		us = 0;
		if (transfer_has(t, EVENT_OVER))
			curl_easy_getinfo(t->easy, times[i].info, &us);
		*times[i].ms = us > 0 ? (int64_t)(us + 999) / 1000 : -1;
	}
}

const char *
transfer_error(const struct transfer *t)
{
	return transfer_has(t, EVENT_OVER) ? t->error : "";
}

void
transfer_free(struct transfer *t)
{
	struct engine *engine;

	if (t == NULL)
		return;
	engine = t->engine;
	/* Only this thread sets an ask, so none can come after this look. */
	if (!transfer_has(t, EVENT_OVER) || atomic_load(&t->asks) != 0) {
		engine_ask(engine, t, ASK_CANCEL);
		(void)exchange_wait(t, EVENT_RELEASED, -1);
	}
	exchange_forget(t);
	engine_return(engine, t);
}
