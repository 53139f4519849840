/*
 * server.h: accepting requests, each on a thread of its own.
 *
 * Threads are started as requests need them, up to a limit, and end when they
 * have had nothing to do for a while.
 */
#ifndef GB_WEB_SERVER_H
#define GB_WEB_SERVER_H

#include "web/request.h"

typedef void web_handler(struct web_request *, void *context);

struct web_server_options {
	int listen_fd;
	size_t threads_max;    /* requests at once */
	const char *base_path; /* where we are mounted; "": ask the server */
	web_handler *handler;
	void *context;
};

/* Whether descriptor 0 is a FastCGI listening socket. */
bool web_is_fastcgi(void);

/* Keep the signals that end the service for web_server_run(): to be called
 * before any thread is started. */
void web_signals_block(void);

/*
 * Serve until SIGTERM, SIGINT or SIGUSR1, then let running requests end for a
 * bounded time, cut off what is left, and return.  GB_EIO: not even one thread
 * could be started.
 */
enum gb_err web_server_run(const struct web_server_options *) GB_NODISCARD;

/* Serve the one request of a plain CGI process. */
/* "listen_fd" and "threads_max" do not matter. */
enum gb_err web_cgi_run(const struct web_server_options *) GB_NODISCARD;

#endif
