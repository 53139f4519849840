/*
 * key_history.h: what became of keys, a row a transition (SQL).
 *
 * A deadline that passes is no transition: the row that set it tells it.  A
 * row stays when its key goes, until it is too old or one too many.
 */
#ifndef GB_STORE_KEY_HISTORY_H
#define GB_STORE_KEY_HISTORY_H

#include "store/store.h"

#define KEY_HISTORY_PAGE_MAX 1000 /* rows of one page */

/* How a key, or a key for one model, stands. */
enum key_standing {
	STANDS_READY,
	STANDS_COOLING,
	STANDS_DISABLED, /* by a verdict: a recheck may enable it */
	STANDS_OFF,	 /* by a person, who alone may enable it */
	STANDS__MAX
};

/* Why it changed. */
enum key_cause {
	CAUSE_ANSWER,  /* what Google answered to a call with it */
	CAUSE_PROJECT, /* … with another key of its project */
	CAUSE_PERSON,
	CAUSE_PROBE, /* it answered when it was asked whether it works */
	CAUSE_BLAME, /* what it was charged with is another's fault */
	CAUSE__MAX
};

/* As people read them. */
extern const char *const key_standing_names[STANDS__MAX];
extern const char *const key_cause_names[CAUSE__MAX];

/* One transition.  Strings belong to the row. */
struct key_event {
	int64_t id; /* grows with time */
	int64_t time_ms;
	int64_t key_id;
	char *model;		/* "": the whole key */
	enum key_standing from; /* the same as "to": only counted, or later */
	enum key_standing to;
	int64_t until_ms; /* of COOLING; else 0 */
	enum key_cause cause;
	int status;	   /* of the answer; 0: there was none */
	char *error_class; /* of the verdict: "key_invalid" …; "" */
	char *request_id;  /* that got the answer; "" */
	char *reason;	   /* in words, without secrets */
};

struct key_events {
	struct key_event *rows;
	size_t count;
};

void key_events_free(struct key_events *);

/* Which rows; 0 and NULL stand for all. */
struct key_history_filter {
	int64_t key_id;
	const char *model;
	int64_t since_ms, until_ms; /* from the one, before the other */
	int64_t before_id;	    /* the last row of the page before */
	size_t limit;		    /* at most KEY_HISTORY_PAGE_MAX, or that */
};

/* The newest first; on success ended by key_events_free(). */
enum gb_err store_key_history(struct store *, const struct key_history_filter *,
			      struct key_events *) GB_NODISCARD;

/* Delete at most "most" rows from before "before_ms", or beyond the newest
 * "keep"; "*deleted" says how many went. */
enum gb_err store_key_history_expire(struct store *, int64_t before_ms,
				     int64_t most,
				     int64_t *deleted) GB_NODISCARD;
enum gb_err store_key_history_trim(struct store *, int64_t keep, int64_t most,
				   int64_t *deleted) GB_NODISCARD;

/* --- for fcgi/store only -------------------------------------------------- */

/* SQL: how key "k" stands at "now". */
#define KEY_STANDING(k, now) \
	"CASE " k ".disabled_by WHEN 0 THEN " k ".ready_at > " now " ELSE " k \
	".disabled_by + 1 END"

/* SQL: what a row is made of, by a SELECT of twelve columns. */
#define KEY_EVENT_INTO \
	"INSERT INTO key_events (time_ms, key_id, model, from_state," \
	" to_state, until_ms, cause, status, error_class, request_id," \
	" reason, quota) "

#endif
