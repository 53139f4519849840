/*
 * projects.h: which keys share a project, and so its quotas; for fcgi/store
 * only, within a transaction.
 *
 * A project is declared by a person, or learned from an answer that names it,
 * or guessed: two keys ran dry of the same quota of a day within seconds, on
 * two days, each long before it had used that much itself, and on these days
 * no key of the one's group worked for a model after one of the other's had
 * been told that it is used up.  A guess is on probation: when one of its keys
 * tells that a quota is gone the others rest, but one of them, each in its
 * turn, is asked again a minute later, and if it works, it is of another
 * project.
 */
#ifndef GB_STORE_PROJECTS_H
#define GB_STORE_PROJECTS_H

#include "store/key_health.h"

/* The answer to a call with the key names its project. */
enum gb_err projects_learn(struct store *, int64_t key_id,
			   const char *consumer) GB_NODISCARD;

/* The case, of a quota, has been carried out: see whether it tells which keys
 * belong together, and have a guess tested. */
enum gb_err projects_ran_dry(struct store *,
			     const struct key_case *) GB_NODISCARD;

/* A call with the key for the model went well, before what that may clear is
 * cleared: when the key was to rest by a guess, that was wrong. */
enum gb_err projects_refuted(struct store *, int64_t key_id, const char *model,
			     int64_t now_ms) GB_NODISCARD;

#endif
