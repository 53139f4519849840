/*
 * parcel_seal.h: a file of "gbalance export" that a passphrase encrypts:
 * {"gbalance_sealed": 1, "kdf": "scrypt", "n": 131072, "r": 8, "p": 1, "salt":
 * "32 hexadecimal digits", "data": "gb1 …"}, with the whole file in data, as
 * base/seal.h has it.
 */
#ifndef GB_CLI_PARCEL_SEAL_H
#define GB_CLI_PARCEL_SEAL_H

#include "base/buf.h"

/* Encrypt "text" with the first line of the file.  Failures are complained
 * about. */
enum gb_err parcel_seal(const char *passphrase_file,
			struct buf *text) GB_NODISCARD;

/* The other way round; a text that is not encrypted stays as it is, with or
 * without a passphrase (NULL).  "file" is what complaints call it. */
enum gb_err parcel_unseal(const char *file, const char *passphrase_file,
			  struct buf *text) GB_NODISCARD;

#endif
