/* exit_check.h: asking from time to time whether each proxy works */
#ifndef GB_KEYS_EXIT_CHECK_H
#define GB_KEYS_EXIT_CHECK_H

#include "config/settings.h"
#include "store/store.h"
#include "upstream/engine.h"

/*
 * When it is time and no other process is at it, ask Google's host by each
 * proxy for the head of any answer, without a key.  One that fails rests,
 * before a request has to find out, and one that rested and works is in use
 * again, everywhere.
 */
void exit_check_due(struct store *, const struct settings *, struct engine *);

#endif
