/* test_transfer.c: single exchanges with a server that misbehaves in every way
 * it can */
#include "unit_upstream.h"

/* --- plain replies -------------------------------------------------------- */

static const struct {
	const char *what, *reply;
	int status;
	const char *body, *header;
} replies[] = {
    {"length",
     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Test: one\r\n"
     "x-test: \t two \r\n\r\nhello",
     200, "hello", "two"},
    {"chunked",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
     "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nX-Test: trailer\r\n\r\n",
     200, "hello", "(none)"},
    {"an interim reply before it",
     "HTTP/1.1 100 Continue\r\nX-Test: no\r\n\r\n"
     "HTTP/1.1 200 OK\r\nX-Test:\r\nContent-Length: 2\r\n\r\nok",
     200, "ok", ""},
    {"no body", "HTTP/1.1 204 No Content\r\nX-Test: a:b\r\n\r\n", 204, "",
     "a:b"},
    {"an error",
     "HTTP/1.1 429 Too Many\r\nContent-Length: 11\r\n\r\n{\"error\":1}", 429,
     "{\"error\":1}", "(none)"},
    {"a redirect is not followed",
     "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", 302, "",
     "(none)"},
};

static void
test_replies(void **state)
{
	struct transfer_request rq;
	struct server *s;
	struct result res;
	size_t i;
	int whole;

	(void)state;
	for (i = 0; i < GB_COUNT(replies); i++) {
		union {
			const char *in;
			void *out;
		} text = {replies[i].reply};

		s = server_new(answer_text, text.out);
		for (whole = 0; whole < 2; whole++) {
			rq = request(whole, url_of(s));
			exchange(&rq, &res);
			CHECK_INT(replies[i].what, res.end, TRANSFER_DONE);
			CHECK_INT(replies[i].what, res.status,
				  replies[i].status);
			CHECK_STR(replies[i].what, buf_str(&res.body),
				  replies[i].body);
			CHECK_STR(replies[i].what, res.header,
				  replies[i].header);
			CHECK_STR(replies[i].what, res.error, "");
			buf_release(&res.body);
		}
		CHECK_INT("connections", atomic_load(&s->conn_count), 1);
		server_free(s);
	}
}

/* --- cut anywhere --------------------------------------------------------- */

struct cut {
	const char *text;
	atomic_size_t len;
};

static bool
answer_cut(struct server_conn *c)
{
	struct cut *cut = c->server->arg;

	server_send(c, cut->text, cut->len);
	return false;
}

/* Of a reply that was cut, only the whole of it is TRANSFER_DONE; but libcurl
 * does not mind when of a chunked one just the last byte is missing, an LF that
 * says nothing any more. */
static void
test_cut(void **state)
{
	struct transfer_request rq;
	struct server *s;
	struct result res;
	struct cut cut;
	size_t i, at, len, enough;
	int whole;

	(void)state;
	for (i = 0; i < 3; i++) {
		cut.text = replies[i].reply;
		len = strlen(cut.text);
		enough = i == 1 ? len - 1 : len;
		s = server_new(answer_cut, &cut);
		for (at = 0; at <= len; at++)
			for (whole = 0; whole < 2; whole++) {
				atomic_store(&cut.len, at);
				rq = request(whole, url_of(s));
				exchange(&rq, &res);
				CHECK_INT(replies[i].what, res.end,
					  at >= enough ? TRANSFER_DONE
						       : TRANSFER_NETWORK);
				CHECK("words", (res.error[0] == '\0') ==
						   (res.end == TRANSFER_DONE));
				CHECK("no URL",
				      strstr(res.error, "hidden") == NULL);
				buf_release(&res.body);
			}
		server_free(s);
	}
}

static void
test_garbage(void **state)
{
	static char *const texts[] = {
	    "SSH-2.0-OpenSSH\r\n",
	    "HTTP/1.1 abc\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
	    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
	    "<html>",
	};
	struct transfer_request rq;
	struct server *s;
	struct result res;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(texts); i++) {
		s = server_new(answer_text, texts[i]);
		rq = request(i % 2 == 0, url_of(s));
		rq.first_byte_timeout_ms = 300; /* it may also wait for more */
		exchange(&rq, &res);
		CHECK(texts[i], res.end == TRANSFER_NETWORK ||
				    res.end == TRANSFER_TIMEOUT);
		CHECK("words", res.error[0] != '\0');
		buf_release(&res.body);
		server_free(s);
	}
}

