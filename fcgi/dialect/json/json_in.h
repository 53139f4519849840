/*
 * json_in.h: JSON text of a client into json-c's tree, strictly by RFC 8259.
 *
 * json-c's own tokener accepts NaN and forgets where it was; this reader keeps
 * to the RFC, says line and column, and bounds what a small text can blow up
 * to in memory.
 */
#ifndef GB_DIALECT_JSON_IN_H
#define GB_DIALECT_JSON_IN_H

#include <stddef.h>

#include "base/err.h"
#include "dialect/error.h"

struct json_object; /* json-c's */

#define JSON_DEPTH_MAX \
	64 /* objects and arrays in each other; deepest seen in \
	      real tool schemas: about 20 */
#define JSON_TREE_MAX \
	(256u << 20) /* bytes of json-c's nodes, strings not \
			counted: 300,000 objects */

enum json_kind {
	JSON_KIND_NONE, /* not JSON */
	JSON_KIND_NULL,
	JSON_KIND_OBJECT,
	JSON_KIND_OTHER, /* an array, string, number or boolean */
};

/*
 * Read the one value that the "len" bytes at "text" are.  On GB_OK "*out" is
 * for json_object_put() (NULL is JSON's null).  A member that comes twice has
 * its last value; half a surrogate pair becomes U+FFFD; an integer beyond 64
 * bits becomes a double.
 *
 * Otherwise "*out" is NULL and "err" is filled in: GB_EINVAL, FAULT_BAD_JSON
 * with "line 1, column 17: …"; GB_ETOOBIG, FAULT_INVALID, over a limit above;
 * GB_ENOMEM, FAULT_INTERNAL.
 */
enum gb_err json_read(const char *text, size_t len, struct json_object **out,
		      struct api_error *err) GB_NODISCARD;

/* What kind of value the "len" bytes at "text" are as a whole, by the same
 * rules; no tree is built.  Never JSON_KIND_NONE for what can be written out
 * as it is. */
enum json_kind json_check(const char *text, size_t len);

#endif
