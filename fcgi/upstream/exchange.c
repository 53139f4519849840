/* exchange.c: curl's side of one exchange: its options, its callbacks, and how
 * the request thread hears of it */
#include "upstream/exchange.h"

#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define LINES_MAX     (64 * 1024) /* bytes of request headers */
#define HEAD_MAX      (256 * 1024) /* bytes of reply headers, far over any real */
#define RECEIVE_BYTES 8192 /* at a time; each running stream has as many */
#define KEEP_MAX      (64 * 1024) /* larger buffers do not outlive a request */

#define FEED_MAX (1024 * 1024) /* of one piece of a body that is fed */

/* Stands for no limit: libcurl's 0 is five minutes.  One day. */
#define CONNECT_MAX_MS INT64_C(86400000)

/* Trust on most systems lies here under hashed names; for a libcurl that was
 * built without a directory of its own. */
#define CA_PATH "/etc/ssl/certs"

/* --- telling the request thread ------------------------------------------- */

static void
futex_wake(atomic_uint *word, int waiters)
{
	/* Only the address counts: a word that was freed meanwhile does no
	 * harm. */
	(void)syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, waiters, NULL, NULL,
		      0);
}

static void
futex_wait(atomic_uint *word, unsigned int seen, int64_t wait_ms)
{
	struct timespec ts, *limit;

	limit = NULL;
	if (wait_ms >= 0) {
		ts.tv_sec = (time_t)(wait_ms / 1000);
		ts.tv_nsec = (long)(wait_ms % 1000) * 1000000;
		limit = &ts;
	}
	(void)syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, limit, NULL,
		      0);
}

void
exchange_signal(struct transfer *t, unsigned int event)
{
	atomic_uint *word = &t->events, *races = t->races;

	if (atomic_fetch_or(word, event) & EVENT_WAITING)
		futex_wake(word, 1);
	if (races != NULL && (event & (EVENT_HEAD | EVENT_OVER)) != 0) {
		atomic_fetch_add(races, 1);
		futex_wake(races, INT_MAX);
	}
}

int
exchange_wait_first(struct transfer *const two[2], unsigned int events,
		    int64_t wait_ms)
{
	atomic_uint *races = two[0]->races;
	int64_t until, left;
	unsigned int seen;
	int i;

	until = clock_mono_ms() + wait_ms;
	for (;;) {
		/* What comes after this look changes the word. */
		seen = atomic_load(races);
		for (i = 0; i < 2; i++)
			if (two[i] != NULL &&
			    (atomic_load(&two[i]->events) & events) != 0)
				return i;
		left = until - clock_mono_ms();
		if (left <= 0)
			return -1;
		futex_wait(races, seen, left);
	}
}

bool
exchange_wait(struct transfer *t, unsigned int events, int64_t wait_ms)
{
	int64_t until, left;
	unsigned int seen;

	seen = atomic_load(&t->events);
	if ((seen & events) != 0 || wait_ms == 0)
		return (seen & events) != 0;
	until = wait_ms < 0 ? -1 : clock_mono_ms() + wait_ms;
	for (;;) {
		seen =
		    atomic_fetch_or(&t->events, EVENT_WAITING) | EVENT_WAITING;
		left = until == -1 ? -1 : until - clock_mono_ms();
		if ((seen & events) != 0 || (until != -1 && left <= 0))
			break;
		futex_wait(&t->events, seen, left);
	}
	atomic_fetch_and(&t->events, ~(unsigned int)EVENT_WAITING);
	return (seen & events) != 0;
}

/* --- what curl calls, all in the engine thread ---------------------------- */

const char *
exchange_header(const struct transfer *t, const char *name)
{
	const char *at, *end, *value, *found;

	if (t->head.len == 0)
		return NULL;
	found = NULL;
	end = t->head.data + t->head.len;
	for (at = t->head.data; at < end; at = value + strlen(value) + 1) {
		value = at + strlen(at) + 1;
		if (strcasecmp(at, name) == 0)
			found = value;
	}
	return found;
}

/* The proxy's own reply when it does not accept our credentials; within a
 * tunnel it is curl who reads that, and nothing of upstream's can be one. */
#define PROXY_REFUSES 407

/* Whether a reply with this status is to be followed instead of read. */
static bool
exchange_leads_on(const struct transfer *t, long status)
{
	const char *location;

	if (t->redirects == 0 ||
	    (status != 301 && status != 302 && status != 303 && status != 307 &&
	     status != 308))
		return false;
	location = exchange_header(t, "Location");
	return location != NULL && location[0] != '\0';
}

