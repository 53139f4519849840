/* store/journal_delete.h: deleting what a person chose from the journal */
#ifndef GB_STORE_JOURNAL_DELETE_H
#define GB_STORE_JOURNAL_DELETE_H

#include "store/journal_read.h"

/* How far it came. */
struct journal_deleted {
	int64_t rows; /* that went */
	bool more;    /* its time was over before all had gone */
};

/*
 * Delete the rows that fit the filter, in steps of a few milliseconds so that
 * nobody waits for the lock, for "most_ms" at most: what came before has gone
 * then, also on failure.  Requests are added to the sums (usage.h) before.
 */
enum gb_err store_journal_delete_requests_of(
    struct store *, const struct journal_filter *, int64_t most_ms,
    struct journal_deleted *) GB_NODISCARD;
enum gb_err store_journal_delete_attempts_of(
    struct store *, const struct journal_filter *, int64_t most_ms,
    struct journal_deleted *) GB_NODISCARD;

/* The same for rows of these ids. */
enum gb_err store_journal_delete_chosen_requests(
    struct store *, const int64_t *ids, size_t count,
    struct journal_deleted *) GB_NODISCARD;
enum gb_err store_journal_delete_chosen_attempts(
    struct store *, const int64_t *ids, size_t count,
    struct journal_deleted *) GB_NODISCARD;

#endif
