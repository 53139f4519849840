/* verify.h: asking Google with many keys at once whether they work */
#ifndef GB_KEYS_VERIFY_H
#define GB_KEYS_VERIFY_H

#include "keys/recheck.h"

#define VERIFY_AT_ONCE 8 /* keys asked about at the same time */

enum verify_outcome {
	VERIFY_NOT_ASKED, /* the time was over */
	VERIFY_WORKS,
	VERIFY_RESTS, /* alive, but over a quota or so */
	VERIFY_DEAD,
	VERIFY_UNSURE, /* the answer does not settle it */
	VERIFY__MAX
};

/* What a verdict says of the key. */
enum verify_outcome verify_outcome_of(const struct verdict *);

struct verify_item {
	struct key_turn turn; /* whom to ask with: id, pool, secret */
	enum verify_outcome outcome;
	struct verdict verdict; /* unless it was not asked */
};

/*
 * Ask with each of them (recheck_probe()), several at once; no further one is
 * begun after "until_mono_ms" on clock_mono_ms().  Returns when all answers are
 * there.
 */
void verify_all(struct store *, const struct settings *, struct engine *,
		struct verify_item *items, size_t count, int64_t until_mono_ms);

#endif
