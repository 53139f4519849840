/*
 * streams.c: many streams at once, as their upstream and as their clients, to
 * see how late each event is and whether one is lost.
 *
 *	streams -l UPSTREAM_PORT -p PORT [-t TOKEN] [-P PID]
 *		[-c STREAMS] [-s SECONDS]
 *
 * One thread is the upstream: an SSE server that answers any request with
 * Gemini events at a fixed rate.  The other is the clients, who ask for
 * streams at PORT (UPSTREAM_PORT itself: nothing in between).  The text of each
 * event carries its number and when it was sent, "@number:nanoseconds@", so
 * that it does not matter what is made of the rest.  The memory of process PID
 * is looked at before and during it all.  It prints "name=value" pairs.
 */
#include "http.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define RATE	    20		  /* events of a stream in a second */
#define SLOTS	    (1000 / RATE) /* milliseconds between two of them */
#define STREAMS_MAX 2000
#define SECONDS_MAX 600
#define FDS_MAX	    8192 /* two for each stream, and whatever else */

/* The clients come one after the other, not in one instant. */
#define STARTS_PER_MS 1

/* After the last event should be there, wait this much longer. */
#define GRACE_NS 10000000000LL

#define MS_NS 1000000LL

/* A connection as the upstream sees it. */
struct up_conn {
	int fd;
	char request[8192];
	size_t request_len;
	bool streaming;
	int sent; /* events */
	int slot; /* the millisecond of a period in which it sends */
};

struct upstream {
	int port, events, listener, epoll;
	struct up_conn *conns[FDS_MAX]; /* by descriptor */
	int next_slot;
};

/* A stream as its client sees it. */
struct stream {
	int fd;
	bool asked;
	struct http_reply reply;
	char mark[64]; /* what came after an "@" */
	size_t mark_len;
	bool in_mark;
	int events; /* received, in order */
	bool over;
	struct clients *all;
};

struct clients {
	int port, count, events, epoll, opened, over;
	pid_t watched;
	char request[2048];
	size_t request_len;
	struct stream *streams;
	int64_t *delays; /* nanoseconds, of all events received */
	size_t delay_count;
	long complete, wrong;
	long rss_before_kb, rss_max_kb;
};

/* --- the upstream --------------------------------------------------------- */

static void
up_close(struct upstream *up, struct up_conn *c)
{
	up->conns[c->fd] = NULL;
	close(c->fd);
	free(c);
}

