/*
 * form.h: the fields of a query or of a form's body, as browsers send them
 * (application/x-www-form-urlencoded).
 */
#ifndef GB_ADMIN_FORM_H
#define GB_ADMIN_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define FORM_FIELDS_MAX 20000 /* a selection of many rows, and more */

struct form_field {
	const char *name, *value; /* within "bytes" */
};

struct form {
	char *bytes;
	struct form_field *fields;
	size_t count;
};

/* An empty one, to be released. */
void form_init(struct form *);
void form_release(struct form *);

/*
 * Read "len" bytes into an empty form.  GB_EINVAL: something is no text of
 * UTF-8, or holds a control character that no form sends; GB_ETOOBIG: it has
 * too many fields; GB_ENOMEM.  It stays empty then.
 */
enum gb_err form_read(struct form *, const char *text, size_t len) GB_NODISCARD;

/* The value of the first field of that name; "" when there is none. */
const char *form_value(const struct form *, const char *name);
bool form_has(const struct form *, const char *name);

/* The values of all fields of that name: "*at" is 0 at first.  NULL at the
 * end. */
const char *form_next(const struct form *, const char *name, size_t *at);

/* The value as a whole number from "min" to "max"; false: it is none. */
bool form_number(const struct form *, const char *name, int64_t min,
		 int64_t max, int64_t *number);

#endif
