/*
 * verdict.c: one table from an upstream answer to what it means.
 *
 * Two tables, really.  "matchers", tried in order, finds the row; "rows" says
 * what the row means.  A client may write what it likes into a request and
 * Google quotes it in messages, so a text that costs a key something is
 * matched only where the client cannot have put it: at the message's start,
 * in ErrorInfo, or under a status that quotes nothing of the request.
 */
#include "keys/verdict.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/redact.h"
#include "keys/google_error.h"
#include "keys/verdict_words.h" /* by the Makefile, of strings.en */

#define MINUTE_QUOTA_MS (60 * SECOND_MS) /* where Google names no delay */
#define DELAY_EXTRA_MS	500 /* to a named delay, and as much jitter */
#define TERMINAL_MS	(300 * SECOND_MS) /* longer: no use to wait for it */
#define DAY_JITTER_MS \
	(4 * MINUTE_MS)			 /* after midnight and one minute, so \
					    that not all keys ask at once */
#define BACKOFF_MS	(30 * SECOND_MS) /* row 25, doubled by the streak */
#define BACKOFF_MAX_MS	(10 * MINUTE_MS)
#define PAUSE_MS	500  /* before another try at what is overloaded, */
#define PAUSE_JITTER_MS 1500 /* and at most so much more */

/*
 * Row 26: a quota of tokens a minute this small is passed by one long prompt
 * alone (Gemma's free tier has 15,000).  The answer does not tell, so below
 * it the request is held to be too large, above it the quota to be used up.
 */
#define SMALL_TOKENS 32000

#define PROJECT_PREFIX	"projects/"
#define MODEL_PREFIX	"models/"
#define REASON_BODY_MAX 1024 /* bytes of a message that a reason is cut of */

/* How long a key, or a key for a model, rests. */
enum rest {
	REST_NONE,
	REST_FIXED,    /* rest_ms */
	REST_DELAY,    /* what Google says, else rest_ms */
	REST_MIDNIGHT, /* until Google's midnight */
	REST_DOUBLING, /* BACKOFF_MS and so on */
};

/* The rows that have more than one meaning, beyond verdict.h's numbers. */
enum {
	ROW_UNKNOWN = 34,
	ROW_GARBAGE,
	ROW_GATEWAY,
	ROW_METHOD_BLOCKED,
	ROW_NO_KEY_SENT,
	ROW__MAX
};

/* The words are templates/strings.en's as it was when this was built. */
#define WORDS(name) .words = REASON_##name, .key = "REASON_" #name

