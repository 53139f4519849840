/* places.c: texts with places for what they are about */
#include "base/places.h"

#define PLACES_MAX 9

void
places_write(struct buf *out, const char *text, const char *const *words)
{
	size_t count;
	const char *p;

	for (count = 0; count < PLACES_MAX && words[count] != NULL; count++)
		;
	for (p = text; *p != '\0'; p++) {
		if (p[0] == '{' && p[1] >= '1' && p[1] <= '9' && p[2] == '}') {
			if ((size_t)(p[1] - '1') < count)
				buf_puts(out, words[p[1] - '1']);
			p += 2;
		} else {
			buf_putc(out, *p);
		}
	}
}
