/* listener.c: the socket of a daemon */
#include "web/listener.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

#define BACKLOG 1024 /* connections that may wait for a thread */

/*
 * The web server usually runs as another user, and a token guards every
 * route: whoever may enter the folder may connect.
 */
#define SOCKET_MODE 0666

/* The path of "unix:/path", or NULL. */
static const char *
unix_path(const char *where)
{
	return strncmp(where, "unix:", 5) == 0 ? where + 5 : NULL;
}

static enum gb_err
clear_stale(const struct sockaddr_un *addr)
{
	enum gb_err rc;
	int fd;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1) {
		log_error("listen: socket");
		return GB_EIO;
	}
	rc = GB_OK;
	if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0) {
		log_errorx("listen: %s: another process listens there",
			   addr->sun_path);
		rc = GB_EBUSY;
	} else if (errno == ECONNREFUSED) {
		(void)unlink(addr->sun_path);
	}
	close(fd);
	return rc;
}

static enum gb_err
listen_unix(const char *path, int *out)
{
	struct sockaddr_un addr;
	enum gb_err rc;
	int fd;

	memset(&addr, 0, sizeof(addr));
	addr.sun_family = AF_UNIX;
	if (path[0] == '\0' || strlen(path) >= sizeof(addr.sun_path)) {
		log_errorx("listen: unix:%s: the path must have 1 to %zu bytes",
			   path, sizeof(addr.sun_path) - 1);
		return GB_EINVAL;
	}
	memcpy(addr.sun_path, path, strlen(path) + 1);
	if ((rc = clear_stale(&addr)) != GB_OK)
		return rc;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 ||
	    bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == -1 ||
	    chmod(path, SOCKET_MODE) == -1 || listen(fd, BACKLOG) == -1) {
		log_error("listen: unix:%s", path);
		if (fd != -1)
			close(fd);
		return GB_EIO;
	}
	*out = fd;
	return GB_OK;
}

static enum gb_err
listen_tcp(const char *where, int *out)
{
	struct addrinfo hints, *list, *ai;
	char host[256];
	const char *port;
	int fd, rc, one;

	port = strrchr(where, ':');
	if (port == NULL || port[1] == '\0' ||
	    (size_t)(port - where) >= sizeof(host)) {
		log_errorx("listen: %s: must be unix:/path or host:port",
			   where);
		return GB_EINVAL;
	}
	(void)snprintf(host, sizeof(host), "%.*s", (int)(port - where), where);
	if (host[0] == '[' && host[strlen(host) - 1] == ']') {
		host[strlen(host) - 1] = '\0';
		memmove(host, host + 1, strlen(host));
	}
	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	rc = getaddrinfo(host[0] == '\0' ? "127.0.0.1" : host, port + 1, &hints,
			 &list);
	if (rc != 0) {
		log_errorx("listen: %s: %s", where, gai_strerror(rc));
		return GB_EINVAL;
	}
	fd = -1;
	one = 1;
	for (ai = list; ai != NULL && fd == -1; ai = ai->ai_next) {
		fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd == -1)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (bind(fd, ai->ai_addr, ai->ai_addrlen) == -1 ||
		    listen(fd, BACKLOG) == -1) {
			log_error("listen: %s", where);
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	if (fd == -1)
		return GB_EIO;
	*out = fd;
	return GB_OK;
}

enum gb_err
listener_open(const char *where, int *fd)
{
	const char *path;

	*fd = -1;
	path = unix_path(where);
	return path != NULL ? listen_unix(path, fd) : listen_tcp(where, fd);
}

void
listener_close(const char *where, int fd)
{
	const char *path;

	if (fd != -1)
		close(fd);
	path = unix_path(where);
	if (path != NULL)
		(void)unlink(path);
}
