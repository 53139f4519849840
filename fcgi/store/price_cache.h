/* price_cache.h: the prices in force, as a connection keeps them; for
 * fcgi/store only */
#ifndef GB_STORE_PRICE_CACHE_H
#define GB_STORE_PRICE_CACHE_H

#include "store/journal.h"

struct price_cache;

/* NULL is fine. */
void price_cache_free(struct price_cache *);

/* store_cost() within the lock; in a transaction, by its prices. */
enum gb_err price_cost_locked(struct store *, const struct journal_entry *,
			      int64_t *cost) GB_NODISCARD;

#endif
