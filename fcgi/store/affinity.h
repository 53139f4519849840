/*
 * affinity.h: which key answered somebody's requests of one kind last; for
 * fcgi/store only.
 *
 * Google's implicit cache is a project's, so a conversation that stays with
 * its key costs less.  It is a wish and no more: nothing fails for want of it.
 */
#ifndef GB_STORE_AFFINITY_H
#define GB_STORE_AFFINITY_H

#include "store/db.h"
#include "store/keys.h"

#define AFFINITY_MS INT64_C(3600000) /* after its last use it is forgotten */

/*
 * Within a transaction: the key that "digest" (AFFINITY_SIZE bytes) belongs
 * to, as a turn for "model".  GB_ENOTFOUND: it belongs to none, or that is not
 * READY for the model, or of another tier, or among "tried", a JSON array of
 * ids.
 */
enum gb_err affinity_turn(struct store *, const unsigned char *digest,
			  const char *model, int64_t now_ms, int tier,
			  const char *tried, struct key_turn *) GB_NODISCARD;

/* Within a transaction: from now on it belongs to this key. */
enum gb_err affinity_bind(struct store *, const unsigned char *digest,
			  int64_t key_id, int64_t now_ms) GB_NODISCARD;

/* Delete at most "most" of those last used before "before_ms". */
enum gb_err affinity_expire(struct store *, int64_t before_ms, int64_t most,
			    int64_t *deleted) GB_NODISCARD;

#endif
