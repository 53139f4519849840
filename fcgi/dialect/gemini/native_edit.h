/*
 * native_edit.h: what a model's name and the operator change in a native
 * client's request.
 *
 * Only the members that are meant are put in or replaced; every other byte of
 * the body goes on as it came.  Where the client says something itself, that
 * stands, but for thinkingConfig under a name that says not to think.
 */
#ifndef GB_DIALECT_NATIVE_EDIT_H
#define GB_DIALECT_NATIVE_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "dialect/model_name.h"

/* The most that one request grows by. */
#define NATIVE_EDIT_MAX 32768

struct native_edit {
	bool generates;	   /* else its verb takes no more than a new name */
	const char *given; /* the model as the client calls it */
	const struct model_name *name; /* what that means */
	const struct model_rules *rules;
};

/*
 * Change the JSON object in "body".  What is no such object, or says a thing
 * twice or with escapes in its name, is left alone: Google knows what to make
 * of it.  GB_ETOOBIG, GB_ENOMEM: it did not fit; "body" has failed.
 */
enum gb_err native_edit_body(struct buf *body,
			     const struct native_edit *) GB_NODISCARD;

#endif
