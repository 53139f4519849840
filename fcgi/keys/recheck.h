/* recheck.h: asking Google whether keys that the system disabled work again */
#ifndef GB_KEYS_RECHECK_H
#define GB_KEYS_RECHECK_H

#include "keys/pool.h"
#include "upstream/engine.h"

/*
 * Ask with one key, at the smallest cost there is: one word to test_model.
 * "*out" is the verdict, row 0 when the key works; it has been carried out in
 * the database, and a key that works though it cools or is disabled by the
 * system is READY again.  Takes some seconds at most.
 */
void recheck_probe(struct store *, const struct settings *, struct engine *,
		   const struct key_turn *, struct verdict *out);

/*
 * Ask with each key that the system disabled and that nobody asked with for
 * check_interval_hours (0: never).  Of all processes one only asks with a
 * key.  Takes some seconds at most; what is left is for the next call.
 */
void recheck_due(struct store *, const struct settings *, struct engine *);

#endif
