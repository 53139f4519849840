/* test_body_feed.c: request bodies that come piece by piece and are never kept
 */
#include "unit_upstream.h"

#include <poll.h>

#define BIG   (10 * 1024 * 1024)
#define PIECE (96 * 1024)

static struct transfer_request
feeding(struct server *s, int64_t len)
{
	struct transfer_request rq = request(false, url_of(s));

	rq.method = "POST";
	rq.feeds = true;
	rq.feed_len = len;
	return rq;
}

/* Feed "len" bytes of the pattern; false: upstream wanted no more. */
static bool
feed(struct transfer *t, size_t len)
{
	char piece[PIECE];
	size_t at, n, i;

	for (at = 0; at < len; at += n) {
		n = len - at < PIECE ? len - at : PIECE;
		for (i = 0; i < n; i++)
			piece[i] = pattern(at + i);
		if (!transfer_feed(t, piece, n))
			return false;
	}
	transfer_feed_end(t);
	return true;
}

/* How many bytes of body came, and whether they were the pattern. */
static bool
answer_count(struct server_conn *c)
{
	char text[128];
	size_t i, len;

	len = c->request.len - c->head_len;
	for (i = 0; i < len; i++)
		if (c->request.data[c->head_len + i] != pattern(i))
			break;
	snprintf(text, sizeof(text),
		 "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n%08zu%c", len,
		 i == len ? '!' : '?');
	return server_send(c, text, strlen(text));
}

static void
test_sizes(void **state)
{
	static const size_t sizes[] = {0, 1, PIECE, PIECE + 1, BIG};
	struct transfer_request rq;
	struct transfer *t;
	struct result res;
	struct server *s;
	char want[16];
	size_t i;

	(void)state;
	s = server_new(answer_count, NULL);
	for (i = 0; i < GB_COUNT(sizes); i++) {
		rq = feeding(s, (int64_t)sizes[i]);
		t = start(&rq);
		CHECK("fed", feed(t, sizes[i]));
		finish(t, &res);
		snprintf(want, sizeof(want), "%08zu!", sizes[i]);
		CHECK_STR("body", buf_str(&res.body), want);
		CHECK_INT("end", res.end, TRANSFER_DONE);
		buf_release(&res.body);
	}
	server_free(s);
}

/* A client that takes its time is not upstream's silence. */
static void
test_slow_client(void **state)
{
	struct transfer_request rq;
	struct transfer *t;
	struct result res;
	struct server *s;

	(void)state;
	s = server_new(answer_count, NULL);
	rq = feeding(s, 2);
	rq.idle_timeout_ms = rq.first_byte_timeout_ms = 200;
	t = start(&rq);
	CHECK("fed", transfer_feed(t, "a", 1));
	poll(NULL, 0, 700);
	CHECK("fed on", transfer_feed(t, "h", 1));
	transfer_feed_end(t);
	finish(t, &res);
	CHECK_INT("end", res.end, TRANSFER_DONE);
	CHECK_STR("body", buf_str(&res.body), "00000002!");
	buf_release(&res.body);
	server_free(s);
}

/* Answers from a thread of its own, as soon as it is connected to. */
struct rude {
	int fd;
	unsigned int port;
	const char *reply; /* NULL: says and reads nothing */
};

static void *
rude_main(void *arg)
{
	struct rude *r = arg;
	char bytes[4096];
	int fd;

	fd = accept(r->fd, NULL, NULL);
	if (r->reply == NULL) {
		poll(NULL, 0, 3000);
	} else {
		(void)!recv(fd, bytes, sizeof(bytes), 0);
		(void)!send(fd, r->reply, strlen(r->reply), MSG_NOSIGNAL);
		shutdown(fd, SHUT_WR);
		while (r->reply[0] != '\0' &&
		       recv(fd, bytes, sizeof(bytes), 0) > 0)
			continue;
	}
	close(fd);
	return NULL;
}

static void
test_rude(void **state)
{
	static const struct {
		const char *what, *reply;
		enum transfer_end end;
		int status;
	} cases[] = {
	    {"an answer before the body was sent",
	     "HTTP/1.1 403 No\r\nContent-Length: 2\r\nConnection: close"
	     "\r\n\r\nno",
	     TRANSFER_DONE, 403},
	    {"an end", "", TRANSFER_NETWORK, 0},
	    {"a server that reads nothing", NULL, TRANSFER_TIMEOUT, 0},
	};
	struct sockaddr_in sin;
	socklen_t len;
	struct transfer_request rq;
	struct transfer *t;
	struct result res;
	struct rude r;
	pthread_t thread;
	char url[64];
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		memset(&sin, 0, sizeof(sin));
		sin.sin_family = AF_INET;
		sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		r.reply = cases[i].reply;
		r.fd = socket(AF_INET, SOCK_STREAM, 0);
		assert_int_equal(bind(r.fd, (void *)&sin, sizeof(sin)), 0);
		assert_int_equal(listen(r.fd, 1), 0);
		len = sizeof(sin);
		getsockname(r.fd, (void *)&sin, &len);
		assert_int_equal(pthread_create(&thread, NULL, rude_main, &r),
				 0);
		snprintf(url, sizeof(url), "http://127.0.0.1:%u/",
			 ntohs(sin.sin_port));
		rq = request(false, url);
		rq.method = "POST";
		rq.feeds = true;
		rq.feed_len = INT64_C(1) << 30;
		rq.idle_timeout_ms = 300;
		t = start(&rq);
		CHECK(cases[i].what, !feed(t, (size_t)1 << 30));
		finish(t, &res);
		CHECK_INT(cases[i].what, res.end, cases[i].end);
		CHECK_INT(cases[i].what, res.status, cases[i].status);
		buf_release(&res.body);
		pthread_join(thread, NULL);
		close(r.fd);
	}
}

/* One that is given up in the middle leaves nothing behind. */
static void
test_given_up(void **state)
{
	struct transfer_request rq;
	struct transfer *t;
	struct server *s;
	int i;

	(void)state;
	s = server_new(answer_count, NULL);
	for (i = 0; i < 20; i++) {
		rq = feeding(s, BIG);
		t = start(&rq);
		if (i % 2 == 0)
			CHECK("fed", transfer_feed(t, "a", 1));
		if (i % 4 == 0)
			poll(NULL, 0, 5);
		transfer_free(t);
	}
	server_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_slow_client),
	    cmocka_unit_test(test_rude),
	    cmocka_unit_test(test_given_up),
	};

	return cmocka_run_group_tests_name("body_feed", tests, setup, teardown);
}
