/*
 * form_stream.h: a form with a file in it (multipart/form-data, RFC 7578), read
 * as it comes, so that the file is never in memory as a whole.
 */
#ifndef GB_DIALECT_FORM_STREAM_H
#define GB_DIALECT_FORM_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define FORM_NAME_MAX	  256  /* bytes of a field's name */
#define FORM_FILENAME_MAX 1024 /* and of a file's */
#define FORM_TYPE_MAX	  256

enum form_event {
	FORM_MORE, /* feed it */
	FORM_PART, /* a part begins: see the names below */
	FORM_DATA, /* "data", "len" of the part; valid until the next call */
	FORM_END,  /* the form is complete */
	FORM_BAD,  /* it is none, or over a limit */
};

struct form_stream {
	/* of the part */
	char name[FORM_NAME_MAX];
	char filename[FORM_FILENAME_MAX]; /* "": it is no file */
	char type[FORM_TYPE_MAX];	  /* its Content-Type, or "" */
	const char *data;
	size_t len;

	/* the reader's own */
	char delimiter[80]; /* CR LF "--" and the boundary */
	size_t delimiter_len;
	struct buf pending;
	size_t used; /* of "pending", to be dropped */
	enum {
		FORM_BEFORE, /* the first delimiter */
		FORM_HEADERS,
		FORM_BODY,
		FORM_DONE
	} state;
};

/* False: "content_type" is not of such a form, or has no boundary. */
bool form_stream_init(struct form_stream *, const char *content_type);
void form_stream_release(struct form_stream *);

/* The next bytes, some KiB of them; only after FORM_MORE. */
enum gb_err form_stream_feed(struct form_stream *, const char *data,
			     size_t len) GB_NODISCARD;

enum form_event form_stream_next(struct form_stream *);

#endif
