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

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "upstream/address.h"
#include "upstream/engine.h"

struct transfer;

struct transfer_header {
	const char *name, *value;
};

struct transfer_request {
	const char *method;		       /* "GET", "POST" … */
	const char *url;		       /* never holds a secret */
	const struct transfer_header *headers; /* copied at the start */
	size_t header_count;
	const char *body; /* borrowed until transfer_free(); NULL: none */
	size_t body_len;
	bool feeds; /* the body comes by transfer_feed(), and "body" is NULL */
	int64_t feed_len;  /* of "feeds": bytes of it; -1: nobody knows */
	const char *proxy; /* NULL or "": direct */
	/* The limits; 0: none.  All but the first are noticed up to 100 ms
	 * late.  They begin with the transfer, but for the silence. */
	int64_t connect_timeout_ms;    /* names, TCP, proxy and TLS */
	int64_t first_byte_timeout_ms; /* to the first byte of the body, from
					  the end of what is fed */
	int64_t idle_timeout_ms; /* silence within the body; what waits for the
				    reader does not count */
	int64_t total_timeout_ms;
	bool whole;	  /* wake the reader only when all of it is there */
	size_t body_max;  /* with "whole" and for error bodies: the most that
			     is taken; more ends in TRANSFER_TOO_LARGE */
	size_t queue_max; /* otherwise: pause upstream above this many bytes */
	int watch_fd;	  /* the web server's descriptor of the request: its
			     hang-up, or a FastCGI abort record on it, cancels
			     the transfer; -1: none.  Of a pipe, and of our
			     standard output, only the reader's end counts.  It
			     stays open until transfer_free(). */
	const atomic_bool *cancel; /* once true, which is noticed up to 100 ms
				      late, the transfer ends as if the client
				      had gone; NULL: nobody says so.  It lives
				      until transfer_free(). */

	bool races; /* transfer_first() may be asked of it */

	/* For URLs that somebody else has named. */
	bool apart;	      /* a connection of its own, which nothing else
				 uses before, beside or after it */
	address_check *allow; /* with "apart": each address is asked for before
				 it is connected to; NULL: any will do */
	int redirects; /* with "apart", for GET: followed at most, to http and
			  https; the one after it is the reply */
	atomic_size_t *budget; /* what it and others may take of bodies all
				  together, borrowed; counted down; more ends
				  in TRANSFER_TOO_LARGE; NULL: no such limit */
};

enum transfer_end {
	TRANSFER_RUNNING,
	TRANSFER_DONE,	    /* complete by the rules of its protocol */
	TRANSFER_NETWORK,   /* connect, TLS, proxy fault, or cut off */
	TRANSFER_TIMEOUT,   /* one of the four limits */
	TRANSFER_TOO_LARGE, /* over body_max */
	TRANSFER_HUNG_UP,   /* the client went away, or "cancel" says so */
	TRANSFER_FORBIDDEN, /* "allow" let no address of the host pass */
	TRANSFER_EXIT,	    /* the proxy failed, or refused, or nothing could be
			       reached by it: the request did not go out */
};

enum transfer_got {
	TRANSFER_GOT_DATA,    /* something was appended */
	TRANSFER_GOT_END,     /* it is over: transfer_end() tells how */
	TRANSFER_GOT_NOTHING, /* the wait passed */
};

/*
 * Begin.  On GB_OK "*out" is the caller's, to be freed; otherwise it is NULL:
 * GB_EINVAL for a header that would not stay one (CR or LF in it) or a URL that
 * is out of bounds, GB_ETOOBIG for more than 64 KiB of headers, GB_ENOMEM.  A
 * URL that is merely wrong ends in TRANSFER_NETWORK.
 */
enum gb_err transfer_start(struct engine *, const struct transfer_request *,
			   struct transfer **out) GB_NODISCARD;

/*
 * Hand over the next "len" bytes of the body, waiting until upstream took those
 * before; at most one such piece lies in memory.  False: the transfer is over,
 * and upstream wants no more; or, while transfer_end() says that it runs, there
 * is no memory.
 */
bool transfer_feed(struct transfer *, const char *data, size_t len);

/* That was all of the body.  From here on the client's descriptor is watched,
 * which cannot be while somebody reads from it. */
void transfer_feed_end(struct transfer *);

/*
 * Wait until the status and headers are there (with "whole": until all is) or
 * it is over, at most "wait_ms" (-1: as long as it takes).  TRANSFER_GOT_DATA:
 * the head is there.
 */
enum transfer_got transfer_head(struct transfer *, int64_t wait_ms);

/*
 * Wait until one of two transfers that race, the second of which may be NULL,
 * has its head, "whole" or not, or is over, at most "wait_ms": which, or -1:
 * neither.
 */
int transfer_first(struct transfer *const two[2], int64_t wait_ms);

/*
 * Move what has come of the body to the end of "out", waiting at most
 * "wait_ms" (-1: as long as it takes) for the first of it.  With "whole" it
 * waits for all, and what came of a failed transfer is not handed out.
 */
enum transfer_got transfer_read(struct transfer *, struct buf *out,
				int64_t wait_ms);

int transfer_status(const struct transfer *); /* 0 until the head is there */

/* The last value of a reply header, any case; NULL when it has none.  Valid
 * until transfer_free(). */
const char *transfer_header(const struct transfer *, const char *name);

enum transfer_end transfer_end(const struct transfer *);

/* Milliseconds from the start of the last connection; -1: it did not come to
 * that, or was not needed. */
struct transfer_times {
	int64_t connect_ms;    /* to upstream, or to the proxy */
	int64_t tls_ms;	       /* TLS with upstream, the proxy included */
	int64_t first_byte_ms; /* of the reply */
};

/* Of a transfer that is over. */
void transfer_times(const struct transfer *, struct transfer_times *);

/* After a failure: words for it, curl's or ours, without URL or proxy; never
 * NULL, "" without a failure. */
const char *transfer_error(const struct transfer *);

/* Wait as long as that while no transfer runs.  True: meanwhile the client at
 * "watch_fd" went away, as in struct transfer_request. */
bool transfer_pause(int watch_fd, int64_t wait_ms);

/* Cancel what still runs, and free.  NULL is fine.  Afterwards neither the
 * body nor the watched descriptor is touched any more. */
void transfer_free(struct transfer *);

#endif
