/* json_diff.h: where two JSON values differ, a line a difference */
#ifndef GB_TESTS_JSON_DIFF_H
#define GB_TESTS_JSON_DIFF_H

#include <stddef.h>

#include "base/buf.h"

struct json_object; /* json-c's */

/*
 * Append to "lines", each after "prefix":
 *
 *   generationConfig.topP: have 0.5, want 0.9
 *   contents[1]: have nothing, want {"role":"user"}
 *
 * and answer how many there were; 0 exactly when json_object_equal().  The
 * order of members is no difference, 1 and 1.0 are one.  Long values are cut.
 */
size_t json_diff(struct json_object *have, struct json_object *want,
		 const char *prefix, struct buf *lines);

#endif
