/* engine.c: the thread that owns every connection to upstream */
#include "upstream/engine.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "upstream/exchange.h"
#include "upstream/gates.h"
#include "upstream/sockets.h"

#define EVENTS_MAX 128 /* of epoll, taken at once */

/* The limits, words to cancel and the clients are looked at this often while
 * anything runs; so a limit may be over by as much before it is noticed. */
#define SWEEP_MS 100

/* A transfer watches its client from this age on: most are over before, and
 * spare the system calls. */
#define WATCH_AFTER_MS 50

/* On one HTTP/2 connection, if the server takes as many. */
#define STREAMS_MAX 1000L

/* The connect limit is curl's; while "t" waits at a gate, it is ours. */
#define NO_CONNECTION "no connection within %lld ms"

/* Transfers kept for the next request, about 25 KiB each. */
#define SPARE_MAX 128

struct engine {
	struct exchange_defaults defaults;
	char *ca_file;
	CURLM *multi;
	pthread_mutex_t share_locks[CURL_LOCK_DATA_LAST];
	struct sockets sockets;
	int epoll, wake; /* "wake": an eventfd */
	pthread_t thread;
	bool threaded; /* the thread was started */

	pthread_mutex_t lock;		     /* for these: */
	struct transfer *asked, **asked_end; /* in the order of asking */
	struct transfer *spare;
	size_t spare_count;
	size_t lent; /* transfers that request threads have */
	bool asleep; /* the thread waits, or is about to */
	bool ending; /* engine_free() was called */

	atomic_uint races; /* see engine_races() */

	/* The thread's alone. */
	struct transfer *running;
	struct gates gates;
	int64_t now_ms;
	int64_t timer_at; /* curl's; -1: none */
	int64_t sweep_at;
};

/* --- request threads' side ------------------------------------------------ */

atomic_uint *
engine_races(struct engine *e)
{
	return &e->races;
}

static void
engine_wake(struct engine *e)
{
	/* Edge-triggered and never read.  It can fail only when 2^64 wakes
	 * are unread. */
	(void)eventfd_write(e->wake, 1);
}

/* Within the lock. */
static void
engine_queue(struct engine *e, struct transfer *t)
{
	t->next_asked = NULL;
	*e->asked_end = t;
	e->asked_end = &t->next_asked;
}

void
engine_ask(struct engine *e, struct transfer *t, unsigned int what)
{
	bool wake;

	pthread_mutex_lock(&e->lock);
	if (atomic_fetch_or(&t->asks, what) == 0)
		engine_queue(e, t);
	wake = e->asleep;
	e->asleep = false;
	pthread_mutex_unlock(&e->lock);
	if (wake)
		engine_wake(e);
}

struct transfer *
engine_borrow(struct engine *e)
{
	struct transfer *t;

	pthread_mutex_lock(&e->lock);
	e->lent++;
	t = e->spare;
	if (t != NULL) {
		e->spare = t->next;
		e->spare_count--;
	}
	pthread_mutex_unlock(&e->lock);
	if (t == NULL)
		t = exchange_new(e, &e->defaults);
	if (t == NULL)
		engine_return(e, NULL);
	return t;
}

/*
 * Not kept: what libcurl sent more than once, because it gives up at the fifth
 * repetition in the life of a handle, not of a transfer.
 */
void
engine_return(struct engine *e, struct transfer *t)
{
	pthread_mutex_lock(&e->lock);
	if (t != NULL && t->tries <= 1 && e->spare_count < SPARE_MAX) {
		t->next = e->spare;
		e->spare = t;
		e->spare_count++;
		t = NULL;
	}
	if (t != NULL) {
		pthread_mutex_unlock(&e->lock);
		exchange_free(t);
		pthread_mutex_lock(&e->lock);
	}
	e->lent--;
	if (e->ending && e->lent == 0)
		engine_wake(e); /* within the lock: "e" may go with it */
	pthread_mutex_unlock(&e->lock);
}

/* --- the life of a transfer in the engine thread -------------------------- */

int64_t
engine_now_ms(const struct engine *e)
{
	return e->now_ms;
}

void
engine_sent(struct engine *e, struct transfer *t)
{
	gates_leave(&e->gates, t);
}

/* Take "t" out of all that runs. */
static void
engine_drop(struct engine *e, struct transfer *t)
{
	t->running = false;
	if (t->resolved)
		gates_leave(&e->gates, t);
	else
		gates_lose(&e->gates, t, e->now_ms);
	curl_multi_remove_handle(e->multi, t->easy); /* or it never was in */
	sockets_unwatch(&e->sockets, t);
	if (t->prev != NULL)
		t->prev->next = t->next;
	else
		e->running = t->next;
	if (t->next != NULL)
		t->next->prev = t->prev;
}