/* --- what is sent --------------------------------------------------------- */

static const struct {
	const char *what, *method, *body;
	struct transfer_header header;
	const char *want[3], *not_want;
} sent[] = {
    {"GET",
     "GET",
     NULL,
     {"x-goog-api-key", "k1"},
     {"GET /hidden HTTP/1.1\r\n", "\r\nx-goog-api-key: k1\r\n",
      "\r\nUser-Agent: gbalance/0.1.0\r\n"},
     "Content-"},
    {"POST",
     "POST",
     "{}",
     {"content-type", "application/json"},
     {"POST /hidden HTTP/1.1\r\n", "\r\nContent-Length: 2\r\n",
      "\r\ncontent-type: application/json\r\n"},
     "x-goog-api-key"},
    {"no Accept-Encoding, no form",
     "POST",
     "{}",
     {"X-A", ""},
     {"\r\nX-A:\r\n", "\r\n\r\n{}", "\r\nAccept: "},
     "Accept-Encoding"},
    {"no form", "POST", "{}", {"X-A", "b"}, {"{}", "{}", "{}"}, "urlencoded"},
    {"POST without a body",
     "POST",
     NULL,
     {"User-Agent", "me"},
     {"POST ", "\r\nContent-Length: 0\r\n", "\r\nUser-Agent: me\r\n"},
     "gbalance"},
    {"PUT",
     "PUT",
     "x",
     {"A", "b"},
     {"PUT ", "\r\nContent-Length: 1\r\n", "\r\n\r\nx"},
     "POST"},
    {"DELETE",
     "DELETE",
     NULL,
     {"A", "b"},
     {"DELETE ", "\r\nA: b\r\n", "\r\n"},
     "Content-"},
    {"GET after all these",
     "GET",
     NULL,
     {"A", "b"},
     {"GET ", "A: b", "\r\n"},
     "Content-"},
};

static void
test_sent(void **state)
{
	struct transfer_request rq;
	struct server *s;
	struct result res;
	size_t i, k;

	(void)state;
	s = server_new(answer_echo, NULL);
	for (i = 0; i < GB_COUNT(sent); i++) {
		rq = request(true, url_of(s));
		rq.method = sent[i].method;
		rq.body = sent[i].body;
		rq.body_len = rq.body == NULL ? 0 : strlen(rq.body);
		rq.headers = &sent[i].header;
		rq.header_count = 1;
		exchange(&rq, &res);
		CHECK_INT(sent[i].what, res.end, TRANSFER_DONE);
		for (k = 0; k < GB_COUNT(sent[i].want); k++)
			CHECK(sent[i].want[k],
			      strstr(buf_str(&res.body), sent[i].want[k]));
		CHECK(sent[i].what,
		      !strstr(buf_str(&res.body), sent[i].not_want));
		CHECK("Expect", !strcasestr(buf_str(&res.body), "Expect"));
		buf_release(&res.body);
	}
	CHECK_INT("connections", atomic_load(&s->conn_count), 1);
	server_free(s);
}

static void
test_large_body(void **state)
{
	const size_t len = 3 * 1024 * 1024;
	struct transfer_request rq;
	struct server *s;
	struct result res;
	char *body;
	size_t i;

	(void)state;
	body = malloc(len);
	for (i = 0; i < len; i++)
		body[i] = (char)('a' + i * 31 % 26);
	s = server_new(answer_echo, NULL);
	rq = request(true, url_of(s));
	rq.method = "POST";
	rq.body = body;
	rq.body_len = len;
	rq.body_max = 2 * len;
	exchange(&rq, &res);
	CHECK_INT("end", res.end, TRANSFER_DONE);
	CHECK("Expect", !strcasestr(buf_str(&res.body), "\r\nExpect:"));
	CHECK("all of it",
	      res.body.len > len &&
		  memcmp(res.body.data + res.body.len - len, body, len) == 0);
	buf_release(&res.body);
	free(body);
	server_free(s);
}

