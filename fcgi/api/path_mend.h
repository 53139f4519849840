/*
 * path_mend.h: wrong paths of requests, and the right ones that they mean.
 *
 * Clients are told a base URL and add the rest: half of it may then be there
 * twice, or not at all.  Whoever asks has found that the path is no route.
 */
#ifndef GB_API_PATH_MEND_H
#define GB_API_PATH_MEND_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Append to "out" the path that "path" means, which need not be a route
 * either.  False: it means none, or "out" is full, and holds rubbish.
 */
bool path_mend(const char *path, struct buf *out) GB_NODISCARD;

#endif
