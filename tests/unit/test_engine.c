/* test_engine.c: what one thread for all exchanges promises: back-pressure,
 * cancelling, hang-ups, sharing */
#include "unit_upstream.h"

#include <sched.h>

#define PIECE_MAX (16 * 1024) /* what libcurl hands over at once, at most */

/* Nobody reads: the server has to stop, no limit but the total one runs, and
 * nothing is lost. */
static void
test_back_pressure(void **state)
{
	struct size size = {200, 40 * 1024 * 1024};
	struct transfer_request rq;
	struct transfer *t;
	struct server *s;
	struct buf body;
	size_t before, sent_bytes, rounds;

	(void)state;
	s = server_new(answer_size, &size);
	rq = request(false, url_of(s));
	rq.idle_timeout_ms = 200;
	rq.first_byte_timeout_ms = 5000;
	t = start(&rq);
	CHECK_INT("head", transfer_head(t, -1), TRANSFER_GOT_DATA);
	sent_bytes = 0;
	do {
		before = sent_bytes;
		usleep(500000);
		sent_bytes = atomic_load(&s->sent);
	} while (sent_bytes != before);
	CHECK("the server waits", sent_bytes < size.len);
	CHECK_INT("still running", transfer_end(t), TRANSFER_RUNNING);

	buf_init(&body, 64 * 1024 * 1024);
	rounds = 0;
	for (before = 0; transfer_read(t, &body, -1) == TRANSFER_GOT_DATA;
	     before = body.len) {
		CHECK("bounded", body.len - before <= QUEUE_MAX + PIECE_MAX);
		rounds++;
	}
	CHECK_INT("end", transfer_end(t), TRANSFER_DONE);
	check_pattern("body", &body, size.len);
	CHECK("several rounds", rounds > 100);
	buf_release(&body);
	transfer_free(t);
	server_free(s);
}

/* --- giving up ------------------------------------------------------------ */

static void
wait_for_count(const char *what, atomic_int *count, int want)
{
	int i;

	for (i = 0; i < 2000 && atomic_load(count) < want; i++)
		usleep(5000);
	CHECK_INT(what, atomic_load(count), want);
}

static void
test_cancel(void **state)
{
	struct transfer_request rq;
	struct transfer *t[5];
	struct server *s;
	struct buf body;
	int i;

	(void)state;
	s = server_new(answer_silence, HEAD_ONLY "abc");
	rq = request(false, url_of(s));
	transfer_free(start(&rq)); /* as it is, or before, it begins */
	for (i = 0; i < 5; i++)
		t[i] = start(&rq);
	for (i = 0; i < 5; i++) {
		CHECK_INT("head", transfer_head(t[i], -1), TRANSFER_GOT_DATA);
		CHECK_INT("status", transfer_status(t[i]), 200);
	}
	buf_init(&body, BODY_MAX);
	CHECK_INT("part", transfer_read(t[0], &body, -1), TRANSFER_GOT_DATA);
	CHECK_STR("part", buf_str(&body), "abc");
	CHECK_INT("silence", transfer_read(t[0], &body, 20),
		  TRANSFER_GOT_NOTHING);
	CHECK_INT("silence", transfer_read(t[0], &body, 0),
		  TRANSFER_GOT_NOTHING);
	CHECK_INT("running", transfer_end(t[0]), TRANSFER_RUNNING);
	CHECK_STR("no error yet", transfer_error(t[0]), "");
	transfer_free(t[0]);
	transfer_free(t[1]);
	transfer_free(t[2]);
	transfer_free(t[3]);
	transfer_free(t[4]);
	transfer_free(NULL);
	wait_for_count("closed", &s->closed, atomic_load(&s->conn_count));
	buf_release(&body);
	server_free(s);
}

/* Cancelled at any moment of the start, by many at once. */
static void *
canceller_main(void *arg)
{
	struct transfer_request rq = request(true, arg);
	struct transfer *t;
	intptr_t good;
	int i;

	good = 0;
	for (i = 0; i < 1000; i++) {
		if (transfer_start(engine, &rq, &t) != GB_OK)
			continue;
		if (i % 3 == 0)
			sched_yield();
		transfer_free(t);
		good++;
	}
	return (void *)good;
}

