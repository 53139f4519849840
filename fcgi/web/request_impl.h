/* request_impl.h: the inside of a request, for fcgi/web alone */
#ifndef GB_WEB_REQUEST_IMPL_H
#define GB_WEB_REQUEST_IMPL_H

#include <fcgiapp.h>

#include "web/request.h"

#define PATH_BYTES_MAX (16 * 1024) /* of a path; web servers stop at 8 KiB */
#define HEAD_BYTES_MAX (16 * 1024) /* of our reply's head */

struct web_request {
	FCGX_Request fcgx; /* as a plain CGI: only envp is used */
	bool cgi;	   /* descriptors 0 and 1 instead of fcgx.in and .out */
	int cgi_watch_fd;  /* hangs up when the web server ends a CGI */

	char id[RANDOM_ID_SIZE];
	int64_t arrived_wall_ms, arrived_mono_ms;
	const char *method, *query;
	struct buf mount, path;
	int64_t body_read; /* by web_read_part() */

	struct buf head; /* header lines of the reply, until it begins */
	bool replied;	 /* the head went out */
	bool gone;	 /* a write failed: the client is not there */
};

/* Before the first use of "rq", once. */
void web_request_init(struct web_request *rq);
void web_request_release(struct web_request *rq);

/* Read the request line and so on from rq->fcgx.envp; "base_path" "": ask the
 * web server's variables. */
void web_request_begin(struct web_request *rq, const char *base_path);

/* A CGI variable; NULL: there is none. */
const char *web_variable(const struct web_request *rq, const char *name);

#endif