static void
test_bad_headers(void **state)
{
	static const struct transfer_header bad[] = {
	    {"", "x"},	 {"A", "b\r\nC: d"}, {"A", "b\n"},
	    {"A", "\r"}, {"A b", "x"},	     {"A:", "x"},
	    {"A;", "x"}, {"A\r\nB", "x"},    {"\xc3\xa4", "x"},
	};
	struct transfer_request rq;
	struct transfer *t;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(bad); i++) {
		rq = request(true, "http://127.0.0.1:1/");
		rq.headers = &bad[i];
		rq.header_count = 1;
		t = (struct transfer *)&rq;
		CHECK_INT(bad[i].name, transfer_start(engine, &rq, &t),
			  GB_EINVAL);
		CHECK("out", t == NULL);
	}
}

/* --- proxies -------------------------------------------------------------- */

static void
test_proxy(void **state)
{
	char proxy[64];
	struct transfer_request rq;
	struct server *s;
	struct result res;

	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("no_proxy", "*", 1);
	s = server_new(answer_echo, NULL);
	rq = request(true, url_of(s));
	exchange(&rq, &res);
	CHECK_INT("direct in spite of the environment", res.end, TRANSFER_DONE);
	buf_release(&res.body);

	snprintf(proxy, sizeof(proxy), "http://u:word@127.0.0.1:%u", s->port);
	rq.url = "http://upstream.invalid/x";
	rq.proxy = proxy;
	exchange(&rq, &res);
	CHECK_INT("by proxy", res.end, TRANSFER_DONE);
	CHECK("by proxy", strstr(buf_str(&res.body),
				 "GET http://upstream.invalid/x HTTP/1.1\r\n"));
	buf_release(&res.body);

	rq.proxy = "bogus://u:word@127.0.0.1:1";
	exchange(&rq, &res);
	CHECK_INT("no such proxy", res.end, TRANSFER_EXIT);
	CHECK(res.error, res.error[0] != '\0' && !strstr(res.error, "word"));
	buf_release(&res.body);
	unsetenv("http_proxy");
	unsetenv("no_proxy");
	server_free(s);
}

/* What is the proxy's fault, and what is not. */
static const struct {
	const char *what, *scheme, *url, *reply;
	enum transfer_end end;
} proxied[] = {
    {"it passes the reply on", "http", "http://upstream.invalid/",
     "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", TRANSFER_DONE},
    {"upstream's error", "http", "http://upstream.invalid/",
     "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", TRANSFER_DONE},
    {"it wants credentials", "http", "http://upstream.invalid/",
     "HTTP/1.1 407 No\r\nContent-Length: 5\r\n\r\nhello", TRANSFER_EXIT},
    {"cut off after the request", "http", "http://upstream.invalid/",
     "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", TRANSFER_NETWORK},
    {"a tunnel wants credentials", "http", "https://upstream.invalid/",
     "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", TRANSFER_EXIT},
    {"no way to upstream", "http", "https://upstream.invalid/",
     "HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n", TRANSFER_EXIT},
    {"no proxy at all", "http", "https://upstream.invalid/", "SSH-2.0\r\n",
     TRANSFER_EXIT},
    {"the tunnel ends in TLS", "http", "https://upstream.invalid/",
     "HTTP/1.1 200 OK\r\n\r\nwhat?", TRANSFER_EXIT},
    {"it is silent", "socks5h", "http://upstream.invalid/", "", TRANSFER_EXIT},
};

static bool
answer_once(struct server_conn *c)
{
	answer_text(c);
	return false;
}

static void
test_proxy_faults(void **state)
{
	char proxy[64];
	struct transfer_request rq;
	struct server *s;
	struct result res;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(proxied); i++) {
		union {
			const char *in;
			void *out;
		} text = {proxied[i].reply};

		s = server_new(answer_once, text.out);
		snprintf(proxy, sizeof(proxy), "%s://u:word@127.0.0.1:%u",
			 proxied[i].scheme, s->port);
		rq = request(true, proxied[i].url);
		rq.proxy = proxy;
		if (proxied[i].reply[0] == '\0')
			rq.connect_timeout_ms = 300;
		exchange(&rq, &res);
		CHECK_INT(proxied[i].what, res.end, proxied[i].end);
		if (res.end == TRANSFER_EXIT)
			CHECK_INT(proxied[i].what, res.status, 0);
		CHECK(proxied[i].what,
		      (res.error[0] == '\0') == (res.end == TRANSFER_DONE));
		CHECK(res.error, strstr(res.error, "word") == NULL);
		buf_release(&res.body);
		server_free(s);
	}
}

