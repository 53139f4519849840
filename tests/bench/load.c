/*
 * load.c: chats over a few connections, at a fixed rate or one after the
 * other, and how long each took.
 *
 *	load -p PORT [-u PATH] [-t TOKEN] [-c CONNECTIONS] -r RATE -s SECONDS
 *	load -p PORT [-u PATH] [-t TOKEN] [-c CONNECTIONS] -n COUNT
 *
 * At a fixed rate the connections take turns, so that queues do not blur what
 * one request costs; a request whose connection was still busy when it was due
 * counts from when it was due.  It prints "name=value" pairs.
 */
#include "http.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* One file descriptor each; far more than the bench asks for. */
#define CONNECTIONS_MAX 512

/* Times that are kept, the last ones where there are more (8 bytes each). */
#define TIMES_MAX 1000000

/* No answer for this long ends the run: something hangs. */
#define SILENCE_MAX_MS 5000

#define NS_PER_S 1000000000

struct load_conn {
	int fd;
	bool busy;
	int64_t start_ns; /* from when the running request counts */
	int64_t due_ns;	  /* when the next one is due, at a fixed rate */
	bool late;	  /* ... and that was while it was busy */
	struct http_reply reply;
};

struct load {
	int port, connections;
	long rate, seconds, count; /* a rate for some seconds, or a count */
	char request[2048];
	size_t request_len;
	int epoll;
	int64_t end_ns; /* nothing is sent after it, at a fixed rate */
	long sent, done, failed;
	int64_t *times;
	struct load_conn conns[CONNECTIONS_MAX];
};

static void
load_open(struct load *l, struct load_conn *c)
{
	struct epoll_event ev = {.events = EPOLLIN};

	c->fd = http_connect(l->port);
	ev.data.ptr = c;
	if (c->fd == -1 || epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &ev) == -1)
		err(1, "cannot connect to port %d", l->port);
	c->busy = false;
}

static void
load_reopen(struct load *l, struct load_conn *c)
{
	close(c->fd);
	load_open(l, c);
}

static void
load_send(struct load *l, struct load_conn *c, int64_t start_ns)
{
	ssize_t n;

	c->start_ns = start_ns;
	c->busy = true;
	l->sent++;
	http_reply_init(&c->reply, NULL, NULL);
	n = send(c->fd, l->request, l->request_len, MSG_NOSIGNAL);
	if (n == (ssize_t)l->request_len)
		return;
	l->done++;
	l->failed++;
	load_reopen(l, c);
}

static void
load_finish(struct load *l, struct load_conn *c)
{
	bool good = c->reply.state == HTTP_DONE && c->reply.status == 200;

	l->times[l->done % TIMES_MAX] = http_now_ns() - c->start_ns;
	l->done++;
	c->busy = false;
	if (!good) {
		if (l->failed++ == 0)
			warnx("first failure: status %d", c->reply.status);
		load_reopen(l, c);
	}
	if (l->count > 0 && l->sent < l->count)
		load_send(l, c, http_now_ns());
}

static void
load_receive(struct load *l, struct load_conn *c)
{
	char data[16384];
	ssize_t n;

	n = recv(c->fd, data, sizeof(data), 0);
	if (n == -1 && errno == EAGAIN)
		return;
	if (n > 0 && c->busy) {
		if (!http_reply_feed(&c->reply, data, (size_t)n))
			load_finish(l, c);
		return;
	}
	if (c->busy)
		load_finish(l, c); /* cut: not done, so it counts as failed */
	else
		load_reopen(l, c); /* the server was tired of keeping it */
}

/* Send what is due; returns the milliseconds until something is due again. */
static int
load_send_due(struct load *l)
{
	int64_t now = http_now_ns(), next = l->end_ns;
	int64_t step = l->connections * (int64_t)NS_PER_S / l->rate;
	struct load_conn *c;
	int i;

	if (now >= l->end_ns)
		return 1;
	for (i = 0; i < l->connections; i++) {
		c = &l->conns[i];
		if (c->due_ns <= now && c->busy) {
			c->late = true;
			continue;
		}
		if (c->due_ns <= now) {
			load_send(l, c, c->late ? c->due_ns : now);
			c->late = false;
			c->due_ns += step;
		}
		if (c->due_ns < next)
			next = c->due_ns;
	}
	return next <= now ? 0 : (int)((next - now + 999999) / 1000000);
}

