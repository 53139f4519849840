/* test_error.c: every fault in each dialect, and upstream's errors as ours */
#include "unit.h"

#include <stdbool.h>

#include "dialect/error.h"

#define KEY "AIzaSyA1234567890abcdefghijklmnopqrstuvw"

static void
write_both(const struct api_error *e, struct buf *openai, struct buf *google)
{
	buf_reset(openai);
	buf_reset(google);
	api_error_write_openai(e, openai);
	api_error_write_google(e, google);
	CHECK_INT("openai", buf_error(openai), GB_OK);
	CHECK_INT("google", buf_error(google), GB_OK);
}

static const struct {
	enum api_fault fault;
	int status;
	const char *type, *code, *google, *anthropic;
} rows[] = {
    {FAULT_INVALID, 400, "invalid_request_error", "invalid_argument",
     "INVALID_ARGUMENT", "invalid_request_error"},
    {FAULT_UNSUPPORTED, 400, "invalid_request_error", "unsupported_parameter",
     "INVALID_ARGUMENT", "invalid_request_error"},
    {FAULT_BAD_JSON, 400, "invalid_request_error", "invalid_json",
     "INVALID_ARGUMENT", "invalid_request_error"},
    {FAULT_CONTEXT_LENGTH, 400, "invalid_request_error",
     "context_length_exceeded", "INVALID_ARGUMENT", "invalid_request_error"},
    {FAULT_PRECONDITION, 400, "invalid_request_error", "failed_precondition",
     "FAILED_PRECONDITION", "invalid_request_error"},
    {FAULT_CONTENT_POLICY, 400, "invalid_request_error",
     "content_policy_violation", "INVALID_ARGUMENT", "invalid_request_error"},
    {FAULT_TOKEN, 401, "invalid_request_error", "invalid_api_key",
     "UNAUTHENTICATED", "authentication_error"},
    {FAULT_FORBIDDEN, 403, "invalid_request_error", "permission_denied",
     "PERMISSION_DENIED", "permission_error"},
    {FAULT_NO_ROUTE, 404, "invalid_request_error", "unknown_url", "NOT_FOUND",
     "not_found_error"},
    {FAULT_NO_MODEL, 404, "invalid_request_error", "model_not_found",
     "NOT_FOUND", "not_found_error"},
    {FAULT_NOT_FOUND, 404, "invalid_request_error", "not_found", "NOT_FOUND",
     "not_found_error"},
    {FAULT_METHOD, 405, "invalid_request_error", "method_not_allowed",
     "INVALID_ARGUMENT", "invalid_request_error"},
    {FAULT_BODY_TOO_LARGE, 413, "invalid_request_error", "request_too_large",
     "INVALID_ARGUMENT", "request_too_large"},
    {FAULT_RATE_LIMIT, 429, "rate_limit_error", "rate_limit_exceeded",
     "RESOURCE_EXHAUSTED", "rate_limit_error"},
    {FAULT_QUOTA, 429, "insufficient_quota", "insufficient_quota",
     "RESOURCE_EXHAUSTED", "rate_limit_error"},
    {FAULT_INTERNAL, 500, "server_error", "server_error", "INTERNAL",
     "api_error"},
    {FAULT_UPSTREAM, 502, "server_error", "upstream_error", "UNAVAILABLE",
     "api_error"},
    {FAULT_UPSTREAM_KEY, 502, "server_error", "upstream_key_error",
     "UNAVAILABLE", "api_error"},
    {FAULT_EMPTY, 502, "server_error", "empty_response", "UNAVAILABLE",
     "api_error"},
    {FAULT_UPSTREAM_INTERNAL, 500, "server_error", "internal_error", "INTERNAL",
     "api_error"},
    {FAULT_NOT_SERVED, 501, "invalid_request_error", "not_implemented",
     "UNIMPLEMENTED", "invalid_request_error"},
    {FAULT_OVERLOADED, 503, "server_error", "overloaded", "UNAVAILABLE",
     "overloaded_error"},
    {FAULT_NO_KEYS, 503, "server_error", "no_keys", "UNAVAILABLE", "api_error"},
    {FAULT_NO_EXIT, 503, "server_error", "no_exit", "UNAVAILABLE", "api_error"},
    {FAULT_TIMEOUT, 504, "server_error", "timeout", "DEADLINE_EXCEEDED",
     "timeout_error"},
};