static void
test_cancel_early(void **state)
{
	char *const places[] = {"http://127.0.0.1:1/", "https://127.0.0.1:1/"};
	pthread_t threads[8];
	void *good;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(threads); i++)
		pthread_create(&threads[i], NULL, canceller_main,
			       places[i % 2]);
	for (i = 0; i < GB_COUNT(threads); i++) {
		pthread_join(threads[i], &good);
		CHECK_INT("good", (intptr_t)good, 1000);
	}
}

static void
test_cancel_paused(void **state)
{
	struct size size = {200, 40 * 1024 * 1024};
	struct transfer_request rq;
	struct transfer *t;
	struct server *s;
	struct buf body;
	int i;

	(void)state;
	s = server_new(answer_size, &size);
	buf_init(&body, size.len);
	for (i = 0; i < 20; i++) {
		rq = request(false, url_of(s));
		t = start(&rq);
		CHECK_INT("head", transfer_head(t, -1), TRANSFER_GOT_DATA);
		usleep(1000U * (unsigned int)i);
		if (i % 2) /* with a resume on its way */
			CHECK_INT("data", transfer_read(t, &body, -1),
				  TRANSFER_GOT_DATA);
		transfer_free(t);
	}
	buf_release(&body);
	server_free(s);
}

static bool
answer_on_go(struct server_conn *c)
{
	server_wait_go(c);
	return server_send(c, HEAD_ONLY "123456789", sizeof(HEAD_ONLY) + 8);
}

/* One word ends all that listen to it, from before the start on, in whatever
 * they wait; the others never hear of it. */
static void
test_cancel_by_word(void **state)
{
	struct transfer_request rq;
	struct transfer *t[6];
	struct server *s;
	struct result res;
	atomic_bool cancel;
	struct buf body;
	int i;

	(void)state;
	atomic_init(&cancel, false);
	buf_init(&body, BODY_MAX);
	s = server_new(answer_on_go, NULL);
	for (i = 0; i < 6; i++) {
		rq = request(i % 2 == 0, url_of(s));
		rq.cancel = i < 3 ? &cancel : NULL;
		if (i == 2)
			atomic_store(&cancel, true);
		t[i] = start(&rq);
	}
	for (i = 0; i < 3; i++) {
		CHECK_INT("no data", transfer_read(t[i], &body, -1),
			  TRANSFER_GOT_END);
		CHECK_INT("cancelled", transfer_end(t[i]), TRANSFER_HUNG_UP);
		CHECK_STR("words", transfer_error(t[i]), "cancelled");
		transfer_free(t[i]);
	}
	for (i = 3; i < 6; i++)
		CHECK_INT("not cancelled", transfer_end(t[i]),
			  TRANSFER_RUNNING);
	atomic_store(&s->go, true);
	for (i = 3; i < 6; i++) {
		finish(t[i], &res);
		CHECK_INT("end", res.end, TRANSFER_DONE);
		CHECK_STR("body", buf_str(&res.body), "123456789");
		buf_release(&res.body);
	}
	buf_release(&body);
	server_free(s);
}

/* What the web server does with its descriptor, of a socket pair or a pipe,
 * while upstream thinks. */
enum deed {
	DEED_NOTHING,
	DEED_CLOSE,
	DEED_HALF_CLOSE,
	DEED_CLOSE_BEFORE, /* before the transfer begins */
	DEED_WRITE,
	DEED_WRITE_HALF_CLOSE,
};

static const struct {
	const char *what;
	bool pipe;
	enum deed deed;
	const char *bytes;
	size_t len;
	enum transfer_end want;
} watches[] = {
    {"nothing", false, DEED_NOTHING, NULL, 0, TRANSFER_DONE},
    {"hang-up", false, DEED_CLOSE, NULL, 0, TRANSFER_HUNG_UP},
    {"half a hang-up", false, DEED_HALF_CLOSE, NULL, 0, TRANSFER_HUNG_UP},
    {"hung up before", false, DEED_CLOSE_BEFORE, NULL, 0, TRANSFER_HUNG_UP},
    {"abort record", false, DEED_WRITE, "\1\2\0\1\0\0\0\0", 8,
     TRANSFER_HUNG_UP},
    {"end of input, then abort", false, DEED_WRITE,
     "\1\5\0\1\0\3\5\0abc.....\1\5\0\1\0\0\0\0\1\2\0\1\0\0\0\0", 32,
     TRANSFER_HUNG_UP},
    {"end of input", false, DEED_WRITE, "\1\5\0\1\0\0\0\0", 8, TRANSFER_DONE},
    {"half an abort record", false, DEED_WRITE, "\1\2\0\1", 4, TRANSFER_DONE},
    {"not FastCGI", false, DEED_WRITE, "\2\2\2\2\2\2\2\2\2", 9, TRANSFER_DONE},
    {"an abort within data", false, DEED_WRITE,
     "\1\5\0\1\0\10\0\0\1\2\0\1\0\0\0\0", 16, TRANSFER_DONE},
    {"input unread, then half a hang-up", false, DEED_WRITE_HALF_CLOSE,
     "\1\5\0\1\0\0\0\0", 8, TRANSFER_HUNG_UP},
    {"pipe", true, DEED_NOTHING, NULL, 0, TRANSFER_DONE},
    {"pipe without reader", true, DEED_CLOSE, NULL, 0, TRANSFER_HUNG_UP},
    {"no reader before", true, DEED_CLOSE_BEFORE, NULL, 0, TRANSFER_HUNG_UP},
};