static bool
load_over(const struct load *l)
{
	if (l->done < l->sent)
		return false;
	return l->count > 0 ? l->sent >= l->count : http_now_ns() >= l->end_ns;
}

static void
load_run(struct load *l)
{
	struct epoll_event events[64];
	int64_t heard_ns = http_now_ns(), begin = heard_ns;
	int i, n;

	l->end_ns = begin + l->seconds * NS_PER_S;
	for (i = 0; i < l->connections; i++) {
		load_open(l, &l->conns[i]);
		if (l->rate > 0)
			l->conns[i].due_ns = begin + i * NS_PER_S / l->rate;
		else if (l->sent < l->count)
			load_send(l, &l->conns[i], http_now_ns());
	}
	while (!load_over(l)) {
		n = l->rate > 0 ? load_send_due(l) : SILENCE_MAX_MS;
		n = epoll_wait(l->epoll, events, 64, n);
		if (n == -1 && errno != EINTR)
			err(1, "epoll_wait");
		for (i = 0; i < n; i++)
			load_receive(l, events[i].data.ptr);
		if (n > 0)
			heard_ns = http_now_ns();
		else if (http_now_ns() - heard_ns > SILENCE_MAX_MS * 1000000LL)
			errx(1, "no answer for %d ms", SILENCE_MAX_MS);
	}
}

static int
load_compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
load_print(struct load *l, int64_t begin_ns)
{
	long kept = l->done < TIMES_MAX ? l->done : TIMES_MAX;
	double took = (double)(http_now_ns() - begin_ns) / NS_PER_S;

	qsort(l->times, (size_t)kept, sizeof(*l->times), load_compare);
	printf("requests=%ld failed=%ld per_second=%.0f p50_us=%.0f "
	       "p99_us=%.0f max_us=%.0f\n",
	       l->done, l->failed, (double)l->done / took,
	       (double)l->times[kept / 2] / 1000,
	       (double)l->times[kept * 99 / 100] / 1000,
	       (double)l->times[kept - 1] / 1000);
}

int
main(int argc, char **argv)
{
	static struct load l; /* static for its size, not to be shared */
	const char *path = "/v1/chat/completions", *token = "none";
	int64_t begin_ns;
	int opt;

	l.connections = 10;
	while ((opt = getopt(argc, argv, "p:u:t:c:r:s:n:")) != -1)
		switch (opt) {
		case 'p':
			l.port = (int)strtol(optarg, NULL, 10);
			break;
		case 'u':
			path = optarg;
			break;
		case 't':
			token = optarg;
			break;
		case 'c':
			l.connections = (int)strtol(optarg, NULL, 10);
			break;
		case 'r':
			l.rate = strtol(optarg, NULL, 10);
			break;
		case 's':
			l.seconds = strtol(optarg, NULL, 10);
			break;
		case 'n':
			l.count = strtol(optarg, NULL, 10);
			break;
		default:
			return 2;
		}
	if (l.port == 0 || l.connections < 1 ||
	    l.connections > CONNECTIONS_MAX ||
	    (l.count > 0) == (l.rate > 0 && l.seconds > 0))
		errx(2, "usage: load -p port [-u path] [-t token] "
			"[-c connections] (-r rate -s seconds | -n count)");

	l.request_len =
	    http_chat_request(l.request, sizeof(l.request), path, token, false);
	l.epoll = epoll_create1(EPOLL_CLOEXEC);
	l.times = calloc(TIMES_MAX, sizeof(*l.times));
	if (l.epoll == -1 || l.times == NULL)
		err(1, "out of memory");
	begin_ns = http_now_ns();
	load_run(&l);
	load_print(&l, begin_ns);
	return 0;
}
