/* error.c: an error as a client sees it, and its text in each dialect */
#include "dialect/error.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <json-c/json.h>

#include "base/err.h"
#include "base/redact.h"
#include "dialect/json/json_out.h"
#include "dialect/json/json_tree.h"

#define SCRUB_MAX   4096 /* bytes of upstream's text that are looked at */
#define SNIPPET_MAX 500	 /* bytes kept of a body that is no JSON */
#define INVALID	    "invalid_request_error"
#define OVERLOADED  529 /* Anthropic's own status */

/* Seconds that clients' libraries wait; a longer wait stops their retrying. */
#define RETRY_AFTER_CLIENT_MAX 120

static const struct fault {
	int status;
	const char *type, *code; /* OpenAI's */
	const char *google;	 /* google.rpc.Code */
	const char *anthropic;	 /* Anthropic's type */
} faults[FAULT__MAX] = {
    [FAULT_NONE] = {200, "", "", "OK", ""},
    [FAULT_INVALID] = {400, INVALID, "invalid_argument", "INVALID_ARGUMENT",
		       INVALID},
    [FAULT_UNSUPPORTED] = {400, INVALID, "unsupported_parameter",
			   "INVALID_ARGUMENT", INVALID},
    [FAULT_BAD_JSON] = {400, INVALID, "invalid_json", "INVALID_ARGUMENT",
			INVALID},
    [FAULT_CONTEXT_LENGTH] = {400, INVALID, "context_length_exceeded",
			      "INVALID_ARGUMENT", INVALID},
    [FAULT_PRECONDITION] = {400, INVALID, "failed_precondition",
			    "FAILED_PRECONDITION", INVALID},
    [FAULT_CONTENT_POLICY] = {400, INVALID, "content_policy_violation",
			      "INVALID_ARGUMENT", INVALID},
    [FAULT_TOKEN] = {401, INVALID, "invalid_api_key", "UNAUTHENTICATED",
		     "authentication_error"},
    [FAULT_FORBIDDEN] = {403, INVALID, "permission_denied", "PERMISSION_DENIED",
			 "permission_error"},
    [FAULT_NO_ROUTE] = {404, INVALID, "unknown_url", "NOT_FOUND",
			"not_found_error"},
    [FAULT_NO_MODEL] = {404, INVALID, "model_not_found", "NOT_FOUND",
			"not_found_error"},
    [FAULT_NOT_FOUND] = {404, INVALID, "not_found", "NOT_FOUND",
			 "not_found_error"},
    [FAULT_METHOD] = {405, INVALID, "method_not_allowed", "INVALID_ARGUMENT",
		      INVALID},
    [FAULT_BODY_TOO_LARGE] = {413, INVALID, "request_too_large",
			      "INVALID_ARGUMENT", "request_too_large"},
    [FAULT_RATE_LIMIT] = {429, "rate_limit_error", "rate_limit_exceeded",
			  "RESOURCE_EXHAUSTED", "rate_limit_error"},
    [FAULT_QUOTA] = {429, "insufficient_quota", "insufficient_quota",
		     "RESOURCE_EXHAUSTED", "rate_limit_error"},
    [FAULT_INTERNAL] = {500, "server_error", "server_error", "INTERNAL",
			"api_error"},
    [FAULT_UPSTREAM] = {502, "server_error", "upstream_error", "UNAVAILABLE",
			"api_error"},
    [FAULT_UPSTREAM_KEY] = {502, "server_error", "upstream_key_error",
			    "UNAVAILABLE", "api_error"},
    [FAULT_EMPTY] = {502, "server_error", "empty_response", "UNAVAILABLE",
		     "api_error"},
    [FAULT_UPSTREAM_INTERNAL] = {500, "server_error", "internal_error",
				 "INTERNAL", "api_error"},
    [FAULT_NOT_SERVED] = {501, INVALID, "not_implemented", "UNIMPLEMENTED",
			  INVALID},
    [FAULT_OVERLOADED] = {503, "server_error", "overloaded", "UNAVAILABLE",
			  "overloaded_error"},
    [FAULT_NO_KEYS] = {503, "server_error", "no_keys", "UNAVAILABLE",
		       "api_error"},
    [FAULT_NO_EXIT] = {503, "server_error", "no_exit", "UNAVAILABLE",
		       "api_error"},
    [FAULT_TIMEOUT] = {504, "server_error", "timeout", "DEADLINE_EXCEEDED",
		       "timeout_error"},
};

