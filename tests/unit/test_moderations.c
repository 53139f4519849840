/* test_moderations.c: what is to be judged (the cases of
 * tests/golden/moderations_request), and what becomes of Gemini's judgements
 * (those of tests/golden/moderations_reply) */
#include "unit.h"

#include <stdbool.h>

#include <json-c/json.h>

#include "dialect/gemini/gemini_request.h"
#include "dialect/json/json_in.h"
#include "dialect/json/json_tree.h"
#include "dialect/openai/moderations_reply.h"
#include "golden.h"
#include "golden_rules.h"

#define REQUESTS_MIN 20 /* fewer: somebody lost some */
#define REPLIES_MIN  15
#define USUAL	     "gemini-2.5-flash-lite" /* MODERATION_MODEL */
#define SEED	     "0123456789abcdef0123456789abcdef"

static const char *
word(struct json_object *object, const char *key)
{
	return json_object_get_string(tree_get(object, key));
}

static bool
truth(struct json_object *object, const char *key)
{
	return json_object_get_boolean(tree_get(object, key));
}

/* --- requests ------------------------------------------------------------- */

/*
 * request.json becomes gemini.json or error.json.  options.json: strict, rules,
 * at (which of the texts is asked for), all (compare all of it, and not only
 * the contents), model (Google's), count, dropped (of a name).
 */
struct asking {
	struct moderations_request rq;
	struct api_error err;
	struct buf body;
	enum gb_err rc;
};

static void
ask(struct asking *a, const struct golden *g, struct json_object *options)
{
	struct gemini_request_options told = {.dropped = &a->rq.chat.dropped};
	struct golden_rules rules;
	struct model_facts facts;
	struct json_object *root;
	struct buf text;

	buf_init(&text, GOLDEN_FILE_MAX);
	CHECK(g->name, golden_text(g, "request.json", &text));
	CHECK_INT(g->name, json_read(buf_str(&text), text.len, &root, &a->err),
		  GB_OK);
	buf_release(&text);
	a->rc =
	    moderations_read(root, truth(options, "strict"), &a->rq, &a->err);
	if (a->rc != GB_OK)
		return;
	golden_rules(options, &rules);
	moderations_choose_model(&a->rq, &rules.rules, USUAL);
	model_facts_get(a->rq.chat.model, &rules.rules, &facts);
	moderations_choose(&a->rq, (size_t)json_object_get_int(
				       tree_get(options, "at")));
	a->rc =
	    gemini_request_write(&a->rq.chat, &facts, &told, &a->body, &a->err);
}

static bool
same_refusal(const struct golden *g, const struct asking *a,
	     struct json_object *want)
{
	if (a->rc == GB_EINVAL && a->err.status == 400 &&
	    strcmp(a->err.param, word(want, "param")) == 0 &&
	    strstr(a->err.message, word(want, "message")) != NULL)
		return true;
	return golden_fail(g, "have %d, param \"%s\", \"%s\", want %s", a->rc,
			   a->err.param, a->err.message,
			   json_object_to_json_string(want));
}

static bool
same_request(const struct golden *g, const struct asking *a,
	     struct json_object *options, struct json_object *want)
{
	const struct chat *chat = &a->rq.chat;
	const char *model = word(options, "model");
	const char *dropped = word(options, "dropped");
	struct json_object *have;
	bool same;
	int count;

	count = tree_get(options, "count") == NULL
		    ? 1
		    : json_object_get_int(tree_get(options, "count"));
	if (a->rc != GB_OK)
		return golden_fail(g, "refused: %s", a->err.message);
	if (strcmp(chat->model, model == NULL ? USUAL : model) != 0 ||
	    a->rq.count != (size_t)count)
		return golden_fail(g, "have the model %s, %zu texts",
				   chat->model, a->rq.count);
	if (chat->dropped.count != (dropped != NULL) ||
	    (dropped != NULL && strcmp(chat->dropped.names[0], dropped) != 0))
		return golden_fail(g, "dropped: have %zu, %s",
				   chat->dropped.count, chat->dropped.names[0]);
	if (truth(options, "all"))
		return golden_same_json(g, &a->body, want);
	have = json_tokener_parse(buf_str(&a->body));
	same = golden_same_value(g, "", tree_get(have, "contents"), want);
	json_object_put(have);
	return same;
}

static bool
play_request(const struct golden *g)
{
	struct json_object *options = golden_json(g, "options.json");
	struct json_object *want = golden_json(g, "gemini.json");
	struct json_object *error = golden_json(g, "error.json");
	struct asking a;
	bool good;

	memset(&a, 0, sizeof(a));
	buf_init(&a.body, GOLDEN_FILE_MAX);
	ask(&a, g, options);
	if ((want == NULL) == (error == NULL))
		good = golden_fail(g, "needs gemini.json or error.json");
	else
		good = want != NULL ? same_request(g, &a, options, want)
				    : same_refusal(g, &a, error);
	moderations_request_release(&a.rq);
	buf_release(&a.body);
	json_object_put(options);
	json_object_put(want);
	json_object_put(error);
	return good;
}

