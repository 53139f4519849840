/* request.c: what a request says, out of the variables of the web server */
#include "web/request_impl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hex.h"

#define HOST_BYTES_MAX 256	   /* of a host's name and port */
#define READ_BYTES     (64 * 1024) /* of a body, asked for at once */

void
web_request_init(struct web_request *rq)
{
	memset(rq, 0, sizeof(*rq));
	buf_init(&rq->mount, PATH_BYTES_MAX);
	buf_init(&rq->path, PATH_BYTES_MAX);
	buf_init(&rq->head, HEAD_BYTES_MAX);
}

void
web_request_release(struct web_request *rq)
{
	buf_release(&rq->mount);
	buf_release(&rq->path);
	buf_release(&rq->head);
}

const char *
web_variable(const struct web_request *rq, const char *name)
{
	char **env;
	size_t len;

	len = strlen(name);
	for (env = rq->fcgx.envp; env != NULL && *env != NULL; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	return NULL;
}

static const char *
variable_or(const struct web_request *rq, const char *name, const char *other)
{
	const char *value;

	value = web_variable(rq, name);
	return value == NULL ? other : value;
}

/* Append the "len" bytes at "text" with %XX decoded; %00 stays as it is, for
 * nothing below expects a NUL.  With "plus", "+" is a space. */
static void
add_decoded(struct buf *out, const char *text, size_t len, bool plus)
{
	int high, low;
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] == '%' && len - i > 2 &&
		    (high = hex_digit(text[i + 1])) >= 0 &&
		    (low = hex_digit(text[i + 2])) >= 0 && high + low > 0) {
			buf_putc(out, (char)(high << 4 | low));
			i += 2;
		} else {
			buf_putc(out, plus && text[i] == '+' ? ' ' : text[i]);
		}
	}
}

/* The decoded path of REQUEST_URI, which may be a whole URL; "" when the web
 * server gave none. */
static void
uri_path(const struct web_request *rq, struct buf *out)
{
	const char *uri, *rest;

	uri = variable_or(rq, "REQUEST_URI", "");
	if (uri[0] != '/' && (rest = strstr(uri, "://")) != NULL) {
		uri = strchr(rest + 3, '/');
		if (uri == NULL)
			uri = "/";
	}
	add_decoded(out, uri, strcspn(uri, "?#"), false);
}

/* What of "path" follows "mount"; NULL when it does not lie below it. */
static const char *
below(const char *path, const char *mount)
{
	size_t len;

	len = strlen(mount);
	while (len > 0 && mount[len - 1] == '/')
		len--;
	if (strncmp(path, mount, len) != 0 ||
	    (path[len] != '/' && path[len] != '\0'))
		return NULL;
	return path + len;
}

/* Web servers disagree on whether a %2F in PATH_INFO is still encoded. */
static void
add_slashes_decoded(struct buf *out, const char *path)
{
	const char *at;

	while ((at = strcasestr(path, "%2F")) != NULL) {
		buf_add(out, path, (size_t)(at - path));
		buf_putc(out, '/');
		path = at + 3;
	}
	buf_puts(out, path);
}

static void
set_place(struct web_request *rq, const char *mount, size_t mount_len,
	  const char *path)
{
	while (mount_len > 0 && mount[mount_len - 1] == '/')
		mount_len--;
	buf_add(&rq->mount, mount, mount_len);
	if (path[0] != '/')
		buf_putc(&rq->path, '/');
	add_slashes_decoded(&rq->path, path);
}

/*
 * Split where we are mounted from the path below it.  Web servers differ in
 * what they call the script: PATH_INFO tells best, then SCRIPT_NAME where it
 * is a true prefix of what the client asked for; a SCRIPT_NAME that is all of
 * it means that nothing was split, as at a host of our own.
 */
