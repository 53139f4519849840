/*
 * tiny_server.h: an HTTP/1.1 server on loopback for the engine's tests, one
 * thread a connection, whose every answer is a function of the test's.
 */
#ifndef GB_TESTS_UNIT_TINY_SERVER_H
#define GB_TESTS_UNIT_TINY_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"

#define SERVER_CONNS_MAX   1024
#define SERVER_REQUEST_MAX (16 * 1024 * 1024) /* bytes of one request */

struct server;

struct server_conn {
	struct server *server;
	pthread_t thread;
	int fd;
	int requests;	    /* read on this connection so far */
	struct buf request; /* the last one, whole */
	size_t head_len;    /* of it, with the empty line */
};

struct server {
	/* Answer; false: close the connection. */
	bool (*answer)(struct server_conn *);
	void *arg; /* what "answer" wants */
	atomic_bool go;
	atomic_size_t sent;	       /* bytes by server_send() */
	atomic_int conn_count, closed; /* closed: by the client */
	int fd;
	unsigned int port;
	pthread_t thread;
	struct server_conn conns[SERVER_CONNS_MAX];
};

/* Send all of it; false: the client is gone. */
static inline bool
server_send(struct server_conn *c, const void *data, size_t len)
{
	const char *p = data;
	ssize_t put;

	while (len > 0) {
		put = send(c->fd, p, len, MSG_NOSIGNAL);
		if (put <= 0)
			return false;
		p += put;
		len -= (size_t)put;
		atomic_fetch_add(&c->server->sent, (size_t)put);
	}
	return true;
}

/* Wait until the client closes. */
static inline bool
server_hold(struct server_conn *c)
{
	char byte;

	while (recv(c->fd, &byte, 1, 0) > 0)
		continue;
	atomic_fetch_add(&c->server->closed, 1);
	return false;
}

static inline void
server_wait_go(struct server_conn *c)
{
	while (!atomic_load(&c->server->go))
		usleep(5000);
}

static inline bool
server_complete(struct server_conn *c)
{
	const char *at, *end;
	size_t body;

	end = strstr(buf_str(&c->request), "\r\n\r\n");
	if (end == NULL)
		return false;
	c->head_len = (size_t)(end - c->request.data) + 4;
	at = strcasestr(c->request.data, "\r\nContent-Length:");
	body = at == NULL || at > end ? 0 : (size_t)strtoul(at + 17, NULL, 10);
	return c->request.len - c->head_len >= body;
}

static inline bool
server_read_request(struct server_conn *c)
{
	char piece[16384];
	ssize_t got;

	buf_reset(&c->request);
	while (!server_complete(c)) {
		got = recv(c->fd, piece, sizeof(piece), 0);
		if (got <= 0)
			return false;
		buf_add(&c->request, piece, (size_t)got);
	}
	c->requests++;
	return true;
}

static inline void *
server_conn_main(void *arg)
{
	struct server_conn *c = arg;

	while (server_read_request(c) && c->server->answer(c))
		continue;
	shutdown(c->fd, SHUT_RDWR);
	buf_release(&c->request);
	return NULL;
}

static inline void *
server_main(void *arg)
{
	struct server *s = arg;
	struct server_conn *c;
	int fd, i;

	for (i = 0; i < SERVER_CONNS_MAX; i++) {
		fd = accept(s->fd, NULL, NULL);
		if (fd == -1)
			break;
		c = &s->conns[i];
		c->server = s;
		c->fd = fd;
		buf_init(&c->request, SERVER_REQUEST_MAX);
		atomic_store(&s->conn_count, i + 1);
		pthread_create(&c->thread, NULL, server_conn_main, c);
	}
	return NULL;
}

/* A listening socket on a free port of loopback. */
static inline int
server_listen(unsigned int *port, int backlog)
{
	struct sockaddr_in addr;
	socklen_t len;
	int fd;

	memset(&addr, 0, sizeof(addr));
	addr.sin_family = AF_INET;
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	len = sizeof(addr);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 ||
	    bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == -1 ||
	    listen(fd, backlog) == -1 ||
	    getsockname(fd, (struct sockaddr *)&addr, &len) == -1)
		abort();
	*port = ntohs(addr.sin_port);
	return fd;
}

static inline struct server *
server_new(bool (*answer)(struct server_conn *), void *arg)
{
	struct server *s;

	s = calloc(1, sizeof(*s));
	if (s == NULL)
		abort();
	s->answer = answer;
	s->arg = arg;
	s->fd = server_listen(&s->port, 512);
	pthread_create(&s->thread, NULL, server_main, s);
	return s;
}

static inline void
server_free(struct server *s)
{
	int i;

	atomic_store(&s->go, true);
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
	for (i = 0; i < atomic_load(&s->conn_count); i++) {
		shutdown(s->conns[i].fd, SHUT_RDWR);
		pthread_join(s->conns[i].thread, NULL);
		close(s->conns[i].fd);
	}
	free(s);
}

#endif
