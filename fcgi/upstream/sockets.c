/* sockets.c: the descriptors in the engine's epoll set */
#include "upstream/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "upstream/exchange.h"

#define SLOTS_FIRST 64 /* descriptors with room from the start */

/* FastCGI 1.0, sections 3.3 and 8: the record header, and the one type by which
 * a web server that keeps its connection open says that the client left. */
#define FCGI_HEADER_LEN	   8
#define FCGI_VERSION	   1
#define FCGI_ABORT_REQUEST 2
#define UNREAD_LOOK_MS	   100 /* between looks at input that nobody reads */

/* Bytes looked at for that record.  The end of the request's own input, one
 * empty record, may wait unread before it; more cannot. */
#define PEEK_MAX 256

void
sockets_init(struct sockets *s, int epoll)
{
	memset(s, 0, sizeof(*s));
	s->epoll = epoll;
}

void
sockets_release(struct sockets *s)
{
	free(s->slots);
	sockets_init(s, -1);
}

static struct socket_slot *
sockets_slot(struct sockets *s, int fd)
{
	struct socket_slot *slots;
	size_t want, count;

	want = (size_t)fd + 1;
	if (want <= s->count)
		return &s->slots[fd];
	count = s->count == 0 ? SLOTS_FIRST : 2 * s->count;
	if (count < want)
		count = want;
	slots = realloc(s->slots, count * sizeof(*slots));
	if (slots == NULL)
		return NULL;
	memset(slots + s->count, 0, (count - s->count) * sizeof(*slots));
	s->slots = slots;
	s->count = count;
	return &slots[fd];
}

/* Make epoll watch "fd" for exactly "want" (0: not at all). */
static int
sockets_set(struct sockets *s, int fd, struct socket_slot *slot, uint32_t want)
{
	struct epoll_event ev;
	int op;

	if (want == slot->have)
		return 0;
	op = slot->have == 0 ? EPOLL_CTL_ADD
	     : want == 0     ? EPOLL_CTL_DEL
			     : EPOLL_CTL_MOD;
	slot->have = want;
	memset(&ev, 0, sizeof(ev));
	ev.events = want;
	ev.data.fd = fd;
	return epoll_ctl(s->epoll, op, fd, &ev);
}

/*
 * libcurl drops its interest in a connection at the end of each exchange and
 * declares it anew with the next one.  For sockets whose end is sure to be seen
 * (sockets_close) the interest stays in the set meanwhile, which saves two
 * system calls an exchange; what an idle connection then reports is sorted out
 * in sockets_curl_event().
 */
int
sockets_want(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
	static const uint32_t events[] = {
	    [CURL_POLL_NONE] = 0,	[CURL_POLL_IN] = EPOLLIN,
	    [CURL_POLL_OUT] = EPOLLOUT, [CURL_POLL_INOUT] = EPOLLIN | EPOLLOUT,
	    [CURL_POLL_REMOVE] = 0,
	};
	struct sockets *s = arg;
	struct socket_slot *slot;

	(void)easy;
	(void)unused;
	slot = sockets_slot(s, fd);
	if (slot == NULL) {
		log_errorx("upstream: no memory to watch a socket");
		return 0; /* its transfer will run into a limit */
	}
	slot->want = events[what];
	if (slot->want == 0 && slot->ours)
		return 0;
	if (sockets_set(s, fd, slot, slot->want) == -1 && slot->want != 0) {
		slot->have = 0;
		log_warn("upstream: cannot watch a socket");
	}
	return 0;
}

curl_socket_t
sockets_open(void *arg, curlsocktype purpose, struct curl_sockaddr *addr)
{
	struct sockets *s = arg;
	struct socket_slot *slot;
	int fd;

	(void)purpose;
	fd =
	    socket(addr->family, addr->socktype | SOCK_CLOEXEC, addr->protocol);
	if (fd == -1)
		return CURL_SOCKET_BAD;
	slot = sockets_slot(s, fd);
	if (slot == NULL) {
		close(fd);
		return CURL_SOCKET_BAD;
	}
	memset(slot, 0, sizeof(*slot));
	slot->ours = true;
	return fd;
}

int
sockets_close(void *arg, curl_socket_t fd)
{
	struct sockets *s = arg;
	struct socket_slot *slot;

	slot = &s->slots[fd]; /* made in sockets_open() */
	(void)sockets_set(s, fd, slot, 0);
	memset(slot, 0, sizeof(*slot));
	return close(fd);
}

