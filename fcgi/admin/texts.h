/*
 * texts.h: what the pages say, in one language.
 *
 * A file of a language has lines "KEY = text", and "#" before remarks.  Its
 * first key is LANGUAGE, the language's own name for itself.  A text may have
 * places, as in base/places.h.
 */
#ifndef GB_ADMIN_TEXTS_H
#define GB_ADMIN_TEXTS_H

#include "base/buf.h"
#include "template/dict.h"

#define TEXTS_FILE_MAX (256 * 1024) /* bytes of a file */
#define TEXTS_KEY_MAX  64	    /* bytes of a key */

/* Read "folder"/strings."code".  Templates find KEY as {{_KEY}}.  GB_EIO,
 * GB_EINVAL: logged, with the line; GB_ENOMEM. */
enum gb_err texts_load(struct dict **, const char *folder,
		       const char *code) GB_NODISCARD;

/* The text of that key; the key itself where there is none, so that a page is
 * shown all the same. */
const char *texts_find(const struct dict *, const char *key);

#endif
