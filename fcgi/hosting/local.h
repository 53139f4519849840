/*
 * local.h: the folder of pictures (settings pictures_dir, pictures_max,
 * pictures_days), shared by all processes.
 *
 * Each is one file, whose name is its only key: 128 random bits.  A file
 * appears complete or not at all, also after a power failure; the newest may
 * then be missing, as only their content is forced to the disk and not their
 * names.  Modes are 0600 and 0700: only we read them.
 */
#ifndef GB_HOSTING_LOCAL_H
#define GB_HOSTING_LOCAL_H

#include "hosting/hosting.h"

/* A kind of picture that is kept and served. */
struct picture_kind {
	const char *mime, *ext;
};

/* The kind of this MIME type, any case, parameters left out; NULL: none. */
const struct picture_kind *picture_kind_of(const char *mime);

/* Write a new unguessable name for a picture of the kind. */
void picture_name_new(const struct picture_kind *,
		      char name[PICTURE_NAME_SIZE]);

/* Whether the "len" bytes are the name of a picture, and of which kind; NULL:
 * they are not.  Nothing else ever becomes part of a path. */
const struct picture_kind *picture_name_kind(const char *name, size_t len);

/*
 * Keep the picture under a name of picture_name_new().  GB_ETOOBIG: larger than
 * all may be; GB_EIO (logged).
 */
enum gb_err local_keep(const struct settings *, const char *name,
		       const void *bytes, size_t len) GB_NODISCARD;

/* Open a picture for reading: its descriptor, which the caller closes, and its
 * size.  GB_ENOTFOUND; GB_EIO (logged). */
enum gb_err local_open(const struct settings *, const char *name, int *fd,
		       size_t *len) GB_NODISCARD;

/* What there is in the folder. */
struct local_count {
	size_t pictures;
	int64_t bytes;
	int64_t oldest_ms; /* 0: there are none */
};

/* Look at all of it; a folder that is not there yet has none. */
enum gb_err local_count(const struct settings *,
			struct local_count *) GB_NODISCARD;

/*
 * Delete what is too old, then the oldest until the rest fits, and what
 * unfinished writes left an hour ago.  "*kept" is what is left.
 */
enum gb_err local_sweep(const struct settings *, int64_t now_ms,
			struct local_count *kept) GB_NODISCARD;

#endif