static bool
up_write(struct up_conn *c, const char *data, size_t len)
{
	return send(c->fd, data, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static void
up_event(struct upstream *up, struct up_conn *c)
{
	static const char
	    last[] = "\"finishReason\":\"STOP\",",
	    usage[] = ",\"usageMetadata\":{\"promptTokenCount\":12,"
		      "\"candidatesTokenCount\":240,\"totalTokenCount\":252}";
	char event[1024], chunk[1100];
	bool end = c->sent + 1 == up->events;
	int n;

	n = snprintf(event, sizeof(event),
		     "data: {\"candidates\":[{\"content\":{\"parts\":[{"
		     "\"text\":\"@%d:%" PRId64 "@ and a few words more\"}],"
		     "\"role\":\"model\"},%s\"index\":0}]%s,"
		     "\"modelVersion\":\"gemini-2.5-flash\"}\r\n\r\n",
		     c->sent, http_now_ns(), end ? last : "", end ? usage : "");
	n = snprintf(chunk, sizeof(chunk), "%x\r\n%s\r\n%s", (unsigned)n, event,
		     end ? "0\r\n\r\n" : "");
	if (!up_write(c, chunk, (size_t)n)) {
		up_close(up, c);
		return;
	}
	c->sent++;
	if (end) {
		c->streaming = false;
		c->request_len = 0;
	}
}

static void
up_accept(struct upstream *up)
{
	struct epoll_event ev = {.events = EPOLLIN};
	struct up_conn *c;
	int fd;

	while ((fd = accept4(up->listener, NULL, NULL,
			     SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
		c = fd < FDS_MAX ? calloc(1, sizeof(*c)) : NULL;
		if (c == NULL)
			errx(1, "too many connections upstream");
		c->fd = fd;
		up->conns[fd] = c;
		ev.data.ptr = c;
		if (epoll_ctl(up->epoll, EPOLL_CTL_ADD, fd, &ev) == -1)
			err(1, "epoll_ctl");
	}
}

static void
up_receive(struct upstream *up, struct up_conn *c)
{
	static const char head[] = "HTTP/1.1 200 OK\r\n"
				   "Content-Type: text/event-stream\r\n"
				   "Transfer-Encoding: chunked\r\n\r\n";
	ssize_t n;

	n = recv(c->fd, c->request + c->request_len,
		 sizeof(c->request) - 1 - c->request_len, 0);
	if (n == -1 && errno == EAGAIN)
		return;
	if (n <= 0) {
		up_close(up, c);
		return;
	}
	c->request_len += (size_t)n;
	c->request[c->request_len] = '\0';
	if (c->streaming || !http_request_whole(c->request))
		return;
	c->streaming = up_write(c, head, sizeof(head) - 1);
	c->sent = 0;
	c->slot = up->next_slot++ % SLOTS;
}

static void
up_tick(struct upstream *up, int64_t ms)
{
	int fd;

	for (fd = 0; fd < FDS_MAX; fd++)
		if (up->conns[fd] != NULL && up->conns[fd]->streaming &&
		    up->conns[fd]->slot == (int)(ms % SLOTS))
			up_event(up, up->conns[fd]);
}

static void *
up_run(void *arg)
{
	struct upstream *up = arg;
	struct epoll_event events[256];
	int64_t ms, ticked = http_now_ns() / MS_NS;
	int i, n;

	for (;;) {
		n = epoll_wait(up->epoll, events, 256, 1);
		for (i = 0; i < n; i++)
			if (events[i].data.ptr == NULL)
				up_accept(up);
			else
				up_receive(up, events[i].data.ptr);
		ms = http_now_ns() / MS_NS;
		while (ticked < ms)
			up_tick(up, ++ticked);
	}
	return NULL;
}

static void
up_start(struct upstream *up)
{
	struct epoll_event ev = {.events = EPOLLIN};
	pthread_t thread;

	up->listener = http_listen(up->port);
	up->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (up->listener == -1 ||
	    epoll_ctl(up->epoll, EPOLL_CTL_ADD, up->listener, &ev) == -1)
		err(1, "cannot listen on port %d", up->port);
	if (pthread_create(&thread, NULL, up_run, up) != 0)
		err(1, "pthread_create");
	pthread_detach(thread);
}

/* --- the clients ---------------------------------------------------------- */

static long
rss_kb(pid_t pid)
{
	char path[64], line[256];
	long kb = 0;
	FILE *f;

	if (pid == 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if ((f = fopen(path, "r")) == NULL)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "VmRSS:", 6) == 0)
			kb = strtol(line + 6, NULL, 10);
	fclose(f);
	return kb;
}

static void
stream_mark(struct stream *s)
{
	struct clients *all = s->all;
	char *colon;
	long number;
	int64_t sent;

	s->mark[s->mark_len] = '\0';
	number = strtol(s->mark, &colon, 10);
	if (colon == s->mark || *colon != ':')
		return;
	sent = strtoll(colon + 1, NULL, 10);
	if (number != s->events || number >= all->events) {
		all->wrong++;
		return;
	}
	s->events++;
	all->delays[all->delay_count++] = http_now_ns() - sent;
}

/* Look for marks in what has come; one may be cut anywhere. */
static void
stream_body(void *arg, const char *data, size_t len)
{
	struct stream *s = arg;
	size_t i;

	for (i = 0; i < len; i++) {
		if (data[i] == '@') {
			if (s->in_mark)
				stream_mark(s);
			s->in_mark = !s->in_mark;
			s->mark_len = 0;
		} else if (s->in_mark && s->mark_len < sizeof(s->mark) - 1) {
			s->mark[s->mark_len++] = data[i];
		}
	}
}

static void
stream_open(struct clients *all)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT | EPOLLET};
	struct stream *s = &all->streams[all->opened++];

	s->all = all;
	http_reply_init(&s->reply, stream_body, s);
	s->fd = http_connect(all->port);
	ev.data.ptr = s;
	if (s->fd == -1 || epoll_ctl(all->epoll, EPOLL_CTL_ADD, s->fd, &ev))
		err(1, "cannot connect to port %d", all->port);
}

static void
stream_end(struct stream *s)
{
	struct clients *all = s->all;

	if (s->reply.state == HTTP_DONE && s->reply.status == 200 &&
	    s->events == all->events)
		all->complete++;
	else if (all->over == all->complete)
		warnx("first broken stream: status %d, %d of %d events",
		      s->reply.status, s->events, all->events);
	s->over = true;
	all->over++;
	close(s->fd);
}

static void
stream_ready(struct stream *s, uint32_t events)
{
	char data[16384];
	ssize_t n;

	if ((events & EPOLLOUT) != 0 && !s->asked) {
		n = send(s->fd, s->all->request, s->all->request_len,
			 MSG_NOSIGNAL);
		s->asked = true;
		if (n != (ssize_t)s->all->request_len) {
			stream_end(s);
			return;
		}
	}
	while (!s->over) {
		n = recv(s->fd, data, sizeof(data), 0);
		if (n == -1 && errno == EAGAIN)
			return;
		if (n <= 0 || !http_reply_feed(&s->reply, data, (size_t)n))
			stream_end(s);
	}
}

static void
clients_run(struct clients *all)
{
	struct epoll_event events[256];
	int64_t begin = http_now_ns(), deadline, watch = begin, ms;
	long kb;
	int i, n;

	all->rss_before_kb = rss_kb(all->watched);
	deadline = begin + GRACE_NS +
		   (all->events * SLOTS + all->count / STARTS_PER_MS) * MS_NS;
	while (all->over < all->count && http_now_ns() < deadline) {
		ms = (http_now_ns() - begin) / MS_NS;
		while (all->opened < all->count &&
		       all->opened < ms * STARTS_PER_MS)
			stream_open(all);
		n = epoll_wait(all->epoll, events, 256,
			       all->opened < all->count ? 1 : 100);
		for (i = 0; i < n; i++)
			stream_ready(events[i].data.ptr, events[i].events);
		if (http_now_ns() - watch < 200 * MS_NS)
			continue;
		watch = http_now_ns();
		kb = rss_kb(all->watched);
		if (kb > all->rss_max_kb)
			all->rss_max_kb = kb;
	}
}

static int
delay_compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
clients_print(struct clients *all)
{
	size_t n = all->delay_count;
	long expected = (long)all->count * all->events;

	qsort(all->delays, n, sizeof(*all->delays), delay_compare);
	printf("streams=%d complete=%ld events=%ld lost=%ld wrong=%ld ",
	       all->count, all->complete, expected, expected - (long)n,
	       all->wrong);
	if (n > 0)
		printf("p50_us=%" PRId64 " p99_us=%" PRId64 " max_us=%" PRId64
		       " ",
		       all->delays[n / 2] / 1000,
		       all->delays[n * 99 / 100] / 1000,
		       all->delays[n - 1] / 1000);
	printf("rss_before_kb=%ld rss_max_kb=%ld\n", all->rss_before_kb,
	       all->rss_max_kb);
}

int
main(int argc, char **argv)
{
	static struct upstream up; /* static for their size */
	static struct clients all;
	const char *token = "none";
	int opt, seconds = 10;

	all.count = 1000;
	while ((opt = getopt(argc, argv, "l:p:t:P:c:s:")) != -1)
		switch (opt) {
		case 'l':
			up.port = (int)strtol(optarg, NULL, 10);
			break;
		case 'p':
			all.port = (int)strtol(optarg, NULL, 10);
			break;
		case 't':
			token = optarg;
			break;
		case 'P':
			all.watched = (pid_t)strtol(optarg, NULL, 10);
			break;
		case 'c':
			all.count = (int)strtol(optarg, NULL, 10);
			break;
		case 's':
			seconds = (int)strtol(optarg, NULL, 10);
			break;
		default:
			return 2;
		}
	if (up.port == 0 || all.port == 0 || all.count < 1 ||
	    all.count > STREAMS_MAX || seconds < 1 || seconds > SECONDS_MAX)
		errx(2, "usage: streams -l upstream-port -p port [-t token] "
			"[-P pid] [-c streams] [-s seconds]");

	all.events = up.events = seconds * RATE;
	all.request_len =
	    http_chat_request(all.request, sizeof(all.request),
			      "/v1/chat/completions", token, true);
	all.epoll = epoll_create1(EPOLL_CLOEXEC);
	all.streams = calloc((size_t)all.count, sizeof(*all.streams));
	all.delays =
	    calloc((size_t)all.count * (size_t)all.events, sizeof(*all.delays));
	if (all.epoll == -1 || all.streams == NULL || all.delays == NULL)
		err(1, "out of memory");
	up_start(&up);
	clients_run(&all);
	clients_print(&all);
	return 0;
}