/* What an upstream status means to the client, in ranges; the first row that
 * fits.  401 and 403 that do not blame our key are refusals of an object that
 * the request names. */
static const struct {
	int from, to;
	enum api_fault fault;
} statuses[] = {
    {402, 402, FAULT_QUOTA},	    {403, 403, FAULT_FORBIDDEN},
    {401, 401, FAULT_UPSTREAM_KEY}, {404, 404, FAULT_NO_MODEL},
    {408, 408, FAULT_TIMEOUT},	    {413, 413, FAULT_BODY_TOO_LARGE},
    {429, 429, FAULT_RATE_LIMIT},   {499, 499, FAULT_UPSTREAM},
    {400, 499, FAULT_INVALID},	    {500, 500, FAULT_UPSTREAM_INTERNAL},
    {501, 501, FAULT_UNSUPPORTED},  {503, 503, FAULT_OVERLOADED},
    {504, 504, FAULT_TIMEOUT},
};

/* Texts of a 400 that say more than its status. */
static const struct {
	const char *text;
	enum api_fault fault;
} texts[] = {
    {"exceeds the maximum number of tokens", FAULT_CONTEXT_LENGTH},
    {"payload size exceeds the limit", FAULT_BODY_TOO_LARGE},
};

/* The parts of an error body that matter here. */
struct upstream_error {
	struct json_object *root; /* owns the rest */
	const char *message;	  /* NULL: none */
	size_t message_len;
	const char *google; /* its status, or "" */
	int code;	    /* 0: none */
};

void
api_error_clear(struct api_error *e)
{
	memset(e, 0, sizeof(*e));
	e->status = faults[FAULT_NONE].status;
	e->retry_after_s = -1;
}

void
api_error_set(struct api_error *e, enum api_fault fault, const char *param,
	      const char *fmt, ...)
{
	va_list ap;

	api_error_clear(e);
	e->fault = fault;
	e->status = faults[fault].status;
	if (param != NULL)
		(void)snprintf(e->param, sizeof(e->param), "%s", param);
	va_start(ap, fmt);
	(void)vsnprintf(e->message, sizeof(e->message), fmt, ap);
	va_end(ap);
	e->param[utf8_trim(e->param, strlen(e->param))] = '\0';
	e->message[utf8_trim(e->message, strlen(e->message))] = '\0';
}

void
api_error_retry_after(struct api_error *e, int64_t wait_ms)
{
	e->retry_after_s = wait_ms <= 0 ? 1 : (wait_ms + 999) / 1000;
	e->no_retry = e->retry_after_s > RETRY_AFTER_CLIENT_MAX;
}

const char *
api_error_class(const struct api_error *e)
{
	return faults[e->fault].code;
}

static void
read_error(struct upstream_error *u, const char *body, size_t len)
{
	struct json_object *error;
	const char *google;
	int64_t code;

	memset(u, 0, sizeof(*u));
	u->root = tree_parse(body, len);
	error = tree_object(json_object_is_type(u->root, json_type_array)
				? tree_item(u->root, 0)
				: u->root,
			    "error");
	u->message = tree_string(error, "message", &u->message_len);
	google = tree_string(error, "status", NULL);
	u->google = google == NULL ? "" : google;
	code = tree_count(error, "code");
	u->code = code < 1000 ? (int)code : 0;
}

/* Whether the URL at "url" is one of Google's API hosts, and how long it is. */
static bool
is_upstream_url(const char *url, size_t *len)
{
	static const char domain[] = "googleapis.com";
	const char *host;
	size_t host_len;

	host = strstr(url, "://");
	if (host == NULL)
		return false;
	host += 3;
	host_len = strcspn(host, "/:?# \t\r\n\"'<>(),");
	*len = strcspn(url, " \t\r\n\"'<>(),");
	return host_len >= sizeof(domain) - 1 &&
	       strncasecmp(host + host_len - (sizeof(domain) - 1), domain,
			   sizeof(domain) - 1) == 0;
}

/* Append Google's "text" as a client may see it: without secrets, project
 * numbers and the addresses that we call. */
