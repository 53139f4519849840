/*
 * request.h: one FastCGI or CGI request, from accept to finish.
 *
 * Only fcgi/web sees libfcgi.  A request belongs to the thread that accepted
 * it.  Reading and writing block; a failed write means that the client is
 * gone.
 */
#ifndef GB_WEB_REQUEST_H
#define GB_WEB_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

#define WEB_ADDRESS_SIZE 46 /* an address of IPv6 as text, with NUL */

struct web_request;

/* The request line and what identifies the request.  All borrowed from the
 * request, never NULL. */
const char *web_method(const struct web_request *);
/* The path below the mount, decoded, beginning with "/". */
const char *web_path(const struct web_request *);
/* From now on web_path() is "path", which is copied; GB_ETOOBIG, GB_ENOMEM: it
 * is what it was. */
enum gb_err web_path_replace(struct web_request *,
			     const char *path) GB_NODISCARD;
/* Where we are mounted: "" or "/gbalance" or "/~me/gbalance.fcgi". */
const char *web_mount(const struct web_request *);
/*
 * Append where the client sees us, "https://example.org:8443", by the request's
 * Host and what the web server, or a proxy before it, says of the scheme.  It
 * is the client's word: fit for links in its own answer.
 */
void web_origin(const struct web_request *, struct buf *out);
/* The query string as it came, without "?". */
const char *web_query(const struct web_request *);
/* Our own id of the request: in logs, the journal and X-Request-Id. */
const char *web_id(const struct web_request *);
/* When it arrived, on clock_wall_ms() and clock_mono_ms(). */
int64_t web_arrived_wall_ms(const struct web_request *);
int64_t web_arrived_mono_ms(const struct web_request *);

/*
 * Whether the client came by TLS, as the web server says; with "trust" also as
 * a proxy before it says in X-Forwarded-Proto.
 */
bool web_is_https(const struct web_request *, bool trust);

/* The client's address, as the web server says, or with "trust" as the proxy
 * before it says at the end of X-Forwarded-For, without a port; "" when nobody
 * says one. */
void web_address(const struct web_request *, bool trust,
		 char address[WEB_ADDRESS_SIZE]);

/* The value of a cookie as it came; false: there is none, or it does not fit
 * in "size" bytes. */
bool web_cookie(const struct web_request *, const char *name, char *value,
		size_t size);

/* A request header by its name in any case, "X-Goog-Api-Key"; NULL: none. */
const char *web_header(const struct web_request *, const char *name);

/* Whether a query parameter is there and not empty, of whatever length. */
bool web_query_has(const struct web_request *, const char *name);

/* The value of a query parameter, decoded, into "value"; false: it has none,
 * or it does not fit in "size" bytes. */
bool web_query_value(const struct web_request *, const char *name, char *value,
		     size_t size);

/*
 * Read the whole body.  GB_ETOOBIG: more than body->max bytes (nothing needs
 * to be read for it when the client says so); GB_ECANCELED: the client went
 * away before it had sent what it announced; GB_ENOMEM.
 */
enum gb_err web_read_body(struct web_request *, struct buf *body) GB_NODISCARD;

/* How many bytes the body has, as the client announced; -1: it did not. */
int64_t web_body_length(const struct web_request *);

/*
 * Read the next part of the body, for who does not want it as a whole: "*got"
 * bytes, 0 at its end.  GB_ECANCELED: the client went away before it had sent
 * what it announced.
 */
enum gb_err web_read_part(struct web_request *, char *data, size_t size,
			  size_t *got) GB_NODISCARD;

/* The URL that the client knows us by, up to where we are mounted:
 * "https://host/gbalance". */
void web_own_url(const struct web_request *, struct buf *out);

/* What the web server calls itself, "Apache/2.4.62"; "" when it does not say;
 * and whether each of its requests is a process of ours. */
const char *web_server_software(const struct web_request *);
bool web_is_cgi(const struct web_request *);

/* The descriptor whose hang-up means that the client is gone; -1: none. */
int web_watch_fd(const struct web_request *);

#endif