/* What each row means.  Here is every error class that there is. */
static const struct row {
	int number; /* that verdict.row tells */
	enum verdict_retry retry;
	enum verdict_action action;
	const char *error_class;
	const char *words; /* for people; Google's follow */
	const char *key;   /* of them in templates/strings.* */
	enum rest rest;
	int64_t rest_ms;
	int strikes;
	int64_t window_ms;
	bool terminal_day;
	bool project;
} rows[ROW__MAX] = {
    [0] = {0, RETRY_NO, KEY_KEEP, "", .words = ""},
    [1] = {1, RETRY_OTHER, KEY_DISABLE, "key_invalid", WORDS(KEY_INVALID)},
    [2] = {2, RETRY_ONCE, KEY_COOL, "location", WORDS(LOCATION),
	   .rest = REST_FIXED, .rest_ms = 30 * MINUTE_MS},
    /* Said of batches on the free tier: to rest the key for that verb would
     * rest it for chats, which it can do. */
    [3] = {3, RETRY_ONCE, KEY_KEEP, "precondition", WORDS(PRECONDITION)},
    [4] = {4, RETRY_NO, KEY_KEEP, "credentials", WORDS(TWO_CREDENTIALS)},
    [5] = {5, RETRY_NO, KEY_KEEP, "client", WORDS(CLIENT)},
    [6] = {6, RETRY_OTHER, KEY_COUNT, "key_unauthenticated",
	   WORDS(NOT_ACCEPTED), .strikes = 2},
    [7] = {7, RETRY_OTHER, KEY_COOL, "credits", WORDS(CREDITS),
	   .rest = REST_FIXED, .rest_ms = 6 * HOUR_MS, .terminal_day = true,
	   .project = true},
    [8] = {8, RETRY_OTHER, KEY_DISABLE, "key_leaked", WORDS(LEAKED)},
    [9] = {9, RETRY_OTHER, KEY_DISABLE, "key_suspended", WORDS(SUSPENDED),
	   .project = true},
    [10] = {10, RETRY_OTHER, KEY_DISABLE, "service_disabled",
	    WORDS(SERVICE_DISABLED), .project = true},
    [11] = {11, RETRY_OTHER, KEY_DISABLE, "service_blocked",
	    WORDS(SERVICE_BLOCKED)},
    [12] = {12, RETRY_OTHER, KEY_DISABLE, "key_restricted", WORDS(RESTRICTED)},
    [13] = {13, RETRY_OTHER, KEY_DISABLE, "billing", WORDS(BILLING),
	    .project = true},
    [14] = {14, RETRY_OTHER, KEY_DISABLE, "project_denied",
	    WORDS(PROJECT_DENIED), .project = true},
    [15] = {15, RETRY_NO, KEY_KEEP, "not_found", WORDS(NOT_FOUND)},
    [16] = {16, RETRY_OTHER, KEY_COUNT, "permission", WORDS(PERMISSION),
	    .strikes = 3, .window_ms = HOUR_MS},
    [17] = {17, RETRY_NO, KEY_KEEP, "model_unknown", WORDS(MODEL_UNKNOWN)},
    [18] = {18, RETRY_OTHER, KEY_COOL_MODEL, "model_gone", WORDS(MODEL_GONE),
	    .rest = REST_FIXED, .rest_ms = 24 * HOUR_MS},
    [19] = {19, RETRY_OTHER, KEY_COOL_MODEL, "rate_limit_day", WORDS(QUOTA_DAY),
	    .rest = REST_MIDNIGHT, .terminal_day = true, .project = true},
    [20] = {20, RETRY_OTHER, KEY_COOL_MODEL, "rate_limit_minute",
	    WORDS(QUOTA_MINUTE), .rest = REST_DELAY, .rest_ms = MINUTE_QUOTA_MS,
	    .project = true},
    [21] = {21, RETRY_OTHER, KEY_COOL_MODEL, "no_access", WORDS(NO_ACCESS),
	    .rest = REST_FIXED, .rest_ms = 24 * HOUR_MS, .terminal_day = true,
	    .project = true},
    [22] = {22, RETRY_OTHER, KEY_COOL, "no_quota", WORDS(NO_QUOTA),
	    .rest = REST_FIXED, .rest_ms = 24 * HOUR_MS, .terminal_day = true,
	    .project = true},
    [23] = {23, RETRY_OTHER, KEY_COOL, "rate_limit_project",
	    WORDS(QUOTA_PROJECT), .rest = REST_DELAY,
	    .rest_ms = MINUTE_QUOTA_MS, .project = true},
    [24] = {24, RETRY_OTHER, KEY_COOL, "spending_cap", WORDS(SPENDING_CAP),
	    .rest = REST_FIXED, .rest_ms = 6 * HOUR_MS, .terminal_day = true,
	    .project = true},
    [25] = {25, RETRY_OTHER, KEY_COOL_MODEL, "rate_limit", WORDS(QUOTA_SOME),
	    .rest = REST_DOUBLING},
    [26] = {26, RETRY_ONCE, KEY_KEEP, "request_too_large", WORDS(TOO_LARGE)},
    [27] = {27, RETRY_OTHER, KEY_COOL_MODEL, "rate_limit_minute", WORDS(LATER),
	    .rest = REST_DELAY, .rest_ms = MINUTE_QUOTA_MS, .project = true},
    [28] = {28, RETRY_TWICE, KEY_KEEP, "internal", WORDS(INTERNAL)},
    [29] = {29, RETRY_THRICE, KEY_KEEP, "overloaded", WORDS(OVERLOADED)},
    [30] = {30, RETRY_ONCE, KEY_KEEP, "timeout", WORDS(TIMEOUT)},
    [31] = {31, RETRY_TWICE, KEY_KEEP, "network", WORDS(NETWORK)},
    [32] = {32, RETRY_NO, KEY_KEEP, "blocked", WORDS(BLOCKED)},
    [33] = {33, RETRY_ONCE, KEY_KEEP, "empty", WORDS(EMPTY)},
    [ROW_UNKNOWN] = {34, RETRY_ONCE, KEY_KEEP, "unknown", WORDS(UNKNOWN)},
    [ROW_GARBAGE] = {34, RETRY_ONCE, KEY_KEEP, "garbage", WORDS(GARBAGE)},
    /* A page of HTML with 401 to 403 is of what stands between. */
    [ROW_GATEWAY] = {34, RETRY_ONCE, KEY_KEEP, "gateway", WORDS(GATEWAY)},
    /* The key may still do what it is here for. */
    [ROW_METHOD_BLOCKED] = {11, RETRY_OTHER, KEY_KEEP, "method_blocked",
			    WORDS(METHOD_BLOCKED)},
    [ROW_NO_KEY_SENT] = {14, RETRY_NO, KEY_KEEP, "credentials",
			 WORDS(NO_KEY_SENT)},
};

