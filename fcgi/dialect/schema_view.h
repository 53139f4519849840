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

#include "base/err.h"
#include "dialect/json_out.h"
#include "dialect/schema.h"

struct json_object; /* json-c's */

#define SCHEMA_VIEW_MAX 16 /* objects of one subschema; more are left out */

struct schema_view {
	struct json_object *parts[SCHEMA_VIEW_MAX];
	size_t count;
};

/* One schema being written. */
struct schema_walk {
	struct json_out *out;
	struct json_object *root;
	size_t nodes; /* written so far */
	unsigned depth;
	struct json_object *open[SCHEMA_DEPTH_MAX]; /* that we are within */
	enum gb_err fail;
};

/*
 * Before and after each subschema.  False: it is not to be written, and
 * something stands in its place: an object without words for one that we are
 * within already (a cycle), or rubbish over a limit.
 */
bool schema_enter(struct schema_walk *, struct json_object *node);
void schema_leave(struct schema_walk *);

/* Count "items" that are written beside subschemas. */
bool schema_charge(struct schema_walk *, size_t items);

/* Write the union of "required" of all parts, or with "known" of those that
 * are properties; nothing when there is none. */
void schema_write_required(struct schema_walk *, const struct schema_view *,
			   bool known);

/* Write the union of "properties", each with "write"; nothing when there is
 * none. */
void schema_write_properties(struct schema_walk *, const struct schema_view *,
			     void (*write)(struct schema_walk *,
					   struct json_object *));

/* Add "node" to the view with all that it refers to by allOf and, with
 * "refs", by $ref.  "root" is where references begin. */
void schema_view_add(struct schema_view *, struct json_object *root,
		     struct json_object *node, bool refs);

/* The first value of a keyword; NULL: none has it. */
struct json_object *schema_view_get(const struct schema_view *,
				    const char *keyword);

/* Whether a part before number "part" has the keyword as well. */
bool schema_view_shadowed(const struct schema_view *, size_t part,
			  const char *keyword);

/* Whether any part's "properties" has this name; "before": of the parts before
 * that number. */
bool schema_view_has_property(const struct schema_view *, const char *name,
			      size_t before);

/* What "#/…" points to; NULL: nothing, or it is no such reference. */
struct json_object *schema_resolve(struct json_object *root, const char *ref);

#endif
