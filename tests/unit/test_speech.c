/*
 * test_speech.c: requests for speech (the cases of tests/golden/
 * speech_request), and what is written around the sound
 *
 * A case has request.json, and gemini.json with asked.json or error.json;
 * options.json (strict, rules, and what is in struct speech_options) and
 * dropped.json.
 */
#include "unit.h"

#include <stdbool.h>

#include <json-c/json.h>

#include "base/base64.h"
#include "dialect/gemini/gemini_request.h"
#include "dialect/json/json_in.h"
#include "dialect/audio/speech_reply.h"
#include "dialect/audio/speech_request.h"
#include "dialect/json/json_tree.h"
#include "golden_request.h"
#include "golden_rules.h"

#define FOLDER	  "tests/golden/speech_request"
#define CASES_MIN 70 /* fewer: somebody lost some */
#define ROOM	  (1 << 20)

/* --- requests ------------------------------------------------------------- */

/* What became of a request. */
struct outcome {
	struct speech_request rq;
	struct golden_request out;
};

static const char *
option(struct json_object *options, const char *name, const char *otherwise)
{
	struct json_object *value = tree_get(options, name);

	return value == NULL ? otherwise : json_object_get_string(value);
}

static void
read_case(const struct golden *g, struct json_object *options,
	  struct outcome *o)
{
	struct gemini_request_options told = {.dropped = &o->rq.chat.dropped};
	struct json_object *speed = tree_get(options, "speed");
	struct speech_options opts;
	struct golden_rules rules;
	struct model_facts facts;

	golden_rules(options, &rules);
	opts.model = option(options, "model", "gemini-3.8-flash-tts");
	opts.voice = option(options, "voice", "Kore");
	opts.mapped = option(options, "mapped", NULL);
	opts.speed = speed == NULL ? 1 : json_object_get_double(speed);
	o->out.rc =
	    speech_read(golden_json(g, "request.json"),
			json_object_get_boolean(tree_get(options, "strict")),
			&o->rq, &o->out.err);
	if (o->out.rc == GB_OK)
		o->out.rc = speech_choose(&o->rq, &rules.rules, &opts, &facts,
					  &o->out.err);
	if (o->out.rc == GB_OK)
		o->out.rc = gemini_request_write(&o->rq.chat, &facts, &told,
						 &o->out.body, &o->out.err);
}

static struct json_object *
asked_of(const struct speech_request *rq)
{
	static const char *const ways[] = {"", "audio", "sse"};
	struct json_object *asked = json_object_new_object();

	json_object_object_add(asked, "model",
			       json_object_new_string(rq->chat.model));
	json_object_object_add(asked, "form",
			       json_object_new_string(
				   speech_form_names[rq->form]));
	json_object_object_add(asked, "way",
			       json_object_new_string(ways[rq->way]));
	return asked;
}

static bool
play(const struct golden *g)
{
	struct json_object *options = golden_json(g, "options.json");
	struct outcome o;
	bool good;

	memset(&o, 0, sizeof(o));
	golden_request_init(&o.out);
	read_case(g, options, &o);
	o.out.dropped = o.rq.chat.dropped;
	if (o.out.rc == GB_OK)
		o.out.asked = asked_of(&o.rq);
	good = golden_request_judge(g, &o.out);
	speech_request_release(&o.rq);
	golden_request_release(&o.out);
	json_object_put(options);
	return good;
}

static void
test_golden(void **state)
{
	(void)state;
	golden_run(FOLDER, CASES_MIN, play);
}

static void
test_speed(void **state)
{
	static const struct {
		const char *text;
		double speed; /* 0: none */
	} cases[] = {
	    {"slow", 0.75}, {"normal", 1}, {"fast", 1.25}, {"0.25", 0.25},
	    {"4", 4},	    {"1.5", 1.5},  {"", 0},	   {"4.1", 0},
	    {"0.2", 0},	    {"nan", 0},	   {"inf", 0},	   {"1.5x", 0},
	    {"Slow", 0},    {"-1", 0},	   {"slow ", 0},
	};
	double speed;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		speed = 0;
		CHECK_INT(cases[i].text,
			  speech_speed_parse(cases[i].text, &speed),
			  cases[i].speed > 0);
		CHECK_INT(cases[i].text, speed * 100, cases[i].speed * 100);
	}
}

