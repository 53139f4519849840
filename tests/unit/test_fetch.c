/*
 * test_fetch.c: files of the web, from servers that want us to go where we
 * must not, to wait, or to swallow too much.
 *
 * All servers are on loopback, so what is "allowed" here is told by the port.
 * Names are looked up by this file's own getaddrinfo().
 */
#include "unit_upstream.h"

#include <netdb.h>

#include "upstream/fetch.h"

#define ONE_MAX	   10000
#define ALL_MAX	   100000
#define TIMEOUT_MS 60000
#define AT_ONCE	   8 /* of one request */

static unsigned int port_forbidden;

static bool
allow_by_port(const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in v4;

	if (len < sizeof(v4))
		return false;
	memcpy(&v4, addr, sizeof(v4));
	return ntohs(v4.sin_port) != port_forbidden;
}

static bool
allow_loopback(const struct sockaddr *addr, socklen_t len)
{
	struct sockaddr_in v4;

	memcpy(&v4, addr, len < sizeof(v4) ? len : sizeof(v4));
	return v4.sin_addr.s_addr == htonl(INADDR_LOOPBACK);
}

static bool
allow_none(const struct sockaddr *addr, socklen_t len)
{
	(void)addr;
	(void)len;
	return false;
}

/* --- names ---------------------------------------------------------------- */

/* "mixed.test" is at a private address and at loopback; "stuck.test"
 * gives no answer until it is let go. */
static atomic_bool lookup_began, lookup_go, lookup_over;

static struct addrinfo *
address(const char *ip, const char *port, struct addrinfo *next)
{
	struct addrinfo *ai;
	struct sockaddr_in addr;

	ai = calloc(1, sizeof(*ai) + sizeof(addr));
	if (ai == NULL)
		abort();
	memset(&addr, 0, sizeof(addr));
	addr.sin_family = AF_INET;
	addr.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	inet_pton(AF_INET, ip, &addr.sin_addr);
	ai->ai_family = AF_INET;
	ai->ai_socktype = SOCK_STREAM;
	ai->ai_addrlen = sizeof(addr);
	ai->ai_addr = memcpy(ai + 1, &addr, sizeof(addr));
	ai->ai_next = next;
	return ai;
}

/* In place of the C library's, for libcurl too. */
int
getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
	    struct addrinfo **out)
{
	(void)hints;
	if (strcmp(name, "mixed.test") == 0) {
		*out = address("10.0.0.1", service,
			       address("127.0.0.1", service, NULL));
		return 0;
	}
	if (strcmp(name, "private.test") == 0) {
		*out = address("10.0.0.1", service,
			       address("192.168.0.1", service, NULL));
		return 0;
	}
	if (strcmp(name, "stuck.test") == 0) {
		atomic_store(&lookup_began, true);
		while (!atomic_load(&lookup_go))
			usleep(5000);
		atomic_store(&lookup_over, true);
	}
	return EAI_NONAME;
}

/* --- helpers -------------------------------------------------------------- */

static struct fetch_limits
limits(void)
{
	struct fetch_limits l = {ONE_MAX, ALL_MAX, TIMEOUT_MS, allow_by_port,
				 -1};

	return l;
}

/* Fetch one URL within "l"; its body is released. */
static enum fetch_end
fetch_end(const char *url, const struct fetch_limits *l)
{
	struct fetch f = {.url = url};
	struct fetch *failed;

	failed = fetch_all(engine, &f, 1, l);
	CHECK_INT(url, failed == NULL, f.end == FETCH_DONE);
	CHECK_INT(url, failed == NULL || failed == &f, true);
	buf_release(&f.body);
	return f.end;
}

/* The same with one answer of a server's. */
static enum fetch_end
fetch_text(const char *reply, struct fetch *f)
{
	union {
		const char *in;
		void *out;
	} text = {reply};
	struct fetch_limits l = limits();
	struct server *s;

	s = server_new(answer_text, text.out);
	memset(f, 0, sizeof(*f));
	f->url = url_of(s);
	(void)!fetch_all(engine, f, 1, &l);
	server_free(s);
	return f->end;
}

/* --- replies -------------------------------------------------------------- */

#define OK	 "HTTP/1.1 200 OK\r\n"
#define LENGTH_5 "Content-Length: 5\r\n\r\n"

