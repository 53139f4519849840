/*
 * seal.h: secrets as text that only who has the key can read, or make.
 *
 * AES-256-GCM of OpenSSL's.  The nonce is an HMAC-SHA256 of the secret under a
 * key of its own (cut to 96 bits), so the same secret is the same text under
 * the same key, and what is sealed can be looked up and kept unique as it is.
 * All that this tells is which of two texts are the same.
 */
#ifndef GB_BASE_SEAL_H
#define GB_BASE_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define SEAL_KEY_SIZE  32
#define SEAL_SALT_SIZE 16

/* Begins every sealed text; with a space, which no key of Google's and no JSON
 * begins with. */
#define SEAL_MARK     "gb1 "
#define SEAL_MARK_LEN 4

struct seal;

/* NULL: no memory.  One thread at a time uses it. */
struct seal *seal_new(const unsigned char key[SEAL_KEY_SIZE]);
/* The key is wiped.  NULL is fine. */
void seal_free(struct seal *);

/* Whether a text is a sealed one, by its beginning. */
bool seal_is_sealed(const char *text, size_t len);

/* Append the "len" bytes at "plain", sealed.  GB_ENOMEM, GB_ETOOBIG. */
enum gb_err seal_close(struct seal *, const char *plain, size_t len,
		       struct buf *out) GB_NODISCARD;
/* Append what was sealed.  GB_EINVAL: it was not with this key, or was changed;
 * "out" then is as it was. */
enum gb_err seal_open(struct seal *, const char *text, size_t len,
		      struct buf *out) GB_NODISCARD;

/*
 * The key that a passphrase makes with "salt", by scrypt with r = 8, p = 1 and
 * "cost" (a power of two up to SEAL_COST_MAX), which takes 1 KiB of memory a
 * unit.  GB_EINVAL for another cost; GB_ENOMEM.
 */
#define SEAL_COST     (1u << 17) /* 128 MiB, a third of a second */
#define SEAL_COST_MAX (1u << 18)
enum gb_err seal_key_of(unsigned char key[SEAL_KEY_SIZE],
			const char *passphrase, size_t len,
			const unsigned char salt[SEAL_SALT_SIZE],
			unsigned cost) GB_NODISCARD;

#endif