static void
exchange_head_done(struct transfer *t)
{
	long status;

	status = 0;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status < 200)
		return; /* 100 Continue and its like: the head is to come */
	if (t->proxied && status == PROXY_REFUSES) {
		t->refused = true;
		return;
	}
	if (exchange_leads_on(t, status)) {
		t->redirected = true;
		return;
	}
	t->status = (int)status;
	if (t->whole && t->races == NULL)
		atomic_fetch_or(&t->events, EVENT_HEAD);
	else
		exchange_signal(t, EVENT_HEAD);
}

/* For CURLOPT_PREREQFUNCTION. */
static int
on_request(void *arg, char *ip, char *local_ip, int port, int local_port)
{
	struct transfer *t = arg;

	(void)ip;
	(void)local_ip;
	(void)port;
	(void)local_port;
	t->tries++;
	engine_sent(t->engine, t);
	return CURL_PREREQFUNC_OK;
}

/*
 * For CURLOPT_OPENSOCKETFUNCTION.  Here each address passes that a connection
 * is tried to, whatever the host was called and however often DNS was asked.
 */
static curl_socket_t
on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *addr)
{
	struct transfer *t = arg;
	const struct exchange_defaults *d = t->defaults;

	t->resolved = true;
	if (t->allow != NULL &&
	    !t->allow(&addr->addr, (socklen_t)addr->addrlen)) {
		t->forbidden = true;
		return CURL_SOCKET_BAD;
	}
	return d->open_socket(d->socket_arg, purpose, addr);
}

static size_t
on_header(char *line, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	const char *colon;
	size_t len, value;

	len = size * count;
	t->heard_ms = engine_now_ms(t->engine);
	if (atomic_load(&t->events) & EVENT_HEAD)
		return len; /* a trailer; the reader owns the head now */
	while (len > 0 && strchr("\r\n \t", line[len - 1]) != NULL)
		len--;
	colon = memchr(line, ':', len);
	if (len == 0)
		exchange_head_done(t);
	else if (len > 5 && memcmp(line, "HTTP/", 5) == 0)
		buf_reset(&t->head);
	else if (colon != NULL) {
		value = (size_t)(colon - line) + 1;
		while (value < len &&
		       (line[value] == ' ' || line[value] == '\t'))
			value++;
		buf_add(&t->head, line, (size_t)(colon - line));
		buf_putc(&t->head, '\0');
		buf_add(&t->head, line + value, len - value);
		buf_putc(&t->head, '\0');
	}
	t->too_large = buf_error(&t->head) == GB_ETOOBIG;
	return buf_error(&t->head) == GB_OK ? size * count : 0;
}

/* Queue "len" bytes, or refuse them all when the queue would be too long. */
static size_t
exchange_queue(struct transfer *t, const char *data, size_t len)
{
	size_t took;
	bool was_empty;

	pthread_mutex_lock(&t->lock);
	was_empty = t->body.len == 0;
	if (!was_empty && t->body.len + len > t->queue_max) {
		t->paused = true;
		took = CURL_WRITEFUNC_PAUSE;
	} else {
		buf_add(&t->body, data, len);
		took = buf_error(&t->body) == GB_OK ? len : 0;
	}
	pthread_mutex_unlock(&t->lock);
	t->held = took == CURL_WRITEFUNC_PAUSE;
	if (was_empty && took == len)
		exchange_signal(t, EVENT_DATA);
	return took;
}

/* Take "len" bytes from what several transfers share.  Only the engine thread
 * does while they run. */
static bool
exchange_pay(struct transfer *t, size_t len)
{
	size_t left;

	if (t->budget == NULL)
		return true;
	left = atomic_load(t->budget);
	if (len > left)
		return false;
	atomic_store(t->budget, left - len);
	return true;
}

static size_t
on_body(char *data, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t len, took;

	len = size * count;
	t->heard_ms = engine_now_ms(t->engine);
	if (((t->whole || t->status >= 400 || t->redirected || t->refused) &&
	     len > t->body_max - t->taken) ||
	    !exchange_pay(t, len)) {
		t->too_large = true;
		return 0;
	}
	if (t->redirected || t->refused) {
		took = len; /* nobody reads it */
	} else if (t->whole) {
		buf_add(&t->body, data, len);
		took = buf_error(&t->body) == GB_OK ? len : 0;
	} else
		took = exchange_queue(t, data, len);
	if (took == len)
		t->taken += len;
	return took;
}