static const struct {
	const char *what, *reply;
	enum fetch_end end;
	int status;
	const char *type, *body;
} replies[] = {
    {"a picture", OK "Content-Type: image/png\r\n" LENGTH_5 "hello", FETCH_DONE,
     200, "image/png", "hello"},
    {"no type", OK LENGTH_5 "hello", FETCH_DONE, 200, "", "hello"},
    {"chunked",
     OK "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
     FETCH_DONE, 200, "", "hello"},
    {"to the end of the connection",
     OK "Connection: close\r\n" LENGTH_5 "hello", FETCH_DONE, 200, "", "hello"},
    {"more than it said", OK LENGTH_5 "hello, world", FETCH_DONE, 200, "",
     "hello"},
    {"identity", OK "Content-Encoding: Identity\r\n" LENGTH_5 "hello",
     FETCH_DONE, 200, "", "hello"},
    {"compressed", OK "Content-Encoding: gzip\r\n" LENGTH_5 "hello",
     FETCH_ENCODED, 200, "", ""},
    {"empty", OK "Content-Length: 0\r\n\r\n", FETCH_EMPTY, 200, "", ""},
    {"no content", "HTTP/1.1 204 X\r\n\r\n", FETCH_EMPTY, 204, "", ""},
    {"not found", "HTTP/1.1 404 X\r\n" LENGTH_5 "hello", FETCH_STATUS, 404, "",
     ""},
    {"not modified", "HTTP/1.1 304 X\r\n\r\n", FETCH_STATUS, 304, "", ""},
    {"wants a password",
     "HTTP/1.1 401 X\r\nWWW-Authenticate: Basic\r\n" LENGTH_5 "hello",
     FETCH_STATUS, 401, "", ""},
    {"broken", "HTTP/1.1 500 X\r\n" LENGTH_5 "hello", FETCH_STATUS, 500, "",
     ""},
    {"a redirect to nothing",
     "HTTP/1.1 302 X\r\nLocation:\r\nContent-Length: 0\r\n\r\n",
     FETCH_REDIRECTS, 302, "", ""},
    {"a redirect without a place",
     "HTTP/1.1 302 X\r\nContent-Length: 0\r\n\r\n", FETCH_STATUS, 302, "", ""},
    {"a redirect to a file",
     "HTTP/1.1 302 X\r\nLocation: file:///etc/passwd\r\n"
     "Content-Length: 0\r\n\r\n",
     FETCH_UNREACHABLE, 0, "", ""},
    {"a redirect to FTP",
     "HTTP/1.1 302 X\r\nLocation: ftp://127.0.0.1/x\r\n"
     "Content-Length: 0\r\n\r\n",
     FETCH_UNREACHABLE, 0, "", ""},
    {"a redirect with a password",
     "HTTP/1.1 302 X\r\nLocation: http://a:b@127.0.0.1/x\r\n"
     "Content-Length: 0\r\n\r\n",
     FETCH_UNREACHABLE, 0, "", ""},
    {"a redirect to rubbish",
     "HTTP/1.1 302 X\r\nLocation: http://[::g]:99999999/\r\n"
     "Content-Length: 0\r\n\r\n",
     FETCH_UNREACHABLE, 0, "", ""},
    {"no HTTP", "220 ready\r\n", FETCH_UNREACHABLE, 0, "", ""},
};

static void
test_replies(void **state)
{
	struct fetch f;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(replies); i++) {
		CHECK_INT(replies[i].what, fetch_text(replies[i].reply, &f),
			  replies[i].end);
		CHECK_INT(replies[i].what, f.status, replies[i].status);
		CHECK_STR(replies[i].what, f.type, replies[i].type);
		CHECK_STR(replies[i].what, buf_str(&f.body), replies[i].body);
		buf_release(&f.body);
	}
}

/* Say it, and close the connection. */
static bool
answer_close(struct server_conn *c)
{
	(void)answer_text(c);
	return false;
}

/* What was cut off is not there. */
static void
test_cut(void **state)
{
	static char *const texts[] = {
	    OK "Content-Length: 1000000000\r\n\r\nhello",
	    OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
	    OK "Content-Ty",
	    "HTTP/1.1 302 X\r\nLocation: /x\r\n",
	    "HTTP/1.1 302 X\r\nLocation: /x\r\nContent-Length: 5\r\n\r\nhel",
	    "",
	};
	struct fetch_limits l = limits();
	struct server *s;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(texts); i++) {
		s = server_new(answer_close, texts[i]);
		CHECK_INT(texts[i], fetch_end(url_of(s), &l),
			  FETCH_UNREACHABLE);
		server_free(s);
	}
}

