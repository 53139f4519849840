/*
 * transfer.h: what a request thread sees of one exchange with upstream.
 *
 * transfer_start() hands it to the engine; the request thread then waits for
 * the head and reads the body piece by piece (or, with "whole", all at once)
 * and ends with transfer_free(), which cancels what still runs.  One transfer
 * belongs to one request thread.
 */
#ifndef GB_UPSTREAM_TRANSFER_H
#define GB_UPSTREAM_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "upstream/engine.h"

struct transfer;

struct transfer_header {
	const char *name, *value;
};

struct transfer_request {
	const char *method; /* "GET", "POST" … */
	const char *url;    /* never holds a secret */
	const struct transfer_header *headers; /* copied at the start */
	size_t header_count;
	const char *body; /* borrowed until transfer_free(); NULL: none */
	size_t body_len;
	const char *proxy;	/* NULL or "": direct */
	int64_t connect_timeout_ms;
	int64_t first_byte_timeout_ms; /* to the first byte of the body */
	int64_t idle_timeout_ms;       /* silence within the body */
	int64_t total_timeout_ms;
	bool whole;	  /* wake the reader only when all of it is there */
	size_t body_max;  /* with "whole" and for error bodies: the most that
			     is taken; more ends in TRANSFER_TOO_LARGE */
	size_t queue_max; /* otherwise: pause upstream above this many bytes */
	int watch_fd;	  /* the web server's descriptor of the request: its
			     hang-up cancels the transfer; -1: none */
};

enum transfer_end {
	TRANSFER_RUNNING,
	TRANSFER_DONE,		/* complete by the rules of its protocol */
	TRANSFER_NETWORK,	/* connect, TLS, proxy fault, or cut off */
	TRANSFER_TIMEOUT,	/* one of the four limits */
	TRANSFER_TOO_LARGE,	/* over body_max */
	TRANSFER_HUNG_UP,	/* the client went away */
};

enum transfer_got {
	TRANSFER_GOT_DATA, /* something was appended */
	TRANSFER_GOT_END,  /* it is over: transfer_end() tells how */
	TRANSFER_GOT_NOTHING, /* the wait passed */
};

/* Begin.  On GB_OK "*out" is the caller's, to be freed.  GB_ENOMEM. */
enum gb_err transfer_start(struct engine *, const struct transfer_request *,
			   struct transfer **out) GB_NODISCARD;

/*
 * Wait until the status and headers are there or it is over, at most
 * "wait_ms" (-1: as long as it takes).  TRANSFER_GOT_DATA: the head is there.
 */
enum transfer_got transfer_head(struct transfer *, int64_t wait_ms);

/*
 * Move what has come of the body to the end of "out", waiting at most
 * "wait_ms" (-1: as long as it takes) for the first of it.  With "whole" it
 * waits for all.
 */
enum transfer_got transfer_read(struct transfer *, struct buf *out,
				int64_t wait_ms);

int transfer_status(const struct transfer *); /* 0 until the head is there */

/* The last value of a reply header, any case; NULL when it has none.  Valid
 * until transfer_free(). */
const char *transfer_header(const struct transfer *, const char *name);

enum transfer_end transfer_end(const struct transfer *);

/* After a failure: curl's words for it, without the URL; never NULL. */
const char *transfer_error(const struct transfer *);

/* Cancel what still runs, and free.  NULL is fine.  Afterwards neither the
 * body nor the watched descriptor is touched any more. */
void transfer_free(struct transfer *);

#endif
