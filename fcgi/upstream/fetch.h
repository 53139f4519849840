/*
 * fetch.h: files of the web that a client has named by their URLs.
 *
 * They are asked for with nothing of ours: no key, no cookie, no password, not
 * even a connection that something else uses.  And directly, never by one of
 * the settings' proxies: a proxy looks names up by itself, so that we could not
 * see to which address a URL leads.
 */
#ifndef GB_UPSTREAM_FETCH_H
#define GB_UPSTREAM_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "upstream/address.h"
#include "upstream/engine.h"

#define FETCH_URLS_MAX	    64	 /* at one go; a long conversation's pictures */
#define FETCH_URL_MAX	    8192 /* bytes; signed ones have 2,000 and more */
#define FETCH_TYPE_MAX	    128	 /* bytes kept of a Content-Type, with NUL */
#define FETCH_REDIRECTS_MAX 4

enum fetch_end {
	FETCH_PENDING, /* another one failed before it was done */
	FETCH_DONE,
	FETCH_BAD_URL,	   /* no http or https, a user name in it, too long */
	FETCH_NOT_ALLOWED, /* "allow" let none of its addresses pass */
	FETCH_UNREACHABLE, /* no such name, no connection, no HTTP, cut off */
	FETCH_REDIRECTS,   /* more than FETCH_REDIRECTS_MAX */
	FETCH_STATUS,	   /* the status is no success */
	FETCH_ENCODED,	   /* compressed, which was not asked for */
	FETCH_EMPTY,
	FETCH_TOO_LARGE,
	FETCH_TIMEOUT,
	FETCH_HUNG_UP, /* the client went away */
	FETCH_NO_MEMORY,
};

/* One of them.  All but the URL is fetch_all()'s. */
struct fetch {
	const char *url;
	enum fetch_end end;
	int status;
	char type[FETCH_TYPE_MAX]; /* Content-Type as it came; "": none */
	struct buf body;	   /* of FETCH_DONE; the caller releases it */
};

struct fetch_limits {
	size_t one_max;	      /* bytes of each */
	size_t all_max;	      /* of all together */
	int64_t timeout_ms;   /* for all together */
	address_check *allow; /* NULL: any address */
	int watch_fd;	      /* as transfer_request has it */
};

/*
 * Fetch the "count" (1 to FETCH_URLS_MAX) files at "list", some at a time.
 * NULL: all are FETCH_DONE.  Otherwise the one that failed first; the others
 * are FETCH_DONE or FETCH_PENDING.  Every body is the caller's to release.
 */
struct fetch *fetch_all(struct engine *, struct fetch *list, size_t count,
			const struct fetch_limits *) GB_NODISCARD;

#endif
