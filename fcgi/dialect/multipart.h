/*
 * multipart.h: a form with files in it (multipart/form-data, RFC 7578), the
 * whole of which is in memory.
 *
 * Nothing is copied: names, types and data are borrowed from the body, so that
 * a picture of 20 MiB costs nothing here.
 */
#ifndef GB_DIALECT_MULTIPART_H
#define GB_DIALECT_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "dialect/error.h"
#include "dialect/field.h"

#define MULTIPART_PARTS_MAX   128  /* of one form */
#define MULTIPART_HEADERS_MAX 4096 /* bytes of a part's headers */

struct multipart_part {
	struct text name;      /* of the field; never empty */
	struct text file_name; /* may be empty; none: the part is no file */
	struct text type;      /* Content-Type, with parameters; or none */
	struct text data;
};

struct multipart {
	struct multipart_part parts[MULTIPART_PARTS_MAX];
	size_t count;
};

/* Whether a request with this Content-Type (NULL: without one) is a form. */
bool multipart_is(const char *content_type);

/*
 * Take the "len" bytes at "body" apart.  Names stand in "out" as the client
 * wrote them, with whatever escapes.  GB_EINVAL, with "err" filled in: it is no
 * such form, it is cut off, or it is over a limit above; "out" then is empty.
 */
enum gb_err multipart_read(const char *content_type, const char *body,
			   size_t len, struct multipart *out,
			   struct api_error *err) GB_NODISCARD;

/* The last part of that name, which counts when there are several; NULL: there
 * is none. */
const struct multipart_part *multipart_find(const struct multipart *,
					    const char *name);

#endif
