/*
 * gates.h: only a few exchanges at a time may wait for a new connection to the
 * same place; the others wait here.  Private to fcgi/upstream, for the engine
 * thread only.
 *
 * Until the first HTTP/2 connection is up and its server has told how many
 * streams it takes, libcurl expects 100, and opens a connection of its own for
 * each request above: 900 of them when 1,000 streams begin at once.
 */
#ifndef GB_UPSTREAM_GATES_H
#define GB_UPSTREAM_GATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GATES 64 /* places with the same number share one; bits of "free" */

/* The gate of all that have a connection of their own, wherever it leads: so
 * they can hold up each other, but never what goes to upstream. */
#define GATE_APART  (GATES - 1)
#define LOOKUPS_MAX 1024 /* of theirs at a time, those given up included */

struct transfer;

/* Where a transfer is, of those whose "gate" is not -1. */
enum gate_state {
	GATE_OUT,     /* its request went out, or it is over */
	GATE_WAITING, /* for its turn */
	GATE_INSIDE,  /* libcurl has it, without a connection as yet */
};

struct gates {
	struct gate {
		unsigned int inside, max;
		struct transfer *first, **end; /* those that wait */
	} gate[GATES];
	uint64_t free; /* the gates that may let somebody in */

	/* When the lookups of GATE_APART that were given up will surely be
	 * over; a ring, oldest first. */
	int64_t lost[LOOKUPS_MAX];
	size_t lost_at, lost_count;
};

void gates_init(struct gates *);

/* Which gate leads to "url" by "proxy" (NULL or "": direct); -1: none does,
 * since plain HTTP has a connection for each exchange anyway. */
int gates_find(const char *url, const char *proxy);

/* Whether "t" may begin now; otherwise gates_next() will return it. */
bool gates_enter(struct gates *, struct transfer *t);

/* "t" needs no new connection any more, or is over. */
void gates_leave(struct gates *, struct transfer *t);

/*
 * As gates_leave(), but the host of "t" is still being looked up.  Nothing can
 * stop that, it takes a thread, and whoever runs a name's servers decides how
 * long.  So it counts until the resolver has surely given up.
 */
void gates_lose(struct gates *, struct transfer *t, int64_t now_ms);

/* Forget those that were lost long enough ago. */
void gates_expire(struct gates *, int64_t now_ms);

/* One that waited and may begin now; NULL: none. */
struct transfer *gates_next(struct gates *);

#endif
