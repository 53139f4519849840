/*
 * sockets.h: the descriptors in the engine's epoll set, and for whom each is
 * there: libcurl's sockets, and the web server's descriptors of requests that
 * wait for upstream.  Only the engine thread calls it.
 */
#ifndef GB_UPSTREAM_SOCKETS_H
#define GB_UPSTREAM_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

struct transfer;

/* What is known of one descriptor, by its number. */
struct socket_slot {
	uint32_t have;		   /* what epoll watches; 0: not in the set */
	uint32_t want;		   /* what libcurl asked for */
	bool ours;		   /* opened and closed by the two below */
	struct transfer *watchers; /* or a web server's: who waits for it */
};

struct sockets {
	int epoll;
	struct socket_slot *slots;
	size_t count;
};

/* "epoll" is borrowed. */
void sockets_init(struct sockets *, int epoll);
void sockets_release(struct sockets *);

/* For CURLMOPT_SOCKETFUNCTION, CURLOPT_OPENSOCKETFUNCTION and
 * CURLOPT_CLOSESOCKETFUNCTION, each with the struct sockets as its data. */
int sockets_want(CURL *, curl_socket_t, int what, void *sockets, void *);
curl_socket_t sockets_open(void *sockets, curlsocktype, struct curl_sockaddr *);
int sockets_close(void *sockets, curl_socket_t);

/* What an event of epoll means to libcurl, in CURL_CSELECT_… bits; 0: it is
 * not interested (and epoll will not say it again). */
int sockets_curl_event(struct sockets *, int fd, uint32_t events);

/* Have t->watch_fd watched, or not any more.  Several transfers may share it.
 * What cannot hang up, a plain file, is silently not watched. */
void sockets_watch(struct sockets *, struct transfer *t);
void sockets_unwatch(struct sockets *, struct transfer *t);

/* The first transfer that waits for "fd" when these "events" of epoll mean that
 * the client is gone; NULL: it is not, or nobody waits. */
struct transfer *sockets_hung_up(struct sockets *, int fd, uint32_t events);

#endif