/* For CURLOPT_READFUNCTION: the next bytes of a body that is fed. */
static size_t
on_feed(char *data, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t len, left;
	bool drained;

	t->heard_ms = engine_now_ms(t->engine);
	pthread_mutex_lock(&t->lock);
	left = t->feed.len - t->fed;
	len = size * count < left ? size * count : left;
	if (len > 0)
		memcpy(data, t->feed.data + t->fed, len);
	t->fed += len;
	drained = len > 0 && len == left;
	if (drained) {
		buf_reset(&t->feed);
		t->fed = 0;
	}
	t->held = left == 0 && !t->feed_ended;
	t->feed_paused = t->held;
	if (left == 0 && t->feed_ended && t->feeding) {
		t->feeding = false;
		t->fed_ms = t->heard_ms;
	}
	pthread_mutex_unlock(&t->lock);
	if (drained)
		exchange_signal(t, EVENT_ROOM);
	return t->held ? CURL_READFUNC_PAUSE : len;
}

/* --- options that never change -------------------------------------------- */

static const struct {
	CURLoption option;
	long value;
} exchange_numbers[] = {
    {CURLOPT_NOSIGNAL, 1},
    {CURLOPT_BUFFERSIZE, RECEIVE_BYTES},
    {CURLOPT_TCP_NODELAY, 1},
    {CURLOPT_TCP_KEEPALIVE, 1},
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS},
    {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
    {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
    /* Give a name up without waiting for the resolver: that wait would be the
     * engine thread's, and so everybody's. */
    {CURLOPT_QUICK_EXIT, 1},
};

static const struct {
	CURLoption option;
	const char *value;
} exchange_strings[] = {
    {CURLOPT_PROTOCOLS_STR, "http,https"},
    {CURLOPT_USERAGENT, "gbalance/" GB_VERSION},
    {CURLOPT_NOPROXY, ""}, /* the environment's no_proxy means nothing */
};

/*
 * Without a file of our own: libcurl's bundle alone, because it then keeps the
 * parsed certificates for all connections, which it does not beside a
 * directory.  With one: that file, and the directory for the rest.
 */
static CURLcode
exchange_set_trust(CURL *easy, const char *ca_file)
{
	const char *bundle, *path;
	CURLcode rc;

	bundle = path = NULL;
	curl_easy_getinfo(easy, CURLINFO_CAINFO, &bundle);
	curl_easy_getinfo(easy, CURLINFO_CAPATH, &path);
	if (ca_file == NULL) {
		if (bundle == NULL || access(bundle, R_OK) == -1)
			return CURLE_OK;
		return curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
	rc = curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, ca_file);
	if (rc == CURLE_OK && path == NULL)
		rc = curl_easy_setopt(easy, CURLOPT_CAPATH, CA_PATH);
	return rc;
}

static CURLcode
exchange_set_defaults(struct transfer *t, const struct exchange_defaults *d)
{
	CURL *easy = t->easy;
	CURLcode rc;
	size_t i;

	rc = exchange_set_trust(easy, d->ca_file);
	for (i = 0; i < GB_COUNT(exchange_numbers) && rc == CURLE_OK; i++)
		rc = curl_easy_setopt(easy, exchange_numbers[i].option,
				      exchange_numbers[i].value);
	for (i = 0; i < GB_COUNT(exchange_strings) && rc == CURLE_OK; i++)
		rc = curl_easy_setopt(easy, exchange_strings[i].option,
				      exchange_strings[i].value);
	if (rc != CURLE_OK)
		return rc;
	/* None of these can fail: they only store a pointer. */
	curl_easy_setopt(easy, CURLOPT_SHARE, d->share);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, t);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_feed);
	curl_easy_setopt(easy, CURLOPT_READDATA, t);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, d->close_socket);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, d->socket_arg);
	return CURLE_OK;
}

struct transfer *
exchange_new(struct engine *engine, const struct exchange_defaults *d)
{
	struct transfer *t;

	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->engine = engine;
	t->defaults = d;
	pthread_mutex_init(&t->lock, NULL);
	atomic_init(&t->events, 0);
	atomic_init(&t->asks, 0);
	buf_init(&t->lines, LINES_MAX);
	buf_init(&t->head, HEAD_MAX);
	buf_init(&t->body, 0);
	buf_init(&t->feed, FEED_MAX);
	t->easy = curl_easy_init();
	if (t->easy == NULL || exchange_set_defaults(t, d) != CURLE_OK) {
		exchange_free(t);
		return NULL;
	}
	return t;
}

