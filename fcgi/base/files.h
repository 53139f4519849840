/* files.h: small files as a whole, and files that appear whole or not at all */
#ifndef GB_BASE_FILES_H
#define GB_BASE_FILES_H

#include "base/buf.h"

/* Append all of the file to "out".  GB_EIO, logged; GB_ETOOBIG: more than
 * out->max bytes; GB_ENOMEM. */
enum gb_err file_read(const char *path, struct buf *out) GB_NODISCARD;

/* Append all that is left of a descriptor; the codes are file_read()'s, but
 * nothing is logged. */
enum gb_err file_read_fd(int fd, struct buf *out) GB_NODISCARD;

/*
 * A file on its way to be "path": written beside it under a name of its own,
 * for its owner's eyes only (0600), it takes the place of whatever is there at
 * file_new_commit() and not before.
 */
struct file_new {
	char *path; /* as it will be called */
	char *made; /* as it is called until then: path and six letters */
	int fd;	    /* to write to */
};

/* GB_EIO, logged: there is nothing to end then. */
enum gb_err file_new_begin(struct file_new *, const char *path) GB_NODISCARD;
/* Force it to the disk and give it its name.  GB_EIO, logged: whatever was
 * there stays.  Either way it is over. */
enum gb_err file_new_commit(struct file_new *) GB_NODISCARD;
/* Leave no trace of it. */
void file_new_cancel(struct file_new *);

/* Write "len" bytes as "path", as above. */
enum gb_err file_write(const char *path, const char *data,
		       size_t len) GB_NODISCARD;

/* Make a folder and those it is in, for their owner only.  GB_EIO, logged. */
enum gb_err folder_make(const char *path) GB_NODISCARD;

#endif
