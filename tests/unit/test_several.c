/*
 * test_several.c: a chat with "n" of 2 and more, from the web server's socket
 * to upstream and the journal, with all threads that take part in it
 */
#include "unit_store.h"

#include <pthread.h>
#include <signal.h>

#include <json-c/json.h>

#include "api/routes.h"
#include "app/app.h"
#include "tiny_server.h"
#include "web/request_impl.h"

#define TOKEN	 "a-token-for-the-unit-tests"
#define KEYS	 4
#define EVENTS	 60 /* of a stream */
#define N_MAX	 8
#define TEXT_MAX (1u << 20)

/* --- upstream --------------------------------------------------------------
 */

/* What upstream does with a request, by the key it came with. */
enum deed {
	ANSWER,	   /* EVENTS texts, as a stream or in one */
	FAIL_ONCE, /* a 500 the first time, then an answer */
	REFUSE,	   /* a 400, once the server is told to go on */
	HOLD,	   /* a text, and then nothing more */
};

struct plan {
	enum deed deeds[KEYS + 1]; /* of key 1 … */
	atomic_int asked[KEYS + 1];
	atomic_int held;
};

#define HEAD(status, more) \
	"HTTP/1.1 " status "\r\nConnection: close\r\n" more "\r\n"

static bool
say(struct server_conn *c, const char *text)
{
	return server_send(c, text, strlen(text));
}

/* Text "at" of key "key"; the last one ends the answer. */
static bool
say_event(struct server_conn *c, int key, int at)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "data: {\"candidates\":[{\"content\":{\"parts\":[{"
		       "\"text\":\"%d:%d \"}]}%s}],\"responseId\":\"R%d\","
		       "\"usageMetadata\":{\"promptTokenCount\":3,"
		       "\"candidatesTokenCount\":%d,\"totalTokenCount\":%d}}"
		       "\r\n\r\n",
		       key, at,
		       at == EVENTS - 1 ? ",\"finishReason\":\"STOP\"" : "",
		       key, at + 1, at + 4);
	return say(c, text);
}

static bool
say_stream(struct server_conn *c, int key)
{
	int i;

	say(c, HEAD("200 OK", "Content-Type: text/event-stream\r\n"));
	for (i = 0; i < EVENTS; i++)
		if (!say_event(c, key, i))
			break;
	return false;
}

static bool
say_whole(struct server_conn *c, int key)
{
	char text[512];

	(void)snprintf(
	    text, sizeof(text),
	    HEAD(
		"200 OK",
		"Content-Type: application/json\r\n") "{\"candidates\":[{"
						      "\"content\":{\"parts\":["
						      "{"
						      "\"text\":\"key "
						      "%d\"}]},"
						      "\"finishReason\":"
						      "\"STOP\"}],"
						      "\"usageMetadata\":{"
						      "\"promptTokenCount\":3,"
						      "\"candidatesTokenCount\""
						      ":%d,\"totalTokenCount\":"
						      "%d}}",
	    key, key, key + 3);
	say(c, text);
	return false;
}

static bool
say_error(struct server_conn *c, const char *head, const char *status)
{
	say(c, head);
	say(c, "{\"error\":{\"message\":\"No.\",\"status\":\"");
	say(c, status);
	say(c, "\"}}");
	return false;
}

static bool
answer(struct server_conn *c)
{
	struct plan *plan = c->server->arg;
	bool streamed = strstr(c->request.data, ":streamGen") != NULL;
	const char *at;
	int key;

	at = strstr(c->request.data, "AIzaSyTESTTESTTESTTEST");
	if (at == NULL)
		return say_error(c, HEAD("400 Bad", ""), "NO_KEY");
	key = 1 + (int)strtol(at + 22, NULL, 10);
	switch (plan->deeds[key]) {
	case FAIL_ONCE:
		if (atomic_fetch_add(&plan->asked[key], 1) == 0)
			return say_error(c, HEAD("500 Fault", ""), "INTERNAL");
		break;
	case REFUSE:
		server_wait_go(c);
		return say_error(c, HEAD("400 Bad", ""), "INVALID_ARGUMENT");
	case HOLD:
		atomic_fetch_add(&plan->held, 1);
		say(c, HEAD("200 OK", "Content-Type: text/event-stream\r\n"));
		say_event(c, key, 0);
		return server_hold(c);
	case ANSWER:
		break;
	}
	return streamed ? say_stream(c, key) : say_whole(c, key);
}

