/* store/keys.h: Google's keys, their health, and whose turn it is (SQL) */
#ifndef GB_STORE_KEYS_H
#define GB_STORE_KEYS_H

#include "store/store.h"

#define KEY_SECRET_MIN \
	20		   /* characters of a key; no other rule decides what \
			    */
#define KEY_SECRET_MAX 256 /* one is, but "no spaces or control characters" */
#define KEY_TRIED_MAX  64  /* keys one request may try */
#define AFFINITY_SIZE  16  /* bytes of a digest that a key may be kept for */

/*
 * Every key is in one pool.  Each pool has its own rotation, and no request is
 * served by keys of another; the same key may be in both.
 */
enum key_pool {
	POOL_GEMINI, /* of the Gemini API */
	POOL_VERTEX, /* of Vertex AI's express mode */
	POOL__MAX
};

/* As people write them. */
extern const char *const key_pool_names[POOL__MAX];

enum key_state {
	KEY_READY,    /* may be picked */
	KEY_COOLING,  /* not before ready_at */
	KEY_DISABLED, /* until somebody, or a recheck, enables it */
	KEY__MAX
};

enum key_disabled_by {
	DISABLED_BY_NOBODY,
	DISABLED_BY_SYSTEM, /* a verdict; a recheck may enable it */
	DISABLED_BY_PERSON, /* only a person may enable it */
};

/* One key as it stands in the database.  Strings belong to the row. */
struct key_row {
	int64_t id;
	enum key_pool pool;
	char *secret;
	enum key_state state; /* as of the moment of reading */
	enum key_disabled_by disabled_by;
	int64_t ready_at; /* when a COOLING key comes back */
	char *reason;	  /* why it cools or is disabled; "" when READY */
	int64_t failures; /* counted in a row, cleared by a success */
	int64_t created_at;
	int64_t last_ok_at; /* 0: never */
};

struct key_rows {
	struct key_row *rows;
	size_t count;
};

void key_rows_free(struct key_rows *);

/* Whether "secret" can be a key: length, no spaces or control characters. */
bool key_secret_plausible(const char *secret, size_t len);

/*
 * Add keys that are not in the pool yet; "*added" says how many were new.  One
 * transaction.  GB_EINVAL when one is not plausible: nothing was added.
 */
enum gb_err store_keys_add(struct store *, enum key_pool, char *const *secrets,
			   size_t count, int64_t now_ms,
			   size_t *added) GB_NODISCARD;

/* All keys of all pools, by id.  The caller releases them with key_rows_free().
 */
enum gb_err store_keys_list(struct store *, int64_t now_ms,
			    struct key_rows *out) GB_NODISCARD;

/* A person's word, in force at once everywhere: enable also clears what cools
 * and counts.  GB_ENOTFOUND: no key of that id. */
enum gb_err store_key_enable(struct store *, int64_t id) GB_NODISCARD;
enum gb_err store_key_disable(struct store *, int64_t id, int64_t now_ms,
			      const char *reason) GB_NODISCARD;
enum gb_err store_key_remove(struct store *, int64_t id) GB_NODISCARD;

/* A turn: which key is next. */
struct key_turn {
	int64_t id;
	enum key_pool pool;
	char secret[KEY_SECRET_MAX + 1];
	bool has_past; /* a success has something to change: failures, a
			  streak, or a last_ok_at that is a minute old */
};

/*
 * Take the next turn for "model" ("": for no model in particular): the first
 * READY key of the pool after the one whose turn it was last, over all
 * processes, that does not cool for the model, whose list of models (lists.h),
 * if it is known, does not lack one that other lists have, and that is not
 * among the "tried_count" ids in "tried".  When no key in service has the model
 * on its list, lists do not count.  One transaction, which many threads share
 * when they come at once.  GB_ENOTFOUND when there is none, and nothing was
 * written; "*back_at" then is the earliest moment at which a key comes back for
 * the model, tried or not, or 0 when waiting is not what is missing: all are
 * disabled, or one that was tried is READY still.
 *
 * "affinity" (AFFINITY_SIZE bytes; NULL: none) asks for the key that had the
 * last turn with the same one, within an hour.  While that key is READY for
 * the model and was not tried, it has this turn too, and the rotation stays
 * where it is; else the turn is the rotation's, and its key's from now on.
 */
