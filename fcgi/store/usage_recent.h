/* store/usage_recent.h: sums of the last rows, before any hour is over (SQL) */
#ifndef GB_STORE_USAGE_RECENT_H
#define GB_STORE_USAGE_RECENT_H

#include "store/usage.h"

#define USAGE_RECENT_MAX 20000 /* rows that are looked at: some 10 ms */

/*
 * Sums of the requests that came since then, of the newest USAGE_RECENT_MAX of
 * them; "row->start_ms" is when the oldest of them came, or "since_ms" where
 * all are in it.
 */
enum gb_err store_usage_recent(struct store *, int64_t since_ms,
			       struct usage_row *row) GB_NODISCARD;

#endif
