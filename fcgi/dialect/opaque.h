/*
 * opaque.h: texts that a client keeps for us without reading them.
 *
 * Where a dialect has a place for what only its server understands, Gemini's
 * signatures go there, and what tools of Google's own did.  Ours begin with a
 * mark, because a conversation may have begun with another model, whose
 * signatures Gemini refuses.
 */
#ifndef GB_DIALECT_OPAQUE_H
#define GB_DIALECT_OPAQUE_H

#include <stdbool.h>

#include "dialect/field.h"

#define OPAQUE_MARK "gemini."

/* Take the mark off.  False: it has none, and is somebody else's. */
bool opaque_open(struct text *);

/* Whether it, without its mark, is the JSON of a part that tools of Google's
 * own left in an answer.  No tree is built: there may be many of them. */
bool opaque_is_part(struct text);

#endif
