/*
 * dict.h: the data of a page, a tree of dictionaries.
 *
 * A dictionary gives variables their text, and sections and includes their
 * repetitions, each with a dictionary of its own inside.  Whatever a dictionary
 * does not have is looked up in the one outside it, and so on.
 *
 * A tree that could not take everything remembers it: dict_error() of any of
 * its dictionaries tells, and so does rendering.  So all of these take what
 * dict_new() or dict_add() gave, NULL included, and nobody checks each call.
 */
#ifndef GB_TEMPLATE_DICT_H
#define GB_TEMPLATE_DICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Bytes in a tree: a recorded request of 20 MiB, and the page about it. */
#define DICT_TREE_MAX ((size_t)32 << 20)

struct dict;

/* A tree of one dictionary; NULL when memory ran out. */
struct dict *dict_new(void) GB_NODISCARD;

/* Free the tree that dict_new() began; NULL is all right. */
void dict_free(struct dict *);

/*
 * What "d" of dict_new() does not have is looked up in "outer" from now on:
 * such as the texts of a language, which all threads may share, since lookups
 * change nothing.  "outer" must live as long as "d" does.
 */
void dict_set_outer(struct dict *d, const struct dict *outer);

/* Give a variable its text, which is copied; NULL is the empty text.  What it
 * had before is replaced. */
void dict_set(struct dict *, const char *name, const char *value);
void dict_set_len(struct dict *, const char *name, const char *value,
		  size_t len);
void dict_set_int(struct dict *, const char *name, int64_t value);
void dict_setf(struct dict *, const char *name, const char *fmt, ...)
    GB_PRINTF(3, 4);

/* Show the section once more, with the dictionary that comes back: it belongs
 * to "d". */
struct dict *dict_add(struct dict *d, const char *section);

/* Show the section once, with what is known where it stands; one that is shown
 * already stays as it is. */
void dict_show(struct dict *, const char *section);

/* dict_show() if "yes". */
void dict_show_if(struct dict *, const char *section, bool yes);

/* Put the file in the place of {{>NAME}} once more, with the dictionary that
 * comes back: it belongs to "d". */
struct dict *dict_include(struct dict *d, const char *name, const char *file);

/* GB_OK when everything that the tree, and those outside it, were given is
 * there; GB_ENOMEM (NULL
 * too), GB_ETOOBIG. */
enum gb_err dict_error(const struct dict *) GB_NODISCARD;

/* --- for the renderer ------------------------------------------------------
 */

/* A name with its hash, made once when a template is parsed. */
struct dict_name {
	const char *text;
	uint32_t len;
	uint32_t hash;
};

struct dict_name dict_name_of(const char *text, size_t len);

/* The text of a variable, or NULL when nobody gave it one. */
const char *dict_value(const struct dict *, const struct dict_name *,
		       size_t *len);

/*
 * The repetitions of a section or an include, to be walked with
 * dict_part_next(); NULL: it is hidden.  dict_part_data() is the dictionary of
 * a repetition, or NULL where it has none of its own (dict_show()), and
 * dict_part_file() the file of an include.
 */
struct dict_part;
const struct dict_part *dict_section(const struct dict *,
				     const struct dict_name *);
const struct dict_part *dict_included(const struct dict *,
				      const struct dict_name *);
const struct dict_part *dict_part_next(const struct dict_part *);
const struct dict *dict_part_data(const struct dict_part *);
const char *dict_part_file(const struct dict_part *);

#endif
