/*
 * no_turn.h: until when no key has a turn, as far as that is known; for
 * fcgi/store only, within a transaction that may write.
 *
 * To find that all of very many keys rest takes a look at each of them.  What
 * was found stays true until the first of them is back, or until a key or a
 * list of models changes otherwise than by a rest that begins or grows longer:
 * triggers count that in meta.key_changes, whichever process and statement it
 * is of.  A rest that grew longer is found when it was to end.
 */
#ifndef GB_STORE_NO_TURN_H
#define GB_STORE_NO_TURN_H

#include "store/keys.h"

struct no_turns;

/* Whether no key has a turn for the model; "*back_at" is then when the first
 * one comes back, or 0 when waiting is not what is missing. */
enum gb_err no_turn_known(struct store *, enum key_pool, const char *model,
			  int64_t now_ms, int64_t *back_at,
			  bool *known) GB_NODISCARD;

/* All of them rest until then; 0: for good. */
enum gb_err no_turn_note(struct store *, enum key_pool, const char *model,
			 int64_t back_at) GB_NODISCARD;

/* What was written, and noted with it, is undone. */
void no_turn_forget(struct store *);

#endif
