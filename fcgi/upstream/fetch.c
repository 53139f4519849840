/* fetch.c: files of the web that a client has named by their URLs */
#include "upstream/fetch.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "base/log.h"
#include "upstream/transfer.h"

#define AT_ONCE	   8	 /* of one request */
#define CONNECT_MS 10000 /* name, TCP and TLS of each */

/* How long one of several is waited for before the others are looked at. */
#define POLL_MS 50

/* Those that are under way, oldest first. */
struct flight {
	struct engine *engine;
	const struct fetch_limits *limits;
	atomic_size_t budget;
	int64_t until; /* on clock_mono_ms() */
	struct {
		struct fetch *fetch;
		struct transfer *transfer;
	} running[AT_ONCE];
	size_t count;
};

/*
 * Whether it can be asked for at all.  libcurl's own parser looks at it, which
 * later tells what to connect to, so that the two cannot differ.
 */
static enum fetch_end
check_url(const char *url)
{
	const unsigned char *p;
	enum fetch_end end = FETCH_BAD_URL;
	char *scheme = NULL;
	CURLUcode rc;
	CURLU *u;

	if (strlen(url) > FETCH_URL_MAX)
		return FETCH_BAD_URL;
	for (p = (const unsigned char *)url; *p != '\0'; p++)
		if (*p <= ' ' || *p == 0x7f)
			return FETCH_BAD_URL;
	if ((u = curl_url()) == NULL)
		return FETCH_NO_MEMORY;
	rc = curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER);
	if (rc == CURLUE_OK)
		rc = curl_url_get(u, CURLUPART_SCHEME, &scheme, 0);
	if (rc == CURLUE_OUT_OF_MEMORY)
		end = FETCH_NO_MEMORY;
	else if (rc == CURLUE_OK &&
		 (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0))
		end = FETCH_DONE;
	curl_free(scheme);
	curl_url_cleanup(u);
	return end;
}

/* Begin with "f"; false: it failed already. */
static bool
flight_start(struct flight *flight, struct fetch *f)
{
	const struct fetch_limits *limits = flight->limits;
	struct transfer_request rq;
	int64_t left;

	if ((f->end = check_url(f->url)) != FETCH_DONE)
		return false;
	left = flight->until - clock_mono_ms();
	if (left <= 0) {
		f->end = FETCH_TIMEOUT;
		return false;
	}
	memset(&rq, 0, sizeof(rq));
	rq.method = "GET";
	rq.url = f->url;
	rq.connect_timeout_ms = left < CONNECT_MS ? left : CONNECT_MS;
	rq.total_timeout_ms = left;
	rq.whole = true;
	rq.body_max = limits->one_max;
	rq.watch_fd = limits->watch_fd;
	rq.apart = true;
	rq.allow = limits->allow;
	rq.redirects = FETCH_REDIRECTS_MAX;
	rq.budget = &flight->budget;
	if (transfer_start(flight->engine, &rq,
			   &flight->running[flight->count].transfer) != GB_OK) {
		f->end = FETCH_NO_MEMORY;
		return false;
	}
	f->end = FETCH_PENDING;
	flight->running[flight->count++].fetch = f;
	return true;
}

/* What a transfer that is over was worth. */
static enum fetch_end
judge(const struct transfer *t)
{
	static const enum fetch_end ends[] = {
	    [TRANSFER_NETWORK] = FETCH_UNREACHABLE,
	    [TRANSFER_TIMEOUT] = FETCH_TIMEOUT,
	    [TRANSFER_TOO_LARGE] = FETCH_TOO_LARGE,
	    [TRANSFER_HUNG_UP] = FETCH_HUNG_UP,
	    [TRANSFER_FORBIDDEN] = FETCH_NOT_ALLOWED,
	    [TRANSFER_EXIT] = FETCH_UNREACHABLE,
	};
	const char *encoding;
	int status;

	if (transfer_end(t) != TRANSFER_DONE)
		return ends[transfer_end(t)];
	status = transfer_status(t);
	if (status >= 300 && status < 400 &&
	    transfer_header(t, "Location") != NULL)
		return FETCH_REDIRECTS;
	if (status < 200 || status >= 300)
		return FETCH_STATUS;
	encoding = transfer_header(t, "Content-Encoding");
	if (encoding != NULL && encoding[0] != '\0' &&
	    strcasecmp(encoding, "identity") != 0)
		return FETCH_ENCODED;
	return FETCH_DONE;
}

/* Number "i" is over: take what came of it.  False: it failed. */
static bool
flight_land(struct flight *flight, size_t i)
{
	struct fetch *f = flight->running[i].fetch;
	struct transfer *t = flight->running[i].transfer;
	const char *type;

	f->end = judge(t);
	f->status = transfer_status(t);
	if (f->end == FETCH_DONE) {
		(void)transfer_read(t, &f->body, 0);
		type = transfer_header(t, "Content-Type");
		(void)snprintf(f->type, sizeof(f->type), "%s",
			       type == NULL ? "" : type);
		if (buf_error(&f->body) != GB_OK)
			f->end = FETCH_NO_MEMORY;
		else if (f->body.len == 0)
			f->end = FETCH_EMPTY;
	} else if (f->end == FETCH_UNREACHABLE) {
		log_debug("fetch: %s", transfer_error(t));
	}
	transfer_free(t);
	flight->count--;
	memmove(&flight->running[i], &flight->running[i + 1],
		(flight->count - i) * sizeof(flight->running[0]));
	return f->end == FETCH_DONE;
}

/* Take those that are over, and wait a little when none is.  The one that
 * failed, or NULL. */
static struct fetch *
flight_wait(struct flight *flight)
{
	struct fetch *f;
	size_t i;

	(void)transfer_head(flight->running[0].transfer,
			    flight->count > 1 ? POLL_MS : -1);
	for (i = 0; i < flight->count;) {
		f = flight->running[i].fetch;
		if (transfer_end(flight->running[i].transfer) ==
		    TRANSFER_RUNNING)
			i++;
		else if (!flight_land(flight, i))
			return f;
	}
	return NULL;
}

struct fetch *
fetch_all(struct engine *engine, struct fetch *list, size_t count,
	  const struct fetch_limits *limits)
{
	struct flight flight;
	struct fetch *failed = NULL;
	size_t next;

	for (next = 0; next < count; next++) {
		list[next].end = FETCH_PENDING;
		list[next].status = 0;
		list[next].type[0] = '\0';
		buf_init(&list[next].body, limits->one_max);
	}
	flight.engine = engine;
	flight.limits = limits;
	atomic_init(&flight.budget, limits->all_max);
	flight.until = clock_mono_ms() + limits->timeout_ms;
	flight.count = 0;

	next = 0;
	while (failed == NULL && (next < count || flight.count > 0)) {
		if (next == count || flight.count == AT_ONCE)
			failed = flight_wait(&flight);
		else if (flight_start(&flight, &list[next]))
			next++;
		else
			failed = &list[next];
	}
	while (flight.count > 0)
		transfer_free(flight.running[--flight.count].transfer);
	return failed;
}
