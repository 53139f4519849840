/*
 * exit_turn.h: the exit that a request leaves by, and the next one when that
 * fails.
 *
 * What goes wrong with a proxy before the request went out is not the key's
 * fault, and says nothing of upstream: the same key goes over the next exit of
 * its order (exits.h), and back when the first one is well again.  When none
 * is left the request does not go out at all: going past the proxies would show
 * upstream an address that it must not see, unless "direct" is one of PROXIES.
 *
 * An exit that failed so once would fail with every key: its breaker opens at
 * once (store/breakers.h), for ten seconds, and for twice as long each time
 * that the one call which is to find out fails, too, five minutes at most.
 */
#ifndef GB_KEYS_EXIT_TURN_H
#define GB_KEYS_EXIT_TURN_H

#include "store/store.h"
#include "upstream/exits.h"
#include "upstream/transfer.h"

struct exit_turn {
	struct store *store;
	struct exit_walk walk;
	bool troubles;	  /* some breaker may be open: true, or as key_turn
			     knows it */
	bool only;	  /* go even if its breaker is open */
	const char *exit; /* as in exits.h; NULL: none is left */
	int64_t back_at;  /* when the first of those that rest may be tried,
			     in milliseconds since 1970 UTC; 0: none rests */
	char name[EXIT_NAME_MAX]; /* of the last one, for people */
};

/* Begin for a request with the key "secret" (NULL: with none).  The settings
 * must outlive it. */
void exit_turn_begin(struct exit_turn *, struct store *,
		     const struct settings *, const char *secret);

/* On to the next exit that does not rest.  GB_EBUSY: none is left. */
enum gb_err exit_turn_next(struct exit_turn *) GB_NODISCARD;

/* Have "rq" leave by the exit. */
void exit_turn_use(const struct exit_turn *, struct transfer_request *rq);

/* What became of it: TRANSFER_EXIT lets the exit rest, an answer ends such a
 * rest, all else tells nothing of it. */
void exit_turn_heard(struct exit_turn *, const struct transfer *);

/*
 * Just after exit_turn_begin(): ask for "rq", which is "whole", by one exit
 * after the other until one does not fail.  On GB_OK "*out", the caller's, is
 * over.  GB_EBUSY: no exit is left; otherwise as transfer_start().
 */
enum gb_err exit_turn_ask(struct exit_turn *, struct engine *,
			  struct transfer_request *rq,
			  struct transfer **out) GB_NODISCARD;

/* For who tests exits: the one of this name failed ("why"; "*until_ms" tells
 * how long it rests) or answered.  Logs what is news. */
void exit_failed(struct store *, const char *name, const char *why,
		 int64_t *until_ms);
void exit_works(struct store *, const char *name);

#endif
