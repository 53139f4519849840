/*
 * verdict.h: what an upstream answer says about the request and about the key.
 *
 * One table of rows, from protocol facts about Google's errors; pure, no clock
 * of its own, no database.  The numbers of the rows are those of the table in
 * tests/unit/test_verdict.c and in README.
 */
#ifndef GB_KEYS_VERDICT_H
#define GB_KEYS_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VERDICT_REASON_MAX 160 /* bytes of a reason, with NUL */
#define VERDICT_NAME_MAX   129 /* of a model's, quota's or project's name */

/* How the exchange itself went, apart from what the answer said. */
enum answer_fault {
	ANSWER_COMPLETE, /* status and body are all there */
	ANSWER_NETWORK,	 /* no connection, TLS or proxy fault, cut off */
	ANSWER_EXIT,	 /* it did not go out: nothing to judge */
	ANSWER_TIMEOUT,	 /* one of our limits passed */
	ANSWER_EMPTY,	 /* 200 without any output (row 33) */
	ANSWER_GARBAGE,	 /* 200 that is not what the protocol says */
};

struct answer {
	enum answer_fault fault;
	int status;	  /* HTTP; 0 when none came */
	const char *body; /* the error body; object, [object], HTML, or "" */
	size_t body_len;
	const char *secret; /* the key that was sent, to be masked in the
			       reason; NULL: none */
	bool object;	    /* the request names what belongs to a key: that
			       it may not have it is not the key's fault */
	int64_t now_ms;	    /* since 1970 UTC */
	int64_t streak;	    /* store_key_model_streak(): row 25 doubles by it */
	const char *exit;   /* exit_name() of the way it took; NULL: direct */
	const char *request_id; /* whose it is, for the history; NULL: none */
};

/* What to do with the request. */
enum verdict_retry {
	RETRY_NO,     /* the answer is the client's */
	RETRY_OTHER,  /* on another key */
	RETRY_ONCE,   /* on another key, but only once for this row */
	RETRY_TWICE,  /* on another key, at most twice for this row */
	RETRY_THRICE, /* after a pause, at most three times */
};

/* What to do with the key. */
enum verdict_action {
	KEY_KEEP,	/* nothing: not its fault */
	KEY_COOL,	/* rest the key until until_ms */
	KEY_COOL_MODEL, /* rest (key, model) until until_ms */
	KEY_COUNT,	/* count a failure; disabled at strikes in window */
	KEY_DISABLE,	/* out, until a person or a recheck says so */
};

struct verdict {
	int row; /* 1 to 33, 0: a plain success, 34: none fitted */
	enum verdict_retry retry;
	enum verdict_action action;
	int64_t until_ms;  /* for the cooling ones */
	int64_t pause_ms;  /* wait this long before the retry */
	int strikes;	   /* for KEY_COUNT; 0: the max_failures setting */
	int64_t window_ms; /* for KEY_COUNT; 0: however long apart */
	bool terminal_day; /* the quota of a day (or money) ran out: tell the
			      client not to try again soon */
	const char *error_class; /* for the journal: "key_invalid" … static */
	char reason[VERDICT_REASON_MAX]; /* for people, scrubbed of secrets */
	char model[VERDICT_NAME_MAX];	 /* KEY_COOL_MODEL: the name that Google
					    gave, when it differs from the one
					    asked; else "" */
	bool project; /* the action is for all keys of the key's project */
	char consumer[VERDICT_NAME_MAX]; /* that project, "projects/123", where
					    the answer names it; else "" */
	char quota[VERDICT_NAME_MAX]; /* the id of the quota that ran out; "" */
	int64_t quota_value;	      /* how much it is; 0: not told */
};

/* Judge "answer" to a request for "model".  "*out" is wholly written. */
void verdict_judge(const struct answer *, const char *model,
		   struct verdict *out);

/*
 * The key in templates/strings.* of our words that a reason begins with, and
 * what follows them in "*rest"; NULL: it begins with none, and "*rest" is all.
 */
const char *verdict_reason_key(const char *reason, const char **rest);

#endif
