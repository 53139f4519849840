/* doctor.c: what the web server does to requests and answers */
#include "app/doctor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "dialect/json/json_tree.h"
#include "upstream/transfer.h"

#include <json-c/json.h>

#define MIB	    INT64_C(1048576)
#define CONNECT_MS  5000
#define ANSWER_MS   15000 /* a CGI may have to start */
#define BODY_MS	    60000
#define ANSWER_MAX  65536 /* bytes of an answer of ours */
#define PIECE_BYTES 65536 /* of a body at a time */
#define GONE_MS	    10000 /* until the probed process has told */
#define LOOK_MS	    100	  /* how often it is looked for */
#define BEGUN	    ": begun\n\n"
#define BUFFERED_MAX \
	2 /* events come in half of their time: that is buffered \
	   */

const char *const doctor_check_names[DOCTOR__MAX] = {
    [DOCTOR_REACH] = "reach",	[DOCTOR_AUTHORIZATION] = "authorization",
    [DOCTOR_STREAM] = "stream", [DOCTOR_BODY] = "body",
    [DOCTOR_HANGUP] = "hangup", [DOCTOR_OUTBOUND] = "outbound",
    [DOCTOR_CLOCK] = "clock",	[DOCTOR_DATABASE] = "database",
    [DOCTOR_DISK] = "disk",	[DOCTOR_LIBRARIES] = "libraries",
};

const char *const doctor_check_texts[DOCTOR__MAX] = {
    [DOCTOR_REACH] = "DOCTOR_CHECK_REACH",
    [DOCTOR_AUTHORIZATION] = "DOCTOR_CHECK_AUTHORIZATION",
    [DOCTOR_STREAM] = "DOCTOR_CHECK_STREAM",
    [DOCTOR_BODY] = "DOCTOR_CHECK_BODY",
    [DOCTOR_HANGUP] = "DOCTOR_CHECK_HANGUP",
    [DOCTOR_OUTBOUND] = "DOCTOR_CHECK_OUTBOUND",
    [DOCTOR_CLOCK] = "DOCTOR_CHECK_CLOCK",
    [DOCTOR_DATABASE] = "DOCTOR_CHECK_DATABASE",
    [DOCTOR_DISK] = "DOCTOR_CHECK_DISK",
    [DOCTOR_LIBRARIES] = "DOCTOR_CHECK_LIBRARIES",
};

const char *const doctor_grade_names[GRADE__MAX] = {
    [GRADE_UNKNOWN] = "unknown",
    [GRADE_GOOD] = "good",
    [GRADE_WARNING] = "warning",
    [GRADE_BAD] = "bad",
};

const char *const doctor_grade_texts[GRADE__MAX] = {
    [GRADE_UNKNOWN] = "DOCTOR_UNKNOWN",
    [GRADE_GOOD] = "DOCTOR_GOOD",
    [GRADE_WARNING] = "DOCTOR_WARNING",
    [GRADE_BAD] = "DOCTOR_BAD",
};

/* --- what to change ------------------------------------------------------- */

enum kind {
	KIND_LIGHTTPD,
	KIND_NGINX,
	KIND_PROXY_FCGI, /* Apache's mod_proxy_fcgi */
	KIND_FCGID,	 /* Apache's mod_fcgid */
	KIND_APACHE_CGI,
	KIND_OTHER,
	KIND__MAX
};

