/* google_error.c: what an error body of Google's says, field by field */
#include "keys/google_error.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "dialect/json/json_tree.h"

#define BODY_MAX	262144 /* bytes: a longer one is no error of Google's */
#define DEPTH_MAX	32     /* levels; theirs have seven */
#define LIST_MAX	32     /* details or violations; theirs are five */
#define DURATION_MAX_MS (24 * 3600 * INT64_C(1000))

/* The reasons for which a reply ends that is no error, but no answer. */
static const char *const blocked_reasons[] = {
    "SAFETY",	   "RECITATION",	 "BLOCKLIST",
    "SPII",	   "PROHIBITED_CONTENT", "IMAGE_SAFETY",
    "IMAGE_OTHER", "IMAGE_RECITATION",	 "IMAGE_PROHIBITED_CONTENT",
};

/* A string, or a number as one; "" for all else. */
static const char *
text_of(struct json_object *value)
{
	if (json_object_is_type(value, json_type_string) ||
	    json_object_is_type(value, json_type_int))
		return json_object_get_string(value);
	return "";
}

static const char *
text_member(struct json_object *object, const char *name)
{
	return text_of(tree_get(object, name));
}

static size_t
list_length(struct json_object *list)
{
	size_t length;

	if (!json_object_is_type(list, json_type_array))
		return 0;
	length = json_object_array_length(list);
	return length < LIST_MAX ? length : LIST_MAX;
}

/* Keep the first of several. */
static void
set_first(const char **slot, const char *text)
{
	if ((*slot)[0] == '\0')
		*slot = text;
}

int64_t
google_duration_ms(const char *text)
{
	static const struct {
		const char *unit; /* the longer of two like ones first */
		int64_t us;
	} units[] = {
	    {"ms", 1000},
	    {"us", 1},
	    {"ns", 0},
	    {"h", INT64_C(3600000000)},
	    {"m", INT64_C(60000000)},
	    {"s", 1000000},
	};
	int64_t total_us, whole, fraction, scale;
	size_t i;
	bool any;

	total_us = 0;
	for (any = false; *text >= '0' && *text <= '9'; any = true) {
		whole = fraction = 0;
		scale = 1;
		for (; *text >= '0' && *text <= '9'; text++)
			if (whole <= DURATION_MAX_MS)
				whole = whole * 10 + (*text - '0');
		if (text[0] == '.' && text[1] >= '0' && text[1] <= '9')
			for (text++; *text >= '0' && *text <= '9'; text++)
				if (scale < 1000000) {
					fraction =
					    fraction * 10 + (*text - '0');
					scale *= 10;
				}
		for (i = 0; i < GB_COUNT(units); i++)
			if (strncmp(text, units[i].unit,
				    strlen(units[i].unit)) == 0)
				break;
		if (i == GB_COUNT(units))
			return -1;
		text += strlen(units[i].unit);
		if (whole > DURATION_MAX_MS)
			whole = DURATION_MAX_MS;
		if (units[i].us > 0 &&
		    whole > DURATION_MAX_MS * 1000 / units[i].us)
			whole = DURATION_MAX_MS * 1000 / units[i].us;
		total_us +=
		    whole * units[i].us + fraction * units[i].us / scale;
		if (total_us > DURATION_MAX_MS * 1000)
			total_us = DURATION_MAX_MS * 1000;
	}
	return any ? (total_us + 999) / 1000 : -1;
}

/* Whether "message" speaks of a limit of nothing: "limit: 0", not "limit:
 * 05" or "limit: 0.5". */
static bool
says_limit_zero(const char *message)
{
	static const char words[] = "limit: 0";
	const char *at;

	for (at = message; (at = strstr(at, words)) != NULL;) {
		at += sizeof(words) - 1;
		if ((*at < '0' || *at > '9') &&
		    !(at[0] == '.' && at[1] >= '0' && at[1] <= '9'))
			return true;
	}
	return false;
}

static bool
is_daily(const char *quota_id)
{
	return strstr(quota_id, "PerDay") != NULL ||
	       strstr(quota_id, "Daily") != NULL;
}

static void
read_error_info(struct google_error *e, struct json_object *detail)
{
	struct json_object *metadata;

	metadata = tree_get(detail, "metadata");
	set_first(&e->reason, text_member(detail, "reason"));
	set_first(&e->method, text_member(metadata, "methodName"));
	set_first(&e->quota_limit, text_member(metadata, "quota_limit"));
	set_first(&e->quota_value, text_member(metadata, "quota_limit_value"));
	set_first(&e->consumer, text_member(metadata, "consumer"));
	if (e->retry_ms < 0)
		e->retry_ms = google_duration_ms(
		    text_member(metadata, "quotaResetDelay"));
}

