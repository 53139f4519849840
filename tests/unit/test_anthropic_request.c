/* test_anthropic_request.c: Anthropic's requests and what Gemini is to be sent
 * for them: the cases of tests/golden/anthropic_request, and what they cannot
 * show. */
#include "unit.h"

#include <stdbool.h>

#include <json-c/json.h>

#include "dialect/anthropic/anthropic_request.h"
#include "dialect/gemini/gemini_count.h"
#include "dialect/json/json_in.h"
#include "golden_request.h"

#define FOLDER	  "tests/golden/anthropic_request"
#define CASES_MIN 120 /* fewer: somebody lost some */

#define REQUEST(members) \
	"{\"model\":\"gemini-3.7-flash\",\"max_tokens\":9," members "}"
#define USER(content) "{\"role\":\"user\",\"content\":" content "}"

static bool
play(const struct golden *g)
{
	return golden_request_play(g, anthropic_read);
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
    {"too many parts",
     "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\","
     "\"content\":[",
     "{\"type\":\"text\",\"text\":\"x\"}", "]}]}",
     "messages[0].content[100000].text", CHAT_PARTS_MAX + 1},
    {"too many tools",
     "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[],\"tools\":[",
     "{\"name\":\"f\"}", "]}", "tools[1024]", CHAT_TOOLS_MAX + 1},
    {"too many calls",
     "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"assistant\","
     "\"content\":[",
     "{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"f\",\"input\":{}}", "]}]}",
     "messages[0].content[512]", CHAT_CALLS_MAX + 1},
};

static void
test_limits(void **state)
{
	struct golden_request out;
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
		golden_translate(anthropic_read, &request, NULL, &out);
		CHECK_INT(limits[i].what, out.rc, GB_EINVAL);
		CHECK_STR(limits[i].what, out.err.param, limits[i].param);
		buf_release(&out.body);
		buf_release(&request);
	}
}

/* What the reply half and the pool are told; the body does not show it. */
static void
test_told(void **state)
{
	static const struct {
		const char *request;
		bool stream, one_call, thinking_blocks;
		const char *affinity;
	} cases[] = {
	    {REQUEST("\"messages\":[" USER("\"x\"") "]"), false, false, false,
	     NULL},
	    {REQUEST("\"stream\":true,\"messages\":[" USER(
		 "\"x\"") "],\"metadata\":{\"user_id\":\"session_1\"}"),
	     true, false, false, "session_1"},
	    {REQUEST("\"messages\":[" USER(
		 "\"x\"") "],\"metadata\":{\"user_id\":\"\"},"
			  "\"thinking\":{\"type\":\"disabled\"},"
			  "\"output_config\":{\"effort\":\"high\"}"),
	     false, false, false, NULL},
	    {REQUEST("\"messages\":[" USER(
		 "\"x\"") "],\"thinking\":{\"type\":\"adaptive\"},"
			  "\"tool_choice\":{\"type\":\"auto\","
			  "\"disable_parallel_tool_use\":true}"),
	     false, true, true, NULL},
	};
	static const struct chat_options options = {false, true};
	struct json_object *root;
	struct api_error err;
	struct chat chat;
	const char *what;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		what = cases[i].request;
		CHECK_INT(what, json_read(what, strlen(what), &root, &err),
			  GB_OK);
		CHECK_INT(what, anthropic_read(root, &options, &chat, &err),
			  GB_OK);
		CHECK_INT(what, chat.stream, cases[i].stream);
		CHECK_INT(what, chat.one_call, cases[i].one_call);
		CHECK_INT(what, chat.thinking_blocks, cases[i].thinking_blocks);
		CHECK_STR(what, chat.affinity.ptr, cases[i].affinity);
		chat_release(&chat);
	}
}

/* cites 10.2 count_tokens */
static void
test_count(void **state)
{
	static const char request[] =
	    "{\"model\":\"gemini-3.7-flash\",\"system\":\"s\",\"messages\":["
	    "{\"role\":\"user\",\"content\":\"x\"}],"
	    "\"tools\":[{\"name\":\"f\",\"description\":\"d\"}]}";
	static const char want[] =
	    "{\"generateContentRequest\":{\"systemInstruction\":{\"parts\":[{"
	    "\"text\":\"s\"}]},\"contents\":[{\"role\":\"user\",\"parts\":[{"
	    "\"text\":\"x\"}]}],\"tools\":[{\"functionDeclarations\":[{"
	    "\"name\":\"f\",\"description\":\"d\"}]}],"
	    "\"model\":\"models/gemini-3.7-flash\"}}";
	static const struct chat_options options = {false, false};
	static const struct gemini_request_options opts;
	struct model_facts facts;
	struct json_object *root;
	struct api_error err;
	struct chat chat;
	struct buf body;
	size_t room;

	(void)state;
	CHECK_INT("parse", json_read(request, sizeof(request) - 1, &root, &err),
		  GB_OK);
	CHECK_INT("read", anthropic_read_count(root, &options, &chat, &err),
		  GB_OK);
	model_facts_get(chat.model, NULL, &facts);
	buf_init(&body, 4096);
	CHECK_INT("write",
		  gemini_count_write(&chat, &facts, &opts, &body, &err), GB_OK);
	CHECK_STR("body", buf_str(&body), want);
	buf_release(&body);
	for (room = 0; room < sizeof(want) - 1; room++) {
		buf_init(&body, room);
		CHECK_INT("no room",
			  gemini_count_write(&chat, &facts, &opts, &body, &err),
			  GB_ETOOBIG);
		CHECK_INT("no room", err.fault, FAULT_BODY_TOO_LARGE);
		buf_release(&body);
	}
	chat_release(&chat);
}

static void
test_count_answer(void **state)
{
	static const struct {
		const char *json;
		bool want;
		int64_t tokens;
	} cases[] = {
	    {"{\"totalTokens\":12,\"promptTokensDetails\":[]}", true, 12},
	    {"{\"totalTokens\":\"12\"}", true, 12},
	    {"{\"totalTokens\":0}", true, 0},
	    {"{\"totalTokens\":-5}", true, 0},
	    {"{\"totalTokens\":null}", false, 0},
	    {"{\"error\":{}}", false, 0},
	    {"[12]", false, 0},
	    {"<html>", false, 0},
	    {"", false, 0},
	};
	int64_t tokens;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		tokens = 99;
		CHECK_INT(cases[i].json,
			  gemini_count_read(cases[i].json,
					    strlen(cases[i].json), &tokens),
			  cases[i].want);
		CHECK_INT(cases[i].json, tokens, cases[i].tokens);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_golden),	 cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_told),	 cmocka_unit_test(test_count),
	    cmocka_unit_test(test_count_answer),
	};

	return cmocka_run_group_tests_name("anthropic_request", tests, NULL,
					   NULL);
}
