/* listing.h: asking Google which models each key has */
#ifndef GB_KEYS_LISTING_H
#define GB_KEYS_LISTING_H

#include "config/settings.h"
#include "store/store.h"
#include "upstream/engine.h"

/*
 * Ask with each key of the first pool that is READY and that nobody asked with
 * for models_hours (0: never), and keep what it has.  What fails is tried
 * again after as long; what is known stays meanwhile, and no key's health
 * suffers, as some keys may generate and not list.  Of all processes one only
 * asks with a key.  Takes some seconds at most; what is left is for the next
 * call.
 */
void listing_due(struct store *, const struct settings *, struct engine *);

#endif