static void
find_place(struct web_request *rq, const char *base_path)
{
	const char *info, *script, *rest;
	struct buf asked;
	size_t info_len;

	buf_init(&asked, PATH_BYTES_MAX);
	uri_path(rq, &asked);
	info = variable_or(rq, "PATH_INFO", "");
	script = variable_or(rq, "SCRIPT_NAME", "");
	info_len = strlen(info);

	if (base_path[0] != '\0' &&
	    (rest = below(buf_str(&asked), base_path)) != NULL)
		set_place(rq, base_path, strlen(base_path), rest);
	else if (info_len > 0 && asked.len >= info_len &&
		 strcmp(asked.data + asked.len - info_len, info) == 0)
		set_place(rq, asked.data, asked.len - info_len, info);
	else if (info_len > 0)
		set_place(rq, script, strlen(script), info);
	else if (strcmp(buf_str(&asked), script) != 0 &&
		 (rest = below(buf_str(&asked), script)) != NULL &&
		 rest[0] != '\0')
		set_place(rq, script, strlen(script), rest);
	else
		set_place(rq, "", 0, asked.len > 0 ? asked.data : script);
	buf_release(&asked);
}

void
web_request_begin(struct web_request *rq, const char *base_path)
{
	buf_reset(&rq->mount);
	buf_reset(&rq->path);
	buf_reset(&rq->head);
	rq->replied = rq->gone = false;
	rq->body_read = 0;
	random_id(rq->id);
	rq->arrived_wall_ms = clock_wall_ms();
	rq->arrived_mono_ms = clock_mono_ms();
	rq->method = variable_or(rq, "REQUEST_METHOD", "GET");
	rq->query = variable_or(rq, "QUERY_STRING", "");
	find_place(rq, base_path);
}

const char *
web_method(const struct web_request *rq)
{
	return rq->method;
}

const char *
web_path(const struct web_request *rq)
{
	return buf_str(&rq->path);
}

enum gb_err
web_path_replace(struct web_request *rq, const char *path)
{
	struct buf fresh;
	enum gb_err rc;

	buf_init(&fresh, PATH_BYTES_MAX);
	buf_puts(&fresh, path);
	if ((rc = buf_error(&fresh)) != GB_OK) {
		buf_release(&fresh);
		return rc;
	}
	buf_release(&rq->path);
	rq->path = fresh;
	return GB_OK;
}

const char *
web_mount(const struct web_request *rq)
{
	return buf_str(&rq->mount);
}

/* Whether the client came by TLS, as far as anybody says. */
static bool
is_https(const struct web_request *rq)
{
	const char *value;

	if ((value = web_header(rq, "X-Forwarded-Proto")) != NULL)
		return strncasecmp(value, "https", 5) == 0;
	if ((value = web_variable(rq, "HTTPS")) != NULL)
		return value[0] != '\0' && strcasecmp(value, "off") != 0;
	return strcasecmp(variable_or(rq, "REQUEST_SCHEME", ""), "https") == 0;
}

/* Whether "host" can be a host and a port, and nothing else. */
static bool
is_host(const char *host)
{
	size_t len;

	len = strspn(host, "abcdefghijklmnopqrstuvwxyz"
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]");
	return len > 0 && len <= HOST_BYTES_MAX && host[len] == '\0';
}

void
web_origin(const struct web_request *rq, struct buf *out)
{
	const char *host;

	host = variable_or(rq, "HTTP_HOST", "");
	if (!is_host(host))
		host = variable_or(rq, "SERVER_NAME", "");
	if (!is_host(host))
		host = "localhost";
	buf_puts(out, is_https(rq) ? "https://" : "http://");
	buf_puts(out, host);
}

const char *
web_query(const struct web_request *rq)
{
	return rq->query;
}

const char *
web_id(const struct web_request *rq)
{
	return rq->id;
}

int64_t
web_arrived_wall_ms(const struct web_request *rq)
{
	return rq->arrived_wall_ms;
}

int64_t
web_arrived_mono_ms(const struct web_request *rq)
{
	return rq->arrived_mono_ms;
}

