/*
 * key_slots.h: the places that keys of different weights have in their turns;
 * for fcgi/store only.
 *
 * Where all keys of a tier weigh the same, their turns go by their ids and no
 * places are needed.  Otherwise each key gets as many places as it weighs, all
 * the same way apart, and one round of turns goes once over all of them: which
 * place is next is all that the rotation has to remember.
 */
#ifndef GB_STORE_KEY_SLOTS_H
#define GB_STORE_KEY_SLOTS_H

#include "store/db.h"

/* Within a transaction that added keys, removed them, or changed their weights
 * or tiers: lay the places anew.  Each rotation goes on after the key whose
 * turn it was last. */
enum gb_err key_slots_lay(struct store *) GB_NODISCARD;

#endif