/* --- URLs ----------------------------------------------------------------- */

static const struct {
	const char *url;
	enum fetch_end end; /* where only public addresses are allowed */
} urls[] = {
    {"ftp://127.0.0.1/x", FETCH_BAD_URL},
    {"file:///etc/passwd", FETCH_BAD_URL},
    {"gopher://127.0.0.1/x", FETCH_BAD_URL},
    {"dict://127.0.0.1/x", FETCH_BAD_URL},
    {"", FETCH_BAD_URL},
    {"/x", FETCH_BAD_URL},
    {"http://", FETCH_BAD_URL},
    {"http:///", FETCH_BAD_URL},
    {"http://user@8.8.8.8/", FETCH_BAD_URL},
    {"http://user:word@8.8.8.8/", FETCH_BAD_URL},
    {"https://8.8.8.8@127.0.0.1/", FETCH_BAD_URL},
    {"http://127.0.0.1:99999/", FETCH_BAD_URL},
    {"http://[::1/", FETCH_BAD_URL},
    {"http://127.0.0.1/a b", FETCH_BAD_URL},
    {"http://127.0.0.1/\r\nX-Y: z", FETCH_BAD_URL},
    {"http://127.0.0.1/\t", FETCH_BAD_URL},

    {"http://127.0.0.1/", FETCH_NOT_ALLOWED},
    {"https://127.0.0.1/", FETCH_NOT_ALLOWED},
    {"HTTP://127.0.0.1/", FETCH_NOT_ALLOWED},
    {"http://localhost/", FETCH_NOT_ALLOWED},
    {"http://localhost./", FETCH_UNREACHABLE}, /* our getaddrinfo()'s */
    {"http://a.localhost/", FETCH_NOT_ALLOWED},
    {"http://127.1/", FETCH_NOT_ALLOWED},
    {"http://2130706433/", FETCH_NOT_ALLOWED},
    {"http://0x7f000001/", FETCH_NOT_ALLOWED},
    {"http://0177.0.0.1/", FETCH_NOT_ALLOWED},
    {"http://0/", FETCH_NOT_ALLOWED},
    {"http://%31%32%37.0.0.1/", FETCH_NOT_ALLOWED},
    {"http://169.254.169.254/latest/meta-data/", FETCH_NOT_ALLOWED},
    {"http://2852039166/latest/meta-data/", FETCH_NOT_ALLOWED},
    {"http://10.0.0.1/", FETCH_NOT_ALLOWED},
    {"http://192.168.0.1:8080/", FETCH_NOT_ALLOWED},
    {"http://[::1]/", FETCH_NOT_ALLOWED},
    {"http://[::]/", FETCH_NOT_ALLOWED},
    {"http://[::ffff:127.0.0.1]/", FETCH_NOT_ALLOWED},
    {"http://[64:ff9b::7f00:1]/", FETCH_NOT_ALLOWED},
    {"http://[fd00:ec2::254]/", FETCH_NOT_ALLOWED},
    {"http://private.test/", FETCH_NOT_ALLOWED},
    {"http://mixed.test/", FETCH_NOT_ALLOWED},
    {"http://nowhere.test/", FETCH_UNREACHABLE},
};

static void
test_urls(void **state)
{
	struct fetch_limits l = limits();
	char url[FETCH_URL_MAX + 8];
	size_t i;

	(void)state;
	l.allow = address_is_public;
	for (i = 0; i < GB_COUNT(urls); i++)
		CHECK_INT(urls[i].url, fetch_end(urls[i].url, &l), urls[i].end);
	memset(url, 'a', sizeof(url));
	memcpy(url, "http://127.0.0.1/", 17);
	url[FETCH_URL_MAX] = '\0';
	CHECK_INT("long", fetch_end(url, &l), FETCH_NOT_ALLOWED);
	url[FETCH_URL_MAX] = 'a';
	url[FETCH_URL_MAX + 1] = '\0';
	CHECK_INT("too long", fetch_end(url, &l), FETCH_BAD_URL);
}