static void
test_rows(void **state)
{
	struct buf openai, google;
	struct api_error e;
	char want[512];
	size_t i;

	(void)state;
	buf_init(&openai, 4096);
	buf_init(&google, 4096);
	CHECK_INT("every fault has a row", GB_COUNT(rows), FAULT__MAX - 1);
	for (i = 0; i < GB_COUNT(rows); i++) {
		api_error_set(&e, rows[i].fault, NULL, "it is \"%d\"", 5);
		CHECK_INT(rows[i].code, e.status, rows[i].status);
		CHECK_INT(rows[i].code, e.retry_after_s, -1);
		CHECK(rows[i].code, !e.no_retry);
		CHECK_STR(rows[i].code, api_error_class(&e), rows[i].code);
		write_both(&e, &openai, &google);
		(void)snprintf(want, sizeof(want),
			       "{\"error\":{\"message\":\"it is \\\"5\\\"\","
			       "\"type\":\"%s\",\"param\":null,"
			       "\"code\":\"%s\"}}",
			       rows[i].type, rows[i].code);
		CHECK_STR(rows[i].code, buf_str(&openai), want);
		(void)snprintf(want, sizeof(want),
			       "{\"error\":{\"code\":%d,"
			       "\"message\":\"it is \\\"5\\\"\","
			       "\"status\":\"%s\"}}",
			       rows[i].status, rows[i].google);
		CHECK_STR(rows[i].code, buf_str(&google), want);
	}
	buf_release(&openai);
	buf_release(&google);
}

/* The same for Anthropic's clients, whose status for one of them is its own. */
static void
test_anthropic(void **state)
{
	const char *more;
	struct buf out;
	struct api_error e;
	char want[512];
	size_t i;

	(void)state;
	buf_init(&out, 4096);
	for (i = 0; i < GB_COUNT(rows); i++) {
		api_error_set(&e, rows[i].fault, "field", "it is \"%d\"", 5);
		CHECK_INT(rows[i].code, api_error_status_anthropic(&e),
			  rows[i].fault == FAULT_OVERLOADED ? 529
							    : rows[i].status);
		more = rows[i].fault == FAULT_CONTEXT_LENGTH
			   ? "prompt is too long: "
			   : "";
		(void)snprintf(want, sizeof(want),
			       "{\"type\":\"error\",\"error\":{"
			       "\"type\":\"%s\","
			       "\"message\":\"%sit is \\\"5\\\"\"},"
			       "\"request_id\":\"r\\\"1\"}",
			       rows[i].anthropic, more);
		buf_reset(&out);
		api_error_write_anthropic(&e, "r\"1", &out);
		CHECK_STR(rows[i].code, buf_str(&out), want);
	}
	buf_reset(&out);
	api_error_set(&e, FAULT_UNSUPPORTED, "thread", "x");
	api_error_write_anthropic(&e, NULL, &out);
	CHECK_STR("a conversation that we should keep", buf_str(&out),
		  "{\"type\":\"error\",\"error\":{"
		  "\"type\":\"invalid_request_error\",\"message\":\"x\","
		  "\"details\":{\"error_code\":\"thread_unsupported_request\","
		  "\"unsupported\":[]}}}");
	buf_reset(&out);
	api_error_set(&e, FAULT_INTERNAL, NULL, "x");
	api_error_write_anthropic(&e, NULL, &out);
	CHECK_STR("no request id", buf_str(&out),
		  "{\"type\":\"error\",\"error\":{\"type\":\"api_error\","
		  "\"message\":\"x\"}}");
	buf_release(&out);
}

