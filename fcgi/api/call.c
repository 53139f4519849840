/* call.c: the next key, the call, its verdict, and another key */
#include "api/campaign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/admit.h"
#include "base/clock.h"
#include "base/log.h"

#define ERROR_BODY_MAX (256 * 1024) /* bytes read of an error's body */
#define FEED_BYTES     (128 * 1024) /* of a body at a time */
#define MINUTES_QUOTA_MS \
	(10 * 60 * 1000) /* a longer rest is for a quota of \
			    a day, or for money */
#define ATTEMPTS_KEPT 64 /* failed attempts in the journal */

void
call_init(struct call *call, struct api_request *rq, const char *model,
	  const struct buf *path)
{
	call->rq = rq;
	call->pool = rq->pool;
	call->model = model;
	call->method = "POST";
	call->path = buf_str(path);
}

static size_t
add_headers(const struct call *call, const struct key_turn *key,
	    struct transfer_header *h, size_t max)
{
	const struct string_pairs *custom = &call->rq->cfg->custom_headers;
	size_t i, n;

	n = 0;
	h[n].name = "x-goog-api-key";
	h[n++].value = key->secret;
	if (call->body != NULL || call->source != NULL) {
		h[n].name = "Content-Type";
		h[n++].value = call->content_type == NULL ? "application/json"
							  : call->content_type;
	}
	for (i = 0; i < call->header_count && n < max; i++)
		h[n++] = call->headers[i];
	for (i = 0; i < custom->count && n < max; i++) {
		h[n].name = custom->items[i].name;
		h[n++].value = custom->items[i].value;
	}
	return n;
}

void
campaign_forget_answer(const struct call *call, struct campaign *c)
{
	memset(&c->answer, 0, sizeof(c->answer));
	c->answer.object = call->object || call->pin != 0;
	c->answer.body = "";
}

enum gb_err
campaign_start(struct call *call, struct campaign *c, struct transfer **out)
{
	const struct settings *cfg = call->rq->cfg;
	struct transfer_header headers[CALL_HEADERS_MAX];
	struct transfer_request req;
	struct buf url;
	enum gb_err rc;

	*out = NULL;
	campaign_forget_answer(call, c);
	call->rq->entry.attempts++;
	buf_init(&url, 16 * 1024);
	pool_url(&url, cfg, call->pool, call->path);
	memset(&req, 0, sizeof(req));
	req.method = call->method;
	req.url = buf_str(&url);
	req.headers = headers;
	req.header_count =
	    add_headers(call, &c->key, headers, CALL_HEADERS_MAX);
	req.body = call->body;
	req.body_len = call->body_len;
	req.feeds = call->source != NULL;
	req.feed_len = call->source_len;
	exit_turn_use(&c->exit, &req);
	req.connect_timeout_ms = cfg->connect_timeout_ms;
	req.first_byte_timeout_ms = cfg->first_byte_timeout_ms;
	req.idle_timeout_ms = cfg->idle_timeout_ms;
	req.total_timeout_ms = cfg->total_timeout_ms;
	req.whole = call->whole;
	req.body_max = (size_t)cfg->max_reply;
	req.queue_max = (size_t)cfg->stream_buffer;
	req.watch_fd = web_watch_fd(call->rq->web);
	req.cancel = call->peers == NULL ? NULL : &call->peers->stop;
	req.races = hedge_may(call);
	rc = buf_error(&url);
	if (rc == GB_OK)
		rc = transfer_start(app_engine(call->rq->app), &req, out);
	buf_release(&url);
	return rc;
}

/* --- verdicts and errors ------------------------------------------------ */