static void
read_violation(struct google_error *e, struct json_object *violation)
{
	const char *id, *value, *model;
	bool daily;
	int64_t number;

	id = text_member(violation, "quotaId");
	if (id[0] == '\0')
		return;
	value = text_member(violation, "quotaValue");
	daily = is_daily(id) && strcmp(value, "0") != 0;
	if (!e->violations)
		e->input_tokens_only = true;
	e->violations = true;
	if (strcmp(value, "0") == 0)
		e->zero = true;
	if (strstr(id, "InputTokens") == NULL ||
	    strstr(id, "PerMinute") == NULL)
		e->input_tokens_only = false;
	number = 0;
	if (value[0] >= '0' && value[0] <= '9') {
		number = strtoll(value, NULL, 10);
		if (e->smallest_tokens < 0 || number < e->smallest_tokens)
			e->smallest_tokens = number;
	}
	model = text_member(tree_get(violation, "quotaDimensions"), "model");
	if (strncmp(model, "models/", 7) == 0)
		model += 7;
	/* The day's is the one that decides, so its model is the one. */
	if (e->model[0] == '\0' || (daily && !e->per_day && model[0] != '\0'))
		e->model = model;
	if (e->quota_id[0] == '\0' || (daily && !e->per_day)) {
		e->quota_id = id;
		e->quota = number;
	}
	e->per_day |= daily;
}

static void
read_detail(struct google_error *e, struct json_object *detail)
{
	struct json_object *violations;
	const char *type;
	int64_t delay;
	size_t i;

	type = text_member(detail, "@type");
	type = strrchr(type, '.') == NULL ? type : strrchr(type, '.') + 1;
	if (strcmp(type, "ErrorInfo") == 0) {
		read_error_info(e, detail);
	} else if (strcmp(type, "QuotaFailure") == 0) {
		violations = tree_get(detail, "violations");
		for (i = 0; i < list_length(violations); i++)
			read_violation(e, json_object_array_get_idx(violations,
								    i));
	} else if (strcmp(type, "RetryInfo") == 0) {
		delay = google_duration_ms(text_member(detail, "retryDelay"));
		if (delay >= 0)
			e->retry_ms = delay;
	}
}

static void
read_error(struct google_error *e, struct json_object *error)
{
	struct json_object *details, *code;
	const char *prose;
	size_t i;

	e->parsed = true;
	if (json_object_is_type(error, json_type_string)) {
		e->message = text_of(error); /* some gateways' way */
		return;
	}
	code = tree_get(error, "code");
	if (json_object_is_type(code, json_type_int))
		e->code = json_object_get_int(code);
	e->status = text_member(error, "status");
	e->message = text_member(error, "message");
	details = tree_get(error, "details");
	for (i = 0; i < list_length(details); i++)
		read_detail(e, json_object_array_get_idx(details, i));

	e->zero |= says_limit_zero(e->message);
	e->per_day |=
	    is_daily(e->quota_limit) && strcmp(e->quota_value, "0") != 0;
	prose = strcasestr(e->message, "retry in ");
	if (e->retry_ms < 0 && prose != NULL)
		e->retry_ms = google_duration_ms(prose + strlen("retry in "));
}

static void
read_reply(struct google_error *e, struct json_object *reply)
{
	struct json_object *candidates;
	const char *reason;
	size_t i;

	reason = text_member(tree_get(reply, "promptFeedback"), "blockReason");
	e->blocked = reason[0] != '\0';
	candidates = tree_get(reply, "candidates");
	if (list_length(candidates) == 0)
		return;
	reason = text_member(json_object_array_get_idx(candidates, 0),
			     "finishReason");
	for (i = 0; i < GB_COUNT(blocked_reasons); i++)
		e->blocked |= strcmp(reason, blocked_reasons[i]) == 0;
}

/* The first JSON value in "body", to be released; NULL: there is none. */
static struct json_object *
parse(const char *body, size_t len)
{
	struct json_tokener *tokener;
	struct json_object *root;

	if (body == NULL || len == 0 || len > BODY_MAX ||
	    (tokener = json_tokener_new_ex(DEPTH_MAX)) == NULL)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
	root = json_tokener_parse_ex(tokener, body, (int)len);
	json_tokener_free(tokener);
	return root;
}

void
google_error_read(struct google_error *out, const char *body, size_t len)
{
	struct json_object *object, *error;

	*out = (struct google_error){
	    .status = "",
	    .message = "",
	    .reason = "",
	    .method = "",
	    .quota_limit = "",
	    .quota_value = "",
	    .consumer = "",
	    .model = "",
	    .quota_id = "",
	    .smallest_tokens = -1,
	    .retry_ms = -1,
	};
	out->root = object = parse(body, len);
	if (list_length(object) > 0)
		object = json_object_array_get_idx(object, 0);
	error = tree_get(object, "error");
	if (json_object_is_type(error, json_type_object) ||
	    json_object_is_type(error, json_type_string))
		read_error(out, error);
	else
		read_reply(out, object);
}

void
google_error_release(struct google_error *e)
{
	json_object_put(e->root);
	*e = (struct google_error){.root = NULL};
}
