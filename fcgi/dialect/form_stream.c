/* form_stream.c: a form with a file in it, read as it comes */
#include "dialect/form_stream.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define BOUNDARY_MAX 70		 /* RFC 2046 */
#define HEADERS_MAX  (16 * 1024) /* bytes of a part's headers */
#define PENDING_MAX  (1024 * 1024)

/* The value of a parameter, quoted or not, into "out"; false: there is none, or
 * it is too long. */
static bool
read_param(const char *text, const char *name, char *out, size_t size)
{
	size_t len, n = 0;
	const char *at;
	bool quoted;

	len = strlen(name);
	out[0] = '\0';
	for (at = strchr(text, ';'); at != NULL; at = strchr(at, ';')) {
		at += 1 + strspn(at + 1, " \t");
		if (strncasecmp(at, name, len) == 0 && at[len] == '=')
			break;
	}
	if (at == NULL)
		return false;
	at += len + 1;
	quoted = *at == '"';
	at += quoted;
	for (; *at != '\0' && *at != (quoted ? '"' : ';'); at++) {
		if (quoted && *at == '\\' && at[1] == '"')
			at++;
		if (n + 1 >= size)
			return false;
		out[n++] = *at;
	}
	out[n] = '\0';
	return n > 0;
}

bool
form_stream_init(struct form_stream *f, const char *content_type)
{
	char boundary[BOUNDARY_MAX + 1];

	memset(f, 0, sizeof(*f));
	buf_init(&f->pending, PENDING_MAX);
	if (content_type == NULL ||
	    strncasecmp(content_type, "multipart/form-data", 19) != 0 ||
	    !read_param(content_type, "boundary", boundary, sizeof(boundary)))
		return false;
	f->delimiter_len = (size_t)snprintf(f->delimiter, sizeof(f->delimiter),
					    "\r\n--%s", boundary);
	buf_puts(&f->pending, "\r\n"); /* the first delimiter begins the body */
	return buf_error(&f->pending) == GB_OK;
}

void
form_stream_release(struct form_stream *f)
{
	buf_release(&f->pending);
}

enum gb_err
form_stream_feed(struct form_stream *f, const char *data, size_t len)
{
	buf_consume(&f->pending, f->used);
	f->used = 0;
	buf_add(&f->pending, data, len);
	return buf_error(&f->pending);
}

/* What is not read yet. */
static const char *
rest(const struct form_stream *f, size_t *len)
{
	*len = f->pending.len - f->used;
	return buf_str(&f->pending) + f->used;
}

static const char *
find_delimiter(const struct form_stream *f)
{
	const char *text;
	size_t len;

	text = rest(f, &len);
	return memmem(text, len, f->delimiter, f->delimiter_len);
}

/* One header line, NUL-ended. */
static void
read_header(struct form_stream *f, const char *line)
{
	static const char disposition[] = "content-disposition:";
	static const char type[] = "content-type:";

	if (strncasecmp(line, disposition, sizeof(disposition) - 1) == 0) {
		(void)read_param(line, "name", f->name, sizeof(f->name));
		(void)read_param(line, "filename", f->filename,
				 sizeof(f->filename));
	} else if (strncasecmp(line, type, sizeof(type) - 1) == 0) {
		line += sizeof(type) - 1;
		line += strspn(line, " \t");
		(void)snprintf(f->type, sizeof(f->type), "%s", line);
	}
}

/* Behind a delimiter: "--" ends the form, else headers follow. */
static enum form_event
read_headers(struct form_stream *f)
{
	char line[HEADERS_MAX];
	const char *text, *end, *eol, *at;
	size_t len;

	text = rest(f, &len);
	if (len >= 2 && memcmp(text, "--", 2) == 0) {
		f->state = FORM_DONE;
		return FORM_END;
	}
	end = memmem(text, len, "\r\n\r\n", 4);
	if (end == NULL)
		return len > HEADERS_MAX ? FORM_BAD : FORM_MORE;
	if ((size_t)(end - text) >= HEADERS_MAX)
		return FORM_BAD;
	f->name[0] = f->filename[0] = f->type[0] = '\0';
	for (at = text; at < end; at = eol + 2) {
		eol = memmem(at, (size_t)(end - at) + 2, "\r\n", 2);
		if (memchr(at, '\0', (size_t)(eol - at)) != NULL)
			return FORM_BAD;
		(void)snprintf(line, sizeof(line), "%.*s", (int)(eol - at), at);
		read_header(f, line);
	}
	/* an empty body has its delimiter's CR LF where the headers end */
	f->used += (size_t)(end - text) + 4;
	f->state = FORM_BODY;
	return f->name[0] == '\0' ? FORM_BAD : FORM_PART;
}

static enum form_event
read_body(struct form_stream *f)
{
	const char *text, *end;
	size_t len;

	text = rest(f, &len);
	end = find_delimiter(f);
	f->data = text;
	if (end == text) {
		f->used += f->delimiter_len;
		f->state = FORM_HEADERS;
		return read_headers(f);
	}
	if (end != NULL)
		f->len = (size_t)(end - text);
	else if (len >= f->delimiter_len) /* its end may begin a delimiter */
		f->len = len - f->delimiter_len + 1;
	else
		return FORM_MORE;
	f->used += f->len;
	return FORM_DATA;
}

static enum form_event
read_before(struct form_stream *f)
{
	const char *text, *at;
	size_t len;

	text = rest(f, &len);
	at = find_delimiter(f);
	if (at == NULL)
		return len > HEADERS_MAX ? FORM_BAD : FORM_MORE;
	f->used += (size_t)(at - text) + f->delimiter_len;
	f->state = FORM_HEADERS;
	return read_headers(f);
}

enum form_event
form_stream_next(struct form_stream *f)
{
	switch (f->state) {
	case FORM_BEFORE:
		return read_before(f);
	case FORM_HEADERS:
		return read_headers(f);
	case FORM_BODY:
		return read_body(f);
	case FORM_DONE:
		break;
	}
	return FORM_END;
}