/* Keep the failed attempt for the journal. */
void
campaign_note(struct call *call, const struct campaign *c, int64_t began_ms)
{
	struct journal_entry *e = &call->rq->entry;
	struct journal_attempt *list, *a;
	struct buf text;

	if (e->failed_count >= ATTEMPTS_KEPT)
		return;
	list = realloc(e->failed, (e->failed_count + 1) * sizeof(*list));
	if (list == NULL)
		return;
	e->failed = list;
	a = &list[e->failed_count++];
	memset(a, 0, sizeof(*a));
	a->time_ms = began_ms;
	a->key_id = c->key.id;
	a->status = c->answer.status;
	a->error_class = c->verdict.error_class;
	buf_init(&text, JOURNAL_TEXT_MAX);
	upstream_error_text(c->answer.body, c->answer.body_len, c->key.secret,
			    &text);
	a->text = buf_take(&text);
	buf_release(&text);
}

static const enum api_fault fault_of_answer[] = {
    [ANSWER_NETWORK] = FAULT_UPSTREAM, [ANSWER_EXIT] = FAULT_NO_EXIT,
    [ANSWER_TIMEOUT] = FAULT_TIMEOUT,  [ANSWER_EMPTY] = FAULT_EMPTY,
    [ANSWER_GARBAGE] = FAULT_UPSTREAM,
};

static const char *const text_of_answer[] = {
    [ANSWER_NETWORK] = "The connection to upstream failed.",
    [ANSWER_EXIT] = "The proxy that leads to upstream failed.",
    [ANSWER_TIMEOUT] = "Upstream did not answer in time.",
    [ANSWER_EMPTY] = "Upstream gave an empty answer.",
    [ANSWER_GARBAGE] = "Upstream answered with something that is not of its "
		       "protocol.",
};

/* Say when it is worth coming back; "back_at" is wall time. */
static void
set_retry_after(struct api_error *e, int64_t back_at)
{
	api_error_retry_after(e, back_at - clock_wall_ms());
}

/* The last attempt's failure, as the client is to see it. */
static void
error_from_attempt(struct call *call, const struct campaign *c)
{
	struct api_error *e = &call->rq->error;
	const struct verdict *v = &c->verdict;

	if (c->answer.fault != ANSWER_COMPLETE) {
		api_error_set(e, fault_of_answer[c->answer.fault], NULL, "%s",
			      text_of_answer[c->answer.fault]);
		return;
	}
	api_error_from_upstream(e, c->answer.status, c->answer.body,
				c->answer.body_len, c->key.secret,
				v->action == KEY_DISABLE ||
				    v->action == KEY_COUNT,
				v->terminal_day);
	if (e->status == 429 && v->until_ms > 0)
		set_retry_after(e, v->until_ms);
}

/* The one key that can do it, or that an admin wants to; 0: any can. */
static int64_t
pin_of(const struct call *call)
{
	return call->pin != 0 ? call->pin : call->rq->only_key;
}

/* The one key that would do has no turn: "rc" and "back_at" are of
 * store_key_turn_of(). */
static void
error_from_pin(struct call *call, enum gb_err rc, int64_t back_at)
{
	const char *which = call->pin == 0
				? "that was chosen"
				: "that what this request names belongs to";
	struct api_error *e = &call->rq->error;

	if (rc == GB_EBUSY && back_at > 0) {
		api_error_set(e,
			      back_at - clock_wall_ms() > MINUTES_QUOTA_MS
				  ? FAULT_QUOTA
				  : FAULT_RATE_LIMIT,
			      NULL,
			      "The Gemini key %s is resting, and no other key "
			      "can use it.",
			      which);
		set_retry_after(e, back_at);
		return;
	}
	api_error_set(e, FAULT_NOT_FOUND, NULL,
		      "The Gemini key %s is %s, and no other key can use it.",
		      which,
		      rc == GB_EBUSY ? "disabled" : "not there any more");
}

/* As clients read it. */
static const char *const pool_words[POOL__MAX] = {
    [POOL_GEMINI] = "Gemini",
    [POOL_VERTEX] = "Vertex AI",
};

