/*
 * google_error.h: what an error body of Google's says, field by field.
 *
 * The body comes from outside: an object, an array of one, HTML, nothing, or
 * anything else.  What is not there, or not of its type, is empty.  Pure.
 */
#ifndef GB_KEYS_GOOGLE_ERROR_H
#define GB_KEYS_GOOGLE_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

/* The text members belong to "root" and are never NULL. */
struct google_error {
	struct json_object *root;
	bool parsed;	     /* there is an error object */
	int code;	     /* error.code where it is a number; else 0 */
	const char *status;  /* "RESOURCE_EXHAUSTED" */
	const char *message; /* for people; may quote what the client sent */

	/* ErrorInfo */
	const char *reason;	 /* "API_KEY_INVALID" */
	const char *method;	 /* metadata.methodName */
	const char *quota_limit; /* metadata.quota_limit, a quotaId */
	const char *quota_value; /* metadata.quota_limit_value */
	const char *consumer;	 /* metadata.consumer, "projects/123" */

	/* QuotaFailure */
	bool violations;	 /* there is at least one with a quotaId */
	bool per_day;		 /* one is of a day, and not of nothing */
	bool zero;		 /* one grants nothing at all */
	bool input_tokens_only;	 /* all are of a minute's input tokens */
	int64_t smallest_tokens; /* of those, in tokens; -1: not told */
	const char *model;	 /* quotaDimensions.model, no "models/" */
	const char *quota_id;	 /* of the violation that decides: a day's */
	int64_t quota;		 /* its quotaValue; 0: not told */

	/* RetryInfo, else metadata.quotaResetDelay, else the message's words;
	 * -1: nobody says */
	int64_t retry_ms;

	bool blocked; /* no error: the prompt or the reply was blocked */
};

/* Read "body".  "*out" is wholly written and holds what must be released,
 * whatever the body is. */
void google_error_read(struct google_error *out, const char *body, size_t len);
void google_error_release(struct google_error *);

/* A duration like "41s", "38.2s", "900ms" or "1h2m3.5s" at the start of
 * "text" in milliseconds, rounded up, at most a day; -1: there is none. */
int64_t google_duration_ms(const char *text);

#endif
