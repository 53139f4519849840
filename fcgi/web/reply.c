/* reply.c: answering a request */
#include "web/reply.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "web/request_impl.h"

#define FILE_PIECE (64 * 1024) /* bytes of a file in memory at once */

static enum gb_err
write_all(struct web_request *rq, const char *data, size_t len)
{
	ssize_t done;
	int part;

	while (!rq->gone && len > 0) {
		if (rq->cgi) {
			done = write(STDOUT_FILENO, data, len);
			if (done == -1 && errno == EINTR)
				continue;
		} else {
			part = len > 1 << 20 ? 1 << 20 : (int)len;
			done = FCGX_PutStr(data, part, rq->fcgx.out);
		}
		if (done <= 0) {
			rq->gone = true;
			break;
		}
		data += done;
		len -= (size_t)done;
	}
	return rq->gone ? GB_ECANCELED : GB_OK;
}

static enum gb_err
flush(struct web_request *rq)
{
	if (!rq->gone && !rq->cgi && FCGX_FFlush(rq->fcgx.out) == -1)
		rq->gone = true;
	return rq->gone ? GB_ECANCELED : GB_OK;
}

void
web_reply_header(struct web_request *rq, const char *name, const char *value)
{
	buf_puts(&rq->head, name);
	buf_puts(&rq->head, ": ");
	for (; *value != '\0'; value++)
		if ((unsigned char)*value >= ' ')
			buf_putc(&rq->head, *value);
	buf_puts(&rq->head, "\r\n");
}

void
web_reply_header_drop(struct web_request *rq, const char *name)
{
	struct buf *head = &rq->head;
	size_t at, end, len;

	len = strlen(name);
	for (at = 0; at < head->len;) {
		end = at + strcspn(head->data + at, "\n");
		end += end < head->len; /* the last may be cut */
		if (strncmp(head->data + at, name, len) != 0 ||
		    head->data[at + len] != ':') {
			at = end;
			continue;
		}
		memmove(head->data + at, head->data + end, head->len - end + 1);
		head->len -= end - at;
	}
}

static enum gb_err
begin(struct web_request *rq, int status, const char *content_type)
{
	buf_printf(&rq->head, "Status: %d\r\nContent-Type: %s\r\n", status,
		   content_type);
	web_reply_header(rq, "X-Request-Id", rq->id);
	web_reply_header(rq, "X-Content-Type-Options", "nosniff");
	buf_puts(&rq->head, "\r\n");
	rq->replied = true;
	if (buf_error(&rq->head) != GB_OK)
		return buf_error(&rq->head);
	return write_all(rq, buf_str(&rq->head), rq->head.len);
}

enum gb_err
web_reply(struct web_request *rq, int status, const char *content_type,
	  const char *body, size_t len)
{
	enum gb_err rc;

	buf_printf(&rq->head, "Content-Length: %zu\r\n", len);
	if ((rc = begin(rq, status, content_type)) != GB_OK)
		return rc;
	if (strcmp(rq->method, "HEAD") == 0)
		return GB_OK;
	return write_all(rq, body, len);
}

/* Copy "len" bytes of the file to the client. */
static enum gb_err
write_file(struct web_request *rq, int fd, size_t len)
{
	struct buf piece;
	enum gb_err rc;
	ssize_t got;
	char *room;

	buf_init(&piece, FILE_PIECE);
	rc = GB_OK;
	if ((room = buf_reserve(&piece, FILE_PIECE)) == NULL)
		rc = buf_error(&piece);
	while (rc == GB_OK && len > 0) {
		got = read(fd, room, len < FILE_PIECE ? len : FILE_PIECE);
		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0) {
			log_warnx("file: it ended %zu bytes early", len);
			rc = GB_EIO;
			break;
		}
		rc = write_all(rq, room, (size_t)got);
		len -= (size_t)got;
	}
	buf_release(&piece);
	return rc;
}

enum gb_err
web_reply_file(struct web_request *rq, int status, const char *content_type,
	       int fd, size_t len)
{
	enum gb_err rc;

	buf_printf(&rq->head, "Content-Length: %zu\r\n", len);
	if ((rc = begin(rq, status, content_type)) != GB_OK)
		return rc;
	if (strcmp(rq->method, "HEAD") == 0)
		return GB_OK;
	return write_file(rq, fd, len);
}

enum gb_err
web_stream_begin(struct web_request *rq, int status, const char *content_type)
{
	enum gb_err rc;

	web_reply_header(rq, "Cache-Control", "no-cache");
	web_reply_header(rq, "X-Accel-Buffering", "no");
	if ((rc = begin(rq, status, content_type)) != GB_OK)
		return rc;
	return flush(rq);
}

enum gb_err
web_stream_write(struct web_request *rq, const char *data, size_t len)
{
	enum gb_err rc;

	if ((rc = write_all(rq, data, len)) != GB_OK)
		return rc;
	return flush(rq);
}

void
web_break(struct web_request *rq)
{
	/* A record of no version: nginx takes the end of a connection for the
	 * end of an answer, but not this. */
	static const char nonsense[8];

	if (!rq->gone && !rq->cgi) {
		(void)send(rq->fcgx.ipcFd, nonsense, sizeof(nonsense),
			   MSG_NOSIGNAL | MSG_DONTWAIT);
		shutdown(rq->fcgx.ipcFd, SHUT_RDWR);
	}
	rq->gone = true;
}

bool
web_can_break(const struct web_request *rq)
{
	static const char *const able[] = {"lighttpd/", "nginx/"};
	const char *server = web_variable(rq, "SERVER_SOFTWARE");
	size_t i;

	for (i = 0; server != NULL && i < GB_COUNT(able); i++)
		if (strncmp(server, able[i], strlen(able[i])) == 0)
			return !rq->cgi;
	return false;
}

bool
web_replied(const struct web_request *rq)
{
	return rq->replied;
}