static void
test_details(void **state)
{
	struct buf openai, google;
	struct api_error e;

	(void)state;
	buf_init(&openai, 4096);
	buf_init(&google, 4096);
	api_error_clear(&e);
	CHECK_STR("no error has no class", api_error_class(&e), "");
	CHECK_INT("no error", e.fault, FAULT_NONE);
	CHECK_INT("no error", e.retry_after_s, -1);

	api_error_set(&e, FAULT_INVALID, "messages[2].content", "wrong");
	write_both(&e, &openai, &google);
	CHECK_STR("param", buf_str(&openai),
		  "{\"error\":{\"message\":\"wrong\","
		  "\"type\":\"invalid_request_error\","
		  "\"param\":\"messages[2].content\","
		  "\"code\":\"invalid_argument\"}}");
	CHECK_STR("param", buf_str(&google),
		  "{\"error\":{\"code\":400,\"message\":\"wrong\","
		  "\"status\":\"INVALID_ARGUMENT\",\"details\":[{\"@type\":"
		  "\"type.googleapis.com/google.rpc.BadRequest\","
		  "\"fieldViolations\":[{\"field\":\"messages[2].content\","
		  "\"description\":\"wrong\"}]}]}}");

	api_error_set(&e, FAULT_RATE_LIMIT, NULL, "later");
	e.retry_after_s = 41;
	write_both(&e, &openai, &google);
	CHECK_STR("retry", buf_str(&google),
		  "{\"error\":{\"code\":429,\"message\":\"later\","
		  "\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"@type\":"
		  "\"type.googleapis.com/google.rpc.RetryInfo\","
		  "\"retryDelay\":\"41s\"}]}}");
	buf_release(&openai);
	buf_release(&google);
}

/* A long text is cut at a character. */
static void
test_cut(void **state)
{
	struct api_error e;
	char text[3001];
	size_t i, shift, len;

	(void)state;
	for (shift = 0; shift < 3; shift++) {
		memset(text, 'x', sizeof(text));
		for (i = shift; i + 3 < sizeof(text); i += 3)
			memcpy(text + i, "€", 3);
		text[sizeof(text) - 1] = '\0';
		api_error_set(&e, FAULT_INVALID, text, "%s", text);
		len = strlen(e.message);
		CHECK("cut",
		      len < sizeof(e.message) && len > sizeof(e.message) - 4);
		CHECK_INT("message", (len - shift) % 3, 0);
		CHECK_INT("param", (strlen(e.param) - shift) % 3, 0);
		CHECK_INT("param", memcmp(e.param, text, strlen(e.param)), 0);
	}
}

#define BODY(code, message, status) \
	"{\"error\":{\"code\":" code ",\"message\":\"" message \
	"\",\"status\":\"" status "\"}}"
#define ANY "any text"