/* Of a name's addresses those that are not allowed are not tried. */
static void
test_mixed(void **state)
{
	static char text[] = OK LENGTH_5 "hello";
	struct fetch_limits l = limits();
	struct server *s;
	char url[64];

	(void)state;
	s = server_new(answer_text, text);
	(void)snprintf(url, sizeof(url), "http://mixed.test:%u/x", s->port);
	l.allow = allow_loopback;
	CHECK_INT("one of them", fetch_end(url, &l), FETCH_DONE);
	CHECK_INT("one of them", atomic_load(&s->conn_count), 1);
	l.allow = allow_none;
	CHECK_INT("none", fetch_end(url, &l), FETCH_NOT_ALLOWED);
	CHECK_INT("none", atomic_load(&s->conn_count), 1);
	server_free(s);
}

/* --- what is sent --------------------------------------------------------- */

/* A redirect with a cookie, then what was asked. */
static bool
answer_bait(struct server_conn *c)
{
	static const char redirect[] =
	    "HTTP/1.1 302 X\r\nSet-Cookie: a=b; Path=/\r\n"
	    "WWW-Authenticate: Basic\r\nLocation: /seen?x=y#z\r\n"
	    "Content-Length: 5\r\n\r\nhello";

	if (strncmp(c->request.data, "GET /hidden ", 12) == 0)
		return server_send(c, redirect, sizeof(redirect) - 1);
	return answer_echo(c);
}

static void
test_sent(void **state)
{
	static const char *const never[] = {"x-goog",	      "key",
					    "Cookie",	      "Authorization",
					    "Referer",	      "Content-",
					    "Expect",	      "hidden",
					    "Accept-Encoding"};
	struct transfer_header key = {"x-goog-api-key", "AIzaSyNotYours"};
	struct fetch_limits l = limits();
	struct fetch f = {NULL};
	struct transfer_request rq;
	struct result res;
	struct server *s;
	size_t i;

	(void)state;
	s = server_new(answer_bait, NULL);
	f.url = url_of(s);
	rq = request(true, f.url); /* whose handle is used again */
	rq.headers = &key;
	rq.header_count = 1;
	exchange(&rq, &res);
	CHECK_INT("upstream is not led astray", res.status, 302);
	buf_release(&res.body);
	CHECK("fetch", fetch_all(engine, &f, 1, &l) == NULL);
	CHECK("path",
	      strncmp(f.body.data, "GET /seen?x=y HTTP/1.1\r\n", 24) == 0);
	for (i = 0; i < GB_COUNT(never); i++)
		CHECK(never[i], strcasestr(f.body.data, never[i]) == NULL);
	buf_release(&f.body);
	server_free(s);
}

/* What upstream uses is not lent to a fetch, nor the other way round. */
static void
test_apart(void **state)
{
	static char text[] = OK LENGTH_5 "hello";
	struct fetch_limits l = limits();
	struct transfer_request rq;
	struct result res;
	struct server *s;
	int i;

	(void)state;
	s = server_new(answer_text, text);
	CHECK_INT("first", fetch_end(url_of(s), &l), FETCH_DONE);
	for (i = 1; i < 4; i++) {
		rq = request(true, url_of(s));
		exchange(&rq, &res);
		CHECK_STR("upstream", buf_str(&res.body), "hello");
		buf_release(&res.body);
		CHECK_INT("kept", atomic_load(&s->conn_count), 1 + i);
		l.allow = allow_none;
		CHECK_INT("a kept connection does not count",
			  fetch_end(url_of(s), &l), FETCH_NOT_ALLOWED);
		CHECK_INT("connections", atomic_load(&s->conn_count), 1 + i);
		l.allow = NULL;
		CHECK_INT("its own", fetch_end(url_of(s), &l), FETCH_DONE);
		CHECK_INT("connections", atomic_load(&s->conn_count), 2 + i);
	}
	CHECK_INT("requests", s->conns[1].requests, 3);
	server_free(s);
}

/* --- redirects ------------------------------------------------------------ */

/* /N leads to /N-1, and /0 says hello; arg: the host it all leads to. */
static bool
answer_chain(struct server_conn *c)
{
	const char *to = c->server->arg;
	unsigned long n;
	char text[256];

	n = strtoul(c->request.data + 5, NULL, 10);
	if (n == 0)
		(void)snprintf(text, sizeof(text), OK LENGTH_5 "hello");
	else
		(void)snprintf(text, sizeof(text),
			       "HTTP/1.1 30%lu X\r\nLocation: %s/%lu\r\n"
			       "Content-Length: 5\r\n\r\nhello",
			       n == 5	? 8
			       : n == 4 ? 7
					: n,
			       to, n - 1);
	return server_send(c, text, strlen(text));
}

