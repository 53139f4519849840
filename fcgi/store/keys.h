/* store/keys.h: Google's keys, their health, and whose turn it is (SQL) */
#ifndef GB_STORE_KEYS_H
#define GB_STORE_KEYS_H

#include "store/store.h"

#define KEY_SECRET_MIN \
	20		    /* characters of a key; no other rule decides what \
			     */
#define KEY_SECRET_MAX	256 /* one is, but "no spaces or control characters" */
#define KEY_PROJECT_MAX 100 /* bytes of a project's name */
#define KEY_WEIGHT_MAX	100 /* turns of a key to one of another's */
#define KEY_MODELS_MAX	512 /* bytes of all patterns with their commas */
#define KEY_NOTE_MAX	500 /* bytes of a note */
#define KEY_TRIED_MAX	64  /* keys one request may try */
#define AFFINITY_SIZE	16  /* bytes of a digest that a key may be kept for */

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

/* Keys of a later tier are asked only when none of those before is READY. */
enum key_tier {
	TIER_FREE,
	TIER_PAID,
	TIER__MAX
};

/* As people write them. */
extern const char *const key_tier_names[TIER__MAX];

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

/* Who says so; a later one of these is believed more. */
enum key_project_by {
	PROJECT_BY_NOBODY,
	PROJECT_BY_GUESS,  /* it ran dry together with others */
	PROJECT_BY_GOOGLE, /* an answer named it */
	PROJECT_BY_PERSON,
};
#define PROJECT_BY_PERSON_TEXT "3"

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
	char *project;	    /* whose quotas it shares; "": nobody knows */
	enum key_project_by project_by;
	char *resting; /* models that it rests for, "a, b"; "" */
	enum key_tier tier;
	int64_t weight; /* 1 to KEY_WEIGHT_MAX */
	char *models;	/* that it may serve, patterns with commas between;
			   "": all */
	char *note;
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

/* The same, and all of them, known already or not, are of this project (NULL:
 * they stay as they are). */
enum gb_err store_keys_add_to(struct store *, enum key_pool,
			      const char *project, char *const *secrets,
			      size_t count, int64_t now_ms,
			      size_t *added) GB_NODISCARD;

/* What a person says of keys; the rest stays as it is. */
struct key_fields {
	const char *project; /* NULL: as it is; "": none */
	bool by_tier;
	enum key_tier tier;
	int64_t weight;	    /* 0: as it is */
	const char *models; /* of key_models_tidy(); NULL: as they are */
	const char *note;   /* NULL: as it is */
};

/* The same, with all fields. */
enum gb_err store_keys_add_as(struct store *, enum key_pool,
			      const struct key_fields *, char *const *secrets,
			      size_t count, int64_t now_ms,
			      size_t *added) GB_NODISCARD;

/* Whether they can be: a project's name, the weight's bounds, the patterns, a
 * note that is not too long and without control characters. */
bool key_fields_plausible(const struct key_fields *);

/* Bring patterns of models to the form that the store keeps, without blanks
 * and "models/"; false, and "out" is empty: they are none, or too long. */
bool key_models_tidy(const char *text, char out[KEY_MODELS_MAX + 1]);

/* Whether a person may call a project so: not too long, no control characters,
 * not as guesses are called; "" is no project. */
bool key_project_plausible(const char *name);

/* All keys of all pools, by id.  The caller releases them with key_rows_free().
 */
enum gb_err store_keys_list(struct store *, int64_t now_ms,
			    struct key_rows *out) GB_NODISCARD;

/* A turn: which key is next. */
struct key_turn {
	int64_t id;
	enum key_pool pool;
	enum key_tier tier; /* of store_key_turn() and store_key_turns() */
	char secret[KEY_SECRET_MAX + 1];
	bool has_past; /* a success has something to change: failures, a
			  streak, charges (breakers.h), or a last_ok_at that is
			  a minute old */
	bool troubles; /* some exit's or model's breaker is open */
};

/*
 * Take the next turn for "model" ("": for no model in particular): the first
 * READY key of the pool after the one whose turn it was last, over all
 * processes, that may serve the model and does not cool for it, whose list of
 * models (model_lists.h), if it is known, does not lack one that other lists
 * have, and that is not among the "tried_count" ids in "tried".  Each tier has
 * a rotation of its own; a later one has a turn only when the one before has no
 * such key.  Where keys of a tier have different weights, the rotation is over
 * places instead (key_slots.h), of which each has as many as it weighs.  When
 * no key in service has the model on its list, lists do not count.  One
 * transaction, which many threads share when they come at once.  GB_EBUSY:
 * nothing was tried yet, and the model's breaker is open until "*back_at"
 * (breakers.h).  GB_ENOTFOUND when there is none, and nothing was written;
 * "*back_at" then is the earliest moment at which a key comes back for the
 * model, tried or not, or 0 when waiting is not what is missing: all are
 * disabled, or one that was tried is READY still.
 *
 * "affinity" (AFFINITY_SIZE bytes; NULL: none) asks for the key that had the
 * last turn with the same one, within an hour.  While that key is READY for
 * the model and was not tried, and no key of a tier before its own is to be
 * had, it has this turn too, and the rotation stays where it is; else the turn
 * is the rotation's, and its key's from now on.
 */
enum gb_err store_key_turn(struct store *, enum key_pool, const char *model,
			   int64_t now_ms, const int64_t *tried,
			   size_t tried_count, const unsigned char *affinity,
			   struct key_turn *, int64_t *back_at) GB_NODISCARD;

/* As store_key_turn(), of a key that costs no more than this one. */
enum gb_err store_key_turn_beside(struct store *, const struct key_turn *,
				  const char *model, int64_t now_ms,
				  const int64_t *tried, size_t tried_count,
				  struct key_turn *,
				  int64_t *back_at) GB_NODISCARD;

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
 * or 0 for a disabled one, and for one that may not serve the model;
 * GB_ENOTFOUND: there is no such key any more.
 */
enum gb_err store_key_turn_of(struct store *, int64_t id, const char *model,
			      int64_t now_ms, struct key_turn *,
			      int64_t *back_at) GB_NODISCARD;

/* How many keys a pool has, and how many of them are READY or COOLING. */
enum gb_err store_keys_count(struct store *, enum key_pool, int64_t *all,
			     int64_t *enabled) GB_NODISCARD;

/* Whether this key may serve the model; GB_ENOTFOUND: it is not there. */
enum gb_err store_key_serves(struct store *, int64_t id, const char *model,
			     bool *serves) GB_NODISCARD;

/* Whether a key in service may serve the model, if only there were quota. */
enum gb_err store_keys_serve(struct store *, enum key_pool, const char *model,
			     bool *any) GB_NODISCARD;

#endif