const char *
web_header(const struct web_request *rq, const char *name)
{
	char variable[128];
	const char *value;
	size_t i;

	(void)snprintf(variable, sizeof(variable), "HTTP_%s", name);
	for (i = 5; variable[i] != '\0'; i++) {
		if (variable[i] == '-')
			variable[i] = '_';
		else if (variable[i] >= 'a' && variable[i] <= 'z')
			variable[i] = (char)(variable[i] - 'a' + 'A');
	}
	/* These two have CGI variables of their own (RFC 3875, 4.1). */
	value = web_variable(rq, strcmp(variable, "HTTP_CONTENT_TYPE") == 0
				     ? "CONTENT_TYPE"
				     : variable);
	/* Apache's mod_rewrite hands on what it had before a rewrite. */
	if (value == NULL && strcmp(variable, "HTTP_AUTHORIZATION") == 0)
		value = web_variable(rq, "REDIRECT_HTTP_AUTHORIZATION");
	return value;
}

/* The value of a query parameter as it came; NULL: there is none. */
static const char *
find_query(const struct web_request *rq, const char *name, size_t *len)
{
	const char *p, *end;
	size_t name_len;

	name_len = strlen(name);
	for (p = rq->query; *p != '\0'; p = *end == '\0' ? end : end + 1) {
		end = p + strcspn(p, "&");
		if ((size_t)(end - p) <= name_len || p[name_len] != '=' ||
		    strncmp(p, name, name_len) != 0)
			continue;
		p += name_len + 1;
		*len = (size_t)(end - p);
		return p;
	}
	*len = 0;
	return NULL;
}

bool
web_query_has(const struct web_request *rq, const char *name)
{
	size_t len;

	(void)find_query(rq, name, &len);
	return len > 0;
}

bool
web_query_value(const struct web_request *rq, const char *name, char *value,
		size_t size)
{
	const char *raw;
	struct buf text;
	size_t len;
	bool found;

	value[0] = '\0';
	if ((raw = find_query(rq, name, &len)) == NULL)
		return false;
	buf_init(&text, size - 1);
	add_decoded(&text, raw, len, true);
	found = buf_error(&text) == GB_OK;
	if (found)
		memcpy(value, buf_str(&text), text.len + 1);
	buf_wipe(&text); /* it may be a token */
	return found;
}

/* At most "len" bytes of the body; 0 at its end; -1 when it broke off. */
static ssize_t
read_some(struct web_request *rq, char *data, size_t len)
{
	ssize_t got;

	if (!rq->cgi)
		return FCGX_GetStr(data, (int)len, rq->fcgx.in);
	do
		got = read(STDIN_FILENO, data, len);
	while (got == -1 && errno == EINTR);
	return got;
}

/* Whether the body of unknown length ends just where the cap is. */
static enum gb_err
read_end(struct web_request *rq)
{
	ssize_t got;
	char extra;

	got = read_some(rq, &extra, 1);
	if (got == 0)
		return GB_OK;
	return got > 0 ? GB_ETOOBIG : GB_ECANCELED;
}

enum gb_err
web_read_body(struct web_request *rq, struct buf *body)
{
	size_t announced, want;
	const char *length;
	ssize_t got;
	bool known;
	char *end;

	length = variable_or(rq, "CONTENT_LENGTH", "");
	known = length[0] >= '0' && length[0] <= '9';
	errno = 0;
	announced = known ? strtoull(length, NULL, 10) : 0;
	if (known && (errno == ERANGE || announced > body->max))
		return GB_ETOOBIG;
	/* Memory is touched only as the bytes come. */
	if (known && buf_reserve(body, announced) == NULL)
		return buf_error(body);
	for (;;) {
		want = READ_BYTES;
		if (known && announced - body->len < want)
			want = announced - body->len;
		if (want > body->max - body->len)
			want = body->max - body->len;
		if (want == 0)
			return known ? GB_OK : read_end(rq);
		if ((end = buf_reserve(body, want)) == NULL)
			return buf_error(body);
		got = read_some(rq, end, want);
		if (got <= 0)
			break;
		body->len += (size_t)got;
		body->data[body->len] = '\0';
	}
	return got == 0 && !known ? GB_OK : GB_ECANCELED;
}

int64_t
web_body_length(const struct web_request *rq)
{
	const char *length;
	int64_t announced;

	length = variable_or(rq, "CONTENT_LENGTH", "");
	if (length[0] < '0' || length[0] > '9')
		return -1;
	errno = 0;
	announced = strtoll(length, NULL, 10);
	return errno == ERANGE ? INT64_MAX : announced;
}

