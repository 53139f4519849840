/* test_listing.c: asking Google which models each key has, against a server of
 * our own */
#include "unit_store.h"

#include "keys/listing.h"
#include "store/model_lists.h"
#include "tiny_server.h"

#define KEYS	   3
#define REPLY_SIZE 4096
#define M(name)	   "{\"name\":\"models/" name "\"}"

/* What the server says, in turn; the last one again and again. */
struct say {
	const char *const *replies; /* NULL-ended */
	atomic_int asked;
	char request[REPLY_SIZE]; /* the last one */
};

static bool
answer(struct server_conn *c)
{
	struct say *say = c->server->arg;
	char head[160];
	const char *reply;
	int i;

	(void)snprintf(say->request, sizeof(say->request), "%s",
		       buf_str(&c->request));
	for (i = 0; i < atomic_load(&say->asked); i++)
		if (say->replies[i + 1] == NULL)
			break;
	reply = say->replies[i];
	atomic_fetch_add(&say->asked, 1);
	if (reply[0] == '\0')
		return false;
	(void)snprintf(head, sizeof(head),
		       "HTTP/1.1 %.3s X\r\nContent-Length: %zu\r\n"
		       "Connection: close\r\n\r\n",
		       reply, strlen(reply + 4));
	(void)(server_send(c, head, strlen(head)) &&
	       server_send(c, reply + 4, strlen(reply + 4)));
	return false;
}

#define GOOD "200 {\"models\":[" M("a") "," M("b") "]}"

static const struct {
	const char *what, *replies[4];
	int asked;	   /* for one key */
	const char *names; /* that are kept; "": none are known */
} cases[] = {
    {"a list", {GOOD}, 1, "a,b"},
    {"two pages",
     {"200 {\"models\":[" M("a") "],\"nextPageToken\":\"x/y\"}",
      "200 {\"models\":[" M("c") "]}"},
     2,
     "a,c"},
    {"no models", {"200 {}"}, 1, ""},
    {"something else", {"200 {\"status\":\"ok\"}"}, 1, ""},
    {"not allowed",
     {"403 {\"error\":{\"code\":403,\"message\":\"API_KEY_SERVICE_BLOCKED\"}}"},
     1,
     ""},
    {"not valid",
     {"400 {\"error\":{\"code\":400,\"message\":\"API key not valid.\"}}"},
     1,
     ""},
    {"an error after the 200", {"200 {\"error\":{\"code\":403}}"}, 1, ""},
    {"no JSON", {"200 <html>"}, 1, ""},
    {"cut off", {"200 {\"models\":[" M("a")}, 1, ""},
    {"a hang-up", {""}, 1, ""},
    {"half of it",
     {"200 {\"models\":[" M("a") "],\"nextPageToken\":\"x\"}", "500 {}"},
     2,
     ""},
    {"pages without end",
     {"200 {\"models\":[" M("a") "],\"nextPageToken\":\"x\"}"},
     10,
     ""},
};

struct world {
	struct say say;
	struct server *server;
	struct engine *engine;
	struct settings cfg;
	char url[64];
};

static void
world_start(struct world *w)
{
	const struct engine_options options = {.connections = 2};

	memset(w, 0, sizeof(*w));
	w->server = server_new(answer, &w->say);
	(void)snprintf(w->url, sizeof(w->url), "http://127.0.0.1:%u",
		       w->server->port);
	w->cfg.base_url = w->url;
	w->cfg.models_hours = 1;
	assert_int_equal(engine_new(&w->engine, &options), GB_OK);
}

static void
world_stop(struct world *w)
{
	engine_free(w->engine);
	server_free(w->server);
}

/* The models that key 1 is known to have. */
static void
names_of(const struct unit_store *u, char *text, size_t size)
{
	unit_sql(
	    u->path,
	    "SELECT coalesce((SELECT iif(k.list_id IS NULL, '',"
	    " coalesce((SELECT group_concat(model) FROM (SELECT model FROM"
	    " list_models WHERE list_id = k.list_id ORDER BY model)), '-'))"
	    " FROM keys k WHERE id = 1), '')",
	    text, size);
}

static void
test_answers(void **state)
{
	const struct unit_store *u = *state;
	char names[64], secret[40];
	struct world w;
	size_t i;

	unit_add_keys(u->store, 1);
	world_start(&w);
	for (i = 0; i < GB_COUNT(cases); i++) {
		unit_sql(u->path,
			 "UPDATE keys SET list_id = NULL, list_asked_at = 0",
			 NULL, 0);
		w.say.replies = cases[i].replies;
		atomic_store(&w.say.asked, 0);
		listing_due(u->store, &w.cfg, w.engine);
		CHECK_INT(cases[i].what, atomic_load(&w.say.asked),
			  cases[i].asked);
		names_of(u, names, sizeof(names));
		CHECK_STR(cases[i].what, names, cases[i].names);
		CHECK_INT(cases[i].what,
			  unit_key_state(u->store, 1, UNIT_NOW, NULL),
			  KEY_READY);
		if (i != 1)
			continue;
		CHECK("the second page",
		      strncmp(w.say.request,
			      "GET /v1beta/models?pageSize=1000&pageToken="
			      "x%2Fy HTTP",
			      53) == 0);
		CHECK("the key is a header",
		      strcasestr(w.say.request, "\r\nx-goog-api-key: ") !=
			      NULL &&
			  strstr(w.say.request, unit_secret(secret, 0)) !=
			      NULL);
	}
	world_stop(&w);
}

/* What was known stays when Google does not answer. */
static void
test_stays(void **state)
{
	static const char *const bad[] = {"500 {}", NULL};
	const struct unit_store *u = *state;
	char names[64];
	struct world w;

	unit_add_keys(u->store, 1);
	assert_int_equal(store_list_save(u->store, 1, "{}", "[\"old\"]",
					 UNIT_NOW),
			 GB_OK);
	world_start(&w);
	w.say.replies = bad;
	listing_due(u->store, &w.cfg, w.engine);
	CHECK_INT("asked", atomic_load(&w.say.asked), 1);
	names_of(u, names, sizeof(names));
	CHECK_STR("it stays", names, "old");
	world_stop(&w);
}

static void
test_due(void **state)
{
	static const char *const good[] = {GOOD, NULL};
	const struct unit_store *u = *state;
	struct world w;

	unit_add_keys(u->store, KEYS);
	world_start(&w);
	w.say.replies = good;
	w.cfg.models_hours = 0;
	listing_due(u->store, &w.cfg, w.engine);
	CHECK_INT("0 is never", atomic_load(&w.say.asked), 0);
	w.cfg.models_hours = 1;
	listing_due(u->store, &w.cfg, w.engine);
	listing_due(u->store, &w.cfg, w.engine);
	CHECK_INT("each once", atomic_load(&w.say.asked), KEYS);
	CHECK_INT("one list",
		  unit_sql(u->path, "SELECT count(*) FROM model_lists", NULL,
			   0),
		  1);
	world_stop(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_answers),
	    WITH_STORE(test_stays),
	    WITH_STORE(test_due),
	};

	return cmocka_run_group_tests_name("listing", tests, NULL, NULL);
}
