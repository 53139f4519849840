/* memory.c: how this process takes memory from the kernel, and gives it back */
#include "base/memory.h"

#include <malloc.h>

/* From so many bytes on, a block of memory is the kernel's own and goes back to
 * it when it is freed; glibc would keep ever larger ones, and the hole that a
 * request's picture leaves would last as long as its thread. */
#define LARGE_BLOCK (1 << 20)

void
memory_tune(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
	(void)mallopt(M_TRIM_THRESHOLD, 2 * LARGE_BLOCK);
}