/* No key was left to take. */
static void
error_from_pool(struct call *call, const struct campaign *c, int64_t back_at)
{
	struct api_error *e = &call->rq->error;
	int64_t all, enabled;
	bool resting, serves;

	resting = back_at > 0 && (!c->asked || c->verdict.action != KEY_KEEP);
	if (resting) {
		api_error_set(e,
			      back_at - clock_wall_ms() > MINUTES_QUOTA_MS
				  ? FAULT_QUOTA
				  : FAULT_RATE_LIMIT,
			      NULL,
			      "All keys are resting: their quota for this "
			      "model is used up, or upstream asked for a "
			      "pause.");
		set_retry_after(e, back_at);
		return;
	}
	if (c->asked) {
		error_from_attempt(call, c);
		return;
	}
	if (store_keys_count(app_store(call->rq->app), call->pool, &all,
			     &enabled) != GB_OK)
		all = enabled = 0;
	if (store_keys_serve(app_store(call->rq->app), call->pool, call->model,
			     &serves) != GB_OK)
		serves = true;
	api_error_set(e, FAULT_NO_KEYS, NULL, "No %s key is %s.",
		      pool_words[call->pool],
		      all == 0		       ? "configured"
		      : enabled == 0 || serves ? "in service"
					       : "allowed to serve this model");
}

/* A breaker is open until "back_at". */
static void
error_from_breaker(struct call *call, const struct campaign *c, int64_t back_at)
{
	struct api_error *e = &call->rq->error;

	if (c->asked)
		error_from_attempt(call, c);
	else
		api_error_set(e, FAULT_OVERLOADED, NULL,
			      "Upstream fails with every key at the moment, "
			      "and is left alone for a while.");
	set_retry_after(e, back_at);
}

/* No exit is left to leave by, or there is no time to try one. */
static void
error_from_exits(struct call *call, const struct campaign *c)
{
	struct api_error *e = &call->rq->error;

	if (call->rq->cfg->proxies.count == 0 ||
	    (c->asked && c->answer.fault != ANSWER_EXIT)) {
		error_from_breaker(call, c, c->exit.back_at);
		return;
	}
	api_error_set(e, FAULT_NO_EXIT, NULL, "%s",
		      c->exit.exit != NULL
			  ? text_of_answer[ANSWER_EXIT]
			  : "None of the proxies that lead to upstream works, "
			    "and requests do not go past them.");
	if (c->exit.back_at > 0)
		set_retry_after(e, c->exit.back_at);
}

static void
no_key(struct call *call, const struct campaign *c, enum gb_err rc,
       int64_t back_at)
{
	if (rc == GB_EBUSY && pin_of(call) == 0)
		error_from_breaker(call, c, back_at);
	else if (pin_of(call) != 0 && (rc == GB_ENOTFOUND || rc == GB_EBUSY))
		error_from_pin(call, rc, back_at);
	else if (rc == GB_ENOTFOUND)
		error_from_pool(call, c, back_at);
	else
		api_fail(call->rq, rc);
}

/* Whether the verdict, MAX_RETRIES and the time allow another attempt. */
static bool
may_retry(struct call *call, struct campaign *c)
{
	static const int limit[] = {
	    [RETRY_NO] = 0,	[RETRY_OTHER] = KEY_TRIED_MAX,
	    [RETRY_ONCE] = 1,	[RETRY_TWICE] = 2,
	    [RETRY_THRICE] = 3,
	};
	const struct settings *cfg = call->rq->cfg;

	/* Another key is no help to what one key owns. */
	if (call->once || call->source != NULL ||
	    (pin_of(call) != 0 &&
	     (c->verdict.action != KEY_KEEP ||
	      (c->answer.status >= 400 && c->answer.status < 500))))
		return false;
	if (call->roam && api_elapsed_ms(call->rq) < cfg->retry_budget_ms &&
	    (c->answer.status == 403 || c->answer.status == 404) &&
	    c->tried.count < KEY_TRIED_MAX)
		return true;
	if (++c->rows[c->verdict.row] > limit[c->verdict.retry])
		return false;
	if (api_elapsed_ms(call->rq) + c->verdict.pause_ms >=
	    cfg->retry_budget_ms)
		return false;
	/* A key found dead or exhausted is out of the rotation and costs
	 * nobody a call again, so passing over it is free (promise 4). */
	if (c->verdict.action == KEY_KEEP || c->verdict.action == KEY_COUNT)
		c->retries++;
	return c->retries <= cfg->max_retries;
}

