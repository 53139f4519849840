/*
 * test_chat_request.c: OpenAI requests and what Gemini is to be sent for them.
 *
 * Each folder of tests/golden/chat_request is a case:
 *   request.json  what the client sends
 *   gemini.json   what goes to Gemini; or
 *   error.json    how it is refused: status, fault, param, and a piece of the
 *                 message
 *   options.json  (optional) strict, show_thinking, safety [[category,
 *                 threshold], …]
 *   dropped.json  (optional) the fields that are named as dropped; without it
 *                 there must be none
 * Runs from the root of the project.
 */
#include "unit.h"

#include <stdbool.h>

#include <json-c/json.h>

#include "base/buf.h"
#include "dialect/gemini_request.h"
#include "dialect/json_in.h"
#include "dialect/openai_chat_request.h"
#include "golden.h"

#define FOLDER	   "tests/golden/chat_request"
#define CASES_MIN  150 /* fewer: somebody lost some */
#define SAFETY_MAX 8

static const struct {
	const char *word;
	enum api_fault fault;
} faults[] = {
    {"invalid", FAULT_INVALID},
    {"unsupported", FAULT_UNSUPPORTED},
    {"bad_json", FAULT_BAD_JSON},
};

/* The outcome of one case. */
struct outcome {
	enum gb_err rc;
	struct api_error err;
	struct buf body;
	struct chat_dropped dropped;
};

static bool
truth(struct json_object *object, const char *key)
{
	return json_object_get_boolean(field_get(object, key));
}

/* The program's part: read, look up the model, write. */
static void
translate(const struct buf *request, struct json_object *options,
	  struct outcome *out)
{
	const char *categories[SAFETY_MAX], *thresholds[SAFETY_MAX];
	struct gemini_request_options write_options = {categories, thresholds,
						       0, NULL};
	struct chat_options read_options;
	struct json_object *root, *safety, *pair;
	struct model_facts facts;
	struct chat chat;
	size_t i;

	read_options.strict = truth(options, "strict");
	read_options.show_thinking = truth(options, "show_thinking");
	safety = field_get(options, "safety");
	for (i = 0; safety != NULL && i < json_object_array_length(safety) &&
		    i < SAFETY_MAX;
	     i++) {
		pair = json_object_array_get_idx(safety, i);
		categories[i] =
		    json_object_get_string(json_object_array_get_idx(pair, 0));
		thresholds[i] =
		    json_object_get_string(json_object_array_get_idx(pair, 1));
		write_options.safety_count++;
	}
	out->rc = json_read(request->data, request->len, &root, &out->err);
	if (out->rc != GB_OK)
		return;
	out->rc = openai_chat_read(root, &read_options, &chat, &out->err);
	if (out->rc == GB_OK) {
		model_facts_get(chat.model, &facts);
		write_options.dropped = &chat.dropped;
		out->rc = gemini_request_write(&chat, &facts, &write_options,
					       &out->body, &out->err);
	}
	out->dropped = chat.dropped;
	chat_release(&chat);
}

static bool
same_body(const struct golden *g, const struct outcome *out,
	  struct json_object *want)
{
	if (out->rc != GB_OK)
		return golden_fail(g, "refused: param %s: %s", out->err.param,
				   out->err.message);
	return golden_same_json(g, &out->body, want);
}

static enum api_fault
fault_by_word(const char *word)
{
	size_t i;

	for (i = 0; i < GB_COUNT(faults); i++)
		if (word != NULL && strcmp(word, faults[i].word) == 0)
			return faults[i].fault;
	return FAULT_NONE;
}

static bool
same_error(const struct golden *g, const struct outcome *out,
	   struct json_object *want)
{
	const char *param, *message;
	enum api_fault fault;
	int status;

	if (out->rc == GB_OK)
		return golden_fail(g, "have no refusal, but %s",
				   buf_str(&out->body));
	fault = fault_by_word(json_object_get_string(field_get(want, "fault")));
	param = json_object_get_string(field_get(want, "param"));
	message = json_object_get_string(field_get(want, "message"));
	status = json_object_get_int(field_get(want, "status"));
	if (out->rc == GB_EINVAL && out->err.fault == fault &&
	    out->err.status == status &&
	    strcmp(out->err.param, param == NULL ? "" : param) == 0 &&
	    message != NULL && strstr(out->err.message, message) != NULL)
		return true;
	return golden_fail(g,
			   "have result %d, status %d, fault %d, param \"%s\", "
			   "message \"%s\", want %s",
			   out->rc, out->err.status, out->err.fault,
			   out->err.param, out->err.message,
			   json_object_to_json_string(want));
}

static bool
same_dropped(const struct golden *g, const struct chat_dropped *have,
	     struct json_object *want)
{
	struct json_object *names, *none;
	size_t i;
	bool same;

	names = json_object_new_array();
	none = json_object_new_array();
	for (i = 0; i < have->count; i++)
		json_object_array_add(names,
				      json_object_new_string(have->names[i]));
	same = golden_same_value(g, "dropped: ", names,
				 want == NULL ? none : want);
	json_object_put(names);
	json_object_put(none);
	return same;
}

