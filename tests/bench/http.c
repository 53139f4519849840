/* http.c: as much HTTP/1.1 as a load generator needs */
#include "http.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 4096

void
http_reply_init(struct http_reply *r,
		void (*body)(void *arg, const char *data, size_t len),
		void *arg)
{
	r->state = HTTP_STATUS;
	r->status = 0;
	r->chunked = r->sized = false;
	r->left = 0;
	r->line_len = 0;
	r->body = body;
	r->arg = arg;
}

static enum http_state
http_header(struct http_reply *r)
{
	if (strncasecmp(r->line, "Content-Length:", 15) == 0) {
		r->left = strtoul(r->line + 15, NULL, 10);
		r->sized = true;
	} else if (strncasecmp(r->line, "Transfer-Encoding:", 18) == 0) {
		r->chunked = strstr(r->line + 18, "chunked") != NULL;
	}
	if (r->line_len > 0)
		return HTTP_HEADER;
	if (r->chunked)
		return HTTP_CHUNK_SIZE;
	if (!r->sized)
		return HTTP_BAD; /* ends with the connection: not for us */
	return r->left == 0 ? HTTP_DONE : HTTP_BODY;
}

/* What follows the line that has just become complete. */
static enum http_state
http_line(struct http_reply *r)
{
	char *end;

	switch (r->state) {
	case HTTP_STATUS:
		if (strncmp(r->line, "HTTP/1.", 7) != 0 || r->line_len < 12)
			return HTTP_BAD;
		r->status = (int)strtol(r->line + 9, NULL, 10);
		return HTTP_HEADER;
	case HTTP_HEADER:
		return http_header(r);
	case HTTP_CHUNK_SIZE:
		r->left = strtoul(r->line, &end, 16);
		if (end == r->line)
			return HTTP_BAD;
		return r->left == 0 ? HTTP_TRAILER : HTTP_CHUNK;
	case HTTP_CHUNK_END:
		return r->line_len == 0 ? HTTP_CHUNK_SIZE : HTTP_BAD;
	case HTTP_TRAILER:
		return r->line_len == 0 ? HTTP_DONE : HTTP_TRAILER;
	default:
		return HTTP_BAD;
	}
}

static size_t
http_feed_body(struct http_reply *r, const char *data, size_t len)
{
	size_t n;

	n = len < r->left ? len : r->left;
	if (r->body != NULL)
		r->body(r->arg, data, n);
	r->left -= n;
	if (r->left == 0)
		r->state = r->state == HTTP_BODY ? HTTP_DONE : HTTP_CHUNK_END;
	return n;
}

static size_t
http_feed_line(struct http_reply *r, const char *data, size_t len)
{
	const char *end;
	size_t n;

	end = memchr(data, '\n', len);
	n = end == NULL ? len : (size_t)(end - data);
	if (r->line_len + n >= sizeof(r->line)) {
		r->state = HTTP_BAD;
		return len;
	}
	memcpy(r->line + r->line_len, data, n);
	r->line_len += n;
	if (end == NULL)
		return len;
	if (r->line_len > 0 && r->line[r->line_len - 1] == '\r')
		r->line_len--;
	r->line[r->line_len] = '\0';
	r->state = http_line(r);
	r->line_len = 0;
	return n + 1;
}

bool
http_reply_feed(struct http_reply *r, const char *data, size_t len)
{
	size_t n;

	while (len > 0 && r->state < HTTP_DONE) {
		if (r->state == HTTP_BODY || r->state == HTTP_CHUNK)
			n = http_feed_body(r, data, len);
		else
			n = http_feed_line(r, data, len);
		data += n;
		len -= n;
	}
	if (len > 0)
		r->state = HTTP_BAD; /* more than we asked for */
	return r->state < HTTP_DONE;
}

bool
http_request_whole(const char *data)
{
	const char *end, *length;
	size_t body = 0;

	end = strstr(data, "\r\n\r\n");
	if (end == NULL)
		return false;
	length = strcasestr(data, "\r\nContent-Length:");
	if (length != NULL && length < end)
		body = strtoul(length + 17, NULL, 10);
	return strlen(end + 4) >= body;
}

static struct sockaddr_in
http_loopback(int port)
{
	struct sockaddr_in sin;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons((uint16_t)port);
	return sin;
}

int
http_connect(int port)
{
	struct sockaddr_in sin = http_loopback(port);
	const int on = 1;
	int fd;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 &&
	    errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

int
http_listen(int port)
{
	struct sockaddr_in sin = http_loopback(port);
	const int on = 1;
	int fd;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    listen(fd, BACKLOG) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

size_t
http_chat_request(char *to, size_t size, const char *path, const char *token,
		  bool stream)
{
	char body[512];
	int n;

	n = snprintf(body, sizeof(body),
		     "{\"model\":\"gemini-2.5-flash\",\"messages\":[{\"role\":"
		     "\"system\",\"content\":\"You are a helpful assistant.\"},"
		     "{\"role\":\"user\",\"content\":\"Hello! Please say hello "
		     "in one short sentence.\"}],\"temperature\":0.7,"
		     "\"max_tokens\":256%s}",
		     stream ? ",\"stream\":true" : "");
	n = snprintf(to, size,
		     "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
		     "Authorization: Bearer %s\r\n"
		     "Content-Type: application/json\r\n"
		     "Content-Length: %d\r\n\r\n%s",
		     path, token, n, body);
	if (n < 0 || (size_t)n >= size)
		errx(1, "the path or the token is too long");
	return (size_t)n;
}

int64_t
http_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}