/* Keys of the directive that is to blame, most likely, for each server. */
static const char *const fixes[][KIND__MAX] = {
    [DOCTOR_REACH] = {NULL},
    [DOCTOR_AUTHORIZATION] =
	{
	    [KIND_LIGHTTPD] = "DOCTOR_FIX_AUTHORIZATION",
	    [KIND_NGINX] = "DOCTOR_FIX_AUTHORIZATION_NGINX",
	    [KIND_PROXY_FCGI] = "DOCTOR_FIX_AUTHORIZATION_APACHE",
	    [KIND_FCGID] = "DOCTOR_FIX_AUTHORIZATION_APACHE",
	    [KIND_APACHE_CGI] = "DOCTOR_FIX_AUTHORIZATION_APACHE",
	    [KIND_OTHER] = "DOCTOR_FIX_AUTHORIZATION",
	},
    [DOCTOR_STREAM] =
	{
	    [KIND_LIGHTTPD] = "DOCTOR_FIX_STREAM_LIGHTTPD",
	    [KIND_NGINX] = "DOCTOR_FIX_STREAM_NGINX",
	    [KIND_PROXY_FCGI] = "DOCTOR_FIX_STREAM_PROXY_FCGI",
	    [KIND_FCGID] = "DOCTOR_FIX_STREAM_FCGID",
	    [KIND_APACHE_CGI] = "DOCTOR_FIX_STREAM",
	    [KIND_OTHER] = "DOCTOR_FIX_STREAM",
	},
    [DOCTOR_BODY] =
	{
	    [KIND_LIGHTTPD] = "DOCTOR_FIX_BODY_LIGHTTPD",
	    [KIND_NGINX] = "DOCTOR_FIX_BODY_NGINX",
	    [KIND_PROXY_FCGI] = "DOCTOR_FIX_BODY_APACHE",
	    [KIND_FCGID] = "DOCTOR_FIX_BODY_FCGID",
	    [KIND_APACHE_CGI] = "DOCTOR_FIX_BODY_APACHE",
	    [KIND_OTHER] = "DOCTOR_FIX_BODY",
	},
    [DOCTOR_HANGUP] =
	{
	    [KIND_LIGHTTPD] = "DOCTOR_FIX_HANGUP_LIGHTTPD",
	    [KIND_NGINX] = "DOCTOR_FIX_HANGUP_NGINX",
	    [KIND_PROXY_FCGI] = "DOCTOR_FIX_STREAM_PROXY_FCGI",
	    [KIND_FCGID] = "DOCTOR_FIX_STREAM_FCGID",
	    [KIND_APACHE_CGI] = "DOCTOR_FIX_HANGUP",
	    [KIND_OTHER] = "DOCTOR_FIX_HANGUP",
	},
};

static enum kind
kind_of(const struct doctor *d)
{
	bool cgi = strcmp(d->way, "cgi") == 0;

	if (strncasecmp(d->server, "lighttpd", 8) == 0)
		return KIND_LIGHTTPD;
	if (strncasecmp(d->server, "nginx", 5) == 0)
		return KIND_NGINX;
	if (strncasecmp(d->server, "Apache", 6) != 0)
		return KIND_OTHER;
	if (cgi)
		return KIND_APACHE_CGI;
	return strcmp(d->way, "managed") == 0 ? KIND_FCGID : KIND_PROXY_FCGI;
}

static void
advise(struct doctor *d, enum doctor_check check)
{
	d->findings[check].fix = fixes[check][kind_of(d)];
}

void
doctor_find(struct doctor *d, enum doctor_check check, enum doctor_grade grade,
	    const char *text, ...)
{
	struct doctor_finding *f = &d->findings[check];
	const char *word;
	va_list ap;
	size_t i;

	memset(f, 0, sizeof(*f));
	f->grade = grade;
	f->text = text;
	va_start(ap, text);
	for (i = 0; i < DOCTOR_WORDS; i++) {
		if ((word = va_arg(ap, const char *)) == NULL)
			break;
		(void)snprintf(f->words[i], sizeof(f->words[i]), "%s", word);
	}
	va_end(ap);
}

void
doctor_init(struct doctor *d)
{
	memset(d, 0, sizeof(*d));
}

enum doctor_grade
doctor_worst(const struct doctor *d)
{
	enum doctor_grade worst = GRADE_UNKNOWN;
	size_t i;

	for (i = 0; i < DOCTOR__MAX; i++)
		if (d->findings[i].grade > worst)
			worst = d->findings[i].grade;
	return worst;
}

void
doctor_size(char word[DOCTOR_WORD_MAX], int64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	double size = (double)bytes;
	size_t i;

	for (i = 0; i + 1 < GB_COUNT(units) && size >= 1024; i++)
		size /= 1024;
	(void)snprintf(word, DOCTOR_WORD_MAX, i == 0 ? "%.0f %s" : "%.1f %s",
		       size, units[i]);
}

bool
doctor_url_plausible(const char *url)
{
	const char *p;
	size_t len;

	len = strncasecmp(url, "http://", 7) == 0    ? 7
	      : strncasecmp(url, "https://", 8) == 0 ? 8
						     : 0;
	if (len == 0 || strlen(url) >= DOCTOR_URL_MAX || url[len] == '\0' ||
	    url[len] == '/')
		return false;
	for (p = url; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f ||
		    strchr("?#@\"<>\\", *p) != NULL)
			return false;
	return true;
}

/* --- asking --------------------------------------------------------------- */

/* A visit at one URL. */
struct visit {
	struct doctor *doctor;
	struct store *store;
	struct engine *engine;
	const char *url; /* where we are mounted, with slashes at its end */
	int64_t body_max;
	bool takes_gzip;
	char id[RANDOM_ID_SIZE]; /* of the probe */
};

/* What came back. */
struct answer {
	int status; /* 0: there was none */
	char fault[DOCTOR_WORD_MAX];
	struct buf body;
};