/* Nobody listens there any more. */
static void
test_proxy_gone(void **state)
{
	char proxy[64];
	struct transfer_request rq;
	struct result res;
	unsigned int port;

	(void)state;
	close(server_listen(&port, 1));
	snprintf(proxy, sizeof(proxy), "http://u:word@127.0.0.1:%u", port);
	rq = request(false, "http://upstream.invalid/x");
	rq.proxy = proxy;
	exchange(&rq, &res);
	CHECK_INT("refused", res.end, TRANSFER_EXIT);
	buf_release(&res.body);

	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%u/", port);
	rq.url = proxy;
	rq.proxy = NULL;
	exchange(&rq, &res);
	CHECK_INT("refused, without a proxy", res.end, TRANSFER_NETWORK);
	buf_release(&res.body);
}

/* How long it took, and that some of it was not there. */
static void
test_times(void **state)
{
	struct transfer_times times;
	struct transfer_request rq;
	struct transfer *t;
	struct server *s;
	struct buf body;

	(void)state;
	s = server_new(answer_echo, NULL);
	rq = request(true, url_of(s));
	t = start(&rq);
	buf_init(&body, BODY_MAX);
	(void)transfer_read(t, &body, -1);
	transfer_times(t, &times);
	CHECK("connected", times.connect_ms > 0);
	CHECK_INT("no TLS", times.tls_ms, -1);
	CHECK("answered", times.first_byte_ms >= times.connect_ms);
	transfer_free(t);
	buf_release(&body);
	server_free(s);
}

/* --- limits --------------------------------------------------------------- */

static bool
answer_drip(struct server_conn *c)
{
	server_send(c, "HTTP/1.1 200 OK\r\n\r\n", 19);
	while (server_send(c, "x", 1))
		usleep(10000);
	return false;
}

static const struct {
	const char *what;
	bool (*answer)(struct server_conn *);
	char *begin;
	int64_t first_byte_ms, idle_ms, total_ms;
	int status;
	const char *body, *words;
} limits[] = {
    {"no answer", answer_silence, "", 150, 0, 0, 0, "", "first byte"},
    {"half a head", answer_silence, "HTTP/1.1 200", 150, 0, 0, 0, "",
     "first byte"},
    {"no body", answer_silence, HEAD_ONLY, 150, 10, 0, 200, "", "first byte"},
    {"silence", answer_silence, HEAD_ONLY "abc", 50, 300, 0, 200, "abc",
     "silent"},
    {"no end", answer_drip, NULL, 0, 5000, 300, 200, NULL, "not over"},
    {"no end, no answer", answer_silence, "", 5000, 0, 200, 0, "", "not over"},
};

static void
test_limits(void **state)
{
	struct transfer_request rq;
	struct server *s;
	struct result res;
	size_t i;
	int whole;

	(void)state;
	for (i = 0; i < GB_COUNT(limits); i++) {
		s = server_new(limits[i].answer, limits[i].begin);
		for (whole = 0; whole < 2; whole++) {
			rq = request(whole, url_of(s));
			rq.first_byte_timeout_ms = limits[i].first_byte_ms;
			rq.idle_timeout_ms = limits[i].idle_ms;
			rq.total_timeout_ms = limits[i].total_ms;
			exchange(&rq, &res);
			CHECK_INT(limits[i].what, res.end, TRANSFER_TIMEOUT);
			CHECK_INT(limits[i].what, res.status, limits[i].status);
			CHECK(res.error, strstr(res.error, limits[i].words));
			if (whole)
				CHECK_INT(limits[i].what, res.body.len, 0);
			else if (limits[i].body != NULL)
				CHECK_STR(limits[i].what, buf_str(&res.body),
					  limits[i].body);
			buf_release(&res.body);
		}
		server_free(s);
	}
}

