/* secret.c: digests, random ids and tokens */
#include "base/secret.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/hex.h"

#define ID_BYTES ((RANDOM_ID_SIZE - 1) / 2)

/* Looked up once: OpenSSL 3 looks an algorithm up by its name at every use,
 * under a lock that all threads share. */
static const EVP_MD *sha256;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void
fetch_sha256(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (sha256 == NULL)
		abort(); /* no library that this is linked with lacks it */
}

void
secret_digest(unsigned char digest[DIGEST_SIZE], const void *data, size_t len)
{
	pthread_once(&sha256_once, fetch_sha256);
	if (EVP_Digest(data, len, digest, NULL, sha256, NULL) != 1)
		abort(); /* memory for its state, that is */
}

void
secret_digest_parts(unsigned char digest[DIGEST_SIZE],
		    const struct secret_part *parts, size_t count)
{
	EVP_MD_CTX *ctx;
	uint64_t len;
	size_t i;
	bool ok;

	pthread_once(&sha256_once, fetch_sha256);
	ctx = EVP_MD_CTX_new();
	ok = ctx != NULL && EVP_DigestInit_ex(ctx, sha256, NULL) == 1;
	for (i = 0; i < count && ok; i++) {
		len = parts[i].len;
		ok = EVP_DigestUpdate(ctx, &len, sizeof(len)) == 1 &&
		     EVP_DigestUpdate(ctx, parts[i].data, parts[i].len) == 1;
	}
	if (!ok || EVP_DigestFinal_ex(ctx, digest, NULL) != 1)
		abort(); /* memory for its state, that is */
	EVP_MD_CTX_free(ctx);
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
	/* A system call for many ids; a thread's own, so without a lock. */
	static _Thread_local unsigned char pool[ID_BYTES * 32];
	static _Thread_local size_t left;

	if (left == 0) {
		random_bytes(pool, sizeof(pool));
		left = sizeof(pool);
	}
	left -= ID_BYTES;
	hex_write(id, pool + left, ID_BYTES);
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

bool
secret_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

void
secret_hmac(unsigned char mac[DIGEST_SIZE], const char *secret,
	    const char *text)
{
	if (HMAC(EVP_sha256(), secret, (int)strlen(secret),
		 (const unsigned char *)text, strlen(text), mac, NULL) == NULL)
		abort(); /* memory for its state, that is */
}
