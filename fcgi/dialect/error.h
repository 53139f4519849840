/*
 * error.h: an error as a client sees it, and its text in each dialect.
 *
 * One "struct api_error" is filled in where the fault is known; the route's
 * dialect decides how it is written.  Pure.
 */
#ifndef GB_DIALECT_ERROR_H
#define GB_DIALECT_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Every error we give has one of these; a table in error.c holds the status,
 * OpenAI's type and code, Google's status and Anthropic's type of each. */
enum api_fault {
	FAULT_NONE,
	FAULT_INVALID,		 /* 400 a field is wrong; "param" names it */
	FAULT_UNSUPPORTED,	 /* 400 unsupported_parameter / _value */
	FAULT_BAD_JSON,		 /* 400 the body is not JSON */
	FAULT_CONTEXT_LENGTH,	 /* 400 context_length_exceeded */
	FAULT_PRECONDITION,	 /* 400 failed_precondition */
	FAULT_CONTENT_POLICY,	 /* 400 content_policy_violation */
	FAULT_TOKEN,		 /* 401 invalid_api_key: the client's token */
	FAULT_FORBIDDEN,	 /* 403 */
	FAULT_NO_ROUTE,		 /* 404 unknown_url */
	FAULT_NO_MODEL,		 /* 404 model_not_found */
	FAULT_NOT_FOUND,	 /* 404 not_found: any other thing */
	FAULT_METHOD,		 /* 405 */
	FAULT_BODY_TOO_LARGE,	 /* 413 request_too_large */
	FAULT_RATE_LIMIT,	 /* 429 rate_limit_exceeded, a minute's */
	FAULT_QUOTA,		 /* 429 insufficient_quota, a day's or money */
	FAULT_INTERNAL,		 /* 500 our own */
	FAULT_UPSTREAM,		 /* 502 upstream answered rubbish, cut off */
	FAULT_UPSTREAM_KEY,	 /* 502 upstream_key_error: our keys' fault */
	FAULT_EMPTY,		 /* 502 empty_response */
	FAULT_UPSTREAM_INTERNAL, /* 500 internal_error, of upstream */
	FAULT_NOT_SERVED,	 /* 501 what FastCGI cannot carry */
	FAULT_OVERLOADED,	 /* 503 overloaded */
	FAULT_NO_KEYS,		 /* 503 no key is configured at all */
	FAULT_NO_EXIT,		 /* 503 no proxy works */
	FAULT_TIMEOUT,		 /* 504 timeout */
	FAULT__MAX
};

struct api_error {
	enum api_fault fault;  /* FAULT_NONE: there is no error */
	int status;	       /* HTTP */
	char param[160];       /* the field at fault, "messages[2].content" */
	char message[1024];    /* for a developer; scrubbed of secrets */
	int64_t retry_after_s; /* -1: no such header */
	bool no_retry;	       /* send x-should-retry: false */
};

/* No error. */
void api_error_clear(struct api_error *);

/* Fill in "e": status and the rest from the fault's row, no Retry-After.
 * "param" NULL: none.  A longer text is cut at a character. */
void api_error_set(struct api_error *e, enum api_fault, const char *param,
		   const char *fmt, ...) GB_PRINTF(4, 5);

/* It may work again in "wait_ms", at the earliest in a second: the reply says
 * so, and that there is no use in waiting where clients' libraries would not.
 */
void api_error_retry_after(struct api_error *e, int64_t wait_ms);

/*
 * What upstream's answer is to the client (protocol facts 5.2): "status" and
 * error body (an object, a one-element array, HTML or nothing), "secret" the
 * key that was used (it is scrubbed from the text), "key_fault": the answer
 * blames our key, "day": a quota of a day or money ran out.
 */
void api_error_from_upstream(struct api_error *e, int status, const char *body,
			     size_t body_len, const char *secret,
			     bool key_fault, bool day);

/* The name for the journal: OpenAI's code of the fault, "" for none. */
const char *api_error_class(const struct api_error *);

/* The whole body in a dialect: {"error":{…}}. */
void api_error_write_openai(const struct api_error *, struct buf *out);
void api_error_write_google(const struct api_error *, struct buf *out);
/* {"type":"error","error":{…},"request_id":…}; "request_id" NULL: without. */
void api_error_write_anthropic(const struct api_error *, const char *request_id,
			       struct buf *out);

/* The HTTP status as Anthropic's clients know it: 529 when overloaded. */
int api_error_status_anthropic(const struct api_error *);

/* The same for Google's interactions, whose codes are words; and the event that
 * ends a stream of theirs. */
void api_error_write_interactions(const struct api_error *, struct buf *out);
void api_error_write_interactions_event(const struct api_error *,
					struct buf *out);

/* The HTTP status that an error inside a 200 stands for: its code, or 500 when
 * it has none that is an error's. */
int upstream_error_status(const char *body, size_t body_len);

/* Google's message out of an error body, into "out", scrubbed: the text for
 * the journal.  A body that is no JSON gives its beginning. */
void upstream_error_text(const char *body, size_t body_len, const char *secret,
			 struct buf *out);

#endif
