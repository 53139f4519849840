/* secret.h: digests of what must not leak, and making ids and tokens */
#ifndef GB_BASE_SECRET_H
#define GB_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define DIGEST_SIZE    32 /* bytes of a SHA-256 */
#define RANDOM_ID_SIZE 33 /* 32 hexadecimal digits and NUL: 128 bits */
#define TOKEN_SIZE     51 /* "gb-", 47 letters and digits (279 bits), NUL */

/* The SHA-256 of the "len" bytes at "data". */
void secret_digest(unsigned char digest[DIGEST_SIZE], const void *data,
		   size_t len);

/* One string of several. */
struct secret_part {
	const void *data;
	size_t len;
};

/* The SHA-256 of several strings, each with its length, so that no two lists
 * of strings have the same. */
void secret_digest_parts(unsigned char digest[DIGEST_SIZE],
			 const struct secret_part *parts, size_t count);

/* Whether both are the same "len" bytes, in a time that does not tell where
 * they differ. */
bool secret_equal(const void *a, const void *b, size_t len);

/* HMAC by SHA-256 of "text" with "secret" as its key. */
void secret_hmac(unsigned char mac[DIGEST_SIZE], const char *secret,
		 const char *text);

/* Fill "len" bytes from the kernel's random source.  It waits, never fails. */
void random_bytes(void *data, size_t len);

/* A new unguessable id in hexadecimal. */
void random_id(char id[RANDOM_ID_SIZE]);

/* A new access token, "gb-" and letters and digits. */
void random_token(char token[TOKEN_SIZE]);

#endif