/* "t" is over.  Afterwards it is the request thread's, unless asks of its wait
 * (then that thread waits for them). */
static void
engine_finish(struct engine *e, struct transfer *t, enum transfer_end end)
{
	engine_drop(e, t);
	t->end = end;
	exchange_signal(t, EVENT_OVER);
}

static void GB_PRINTF(4, 5)
    engine_fail(struct engine *e, struct transfer *t, enum transfer_end end,
		const char *fmt, ...)
{
	va_list ap;

	engine_drop(e, t); /* first: curl writes to the same text */
	va_start(ap, fmt);
	(void)vsnprintf(t->error, sizeof(t->error), fmt, ap);
	va_end(ap);
	t->end = end;
	exchange_signal(t, EVENT_OVER);
}

/* Give "t" to curl. */
static void
engine_launch(struct engine *e, struct transfer *t)
{
	if (curl_multi_add_handle(e->multi, t->easy) != CURLM_OK)
		engine_fail(e, t, TRANSFER_NETWORK, "out of memory");
}

/* As soon as its gate lets it in. */
static void
engine_enter(struct engine *e, struct transfer *t)
{
	t->gate_ms = t->heard_ms = e->now_ms;
	if (gates_enter(&e->gates, t))
		engine_launch(e, t);
}

static void
engine_start(struct engine *e, struct transfer *t)
{
	if (e->running == NULL)
		e->sweep_at = e->now_ms + SWEEP_MS;
	t->prev = NULL;
	t->next = e->running;
	if (t->next != NULL)
		t->next->prev = t;
	e->running = t;
	t->running = true;
	t->started_ms = e->now_ms;
	engine_enter(e, t);
}

/* The reply of "t" leads elsewhere: there. */
static void
engine_follow(struct engine *e, struct transfer *t)
{
	gates_leave(&e->gates, t);
	curl_multi_remove_handle(e->multi, t->easy);
	if (exchange_follow(t) == GB_OK)
		engine_enter(e, t);
	else
		engine_fail(e, t, TRANSFER_NETWORK, "a redirect to nowhere");
}

/* How "t" failed: what goes wrong by a proxy before the request went out is
 * between us and the proxy, or between it and upstream. */
static enum transfer_end
engine_blame(const struct transfer *t, enum transfer_end end)
{
	return t->proxied && t->tries == 0 ? TRANSFER_EXIT : end;
}

/* The same of what curl says; some of it tells more. */
static enum transfer_end
engine_blame_code(const struct transfer *t, CURLcode rc, enum transfer_end end)
{
	switch (rc) {
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_PROXY:
		return t->proxied ? TRANSFER_EXIT : end;
	case CURLE_OUT_OF_MEMORY:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
		return end;
	default:
		return engine_blame(t, end);
	}
}

/* The result of "t" in our words, from curl's. */
static void
engine_done(struct engine *e, struct transfer *t, CURLcode rc)
{
	const enum transfer_end network =
	    engine_blame_code(t, rc, TRANSFER_NETWORK);

	if (rc != CURLE_OPERATION_TIMEDOUT)
		t->resolved = true;
	if (t->refused)
		engine_fail(e, t, TRANSFER_EXIT,
			    "the proxy wants other credentials (407)");
	else if (t->too_large)
		engine_fail(e, t, TRANSFER_TOO_LARGE,
			    "the reply is larger than allowed");
	else if (rc == CURLE_OK && t->redirected)
		engine_follow(e, t);
	else if (rc == CURLE_COULDNT_CONNECT && t->forbidden)
		engine_fail(e, t, TRANSFER_FORBIDDEN,
			    "the address is not allowed");
	else if (rc == CURLE_OK && (atomic_load(&t->events) & EVENT_HEAD) != 0)
		engine_finish(e, t, TRANSFER_DONE);
	else if (rc == CURLE_OK) /* curl does not mind */
		engine_fail(e, t, TRANSFER_NETWORK,
			    "the connection ended within the headers");
	else if (rc == CURLE_OPERATION_TIMEDOUT)
		engine_fail(e, t, engine_blame(t, TRANSFER_TIMEOUT),
			    NO_CONNECTION, (long long)t->connect_ms);
	else if (t->error[0] == '\0' || strchr(t->error, '@') != NULL ||
		 strstr(t->error, "://") != NULL)
		/* curl's own text may quote the proxy with its password, or
		 * the URL */
		engine_fail(e, t, network, "%s", curl_easy_strerror(rc));
	else
		engine_finish(e, t, network);
}