/* --- events --------------------------------------------------------------- */

#define DELTA \
	"event: speech.audio.delta\n" \
	"data: {\"type\":\"speech.audio.delta\",\"audio\":\""

/* cites 6.3 speech events */
static void
test_events(void **state)
{
	static const struct reply_usage usage = {.prompt = 9,
						 .completion = 20,
						 .total = 29};
	struct api_error err;
	struct buf out;

	(void)state;
	buf_init(&out, ROOM);
	speech_write_delta("", 0, &out);
	CHECK_STR("nothing", buf_str(&out), "");
	speech_write_delta("abcd", 4, &out);
	CHECK_STR("delta", buf_str(&out), DELTA "YWJjZA==\"}\n\n");
	buf_reset(&out);
	speech_write_done(&usage, &out);
	CHECK_STR("done", buf_str(&out),
		  "event: speech.audio.done\ndata: {\"type\":"
		  "\"speech.audio.done\",\"usage\":{\"input_tokens\":9,"
		  "\"output_tokens\":20,\"total_tokens\":29}}\n\n");
	buf_reset(&out);
	api_error_set(&err, FAULT_TIMEOUT, NULL, "Too late.");
	speech_write_broken(&err, &out);
	CHECK_STR("error", buf_str(&out),
		  "event: error\ndata: {\"error\":{\"message\":\"Too late.\","
		  "\"type\":\"server_error\",\"param\":null,\"code\":"
		  "\"timeout\"}}\n\n");
	buf_release(&out);
}

/* Much at once is several events, which are the same bytes. */
static void
test_long_delta(void **state)
{
	static char bytes[200001];
	struct buf out, back;
	const char *at;
	size_t i, events = 0;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7 + i / 251);
	buf_init(&out, ROOM);
	buf_init(&back, ROOM);
	speech_write_delta(bytes, sizeof(bytes), &out);
	for (at = buf_str(&out); (at = strstr(at, DELTA)) != NULL; events++) {
		at += strlen(DELTA);
		CHECK_INT("base64", base64_decode(&back, at, strcspn(at, "\"")),
			  true);
	}
	CHECK_INT("events", events, 5);
	CHECK_INT("length", back.len, sizeof(bytes));
	CHECK_INT("same", memcmp(back.data, bytes, sizeof(bytes)), 0);
	buf_release(&out);
	buf_release(&back);
}

/* --- no sound ------------------------------------------------------------- */

static void
ignore(void *context, const struct reply *reply, const struct piece *piece)
{
	(void)context;
	(void)reply;
	(void)piece;
}

/* cites 6.3 speech refusal */
static void
test_refusals(void **state)
{
	static const struct {
		const char *json, *message;
	} cases[] = {
	    {"{\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}",
	     "Gemini refused the text (SAFETY)."},
	    {"{\"candidates\":[{\"finishReason\":\"OTHER\"}]}",
	     "Gemini made no sound of it (OTHER)."},
	    {"{\"candidates\":[{\"finishReason\":\"OTHER\",\"finishMessage\":"
	     "\"Key AIzaSyA0123456789012345678901234567890123.\"}]}",
	     "Key "},
	};
	static const struct piece_sink sink = {ignore, NULL};
	struct api_error err;
	struct reply reply;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		reply_init(&reply, "call_", "0123456789abcdef01234567");
		CHECK_INT(cases[i].json,
			  reply_read(&reply, cases[i].json,
				     strlen(cases[i].json), &sink),
			  REPLY_OK);
		speech_refuse(&reply, &err);
		CHECK_INT(cases[i].json, err.fault, FAULT_CONTENT_POLICY);
		CHECK_STR(cases[i].json, err.param, "input");
		if (strncmp(err.message, cases[i].message,
			    strlen(cases[i].message)) != 0 ||
		    strstr(err.message, "SyA0123") != NULL)
			fail_msg("have %s, want %s", err.message,
				 cases[i].message);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_golden),   cmocka_unit_test(test_speed),
	    cmocka_unit_test(test_events),   cmocka_unit_test(test_long_delta),
	    cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests_name("speech", tests, NULL, NULL);
}
