/* event.c: one thread waits for a word from another, by futex(2) */
#include "base/event.h"

#include <limits.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/futex.h>

#define EVENT_SLEEPS (1u << 31) /* the waiter is, or will be, in the kernel */

void
event_init(struct event *e)
{
	atomic_init(&e->word, 0);
}

void
event_tell(struct event *e, unsigned int word)
{
	/* Once the word is there "e" may be gone: only its address is used
	 * for the wake, and to wake a stranger is harmless. */
	if (atomic_exchange(&e->word, word) & EVENT_SLEEPS)
		syscall(SYS_futex, &e->word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL,
			0);
}

unsigned int
event_wait(struct event *e)
{
	unsigned int word;

	word = 0;
	if (!atomic_compare_exchange_strong(&e->word, &word, EVENT_SLEEPS))
		return atomic_exchange(&e->word, 0);
	while ((word = atomic_load(&e->word)) == EVENT_SLEEPS)
		syscall(SYS_futex, &e->word, FUTEX_WAIT_PRIVATE, EVENT_SLEEPS,
			NULL, NULL, 0);
	return atomic_exchange(&e->word, 0);
}