/* --- the program -----------------------------------------------------------
 */

struct stack {
	struct unit_store *u;
	struct server *upstream;
	struct plan plan;
	struct app *app;
};

static void
stack_start(struct stack *st, struct unit_store *u)
{
	char base_url[64];
	char *environ_[] = {base_url, NULL, NULL};
	char tokens[] = "ALLOWED_TOKENS=[\"" TOKEN "\"]";
	struct settings_load load = {.environ = environ_};
	struct settings *settings;
	struct buf faults;

	memset(st, 0, sizeof(*st));
	st->u = u;
	unit_add_keys(u->store, KEYS);
	st->upstream = server_new(answer, &st->plan);
	(void)snprintf(base_url, sizeof(base_url),
		       "BASE_URL=http://127.0.0.1:%u", st->upstream->port);
	environ_[1] = tokens;
	buf_init(&faults, 4096);
	CHECK_INT(buf_str(&faults), settings_load(&settings, &load, &faults),
		  GB_OK);
	buf_release(&faults);
	CHECK_INT("app", app_new(&st->app, settings, u->store, NULL, false),
		  GB_OK);
	u->store = NULL; /* the app's now */
}

/* The journal is complete afterwards. */
static void
stack_stop(struct stack *st)
{
	app_free(st->app);
	server_free(st->upstream);
}

/* --- the client, behind its web server -------------------------------------
 */

struct client {
	struct stack *st;
	pthread_t thread;
	int fds[2]; /* the program's, and ours */
	char body[256];
	unsigned char waiting[4096]; /* to be sent by the program */
	struct buf out;		     /* what came, head and all */
};

/* For FCGX_Stream: send what waits, as bare bytes. */
static void
empty(FCGX_Stream *out, int closes)
{
	struct client *c = out->data;
	unsigned char *at;
	ssize_t put;

	(void)closes;
	for (at = c->waiting; at < out->wrNext; at += put) {
		put = write(c->fds[0], at, (size_t)(out->wrNext - at));
		if (put <= 0) {
			out->isClosed = 1;
			return;
		}
	}
	out->wrNext = c->waiting;
}

static void *
serve_main(void *arg)
{
	struct client *c = arg;
	char length[64];
	char *env[] = {"REQUEST_METHOD=POST",
		       "REQUEST_URI=/v1/chat/completions",
		       "HTTP_AUTHORIZATION=Bearer " TOKEN, length, NULL};
	struct web_request rq;
	FCGX_Stream in, out;

	(void)snprintf(length, sizeof(length), "CONTENT_LENGTH=%zu",
		       strlen(c->body));
	memset(&in, 0, sizeof(in));
	in.rdNext = in.stopUnget = (unsigned char *)c->body;
	in.stop = in.rdNext + strlen(c->body);
	in.isReader = 1;
	web_request_init(&rq);
	rq.fcgx.ipcFd = c->fds[0];
	rq.fcgx.envp = env;
	rq.fcgx.in = &in;
	memset(&out, 0, sizeof(out));
	out.wrNext = c->waiting;
	out.stop = c->waiting + sizeof(c->waiting);
	out.emptyBuffProc = empty;
	out.data = c;
	rq.fcgx.out = &out;
	web_request_begin(&rq, "");
	api_serve(&rq, c->st->app);
	(void)FCGX_FFlush(&out);
	web_request_release(&rq);
	shutdown(c->fds[0], SHUT_WR);
	return NULL;
}

