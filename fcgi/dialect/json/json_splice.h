/*
 * json_splice.h: small changes to a large JSON text, of which every other byte
 * stays as it came: white space, the spelling of numbers, names nobody knows.
 *
 * First members are looked for, then the changes are noted, and at last all of
 * them are made at once.
 */
#ifndef GB_DIALECT_JSON_SPLICE_H
#define GB_DIALECT_JSON_SPLICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define JSON_SPLICES_MAX 128 /* changes of one text */

/* --- looking -------------------------------------------------------------- */

enum json_have {
	JSON_ABSENT,
	JSON_NULL, /* it is there, and null */
	JSON_THERE,
	JSON_TWICE, /* nobody knows which of them counts */
};

/* A member to look for, in both spellings that Google takes. */
struct json_want {
	const char *camel, *snake;
	enum json_have have; /* what was found … */
	size_t from, to;     /* … and where its value begins and ends */
};

/* Where members can be put into an object, or items into an array. */
struct json_place {
	size_t open; /* behind the opening bracket */
	size_t last; /* behind the last member or item; "open" without any */
	size_t end;  /* behind the closing bracket */
	bool empty;
};

/*
 * Look for members of the object at "at".  False: it is no object, does not
 * end, or has a key with an escape in it, which might be any of them; then
 * nothing is known and nothing may be changed.
 */
bool json_look(const char *text, size_t len, size_t at, struct json_want *wants,
	       size_t count, struct json_place *place);

/* The same for an array's ends.  False: it is none. */
bool json_look_array(const char *text, size_t len, size_t at,
		     struct json_place *place);

/* --- changing ------------------------------------------------------------- */

struct json_splice {
	size_t at, cut;	  /* these bytes of the text go … */
	size_t from, len; /* … and these of "added" come in their place */
};

struct json_splices {
	struct buf *text;
	struct buf added;
	struct json_splice list[JSON_SPLICES_MAX]; /* by "at" */
	size_t count;
};

/* "text" is borrowed until the release and must not change before
 * json_splices_apply().  All that is added has at most "max" bytes. */
void json_splices_init(struct json_splices *, struct buf *text, size_t max);
void json_splices_release(struct json_splices *);

/* Note that the bytes from "from" to "to" become the "len" bytes at "with".
 * Changes do not overlap; of two at one place the earlier stands first. */
void json_splice(struct json_splices *, size_t from, size_t to,
		 const char *with, size_t len);

/* Make the changes.  GB_ETOOBIG: too many, or the text got too long;
 * GB_ENOMEM.  Then the text has failed. */
enum gb_err json_splices_apply(struct json_splices *) GB_NODISCARD;

#endif
