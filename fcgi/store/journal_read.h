/*
 * store/journal_read.h: pages of the journal's rows, the newest first (SQL).
 *
 * However many rows there are, and however few of them fit, a page comes within
 * some 30 ms: it may then be short, and yet not the last one.  Hours that have
 * no such row, which their sums tell (usage.h), are passed over.
 */
#ifndef GB_STORE_JOURNAL_READ_H
#define GB_STORE_JOURNAL_READ_H

#include "base/redact.h"
#include "store/store.h"

#define JOURNAL_PAGE_MAX 500

/* Which rows are wanted.  All zero: all. */
struct journal_filter {
	int64_t since_ms, until_ms; /* from and before; 0: without that end */
	const char *token;	    /* its name; NULL: any; of requests only */
	int64_t key_id;		    /* 0: any */
	const char *model;	    /* NULL: any */
	const char *endpoint;	    /* NULL: any; of requests only */
	int status;		    /* 0: any */
	const char *error_class;    /* NULL: any */
	const char *text; /* a part of the request's id or, of attempts, of the
			     text, in capitals or not; NULL: any */
};

/* Between two rows: where a page ended and the next one begins.  All zero: at
 * the newest. */
struct journal_cursor {
	int64_t time_ms, id;
};

/* A finished request. */
struct journal_request {
	int64_t id, time_ms;
	char request_id[33];
	char token[65];
	int64_t key_id;
	char key[SECRET_MASK_SIZE]; /* masked; "": none, or deleted */
	char endpoint[64];
	char model[129];
	bool stream, hung_up;
	int status, attempts;
	int64_t first_byte_ms, total_ms;
	int64_t prompt_tokens, completion_tokens, reasoning_tokens,
	    cached_tokens, tool_tokens, audio_in_tokens, image_in_tokens,
	    video_in_tokens, audio_out_tokens, image_out_tokens;
	int64_t cost; /* micro-USD; -1: nobody knows */
	char error_class[64];
};

struct journal_requests {
	struct journal_request *rows;
	size_t count;
	struct journal_cursor next;
	bool more; /* go on at "next", also when there are no rows here */
};

/* An attempt that failed.  A filter for what only requests have finds none. */
struct journal_failed {
	int64_t id, time_ms;
	char request_id[33];
	int64_t key_id;
	char key[SECRET_MASK_SIZE];
	char model[129];
	int status;
	char error_class[64];
	char *text; /* Google's words */
};

struct journal_attempts {
	struct journal_failed *rows;
	size_t count;
	struct journal_cursor next;
	bool more;
};

void journal_requests_free(struct journal_requests *);
void journal_attempts_free(struct journal_attempts *);

/* The page behind "from" (NULL: the first), of "most" rows at most, which are
 * no more than JOURNAL_PAGE_MAX. */
enum gb_err store_journal_requests(struct store *,
				   const struct journal_filter *,
				   const struct journal_cursor *from,
				   size_t most,
				   struct journal_requests *) GB_NODISCARD;
enum gb_err store_journal_attempts(struct store *,
				   const struct journal_filter *,
				   const struct journal_cursor *from,
				   size_t most,
				   struct journal_attempts *) GB_NODISCARD;

/* The ids of such a page's rows, for "ids" to have room for "most" of them;
 * "*at" moves on from where it is. */
enum journal_table {
	JOURNAL_REQUESTS,
	JOURNAL_ATTEMPTS
};
enum gb_err store_journal_ids(struct store *, enum journal_table,
			      const struct journal_filter *,
			      struct journal_cursor *at, size_t most,
			      int64_t *ids, size_t *count,
			      bool *more) GB_NODISCARD;

/* One row; GB_ENOTFOUND.  The attempt's "text" is to be freed, also then. */
enum gb_err store_journal_request(struct store *, int64_t id,
				  struct journal_request *) GB_NODISCARD;
enum gb_err store_journal_attempt(struct store *, int64_t id,
				  struct journal_failed *) GB_NODISCARD;

/* The failed attempts of a request, the newest first. */
enum gb_err store_journal_attempts_of(struct store *,
				      const struct journal_request *,
				      struct journal_attempts *) GB_NODISCARD;

/* The request that an attempt belongs to.  GB_ENOTFOUND: it was deleted, or so
 * many came between that a page's time was not enough to find it. */
enum gb_err store_journal_request_of(struct store *,
				     const struct journal_failed *,
				     struct journal_request *) GB_NODISCARD;

#endif
