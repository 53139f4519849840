/* test_recheck.c: asking again with disabled keys, and with many, against a
 * server of our own that answers each request with the next text of a table */
#include "unit_store.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "keys/verify.h"

#define REQUEST_MAX 4096
#define GATHER_MS   5000 /* for those that come at once */

struct server {
	int fd;
	pthread_t thread;
	_Atomic(const char *) reply; /* for whoever asks next; NULL: hang up */
	char request[REQUEST_MAX];   /* what the last one asked */
	atomic_int asked;
	int gather;  /* so many must be there before any is answered */
	int at_once; /* so many were */
};

/* The answer goes out once the whole request is here. */
static void
serve_one(struct server *sv, int fd)
{
	const char *reply;
	ssize_t n;
	size_t len;

	memset(sv->request, 0, sizeof(sv->request));
	for (len = 0; len < sizeof(sv->request) - 1; len += (size_t)n) {
		n = read(fd, sv->request + len, sizeof(sv->request) - 1 - len);
		if (n <= 0 || strstr(sv->request, "maxOutputTokens") != NULL)
			break;
	}
	sv->asked++;
	reply = sv->reply;
	if (reply != NULL && write(fd, reply, strlen(reply)) == -1)
		sv->asked = -1;
}

/* Those that are there, "gather" at most; how many. */
static int
gather(struct server *sv, int fds[VERIFY_AT_ONCE + 1])
{
	struct pollfd one = {.fd = sv->fd, .events = POLLIN};
	int n = 0;

	do {
		if ((fds[n] = accept(sv->fd, NULL, NULL)) == -1)
			break;
		n++;
	} while (n < sv->gather && poll(&one, 1, GATHER_MS) == 1);
	return n;
}

static void *
serve(void *arg)
{
	int fds[VERIFY_AT_ONCE + 1], n, i;
	struct server *sv = arg;

	while ((n = gather(sv, fds)) > 0) {
		sv->at_once = n > sv->at_once ? n : sv->at_once;
		for (i = 0; i < n; i++) {
			serve_one(sv, fds[i]);
			close(fds[i]);
		}
	}
	return NULL;
}

static void
server_start(struct server *sv, char url[64])
{
	struct sockaddr_in addr;
	socklen_t len;

	memset(sv, 0, sizeof(*sv));
	memset(&addr, 0, sizeof(addr));
	addr.sin_family = AF_INET;
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	len = sizeof(addr);
	sv->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(sv->fd != -1);
	assert_int_equal(bind(sv->fd, (struct sockaddr *)&addr, len), 0);
	assert_int_equal(listen(sv->fd, 8), 0);
	assert_int_equal(getsockname(sv->fd, (struct sockaddr *)&addr, &len),
			 0);
	(void)snprintf(url, 64, "http://127.0.0.1:%d", ntohs(addr.sin_port));
	assert_int_equal(pthread_create(&sv->thread, NULL, serve, sv), 0);
}

static void
server_stop(struct server *sv)
{
	shutdown(sv->fd, SHUT_RDWR);
	pthread_join(sv->thread, NULL);
	close(sv->fd);
}

#define REPLY(status, body) \
	"HTTP/1.1 " status "\r\nConnection: close\r\n" \
	"Content-Type: application/json\r\n\r\n" body
#define GOOD \
	REPLY("200 OK", "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":" \
			"\"H\"}]},\"finishReason\":\"MAX_TOKENS\"}]}")

static const struct {
	const char *what, *reply;
	int row;
	bool revived;
} probes[] = {
    {"an answer", GOOD, 0, true},
    {"a blocked answer",
     REPLY("200 OK", "{\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}"), 32,
     true},
    {"still not valid",
     REPLY("400 Bad Request",
	   "{\"error\":{\"code\":400,\"message\":\"API key not valid.\"}}"),
     1, false},
    {"overloaded", REPLY("503 Unavailable", "<html>"), 29, false},
    {"an error after the 200",
     REPLY("200 OK", "{\"error\":{\"code\":403,\"message\":\"x\"}}"), 16,
     false},
    {"a hang-up", NULL, 31, false},
};