static void
test_requests(void **state)
{
	(void)state;
	golden_run("tests/golden/moderations_request", REQUESTS_MIN,
		   play_request);
}

/* As many texts as may come, and one more. */
static void
test_many(void **state)
{
	struct moderations_request rq;
	struct json_object *root;
	struct api_error err;
	struct buf text;
	size_t i, count;

	(void)state;
	for (count = MODERATIONS_MAX; count <= MODERATIONS_MAX + 1; count++) {
		buf_init(&text, 4096);
		buf_puts(&text, "{\"input\":[");
		for (i = 0; i < count; i++)
			buf_printf(&text, "%s\"%zu\"", i == 0 ? "" : ",", i);
		buf_puts(&text, "]}");
		CHECK_INT("read",
			  json_read(buf_str(&text), text.len, &root, &err),
			  GB_OK);
		if (count > MODERATIONS_MAX) {
			CHECK_INT("too many",
				  moderations_read(root, false, &rq, &err),
				  GB_EINVAL);
			CHECK_STR("too many", err.param, "input");
		} else {
			CHECK_INT("many",
				  moderations_read(root, false, &rq, &err),
				  GB_OK);
			CHECK_INT("many", rq.count, MODERATIONS_MAX);
			moderations_choose(&rq, MODERATIONS_MAX - 1);
			CHECK_STR("the last", rq.chat.parts[0].data.ptr, "31");
		}
		moderations_request_release(&rq);
		buf_release(&text);
	}
}

/* --- replies -------------------------------------------------------------- */

/*
 * gemini.json becomes openai.json, or says nothing (none.json).  options.json:
 * image, only_image (what was judged).
 */
static bool
same_result(const struct golden *g, const struct moderation *m,
	    struct json_object *options)
{
	struct json_object *want = golden_json(g, "openai.json");
	struct moderations_request rq;
	struct buf out;
	bool same;

	if (!m->judged || want == NULL) {
		same = m->judged == (want != NULL);
		json_object_put(want);
		return same || golden_fail(g, "judged: have %d", m->judged);
	}
	memset(&rq, 0, sizeof(rq));
	rq.has_image = truth(options, "image") || truth(options, "only_image");
	rq.has_text = !truth(options, "only_image");
	buf_init(&out, GOLDEN_FILE_MAX);
	moderations_write(&rq, "omni-moderation-latest", SEED, m, 1, &out);
	same = golden_same_json(g, &out, want);
	buf_release(&out);
	json_object_put(want);
	return same;
}

static bool
play_reply(const struct golden *g)
{
	struct json_object *options = golden_json(g, "options.json");
	struct piece_sink sink;
	struct moderation m;
	struct reply reply;
	struct buf text;
	bool good;

	moderation_init(&m);
	buf_init(&text, GOLDEN_FILE_MAX);
	CHECK(g->name, golden_text(g, "gemini.json", &text));
	reply_init(&reply, "call_", SEED);
	sink = moderation_sink(&m);
	CHECK_INT(g->name, reply_read(&reply, buf_str(&text), text.len, &sink),
		  REPLY_OK);
	moderation_finish(&m, &reply, buf_str(&text), text.len);
	good = same_result(g, &m, options);
	moderation_release(&m);
	buf_release(&text);
	json_object_put(options);
	return good;
}

static void
test_replies(void **state)
{
	(void)state;
	golden_run("tests/golden/moderations_reply", REPLIES_MIN, play_reply);
}

/* An answer without an end is no judgement, and kept no longer than it may. */
static void
test_endless(void **state)
{
	static const char answer[] = "{\"candidates\":[{\"content\":{\"parts\":"
				     "[{\"text\":\"{ nothing yet \"}]}}]}";
	struct piece_sink sink;
	struct moderation m;
	struct reply reply;
	int i;

	(void)state;
	moderation_init(&m);
	reply_init(&reply, "call_", SEED);
	sink = moderation_sink(&m);
	for (i = 0; i < 10000; i++)
		CHECK_INT("read",
			  reply_read(&reply, answer, strlen(answer), &sink),
			  REPLY_OK);
	CHECK("kept", m.said.len <= 64 * 1024);
	moderation_finish(&m, &reply, answer, strlen(answer));
	CHECK("no judgement", !m.judged);
	moderation_reset(&m);
	CHECK_INT("reset", buf_error(&m.said), GB_OK);
	moderation_release(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_replies),
	    cmocka_unit_test(test_endless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