int
sockets_curl_event(struct sockets *s, int fd, uint32_t events)
{
	struct socket_slot *slot;
	int bits;

	slot = sockets_slot(s, fd);
	if (slot == NULL || slot->have == 0 || slot->watchers != NULL)
		return 0; /* closed since epoll spoke, or not libcurl's */
	events &= slot->want | EPOLLERR | EPOLLHUP;
	if (slot->want == 0 || events == 0) {
		(void)sockets_set(s, fd, slot, slot->want);
		return 0;
	}
	bits = 0;
	if (events & EPOLLIN)
		bits |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		bits |= CURL_CSELECT_OUT;
	if (events & (EPOLLERR | EPOLLHUP))
		bits |= CURL_CSELECT_ERR;
	return bits;
}

/*
 * A FastCGI connection hangs up in any way there is, or sends the abort
 * record.  A pipe is a CGI's output and says only that its reader is gone; and
 * so is a socket that is our standard output, because mod_cgid half-closes it
 * as soon as the request's body is sent.  Edge-triggered, because unread input
 * is left where it is.
 */
static uint32_t
watch_events(int fd)
{
	struct stat st;

	if (fd != STDOUT_FILENO && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode))
		return EPOLLIN | EPOLLRDHUP | EPOLLET;
	return EPOLLERR | EPOLLHUP | EPOLLET;
}

void
sockets_watch(struct sockets *s, struct transfer *t)
{
	struct socket_slot *slot;

	slot = sockets_slot(s, t->watch_fd);
	if (slot == NULL)
		return; /* tried again with the next sweep */
	if (slot->watchers == NULL &&
	    sockets_set(s, t->watch_fd, slot, watch_events(t->watch_fd)) ==
		-1) {
		slot->have = 0;
		t->watch_fd = -1; /* EPERM: a plain file */
		return;
	}
	t->next_watcher = slot->watchers;
	slot->watchers = t;
	t->watched = true;
}

void
sockets_unwatch(struct sockets *s, struct transfer *t)
{
	struct socket_slot *slot;
	struct transfer **link;

	if (!t->watched)
		return;
	slot = &s->slots[t->watch_fd];
	for (link = &slot->watchers; *link != t; link = &(*link)->next_watcher)
		continue;
	*link = t->next_watcher;
	t->watched = false;
	if (slot->watchers == NULL)
		(void)sockets_set(s, t->watch_fd, slot, 0);
}

/* Whether the end of the input or an abort record waits to be read. */
static bool
abort_waits(int fd)
{
	unsigned char rec[PEEK_MAX];
	ssize_t got;
	size_t at, len;

	got = recv(fd, rec, sizeof(rec), MSG_PEEK | MSG_DONTWAIT);
	if (got == -1)
		return errno != EAGAIN && errno != EINTR;
	if (got == 0)
		return true;
	len = (size_t)got;
	at = 0;
	while (at + FCGI_HEADER_LEN <= len && rec[at] == FCGI_VERSION) {
		if (rec[at + 1] == FCGI_ABORT_REQUEST)
			return true;
		at += FCGI_HEADER_LEN + (size_t)rec[at + 4] * 256 +
		      rec[at + 5] + rec[at + 6];
	}
	return false;
}

/* As sockets_watch(), with poll: what the abort record may hide behind, input
 * that nobody reads, wakes once and is then looked at now and then. */
bool
transfer_pause(int watch_fd, int64_t wait_ms)
{
	struct pollfd p;
	int64_t until, left;
	bool unread;

	unread = false;
	until = clock_mono_ms() + wait_ms;
	p.fd = watch_fd;
	p.events =
	    (watch_events(watch_fd) & EPOLLIN) != 0 ? POLLIN | POLLRDHUP : 0;
	for (left = wait_ms; left > 0; left = until - clock_mono_ms()) {
		if (unread && left > UNREAD_LOOK_MS)
			left = UNREAD_LOOK_MS;
		p.revents = 0;
		(void)poll(&p, 1, (int)left);
		if ((p.revents & (POLLERR | POLLHUP | POLLRDHUP)) != 0 ||
		    (((p.revents & POLLIN) != 0 || unread) &&
		     abort_waits(watch_fd)))
			return true;
		if ((p.revents & POLLIN) != 0) {
			unread = true;
			p.events = POLLRDHUP;
		}
	}
	return false;
}

struct transfer *
sockets_hung_up(struct sockets *s, int fd, uint32_t events)
{
	struct socket_slot *slot;

	slot = sockets_slot(s, fd);
	if (slot == NULL || slot->watchers == NULL)
		return NULL;
	if (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP) || abort_waits(fd))
		return slot->watchers;
	return NULL;
}