/* Whether the request is another now, for the same key: that is nobody's retry,
 * but it has to end in time, too. */
static bool
may_repair(struct call *call, const struct campaign *c)
{
	return call->repair != NULL && c->verdict.action == KEY_KEEP &&
	       api_elapsed_ms(call->rq) < call->rq->cfg->retry_budget_ms &&
	       call->repair(call, &c->answer);
}

/* Whether "rc" and "back_at", as take_key() gave them, say that a key rests and
 * comes back so soon that waiting for it is better than an error. */
static bool
may_wait(const struct call *call, const struct campaign *c, enum gb_err rc,
	 int64_t back_at)
{
	const struct settings *cfg = call->rq->cfg;
	int64_t wait_ms;

	/* Whoever roams has asked those that are READY what they have. */
	if ((call->roam && c->asked) ||
	    (rc != GB_ENOTFOUND && (rc != GB_EBUSY || call->pin == 0)))
		return false;
	wait_ms = back_at - clock_wall_ms();
	return back_at > 0 && c->waited_ms + wait_ms <= cfg->wait_for_key_ms &&
	       c->waited_ms < cfg->wait_for_key_ms &&
	       api_elapsed_ms(call->rq) + wait_ms < cfg->retry_budget_ms;
}

/* Wait until then; GB_EBUSY: too many do, GB_ECANCELED: the client hung up. */
static enum gb_err
wait_for_key(struct call *call, struct campaign *c, int64_t back_at)
{
	struct app *app = call->rq->app;
	int64_t wait_ms;
	bool there;

	if (!app_wait_begin(app, call->rq->cfg->threads))
		return GB_EBUSY;
	wait_ms = back_at - clock_wall_ms();
	wait_ms = wait_ms > 0 ? wait_ms + 1 : 1;
	there = call_pause(call, wait_ms) == ATTEMPT_OK;
	app_wait_end(app);
	c->waited_ms += wait_ms;
	/* What rested was tried, or could not be; now it may be. */
	memset(&c->tried, 0, sizeof(c->tried));
	return there ? GB_OK : GB_ECANCELED;
}

/* Pass the body on as it comes. */
static enum attempt
feed(struct call *call, struct transfer *t)
{
	enum gb_err rc;
	size_t got;
	char *part;

	if (call->source == NULL)
		return ATTEMPT_OK;
	if ((part = malloc(FEED_BYTES)) == NULL) {
		api_fail(call->rq, GB_ENOMEM);
		return ATTEMPT_REFUSED;
	}
	do {
		rc = call->source(call, part, FEED_BYTES, &got);
	} while (rc == GB_OK && got > 0 && transfer_feed(t, part, got));
	if (rc == GB_OK && got > 0 && transfer_end(t) == TRANSFER_RUNNING)
		api_fail(call->rq, rc = GB_ENOMEM);
	if (rc == GB_OK)
		transfer_feed_end(t);
	free(part);
	if (rc == GB_OK)
		return ATTEMPT_OK;
	return rc == GB_ECANCELED ? ATTEMPT_GONE : ATTEMPT_REFUSED;
}