static void
test_chain(void **state)
{
	struct fetch_limits l = limits();
	struct server *s;
	char url[80], home[64], none[] = "";
	int n;

	(void)state;
	s = server_new(answer_chain, none);
	for (n = 0; n < 12; n++) { /* the 2nd time to a whole URL */
		(void)snprintf(home, sizeof(home), "http://127.0.0.1:%u",
			       s->port);
		if (n == 6)
			s->arg = home;
		(void)snprintf(url, sizeof(url), "%s/%d", home, n % 6);
		CHECK_INT(url, fetch_end(url, &l),
			  n % 6 > FETCH_REDIRECTS_MAX ? FETCH_REDIRECTS
						      : FETCH_DONE);
	}
	server_free(s);
}

static void
test_redirect_elsewhere(void **state)
{
	static char text[] = OK LENGTH_5 "hello";
	static char loop[] = "HTTP/1.1 301 X\r\nLocation: /hidden\r\n"
			     "Content-Length: 0\r\n\r\n";
	struct fetch_limits l = limits();
	struct server *from, *to, *s;
	char host[64], url[64];

	(void)state;
	to = server_new(answer_text, text);
	(void)snprintf(host, sizeof(host), "http://127.0.0.1:%u", to->port);
	from = server_new(answer_chain, host);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/1", from->port);
	port_forbidden = to->port;
	CHECK_INT("forbidden", fetch_end(url, &l), FETCH_NOT_ALLOWED);
	CHECK_INT("asked", from->conns[0].requests, 1);
	CHECK_INT("not connected to", atomic_load(&to->conn_count), 0);
	port_forbidden = 0;
	CHECK_INT("allowed", fetch_end(url, &l), FETCH_DONE);
	CHECK_INT("connected to", atomic_load(&to->conn_count), 1);
	server_free(from);
	server_free(to);

	s = server_new(answer_text, loop);
	CHECK_INT("loop", fetch_end(url_of(s), &l), FETCH_REDIRECTS);
	CHECK_INT("loop", atomic_load(&s->conn_count), FETCH_REDIRECTS_MAX + 1);
	server_free(s);
}

/* --- limits --------------------------------------------------------------- */

/* Without end, as a file or as what a redirect says. */
static bool
answer_endless(struct server_conn *c)
{
	static const char piece[] = "5\r\nhello\r\n";
	const char *head = c->server->arg;

	(void)server_send(c, head, strlen(head));
	while (server_send(c, piece, sizeof(piece) - 1))
		continue;
	return false;
}

static void
test_size(void **state)
{
	static char *const heads[] = {
	    OK "Transfer-Encoding: chunked\r\n\r\n",
	    "HTTP/1.1 302 X\r\nLocation: /\r\nTransfer-Encoding: chunked\r\n"
	    "\r\n",
	    "HTTP/1.1 404 X\r\nTransfer-Encoding: chunked\r\n\r\n"};
	struct fetch_limits l = limits();
	struct size size;
	struct server *s;
	size_t i;

	(void)state;
	atomic_init(&size.status, 200);
	atomic_init(&size.len, ONE_MAX);
	s = server_new(answer_size, &size);
	CHECK_INT("as large as allowed", fetch_end(url_of(s), &l), FETCH_DONE);
	atomic_store(&size.len, ONE_MAX + 1);
	CHECK_INT("one more", fetch_end(url_of(s), &l), FETCH_TOO_LARGE);
	server_free(s);
	l.all_max = SIZE_MAX;
	for (i = 0; i < GB_COUNT(heads); i++) {
		s = server_new(answer_endless, heads[i]);
		CHECK_INT(heads[i], fetch_end(url_of(s), &l), FETCH_TOO_LARGE);
		server_free(s);
	}
}