static bool
is_error(const struct google_error *e)
{
	return e->parsed;
}

static bool
is_no_error(const struct google_error *e)
{
	return !e->parsed;
}

static bool
is_zero(const struct google_error *e)
{
	return e->zero;
}

static bool
is_zero_for_project(const struct google_error *e)
{
	return strcmp(e->quota_value, "0") == 0;
}

static bool
is_per_day(const struct google_error *e)
{
	return e->per_day;
}

static bool
is_violation(const struct google_error *e)
{
	return e->violations;
}

static bool
is_small_tokens(const struct google_error *e)
{
	return e->input_tokens_only && e->smallest_tokens >= 0 &&
	       e->smallest_tokens <= SMALL_TOKENS;
}

static bool
names_delay(const struct google_error *e)
{
	return e->retry_ms >= 0;
}

/* Blocked is a method, not the API: one that answers no chat. */
static bool
is_other_method(const struct google_error *e)
{
	return e->method[0] != '\0' &&
	       strstr(e->method, "GenerateContent") == NULL;
}

/* All that a matcher states must be so; the first that fits decides. */
static const struct matcher {
	int row;
	int from, to;	       /* HTTP status; to 0: only "from" */
	const char *status;    /* error.status, whole */
	const char *reason;    /* of ErrorInfo, whole */
	const char *start;     /* of the message, any case */
	const char *somewhere; /* in the message, any case */
	bool (*test)(const struct google_error *);
} matchers[] = {
    {1, 400, 499, .reason = "API_KEY_INVALID"},
    {1, 400, .start = "API key not valid"},
    {1, 400, .start = "API key not found"},
    {1, 400, .start = "API key expired"},
    {1, 400, .start = "Please pass a valid API key"},
    {7, 402, .test = is_error},
    {7, 400, 599, .start = "Your prepayment credits are depleted"},
    {29, 400, 599, .reason = "MODEL_CAPACITY_EXHAUSTED"},

    {2, 400, .start = "User location is not supported"},
    {2, 400, .start = "Gemini API free tier is not available in your"},
    {3, 400, .status = "FAILED_PRECONDITION"},
    {4, 400, .start = "Multiple authentication credentials received"},
    {.row = 5, .from = 400},

    {6, 401, .test = is_error},
    {ROW_GATEWAY, 401, 403, .test = is_no_error},

    {12, 403, .reason = "API_KEY_HTTP_REFERRER_BLOCKED"},
    {12, 403, .reason = "API_KEY_ANDROID_APP_BLOCKED"},
    {12, 403, .reason = "API_KEY_IOS_APP_BLOCKED"},
    {12, 403, .reason = "API_KEY_IP_ADDRESS_BLOCKED"},
    {9, 403, .reason = "CONSUMER_SUSPENDED"},
    {10, 403, .reason = "SERVICE_DISABLED"},
    {ROW_METHOD_BLOCKED, 403, .reason = "API_KEY_SERVICE_BLOCKED",
     .test = is_other_method},
    {11, 403, .reason = "API_KEY_SERVICE_BLOCKED"},
    {13, 403, .reason = "BILLING_DISABLED"},
    {13, 403, .reason = "CONSUMER_INVALID"},
    {13, 403, .reason = "USER_PROJECT_DENIED"},
    {15, 403, .start = "You do not have permission to access"},
    {15, 403, .start = "CachedContent not found"},
    {8, 403, .start = "Your API key was reported as leaked"},
    {9, 403, .start = "Permission denied: Consumer",
     .somewhere = "has been suspended"},
    {10, 403, .start = "Gemini API has not been used in project"},
    {10, 403, .start = "Generative Language API has not been used in project"},
    {11, 403, .start = "Requests to this API",
     .somewhere = "GenerateContent are blocked"},
    {ROW_METHOD_BLOCKED, 403, .start = "Requests to this API"},
    {12, 403, .start = "Requests from referer"},
    {12, 403, .start = "The provided API key has an IP address restriction"},
    {13, 403,
     .start = "Access to generativelanguage.googleapis.com is "
	      "restricted from your billing country"},
    {14, 403, .start = "Your project has been denied access"},
    {ROW_NO_KEY_SENT, 403, .start = "Method doesn't allow unregistered"},
    {.row = 16, .from = 403},

    /* 17 before 18: it quotes the model's name, which a client chose. */
    {17, 404, .somewhere = "is not found for API version"},
    {18, 404, .somewhere = "no longer available"},
    {.row = 17, .from = 404},

    /* "limit: 0" comes with ids of a minute and of a day: it goes first. */
    {24, 429, .somewhere = "exceeded its monthly spending cap"},
    {21, 429, .test = is_zero},
    {22, 429, .reason = "RATE_LIMIT_EXCEEDED", .test = is_zero_for_project},
    {19, 429, .test = is_per_day},
    {26, 429, .test = is_small_tokens},
    {20, 429, .test = is_violation},
    {23, 429, .reason = "RATE_LIMIT_EXCEEDED"},
    {27, 429, .test = names_delay},
    {.row = 25, .from = 429},

    {.row = 30, .from = 408},
    {.row = 30, .from = 499},
    /* 405, 413 and the like: more of the client's. */
    {.row = 5, .from = 400, .to = 498},
    {.row = 5, .from = 501},
    {.row = 29, .from = 502, .to = 503},
    {.row = 30, .from = 504},
    {.row = 28, .from = 500, .to = 599},
};

