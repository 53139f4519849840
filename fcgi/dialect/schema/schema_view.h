/*
 * schema_view.h: one subschema together with what it refers to.
 *
 * "$ref" and "allOf" make one subschema of several objects.  A view lists
 * them, the nearest first, and looks keywords up in all of them; nothing is
 * copied.
 */
#ifndef GB_DIALECT_SCHEMA_VIEW_H
#define GB_DIALECT_SCHEMA_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "dialect/field.h"
#include "dialect/schema/schema_walk.h"

struct json_object; /* json-c's */

#define SCHEMA_VIEW_MAX 32 /* objects of one subschema; more are left out */

struct schema_view {
	struct json_object *parts[SCHEMA_VIEW_MAX];
	size_t count;
};

/* Add "node" to the view with all that it refers to by allOf and, with
 * "refs", by $ref. */
void schema_view_add(struct schema_walk *, struct schema_view *,
		     struct json_object *node, bool refs);

/* Add the parts of another view. */
void schema_view_join(struct schema_walk *, struct schema_view *,
		      const struct schema_view *more);

/* The first value of a keyword; NULL: none has it. */
struct json_object *schema_view_get(const struct schema_view *,
				    const char *keyword);

/* Whether a part before number "part" has the keyword as well; its first value
 * then is in "*first". */
bool schema_view_shadowed(const struct schema_view *, size_t part,
			  const char *keyword, struct json_object **first);

/* Whether any part's "properties" has this name; "before": of the parts before
 * that number.  One that may never be there does not count. */
bool schema_view_has_property(const struct schema_view *, const char *name,
			      size_t before);

/* What "#/…" points to; NULL: nothing, or it is no such reference. */
struct json_object *schema_resolve(struct json_object *root, struct text ref);

#endif