static void
do_deed(size_t i, int *peer)
{
	switch (watches[i].deed) {
	case DEED_CLOSE:
	case DEED_CLOSE_BEFORE:
		close(*peer);
		*peer = -1;
		break;
	case DEED_HALF_CLOSE:
		shutdown(*peer, SHUT_WR);
		break;
	case DEED_WRITE:
	case DEED_WRITE_HALF_CLOSE:
		CHECK_INT("write",
			  write(*peer, watches[i].bytes, watches[i].len),
			  watches[i].len);
		if (watches[i].deed == DEED_WRITE_HALF_CLOSE)
			shutdown(*peer, SHUT_WR);
		break;
	case DEED_NOTHING:
		break;
	}
}

/* Two transfers watch the same descriptor, and a third one none. */
static void
watch_one(size_t i)
{
	struct transfer_request rq;
	struct transfer *t[3];
	struct result res;
	struct server *s;
	int fd[2], k;

	if (watches[i].pipe)
		CHECK_INT("pipe", pipe(fd), 0);
	else
		CHECK_INT("pair", socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	if (watches[i].deed == DEED_CLOSE_BEFORE)
		do_deed(i, &fd[0]);
	s = server_new(answer_on_go, NULL);
	rq = request(true, url_of(s));
	for (k = 0; k < 3; k++) {
		rq.watch_fd = k < 2 ? fd[1] : -1;
		t[k] = start(&rq);
	}
	usleep(i % 2 ? 250000 : 1000); /* watched already, or not yet */
	if (watches[i].deed != DEED_CLOSE_BEFORE)
		do_deed(i, &fd[0]);
	if (watches[i].want == TRANSFER_DONE) {
		usleep(250000); /* it would be noticed within this time */
		atomic_store(&s->go, true);
	}
	for (k = 0; k < 2; k++) {
		finish(t[k], &res);
		CHECK_INT(watches[i].what, res.end, watches[i].want);
		buf_release(&res.body);
	}
	atomic_store(&s->go, true);
	finish(t[2], &res);
	CHECK_INT("not watching", res.end, TRANSFER_DONE);
	buf_release(&res.body);
	if (fd[0] != -1)
		close(fd[0]);
	close(fd[1]);
	server_free(s);
}

static void
test_watch(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(watches); i++)
		watch_one(i);
}

/* The deed of a web server, a little later. */
struct later {
	size_t i;
	int *peer;
};

static void *
do_later(void *arg)
{
	const struct later *l = arg;

	usleep(50000);
	do_deed(l->i, l->peer);
	return NULL;
}

/* The same while there is no transfer. */
static void
pause_one(size_t i, bool unread)
{
	struct later later;
	pthread_t thread;
	int fd[2];

	if (watches[i].pipe)
		CHECK_INT("pipe", pipe(fd), 0);
	else
		CHECK_INT("pair", socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	if (unread)
		CHECK_INT("input", write(fd[0], "\1\5\0\1\0\0\0\0", 8), 8);
	later = (struct later){i, &fd[0]};
	if (watches[i].deed == DEED_CLOSE_BEFORE)
		do_deed(i, &fd[0]);
	else
		CHECK_INT("thread",
			  pthread_create(&thread, NULL, do_later, &later), 0);
	CHECK_INT(watches[i].what, transfer_pause(fd[1], 400),
		  watches[i].want == TRANSFER_HUNG_UP);
	if (watches[i].deed != DEED_CLOSE_BEFORE)
		pthread_join(thread, NULL);
	if (fd[0] != -1)
		close(fd[0]);
	close(fd[1]);
}

static void
test_pause(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(watches); i++) {
		pause_one(i, false);
		if (!watches[i].pipe && watches[i].deed != DEED_CLOSE_BEFORE)
			pause_one(i, true);
	}
	CHECK("nobody to watch", !transfer_pause(-1, 10));
	CHECK("no time", !transfer_pause(-1, 0));
}