static void
scrub(struct buf *out, const char *text, size_t len, const char *secret)
{
	const char *at, *url;
	struct buf clean;
	size_t url_len;

	buf_init(&clean, 2 * SCRUB_MAX);
	if (len > SCRUB_MAX)
		len = utf8_trim(text, SCRUB_MAX);
	redact_text(&clean, text, len, secret);
	at = buf_str(&clean);
	while ((url = strstr(at, "http")) != NULL) {
		buf_add(out, at, (size_t)(url - at));
		at = url + 4;
		if ((strncmp(at, "://", 3) == 0 ||
		     strncmp(at, "s://", 4) == 0) &&
		    is_upstream_url(url, &url_len)) {
			buf_puts(out, "(upstream)");
			at = url + url_len;
		} else {
			buf_puts(out, "http");
		}
	}
	buf_puts(out, at);
	buf_wipe(&clean);
}

static enum api_fault
fault_of(int status, const struct upstream_error *u, bool key_fault, bool day)
{
	size_t i;

	if (key_fault && status >= 400 && status <= 404 && status != 402)
		return FAULT_UPSTREAM_KEY;
	if (status == 429 && day)
		return FAULT_QUOTA;
	if (status == 400 && strcmp(u->google, "FAILED_PRECONDITION") == 0)
		return FAULT_PRECONDITION;
	if (status == 400 && u->message != NULL)
		for (i = 0; i < GB_COUNT(texts); i++)
			if (strstr(u->message, texts[i].text) != NULL)
				return texts[i].fault;
	for (i = 0; i < GB_COUNT(statuses); i++)
		if (status >= statuses[i].from && status <= statuses[i].to)
			return statuses[i].fault;
	return FAULT_UPSTREAM;
}

void
api_error_from_upstream(struct api_error *e, int status, const char *body,
			size_t body_len, const char *secret, bool key_fault,
			bool day)
{
	struct upstream_error u;
	struct buf text;
	enum api_fault fault;

	buf_init(&text, 4 * SCRUB_MAX);
	read_error(&u, body, body_len);
	/* an error within a stream comes after a 200 */
	if ((status < 400 || status > 599) && u.code >= 400 && u.code <= 599)
		status = u.code;
	fault = fault_of(status, &u, key_fault, day);
	if (u.message != NULL)
		scrub(&text, u.message, u.message_len, secret);
	if (fault == FAULT_UPSTREAM_KEY)
		api_error_set(e, fault, NULL,
			      "Gemini refused the key that this service used; "
			      "its operator has to look at its keys.");
	else if (text.len > 0)
		api_error_set(e, fault, NULL, "%s", buf_str(&text));
	else if (status > 0)
		api_error_set(e, fault, NULL,
			      "Gemini answered %d without an explanation.",
			      status);
	else
		api_error_set(e, fault, NULL, "Gemini did not answer.");
	e->no_retry = fault == FAULT_QUOTA;
	json_object_put(u.root);
	buf_release(&text);
}

int
upstream_error_status(const char *body, size_t body_len)
{
	struct upstream_error u;
	int status;

	read_error(&u, body, body_len);
	status = u.code >= 400 && u.code < 600 ? u.code : 500;
	json_object_put(u.root);
	return status;
}

void
upstream_error_text(const char *body, size_t body_len, const char *secret,
		    struct buf *out)
{
	struct upstream_error u;
	struct buf text;
	size_t len;

	buf_init(&text, 2 * SCRUB_MAX);
	read_error(&u, body, body_len);
	if (u.message != NULL) {
		len = u.message_len < SCRUB_MAX
			  ? u.message_len
			  : utf8_trim(u.message, SCRUB_MAX);
		redact_text(out, u.message, len, secret);
	} else {
		/* masked before it is cut: half a key is not known as one */
		redact_text(&text, body,
			    body_len < SCRUB_MAX ? body_len : SCRUB_MAX,
			    secret);
		len = text.len < SNIPPET_MAX ? text.len : SNIPPET_MAX;
		if (len > 0)
			buf_add(out, text.data, utf8_trim(text.data, len));
	}
	json_object_put(u.root);
	buf_wipe(&text);
}

void
api_error_write_openai(const struct api_error *e, struct buf *out)
{
	const struct fault *f = &faults[e->fault];
	struct json_out jo;

	jout_init(&jo, out);
	jout_object(&jo);
	jout_key(&jo, "error");
	jout_object(&jo);
	jout_key_string(&jo, "message", e->message);
	jout_key_string(&jo, "type", f->type);
	jout_key(&jo, "param");
	if (e->param[0] == '\0')
		jout_null(&jo);
	else
		jout_string(&jo, e->param);
	jout_key_string(&jo, "code", f->code);
	jout_object_end(&jo);
	jout_object_end(&jo);
}