static void
engine_reap(struct engine *e)
{
	struct transfer *t;
	CURLMsg *msg;
	CURLcode rc;
	int left;

	while ((msg = curl_multi_info_read(e->multi, &left)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		rc = msg->data.result; /* "msg" goes with the handle */
		t = NULL;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE,
				  (char **)&t);
		engine_done(e, t, rc);
	}
}

/* --- asks ----------------------------------------------------------------- */

static void
engine_act(struct engine *e, struct transfer *t)
{
	if (t->acting & ASK_START)
		engine_start(e, t);
	if (t->acting & ASK_RESUME && t->running) {
		t->held = false;
		t->heard_ms = e->now_ms;
		curl_easy_pause(t->easy, CURLPAUSE_CONT);
	}
	if (t->acting & ASK_CANCEL && t->running)
		engine_fail(e, t, TRANSFER_NETWORK, "cancelled");
}

/*
 * The asks of "batch" were done.  What was asked meanwhile is queued anew.  A
 * thread that waits to free its transfer is told; one that freed it without
 * waiting had seen that no ask was left.
 */
static void
engine_acted(struct engine *e, struct transfer *batch)
{
	struct transfer *t, *next;
	unsigned int acted;

	pthread_mutex_lock(&e->lock);
	for (t = batch; t != NULL; t = next) {
		next = t->next_asked;
		acted = t->acting;
		if (atomic_load(&t->asks) != ASK_ACTING)
			engine_queue(e, t);
		atomic_fetch_and(&t->asks, ~(unsigned int)ASK_ACTING);
		if (acted & ASK_CANCEL)
			exchange_signal(t, EVENT_RELEASED);
	}
	pthread_mutex_unlock(&e->lock);
}

/* Do what was asked.  False: the engine ends, and nobody has a transfer any
 * more. */
static bool
engine_hear(struct engine *e)
{
	struct transfer *batch, *t;
	bool ending, idle;

	pthread_mutex_lock(&e->lock);
	e->asleep = false;
	batch = e->asked;
	e->asked = NULL;
	e->asked_end = &e->asked;
	for (t = batch; t != NULL; t = t->next_asked)
		t->acting = atomic_exchange(&t->asks, ASK_ACTING);
	ending = e->ending;
	idle = e->lent == 0;
	pthread_mutex_unlock(&e->lock);

	for (t = batch; t != NULL; t = t->next_asked)
		engine_act(e, t);
	if (batch != NULL)
		engine_acted(e, batch);
	while (ending && e->running != NULL)
		engine_fail(e, e->running, TRANSFER_NETWORK, "shutting down");
	return !(ending && idle);
}

/* --- limits --------------------------------------------------------------- */

static void
engine_check(struct engine *e, struct transfer *t)
{
	int64_t age, silence;

	age = e->now_ms - t->started_ms;
	silence = e->now_ms - t->heard_ms;
	if (t->cancel != NULL && atomic_load(t->cancel))
		engine_fail(e, t, TRANSFER_HUNG_UP, "cancelled");
	else if (t->total_ms > 0 && age >= t->total_ms)
		engine_fail(e, t, engine_blame(t, TRANSFER_TIMEOUT),
			    "not over within %lld ms", (long long)t->total_ms);
	else if (t->connect_ms > 0 && t->gate_state == GATE_WAITING &&
		 e->now_ms - t->gate_ms >= t->connect_ms)
		engine_fail(e, t, engine_blame(t, TRANSFER_TIMEOUT),
			    NO_CONNECTION, (long long)t->connect_ms);
	else if (t->idle_ms > 0 && t->feeding && !t->held &&
		 silence >= t->idle_ms)
		engine_fail(e, t, TRANSFER_TIMEOUT,
			    "took none of the request for %lld ms",
			    (long long)t->idle_ms);
	else if (t->first_byte_ms > 0 && t->taken == 0 && !t->held &&
		 !t->feeding &&
		 e->now_ms - (t->feeds ? t->fed_ms : t->started_ms) >=
		     t->first_byte_ms)
		engine_fail(e, t, engine_blame(t, TRANSFER_TIMEOUT),
			    "no first byte within %lld ms",
			    (long long)t->first_byte_ms);
	else if (t->idle_ms > 0 && t->taken > 0 && !t->held &&
		 silence >= t->idle_ms)
		engine_fail(e, t, TRANSFER_TIMEOUT, "silent for %lld ms",
			    (long long)t->idle_ms);
	else if (t->watch_fd != -1 && !t->watched && !t->feeding &&
		 age >= WATCH_AFTER_MS)
		sockets_watch(&e->sockets, t);
}

