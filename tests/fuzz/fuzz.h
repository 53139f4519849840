/* fuzz.h: what every fuzz target begins with */
#ifndef GB_TESTS_FUZZ_H
#define GB_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The target; libFuzzer calls it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise that an input broke ends the run, and the input is kept. */
static inline void
must(int truth)
{
	if (!truth)
		abort();
}

/* The input as a text that ends with a NUL; to be freed. */
static inline char *
fuzz_text(const uint8_t *data, size_t size)
{
	char *text;

	text = malloc(size + 1);
	must(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

#endif