static void
write_details(struct json_out *jo, const struct api_error *e)
{
	char delay[32];

	jout_key(jo, "details");
	jout_array(jo);
	if (e->param[0] != '\0') {
		jout_object(jo);
		jout_key_string(jo, "@type",
				"type.googleapis.com/google.rpc.BadRequest");
		jout_key(jo, "fieldViolations");
		jout_array(jo);
		jout_object(jo);
		jout_key_string(jo, "field", e->param);
		jout_key_string(jo, "description", e->message);
		jout_object_end(jo);
		jout_array_end(jo);
		jout_object_end(jo);
	}
	if (e->retry_after_s >= 0) {
		(void)snprintf(delay, sizeof(delay), "%llds",
			       (long long)e->retry_after_s);
		jout_object(jo);
		jout_key_string(jo, "@type",
				"type.googleapis.com/google.rpc.RetryInfo");
		jout_key_string(jo, "retryDelay", delay);
		jout_object_end(jo);
	}
	jout_array_end(jo);
}

void
api_error_write_google(const struct api_error *e, struct buf *out)
{
	struct json_out jo;

	jout_init(&jo, out);
	jout_object(&jo);
	jout_key(&jo, "error");
	jout_object(&jo);
	jout_key_int(&jo, "code", e->status);
	jout_key_string(&jo, "message", e->message);
	jout_key_string(&jo, "status", faults[e->fault].google);
	if (e->param[0] != '\0' || e->retry_after_s >= 0)
		write_details(&jo, e);
	jout_object_end(&jo);
	jout_object_end(&jo);
}

/* Agents know by these words that they have to shorten the conversation. */
static const char too_long[] = "prompt is too long: ";

/* By which Anthropic's SDK knows that we keep no conversation for it, and sends
 * all of it from then on. */
static const char no_thread[] =
    "{\"error_code\":\"thread_unsupported_request\",\"unsupported\":[]}";

void
api_error_write_anthropic(const struct api_error *e, const char *request_id,
			  struct buf *out)
{
	char message[sizeof(too_long) + sizeof(e->message)];
	struct json_out jo;

	(void)snprintf(message, sizeof(message), "%s%s",
		       e->fault == FAULT_CONTEXT_LENGTH ? too_long : "",
		       e->message);
	jout_init(&jo, out);
	jout_object(&jo);
	jout_key_string(&jo, "type", "error");
	jout_key(&jo, "error");
	jout_object(&jo);
	jout_key_string(&jo, "type", faults[e->fault].anthropic);
	jout_key_string(&jo, "message", message);
	if (strcmp(e->param, "thread") == 0) {
		jout_key(&jo, "details");
		jout_raw(&jo, no_thread, sizeof(no_thread) - 1);
	}
	jout_object_end(&jo);
	if (request_id != NULL)
		jout_key_string(&jo, "request_id", request_id);
	jout_object_end(&jo);
}

int
api_error_status_anthropic(const struct api_error *e)
{
	return e->fault == FAULT_OVERLOADED ? OVERLOADED : e->status;
}

static const struct {
	int status;
	const char *code;
} interaction_codes[] = {
    {400, "invalid_request"},
    {401, "authentication"},
    {402, "payment_required"},
    {403, "permission_denied"},
    {404, "not_found"},
    {413, "invalid_request"},
    {429, "rate_limit_exceeded"},
    {503, "unavailable"},
    {504, "timeout"},
};

/* {"code":…,"message":…}, as a value. */
static void
write_interaction_error(const struct api_error *e, struct json_out *out)
{
	const char *code = e->status < 500 ? "invalid_request" : "internal";
	size_t i;

	for (i = 0; i < GB_COUNT(interaction_codes); i++)
		if (interaction_codes[i].status == e->status)
			code = interaction_codes[i].code;
	jout_object(out);
	jout_key_string(out, "code", code);
	jout_key_string(out, "message", e->message);
	jout_object_end(out);
}

void
api_error_write_interactions(const struct api_error *e, struct buf *text)
{
	struct json_out out;

	jout_init(&out, text);
	jout_object(&out);
	jout_key(&out, "error");
	write_interaction_error(e, &out);
	jout_object_end(&out);
}

void
api_error_write_interactions_event(const struct api_error *e, struct buf *text)
{
	struct json_out out;

	buf_puts(text, "event: error\ndata: ");
	jout_init(&out, text);
	jout_object(&out);
	jout_key_string(&out, "event_type", "error");
	jout_key(&out, "error");
	write_interaction_error(e, &out);
	jout_object_end(&out);
	buf_puts(text, "\n\n");
}
