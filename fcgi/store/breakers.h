/*
 * breakers.h: exits and models that fail with every key (SQL).
 *
 * A failure that may be another's fault than the key's is a charge: a row for
 * as long as others may say the same.  When enough keys of one pool fail alike
 * over one exit, or with one model, and no call went well meanwhile, the exit's
 * or the model's breaker opens, and no key pays.  All processes share both, so
 * that not each of them has to find out with keys of its own.
 *
 * A breaker is open until a call went well.  After until_ms one call at a time
 * may find out; when it fails alike, the next one has to wait twice as long.
 */
#ifndef GB_STORE_BREAKERS_H
#define GB_STORE_BREAKERS_H

#include "store/keys.h"

#define CHARGE_WINDOW_MS      60000 /* that charges hold */
#define CHARGE_WINDOW_MS_TEXT "60000"
#define BREAKER_PROBE_MS      2000 /* between two calls that find out */
#define BREAKER_NAME_MAX      160  /* bytes of a model's, with NUL */

enum breaker_kind {
	BREAKER_NONE,
	BREAKER_EXIT,
	BREAKER_MODEL,
	BREAKER__MAX
};

/* As people read them; the first one is "". */
extern const char *const breaker_kind_names[BREAKER__MAX];

/* What a failure of one kind may be the fault of, and when it is. */
struct blame {
	bool exit, model; /* may be at fault.  Both: it is the exit when more
			     than one model fails */
	bool at_once;	  /* the key pays until another is found at fault;
			     else it pays when it is known that none is */
	int keys;	  /* that must fail alike; all, when there are fewer,
			     but two at least for an exit */
	int requests;	  /* that they must have failed in */
	int64_t span_ms;  /* since the first of them, without a success: where
			     one answer of ten is bad, some come in a row */
	int64_t open_ms, open_max_ms; /* how long; doubled, but no longer */
};

struct breaker_row {
	enum breaker_kind kind;
	char *name;	   /* of the exit, or the model */
	char *error_class; /* of the failures */
	char *reason;	   /* one of them, in words */
	int64_t opened_at, until_ms;
	int64_t failures; /* calls that were to find out, and failed */
};

struct breaker_rows {
	struct breaker_row *rows;
	size_t count;
};

/* The name of a model's breaker: a model fails in one pool and not another. */
void breaker_model_name(char name[BREAKER_NAME_MAX], enum key_pool,
			const char *model);

/* All that are open, ended by breaker_rows_free() on success. */
enum gb_err store_breakers_list(struct store *,
				struct breaker_rows *) GB_NODISCARD;
void breaker_rows_free(struct breaker_rows *);

/*
 * May a call go out over this exit, or for this model?  GB_OK: it is closed, or
 * this call is the one that finds out; GB_EBUSY: not before "*until_ms".
 */
enum gb_err store_breaker_pass(struct store *, enum breaker_kind,
			       const char *name, int64_t now_ms,
			       int64_t *until_ms) GB_NODISCARD;

/*
 * The exit or the model fails with whatever is asked, as its own answer tells:
 * open the breaker for "open_ms"; or, when a call that was to find out failed,
 * hold it open for twice as long, "open_max_ms" at most.  "*until_ms" tells
 * until when, and "*news" whether that is more than was known.
 */
struct breaker_fault {
	enum breaker_kind kind;
	const char *name, *error_class, *reason;
	int64_t open_ms, open_max_ms;
};
enum gb_err store_breaker_open(struct store *, const struct breaker_fault *,
			       int64_t now_ms, int64_t *until_ms,
			       bool *news) GB_NODISCARD;

/* What failed in this way, if it did, works: "*closed" tells whether a breaker
 * was open for it.  One for another kind of failure stays. */
enum gb_err store_breaker_works(struct store *, enum breaker_kind,
				const char *name, const char *error_class,
				bool *closed) GB_NODISCARD;

/* A person's word: close it, and forget the charges.  GB_ENOTFOUND: it is not
 * open. */
enum gb_err store_breaker_close(struct store *, enum breaker_kind,
				const char *name) GB_NODISCARD;

/* Whether a call that went well now may have charges or a breaker to clear. */
bool store_charges_any(struct store *, int64_t now_ms);

/* Delete at most "most" that nobody asked about since "before_ms": models that
 * are not asked for any more, proxies that are gone. */
enum gb_err store_breakers_expire(struct store *, int64_t before_ms,
				  int64_t most, int64_t *deleted) GB_NODISCARD;

/* --- for fcgi/store only, within a transaction --------------------------- */

struct key_case;

/* What the charges say together. */
struct charges {
	enum breaker_kind guilty; /* BREAKER_NONE: nobody but the keys */
	int64_t due;		  /* failures of this key to carry out now */
};

/* Add the case to the charges, and see what they say. */
enum gb_err charges_add(struct store *, const struct key_case *,
			struct charges *) GB_NODISCARD;
/* The exit or the model is at fault: take back what the charges against keys
 * have cost them, forget them, and open the breaker or hold it open. */
enum gb_err charges_shift(struct store *, const struct key_case *,
			  const struct charges *, int64_t *restored,
			  int64_t *until_ms) GB_NODISCARD;
/* This key's are carried out. */
enum gb_err charges_paid(struct store *, const struct key_case *) GB_NODISCARD;

/* Call "each" with every case over "exit" that waits, but for those of
 * "key_id": a call went well there. */
typedef enum gb_err charges_reader(struct store *, const struct key_case *,
				   int64_t pending);
enum gb_err charges_convict(struct store *, const char *exit, int64_t key_id,
			    int64_t now_ms, charges_reader *each) GB_NODISCARD;
/* … and then neither the exit nor the model is at fault. */
enum gb_err charges_clear(struct store *, const char *exit, enum key_pool,
			  const char *model, bool *closed) GB_NODISCARD;
/* Nothing is held against the key any more. */
enum gb_err charges_forget_key(struct store *, int64_t key_id) GB_NODISCARD;

/* As store_breaker_pass(). */
enum gb_err breaker_pass(struct store *, enum breaker_kind, const char *name,
			 int64_t now_ms, int64_t *until_ms) GB_NODISCARD;

/* SQL: whether a success at "now" may have charges or a breaker to clear. */
#define CHARGES_TO_CLEAR(now) \
	"EXISTS (SELECT 1 FROM breakers)" \
	" OR EXISTS (SELECT 1 FROM charges WHERE time_ms > " now \
	" - " CHARGE_WINDOW_MS_TEXT ")"

#endif
