/* memory.h: how this process takes memory from the kernel, and gives it back */
#ifndef GB_BASE_MEMORY_H
#define GB_BASE_MEMORY_H

/* Once, before there are threads: large blocks go back when they are freed. */
void memory_tune(void);

#endif
