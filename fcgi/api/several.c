/* several.c: one request that is several calls upstream, side by side */
#include "api/several.h"

#include <stdlib.h>
#include <string.h>

#include "api/admit.h"
#include "base/clock.h"
#include "base/log.h"

#define STACK_BYTES \
	(256 * 1024) /* as a request's thread; only what is \
			touched counts */

/* One of the calls. */
struct runner {
	struct several *all;
	struct api_request rq;
	struct call *call;
	struct key_turn first;
	pthread_t thread;
	bool threaded; /* else it is the request thread's to run */
};

struct several {
	struct api_request *rq;
	size_t count;
	bool each; /* is good by itself */
	struct call_peers peers;
	struct runner *failed; /* the first; under peers.client */
	int64_t last_key;      /* of the one that ended last; the same */
	struct runner runners[];
};

static void
share_request(struct api_request *to, const struct api_request *from)
{
	const struct journal_entry *e = &from->entry;

	to->app = from->app;
	to->snap = from->snap;
	to->cfg = from->cfg;
	to->web = from->web;
	to->dialect = from->dialect;
	to->pool = from->pool;
	to->rest = from->rest;
	buf_init(&to->body, 0);
	buf_init(&to->out, REPLY_BYTES_MAX);
	api_error_clear(&to->error);
	to->entry.error_class = "";
	to->entry.first_byte_ms = -1;
	memcpy(to->entry.request_id, e->request_id, sizeof(e->request_id));
	memcpy(to->entry.token, e->token, sizeof(e->token));
	memcpy(to->entry.model, e->model, sizeof(e->model));
}

struct several *
several_new(struct api_request *rq, size_t count)
{
	struct several *s;
	size_t i;

	s = calloc(1, sizeof(*s) + count * sizeof(s->runners[0]));
	if (s == NULL)
		return NULL;
	s->rq = rq;
	s->count = count;
	pthread_mutex_init(&s->peers.client, NULL);
	atomic_init(&s->peers.last_sent_ms, clock_mono_ms());
	atomic_init(&s->peers.stop, false);
	for (i = 0; i < count; i++) {
		s->runners[i].all = s;
		share_request(&s->runners[i].rq, rq);
	}
	return s;
}

void
several_free(struct several *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->count; i++)
		buf_release(&s->runners[i].rq.out);
	pthread_mutex_destroy(&s->peers.client);
	free(s);
}

struct api_request *
several_request(struct several *s, size_t at)
{
	return &s->runners[at].rq;
}

/* --- one of them --------------------------------------------------------- */

/* The end of a stream, or what came before it broke, goes out at once: there
 * is more to come from the others. */
static void
send_rest(struct runner *r)
{
	struct api_request *rq = &r->rq;

	if (r->call->stream_type == NULL || rq->entry.hung_up ||
	    rq->out.len == 0 || buf_error(&rq->out) != GB_OK)
		return;
	if (call_send(r->call, rq->out.data, rq->out.len) == ATTEMPT_GONE)
		api_hung_up(rq);
	buf_reset(&rq->out);
}

static void
run_one(struct runner *r)
{
	struct several *s = r->all;
	bool failed;

	call_run(r->call);
	send_rest(r);
	failed = r->rq.error.fault != FAULT_NONE;
	pthread_mutex_lock(&s->peers.client);
	if (r->rq.entry.key_id != 0)
		s->last_key = r->rq.entry.key_id;
	failed = failed && !s->each;
	if (failed && s->failed == NULL)
		s->failed = r;
	if (failed || r->rq.entry.hung_up)
		atomic_store(&s->peers.stop, true);
	pthread_mutex_unlock(&s->peers.client);
}

static void *
runner_main(void *arg)
{
	run_one(arg);
	return NULL;
}

static void
start(struct runner *r)
{
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	r->threaded = pthread_create(&r->thread, &attr, runner_main, r) == 0;
	pthread_attr_destroy(&attr);
}

/* --- all of them --------------------------------------------------------- */

