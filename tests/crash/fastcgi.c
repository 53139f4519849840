/* fastcgi.c: a web server's side of FastCGI */
#include "fastcgi.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <fastcgi.h>

#define REQUEST_MAX 4096
#define REPLY_MAX   16384
#define PATIENCE_S  60 /* what is silent for so long hangs */

struct text {
	unsigned char data[REQUEST_MAX];
	size_t len;
};

static void
add(struct text *t, const void *data, size_t len)
{
	if (t->len + len > sizeof(t->data))
		errx(1, "fastcgi: a request is too long");
	memcpy(t->data + t->len, data, len);
	t->len += len;
}

static void
add_record(struct text *t, int type, const void *data, size_t len)
{
	FCGI_Header head = {
	    .version = FCGI_VERSION_1,
	    .type = (unsigned char)type,
	    .requestIdB0 = 1,
	    .contentLengthB1 = (unsigned char)(len >> 8),
	    .contentLengthB0 = (unsigned char)len,
	};

	add(t, &head, sizeof(head));
	add(t, data, len);
}

static void
add_param(struct text *t, const char *name, const char *value)
{
	unsigned char lengths[2] = {(unsigned char)strlen(name),
				    (unsigned char)strlen(value)};

	add(t, lengths, sizeof(lengths)); /* both are short */
	add(t, name, lengths[0]);
	add(t, value, lengths[1]);
}

static void
make_request(struct text *t, const char *token, const char *model,
	     uint32_t number)
{
	FCGI_BeginRequestBody begin = {.roleB0 = FCGI_RESPONDER};
	char body[512], value[128];
	struct text params;
	int len;

	t->len = params.len = 0;
	len = snprintf(body, sizeof(body),
		       "{\"model\":\"%s\",\"max_tokens\":16,\"messages\":[{"
		       "\"role\":\"user\",\"content\":\"This is request number "
		       "%u \"}]}",
		       model, number);
	add_record(t, FCGI_BEGIN_REQUEST, &begin, sizeof(begin));
	add_param(&params, "REQUEST_METHOD", "POST");
	add_param(&params, "SCRIPT_NAME", "");
	add_param(&params, "PATH_INFO", "/v1/chat/completions");
	add_param(&params, "REQUEST_URI", "/v1/chat/completions");
	add_param(&params, "SERVER_PROTOCOL", "HTTP/1.1");
	add_param(&params, "CONTENT_TYPE", "application/json");
	(void)snprintf(value, sizeof(value), "%d", len);
	add_param(&params, "CONTENT_LENGTH", value);
	(void)snprintf(value, sizeof(value), "Bearer %s", token);
	add_param(&params, "HTTP_AUTHORIZATION", value);
	add_record(t, FCGI_PARAMS, params.data, params.len);
	add_record(t, FCGI_PARAMS, "", 0);
	add_record(t, FCGI_STDIN, body, (size_t)len);
	add_record(t, FCGI_STDIN, "", 0);
}

static int
reach(const char *path)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd;

	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		err(1, "fastcgi");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			 sizeof(patience));
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Read so many bytes; false: they do not come. */
static bool
get(int fd, void *to, size_t len)
{
	ssize_t n;

	return len == 0 ||
	       ((n = recv(fd, to, len, MSG_WAITALL)) >= 0 && (size_t)n == len);
}

/* Put what the program writes into "text"; true: it came to its end. */
static bool
read_records(int fd, char *text, size_t size)
{
	char content[65536 + 256];
	size_t len, filled = 0;
	FCGI_Header head;

	text[0] = '\0';
	while (get(fd, &head, sizeof(head))) {
		len = (size_t)head.contentLengthB1 << 8 | head.contentLengthB0;
		if (!get(fd, content, len + head.paddingLength))
			return false;
		if (head.type == FCGI_END_REQUEST)
			return true;
		if (head.type != FCGI_STDOUT || filled + len >= size)
			continue;
		memcpy(text + filled, content, len);
		filled += len;
		text[filled] = '\0';
	}
	return false;
}

static void
read_reply(const char *text, struct fastcgi_reply *r)
{
	const char *at;

	at = strstr(text, "Status: ");
	r->status = at == NULL ? 200 : (int)strtol(at + 8, NULL, 10);
	at = strstr(text, "X-Request-Id: ");
	if (at != NULL)
		(void)snprintf(r->id, sizeof(r->id), "%.*s",
			       (int)strcspn(at + 14, "\r\n"), at + 14);
	r->limited = strstr(text, "access token's limit") != NULL;
	r->internal = strstr(text, "Internal error (") != NULL;
}

bool
fastcgi_chat(const char *path, const char *token, const char *model,
	     uint32_t number, struct fastcgi_reply *r)
{
	char text[REPLY_MAX];
	struct text request;
	int fd;

	memset(r, 0, sizeof(*r));
	if ((fd = reach(path)) == -1)
		return false;
	make_request(&request, token, model, number);
	if (send(fd, request.data, request.len, MSG_NOSIGNAL) ==
	    (ssize_t)request.len)
		r->whole = read_records(fd, text, sizeof(text));
	if (r->whole)
		read_reply(text, r);
	close(fd);
	return true;
}
