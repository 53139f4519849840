/*
 * prompt_marks.h: what Gemini Balance's users write into the prompt of a
 * picture: "a cat {n:2} {ratio:16:9}".
 */
#ifndef GB_DIALECT_PROMPT_MARKS_H
#define GB_DIALECT_PROMPT_MARKS_H

#include <stdint.h>

#include "dialect/field.h"

struct prompt_marks {
	int64_t n;	   /* of the last {n:…}; 0: there is none */
	struct text ratio; /* of the last {ratio:…}, borrowed; or none */
};

/*
 * Find the marks of a prompt, and write the prompt without them and without
 * blanks around it to "out", which has room for text.len bytes.  Returns how
 * many were written.
 */
size_t prompt_marks_read(struct text, struct prompt_marks *marks, char *out);

#endif