static void
client_start(struct client *c, struct stack *st, int n, bool streamed)
{
	memset(c, 0, sizeof(*c));
	c->st = st;
	buf_init(&c->out, TEXT_MAX);
	(void)snprintf(c->body, sizeof(c->body),
		       "{\"model\":\"gemini-2.5-flash\",\"n\":%d,\"stream\":%s,"
		       "\"stream_options\":{\"include_usage\":true},"
		       "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
		       n, streamed ? "true" : "false");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, c->fds), 0);
	assert_int_equal(pthread_create(&c->thread, NULL, serve_main, c), 0);
}

/* Some more bytes; false: there are none. */
static bool
client_read(struct client *c)
{
	char bytes[4096];
	ssize_t got;

	got = read(c->fds[1], bytes, sizeof(bytes));
	if (got > 0)
		buf_add(&c->out, bytes, (size_t)got);
	return got > 0;
}

/* Until "text" has come. */
static void
client_read_to(struct client *c, const char *text)
{
	while (strstr(buf_str(&c->out), text) == NULL)
		CHECK(text, client_read(c));
}

static void
client_finish(struct client *c)
{
	while (client_read(c))
		continue;
	pthread_join(c->thread, NULL);
	close(c->fds[0]);
	close(c->fds[1]);
}

static struct json_object *
get(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	(void)json_object_object_get_ex(object, key, &value);
	return value;
}

static int64_t
number(struct json_object *object, const char *key)
{
	return json_object_get_int64(get(object, key));
}

/* --- a stream, as its client puts it together ------------------------------
 */

struct told {
	struct buf text[N_MAX];
	int begun[N_MAX], ended[N_MAX];
	int64_t prompt, completion, total; /* of the usage */
	int usages, dones, errors;
	char id[64];
};

static void
take_choice(struct told *t, struct json_object *choice)
{
	struct json_object *delta = get(choice, "delta");
	const char *content;
	int64_t at;

	at = number(choice, "index");
	CHECK("index", at >= 0 && at < N_MAX);
	if (get(delta, "role") != NULL)
		t->begun[at]++;
	CHECK_INT("a role first", t->begun[at], 1);
	CHECK_INT("nothing after the end", t->ended[at], 0);
	content = json_object_get_string(get(delta, "content"));
	if (content != NULL)
		buf_puts(&t->text[at], content);
	if (get(choice, "finish_reason") != NULL)
		t->ended[at]++;
}

static void
take_chunk(struct told *t, struct json_object *chunk)
{
	struct json_object *choices = get(chunk, "choices");
	struct json_object *usage = get(chunk, "usage");
	size_t i;

	CHECK_INT("nothing after the usage", t->usages, 0);
	if (get(chunk, "error") != NULL) {
		t->errors++;
		return;
	}
	if (t->id[0] == '\0')
		(void)snprintf(t->id, sizeof(t->id), "%s",
			       json_object_get_string(get(chunk, "id")));
	CHECK_STR("one id", json_object_get_string(get(chunk, "id")), t->id);
	for (i = 0; i < json_object_array_length(choices); i++)
		take_choice(t, json_object_array_get_idx(choices, i));
	if (usage == NULL)
		return;
	t->usages++;
	t->prompt = number(usage, "prompt_tokens");
	t->completion = number(usage, "completion_tokens");
	t->total = number(usage, "total_tokens");
}

static void
told_read(struct told *t, const char *text)
{
	struct json_object *chunk;
	const char *at, *end;
	size_t i;

	memset(t, 0, sizeof(*t));
	for (i = 0; i < N_MAX; i++)
		buf_init(&t->text[i], TEXT_MAX);
	for (at = strstr(text, "data: "); at != NULL;
	     at = strstr(end, "data: ")) {
		CHECK_INT("nothing after [DONE]", t->dones, 0);
		at += 6;
		end = strstr(at, "\n\n");
		CHECK("a whole event", end != NULL);
		if (strncmp(at, "[DONE]", 6) == 0) {
			t->dones++;
			continue;
		}
		chunk = json_tokener_parse(at);
		CHECK("JSON", chunk != NULL);
		take_chunk(t, chunk);
		json_object_put(chunk);
	}
}