static const struct {
	const char *what;
	int status;
	const char *body;
	bool key_fault, day;
	enum api_fault want;
	const char *message; /* NULL: not looked at */
} upstream[] = {
    {"a request's fault", 400, BODY("400", ANY, "INVALID_ARGUMENT"), false,
     false, FAULT_INVALID, ANY},
    {"too many tokens", 400,
     BODY("400",
	  "The input token count (9) exceeds the maximum number of tokens "
	  "allowed (8).",
	  "INVALID_ARGUMENT"),
     false, false, FAULT_CONTEXT_LENGTH,
     "The input token count (9) exceeds the maximum number of tokens allowed "
     "(8)."},
    {"too many bytes", 400,
     BODY("400", "Request payload size exceeds the limit: 20971520 bytes.",
	  "INVALID_ARGUMENT"),
     false, false, FAULT_BODY_TOO_LARGE, NULL},
    {"a precondition", 400,
     BODY("400", "User location is not supported for the API use.",
	  "FAILED_PRECONDITION"),
     false, false, FAULT_PRECONDITION,
     "User location is not supported for the API use."},
    {"a bad key of ours", 400,
     BODY("400", "API key not valid. Please pass a valid API key.",
	  "INVALID_ARGUMENT"),
     true, false, FAULT_UPSTREAM_KEY,
     "Gemini refused the key that this service used; its operator has to look "
     "at its keys."},
    {"401 of our key", 401, BODY("401", ANY, "UNAUTHENTICATED"), true, false,
     FAULT_UPSTREAM_KEY, NULL},
    {"401 is never the client's", 401, BODY("401", ANY, "UNAUTHENTICATED"),
     false, false, FAULT_UPSTREAM_KEY, NULL},
    {"403 of our key", 403, BODY("403", ANY, "PERMISSION_DENIED"), true, false,
     FAULT_UPSTREAM_KEY, NULL},
    {"403 of a file", 403,
     BODY("403", "You do not have permission to access the File x",
	  "PERMISSION_DENIED"),
     false, false, FAULT_FORBIDDEN,
     "You do not have permission to access the File x"},
    {"no money", 402, BODY("402", ANY, "RESOURCE_EXHAUSTED"), true, true,
     FAULT_QUOTA, ANY},
    {"no such model", 404, BODY("404", "models/x is not found", "NOT_FOUND"),
     false, false, FAULT_NO_MODEL, "models/x is not found"},
    {"408", 408, "", false, false, FAULT_TIMEOUT,
     "Gemini answered 408 without an explanation."},
    {"413", 413, "<html>Too Large</html>", false, false, FAULT_BODY_TOO_LARGE,
     "Gemini answered 413 without an explanation."},
    {"a minute's limit", 429, BODY("429", ANY, "RESOURCE_EXHAUSTED"), false,
     false, FAULT_RATE_LIMIT, ANY},
    {"a day's limit", 429, BODY("429", ANY, "RESOURCE_EXHAUSTED"), false, true,
     FAULT_QUOTA, ANY},
    {"499", 499, BODY("499", ANY, "CANCELLED"), false, false, FAULT_UPSTREAM,
     ANY},
    {"another 4xx", 418, BODY("418", ANY, "X"), false, false, FAULT_INVALID,
     ANY},
    {"500", 500, BODY("500", ANY, "INTERNAL"), false, false,
     FAULT_UPSTREAM_INTERNAL, ANY},
    {"501", 501, BODY("501", ANY, "UNIMPLEMENTED"), false, false,
     FAULT_UNSUPPORTED, ANY},
    {"HTML of a gateway", 502, "<html><h1>502 at gw-7.internal</h1></html>",
     false, false, FAULT_UPSTREAM,
     "Gemini answered 502 without an explanation."},
    {"503", 503, BODY("503", ANY, "UNAVAILABLE"), false, false,
     FAULT_OVERLOADED, ANY},
    {"504", 504, BODY("504", ANY, "DEADLINE_EXCEEDED"), false, false,
     FAULT_TIMEOUT, ANY},
    {"another 5xx", 599, "", false, false, FAULT_UPSTREAM, NULL},
    {"nothing came", 0, "", false, false, FAULT_UPSTREAM,
     "Gemini did not answer."},
    {"in an array", 429, "[" BODY("429", ANY, "RESOURCE_EXHAUSTED") "]", false,
     false, FAULT_RATE_LIMIT, ANY},
    {"within a stream", 200, BODY("503", ANY, "UNAVAILABLE"), false, false,
     FAULT_OVERLOADED, ANY},
    {"within a stream, code of wrong type", 200,
     "{\"error\":{\"code\":\"x\",\"message\":5,\"status\":[]}}", false, false,
     FAULT_UPSTREAM, "Gemini answered 200 without an explanation."},
    {"within a stream, code out of range", 200, "{\"error\":{\"code\":100503}}",
     false, false, FAULT_UPSTREAM, NULL},
    {"an error that is no object", 400, "{\"error\":\"x\"}", false, false,
     FAULT_INVALID, "Gemini answered 400 without an explanation."},
    {"our key in the text", 400, BODY("400", "see " KEY ".", "X"), false, false,
     FAULT_INVALID, "see AIza…tuvw."},
    {"the key in use, whatever it looks like", 400,
     BODY("400", "see not-a-usual-key!", "X"), false, false, FAULT_INVALID,
     "see not-…key!"},
    {"a project's number and an address of ours", 403,
     BODY("403",
	  "Enable it at https://console.developers.google.com/apis?"
	  "project=123456789 or (https://generativelanguage.GoogleApis.com/"
	  "v1beta/models?x=1), see http://example.com/googleapis.com.",
	  "PERMISSION_DENIED"),
     false, false, FAULT_FORBIDDEN,
     "Enable it at https://console.developers.google.com/apis?"
     "proj…6789 or ((upstream)), see http://example.com/googleapis.com."},
};