struct world {
	struct server server;
	struct engine *engine;
	struct settings cfg;
	char url[64], model[40];
};

static void
world_start(struct world *w)
{
	const struct engine_options options = {.connections = VERIFY_AT_ONCE};

	memset(w, 0, sizeof(*w));
	server_start(&w->server, w->url);
	(void)snprintf(w->model, sizeof(w->model), "models/gemini-test");
	w->cfg.base_url = w->url;
	w->cfg.test_model = w->model;
	w->cfg.max_failures = 3;
	w->cfg.check_interval_hours = 1;
	assert_int_equal(engine_new(&w->engine, &options), GB_OK);
}

static void
world_stop(struct world *w)
{
	engine_free(w->engine);
	server_stop(&w->server);
}

static void
test_probe(void **state)
{
	struct unit_store *u = *state;
	struct key_turn turn = {.id = 1};
	struct verdict v;
	struct world w;
	size_t i;

	unit_add_keys(u->store, 1);
	unit_secret(turn.secret, 0);
	world_start(&w);
	for (i = 0; i < GB_COUNT(probes); i++) {
		assert_int_equal(unit_enable(u->store, 1), GB_OK);
		assert_int_equal(unit_disable_by_system(u->store, 1, UNIT_NOW,
							"x"),
				 GB_OK);
		w.server.reply = probes[i].reply;
		recheck_probe(u->store, &w.cfg, w.engine, &turn, &v);
		CHECK_INT(probes[i].what, v.row, probes[i].row);
		CHECK_INT(probes[i].what,
			  unit_key_state(u->store, 1, UNIT_NOW, NULL),
			  probes[i].revived ? KEY_READY : KEY_DISABLED);
	}
	/* Reading the count makes what was read before it ours to look at. */
	CHECK_INT("asked", w.server.asked, GB_COUNT(probes));
	CHECK("where it asks",
	      strncmp(w.server.request,
		      "POST /v1beta/models/gemini-test:generateContent HTTP",
		      52) == 0);
	CHECK("the key is a header",
	      strcasestr(w.server.request, "\r\nx-goog-api-key: ") != NULL &&
		  strstr(w.server.request, turn.secret) != NULL);

	/* A person's word stands, though the key works. */
	assert_int_equal(unit_disable(u->store, 1, UNIT_NOW, "mine"), GB_OK);
	w.server.reply = GOOD;
	recheck_probe(u->store, &w.cfg, w.engine, &turn, &v);
	CHECK_INT("it works", v.row, 0);
	CHECK_INT("but stays out", unit_key_state(u->store, 1, UNIT_NOW, NULL),
		  KEY_DISABLED);
	world_stop(&w);
}

static void
test_due(void **state)
{
	struct unit_store *u = *state;
	struct world w;
	int64_t id;

	unit_add_keys(u->store, 4);
	for (id = 1; id <= 2; id++)
		assert_int_equal(unit_disable_by_system(u->store, id, UNIT_NOW,
							"x"),
				 GB_OK);
	assert_int_equal(unit_disable(u->store, 3, UNIT_NOW, "mine"), GB_OK);
	world_start(&w);
	w.server.reply = GOOD;
	w.cfg.check_interval_hours = 0;
	recheck_due(u->store, &w.cfg, w.engine);
	CHECK_INT("0 is never", w.server.asked, 0);
	w.cfg.check_interval_hours = 1;
	recheck_due(u->store, &w.cfg, w.engine);
	CHECK_INT("the two that the system disabled", w.server.asked, 2);
	recheck_due(u->store, &w.cfg, w.engine);
	CHECK_INT("once", w.server.asked, 2);
	for (id = 1; id <= 4; id++)
		CHECK_INT("READY but for the third",
			  unit_key_state(u->store, id, UNIT_NOW, NULL),
			  id == 3 ? KEY_DISABLED : KEY_READY);
	world_stop(&w);
}

