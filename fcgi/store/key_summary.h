/* store/key_summary.h: how many keys are in which state, and which come back
 * when (SQL) */
#ifndef GB_STORE_KEY_SUMMARY_H
#define GB_STORE_KEY_SUMMARY_H

#include "base/redact.h"
#include "store/key_history.h"
#include "store/keys.h"

/* Keys of a pool. */
struct key_summary {
	int64_t standing[STANDS__MAX]; /* how many stand how */
	int64_t all;		       /* of these together */
	int64_t back_at; /* the first of the cooling; 0: none cools */
};

enum gb_err store_keys_summary(struct store *, int64_t now_ms,
			       struct key_summary pools[POOL__MAX])
    GB_NODISCARD;

/* One that cools, and until when. */
struct key_back {
	int64_t id;
	enum key_pool pool;
	char key[SECRET_MASK_SIZE]; /* masked */
	char model[129];	    /* "": for all of them */
	char reason[128];	    /* its beginning */
	int64_t at;
};

/* Those that come back first, "most" at most. */
enum gb_err store_keys_back(struct store *, int64_t now_ms,
			    struct key_back *rows, size_t most,
			    size_t *count) GB_NODISCARD;

/* A key, and how many attempts with it failed. */
struct key_failing {
	int64_t id;
	char key[SECRET_MASK_SIZE]; /* masked */
	int64_t count;
};

/* The keys of which most attempts got this status since then, of the newest
 * "look_at" that failed (1,000 of them take a millisecond); those with the most
 * first, "most" at most. */
enum gb_err store_keys_failing(struct store *, int64_t since_ms, int status,
			       int64_t look_at, struct key_failing *rows,
			       size_t most, size_t *count) GB_NODISCARD;

/*
 * The ids of keys that "text" may mean, "most" at most: a whole key, a part of
 * one, or one as it is shown, masked ("AIza…1234").  Of an empty text none.
 */
enum gb_err store_keys_find(struct store *, const char *text, int64_t *ids,
			    size_t most, size_t *count) GB_NODISCARD;

/* store_keys_summary() under db_lock(), for fcgi/store only. */
enum gb_err keys_summary_locked(struct store *, int64_t now_ms,
				struct key_summary pools[POOL__MAX])
    GB_NODISCARD;

#endif
