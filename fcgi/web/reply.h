/*
 * reply.h: answering a request.
 *
 * Either web_reply() once, or web_stream_begin() and then any number of
 * web_stream_write().  GB_ECANCELED means that the client is gone: nothing
 * more needs to be sent.
 */
#ifndef GB_WEB_REPLY_H
#define GB_WEB_REPLY_H

#include "web/request.h"

#define WEB_SSE_TYPE "text/event-stream; charset=utf-8"

/* Add a header to the reply to come.  Names and values are ours or checked:
 * characters that could end the line are dropped. */
void web_reply_header(struct web_request *, const char *name,
		      const char *value);

/* Take all headers of that name out again, as it was written when added. */
void web_reply_header_drop(struct web_request *, const char *name);

/* The whole answer, with Content-Length. */
enum gb_err web_reply(struct web_request *, int status,
		      const char *content_type, const char *body, size_t len);

/* The same with the first "len" bytes of the file at "fd", which stays the
 * caller's; little of it is in memory at once.  GB_EIO: it could not be read,
 * and the answer breaks off. */
enum gb_err web_reply_file(struct web_request *, int status,
			   const char *content_type, int fd, size_t len);

/* The head of an answer whose end is not known yet, flushed at once, with the
 * headers that keep proxies from buffering it. */
enum gb_err web_stream_begin(struct web_request *, int status,
			     const char *content_type);

/* More of it, flushed at once. */
enum gb_err web_stream_write(struct web_request *, const char *data,
			     size_t len);

/*
 * Break the answer off, so that the client sees that it is not all of it: the
 * web server loses us in the middle of it, and does as much to its client.
 * Where web_can_break() is false the answer just ends, as if it were complete:
 * behind Apache, as a plain CGI, and who knows where else.
 */
void web_break(struct web_request *);
bool web_can_break(const struct web_request *);

/* Whether the head of an answer went out already. */
bool web_replied(const struct web_request *);

#endif
