/* store/journal.h: one row a finished request, one a failed attempt (SQL) */
#ifndef GB_STORE_JOURNAL_H
#define GB_STORE_JOURNAL_H

#include "store/store.h"

#define JOURNAL_TEXT_MAX 2048 /* bytes kept of Google's error text */

/* The error class of a host for pictures that failed. */
#define PICTURE_HOST_FAILED "picture_host"

/* One attempt that failed.  Strings are borrowed. */
struct journal_attempt {
	int64_t time_ms;
	int64_t key_id;
	int status;		 /* of upstream; 0: none came */
	const char *error_class; /* the verdict's, "rate_limit_day" … */
	char *text;		 /* Google's words, scrubbed of secrets */
};

struct limit_lease;

/* One finished request.  Strings are borrowed unless said. */
struct journal_entry {
	int64_t time_ms; /* when it arrived */
	char request_id[33];
	char token[65];	      /* the client token's name; "" for none */
	int64_t key_id;	      /* that answered last; 0: none was asked */
	const char *endpoint; /* a route's name: "chat.completions" … */
	char model[129];
	bool stream;
	bool hung_up;	       /* the client did */
	int status;	       /* what the client got */
	int attempts;	       /* upstream calls made */
	int64_t first_byte_ms; /* from arrival to the first output; -1 */
	int64_t total_ms;
	int64_t prompt_tokens, completion_tokens, reasoning_tokens,
	    cached_tokens;	     /* as in OpenAI's usage */
	int64_t cached_audio_tokens; /* of the cached */
	int64_t tool_tokens; /* of the prompt: from tools that Google ran */
	int64_t audio_in_tokens, image_in_tokens,
	    video_in_tokens;			    /* of the prompt */
	int64_t audio_out_tokens, image_out_tokens; /* of the completion */
	int64_t longest_prompt;	 /* of its upstream calls, for the price */
	char google_model[129];	 /* as upstream was asked for it */
	char billed_model[96];	 /* as upstream calls it; "": it did not say */
	char service_tier[16];	 /* "flex", "priority"; "": the usual one */
	const char *error_class; /* "" when it went well */
	const char *body;	 /* to be kept; NULL: it is not */
	struct journal_attempt *failed; /* the failed attempts */
	size_t failed_count;
	/* what it had reserved, to be settled with what it took; NULL: nothing,
	 * borrowed */
	const struct limit_lease *lease;
};

/* A failed attempt, as it was written. */
struct journal_failure {
	int64_t time_ms;
	int status;
	char *text;
};

struct journal_failures {
	struct journal_failure *rows; /* the newest first */
	size_t count;
};

/* The last 20 attempts of class PICTURE_HOST_FAILED among the newest 20,000, to
 * be freed with journal_failures_free(), also on failure. */
enum gb_err store_journal_picture_failures(
    struct store *, struct journal_failures *) GB_NODISCARD;
void journal_failures_free(struct journal_failures *);

/* Write them all, with their attempts and what they cost by the prices in force
 * when they came (prices.h), in one transaction: all or none.  Counts of tokens
 * are bounded, so that no sum overflows. */
enum gb_err store_journal_write(struct store *,
				const struct journal_entry *const *entries,
				size_t count) GB_NODISCARD;

/* Delete at most "most" rows older than "before_ms", of requests only those
 * that are in the sums (usage.h); "*deleted" says how many went, so that a
 * caller goes on until it is less than "most". */
enum gb_err store_journal_delete_requests(struct store *, int64_t before_ms,
					  int64_t most,
					  int64_t *deleted) GB_NODISCARD;
enum gb_err store_journal_delete_attempts(struct store *, int64_t before_ms,
					  int64_t most,
					  int64_t *deleted) GB_NODISCARD;

/* Delete the rows of these ids, those that there are, in one transaction: of
 * requests only those that are in the sums. */
enum gb_err store_journal_delete_request_ids(struct store *, const int64_t *ids,
					     size_t count,
					     int64_t *deleted) GB_NODISCARD;
enum gb_err store_journal_delete_attempt_ids(struct store *, const int64_t *ids,
					     size_t count,
					     int64_t *deleted) GB_NODISCARD;

/* Up to which rows the oldest have to go. */
struct journal_cut {
	int64_t bytes;			/* that all rows take now, about */
	int64_t request_id, attempt_id; /* 0: none has to */
};

/*
 * See how much has to go, requests and attempts by the same share, so that all
 * rows together take no more than "max" bytes.  What a row takes is judged by a
 * few hundred rows.  The file does not shrink: new rows take the place.
 */
enum gb_err store_journal_measure(struct store *, int64_t max,
				  struct journal_cut *) GB_NODISCARD;

/* Delete at most "most" rows up to this one, of requests only those that are in
 * the sums. */
enum gb_err store_journal_cut_requests(struct store *, int64_t id, int64_t most,
				       int64_t *deleted) GB_NODISCARD;
enum gb_err store_journal_cut_attempts(struct store *, int64_t id, int64_t most,
				       int64_t *deleted) GB_NODISCARD;

#endif
