/*
 * schema_walk.h: going through a schema while it is written.
 *
 * Cycles, limits, what was lost, and the members that both writers write the
 * same way.
 */
#ifndef GB_DIALECT_SCHEMA_WALK_H
#define GB_DIALECT_SCHEMA_WALK_H

#include "dialect/json/json_out.h"
#include "dialect/schema/schema.h"

struct json_object; /* json-c's */
struct schema_view;

/* One schema being written. */
struct schema_walk {
	struct json_out *out;
	struct json_object *root; /* where references begin */
	struct schema_account *account;
	size_t from; /* where it begins in the buffer */
	unsigned depth;
	struct json_object *open[SCHEMA_DEPTH_MAX]; /* that we are within */
	enum gb_err fail;
};

void schema_begin(struct schema_walk *, struct json_out *,
		  struct json_object *schema, struct schema_account *);
/* Enters what it cost into the account; GB_OK, or why it was not written. */
enum gb_err schema_end(struct schema_walk *) GB_NODISCARD;

/*
 * Before and after each subschema.  False: it is not to be written, and
 * something stands in its place: an object without words for one that we are
 * within already (a cycle), or rubbish over a limit.
 */
bool schema_enter(struct schema_walk *, struct json_object *node);
void schema_leave(struct schema_walk *);

/* Count "items" that are looked at; false: they are too many. */
bool schema_charge(struct schema_walk *, size_t items);

/* What a text of so many bytes counts as. */
size_t schema_weight(size_t bytes);

/* Name a keyword that could not be said. */
void schema_lose(struct schema_walk *, const char *keyword);

/* Whether a keyword is its author's own note, of no account to anybody: one
 * of the list, or "x-…". */
bool schema_is_note(const char *keyword);

/* Whether a value asks for nothing, whatever the keyword. */
bool schema_is_harmless(const char *keyword, struct json_object *value);

/* Whether it is the schema false: nothing is of its kind. */
bool schema_is_never(struct json_object *node);

/* Write the union of "required" of all parts, or with "known" of those that
 * are properties; nothing when there is none. */
void schema_write_required(struct schema_walk *, const struct schema_view *,
			   bool known);

/* Write the union of "properties", each with "write"; nothing when there is
 * none. */
void schema_write_properties(struct schema_walk *, const struct schema_view *,
			     void (*write)(struct schema_walk *,
					   struct json_object *));

#endif