/* Whoever is first, whether the reader wants all at once or not. */
static void
test_race(void **state)
{
	struct transfer_request rq;
	struct transfer *two[2], *one[2] = {NULL, NULL};
	struct server *s[2];
	struct result res;
	int first, i, whole;

	(void)state;
	for (first = 0; first < 2; first++)
		for (whole = 0; whole < 2; whole++) {
			for (i = 0; i < 2; i++) {
				s[i] = server_new(answer_on_go, NULL);
				rq = request(whole != 0, url_of(s[i]));
				rq.races = true;
				two[i] = start(&rq);
			}
			one[0] = two[first];
			CHECK_INT("neither", transfer_first(two, 50), -1);
			CHECK_INT("no time", transfer_first(two, 0), -1);
			atomic_store(&s[first]->go, true);
			CHECK_INT("one", transfer_first(two, 10000), first);
			CHECK_INT("alone", transfer_first(one, 0), 0);
			transfer_free(two[1 - first]); /* as it runs */
			finish(two[first], &res);
			CHECK_INT("to its end", res.end, TRANSFER_DONE);
			buf_release(&res.body);
			for (i = 0; i < 2; i++) {
				atomic_store(&s[i]->go, true);
				server_free(s[i]);
			}
		}
}

/* A plain file cannot hang up. */
static void
test_watch_file(void **state)
{
	char path[] = "/tmp/gbalance-test-XXXXXX";
	struct transfer_request rq;
	struct transfer *t;
	struct result res;
	struct server *s;
	int fd;

	(void)state;
	fd = mkstemp(path);
	CHECK("file", fd != -1);
	unlink(path);
	s = server_new(answer_on_go, NULL);
	rq = request(true, url_of(s));
	rq.watch_fd = fd;
	t = start(&rq);
	CHECK_INT("head", transfer_head(t, 350), TRANSFER_GOT_NOTHING);
	atomic_store(&s->go, true);
	CHECK_INT("head", transfer_head(t, -1), TRANSFER_GOT_DATA);
	finish(t, &res);
	CHECK_INT("end", res.end, TRANSFER_DONE);
	CHECK_STR("body", buf_str(&res.body), "123456789");
	buf_release(&res.body);
	close(fd);
	server_free(s);
}

/* --- many, and again ------------------------------------------------------ */

#define THREADS	 64
#define REQUESTS 50

struct worker {
	pthread_t thread;
	struct server *server;
	int number, good;
};

static void *
worker_main(void *arg)
{
	struct worker *w = arg;
	struct transfer_request rq;
	struct transfer *t;
	struct buf body;
	char text[64];
	int i;

	buf_init(&body, BODY_MAX);
	for (i = 0; i < REQUESTS; i++) {
		snprintf(text, sizeof(text), "%d of %d", i, w->number);
		rq = request(i % 2 == 0, url_of(w->server));
		rq.method = "POST";
		rq.body = text;
		rq.body_len = strlen(text);
		if (transfer_start(engine, &rq, &t) != GB_OK)
			continue;
		buf_reset(&body);
		while (transfer_read(t, &body, -1) == TRANSFER_GOT_DATA)
			continue;
		if (transfer_end(t) == TRANSFER_DONE &&
		    transfer_status(t) == 200 && body.len > strlen(text) &&
		    strcmp(body.data + body.len - strlen(text), text) == 0)
			w->good++;
		transfer_free(t);
	}
	buf_release(&body);
	return NULL;
}

static void
test_many(void **state)
{
	struct worker workers[THREADS];
	struct server *s;
	int i, good;

	(void)state;
	s = server_new(answer_echo, NULL);
	memset(workers, 0, sizeof(workers));
	for (i = 0; i < THREADS; i++) {
		workers[i].server = s;
		workers[i].number = i;
		pthread_create(&workers[i].thread, NULL, worker_main,
			       &workers[i]);
	}
	good = 0;
	for (i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		good += workers[i].good;
	}
	CHECK_INT("good", good, THREADS * REQUESTS);
	CHECK("connections are shared",
	      atomic_load(&s->conn_count) <= 2 * THREADS);
	server_free(s);
}