enum gb_err store_key_turn(struct store *, enum key_pool, const char *model,
			   int64_t now_ms, const int64_t *tried,
			   size_t tried_count, const unsigned char *affinity,
			   struct key_turn *, int64_t *back_at) GB_NODISCARD;

/*
 * Take "count" turns, at most KEY_TRIED_MAX, for as many calls of one request:
 * in one transaction, so that nobody's come between, and a key has two of them
 * only when fewer keys are READY.  Each is a turn as store_key_turn() gives it;
 * "affinity" is the first one's.  GB_ENOTFOUND: as there.
 */
enum gb_err store_key_turns(struct store *, enum key_pool, const char *model,
			    int64_t now_ms, const unsigned char *affinity,
			    struct key_turn *turns, size_t count,
			    int64_t *back_at) GB_NODISCARD;

/*
 * The turn of one key and no other, for what only that key can do; the rotation
 * stays where it is.  GB_EBUSY: it is not READY, and "*back_at" is when it is,
 * or 0 for a disabled one; GB_ENOTFOUND: there is no such key any more.
 */
enum gb_err store_key_turn_of(struct store *, int64_t id, const char *model,
			      int64_t now_ms, struct key_turn *,
			      int64_t *back_at) GB_NODISCARD;

/*
 * What became of a key.  A key that a person disabled stays as it is, and a
 * key that is not there any more is no failure.  A deadline only moves later;
 * only a person, or store_key_revive(), ends it before its time.
 *
 * A success clears the count of failures and the streak of (key, model).
 * Call it only where key_turn.has_past says that there is something to change;
 * last_ok_at is therefore exact to a minute.
 */
enum gb_err store_key_succeeded(struct store *, int64_t id, const char *model,
				int64_t now_ms) GB_NODISCARD;
enum gb_err store_key_cool(struct store *, int64_t id, int64_t until_ms,
			   const char *reason) GB_NODISCARD;
enum gb_err store_key_cool_model(struct store *, int64_t id, const char *model,
				 int64_t now_ms, int64_t until_ms,
				 const char *reason) GB_NODISCARD;
/* How often in a row (key, model) was cooled without a success between (what
 * fails while it cools already is not counted again): the step of a doubling
 * back-off; 0 the first time. */
enum gb_err store_key_model_streak(struct store *, int64_t id,
				   const char *model,
				   int64_t *streak) GB_NODISCARD;
enum gb_err store_key_disable_by_system(struct store *, int64_t id,
					int64_t now_ms,
					const char *reason) GB_NODISCARD;
/* Count a failure; at "limit" within "window_ms" (0: however long apart) the
 * key is disabled for "reason". */
enum gb_err store_key_count_failure(struct store *, int64_t id, int64_t limit,
				    int64_t window_ms, int64_t now_ms,
				    const char *reason) GB_NODISCARD;

/* A key answered although it is disabled by the system, or cools: READY again
 * at once.  "*revived" says whether there was anything to do. */
enum gb_err store_key_revive(struct store *, int64_t id, int64_t now_ms,
			     bool *revived) GB_NODISCARD;
/*
 * Take one key that the system disabled and that nobody asked about for
 * "every_ms"; from now on that is "now_ms", so that of all processes one only
 * gets it.  GB_ENOTFOUND: none is due.
 */
enum gb_err store_key_recheck_take(struct store *, int64_t now_ms,
				   int64_t every_ms,
				   struct key_turn *) GB_NODISCARD;
/* Delete at most "most" rows of (key, model) that cooled until before
 * "before_ms", for models that nobody asks for any more. */
enum gb_err store_keys_forget_models(struct store *, int64_t before_ms,
				     int64_t most,
				     int64_t *deleted) GB_NODISCARD;

/* How many keys a pool has, and how many of them are READY or COOLING. */
enum gb_err store_keys_count(struct store *, enum key_pool, int64_t *all,
			     int64_t *enabled) GB_NODISCARD;

#endif
