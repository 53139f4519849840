/* unit_upstream.h: what the tests of transfers and of the engine share */
#ifndef GB_TESTS_UNIT_UPSTREAM_H
#define GB_TESTS_UNIT_UPSTREAM_H

#include "unit.h"

#include "tiny_server.h"
#include "upstream/transfer.h"

#define BODY_MAX  (64 * 1024)
#define QUEUE_MAX (32 * 1024)

static struct engine *engine;

/* How one exchange ended. */
struct result {
	enum transfer_end end;
	int status;
	struct buf body;
	char error[256];
	char header[64]; /* of "X-Test" */
};

static inline struct transfer_request
request(bool whole, const char *url)
{
	struct transfer_request rq;

	memset(&rq, 0, sizeof(rq));
	rq.method = "GET";
	rq.url = url;
	rq.connect_timeout_ms = 20000;
	rq.total_timeout_ms = 60000;
	rq.whole = whole;
	rq.body_max = BODY_MAX;
	rq.queue_max = QUEUE_MAX;
	rq.watch_fd = -1;
	return rq;
}

static inline const char *
url_of(const struct server *s)
{
	static _Thread_local char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/hidden", s->port);
	return url;
}

static inline struct transfer *
start(const struct transfer_request *rq)
{
	struct transfer *t;

	CHECK_INT("start", transfer_start(engine, rq, &t), GB_OK);
	return t;
}

/* Read "t" to its end, and free it. */
static inline void
finish(struct transfer *t, struct result *res)
{
	const char *value;

	memset(res, 0, sizeof(*res));
	buf_init(&res->body, 64 * 1024 * 1024);
	while (transfer_read(t, &res->body, -1) == TRANSFER_GOT_DATA)
		continue;
	res->end = transfer_end(t);
	res->status = transfer_status(t);
	snprintf(res->error, sizeof(res->error), "%s", transfer_error(t));
	value = transfer_header(t, "X-TEST");
	snprintf(res->header, sizeof(res->header), "%s",
		 value == NULL ? "(none)" : value);
	transfer_free(t);
}

static inline void
exchange(const struct transfer_request *rq, struct result *res)
{
	finish(start(rq), res);
}

/* --- what servers answer -------------------------------------------------- */

#define HEAD_ONLY "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"

static inline bool
answer_text(struct server_conn *c)
{
	const char *text = c->server->arg;

	return server_send(c, text, strlen(text));
}

static inline bool
answer_echo(struct server_conn *c)
{
	char head[64];

	snprintf(head, sizeof(head),
		 "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
		 c->request.len);
	return server_send(c, head, strlen(head)) &&
	       server_send(c, c->request.data, c->request.len);
}

static inline bool
answer_silence(struct server_conn *c)
{
	const char *begin = c->server->arg;

	server_send(c, begin, strlen(begin));
	return server_hold(c);
}

static inline char
pattern(size_t at)
{
	return (char)('a' + at * 7 % 26);
}

struct size {
	atomic_int status;
	atomic_size_t len;
};

static inline bool
answer_size(struct server_conn *c)
{
	struct size *size = c->server->arg;
	char piece[10000];
	size_t at, n, i, len;
	bool ok;

	/* Once: the client has all of it before this loop has ended, and asks
	 * for another size. */
	len = size->len;
	n = (size_t)snprintf(piece, sizeof(piece),
			     "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n",
			     atomic_load(&size->status), len);
	ok = server_send(c, piece, n);
	for (at = 0; at < len && ok; at += n) {
		n = len - at;
		if (n > sizeof(piece))
			n = sizeof(piece);
		for (i = 0; i < n; i++)
			piece[i] = pattern(at + i);
		ok = server_send(c, piece, n);
	}
	return ok;
}

static inline void
check_pattern(const char *what, const struct buf *body, size_t len)
{
	size_t i;

	CHECK_INT(what, body->len, len);
	for (i = 0; i < len && body->data[i] == pattern(i); i++)
		continue;
	CHECK_INT(what, i, len);
}

/* --- the engine of all cases ---------------------------------------------- */

static inline int
setup(void **state)
{
	const struct engine_options opt = {NULL, 64};

	(void)state;
	return engine_new(&engine, &opt) == GB_OK ? 0 : -1;
}

static inline int
teardown(void **state)
{
	(void)state;
	engine_free(engine);
	return 0;
}

#endif
