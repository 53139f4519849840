/*
 * chat_fields.h: the fields of a client's request as a table.
 *
 * Every dialect's reader has one: each field has a row, which says what
 * becomes of it.
 */
#ifndef GB_DIALECT_CHAT_FIELDS_H
#define GB_DIALECT_CHAT_FIELDS_H

#include "dialect/chat_read.h"

#define CHAT_FIELDS_MAX 64 /* rows of a table */

/* JSON types that a field may have, as bits. */
enum {
	FIELD_BOOLEAN = 1 << 0,
	FIELD_NUMBER = 1 << 1,
	FIELD_STRING = 1 << 2,
	FIELD_OBJECT = 1 << 3,
	FIELD_ARRAY = 1 << 4,
};

enum field_policy {
	FIELD_READ,   /* by the row's reader */
	FIELD_IGNORE, /* it changes nothing that we could change */
	FIELD_DROP,   /* Gemini cannot: refused when strict, unless it says
			 "no" */
	FIELD_REFUSE, /* without it the answer would be another: refused, unless
			 it says "no" */
};

struct chat_field {
	const char *name;
	unsigned types; /* for those that no reader looks at */
	enum field_policy policy;
	chat_field_fn *read;
};

/*
 * Read the members of "root" by the "count" rows of "fields", in the order of
 * the rows; of two that set the same thing the last wins.  After the first
 * "tool_rows" of them the declared tools get their names.  null is as if
 * absent; a member without a row is ignored, and named among the dropped ones.
 * Answers as the functions of chat_read.h do.
 */
enum gb_err chat_read_fields(struct chat_reader *, struct json_object *root,
			     const struct chat_field *fields, size_t count,
			     size_t tool_rows) GB_NODISCARD;

#endif
