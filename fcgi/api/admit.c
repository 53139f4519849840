/* admit.c: whether the caller's token allows what the request wants */
#include "api/admit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "dialect/gemini/gemini_estimate.h"
#include "dialect/model_name.h"

/* Tokens of an answer that names no most itself: more is rarely said, and a
 * model's own most, 65,536, would fill a limit of a minute by itself. */
#define OPEN_OUTPUT INT64_C(8192)

#define NAMES_MAX 128
#define TEXT_MAX  64

bool
admit_endpoint(struct api_request *rq)
{
	const struct auth_token *t = rq->token;
	char names[NAMES_MAX];
	size_t len;
	int i;

	if (t == NULL || auth_allows_endpoint(t, rq->family))
		return true;
	names[0] = '\0';
	for (len = 0, i = 0; i < ENDPOINT__MAX && len < sizeof(names); i++)
		if (auth_allows_endpoint(t, (enum token_endpoint)i))
			len +=
			    (size_t)snprintf(names + len, sizeof(names) - len,
					     "%s%s", len == 0 ? "" : ", ",
					     token_endpoint_names[i]);
	api_error_set(&rq->error, FAULT_FORBIDDEN, NULL,
		      "Your access token may not use this endpoint, which is "
		      "one of \"%s\". It may use: %s.",
		      token_endpoint_names[rq->family], names);
	return false;
}

/* Whether the token may use the model that the call is to, or is about: by its
 * name, or by one that means nothing else. */
static bool
admit_model(struct api_request *rq, const struct call *call)
{
	const char *asked = rq->entry.model, *used = call->model;
	struct model_name meant;

	if (used[0] == '\0')
		used = asked;
	if (used[0] == '\0' || auth_allows_model(rq->token, used))
		return true;
	if (strncmp(asked, "models/", 7) == 0)
		asked += 7;
	if (asked[0] != '\0' && strlen(asked) < MODEL_NAME_MAX &&
	    auth_allows_model(rq->token, asked)) {
		model_name_resolve(asked, rq->snap->models, &meant);
		if (strcmp(meant.google, used) == 0)
			return true;
	}
	api_error_set(&rq->error, FAULT_FORBIDDEN, NULL,
		      "Your access token may not use the model \"%.128s\".",
		      used);
	return false;
}

/* Whether any limit needs to know what the request takes. */
static bool
counts_tokens(const struct auth_token *t)
{
	int i;

	for (i = 0; i < LIMIT__MAX; i++)
		if (t->limits[i] > 0 &&
		    token_limit_kinds[i].measure != MEASURE_REQUESTS)
			return true;
	return false;
}

static bool
path_has(const struct call *call, const char *verb)
{
	return strstr(call->path, verb) != NULL;
}

/* Add what a call may take at most.  Calls without a model, and those that only
 * count, take no tokens. */
static void
add_call(struct limit_want *want, const struct call *call)
{
	struct gemini_estimate est;

	if (call->body == NULL || call->model[0] == '\0' ||
	    path_has(call, ":countTokens"))
		return;
	gemini_estimate(call->body, call->body_len, &est);
	want->model = call->model;
	want->input += est.input;
	if (path_has(call, "mbedContent"))
		return; /* vectors are no tokens */
	if (est.output > 0)
		want->output += est.output * est.answers;
	else
		want->open_output += OPEN_OUTPUT * est.answers;
}

/* As OpenAI writes a stretch of time: "1s", "6m0s", "23h59m59s". */
static void
write_stretch(char text[TEXT_MAX], int64_t ms)
{
	int64_t s;

	s = ms <= 0 ? 0 : (ms + 999) / 1000;
	if (s >= 3600)
		(void)snprintf(text, TEXT_MAX,
			       "%" PRId64 "h%" PRId64 "m%" PRId64 "s", s / 3600,
			       s / 60 % 60, s % 60);
	else if (s >= 60)
		(void)snprintf(text, TEXT_MAX, "%" PRId64 "m%" PRId64 "s",
			       s / 60, s % 60);
	else
		(void)snprintf(text, TEXT_MAX, "%" PRId64 "s", s);
}

