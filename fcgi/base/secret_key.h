/* secret_key.h: the file with the key that secrets are encrypted with: 64
 * hexadecimal digits and the end of a line, for its owner only */
#ifndef GB_BASE_SECRET_KEY_H
#define GB_BASE_SECRET_KEY_H

#include "base/seal.h"

/* Make a new one.  GB_EEXIST: there is a file of this name, which stays;
 * GB_EIO, logged. */
enum gb_err secret_key_make(const char *path) GB_NODISCARD;

/* Read it.  GB_EINVAL: others may read it too, or it is none; GB_EIO: it cannot
 * be read; both logged.  On failure "key" is all zero. */
enum gb_err secret_key_read(const char *path,
			    unsigned char key[SEAL_KEY_SIZE]) GB_NODISCARD;

#endif