static void
told_release(struct told *t)
{
	size_t i;

	for (i = 0; i < N_MAX; i++)
		buf_release(&t->text[i]);
}

/* All that one key says; which key that was. */
static int
check_text(const struct buf *text)
{
	char want[EVENTS * 8];
	size_t len;
	int key, i;

	key = text->len == 0 ? 0 : text->data[0] - '0';
	for (len = 0, i = 0; i < EVENTS; i++)
		len += (size_t)snprintf(want + len, sizeof(want) - len,
					"%d:%d ", key, i);
	CHECK_STR("text", buf_str(text), want);
	return key;
}

/* --- cases ------------------------------------------------------------------
 */

static int64_t
journal(const struct stack *st, const char *what)
{
	char sql[160];

	(void)snprintf(sql, sizeof(sql),
		       "SELECT %s FROM requests ORDER BY id DESC LIMIT 1",
		       what);
	return unit_sql(st->u->path, sql, NULL, 0);
}

static void
wait_count(const char *what, atomic_int *count, int want)
{
	int left;

	for (left = 20000; left > 0 && atomic_load(count) < want; left--)
		usleep(1000);
	CHECK_INT(what, atomic_load(count), want);
}

/* Eight choices on four keys, each complete and in order. */
static void
play_streams(struct stack *st)
{
	int64_t n = N_MAX;
	struct client c;
	struct told t;
	int used[KEYS + 1], i, round;

	for (round = 0; round < 3; round++) {
		client_start(&c, st, (int)n, true);
		client_finish(&c);
		told_read(&t, buf_str(&c.out));
		memset(used, 0, sizeof(used));
		for (i = 0; i < n; i++) {
			used[check_text(&t.text[i])]++;
			CHECK_INT("ended", t.ended[i], 1);
		}
		for (i = 1; i <= KEYS; i++)
			CHECK_INT("calls of a key", used[i], n / KEYS);
		CHECK_INT("prompt", t.prompt, 3 * n);
		CHECK_INT("completion", t.completion, EVENTS * n);
		CHECK_INT("total", t.total, (EVENTS + 3) * n);
		CHECK_INT("usages", t.usages, 1);
		CHECK_INT("ends", t.dones, 1);
		CHECK_INT("errors", t.errors, 0);
		told_release(&t);
		buf_release(&c.out);
	}
}

static void
test_streams(void **state)
{
	struct stack st;

	stack_start(&st, *state);
	play_streams(&st);
	stack_stop(&st);
	CHECK_INT("rows", journal(&st, "count(*)"), 3);
	CHECK_INT("attempts", journal(&st, "attempts"), N_MAX);
	CHECK_INT("tokens", journal(&st, "completion_tokens"), EVENTS * N_MAX);
}

/* In the order of the calls; a failure is one call's own business. */
static void
test_whole(void **state)
{
	struct json_object *reply, *choices, *choice;
	const char *content;
	struct client c;
	struct stack st;
	int i;

	stack_start(&st, *state);
	st.plan.deeds[2] = FAIL_ONCE;
	client_start(&c, &st, 3, false);
	client_finish(&c);
	reply = json_tokener_parse(strstr(buf_str(&c.out), "{"));
	choices = get(reply, "choices");
	CHECK_INT("choices", json_object_array_length(choices), 3);
	for (i = 0; i < 3; i++) {
		choice = json_object_array_get_idx(choices, (size_t)i);
		CHECK_INT("index", number(choice, "index"), i);
		content = json_object_get_string(
		    get(get(choice, "message"), "content"));
		CHECK_INT("key", content[4] - '0', i == 1 ? 4 : i + 1);
	}
	CHECK_INT("prompt", number(get(reply, "usage"), "prompt_tokens"), 9);
	CHECK_INT("completion",
		  number(get(reply, "usage"), "completion_tokens"), 8);
	json_object_put(reply);
	buf_release(&c.out);
	stack_stop(&st);
	CHECK_INT("attempts", journal(&st, "attempts"), 4);
	CHECK_INT("failed",
		  unit_sql(st.u->path, "SELECT count(*) FROM attempts", NULL,
			   0),
		  1);
}