static void
room_headers(struct api_request *rq, const struct limit_room *room,
	     const char *const names[3], int64_t now_ms)
{
	char text[TEXT_MAX];

	if (room->limit == 0)
		return;
	(void)snprintf(text, sizeof(text), "%" PRId64, room->limit);
	web_reply_header(rq->web, names[0], text);
	(void)snprintf(text, sizeof(text), "%" PRId64, room->left);
	web_reply_header(rq->web, names[1], text);
	write_stretch(text, room->reset_ms - now_ms);
	web_reply_header(rq->web, names[2], text);
}

static void
limit_headers(struct api_request *rq, const struct limit_answer *a,
	      int64_t now_ms)
{
	static const char *const requests[3] = {
	    "X-RateLimit-Limit-Requests",
	    "X-RateLimit-Remaining-Requests",
	    "X-RateLimit-Reset-Requests",
	};
	static const char *const tokens[3] = {
	    "X-RateLimit-Limit-Tokens",
	    "X-RateLimit-Remaining-Tokens",
	    "X-RateLimit-Reset-Tokens",
	};

	room_headers(rq, &a->requests, requests, now_ms);
	room_headers(rq, &a->tokens, tokens, now_ms);
}

/* A limit's number as people read it. */
static void
write_amount(char text[TEXT_MAX], enum token_measure measure, int64_t amount)
{
	if (measure == MEASURE_COST)
		(void)snprintf(text, TEXT_MAX, "%.6f USD",
			       (double)amount / 1e6);
	else
		(void)snprintf(text, TEXT_MAX, "%" PRId64 " %s", amount,
			       measure == MEASURE_TOKENS ? "tokens"
							 : "requests");
}

static void
refuse(struct api_request *rq, const struct limit_answer *a, int64_t now_ms)
{
	const struct token_limit_kind *kind = &token_limit_kinds[a->broken];
	bool brief = kind->span == SPAN_MINUTE || kind->span == SPAN__MAX;
	char limit[TEXT_MAX], want[TEXT_MAX], wait[TEXT_MAX];
	struct api_error *e = &rq->error;
	int64_t wait_ms = a->back_ms - now_ms;

	write_amount(limit, kind->measure, a->limit);
	write_amount(want, kind->measure, a->want);
	write_stretch(wait, wait_ms);
	if (a->never)
		api_error_set(e, FAULT_RATE_LIMIT, NULL,
			      "The request is too large for your access "
			      "token's limit \"%s\" of %s: it may take %s. "
			      "Name a lower maximum of output, or send less.",
			      kind->name, limit, want);
	else if (kind->span == SPAN__MAX)
		api_error_set(e, FAULT_RATE_LIMIT, NULL,
			      "Your access token's limit \"%s\" is reached: "
			      "%s are under way.",
			      kind->name, limit);
	else
		api_error_set(e, brief ? FAULT_RATE_LIMIT : FAULT_QUOTA, NULL,
			      "Your access token's limit \"%s\" of %s is "
			      "reached. Please try again in %s.",
			      kind->name, limit, wait);
	api_error_retry_after(e, wait_ms);
	e->no_retry = e->no_retry || a->never;
}

/* Reserve; false: rq->error says why not. */
static bool
reserve(struct api_request *rq, struct call *const calls[], size_t count)
{
	struct limit_answer answer;
	struct limit_want want;
	enum gb_err rc;
	size_t i;

	memset(&want, 0, sizeof(want));
	want.token_id = rq->token->id;
	want.limits = rq->token->limits;
	want.model = "";
	for (i = 0; i < count && counts_tokens(rq->token); i++)
		add_call(&want, calls[i]);
	if (rq->rounds > 1)
		want.input *= (int64_t)rq->rounds;
	want.now_ms = clock_wall_ms();
	want.mono_ms = clock_mono_ms();
	rc = leases_reserve(app_leases(rq->app), &want, &rq->lease, &answer);
	if (rc == GB_OK || rc == GB_EBUSY)
		limit_headers(rq, &answer, want.now_ms);
	if (rc == GB_EBUSY)
		refuse(rq, &answer, want.now_ms);
	else if (rc != GB_OK)
		api_fail(rq, rc);
	return rc == GB_OK;
}

bool
admit_calls(struct api_request *rq, struct call *const calls[], size_t count)
{
	size_t i;

	if (rq->token == NULL)
		return true;
	for (i = 0; i < count; i++)
		if (!admit_model(rq, calls[i]))
			return false;
	if (rq->admitted || !rq->token->limited ||
	    rq->family == ENDPOINT_MODELS)
		return true;
	rq->admitted = reserve(rq, calls, count);
	return rq->admitted;
}
