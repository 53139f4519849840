/*
 * key_health.h: what answers do to keys (SQL).
 *
 * Each of these is one short transaction, which many threads share when they
 * come at once, and leaves a row in the history for each transition.  A key
 * that a person disabled stays as it is, and so does (key, model); a key that
 * is not there any more is no failure.  A deadline only moves later; only a
 * person, a success of the key itself, or the proof that another is to blame,
 * ends it before its time.
 */
#ifndef GB_STORE_KEY_HEALTH_H
#define GB_STORE_KEY_HEALTH_H

#include "store/breakers.h"
#include "store/keys.h"

/* What is to be done to the key. */
enum key_sentence {
	SENTENCE_NONE,
	SENTENCE_COOL,	     /* rest it until until_ms */
	SENTENCE_COOL_MODEL, /* rest it for the model */
	SENTENCE_COUNT,	     /* count a failure; disabled at failures_max */
	SENTENCE_DISABLE,
};

/* One failed call, as it was judged.  Strings are borrowed, none is NULL. */
struct key_case {
	int64_t key_id;
	enum key_pool pool;
	int64_t now_ms;
	const char *exit; /* the way it went out: "direct", or a proxy's name */
	const char *model; /* asked for; "": none in particular */
	const char *named; /* the same model as Google calls it; "": as asked */

	enum key_sentence sentence;
	bool project;	  /* … holds for all keys of its project */
	int64_t until_ms; /* of the cooling ones */
	int64_t failures_max;
	int64_t window_ms; /* that failures count in; 0: however long apart */

	/* Who else may be at fault; NULL: nobody, the answer is final. */
	const struct blame *blame;

	const char *consumer; /* the project that the answer names; "" */
	const char *quota;    /* the quota that ran out, by its id; "" */
	int64_t quota_value;  /* how much it is; 0: not told */

	int status; /* of the answer, for the history */
	const char *error_class, *request_id, *reason;
};

/* What came of it. */
struct key_outcome {
	int64_t changed;	/* keys that the sentence was carried out on */
	int64_t restored;	/* keys that have back what it had cost them */
	bool waits;		/* the sentence waits for what other keys say */
	enum breaker_kind kind; /* the breaker that it opened or held open */
	int64_t open_until_ms;	/* … until then */
};

/* GB_EFULL: it cannot be written now, and is carried out when the outage is
 * over, if it is of this key alone. */
enum gb_err store_key_judged(struct store *, const struct key_case *,
			     struct key_outcome *) GB_NODISCARD;

/* For fcgi/store, within a transaction. */
enum gb_err key_judged_locked(struct store *,
			      const struct key_case *) GB_NODISCARD;

/*
 * A call with the key over "exit" went well: that clears its count of failures,
 * the streak of (key, model), the charges against the exit and the model, and
 * closes their breakers ("*closed": whether there was one); what other keys
 * were charged with over that exit is then theirs.  Call it only where
 * key_turn.has_past says that there is something to change; last_ok_at is
 * therefore exact to a minute.
 */
enum gb_err store_key_succeeded(struct store *, int64_t id, enum key_pool,
				const char *model, const char *exit,
				int64_t now_ms, bool *closed) GB_NODISCARD;

/* A key answered although it is disabled by the system, or cools: READY again
 * at once.  "*revived" says whether there was anything to do. */
enum gb_err store_key_revive(struct store *, int64_t id, int64_t now_ms,
			     bool *revived) GB_NODISCARD;

/* How often in a row (key, model) was cooled without a success between (what
 * fails while it cools already is not counted again): the step of a doubling
 * back-off; 0 the first time. */
enum gb_err store_key_model_streak(struct store *, int64_t id,
				   const char *model,
				   int64_t *streak) GB_NODISCARD;

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

#endif
