/*
 * leases.h: what this process's requests have reserved of their tokens' limits,
 * and a thread that says of each that it lives.  The thread is there from the
 * first reservation on, so that who has no limits pays for nothing.  How many
 * are under way at once the kernel counts, too (slots.h): while the database
 * cannot be written, it alone knows.
 */
#ifndef GB_APP_LEASES_H
#define GB_APP_LEASES_H

#include <pthread.h>
#include <stdbool.h>

#include "app/slots.h"
#include "store/limits.h"

/* One request's; a member of the request, and zero before it reserves. */
struct lease {
	struct limit_lease limit; /* what the journal settles */
	int slot;		  /* of slot_take() */
	bool live;
	int64_t made_ms;	   /* on clock_mono_ms() */
	struct lease *next, *prev; /* under the mutex of struct leases */
};

struct leases {
	struct store *store;
	struct slots slots;
	int64_t owner; /* a number that no other process has */
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	pthread_t thread;
	bool running, stop;
	bool failing; /* the last renewal was not written; the thread's */
	int64_t next_number;
	struct lease *first;
};

void leases_init(struct leases *, struct store *);
/* Nothing is reserved any more. */
void leases_release(struct leases *);

/* store_limit_reserve(); on GB_OK the reservation lives until leases_end(). */
enum gb_err leases_reserve(struct leases *, const struct limit_want *,
			   struct lease *, struct limit_answer *) GB_NODISCARD;

/* The request has ended; "settled": its row is in the journal.  Otherwise what
 * it had reserved is given back.  Nothing happens to one that is not live. */
void leases_end(struct leases *, struct lease *, bool settled);

#endif
