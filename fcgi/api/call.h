/*
 * call.h: asking upstream on behalf of a request: the next key, the call, its
 * verdict, and another key where that helps.
 */
#ifndef GB_API_CALL_H
#define GB_API_CALL_H

#include <pthread.h>
#include <stdatomic.h>

#include "api/request.h"
#include "keys/pool.h"
#include "upstream/transfer.h"

#define CALL_HEADERS_MAX 48 /* sent upstream, all kinds together */

/* How one attempt went, as its reader saw it. */
enum attempt {
	ATTEMPT_OK,	 /* the reply is there, or its stream has ended well */
	ATTEMPT_FAILED,	 /* nothing of it was said to the client */
	ATTEMPT_BROKEN,	 /* it failed after the client had some of it */
	ATTEMPT_GONE,	 /* the client is not there any more */
	ATTEMPT_REFUSED, /* what the client sends will not do: rq->error */
};

struct call;
struct exit_turn;

/* What calls that work for one request at the same time have in common. */
struct call_peers {
	pthread_mutex_t client; /* held by whoever writes to it */
	_Atomic int64_t last_sent_ms;
	atomic_bool stop; /* one has failed for good, or the client is gone:
			     the others end as if it had */
};

/*
 * Read one attempt to its end.  On ATTEMPT_FAILED and ATTEMPT_BROKEN "answer"
 * tells what is to be judged; its body may lie in call->error_body.
 */
typedef enum attempt call_reader(struct call *, struct transfer *,
				 struct answer *answer);

/* Gives the next part of a body, "*got" bytes, 0 at its end.  GB_ECANCELED: the
 * client went away; other failures have filled in rq->error. */
typedef enum gb_err call_source(struct call *, char *data, size_t size,
				size_t *got);

struct call {
	struct api_request *rq;
	enum key_pool pool; /* whose keys are asked with */
	const char *model;  /* whose quota it is; "": no model's */
	const char *method;
	const char *path; /* below the base URL, with its query */
	const char *body; /* NULL: none */
	size_t body_len;
	call_source *source; /* instead: a body too large to be kept; then the
				call is made once, whatever comes of it */
	int64_t source_len;  /* its bytes; -1: nobody knows */
	const struct transfer_header *headers; /* more of them; no secrets */
	size_t header_count;
	const char *content_type; /* of the body; NULL: JSON */
	/* what keeps requests of one client with one key (prompt_cache_key);
	 * NULL: nothing does */
	const char *affinity;
	size_t affinity_len;
	int64_t pin; /* the one key that can do it, by its id; 0: any */
	bool object; /* it names something that belongs to a key */
	bool roam;   /* nobody knows which: one that says no has not got it */
	bool once;   /* what was sent cannot be sent again */
	bool whole;  /* the reader wants the body all at once */
	/* Asked after an attempt that failed through no fault of its key, when
	 * the client had nothing of it: whether "body" is changed now so that
	 * the same key is to be asked once more.  NULL: never. */
	bool (*repair)(struct call *, const struct answer *);
	/* The key of the first attempt; NULL: whose turn it is. */
	const struct key_turn *first;
	struct call_peers *peers; /* NULL: it is the request's only call */
	call_reader *reader;
	void *context; /* the reader's */

	/* for streams: what keeps the line open while nothing was said */
	const char *stream_type; /* its Content-Type; NULL: not a stream */
	const char *keepalive;	 /* a comment in its framing; NULL: it has
				    none, and waits in silence */
	int64_t wake_ms; /* on clock_mono_ms(), when the reader has something
			    to do even though nothing was read; 0: never */
	int64_t keepalive_ms; /* of silence, after which it is sent; 0: as the
				 settings have it */

	/* the call's own */
	struct buf error_body;
	int64_t last_sent_ms;	/* on clock_mono_ms(), to the client */
	struct exit_turn *exit; /* of the attempt */
};

/* Begin to fill in, in one that is all zero, a POST that asks a model of
 * Google's; "path" is borrowed. */
void call_init(struct call *, struct api_request *, const char *model,
	       const struct buf *path);

/*
 * Run it.  On return either the reply is in rq->out (and rq->status), or
 * rq->error says why there is none, or the client hung up; the journal entry
 * knows the attempts, and what keys' health they cost was carried out.
 */
void call_run(struct call *);

/* For who took the first keys of several calls, and got none ("rc"; "back_at"
 * as pool_take() says it).  True: one comes back soon, and that was waited for:
 * try again.  Else fill in rq->error, or that the client hung up, as call_run()
 * would have.  "*waited_ms" is 0 at first, and counts. */
bool call_no_key(struct call *, enum gb_err rc, int64_t back_at,
		 int64_t *waited_ms);

/* Nobody else of the request's calls changes what they share, or writes to the
 * client, between these two.  Not around the functions below. */
void call_lock(struct call *);
void call_unlock(struct call *);

/* For readers: transfer_head() and transfer_read() that keep the client's
 * line open.  ATTEMPT_OK: there is something, or the end of it; or there is
 * nothing, and call->wake_ms has come. */
enum attempt call_wait_head(struct call *, struct transfer *);
enum attempt call_read(struct call *, struct transfer *, struct buf *out,
		       enum transfer_got *got);

/* For readers of a stream: send this to the client now. */
enum attempt call_send(struct call *, const char *data, size_t len);

/* For readers: wait.  ATTEMPT_GONE: the client hung up meanwhile. */
enum attempt call_pause(struct call *, int64_t pause_ms);

/* For readers: fill in "answer" from a transfer that did not end well, or
 * whose status is an error's (then its body is read).  ATTEMPT_OK: it is
 * neither. */
enum attempt call_check(struct call *, struct transfer *, struct answer *);

#endif