/* Begin to ask a path of the probes'; NULL: it cannot be asked.  "body" -1:
 * there is none. */
static struct transfer *
begin(const struct visit *v, const char *path, int64_t body, int64_t total_ms)
{
	const struct transfer_header headers[] = {
	    {DOCTOR_HEADER, v->id},
	    {"Authorization", "Bearer gbalance-doctor"},
	    {"Content-Type", "application/octet-stream"},
	    /* as browsers and most clients have it */
	    {"Accept-Encoding", v->takes_gzip ? "gzip" : "identity"},
	};
	struct transfer_request rq;
	struct transfer *t;
	struct buf url;
	size_t len;

	for (len = strlen(v->url); len > 0 && v->url[len - 1] == '/'; len--)
		;
	buf_init(&url, 2 * DOCTOR_URL_MAX);
	buf_add(&url, v->url, len);
	buf_puts(&url, path);
	memset(&rq, 0, sizeof(rq));
	rq.method = body >= 0 ? "POST" : "GET";
	rq.url = buf_str(&url);
	rq.headers = headers;
	rq.header_count = GB_COUNT(headers);
	rq.feeds = body >= 0;
	rq.feed_len = body;
	rq.connect_timeout_ms = CONNECT_MS;
	rq.total_timeout_ms = total_ms;
	rq.queue_max = ANSWER_MAX;
	rq.body_max = ANSWER_MAX;
	rq.watch_fd = -1;
	rq.apart = true;
	if (transfer_start(v->engine, &rq, &t) != GB_OK)
		t = NULL;
	buf_release(&url);
	return t;
}

/* Send a body of so many bytes, as far as it is taken. */
static void
feed(struct transfer *t, int64_t bytes)
{
	char *piece;
	size_t len;

	if ((piece = malloc(PIECE_BYTES)) != NULL)
		memset(piece, 'x', PIECE_BYTES);
	for (; piece != NULL && bytes > 0; bytes -= (int64_t)len) {
		len = bytes < PIECE_BYTES ? (size_t)bytes : PIECE_BYTES;
		if (!transfer_feed(t, piece, len))
			break;
	}
	transfer_feed_end(t);
	free(piece);
}

static void
read_answer(struct transfer *t, struct answer *a)
{
	memset(a, 0, sizeof(*a));
	buf_init(&a->body, ANSWER_MAX);
	if (t == NULL) {
		(void)snprintf(a->fault, sizeof(a->fault), "%s",
			       gb_strerror(GB_EINVAL));
		return;
	}
	(void)transfer_head(t, -1);
	while (transfer_read(t, &a->body, -1) == TRANSFER_GOT_DATA)
		;
	a->status = transfer_status(t);
	(void)snprintf(a->fault, sizeof(a->fault), "%s", transfer_error(t));
}

/* Have a body of so many bytes counted. */
static void
ask_echo(const struct visit *v, int64_t bytes, struct answer *a)
{
	struct transfer *t;

	t = begin(v, "/admin/doctor/echo", bytes, BODY_MS);
	if (t != NULL)
		feed(t, bytes);
	read_answer(t, a);
	transfer_free(t);
}

/* --- reach, and Authorization --------------------------------------------- */

/* Where the answer is not one of ours, say so; whether it is. */
static bool
check_reach(struct visit *v, const struct answer *a, struct json_object *tree)
{
	struct doctor *d = v->doctor;
	char status[16];

	(void)snprintf(status, sizeof(status), "%d", a->status);
	if (tree_get(tree, "bytes") != NULL) {
		tree_copy(tree, "server", d->server, sizeof(d->server));
		tree_copy(tree, "way", d->way, sizeof(d->way));
		doctor_find(d, DOCTOR_REACH, GRADE_GOOD, "DOCTOR_REACHED",
			    d->server[0] != '\0' ? d->server : "?", d->way,
			    NULL);
		return true;
	}
	if (a->status == 0)
		doctor_find(d, DOCTOR_REACH, GRADE_BAD, "DOCTOR_NO_ANSWER",
			    a->fault, NULL);
	else if (a->status == 403 && tree_get(tree, "detail") != NULL)
		doctor_find(d, DOCTOR_REACH, GRADE_BAD, "DOCTOR_OTHER", NULL);
	else
		doctor_find(d, DOCTOR_REACH, GRADE_BAD, "DOCTOR_NOT_OURS",
			    status, NULL);
	return false;
}