static bool
starts_with(const char *text, const char *start)
{
	return strncasecmp(text, start, strlen(start)) == 0;
}

static bool
fits(const struct matcher *m, int status, const struct google_error *e)
{
	return status >= m->from && status <= (m->to > 0 ? m->to : m->from) &&
	       (m->status == NULL || strcmp(e->status, m->status) == 0) &&
	       (m->reason == NULL || strcmp(e->reason, m->reason) == 0) &&
	       (m->start == NULL || starts_with(e->message, m->start)) &&
	       (m->somewhere == NULL ||
		strcasestr(e->message, m->somewhere) != NULL) &&
	       (m->test == NULL || m->test(e));
}

/* The row of an answer. */
static int
find_row(const struct answer *a, const struct google_error *e)
{
	size_t i;
	int status;

	if (a->fault == ANSWER_TIMEOUT)
		return 30;
	if (a->fault == ANSWER_NETWORK || a->status == 0)
		return 31;
	status = a->status;
	if (status >= 200 && status <= 299) {
		/* An error may come after the 200, within a stream. */
		if (!e->parsed) {
			if (e->blocked)
				return 32;
			if (a->fault == ANSWER_EMPTY)
				return 33;
			return a->fault == ANSWER_GARBAGE ? ROW_GARBAGE : 0;
		}
		status = e->code;
	}
	for (i = 0; i < GB_COUNT(matchers); i++)
		if (fits(&matchers[i], status, e))
			return matchers[i].row;
	return ROW_UNKNOWN;
}

/* A number from 0 to "most" that differs from moment to moment, without a
 * state of its own (splitmix64's mixing). */
static int64_t
jitter(int64_t now_ms, int64_t most)
{
	uint64_t x;

	x = (uint64_t)now_ms + UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (int64_t)((x ^ (x >> 31)) % (uint64_t)(most + 1));
}

static int64_t
backoff_ms(int64_t streak)
{
	int64_t ms;

	for (ms = BACKOFF_MS; streak > 0 && ms < BACKOFF_MAX_MS; streak--)
		ms *= 2;
	return ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
}

static void
set_rest(struct verdict *v, const struct row *row, const struct answer *a,
	 const struct google_error *e)
{
	int64_t ms;

	ms = row->rest_ms;
	switch (row->rest) {
	case REST_NONE:
		return;
	case REST_FIXED:
		break;
	case REST_DELAY:
		if (e->retry_ms >= 0)
			ms = e->retry_ms;
		v->terminal_day |= ms > TERMINAL_MS;
		ms += DELAY_EXTRA_MS + jitter(a->now_ms, DELAY_EXTRA_MS);
		break;
	case REST_MIDNIGHT:
		ms = clock_pacific_midnight_ms(a->now_ms) - a->now_ms +
		     MINUTE_MS + jitter(a->now_ms, DAY_JITTER_MS);
		break;
	case REST_DOUBLING:
		ms = backoff_ms(a->streak);
		break;
	}
	v->until_ms = a->now_ms + ms;
}