/* Give each call its first key; false: there is none. */
static bool
take_keys(struct several *s)
{
	struct key_turn turns[SEVERAL_MAX];
	struct call *call = s->runners[0].call;
	unsigned char digest[AFFINITY_SIZE];
	int64_t back_at, waited_ms;
	enum gb_err rc;
	size_t i;

	if (call->pin != 0)
		return true; /* each call asks for that one by itself */
	if (call->affinity != NULL)
		pool_affinity(digest, call->pool, s->rq->entry.token,
			      call->affinity, call->affinity_len);
	waited_ms = 0;
	do {
		rc = pool_take_several(app_store(s->rq->app), call->pool,
				       call->model,
				       call->affinity == NULL ? NULL : digest,
				       turns, s->count, &back_at);
	} while (rc != GB_OK && call_no_key(call, rc, back_at, &waited_ms));
	if (rc != GB_OK && call->rq->entry.hung_up)
		api_hung_up(s->rq);
	if (rc != GB_OK) {
		s->rq->error = call->rq->error;
		return false;
	}
	for (i = 0; i < s->count; i++)
		s->runners[i].first = turns[i];
	explicit_bzero(turns, sizeof(turns));
	return true;
}

/* The failed attempts of "from" go to those of "to". */
static void
move_failed(struct journal_entry *to, struct journal_entry *from)
{
	struct journal_attempt *list;
	size_t i, count;

	count = to->failed_count + from->failed_count;
	list = from->failed_count == 0
		   ? NULL
		   : reallocarray(to->failed, count, sizeof(*list));
	if (list != NULL) {
		memcpy(&list[to->failed_count], from->failed,
		       from->failed_count * sizeof(*list));
		to->failed = list;
		to->failed_count = count;
	} else {
		for (i = 0; i < from->failed_count; i++)
			free(from->failed[i].text);
	}
	free(from->failed);
	from->failed = NULL;
	from->failed_count = 0;
}

static void
add_entry(struct journal_entry *to, struct journal_entry *from)
{
	to->attempts += from->attempts;
	to->prompt_tokens += from->prompt_tokens;
	to->completion_tokens += from->completion_tokens;
	to->reasoning_tokens += from->reasoning_tokens;
	to->cached_tokens += from->cached_tokens;
	to->cached_audio_tokens += from->cached_audio_tokens;
	to->tool_tokens += from->tool_tokens;
	to->audio_in_tokens += from->audio_in_tokens;
	to->image_in_tokens += from->image_in_tokens;
	to->video_in_tokens += from->video_in_tokens;
	to->audio_out_tokens += from->audio_out_tokens;
	to->image_out_tokens += from->image_out_tokens;
	if (from->longest_prompt > to->longest_prompt)
		to->longest_prompt = from->longest_prompt;
	if (from->billed_model[0] != '\0') {
		memcpy(to->billed_model, from->billed_model,
		       sizeof(to->billed_model));
		memcpy(to->service_tier, from->service_tier,
		       sizeof(to->service_tier));
	}
	if (from->google_model[0] != '\0')
		memcpy(to->google_model, from->google_model,
		       sizeof(to->google_model));
	if (from->first_byte_ms >= 0 &&
	    (to->first_byte_ms < 0 || from->first_byte_ms < to->first_byte_ms))
		to->first_byte_ms = from->first_byte_ms;
	move_failed(to, from);
}

/* What became of the request; true: it went well. */
static bool
sum_up(struct several *s)
{
	struct api_request *rq = s->rq;
	size_t i;

	for (i = 0; i < s->count; i++)
		add_entry(&rq->entry, &s->runners[i].rq.entry);
	rq->entry.key_id = s->last_key;
	if (s->failed != NULL)
		rq->error = s->failed->rq.error;
	else if (atomic_load(&s->peers.stop))
		api_hung_up(rq);
	else
		return true;
	return false;
}

bool
several_run(struct several *s, struct call *const calls[])
{
	struct runner *r;
	bool good;

	if (!admit_calls(s->rq, calls, s->count))
		return false;
	for (r = s->runners; r < s->runners + s->count; r++) {
		r->call = calls[r - s->runners];
		r->call->first = &r->first;
		r->call->peers = &s->peers;
	}
	good = take_keys(s);
	/* What gets no thread runs after the others. */
	for (r = s->runners + 1; good && r < s->runners + s->count; r++)
		start(r);
	for (r = s->runners; good && r < s->runners + s->count; r++)
		if (!r->threaded)
			run_one(r);
	for (r = s->runners; r < s->runners + s->count; r++) {
		if (r->threaded)
			pthread_join(r->thread, NULL);
		r->call->first = NULL;
		r->call->peers = NULL;
		explicit_bzero(&r->first, sizeof(r->first));
	}
	return good && sum_up(s);
}

bool
several_run_each(struct several *s, struct call *const calls[])
{
	s->each = true;
	return several_run(s, calls);
}
