/*
 * store/prices.h: what tokens cost: Google's list prices, which this program
 * knows, and rows of the operator's that go before them (SQL).
 *
 * Money is whole micro-USD.  A price is micro-USD for a million tokens.
 */
#ifndef GB_STORE_PRICES_H
#define GB_STORE_PRICES_H

#include "store/journal.h"
#include "store/store.h"

#define PRICE_MODEL_MAX 128		    /* bytes of a pattern */
#define PRICE_MAX	INT64_C(1000000000) /* a thousand dollars */
#define PRICE_ROWS_MAX	1000		    /* of the operator's */

/*
 * A token is of one class.  One that has no price of its own costs what the
 * class to the right does.
 */
enum price_class {
	PRICE_PROMPT,
	PRICE_CACHED,	/* prompt */
	PRICE_TOOL,	/* prompt: what Google's tools gave the model */
	PRICE_AUDIO_IN, /* prompt */
	PRICE_IMAGE_IN, /* prompt */
	PRICE_VIDEO_IN, /* prompt */
	PRICE_OUTPUT,
	PRICE_THOUGHTS,	 /* output */
	PRICE_AUDIO_OUT, /* output */
	PRICE_IMAGE_OUT, /* output */
	PRICE__MAX
};

/* As people write them. */
extern const char *const price_class_names[PRICE__MAX];

/* The class of this name; false: there is none. */
bool price_find_class(const char *name, enum price_class *);

/* One price.  It is in force for a request when the model fits, the prompt has
 * more than "above" tokens and it came at "valid_from" or later. */
struct price {
	int64_t id;			 /* 0: this program's own */
	char model[PRICE_MODEL_MAX + 1]; /* "*" is any text; a name without it
					    stands for its dated versions too:
					    "-001", "-preview-09-2025" */
	enum price_class class;
	int64_t above;
	int64_t valid_from; /* 0: since ever */
	int64_t micro;
};

struct price_rows {
	struct price *rows;
	size_t count;
};

void price_rows_free(struct price_rows *);

/*
 * All prices, the operator's first.  Of those in force for a request, the
 * operator's go before this program's; then the pattern with the most letters
 * counts, then the highest "above", then the latest "valid_from".
 */
enum gb_err store_prices_list(struct store *, struct price_rows *) GB_NODISCARD;

/*
 * Add a price, or change the one that is equal but for "micro"; it counts for
 * requests that end from now on, also those of other processes.  "*id" is its
 * row's.  GB_EINVAL: a field is out of range; GB_ETOOBIG: there are
 * PRICE_ROWS_MAX.
 */
enum gb_err store_price_set(struct store *, const struct price *,
			    int64_t *id) GB_NODISCARD;
/* GB_ENOTFOUND: the operator has no price of this id. */
enum gb_err store_price_delete(struct store *, int64_t id) GB_NODISCARD;

/*
 * What a request cost.  Without a price for what it used: false, and "*cost" is
 * 0.  A model without any price is not known, also when it used nothing, unless
 * it failed.
 */
bool price_cost(const struct price_rows *, const struct journal_entry *,
		int64_t *cost);

/* The same by the prices in force; GB_ENOTFOUND: it is not known. */
enum gb_err store_cost(struct store *, const struct journal_entry *,
		       int64_t *cost) GB_NODISCARD;

#endif