/* TLS that never begins: only a few may try at once, and those that wait have
 * the same limits, can be cancelled, and notice a hang-up. */
static void
test_gate(void **state)
{
	struct transfer_request rq;
	struct transfer *t[30];
	struct result res;
	struct server *s;
	char url[64];
	int fd[2];
	size_t i;

	(void)state;
	CHECK_INT("pair", socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	s = server_new(answer_silence, "");
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/hidden", s->port);
	rq = request(true, url);
	for (i = 0; i < GB_COUNT(t); i++) {
		rq.watch_fd = i == 20 ? fd[1] : -1;
		/* That its client is gone ends it, however slow we are. */
		rq.connect_timeout_ms = i == 20 ? 60000 : 500;
		t[i] = start(&rq);
	}
	close(fd[0]);
	transfer_free(t[0]);
	transfer_free(t[15]);
	t[0] = t[15] = NULL;
	CHECK("few at once", atomic_load(&s->conn_count) <= 8);
	for (i = 0; i < GB_COUNT(t); i++) {
		if (t[i] == NULL)
			continue;
		finish(t[i], &res);
		CHECK_INT("end", res.end,
			  i == 20 ? TRANSFER_HUNG_UP : TRANSFER_TIMEOUT);
		CHECK(res.error, i == 20 || strstr(res.error, "connection"));
		buf_release(&res.body);
	}
	close(fd[1]);
	server_free(s);
}

/* Close after each reply, which did not say so; or on a used connection take
 * the request and hang up. */
static bool
answer_once(struct server_conn *c)
{
	if (c->requests > 1)
		return false;
	return answer_text(c) && c->server->go;
}

static void
test_stale_connection(void **state)
{
	static char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	struct transfer_request rq;
	struct result res;
	struct server *s;
	int i;

	(void)state;
	s = server_new(answer_once, text);
	for (i = 0; i < 40; i++) {
		atomic_store(&s->go, i % 2 == 0);
		rq = request(i % 4 < 2, url_of(s));
		rq.method = i % 3 == 0 ? "POST" : "GET";
		exchange(&rq, &res);
		CHECK_INT("end", res.end, TRANSFER_DONE);
		CHECK_STR("body", buf_str(&res.body), "ok");
		buf_release(&res.body);
	}
	CHECK_INT("connections", atomic_load(&s->conn_count), 40);
	server_free(s);
}

/* --- the end of the engine ------------------------------------------------ */

static void *
reader_main(void *arg)
{
	struct transfer *t = arg;
	struct buf body;
	intptr_t end;

	buf_init(&body, BODY_MAX);
	while (transfer_read(t, &body, -1) == TRANSFER_GOT_DATA)
		continue;
	end = transfer_end(t);
	buf_release(&body);
	transfer_free(t);
	return (void *)end;
}

static void
test_engine_free(void **state)
{
	const struct engine_options opt = {"", 4};
	struct transfer_request rq;
	struct transfer *t;
	struct engine *e;
	struct server *s;
	pthread_t reader;
	void *end;
	int i;

	(void)state;
	s = server_new(answer_silence, HEAD_ONLY "abc");
	rq = request(false, url_of(s));
	for (i = 0; i < 10; i++) {
		CHECK_INT("new", engine_new(&e, &opt), GB_OK);
		CHECK_INT("start", transfer_start(e, &rq, &t), GB_OK);
		if (i % 2)
			CHECK_INT("head", transfer_head(t, -1),
				  TRANSFER_GOT_DATA);
		pthread_create(&reader, NULL, reader_main, t);
		engine_free(e);
		pthread_join(reader, &end);
		CHECK_INT("end", (intptr_t)end, TRANSFER_NETWORK);
	}
	engine_free(NULL);
	server_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_back_pressure),
	    cmocka_unit_test(test_cancel),
	    cmocka_unit_test(test_cancel_early),
	    cmocka_unit_test(test_cancel_paused),
	    cmocka_unit_test(test_cancel_by_word),
	    cmocka_unit_test(test_watch),
	    cmocka_unit_test(test_pause),
	    cmocka_unit_test(test_race),
	    cmocka_unit_test(test_watch_file),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_gate),
	    cmocka_unit_test(test_stale_connection),
	    cmocka_unit_test(test_engine_free),
	};

	return cmocka_run_group_tests_name("engine", tests, setup, teardown);
}