static void
test_size_of_all(void **state)
{
	struct fetch list[12], *failed;
	struct fetch_limits l = limits();
	struct size size;
	struct server *s;
	size_t i, done;

	(void)state;
	atomic_init(&size.status, 200);
	atomic_init(&size.len, ALL_MAX / 10);
	s = server_new(answer_size, &size);
	memset(list, 0, sizeof(list));
	for (i = 0; i < GB_COUNT(list); i++)
		list[i].url = url_of(s);
	CHECK("ten", fetch_all(engine, list, 10, &l) == NULL);
	for (i = 0; i < 10; i++) {
		check_pattern("ten", &list[i].body, ALL_MAX / 10);
		buf_release(&list[i].body);
	}
	failed = fetch_all(engine, list, 11, &l);
	assert_non_null(failed);
	CHECK_INT("eleven", failed->end, FETCH_TOO_LARGE);
	for (i = done = 0; i < 11; i++) {
		done += list[i].end == FETCH_DONE;
		CHECK("as it ended",
		      list[i].end == FETCH_DONE || list[i].body.len == 0);
		buf_release(&list[i].body);
	}
	CHECK("not more than is allowed", done <= 10);
	server_free(s);
}

/* Whole silence, and silence in the middle. */
static void
test_time(void **state)
{
	static char *const begins[] = {"", OK, OK LENGTH_5 "hel",
				       "HTTP/1.1 302 X\r\nLocation: /\r\n"};
	struct fetch_limits l = limits();
	struct server *s;
	size_t i;

	(void)state;
	l.timeout_ms = 200;
	for (i = 0; i < GB_COUNT(begins); i++) {
		s = server_new(answer_silence, begins[i]);
		CHECK_INT(begins[i], fetch_end(url_of(s), &l), FETCH_TIMEOUT);
		server_free(s);
	}
	l.timeout_ms = 0;
	CHECK_INT("none left", fetch_end("http://127.0.0.1:1/", &l),
		  FETCH_TIMEOUT);
}

static void *
hang_up_later(void *arg)
{
	struct server *s = ((void **)arg)[0];
	int *fd = ((void **)arg)[1];

	while (atomic_load(&s->conn_count) < 2)
		usleep(5000);
	shutdown(*fd, SHUT_RDWR);
	return NULL;
}