void
exchange_free(struct transfer *t)
{
	if (t == NULL)
		return;
	curl_easy_cleanup(t->easy);
	buf_wipe(&t->lines);
	free(t->list);
	buf_release(&t->head);
	buf_release(&t->body);
	buf_release(&t->feed);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

void
exchange_forget(struct transfer *t)
{
	if (t->lines.data != NULL)
		explicit_bzero(t->lines.data, t->lines.len);
	buf_reset(&t->lines);
	buf_reset(&t->head);
	buf_reset(&t->body);
	buf_release(&t->feed);
	if (t->body.size > KEEP_MAX)
		buf_release(&t->body);
	if (t->head.size > KEEP_MAX)
		buf_release(&t->head);
}

/* --- options of one request ----------------------------------------------- */

/* Whether it can be sent as a header without becoming two, or something else.
 * A name is a token of RFC 9110 as far as it matters here. */
static bool
header_valid(const struct transfer_header *h)
{
	const char *p;

	for (p = h->name; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || strchr(":;,\"", *p) != NULL)
			return false;
	return p != h->name && strpbrk(h->value, "\r\n") == NULL;
}

/* Point t->list at the "count" lines, which no longer move. */
static enum gb_err
exchange_link_headers(struct transfer *t, size_t count)
{
	struct curl_slist *list;
	char *line;
	size_t i;

	if (count > t->list_size) {
		list = realloc(t->list, count * sizeof(*list));
		if (list == NULL)
			return GB_ENOMEM;
		t->list = list;
		t->list_size = count;
	}
	line = t->lines.data;
	for (i = 0; i < count; i++) {
		t->list[i].data = line;
		t->list[i].next = i + 1 < count ? &t->list[i + 1] : NULL;
		line += strlen(line) + 1;
	}
	return GB_OK;
}

static enum gb_err
exchange_headers(struct transfer *t, const struct transfer_request *rq)
{
	const struct transfer_header *h;
	size_t i, count;
	bool typed;

	/* libcurl sends no header that has a name only; with an empty value it
	 * wants a semicolon. */
	buf_puts(&t->lines, "Expect:");
	buf_putc(&t->lines, '\0');
	count = rq->header_count + 1;
	typed = false;
	for (i = 0; i < rq->header_count; i++) {
		h = &rq->headers[i];
		if (!header_valid(h))
			return GB_EINVAL;
		typed = typed || strcasecmp(h->name, "Content-Type") == 0;
		buf_puts(&t->lines, h->name);
		buf_puts(&t->lines, h->value[0] == '\0' ? ";" : ": ");
		buf_puts(&t->lines, h->value);
		buf_putc(&t->lines, '\0');
	}
	if (!typed) { /* libcurl takes every body for a web form */
		buf_puts(&t->lines, "Content-Type:");
		buf_putc(&t->lines, '\0');
		count++;
	}
	if (buf_error(&t->lines) != GB_OK)
		return buf_error(&t->lines);
	return exchange_link_headers(t, count);
}

/* The order matters: each of these options changes the method, too. */
static CURLcode
exchange_method(CURL *easy, const struct transfer_request *rq)
{
	const char *implied;
	bool body;

	body =
	    rq->feeds || rq->body != NULL || strcmp(rq->method, "POST") == 0 ||
	    strcmp(rq->method, "PUT") == 0 || strcmp(rq->method, "PATCH") == 0;
	if (body) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
				 rq->feeds ? (curl_off_t)rq->feed_len
					   : (curl_off_t)rq->body_len);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
				 rq->feeds	    ? NULL
				 : rq->body != NULL ? rq->body
						    : "");
		implied = "POST";
	} else if (strcmp(rq->method, "HEAD") == 0) {
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
		implied = "HEAD";
	} else {
		curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
		implied = "GET";
	}
	return curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
				strcmp(rq->method, implied) == 0 ? NULL
								 : rq->method);
}

/* A connection of its own is new, and is closed after; over HTTP/1.1 nobody
 * can join it.  Of TLS sessions only few are kept, for upstream. */
static const struct {
	CURLoption option;
	long shared, apart;
} exchange_sharing[] = {
    {CURLOPT_FRESH_CONNECT, 0, 1},
    {CURLOPT_FORBID_REUSE, 0, 1},
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS, CURL_HTTP_VERSION_1_1},
    {CURLOPT_SSL_SESSIONID_CACHE, 1, 0},
};