static bool
play(const struct golden *g)
{
	struct json_object *options, *body, *error, *dropped;
	struct outcome out;
	struct buf request;
	bool good;

	memset(&out, 0, sizeof(out));
	buf_init(&out.body, GOLDEN_FILE_MAX);
	buf_init(&request, GOLDEN_FILE_MAX);
	options = golden_json(g, "options.json");
	body = golden_json(g, "gemini.json");
	error = golden_json(g, "error.json");
	dropped = golden_json(g, "dropped.json");
	if (!golden_text(g, "request.json", &request) ||
	    (body == NULL) == (error == NULL)) {
		good = golden_fail(g, "needs request.json and one of "
				      "gemini.json and error.json");
	} else {
		translate(&request, options, &out);
		good = body != NULL ? same_body(g, &out, body) &&
					  same_dropped(g, &out.dropped, dropped)
				    : same_error(g, &out, error);
	}
	json_object_put(options);
	json_object_put(body);
	json_object_put(error);
	json_object_put(dropped);
	buf_release(&request);
	buf_release(&out.body);
	return good;
}

static void
test_golden(void **state)
{
	(void)state;
	golden_run(FOLDER, CASES_MIN, play);
}

/* Limits that would make poor files: "count" times "item" within a request. */
static const struct limit {
	const char *what, *before, *item, *after, *param;
	size_t count;
} limits[] = {
    {"too many parts", "{\"model\":\"gemini-2.5-flash\",\"messages\":[",
     "{\"role\":\"user\",\"content\":\"x\"}", "]}", "messages[100000].content",
     CHAT_PARTS_MAX + 1},
    {"too many tools",
     "{\"model\":\"gemini-2.5-flash\",\"messages\":[],\"tools\":[",
     "{\"type\":\"function\",\"function\":{\"name\":\"f\"}}", "]}",
     "tools[1024].function", CHAT_TOOLS_MAX + 1},
    {"too many calls",
     "{\"model\":\"gemini-2.5-flash\",\"messages\":[{\"role\":\"assistant\","
     "\"tool_calls\":[",
     "{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}", "]}]}",
     "messages[0].tool_calls[512].function", CHAT_CALLS_MAX + 1},
    {"too many safety settings",
     "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
     "\"google\":{\"safety_settings\":[",
     "{\"category\":\"a\",\"threshold\":\"b\"}", "]}}",
     "google.safety_settings", 17},
};

static void
test_limits(void **state)
{
	struct outcome out;
	struct buf request;
	size_t i, n;

	(void)state;
	for (i = 0; i < GB_COUNT(limits); i++) {
		memset(&out, 0, sizeof(out));
		buf_init(&out.body, 1 << 24);
		buf_init(&request, 1 << 24);
		buf_puts(&request, limits[i].before);
		for (n = 0; n < limits[i].count; n++) {
			if (n > 0)
				buf_putc(&request, ',');
			buf_puts(&request, limits[i].item);
		}
		buf_puts(&request, limits[i].after);
		translate(&request, NULL, &out);
		CHECK_INT(limits[i].what, out.rc, GB_EINVAL);
		CHECK_STR(limits[i].what, out.err.param, limits[i].param);
		buf_release(&out.body);
		buf_release(&request);
	}
}

/* A body that does not fit in what the caller gives fails as a whole. */
static void
test_small_buffer(void **state)
{
	static const char request[] =
	    "{\"model\":\"gemini-2.5-flash\",\"messages\":[{\"role\":\"user\","
	    "\"content\":\"0123456789012345678901234567890123456789\"}]}";
	struct outcome out;
	struct buf text;

	(void)state;
	memset(&out, 0, sizeof(out));
	buf_init(&out.body, 32);
	buf_init(&text, sizeof(request));
	buf_puts(&text, request);
	translate(&text, NULL, &out);
	CHECK_INT("small buffer", out.rc, GB_ETOOBIG);
	CHECK_INT("small buffer", out.err.fault, FAULT_BODY_TOO_LARGE);
	buf_release(&out.body);
	buf_release(&text);
}

/* Names that Gemini does not take come back as the client wrote them. */
static void
test_names(void **state)
{
	static const char request[] =
	    "{\"model\":\"gemini-3.7-flash\",\"messages\":[{\"role\":\"user\","
	    "\"content\":\"x\"}],\"tools\":["
	    "{\"type\":\"function\",\"function\":{\"name\":\"1st\"}},"
	    "{\"type\":\"function\",\"function\":{\"name\":\"_1st\"}},"
	    "{\"type\":\"function\",\"function\":{\"name\":\"plain\"}},"
	    "{\"type\":\"function\",\"function\":{\"name\":\"a b/c\"}}]}";
	static const struct chat_options options = {false, false};
	struct json_object *root;
	struct api_error err;
	struct chat chat;

	(void)state;
	CHECK_INT("parse", json_read(request, sizeof(request) - 1, &root, &err),
		  GB_OK);
	CHECK_INT("read", openai_chat_read(root, &options, &chat, &err), GB_OK);
	CHECK_STR("given way to a tool of that name",
		  chat_original_name(&chat, "_1st_1"), "1st");
	CHECK_STR("the client's own", chat_original_name(&chat, "_1st"),
		  "_1st");
	CHECK_STR("good as it is", chat_original_name(&chat, "plain"), "plain");
	CHECK_STR("other characters", chat_original_name(&chat, "a_b_c"),
		  "a b/c");
	CHECK_STR("unknown", chat_original_name(&chat, "nothing"), "nothing");
	chat_release(&chat);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_golden),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_small_buffer),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("chat_request", tests, NULL, NULL);
}
