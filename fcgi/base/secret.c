/* secret.c: constant-time comparison, digests, random ids */
#include "base/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/crypto.h>
#include <openssl/sha.h>

bool
secret_equal(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len == b_len && CRYPTO_memcmp(a, b, a_len) == 0;
}

void
secret_digest(unsigned char digest[DIGEST_SIZE], const void *data, size_t len)
{
	SHA256(data, len, digest);
}

void
random_bytes(void *data, size_t len)
{
	unsigned char *p = data;
	ssize_t got;

	while (len > 0) {
		got = getrandom(p, len, 0);
		if (got == -1) {
			if (errno == EINTR)
				continue;
			abort(); /* no kernel this runs on lacks it */
		}
		p += got;
		len -= (size_t)got;
	}
}

void
random_id(char id[RANDOM_ID_SIZE])
{
	static const char hex[] = "0123456789abcdef";
	unsigned char raw[(RANDOM_ID_SIZE - 1) / 2];
	size_t i;

	random_bytes(raw, sizeof(raw));
	for (i = 0; i < sizeof(raw); i++) {
		id[2 * i] = hex[raw[i] >> 4];
		id[2 * i + 1] = hex[raw[i] & 15];
	}
	id[RANDOM_ID_SIZE - 1] = '\0';
}

void
random_token(char token[TOKEN_SIZE])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789";
	unsigned char raw[64];
	size_t i, used;

	memcpy(token, "gb-", 3);
	i = 3;
	while (i < TOKEN_SIZE - 1) {
		random_bytes(raw, sizeof(raw));
		for (used = 0; used < sizeof(raw) && i < TOKEN_SIZE - 1; used++)
			if (raw[used] < 4 * 62) /* no letter is likelier */
				token[i++] = letters[raw[used] % 62];
	}
	token[i] = '\0';
	explicit_bzero(raw, sizeof(raw));
}