/* What is left of a request when one of its calls is refused, after all of them
 * have begun. */
static void
play_refusal(struct stack *st, bool streamed)
{
	char text[8];
	struct client c;
	struct told t;
	int i;

	for (i = 1; i <= KEYS; i++)
		st->plan.deeds[i] = i == 3 ? REFUSE : HOLD;
	client_start(&c, st, KEYS, streamed);
	wait_count("held", &st->plan.held, KEYS - 1);
	for (i = 1; streamed && i <= KEYS; i++) {
		(void)snprintf(text, sizeof(text), "\"%d:0", i);
		if (i != 3)
			client_read_to(&c, text);
	}
	atomic_store(&st->upstream->go, true);
	client_finish(&c);
	wait_count("cancelled", &st->upstream->closed, KEYS - 1);
	if (streamed) {
		told_read(&t, buf_str(&c.out));
		CHECK_INT("errors", t.errors, 1);
		CHECK_INT("ends", t.dones, 1);
		CHECK_INT("usages", t.usages, 0);
		told_release(&t);
	}
	buf_release(&c.out);
}

static void
test_refused(void **state)
{
	struct stack st;

	stack_start(&st, *state);
	play_refusal(&st, false);
	stack_stop(&st);
	CHECK_INT("status", journal(&st, "status"), 400);
	CHECK_INT("hung up", journal(&st, "hung_up"), 0);
	CHECK_INT("attempts", journal(&st, "attempts"), KEYS);
}

static void
test_refused_late(void **state)
{
	struct stack st;

	stack_start(&st, *state);
	play_refusal(&st, true);
	stack_stop(&st);
	CHECK_INT("status", journal(&st, "status"), 200);
	CHECK_INT("hung up", journal(&st, "hung_up"), 0);
	CHECK_INT("told", journal(&st, "error_class != ''"), 1);
}

/* The client goes: nobody upstream works for it any more. */
static void
test_hung_up(void **state)
{
	struct client c;
	struct stack st;
	int i, streamed;

	stack_start(&st, *state);
	for (i = 1; i <= KEYS; i++)
		st.plan.deeds[i] = HOLD;
	for (streamed = 0; streamed < 2; streamed++) {
		client_start(&c, &st, N_MAX, streamed);
		if (streamed)
			client_read_to(&c, "\"4:0");
		wait_count("held", &st.plan.held, N_MAX * (streamed + 1));
		close(c.fds[1]);
		pthread_join(c.thread, NULL);
		close(c.fds[0]);
		wait_count("cancelled", &st.upstream->closed,
			   N_MAX * (streamed + 1));
		buf_release(&c.out);
	}
	stack_stop(&st);
	CHECK_INT("rows", journal(&st, "count(*)"), 2);
	CHECK_INT("hung up", journal(&st, "sum(hung_up)"), 2);
	CHECK_INT("status", journal(&st, "status"), 499);
	CHECK_INT("attempts", journal(&st, "attempts"), N_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_streams), WITH_STORE(test_whole),
	    WITH_STORE(test_refused), WITH_STORE(test_refused_late),
	    WITH_STORE(test_hung_up),
	};

	signal(SIGPIPE, SIG_IGN); /* as the program does */
	return cmocka_run_group_tests_name("several", tests, NULL, NULL);
}
