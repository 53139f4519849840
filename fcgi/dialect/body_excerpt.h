/* body_excerpt.h: what is worth keeping of a body that a request failed with */
#ifndef GB_DIALECT_BODY_EXCERPT_H
#define GB_DIALECT_BODY_EXCERPT_H

#include <stddef.h>

#include "base/buf.h"

#define BODY_EXCERPT_MAX (32 * 1024) /* bytes */

/*
 * Append the body to "out" as text that can be printed and kept: files within
 * it are cut to their beginning, credentials are masked, of the rest at most
 * BODY_EXCERPT_MAX bytes stay, and what was left out is said.  A body that is
 * no JSON is only named.
 */
void body_excerpt(struct buf *out, const char *body, size_t len);

#endif