/* A listener whose backlog is full does not answer a SYN any more. */
static void
test_connect_limit(void **state)
{
	struct sockaddr_in addr;
	struct transfer_request rq;
	struct result res;
	char url[64];
	unsigned int port;
	int fill[8], fd;
	size_t i;

	(void)state;
	fd = server_listen(&port, 0);
	memset(&addr, 0, sizeof(addr));
	addr.sin_family = AF_INET;
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	addr.sin_port = htons((uint16_t)port);
	for (i = 0; i < GB_COUNT(fill); i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fill[i], (struct sockaddr *)&addr, sizeof(addr));
	}
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/", port);
	rq = request(true, url);
	rq.connect_timeout_ms = 200;
	exchange(&rq, &res);
	CHECK_INT("end", res.end, TRANSFER_TIMEOUT);
	CHECK(res.error, strstr(res.error, "connection"));
	buf_release(&res.body);
	for (i = 0; i < GB_COUNT(fill); i++)
		close(fill[i]);
	close(fd);
}

static void
test_unreachable(void **state)
{
	static const char *const urls[] = {
	    NULL,
	    "",
	    "http://",
	    "http://a b/hidden",
	    "http://[::gg]/hidden",
	    "ftp://127.0.0.1/hidden",
	    "file:///etc/passwd",
	    "http://:80/hidden",
	    "http://u:word@127.0.0.1:1/hidden",
	};
	char closed[64];
	struct transfer_request rq;
	struct result res;
	unsigned int port;
	size_t i;

	(void)state;
	close(server_listen(&port, 1));
	snprintf(closed, sizeof(closed), "http://127.0.0.1:%u/hidden", port);
	for (i = 0; i < GB_COUNT(urls); i++) {
		rq = request(i % 2 == 0, urls[i] == NULL ? closed : urls[i]);
		exchange(&rq, &res);
		CHECK_INT(rq.url, res.end, TRANSFER_NETWORK);
		CHECK_INT(rq.url, res.status, 0);
		CHECK_STR(rq.url, res.header, "(none)");
		CHECK(res.error, res.error[0] != '\0' &&
				     !strstr(res.error, "hidden") &&
				     !strstr(res.error, "word"));
		buf_release(&res.body);
	}
	/* With a name server it does not exist; without one that takes time. */
	rq = request(true, "http://no-such-host.invalid/hidden");
	rq.connect_timeout_ms = 2000;
	exchange(&rq, &res);
	CHECK("bad host",
	      res.end == TRANSFER_NETWORK || res.end == TRANSFER_TIMEOUT);
	buf_release(&res.body);
}

/* --- sizes ---------------------------------------------------------------- */

static const struct {
	const char *what;
	int status;
	size_t len;
	bool whole;
	enum transfer_end want;
} sizes[] = {
    {"just right", 200, BODY_MAX, true, TRANSFER_DONE},
    {"one more", 200, BODY_MAX + 1, true, TRANSFER_TOO_LARGE},
    {"much more", 200, 50 * BODY_MAX, true, TRANSFER_TOO_LARGE},
    {"a stream has no limit", 200, 50 * BODY_MAX, false, TRANSFER_DONE},
    {"an error body has", 500, BODY_MAX + 1, false, TRANSFER_TOO_LARGE},
    {"an error body, just right", 500, BODY_MAX, false, TRANSFER_DONE},
};

static void
test_sizes(void **state)
{
	struct transfer_request rq;
	struct server *s;
	struct result res;
	struct size size;
	size_t i;

	(void)state;
	s = server_new(answer_size, &size);
	for (i = 0; i < GB_COUNT(sizes); i++) {
		size.status = sizes[i].status;
		size.len = sizes[i].len;
		rq = request(sizes[i].whole, url_of(s));
		exchange(&rq, &res);
		CHECK_INT(sizes[i].what, res.end, sizes[i].want);
		CHECK_INT(sizes[i].what, res.status, sizes[i].status);
		if (res.end == TRANSFER_DONE)
			check_pattern(sizes[i].what, &res.body, sizes[i].len);
		else
			CHECK("words", strstr(res.error, "larger"));
		buf_release(&res.body);
	}
	server_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_replies),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_garbage),
	    cmocka_unit_test(test_sent),
	    cmocka_unit_test(test_large_body),
	    cmocka_unit_test(test_bad_headers),
	    cmocka_unit_test(test_proxy),
	    cmocka_unit_test(test_proxy_faults),
	    cmocka_unit_test(test_proxy_gone),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_connect_limit),
	    cmocka_unit_test(test_unreachable),
	    cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests_name("transfer", tests, setup, teardown);
}