enum gb_err
web_read_part(struct web_request *rq, char *data, size_t size, size_t *got)
{
	int64_t announced;
	ssize_t n;

	*got = 0;
	announced = web_body_length(rq);
	if (announced >= 0 && (uint64_t)(announced - rq->body_read) < size)
		size = (size_t)(announced - rq->body_read);
	if (size == 0)
		return GB_OK;
	n = read_some(rq, data, size);
	if (n < 0 || (n == 0 && announced >= 0))
		return GB_ECANCELED;
	*got = (size_t)n;
	rq->body_read += n;
	return GB_OK;
}

void
web_own_url(const struct web_request *rq, struct buf *out)
{
	const char *scheme, *host, *https;

	https = variable_or(rq, "HTTPS", "");
	scheme = variable_or(rq, "HTTP_X_FORWARDED_PROTO",
			     variable_or(rq, "REQUEST_SCHEME", "http"));
	if (strcasecmp(https, "on") == 0 || strcasecmp(scheme, "https") == 0)
		scheme = "https";
	else
		scheme = "http";
	host = variable_or(rq, "HTTP_HOST", variable_or(rq, "SERVER_NAME", ""));
	buf_printf(out, "%s://%s%s", scheme, host, web_mount(rq));
}

const char *
web_server_software(const struct web_request *rq)
{
	return variable_or(rq, "SERVER_SOFTWARE", "");
}

bool
web_is_cgi(const struct web_request *rq)
{
	return rq->cgi;
}

int
web_watch_fd(const struct web_request *rq)
{
	return rq->cgi ? rq->cgi_watch_fd : rq->fcgx.ipcFd;
}

bool
web_is_https(const struct web_request *rq, bool trust)
{
	const char *value;

	if (trust && (value = web_header(rq, "X-Forwarded-Proto")) != NULL)
		return strcasecmp(value, "https") == 0;
	if ((value = web_variable(rq, "HTTPS")) != NULL)
		return value[0] != '\0' && strcasecmp(value, "off") != 0;
	return strcasecmp(variable_or(rq, "REQUEST_SCHEME", ""), "https") == 0;
}

/* "1.2.3.4", "1.2.3.4:567", "::1", "[::1]:567", "fe80::1%eth0"; false: it is
 * none. */
static bool
read_address(const char *text, char address[WEB_ADDRESS_SIZE])
{
	struct in6_addr scratch;
	size_t len, colon;

	if (text[0] == '[')
		len = strcspn(++text, "]%");
	else {
		len = strcspn(text, "% \t");
		colon = strcspn(text, ":");
		if (colon < len && strchr(text + colon + 1, ':') == NULL)
			len = colon;
	}
	if (len >= WEB_ADDRESS_SIZE)
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	return inet_pton(AF_INET, address, &scratch) == 1 ||
	       inet_pton(AF_INET6, address, &scratch) == 1;
}

void
web_address(const struct web_request *rq, bool trust,
	    char address[WEB_ADDRESS_SIZE])
{
	const char *list, *last;

	list = trust ? web_header(rq, "X-Forwarded-For") : NULL;
	if (list == NULL)
		list = variable_or(rq, "REMOTE_ADDR", "");
	last = strrchr(list, ',');
	last = last == NULL ? list : last + 1;
	last += strspn(last, " \t");
	if (!read_address(last, address))
		address[0] = '\0';
}

bool
web_cookie(const struct web_request *rq, const char *name, char *value,
	   size_t size)
{
	const char *p;
	size_t len, name_len;

	name_len = strlen(name);
	for (p = variable_or(rq, "HTTP_COOKIE", ""); *p != '\0';) {
		p += strspn(p, " ;");
		len = strcspn(p, ";");
		if (len > name_len && p[name_len] == '=' &&
		    memcmp(p, name, name_len) == 0) {
			p += name_len + 1;
			len -= name_len + 1;
			if (len >= size)
				return false;
			memcpy(value, p, len);
			value[len] = '\0';
			return true;
		}
		p += len;
	}
	return false;
}