static void
test_outcomes(void **state)
{
	static const struct {
		const char *what;
		int row;
		enum verdict_action action;
		enum verify_outcome outcome;
	} cases[] = {
	    {"an answer", 0, KEY_KEEP, VERIFY_WORKS},
	    {"a blocked one", 32, KEY_KEEP, VERIFY_WORKS},
	    {"overloaded", 29, KEY_KEEP, VERIFY_UNSURE},
	    {"a quota", 19, KEY_COOL_MODEL, VERIFY_RESTS},
	    {"a pause", 27, KEY_COOL, VERIFY_RESTS},
	    {"may be the key", 16, KEY_COUNT, VERIFY_UNSURE},
	    {"not valid", 1, KEY_DISABLE, VERIFY_DEAD},
	};
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		const struct verdict v = {.row = cases[i].row,
					  .action = cases[i].action};

		CHECK_INT(cases[i].what, verify_outcome_of(&v),
			  cases[i].outcome);
	}
}

static void
test_many(void **state)
{
	struct verify_item items[VERIFY_AT_ONCE + 3];
	struct unit_store *u = *state;
	int count = GB_COUNT(items), i;
	struct world w;

	unit_add_keys(u->store, count);
	memset(items, 0, sizeof(items));
	for (i = 0; i < count; i++) {
		items[i].turn.id = i + 1;
		unit_secret(items[i].turn.secret, i);
		assert_int_equal(unit_disable_by_system(u->store, i + 1,
							UNIT_NOW, "x"),
				 GB_OK);
	}
	world_start(&w);
	w.server.reply = GOOD;
	verify_all(u->store, &w.cfg, w.engine, items, (size_t)count,
		   clock_mono_ms());
	CHECK_INT("no time", w.server.asked, 0);
	for (i = 0; i < count; i++)
		CHECK_INT("not asked", items[i].outcome, VERIFY_NOT_ASKED);
	w.server.gather = VERIFY_AT_ONCE;
	verify_all(u->store, &w.cfg, w.engine, items, VERIFY_AT_ONCE,
		   clock_mono_ms() + 60000);
	CHECK_INT("each once", w.server.asked, VERIFY_AT_ONCE);
	CHECK_INT("at once", w.server.at_once, VERIFY_AT_ONCE);
	w.server.gather = 1;
	w.server.asked = 0;
	verify_all(u->store, &w.cfg, w.engine, items, (size_t)count,
		   clock_mono_ms() + 60000);
	CHECK_INT("more than at once, each once", w.server.asked, count);
	for (i = 0; i < count; i++) {
		CHECK_INT("works", items[i].outcome, VERIFY_WORKS);
		CHECK_INT("revived",
			  unit_key_state(u->store, i + 1, UNIT_NOW, NULL),
			  KEY_READY);
	}
	w.server.reply = probes[2].reply; /* not valid */
	verify_all(u->store, &w.cfg, w.engine, items, 1,
		   clock_mono_ms() + 60000);
	CHECK_INT("dead", items[0].outcome, VERIFY_DEAD);
	CHECK_INT("the others were not asked", items[1].outcome, VERIFY_WORKS);
	CHECK_INT("so it is disabled",
		  unit_key_state(u->store, 1, UNIT_NOW, NULL), KEY_DISABLED);
	verify_all(u->store, &w.cfg, w.engine, items, 0,
		   clock_mono_ms() + 60000);
	CHECK_INT("nobody", w.server.asked, count + 1);
	world_stop(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_probe),
	    WITH_STORE(test_due),
	    cmocka_unit_test(test_outcomes),
	    WITH_STORE(test_many),
	};

	return cmocka_run_group_tests_name("recheck", tests, NULL, NULL);
}
