/*
 * key_wishes.h: what a person wants of keys, one or a hundred thousand (SQL).
 *
 * Each wish is one transaction, in force with the next turn in every process,
 * and leaves a row in the history for each key whose state it changed.
 */
#ifndef GB_STORE_KEY_WISHES_H
#define GB_STORE_KEY_WISHES_H

#include "store/key_history.h"
#include "store/keys.h"

#define KEYS_PAGE_MAX 1000

/* Which keys; what is not set stands for all. */
struct key_filter {
	const char *ids; /* a JSON array of their ids */
	bool by_pool, by_standing, by_tier;
	enum key_pool pool;
	enum key_tier tier;
	enum key_standing standing; /* of the whole key, now */
	const char *project;	    /* "": those without one */
	const char *words;	    /* somewhere in the reason, any case */
};

enum key_wish {
	WISH_ENABLE,  /* READY at once: rests, counts and charges are forgotten,
			 for each model too */
	WISH_DISABLE, /* until a person enables it */
	WISH_CLEAR,   /* as WISH_ENABLE, but what is disabled stays so */
	WISH_REMOVE,
	WISH_PROJECT,	   /* it is of this project; "": of none */
	WISH_ENABLE_MODEL, /* the same for one model */
	WISH_DISABLE_MODEL,
	WISH_CLEAR_MODEL,
	WISH__MAX
};

struct key_wish_of {
	enum key_wish wish;
	const char *text;  /* the reason, or the project; else "" */
	const char *model; /* of …_MODEL; else "" */
};

/* Carry it out; "*chosen" says how many keys that is true of now.  GB_EINVAL:
 * that is not plausible as a project's name. */
enum gb_err store_keys_wish(struct store *, const struct key_filter *,
			    const struct key_wish_of *, int64_t now_ms,
			    int64_t *chosen) GB_NODISCARD;

/* Say this of keys, in one transaction; "*chosen" says of how many.  GB_EINVAL:
 * it is not plausible (key_fields_plausible()). */
enum gb_err store_keys_set(struct store *, const struct key_filter *,
			   const struct key_fields *, int64_t now_ms,
			   int64_t *chosen) GB_NODISCARD;

/* A page of those after "after_id", by id, at most KEYS_PAGE_MAX; ended by
 * key_rows_free() on success. */
enum gb_err store_keys_page(struct store *, const struct key_filter *,
			    int64_t now_ms, int64_t after_id, size_t limit,
			    struct key_rows *) GB_NODISCARD;

#endif