static bool
probe_echo(struct visit *v)
{
	struct json_object *tree;
	struct answer a;
	bool ours;

	ask_echo(v, 16, &a);
	tree = tree_parse(buf_str(&a.body), a.body.len);
	ours = check_reach(v, &a, tree);
	if (ours && tree_true(tree, "authorization")) {
		doctor_find(v->doctor, DOCTOR_AUTHORIZATION, GRADE_GOOD,
			    "DOCTOR_AUTHORIZED", NULL);
	} else if (ours) {
		doctor_find(v->doctor, DOCTOR_AUTHORIZATION, GRADE_BAD,
			    "DOCTOR_UNAUTHORIZED", NULL);
		advise(v->doctor, DOCTOR_AUTHORIZATION);
	}
	json_object_put(tree);
	buf_release(&a.body);
	return ours;
}

/* --- streams -------------------------------------------------------------- */

/* When the first event and the last came, on our clock, and left, on theirs. */
struct timing {
	int count;
	int64_t first_ms, last_ms;
	int64_t first_sent_ms, last_sent_ms;
};

/* Take the complete events off the front of "text". */
static void
take_events(struct buf *text, struct timing *tm)
{
	const char *end, *at;
	int64_t sent;

	while ((end = strstr(buf_str(text), "\n\n")) != NULL) {
		at = buf_str(text);
		if (strncmp(at, "data: ", 6) == 0) {
			sent = strtoll(at + 6, NULL, 10);
			tm->last_ms = clock_mono_ms();
			tm->last_sent_ms = sent;
			if (tm->count++ == 0) {
				tm->first_ms = tm->last_ms;
				tm->first_sent_ms = sent;
			}
		}
		buf_consume(text, (size_t)(end + 2 - at));
	}
}

static void
judge_stream(struct doctor *d, const struct timing *tm)
{
	char came[DOCTOR_WORD_MAX], took[DOCTOR_WORD_MAX];
	int64_t sent_ms = tm->last_sent_ms - tm->first_sent_ms;
	int64_t came_ms = tm->last_ms - tm->first_ms;

	(void)snprintf(took, sizeof(took), "%.1f", (double)sent_ms / 1000);
	(void)snprintf(came, sizeof(came), "%.1f", (double)came_ms / 1000);
	if (tm->count < DOCTOR_EVENTS) {
		doctor_find(d, DOCTOR_STREAM, GRADE_BAD, "DOCTOR_STREAM_CUT",
			    NULL);
		return;
	}
	if (came_ms * BUFFERED_MAX >= sent_ms) {
		doctor_find(d, DOCTOR_STREAM, GRADE_GOOD, "DOCTOR_STREAMS",
			    took, came, NULL);
		return;
	}
	doctor_find(d, DOCTOR_STREAM, GRADE_BAD, "DOCTOR_BUFFERED", took, came,
		    NULL);
	advise(d, DOCTOR_STREAM);
}

static void
probe_stream(struct visit *v)
{
	struct timing tm;
	struct transfer *t;
	struct buf text;

	memset(&tm, 0, sizeof(tm));
	buf_init(&text, ANSWER_MAX);
	v->takes_gzip = true;
	t = begin(v, "/admin/doctor/stream", -1, ANSWER_MS);
	v->takes_gzip = false;
	if (t != NULL) {
		(void)transfer_head(t, -1);
		while (transfer_read(t, &text, -1) == TRANSFER_GOT_DATA)
			take_events(&text, &tm);
	}
	if (t != NULL && transfer_header(t, "Content-Encoding") != NULL) {
		doctor_find(v->doctor, DOCTOR_STREAM, GRADE_BAD,
			    "DOCTOR_COMPRESSED",
			    transfer_header(t, "Content-Encoding"), NULL);
		v->doctor->findings[DOCTOR_STREAM].fix =
		    "DOCTOR_FIX_COMPRESSED";
	} else {
		judge_stream(v->doctor, &tm);
	}
	transfer_free(t);
	buf_release(&text);
}

/* --- bodies --------------------------------------------------------------- */

/* Whether a body of so many bytes arrives; "why" says why not. */
static bool
passes(const struct visit *v, int64_t bytes, char why[DOCTOR_WORD_MAX])
{
	struct json_object *tree;
	struct answer a;
	bool passed;

	ask_echo(v, bytes, &a);
	tree = tree_parse(buf_str(&a.body), a.body.len);
	passed = a.status == 200 && tree_count(tree, "bytes") == bytes;
	if (a.status != 0)
		(void)snprintf(why, DOCTOR_WORD_MAX, "HTTP %d", a.status);
	else
		(void)snprintf(why, DOCTOR_WORD_MAX, "%s", a.fault);
	json_object_put(tree);
	buf_release(&a.body);
	return passed;
}

