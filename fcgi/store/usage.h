/*
 * store/usage.h: sums of the journal's rows by hour and by day (SQL).
 *
 * They stay when the rows go.  The sums of each dimension are those of all rows
 * that were ever rolled up, at any moment and whatever is killed: a row is
 * added to them in the transaction that marks it as added, and is deleted only
 * after that.
 */
#ifndef GB_STORE_USAGE_H
#define GB_STORE_USAGE_H

#include "store/store.h"

/* What sums are kept by. */
enum usage_by {
	USAGE_BY_ALL, /* one sum of all */
	USAGE_BY_TOKEN,
	USAGE_BY_KEY,
	USAGE_BY_MODEL, /* one that there is not (404) is "": clients can make
			   up such names without end */
	USAGE_BY_ENDPOINT,
	USAGE_BY_STATUS,
	USAGE_BY_KEY_MODEL, /* "17 gemini-…": a key's id, a blank, a model */
	USAGE_BY__MAX
};

/*
 * What is summed up, each a column of both tables.  failed are those with a
 * status of 400 and more; unpriced those that have no cost; first_bytes those
 * that have a first byte, and first_byte_ms its times.  The last ones are a
 * histogram of total_ms: requests that took less than usage_took_ms[…], and not
 * less than the bound before it.
 */
#define USAGE_SUMS(X) \
	X(REQUESTS, requests) \
	USAGE_OTHER_SUMS(X)
#define USAGE_OTHER_SUMS(X) \
	X(FAILED, failed) \
	X(ATTEMPTS, attempts) \
	X(PROMPT, prompt_tokens) \
	X(CACHED, cached_tokens) \
	X(TOOL, tool_tokens) \
	X(AUDIO_IN, audio_in_tokens) \
	X(IMAGE_IN, image_in_tokens) \
	X(VIDEO_IN, video_in_tokens) \
	X(COMPLETION, completion_tokens) \
	X(REASONING, reasoning_tokens) \
	X(AUDIO_OUT, audio_out_tokens) \
	X(IMAGE_OUT, image_out_tokens) \
	X(COST, cost) \
	X(UNPRICED, unpriced) \
	X(TOTAL_MS, total_ms) \
	X(FIRST_BYTES, first_bytes) \
	X(FIRST_BYTE_MS, first_byte_ms) \
	X(TOOK_0, took_100ms) \
	X(TOOK_1, took_250ms) \
	X(TOOK_2, took_500ms) \
	X(TOOK_3, took_1s) \
	X(TOOK_4, took_2500ms) \
	X(TOOK_5, took_5s) \
	X(TOOK_6, took_10s) \
	X(TOOK_7, took_30s) \
	X(TOOK_8, took_60s) \
	X(TOOK_9, took_longer)

enum usage_sum {
#define USAGE_NUMBER(number, column) USAGE_##number,
	USAGE_SUMS(USAGE_NUMBER)
#undef USAGE_NUMBER
	USAGE__MAX
};

#define USAGE_TOOK (USAGE__MAX - USAGE_TOOK_0) /* steps of the histogram */

extern const char *const usage_names[USAGE__MAX]; /* "prompt_tokens" … */
extern const int64_t usage_took_ms[USAGE_TOOK];	  /* 0: no bound */

/* Sums of one value, or of one stretch of time. */
struct usage_row {
	char value[160];  /* a name; of a key, masked; of a status, "200" */
	int64_t number;	  /* of a key, its id; of a status, itself */
	int64_t start_ms; /* of an hour or day */
	int64_t n[USAGE__MAX];
};

struct usage_rows {
	struct usage_row *rows;
	size_t count;
	int64_t behind; /* rows of the journal that are not in it yet */
};

void usage_rows_free(struct usage_rows *);

/* Milliseconds within which "percent" of the requests were answered, as the
 * histogram lets one guess: 60,000 where it takes longer; -1: there are none.
 */
int64_t usage_percentile(const struct usage_row *, int percent);

/* Reports of a month may take some 20 ms, for which they have the connection:
 * whoever serves requests over it had better open another one for them. */

#define USAGE_NO_END INT64_MAX

/*
 * Sums by "by" of the hours that begin at "since_ms" or later and before
 * "until_ms", those with the most requests first.  A key that was deleted has
 * no mask.  Whoever wants the last requests too calls store_usage_catch_up()
 * first.
 */
enum gb_err store_usage_by(struct store *, enum usage_by by, int64_t since_ms,
			   int64_t until_ms, struct usage_rows *) GB_NODISCARD;

enum usage_step {
	USAGE_HOURLY,
	USAGE_DAILY, /* days of the zone; kept hours are what they are made of
		      */
};

/*
 * The same in stretches of time, the first one first and without those that
 * nothing happened in, of one value: "value" is a name, "number" a key's id or
 * a status; for USAGE_BY_ALL neither counts.
 */
enum gb_err store_usage_series(struct store *, enum usage_by by,
			       const char *value, int64_t number,
			       enum usage_step step, int64_t since_ms,
			       int64_t until_ms,
			       struct usage_rows *) GB_NODISCARD;

/*
 * Add some rows of the journal, "most" at most, to the sums, in one
 * transaction;
 * "*added" says how many, 0 that none is left.  GB_EBUSY: another process has
 * added them meanwhile.
 */
enum gb_err store_usage_roll(struct store *, int64_t most,
			     int64_t *added) GB_NODISCARD;

/* What who waits for it may grant store_usage_catch_up(); it keeps requests
 * from the database meanwhile. */
#define CATCH_UP_PAGE_MS    5	  /* a browser; many at once */
#define CATCH_UP_METRICS_MS 500	  /* monitoring; one in some seconds */
#define CATCH_UP_DELETE_MS  2000  /* before rows are deleted */
#define CATCH_UP_ALL_MS	    60000 /* a person, at a prompt */

/* Add all that there are, in short steps, for "most_ms" at most; failures are
 * logged, and what is left is for the next time. */
void store_usage_catch_up(struct store *, int64_t most_ms);

/* Delete at most "most" sums of hours that began before "before_ms"; those of
 * days stay. */
enum gb_err store_usage_delete_hours(struct store *, int64_t before_ms,
				     int64_t most,
				     int64_t *deleted) GB_NODISCARD;

#endif