/* They stay as the handle's last request had them. */
static CURLcode
exchange_share(struct transfer *t, bool apart)
{
	CURLcode rc = CURLE_OK;
	size_t i;

	if (t->apart == apart)
		return CURLE_OK;
	for (i = 0; i < GB_COUNT(exchange_sharing) && rc == CURLE_OK; i++)
		rc = curl_easy_setopt(t->easy, exchange_sharing[i].option,
				      apart ? exchange_sharing[i].apart
					    : exchange_sharing[i].shared);
	t->apart = apart;
	return rc;
}

static CURLcode
exchange_options(struct transfer *t, const struct transfer_request *rq)
{
	CURL *easy = t->easy;
	CURLcode rc;
	int64_t connect_ms;

	connect_ms = rq->connect_timeout_ms;
	if (connect_ms <= 0 || connect_ms > CONNECT_MAX_MS)
		connect_ms = CONNECT_MAX_MS;
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->list);
	/* Requests that come together share the first HTTP/2 connection
	 * instead of opening one each.  Plain HTTP has no use for waiting. */
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT,
			 t->gate == -1 || rq->apart ? 0L : 1L);
	rc = exchange_share(t, rq->apart);
	/* What was fed is not there a second time, and a kept connection may
	 * turn out to be closed only when some of it was sent. */
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT,
			 rq->feeds || rq->apart ? 1L : 0L);
	if (rc == CURLE_OK)
		rc = exchange_method(easy, rq);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(easy, CURLOPT_URL, rq->url);
	if (rc == CURLE_OK) /* "" also shuts out the environment's proxies */
		rc = curl_easy_setopt(easy, CURLOPT_PROXY,
				      rq->proxy != NULL ? rq->proxy : "");
	return rc;
}

enum gb_err
exchange_prepare(struct transfer *t, const struct transfer_request *rq)
{
	enum gb_err rc;

	t->connect_ms = rq->connect_timeout_ms;
	t->first_byte_ms = rq->first_byte_timeout_ms;
	t->idle_ms = rq->idle_timeout_ms;
	t->total_ms = rq->total_timeout_ms;
	t->whole = rq->whole;
	t->body_max = rq->body_max;
	t->queue_max = rq->queue_max;
	t->watch_fd = rq->watch_fd;
	t->cancel = rq->cancel;
	t->allow = rq->apart ? rq->allow : NULL;
	t->redirects = rq->apart ? rq->redirects : 0;
	t->budget = rq->budget;
	t->races = rq->races ? engine_races(t->engine) : NULL;
	t->feeds = t->feeding = rq->feeds;
	t->feed_ended = t->feed_paused = false;
	t->fed = 0;
	t->fed_ms = 0;
	t->gate = rq->apart   ? GATE_APART
		  : rq->feeds ? -1
			      : gates_find(rq->url, rq->proxy);
	t->gate_state = GATE_OUT;
	t->body.max =
	    rq->whole ? rq->body_max : rq->queue_max + CURL_MAX_WRITE_SIZE;
	t->status = 0;
	t->end = TRANSFER_RUNNING;
	t->error[0] = '\0';
	t->taken = 0;
	t->tries = 0;
	t->paused = t->held = t->too_large = false;
	t->redirected = t->resolved = t->forbidden = t->refused = false;
	t->proxied = rq->proxy != NULL && rq->proxy[0] != '\0';
	atomic_store(&t->events, rq->feeds ? EVENT_ROOM : 0);

	if ((rc = exchange_headers(t, rq)) != GB_OK)
		return rc;
	switch (exchange_options(t, rq)) {
	case CURLE_OK:
		return GB_OK;
	case CURLE_OUT_OF_MEMORY:
		return GB_ENOMEM;
	default: /* an endless URL */
		return GB_EINVAL;
	}
}

/* libcurl has made a whole URL of the Location.  It is a new transfer to it:
 * scheme, user name and addresses are looked at as those of the first. */
enum gb_err
exchange_follow(struct transfer *t)
{
	const char *url = NULL;

	curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &url);
	if (url == NULL)
		return GB_EINVAL;
	t->redirects--;
	t->redirected = t->resolved = t->forbidden = false;
	t->taken = 0;
	t->error[0] = '\0';
	return curl_easy_setopt(t->easy, CURLOPT_URL, url) == CURLE_OK
		   ? GB_OK
		   : GB_ENOMEM;
}