/* Promise 1: no key of ours in an error. */
static void
test_upstream(void **state)
{
	struct api_error e;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(upstream); i++) {
		memset(&e, 0xff, sizeof(e));
		api_error_from_upstream(&e, upstream[i].status,
					upstream[i].body,
					strlen(upstream[i].body),
					"not-a-usual-key!",
					upstream[i].key_fault, upstream[i].day);
		CHECK_INT(upstream[i].what, e.fault, upstream[i].want);
		CHECK_INT(upstream[i].what, e.retry_after_s, -1);
		CHECK_INT(upstream[i].what, e.no_retry,
			  upstream[i].want == FAULT_QUOTA);
		CHECK_STR(upstream[i].what, e.param, "");
		if (upstream[i].message != NULL)
			CHECK_STR(upstream[i].what, e.message,
				  upstream[i].message);
	}
}

static void
test_text(void **state)
{
	static const struct {
		const char *body, *want;
	} cases[] = {
	    {BODY("400", "bad " KEY, "X"), "bad AIza…tuvw"},
	    {"[" BODY("400", "bad", "X") "]", "bad"},
	    {"<html>" KEY "</html>", "<html>AIza…tuvw</html>"},
	    {"{\"error\":{}}", "{\"error\":{}}"},
	    {"{\"error\":{\"message\":7}}", "{\"error\":{\"message\":7}}"},
	    {"", ""},
	};
	struct buf out;
	char body[2000];
	size_t i, at;

	(void)state;
	buf_init(&out, 8192);
	for (i = 0; i < GB_COUNT(cases); i++) {
		buf_reset(&out);
		upstream_error_text(cases[i].body, strlen(cases[i].body), NULL,
				    &out);
		CHECK_STR(cases[i].body, buf_str(&out), cases[i].want);
	}
	/* a key across the place where the text is cut */
	for (i = 440; i < 510; i++) {
		memset(body, '.', sizeof(body));
		memcpy(body + i, KEY, strlen(KEY));
		buf_reset(&out);
		upstream_error_text(body, sizeof(body), NULL, &out);
		CHECK("cut", out.len >= 497 && out.len <= 500);
		CHECK("masked", strstr(buf_str(&out), "AIzaSy") == NULL);
	}
	/* a character across it */
	for (i = 0; i < 3; i++) {
		memset(body, '.', sizeof(body));
		for (at = i; at + 3 <= sizeof(body); at += 3)
			memcpy(body + at, "€", 3);
		buf_reset(&out);
		upstream_error_text(body, sizeof(body), NULL, &out);
		CHECK("cut", out.len >= 498 && out.len <= 500);
		CHECK_INT("whole characters", (out.len - i) % 3, 0);
	}
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),     cmocka_unit_test(test_anthropic),
	    cmocka_unit_test(test_details),  cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_upstream), cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
