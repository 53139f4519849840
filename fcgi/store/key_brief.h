/* key_brief.h: as little of keys as a choice among them needs (SQL) */
#ifndef GB_STORE_KEY_BRIEF_H
#define GB_STORE_KEY_BRIEF_H

#include "base/redact.h"
#include "base/secret.h"
#include "store/keys.h"

struct key_brief {
	int64_t id;
	enum key_pool pool;
	enum key_state state; /* as of the moment of reading */
	char mask[SECRET_MASK_SIZE];
};

/* The first "most" keys of all pools, by id, into "*out", which the caller
 * frees, on failure too. */
enum gb_err store_keys_brief(struct store *, int64_t now_ms, int64_t most,
			     struct key_brief **out,
			     size_t *count) GB_NODISCARD;

/* One of them; GB_ENOTFOUND. */
enum gb_err store_key_brief(struct store *, int64_t id, int64_t now_ms,
			    struct key_brief *) GB_NODISCARD;

#endif
