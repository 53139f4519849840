/*
 * http.h: as much HTTP/1.1 as a load generator needs: a loopback connection,
 * a chat request, and a reply read piece by piece.
 */
#ifndef GB_TESTS_BENCH_HTTP_H
#define GB_TESTS_BENCH_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest header line of a reply that we read. */
#define HTTP_LINE_MAX 4096

enum http_state {
	HTTP_STATUS,
	HTTP_HEADER,
	HTTP_BODY,	 /* "left" bytes of it to come */
	HTTP_CHUNK_SIZE, /* the line with the size of a chunk */
	HTTP_CHUNK,	 /* "left" bytes of a chunk to come */
	HTTP_CHUNK_END,	 /* the empty line after a chunk */
	HTTP_TRAILER,
	HTTP_DONE,
	HTTP_BAD,
};

/* A reply on its way.  http_reply_init() before each one. */
struct http_reply {
	enum http_state state;
	int status; /* 200; 0: not known yet */
	bool chunked, sized;
	size_t left;
	char line[HTTP_LINE_MAX];
	size_t line_len;
	void (*body)(void *arg, const char *data, size_t len); /* or NULL */
	void *arg;
};

void http_reply_init(struct http_reply *,
		     void (*body)(void *arg, const char *data, size_t len),
		     void *arg);

/* Read "len" bytes of the reply.  False: it is complete or broken, as
 * "state" says; true: more is to come. */
bool http_reply_feed(struct http_reply *, const char *data, size_t len);

/* Whether "data" holds a whole request: its headers and the body that they
 * announce. */
bool http_request_whole(const char *data);

/* A connection to, or a socket that listens on, this port of 127.0.0.1; it
 * does not block.  -1: errno tells why. */
int http_connect(int port);
int http_listen(int port);

/* Write a request for a chat with this access token; returns its length, or
 * exits when "size" is too small. */
size_t http_chat_request(char *to, size_t size, const char *path,
			 const char *token, bool stream);

/* Nanoseconds of a clock that only goes forward. */
int64_t http_now_ns(void);

#endif