static void
engine_sweep(struct engine *e)
{
	struct transfer *t, *next;

	if (e->running == NULL || e->now_ms < e->sweep_at)
		return;
	e->sweep_at = e->now_ms + SWEEP_MS;
	gates_expire(&e->gates, e->now_ms);
	/* A timer of curl's that went off a little early is not announced
	 * again; this makes sure that it goes off. */
	e->timer_at = e->now_ms;
	for (t = e->running; t != NULL; t = next) {
		next = t->next;
		engine_check(e, t);
	}
}

/* --- the loop ------------------------------------------------------------- */

/* For CURLMOPT_TIMERFUNCTION. */
static int
on_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct engine *e = arg;

	(void)multi;
	if (timeout_ms < 0)
		e->timer_at = -1;
	else if (timeout_ms == 0)
		e->timer_at = e->now_ms;
	else /* our clock cuts off parts of a millisecond */
		e->timer_at = clock_mono_ms() + timeout_ms + 1;
	return 0;
}

static void
engine_timer(struct engine *e)
{
	int left;

	if (e->timer_at == -1 || e->timer_at > e->now_ms)
		return;
	e->timer_at = -1;
	curl_multi_socket_action(e->multi, CURL_SOCKET_TIMEOUT, 0, &left);
}

static void
engine_event(struct engine *e, int fd, uint32_t events)
{
	struct transfer *t;
	int bits, left;

	if (fd == e->wake)
		return;
	t = sockets_hung_up(&e->sockets, fd, events);
	if (t != NULL) {
		for (; t != NULL; t = sockets_hung_up(&e->sockets, fd, events))
			engine_fail(e, t, TRANSFER_HUNG_UP,
				    "the client went away");
		return;
	}
	bits = sockets_curl_event(&e->sockets, fd, events);
	if (bits != 0)
		curl_multi_socket_action(e->multi, fd, bits, &left);
}

/* Let in who waits for a connection.  False: nobody could. */
static bool
engine_admit(struct engine *e)
{
	struct transfer *t;
	bool any;

	for (any = false; (t = gates_next(&e->gates)) != NULL; any = true)
		engine_launch(e, t);
	return any;
}

/* How long epoll may wait.  Before it waits at all, request threads are told to
 * wake us from now on. */
static int
engine_rest_ms(struct engine *e)
{
	int64_t now, until;

	now = clock_mono_ms();
	until = e->timer_at;
	if (e->running != NULL && (until == -1 || until > e->sweep_at))
		until = e->sweep_at;
	if (until != -1 && until <= now)
		return 0;

	pthread_mutex_lock(&e->lock);
	e->asleep = e->asked == NULL;
	if (!e->asleep)
		until = now;
	pthread_mutex_unlock(&e->lock);
	return until == -1 ? -1 : (int)(until - now);
}

static void *
engine_main(void *arg)
{
	struct engine *e = arg;
	struct epoll_event events[EVENTS_MAX];
	int i, count;

	e->now_ms = clock_mono_ms();
	while (engine_hear(e)) {
		engine_sweep(e);
		do {
			engine_timer(e);
			engine_reap(e);
		} while (engine_admit(e));
		count =
		    epoll_wait(e->epoll, events, EVENTS_MAX, engine_rest_ms(e));
		e->now_ms = clock_mono_ms();
		for (i = 0; i < count; i++)
			engine_event(e, events[i].data.fd, events[i].events);
	}
	return NULL;
}

/* --- start and end -------------------------------------------------------- */

/* For CURLSHOPT_LOCKFUNC: request threads make and free handles that share the
 * TLS sessions. */
static void
on_share_lock(CURL *easy, curl_lock_data what, curl_lock_access access,
	      void *arg)
{
	struct engine *e = arg;

	(void)easy;
	(void)access;
	pthread_mutex_lock(&e->share_locks[what]);
}

static void
on_share_unlock(CURL *easy, curl_lock_data what, void *arg)
{
	struct engine *e = arg;

	(void)easy;
	pthread_mutex_unlock(&e->share_locks[what]);
}