/* One attempt with the key and by the exit in "c". */
static enum attempt
attempt_once(struct call *call, struct campaign *c)
{
	struct transfer *transfer;
	enum attempt how;

	if (campaign_start(call, c, &transfer) != GB_OK) {
		c->answer.fault = ANSWER_NETWORK;
		return ATTEMPT_FAILED;
	}
	how = feed(call, transfer);
	if (how == ATTEMPT_OK && hedge_may(call))
		how = hedge_run(call, c, &transfer);
	if (how == ATTEMPT_OK)
		how = call->reader(call, transfer, &c->answer);
	exit_turn_heard(&c->exit, transfer);
	transfer_free(transfer);
	return how;
}

/* Attempts by the key's exits, until it went out by one.  That it did not go
 * out costs neither the key nor a retry. */
static enum attempt
attempt_by_exits(struct call *call, struct campaign *c)
{
	static const struct verdict no_way = {.error_class = "exit"};
	enum attempt how;
	int64_t began_ms;

	call->exit = &c->exit;
	exit_turn_begin(&c->exit, app_store(call->rq->app), call->rq->cfg,
			c->key.secret);
	c->exit.troubles = c->key.troubles;
	/* A request that has begun goes on where there is no other way: one key
	 * may work yet (promise 4), and that it does closes the breaker. */
	c->exit.only = c->asked && call->rq->cfg->proxies.count < 2;
	while (exit_turn_next(&c->exit) == GB_OK) {
		began_ms = clock_wall_ms();
		how = attempt_once(call, c);
		if (how != ATTEMPT_FAILED || c->answer.fault != ANSWER_EXIT)
			return how;
		c->verdict = no_way;
		campaign_note(call, c, began_ms);
		/* What was fed is gone, and a client's patience has an end. */
		if (call->source != NULL ||
		    api_elapsed_ms(call->rq) >= call->rq->cfg->retry_budget_ms)
			break;
	}
	error_from_exits(call, c);
	return ATTEMPT_REFUSED;
}

void
campaign_judge(struct call *call, struct campaign *c, int64_t began_ms)
{
	c->answer.now_ms = clock_wall_ms();
	c->answer.exit = c->exit.name;
	c->answer.request_id = call->rq->entry.request_id;
	pool_judge(app_store(call->rq->app), call->rq->cfg, &c->key,
		   call->model, &c->answer, &c->verdict);
	campaign_note(call, c, began_ms);
}

/* One attempt with the key in "c", and what it says of the key. */
static enum attempt
attempt(struct call *call, struct campaign *c)
{
	struct journal_entry *e = &call->rq->entry;
	enum attempt how;
	int64_t began_ms;

	began_ms = clock_wall_ms();
	e->key_id = c->key.id;
	(void)snprintf(e->google_model, sizeof(e->google_model), "%s",
		       call->model);
	how = attempt_by_exits(call, c);
	c->asked = true;
	if (how == ATTEMPT_OK) {
		pool_succeeded(app_store(call->rq->app), &c->key, call->model,
			       c->exit.name);
	} else if (how != ATTEMPT_GONE && how != ATTEMPT_REFUSED) {
		campaign_judge(call, c, began_ms);
	}
	return how;
}

/* The first key, by the request's affinity; the next are the rotation's. */
static enum gb_err
take_first(struct call *call, struct campaign *c, struct key_turn *turn,
	   int64_t *back_at)
{
	unsigned char digest[AFFINITY_SIZE];

	if (call->first != NULL) {
		*turn = *call->first;
		c->tried.ids[c->tried.count++] = turn->id;
		return GB_OK;
	}
	if (call->affinity != NULL)
		pool_affinity(digest, call->pool, call->rq->entry.token,
			      call->affinity, call->affinity_len);
	return pool_take(app_store(call->rq->app), call->pool, call->model,
			 &c->tried, call->affinity == NULL ? NULL : digest,
			 turn, back_at);
}

/* The next key.  When each was tried, and the last one failed through no fault
 * of its own, its turn may come again: one key must do, too. */
