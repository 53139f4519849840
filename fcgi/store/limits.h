/*
 * limits.h: what an access token may use, kept over all processes (SQL).
 *
 * A request reserves before it calls upstream what it may take at most, and
 * settles with what it took when it has ended, each in one short transaction.
 * What it uses counts for the minute, the day and the month in which it began;
 * these are the clock's, days and months in the zone of clock_set_zone(), so
 * that a limit has one meaning everywhere and its end is known.  What is
 * reserved counts as used; it is given back by itself when the process that
 * reserved it does not say for LEASE_MS that it lives.
 *
 * Money is whole micro-USD.
 */
#ifndef GB_STORE_LIMITS_H
#define GB_STORE_LIMITS_H

#include "store/store.h"

#define LEASE_MS INT64_C(20000) /* a reservation lives without a renewal */

/* What is limited.  Columns of tokens. */
enum token_limit {
	LIMIT_PARALLEL, /* requests under way */
	LIMIT_MINUTE_REQUESTS,
	LIMIT_MINUTE_TOKENS,
	LIMIT_DAY_REQUESTS,
	LIMIT_DAY_TOKENS,
	LIMIT_DAY_COST,
	LIMIT_MONTH_REQUESTS,
	LIMIT_MONTH_TOKENS,
	LIMIT_MONTH_COST,
	LIMIT__MAX
};

enum token_span {
	SPAN_MINUTE,
	SPAN_DAY,
	SPAN_MONTH,
	SPAN__MAX
};

enum token_measure {
	MEASURE_REQUESTS,
	MEASURE_TOKENS,
	MEASURE_COST,
	MEASURE__MAX
};

/* As people write and read them; LIMIT_PARALLEL has no span: SPAN__MAX. */
struct token_limit_kind {
	const char *name; /* "requests-per-minute" */
	enum token_span span;
	enum token_measure measure;
};
extern const struct token_limit_kind token_limit_kinds[LIMIT__MAX];

/* What was used since the start of a span. */
struct token_use {
	int64_t start, end; /* of the span */
	int64_t used[MEASURE__MAX];
	int64_t reserved[MEASURE__MAX]; /* by requests under way that began in
					   it */
};

/* What a request may take at most. */
struct limit_want {
	int64_t token_id;
	const int64_t *limits; /* [LIMIT__MAX]; 0: none */
	const char *model;     /* for the price; "": costs nothing */
	int64_t input;	       /* tokens */
	int64_t output;	       /* tokens that it names as the most */
	int64_t open_output;   /* tokens of answers that it names no most for:
				  reserved as far as there is room */
	bool full;	       /* as many are under way as may be, whatever
				  the rows say */
	int64_t now_ms;	       /* wall time */
	int64_t mono_ms;       /* clock_mono_ms() */
};

/* A reservation.  "owner" and "number" are the caller's and name it. */
struct limit_lease {
	int64_t token_id;
	int64_t owner, number;
	int64_t began_ms;
	int64_t starts[SPAN__MAX];
};

/* What is left of the limit that is nearest to its end. */
struct limit_room {
	int64_t limit; /* 0: there is no such limit */
	int64_t left;
	int64_t reset_ms; /* wall time: when it is whole again */
};

struct limit_answer {
	struct limit_room requests, tokens;
	/* when it is refused */
	enum token_limit broken;
	int64_t limit, want; /* its number; what the request may take of it */
	int64_t back_ms;     /* wall time: when it is worth coming back */
	bool never;	     /* the request alone is more than the limit */
};

/*
 * Reserve.  GB_EBUSY: a limit forbids it; "answer" says which one, the one that
 * lasts longest of several, and nothing was written.  A model without a price
 * counts as free.
 */
enum gb_err store_limit_reserve(struct store *, const struct limit_want *,
				struct limit_lease *lease,
				struct limit_answer *answer) GB_NODISCARD;

/* Say that these live: they last until "mono_ms" + LEASE_MS. */
enum gb_err store_limit_renew(struct store *, const struct limit_lease *leases,
			      size_t count, int64_t mono_ms) GB_NODISCARD;

/* Give one back as if it had never been. */
enum gb_err store_limit_return(struct store *,
			       const struct limit_lease *) GB_NODISCARD;

/* What a token used, and what is reserved now. */
enum gb_err store_limit_use(struct store *, int64_t token_id, int64_t now_ms,
			    int64_t mono_ms, struct token_use use[SPAN__MAX],
			    int64_t *parallel) GB_NODISCARD;

/* For fcgi/store, within a transaction: the request has ended, and this is what
 * it took.  A lease that has run out is settled all the same. */
enum gb_err limit_settle_locked(struct store *, const struct limit_lease *,
				int64_t tokens, int64_t cost,
				int64_t now_ms) GB_NODISCARD;

#endif