static enum gb_err
engine_init_curl(struct engine *e, size_t connections)
{
	CURLSH *share;

	share = e->defaults.share = curl_share_init();
	e->multi = curl_multi_init();
	if (share == NULL || e->multi == NULL)
		return GB_ENOMEM;
	curl_share_setopt(share, CURLSHOPT_USERDATA, e);
	curl_share_setopt(share, CURLSHOPT_LOCKFUNC, on_share_lock);
	curl_share_setopt(share, CURLSHOPT_UNLOCKFUNC, on_share_unlock);
	if (curl_share_setopt(share, CURLSHOPT_SHARE,
			      CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK)
		return GB_ENOMEM;

	curl_multi_setopt(e->multi, CURLMOPT_SOCKETFUNCTION, sockets_want);
	curl_multi_setopt(e->multi, CURLMOPT_SOCKETDATA, &e->sockets);
	curl_multi_setopt(e->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(e->multi, CURLMOPT_TIMERDATA, e);
	curl_multi_setopt(e->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
	curl_multi_setopt(e->multi, CURLMOPT_MAX_CONCURRENT_STREAMS,
			  STREAMS_MAX);
	curl_multi_setopt(e->multi, CURLMOPT_MAXCONNECTS, (long)connections);
	e->defaults.open_socket = sockets_open;
	e->defaults.close_socket = sockets_close;
	e->defaults.socket_arg = &e->sockets;
	return GB_OK;
}

static enum gb_err
engine_init_epoll(struct engine *e)
{
	struct epoll_event ev;

	e->epoll = epoll_create1(EPOLL_CLOEXEC);
	e->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	memset(&ev, 0, sizeof(ev));
	ev.events = EPOLLIN | EPOLLET;
	ev.data.fd = e->wake;
	if (e->epoll == -1 || e->wake == -1 ||
	    epoll_ctl(e->epoll, EPOLL_CTL_ADD, e->wake, &ev) == -1) {
		log_error("upstream: cannot start");
		return GB_EIO;
	}
	sockets_init(&e->sockets, e->epoll);
	return GB_OK;
}

/* Signals are for the other threads, also in what curl starts to resolve
 * names. */
static enum gb_err
engine_init_thread(struct engine *e)
{
	sigset_t all, was;
	int fault;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	fault = pthread_create(&e->thread, NULL, engine_main, e);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	if (fault != 0) {
		errno = fault;
		log_error("upstream: cannot start a thread");
		return GB_EIO;
	}
	e->threaded = true;
	return GB_OK;
}

enum gb_err
engine_new(struct engine **out, const struct engine_options *opt)
{
	struct engine *e;
	enum gb_err rc;
	size_t i;

	*out = NULL;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return GB_ENOMEM;
	e = calloc(1, sizeof(*e));
	if (e == NULL) {
		curl_global_cleanup();
		return GB_ENOMEM;
	}
	e->epoll = e->wake = -1;
	e->timer_at = -1;
	gates_init(&e->gates);
	e->asked_end = &e->asked;
	pthread_mutex_init(&e->lock, NULL);
	for (i = 0; i < GB_COUNT(e->share_locks); i++)
		pthread_mutex_init(&e->share_locks[i], NULL);

	rc = GB_OK;
	if (opt->ca_file != NULL && opt->ca_file[0] != '\0') {
		e->defaults.ca_file = e->ca_file = strdup(opt->ca_file);
		rc = e->ca_file == NULL ? GB_ENOMEM : GB_OK;
	}
	if (rc == GB_OK)
		rc = engine_init_epoll(e);
	if (rc == GB_OK)
		rc = engine_init_curl(e, opt->connections);
	if (rc == GB_OK)
		rc = engine_init_thread(e);
	if (rc != GB_OK)
		engine_free(e);
	else
		*out = e;
	return rc;
}

void
engine_free(struct engine *e)
{
	struct transfer *t;
	size_t i;

	if (e == NULL)
		return;
	pthread_mutex_lock(&e->lock);
	e->ending = true;
	pthread_mutex_unlock(&e->lock);
	if (e->threaded) {
		engine_wake(e);
		pthread_join(e->thread, NULL);
	}
	/* The last engine_return() may still be within the lock. */
	pthread_mutex_lock(&e->lock);
	pthread_mutex_unlock(&e->lock);

	while ((t = e->spare) != NULL) {
		e->spare = t->next;
		exchange_free(t);
	}
	curl_multi_cleanup(e->multi);
	curl_share_cleanup(e->defaults.share);
	sockets_release(&e->sockets);
	if (e->epoll != -1)
		close(e->epoll);
	if (e->wake != -1)
		close(e->wake);
	for (i = 0; i < GB_COUNT(e->share_locks); i++)
		pthread_mutex_destroy(&e->share_locks[i]);
	pthread_mutex_destroy(&e->lock);
	free(e->ca_file);
	free(e);
	curl_global_cleanup();
}

const char *
engine_library(void)
{
	return curl_version();
}