static void
test_hang_up(void **state)
{
	static char nothing[] = "";
	struct fetch list[2] = {{NULL}, {NULL}}, *failed;
	struct fetch_limits l = limits();
	struct server *s;
	pthread_t thread;
	void *arg[2];
	int pair[2];

	(void)state;
	s = server_new(answer_silence, nothing);
	CHECK_INT("pair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	list[0].url = list[1].url = url_of(s);
	l.watch_fd = pair[0];
	arg[0] = s;
	arg[1] = &pair[1];
	pthread_create(&thread, NULL, hang_up_later, arg);
	failed = fetch_all(engine, list, 2, &l);
	assert_non_null(failed);
	CHECK_INT("end", failed->end, FETCH_HUNG_UP);
	pthread_join(thread, NULL);
	close(pair[0]);
	close(pair[1]);
	server_free(s);
}

static void
test_unreachable(void **state)
{
	struct fetch_limits l = limits();
	unsigned int port;
	char url[64];

	(void)state;
	close(server_listen(&port, 1)); /* nobody is there any more */
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/", port);
	CHECK_INT("refused", fetch_end(url, &l), FETCH_UNREACHABLE);
}

/* --- several -------------------------------------------------------------- */

struct crowd {
	pthread_mutex_t lock;
	pthread_cond_t more;
	int inside, most, arrived;
};

/* Answer with the path, but only when AT_ONCE are there. */
static bool
answer_crowd(struct server_conn *c)
{
	struct crowd *crowd = c->server->arg;
	char text[128];
	int batch;

	pthread_mutex_lock(&crowd->lock);
	crowd->inside++;
	if (crowd->inside > crowd->most)
		crowd->most = crowd->inside;
	batch = crowd->arrived++ / AT_ONCE + 1;
	pthread_cond_broadcast(&crowd->more);
	while (crowd->arrived < batch * AT_ONCE && !atomic_load(&c->server->go))
		pthread_cond_wait(&crowd->more, &crowd->lock);
	crowd->inside--;
	pthread_mutex_unlock(&crowd->lock);
	(void)snprintf(text, sizeof(text), OK "Content-Length: 3\r\n\r\n%.3s",
		       c->request.data + 5);
	return server_send(c, text, strlen(text));
}

static void
test_several(void **state)
{
	struct fetch list[FETCH_URLS_MAX];
	struct fetch_limits l = limits();
	struct crowd crowd = {PTHREAD_MUTEX_INITIALIZER,
			      PTHREAD_COND_INITIALIZER, 0, 0, 0};
	char names[FETCH_URLS_MAX][64], want[8];
	struct server *s;
	size_t i;

	(void)state;
	s = server_new(answer_crowd, &crowd);
	memset(list, 0, sizeof(list));
	for (i = 0; i < GB_COUNT(list); i++) {
		(void)snprintf(names[i], sizeof(names[i]),
			       "http://127.0.0.1:%u/%03zu", s->port, i);
		list[i].url = names[i];
	}
	CHECK("all", fetch_all(engine, list, GB_COUNT(list), &l) == NULL);
	for (i = 0; i < GB_COUNT(list); i++) {
		(void)snprintf(want, sizeof(want), "%03zu", i);
		CHECK_STR("in order", buf_str(&list[i].body), want);
		CHECK_INT("end", list[i].end, FETCH_DONE);
		buf_release(&list[i].body);
	}
	CHECK_INT("at once", crowd.most, AT_ONCE);
	server_free(s);
}

/* The first that fails ends it: nobody waits for the silent ones. */
static void
test_first_failure(void **state)
{
	static char nothing[] = "",
		    gone[] = "HTTP/1.1 410 X\r\n" LENGTH_5 "hello";
	struct fetch list[4], *failed;
	struct fetch_limits l = limits();
	struct server *silent, *bad;
	char urls_of[2][64];
	size_t i;

	(void)state;
	silent = server_new(answer_silence, nothing);
	bad = server_new(answer_text, gone);
	(void)snprintf(urls_of[0], 64, "%s", url_of(silent));
	(void)snprintf(urls_of[1], 64, "%s", url_of(bad));
	memset(list, 0, sizeof(list));
	for (i = 0; i < GB_COUNT(list); i++)
		list[i].url = urls_of[i == 2];
	failed = fetch_all(engine, list, GB_COUNT(list), &l);
	CHECK("which", failed == &list[2]);
	CHECK_INT("end", failed->end, FETCH_STATUS);
	CHECK_INT("status", failed->status, 410);
	for (i = 0; i < GB_COUNT(list); i++)
		CHECK_INT("others", list[i].end,
			  i == 2 ? FETCH_STATUS : FETCH_PENDING);
	list[1].url = "file:///etc/passwd";
	failed = fetch_all(engine, list, GB_COUNT(list), &l);
	CHECK("before it began", failed == &list[1]);
	server_free(bad);
	server_free(silent);
}

/* --- names that are looked up for ever ------------------------------------ */

/* Nobody waits for a resolver that does not answer, the engine least of all. */
static void
test_stuck_lookup(void **state)
{
	static char text[] = OK LENGTH_5 "hello";
	struct fetch_limits l = limits();
	struct transfer_request rq;
	struct server *s;
	struct result res;

	(void)state;
	s = server_new(answer_text, text);
	l.timeout_ms = 300;
	CHECK_INT("stuck", fetch_end("http://stuck.test/", &l), FETCH_TIMEOUT);
	CHECK("looked up", atomic_load(&lookup_began));
	rq = request(true, url_of(s));
	exchange(&rq, &res);
	CHECK_STR("others go on", buf_str(&res.body), "hello");
	CHECK("it is still stuck", !atomic_load(&lookup_over));
	buf_release(&res.body);
	atomic_store(&lookup_go, true);
	while (!atomic_load(&lookup_over))
		usleep(5000);
	server_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_replies),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_urls),
	    cmocka_unit_test(test_mixed),
	    cmocka_unit_test(test_sent),
	    cmocka_unit_test(test_apart),
	    cmocka_unit_test(test_chain),
	    cmocka_unit_test(test_redirect_elsewhere),
	    cmocka_unit_test(test_size),
	    cmocka_unit_test(test_size_of_all),
	    cmocka_unit_test(test_time),
	    cmocka_unit_test(test_hang_up),
	    cmocka_unit_test(test_unreachable),
	    cmocka_unit_test(test_several),
	    cmocka_unit_test(test_first_failure),
	    cmocka_unit_test(test_stuck_lookup),
	};

	return cmocka_run_group_tests_name("fetch", tests, setup, teardown);
}