const char *
verdict_reason_key(const char *reason, const char **rest)
{
	const char *key = NULL;
	size_t i, len, most = 0;

	for (i = 0; i < GB_COUNT(rows); i++) {
		if (rows[i].key == NULL)
			continue;
		len = strlen(rows[i].words);
		/* One may begin like another. */
		if (len > most && strncmp(reason, rows[i].words, len) == 0) {
			most = len;
			key = rows[i].key;
		}
	}
	*rest = reason + most;
	return key;
}

/* Our words, then the first line of Google's, as far as they fit. */
static void
set_reason(struct verdict *v, const struct row *row, const struct answer *a,
	   const struct google_error *e)
{
	struct buf text;
	size_t len;

	buf_init(&text, 4 * REASON_BODY_MAX);
	buf_puts(&text, row->words);
	if (e->message[0] != '\0') {
		buf_puts(&text, ": ");
		len = strcspn(e->message, "\r\n");
		if (len > REASON_BODY_MAX)
			len = REASON_BODY_MAX;
		redact_text(&text, e->message, len, a->secret);
	} else if (a->status >= 300) {
		buf_printf(&text, " (HTTP %d)", a->status);
	}
	/* Cut at a character: a UTF-8 one has tails of the form 10xxxxxx. */
	len = text.len;
	if (len >= sizeof(v->reason)) {
		len = sizeof(v->reason) - 1;
		while (len > 0 && (text.data[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(v->reason, buf_str(&text), len);
	v->reason[len] = '\0';
	buf_release(&text);
}

/* The name that Google has for the model, where it is another. */
static void
set_model(struct verdict *v, const char *asked, const char *named)
{
	if (starts_with(asked, MODEL_PREFIX))
		asked += strlen(MODEL_PREFIX);
	if (strlen(named) < sizeof(v->model) && strcmp(named, asked) != 0)
		(void)snprintf(v->model, sizeof(v->model), "%s", named);
}

/* A name of Google's, where it is one and fits. */
static void
set_name(char name[VERDICT_NAME_MAX], const char *text)
{
	const char *p;

	for (p = text; *p > ' ' && *p < 0x7f; p++)
		continue;
	if (*p == '\0' && p - text < VERDICT_NAME_MAX)
		(void)snprintf(name, VERDICT_NAME_MAX, "%s", text);
}

/* Whose quota it is, and which.  Examples in documents have projects of another
 * form, which are nobody's. */
static void
set_project(struct verdict *v, const struct google_error *e)
{
	size_t len = strlen(PROJECT_PREFIX);

	if (strncmp(e->consumer, PROJECT_PREFIX, len) == 0 &&
	    e->consumer[len] >= '0' && e->consumer[len] <= '9')
		set_name(v->consumer, e->consumer);
	if (v->action == KEY_COOL || v->action == KEY_COOL_MODEL) {
		set_name(v->quota,
			 e->quota_id[0] != '\0' ? e->quota_id : e->quota_limit);
		v->quota_value = e->quota;
	}
}

void
verdict_judge(const struct answer *a, const char *model, struct verdict *out)
{
	struct google_error error;
	const struct row *row;

	memset(out, 0, sizeof(*out));
	google_error_read(&error, a->body, a->body_len);
	row = &rows[find_row(a, &error)];
	if (a->object && row->number == 16)
		row = &rows[15];
	out->row = row->number;
	out->retry = row->retry;
	out->action = row->action;
	out->strikes = row->strikes;
	out->window_ms = row->window_ms;
	out->terminal_day = row->terminal_day;
	out->error_class = row->error_class;
	if (row->retry == RETRY_THRICE)
		out->pause_ms = PAUSE_MS + jitter(a->now_ms, PAUSE_JITTER_MS);
	set_rest(out, row, a, &error);
	set_reason(out, row, a, &error);
	out->project = row->project;
	if (row->action == KEY_COOL_MODEL)
		set_model(out, model, error.model);
	set_project(out, &error);
	google_error_release(&error);
}
