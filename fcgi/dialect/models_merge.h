/*
 * models_merge.h: one list of models out of several: the pages of one list, or
 * the lists of several projects.
 *
 * Whatever it is made of is Google's form of a list, and so is it: each item
 * byte for byte as it came.  Names are without "models/".
 */
#ifndef GB_DIALECT_MODELS_MERGE_H
#define GB_DIALECT_MODELS_MERGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define MODELS_MERGE_MAX 4000 /* models of one list; Google has a hundred */

struct json_object;

struct models_merge {
	struct buf *out;
	struct json_object *seen;  /* an object whose members are the names */
	struct json_object *names; /* an array of them, in order */
};

/* Begin to write a list to "out".  End with models_merge_release() whatever
 * happens in between. */
enum gb_err models_merge_begin(struct models_merge *,
			       struct buf *out) GB_NODISCARD;
void models_merge_release(struct models_merge *);

/* Add the models of a page that are not there yet.  GB_EINVAL: it is no list
 * of models; GB_ETOOBIG: they are too many, and only the first ones are there.
 * After other failures what was written is good for nothing. */
enum gb_err models_merge_add(struct models_merge *, const char *page,
			     size_t len) GB_NODISCARD;

/* Write the end. */
enum gb_err models_merge_end(struct models_merge *) GB_NODISCARD;

/* The names as a JSON array, until the release; NULL: no memory. */
const char *models_merge_names(const struct models_merge *);

/* Append the page of a list that has its models from number "from" on, "size"
 * of them at most, as Google would write it: with a nextPageToken, which is the
 * next page's "from", unless it is the last.  GB_EINVAL: it is no list. */
enum gb_err models_cut(const char *list, size_t len, size_t from, size_t size,
		       struct buf *out) GB_NODISCARD;

/* Append the model of this name, as the list has it.  GB_ENOTFOUND: it does
 * not. */
enum gb_err models_pick(const char *list, size_t len, const char *name,
			struct buf *out) GB_NODISCARD;

#endif
