/*
 * event.h: one thread waits for a word from another, once.
 *
 * Cheaper than a mutex with a condition: who tells holds no lock that the
 * woken thread would run into, and no system call is made when nobody sleeps.
 */
#ifndef GB_BASE_EVENT_H
#define GB_BASE_EVENT_H

#include <stdatomic.h>

/* The word; 0 is "nothing yet", and the uppermost bit is event.c's. */
struct event {
	atomic_uint word;
};

void event_init(struct event *);

/* Tell "word", not 0, and wake the waiter.  Afterwards the event may be gone,
 * with the stack that it was on. */
void event_tell(struct event *, unsigned int word);

/* Wait for the word, take it, and be ready for another. */
unsigned int event_wait(struct event *);

#endif
