/*
 * exchange.h: what the engine and the request threads share of one exchange.
 * Private to fcgi/upstream: nobody else includes it.
 *
 * The request thread sets up a transfer (its easy handle too, which no multi
 * handle holds then), the engine thread runs it, and after EVENT_OVER it is
 * the request thread's again.  A transfer that was freed is kept for the next
 * request, with its easy handle and its buffers.
 */
#ifndef GB_UPSTREAM_EXCHANGE_H
#define GB_UPSTREAM_EXCHANGE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

#include "base/buf.h"
#include "upstream/gates.h"
#include "upstream/transfer.h"

/* What the engine has told the request thread: bits of transfer.events. */
enum {
	EVENT_HEAD = 1 << 0,	 /* status and headers are there */
	EVENT_DATA = 1 << 1,	 /* the queue is not empty */
	EVENT_OVER = 1 << 2,	 /* "end" is set; the engine is done with it */
	EVENT_RELEASED = 1 << 3, /* the engine has no reference any more */
	EVENT_ROOM = 1 << 5,	 /* the body may be fed on */
	EVENT_WAITING = 1 << 4,	 /* the request thread sleeps: wake it */
};

/* What the request thread asks of the engine: bits of transfer.asks. */
enum {
	ASK_START = 1 << 0,
	ASK_RESUME = 1 << 1,
	ASK_CANCEL = 1 << 2,
	ASK_ACTING = 1 << 3, /* the engine's: it is about to do earlier ones */
};

struct transfer {
	/* Set before the start, constant while it runs. */
	struct engine *engine;
	const struct exchange_defaults *defaults;
	CURL *easy;
	struct buf lines;	 /* request headers; one of them holds a key */
	struct curl_slist *list; /* an array that points into "lines" */
	size_t list_size;
	int64_t connect_ms, first_byte_ms, idle_ms, total_ms; /* 0: none */
	bool whole, apart, proxied;
	address_check *allow;
	size_t body_max, queue_max;
	atomic_size_t *budget;
	int watch_fd; /* the engine makes it -1 when it cannot hang up */
	const atomic_bool *cancel; /* somebody else's word to end; or NULL */
	int gate;		   /* of gates.h; -1: none */
	bool feeds;
	atomic_uint *races; /* the engine's, told of a head or an end; NULL */

	/* Shared. */
	atomic_uint events;   /* also the futex that the reader waits on */
	atomic_uint asks;     /* changed under the engine's lock; 0: the engine
				 will not come back to it on its own */
	pthread_mutex_t lock; /* for those below, while it streams */
	struct buf body;
	bool paused;	 /* the engine waits for ASK_RESUME */
	struct buf feed; /* of the request's body, from "fed" on */
	size_t fed;
	bool feed_ended;  /* nothing more comes */
	bool feed_paused; /* the engine waits for ASK_RESUME */

	/* The engine's until EVENT_HEAD. */
	int status;
	struct buf head; /* name NUL value NUL … */

	/* The engine's until EVENT_OVER. */
	enum transfer_end end;
	char error[CURL_ERROR_SIZE];

	/* The engine's alone. */
	struct transfer *next_asked;
	unsigned int acting;	      /* the asks that it is about to do */
	struct transfer *prev, *next; /* of those that run */
	bool running;
	int64_t started_ms, gate_ms, heard_ms; /* gate_ms: came to its gate */
	size_t taken;			       /* bytes of body so far */
	enum gate_state gate_state;
	struct transfer *next_waiting; /* at the same gate */
	int tries;	 /* requests sent; libcurl repeats one on its own when
			    a kept connection turns out to be closed */
	int redirects;	 /* that may still be followed */
	bool redirected; /* the reply leads elsewhere */
	bool refused;	 /* the reply is the proxy's: it knows us not */
	bool resolved;	 /* its host was looked up, or could not be */
	bool forbidden;	 /* an address did not pass "allow" */
	bool feeding;	 /* the request is not out yet */
	int64_t fed_ms;	 /* when it was */
	bool held;	 /* back-pressure: the idle clock stands still */
	bool too_large;	 /* why a callback refused bytes */
	bool watched;
	struct transfer *next_watcher; /* of the same descriptor */
};

/* --- exchange.c: curl's side of one exchange ------------------------------ */

/* What every easy handle gets and keeps. */
struct exchange_defaults {
	CURLSH *share;
	const char *ca_file; /* NULL: the system's */
	curl_opensocket_callback open_socket;
	curl_closesocket_callback close_socket;
	void *socket_arg;
};

/* A transfer with its easy handle, for "engine"; NULL: no memory.  The
 * defaults must outlive it. */
struct transfer *exchange_new(struct engine *engine,
			      const struct exchange_defaults *);
void exchange_free(struct transfer *);

/* Set "t" up for "rq".  GB_ENOMEM, GB_ETOOBIG, GB_EINVAL. */
enum gb_err exchange_prepare(struct transfer *t,
			     const struct transfer_request *rq) GB_NODISCARD;

/* The last value of a reply header; NULL: none.  For who owns the head. */
const char *exchange_header(const struct transfer *t, const char *name);

/* The reply of "t" led elsewhere, and no multi handle has it any more: set it
 * up for there.  GB_ENOMEM, GB_EINVAL. */
enum gb_err exchange_follow(struct transfer *t) GB_NODISCARD;

/* Forget the last request: wipe its headers, shrink what grew large. */
void exchange_forget(struct transfer *t);

/* Tell the request thread, and wake it when it waits.  After EVENT_OVER or
 * EVENT_RELEASED "t" may be gone. */
void exchange_signal(struct transfer *t, unsigned int event);

/* Wait for one of "events" of one of the two (NULL: none) that race; which, or
 * -1: the time is up. */
int exchange_wait_first(struct transfer *const two[2], unsigned int events,
			int64_t wait_ms);

/* Wait for one of "events", at most "wait_ms" (-1: as long as it takes). */
bool exchange_wait(struct transfer *t, unsigned int events, int64_t wait_ms);

/* --- engine.c ------------------------------------------------------------- */

/* A transfer to be set up, new or used before; NULL: no memory.  Each one is
 * given back with engine_return(), after which the engine may go. */
struct transfer *engine_borrow(struct engine *);
void engine_return(struct engine *, struct transfer *);

/* The word that transfers in a race change when one of them has news; it lives
 * as long as the engine, since they need not. */
atomic_uint *engine_races(struct engine *);

/* Have the engine thread do "what" (ASK_…) with "t". */
void engine_ask(struct engine *, struct transfer *t, unsigned int what);

/* The request of "t" goes out; for the engine thread only. */
void engine_sent(struct engine *, struct transfer *t);

/* The time at which the engine thread last woke; for that thread only. */
int64_t engine_now_ms(const struct engine *);

#endif