static enum gb_err
take_key(struct call *call, struct campaign *c, int64_t *back_at)
{
	struct store *store = app_store(call->rq->app);
	struct key_turn turn;
	enum gb_err rc;

	if (pin_of(call) != 0)
		rc = store_key_turn_of(store, pin_of(call), call->model,
				       clock_wall_ms(), &turn, back_at);
	else if (!c->asked)
		rc = take_first(call, c, &turn, back_at);
	else
		rc = pool_take(store, call->pool, call->model, &c->tried, NULL,
			       &turn, back_at);
	if (rc == GB_ENOTFOUND && pin_of(call) == 0 && !call->roam &&
	    c->asked && c->verdict.action == KEY_KEEP) {
		memset(&c->tried, 0, sizeof(c->tried));
		rc = pool_take(store, call->pool, call->model, &c->tried, NULL,
			       &turn, back_at);
	}
	/* Else the last key stays: its failure is told, without its secret. */
	if (rc == GB_OK)
		c->key = turn;
	explicit_bzero(&turn, sizeof(turn));
	return rc;
}

/* The next key, and its way out, for which it may be worth waiting. */
static enum gb_err
await_key(struct call *call, struct campaign *c, int64_t *back_at)
{
	enum gb_err rc, waited;

	for (;;) {
		rc = take_key(call, c, back_at);
		if (rc == GB_OK || !may_wait(call, c, rc, *back_at))
			return rc;
		waited = wait_for_key(call, c, *back_at);
		if (waited != GB_OK)
			return waited == GB_ECANCELED ? waited : rc;
	}
}

static void
campaign_run(struct call *call, struct campaign *c)
{
	struct api_request *rq = call->rq;
	bool same_key = false;
	int64_t back_at;
	enum gb_err rc;

	while (!call_is_stopped(call)) {
		rc = same_key ? GB_OK : await_key(call, c, &back_at);
		if (rc == GB_ECANCELED)
			break;
		if (rc != GB_OK) {
			no_key(call, c, rc, back_at);
			return;
		}
		switch (attempt(call, c)) {
		case ATTEMPT_OK:
			return;
		case ATTEMPT_GONE:
			api_hung_up(rq);
			return;
		case ATTEMPT_REFUSED:
			return;
		case ATTEMPT_BROKEN:
			error_from_attempt(call, c);
			return;
		case ATTEMPT_FAILED:
			same_key = may_repair(call, c);
			if (same_key)
				break;
			if (!may_retry(call, c)) {
				error_from_attempt(call, c);
				return;
			}
			if (call_pause(call, c->verdict.pause_ms) ==
			    ATTEMPT_GONE) {
				api_hung_up(rq);
				return;
			}
		}
	}
	api_hung_up(rq);
}

void
call_run(struct call *call)
{
	struct campaign *c;

	/* several calls of one request were let in together */
	if (call->peers == NULL && !admit_calls(call->rq, &call, 1))
		return;
	if ((c = calloc(1, sizeof(*c))) == NULL) {
		api_fail(call->rq, GB_ENOMEM);
		return;
	}
	buf_init(&call->error_body, ERROR_BODY_MAX);
	call->last_sent_ms = clock_mono_ms();
	campaign_run(call, c);
	explicit_bzero(c, sizeof(*c)); /* it held keys */
	free(c);
	buf_release(&call->error_body);
}

bool
call_no_key(struct call *call, enum gb_err rc, int64_t back_at,
	    int64_t *waited_ms)
{
	struct campaign nothing_asked;
	enum gb_err waited;

	memset(&nothing_asked, 0, sizeof(nothing_asked));
	nothing_asked.waited_ms = *waited_ms;
	if (may_wait(call, &nothing_asked, rc, back_at)) {
		waited = wait_for_key(call, &nothing_asked, back_at);
		*waited_ms = nothing_asked.waited_ms;
		if (waited == GB_ECANCELED)
			api_hung_up(call->rq);
		if (waited != GB_EBUSY)
			return waited == GB_OK;
	}
	no_key(call, &nothing_asked, rc, back_at);
	return false;
}
