/* store/failed_bodies.h: bodies of requests that failed, for a while (SQL) */
#ifndef GB_STORE_FAILED_BODIES_H
#define GB_STORE_FAILED_BODIES_H

#include "store/journal_read.h"
#include "store/store.h"

#define FAILED_BODIES_MAX 2000 /* that are kept, the newest */

struct journal_entry;

/* A failed request of which the body was kept.  It is in the journal: once its
 * rows go, the body is gone. */
struct failed_body {
	int64_t time_ms;
	char request_id[33];
	char token[65];
	char endpoint[64];
	char model[129];
	int status;
	char error_class[64];
	char *body; /* NULL in lists */
};

struct failed_bodies {
	struct failed_body *rows; /* the newest first */
	size_t count;
};

/* Within the lock, when the entry's rows are written. */
enum gb_err failed_body_put_locked(struct store *,
				   const struct journal_entry *) GB_NODISCARD;

/* The newest ones, 100 at most, to be freed with failed_bodies_free(), also on
 * failure. */
enum gb_err store_failed_bodies(struct store *,
				struct failed_bodies *) GB_NODISCARD;
void failed_bodies_free(struct failed_bodies *);

/*
 * The one of this request, and its attempts, to be freed with
 * failed_body_release() and journal_attempts_free(), also on failure.
 * GB_ENOTFOUND: none was kept.
 */
enum gb_err store_failed_body(struct store *, const char *request_id,
			      struct failed_body *,
			      struct journal_attempts *) GB_NODISCARD;
void failed_body_release(struct failed_body *);

/* As store_journal_delete_attempts(). */
enum gb_err store_failed_bodies_delete(struct store *, int64_t before_ms,
				       int64_t most,
				       int64_t *deleted) GB_NODISCARD;

#endif