static void
probe_body(struct visit *v)
{
	static const int64_t sizes[] = {8 * MIB, MIB, MIB / 16};
	char wanted[DOCTOR_WORD_MAX], works[DOCTOR_WORD_MAX],
	    why[DOCTOR_WORD_MAX], ignored[DOCTOR_WORD_MAX];
	int64_t most;
	size_t i;

	most = v->body_max < DOCTOR_BODY_MAX ? v->body_max : DOCTOR_BODY_MAX;
	doctor_size(wanted, most);
	if (passes(v, most, why)) {
		doctor_find(v->doctor, DOCTOR_BODY, GRADE_GOOD,
			    "DOCTOR_BODY_PASSES", wanted, NULL);
		return;
	}
	(void)snprintf(works, sizeof(works), "–");
	for (i = 0; i < GB_COUNT(sizes); i++)
		if (sizes[i] < most && passes(v, sizes[i], ignored)) {
			doctor_size(works, sizes[i]);
			break;
		}
	doctor_find(v->doctor, DOCTOR_BODY, GRADE_BAD, "DOCTOR_BODY_STOPS",
		    wanted, why, works, NULL);
	advise(v->doctor, DOCTOR_BODY);
}

/* --- hang-ups ------------------------------------------------------------- */

/* What the probed process tells, once it does; 0: it does not. */
static int64_t
wait_told(const struct visit *v)
{
	struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
	int64_t until, told;

	until = clock_mono_ms() + GONE_MS;
	do {
		if (store_probe_find(v->store, v->id, clock_wall_ms(), &told) !=
		    GB_OK)
			return 0;
		if (told != 0)
			return told;
		(void)nanosleep(&pause, NULL);
	} while (clock_mono_ms() < until);
	return 0;
}

static void
judge_hangup(struct doctor *d, int64_t told)
{
	bool soon = kind_of(d) == KIND_LIGHTTPD || kind_of(d) == KIND_NGINX;
	char writes[24];

	if (told == DOCTOR_TOLD_SILENT) {
		doctor_find(d, DOCTOR_HANGUP, GRADE_GOOD, "DOCTOR_GONE_AT_ONCE",
			    NULL);
	} else if (told > DOCTOR_TOLD_SILENT) {
		(void)snprintf(writes, sizeof(writes), "%" PRId64,
			       told - DOCTOR_TOLD_WRITE);
		/* Others cannot do better. */
		doctor_find(d, DOCTOR_HANGUP,
			    soon && strcmp(d->way, "cgi") != 0 ? GRADE_WARNING
							       : GRADE_GOOD,
			    "DOCTOR_GONE_LATE", writes, NULL);
		if (d->findings[DOCTOR_HANGUP].grade == GRADE_WARNING)
			advise(d, DOCTOR_HANGUP);
	} else {
		doctor_find(d, DOCTOR_HANGUP, GRADE_BAD, "DOCTOR_GONE_NEVER",
			    NULL);
		advise(d, DOCTOR_HANGUP);
	}
}

static void
probe_hangup(struct visit *v)
{
	enum transfer_got got = TRANSFER_GOT_DATA;
	struct transfer *t;
	struct buf text;

	buf_init(&text, ANSWER_MAX);
	t = begin(v, "/admin/doctor/hangup", -1, ANSWER_MS);
	if (t != NULL)
		(void)transfer_head(t, -1);
	/* A server that buffers gives it out in the end, and then it was not
	 * noticed that nobody waited. */
	while (t != NULL && got == TRANSFER_GOT_DATA &&
	       strstr(buf_str(&text), BEGUN) == NULL)
		got = transfer_read(t, &text, 2 * DOCTOR_SILENCE_MS);
	transfer_free(t); /* this is the hang-up */
	judge_hangup(v->doctor, wait_told(v));
	buf_release(&text);
}

void
doctor_probe(struct doctor *d, struct store *store, struct engine *engine,
	     const struct settings *cfg, const char *url)
{
	struct visit v = {
	    .doctor = d,
	    .store = store,
	    .engine = engine,
	    .url = url,
	    .body_max = cfg->max_body,
	};
	enum gb_err rc;

	rc = store_probe_begin(store, clock_wall_ms(), v.id);
	if (rc != GB_OK) {
		doctor_find(d, DOCTOR_REACH, GRADE_BAD, "DOCTOR_NO_ANSWER",
			    gb_strerror(rc), NULL);
		return;
	}
	if (probe_echo(&v)) {
		probe_stream(&v);
		probe_body(&v);
		probe_hangup(&v);
	}
	if (store_probe_end(store, v.id) != GB_OK)
		log_warnx("doctor: the probe stays until it expires");
}
