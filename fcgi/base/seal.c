/* seal.c: secrets as text that only who has the key can read, or make */
#include "base/seal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "base/base64.h"

#define NONCE_SIZE 12
#define TAG_SIZE   16
#define MAC_SIZE   32
#define SCRYPT_R   8
#define SCRYPT_P   1
#define SCRYPT_MAX (512u << 20) /* bytes; SEAL_COST_MAX takes half of it */

struct seal {
	EVP_CIPHER_CTX *cipher;
	EVP_CIPHER *aes;
	EVP_MAC_CTX *mac; /* with the key that makes nonces */
	unsigned char key[SEAL_KEY_SIZE];
};

static EVP_MAC_CTX *
new_mac(const unsigned char key[SEAL_KEY_SIZE])
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end(),
	};
	EVP_MAC_CTX *ctx;
	EVP_MAC *mac;

	mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	ctx = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);
	EVP_MAC_free(mac); /* the context holds it */
	if (ctx != NULL && EVP_MAC_init(ctx, key, SEAL_KEY_SIZE, params) == 1)
		return ctx;
	EVP_MAC_CTX_free(ctx);
	return NULL;
}

/* The HMAC of "data"; the context is ready for the next one. */
static bool
mac_of(EVP_MAC_CTX *ctx, const void *data, size_t len,
       unsigned char out[MAC_SIZE])
{
	size_t got;

	return EVP_MAC_init(ctx, NULL, 0, NULL) == 1 &&
	       EVP_MAC_update(ctx, data, len) == 1 &&
	       EVP_MAC_final(ctx, out, &got, MAC_SIZE) == 1 && got == MAC_SIZE;
}

/* Two keys of one, for two things to do. */
struct seal *
seal_new(const unsigned char key[SEAL_KEY_SIZE])
{
	static const char of_cipher[] = "gbalance: cipher",
			  of_nonce[] = "gbalance: nonce";
	unsigned char nonce_key[MAC_SIZE];
	EVP_MAC_CTX *master;
	struct seal *s;
	bool ok;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	master = new_mac(key);
	ok = master != NULL &&
	     mac_of(master, of_cipher, sizeof(of_cipher), s->key) &&
	     mac_of(master, of_nonce, sizeof(of_nonce), nonce_key) &&
	     (s->mac = new_mac(nonce_key)) != NULL &&
	     (s->aes = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL)) != NULL &&
	     (s->cipher = EVP_CIPHER_CTX_new()) != NULL;
	EVP_MAC_CTX_free(master);
	explicit_bzero(nonce_key, sizeof(nonce_key));
	if (ok)
		return s;
	seal_free(s);
	return NULL;
}

void
seal_free(struct seal *s)
{
	if (s == NULL)
		return;
	EVP_CIPHER_CTX_free(s->cipher);
	EVP_CIPHER_free(s->aes);
	EVP_MAC_CTX_free(s->mac);
	explicit_bzero(s->key, sizeof(s->key));
	free(s);
}

bool
seal_is_sealed(const char *text, size_t len)
{
	return len >= SEAL_MARK_LEN &&
	       memcmp(text, SEAL_MARK, SEAL_MARK_LEN) == 0;
}

/* Nonce, what is hidden, and the tag, into "raw", which has room for them. */
static bool
encrypt(struct seal *s, const char *plain, size_t len, unsigned char *raw)
{
	unsigned char mac[MAC_SIZE];
	int got;

	if (!mac_of(s->mac, plain, len, mac))
		return false;
	memcpy(raw, mac, NONCE_SIZE);
	return EVP_EncryptInit_ex2(s->cipher, s->aes, s->key, raw, NULL) == 1 &&
	       EVP_EncryptUpdate(s->cipher, raw + NONCE_SIZE, &got,
				 (const unsigned char *)plain, (int)len) == 1 &&
	       EVP_EncryptFinal_ex(s->cipher, raw + NONCE_SIZE + got, &got) ==
		   1 &&
	       EVP_CIPHER_CTX_ctrl(s->cipher, EVP_CTRL_GCM_GET_TAG, TAG_SIZE,
				   raw + NONCE_SIZE + len) == 1;
}

enum gb_err
seal_close(struct seal *s, const char *plain, size_t len, struct buf *out)
{
	unsigned char *raw;
	enum gb_err rc;

	if (len > INT_MAX / 2)
		return GB_ETOOBIG;
	if ((raw = malloc(NONCE_SIZE + len + TAG_SIZE)) == NULL)
		return GB_ENOMEM;
	rc = encrypt(s, plain, len, raw) ? GB_OK : GB_ENOMEM;
	if (rc == GB_OK) {
		buf_puts(out, SEAL_MARK);
		base64_encode(out, raw, NONCE_SIZE + len + TAG_SIZE);
		rc = buf_error(out);
	}
	free(raw);
	return rc;
}

/* The "len" bytes at "raw" into "plain", which has room for them. */
static bool
decrypt(struct seal *s, unsigned char *raw, size_t len, unsigned char *plain)
{
	size_t hidden = len - NONCE_SIZE - TAG_SIZE;
	int got, rest;

	return EVP_DecryptInit_ex2(s->cipher, s->aes, s->key, raw, NULL) == 1 &&
	       EVP_CIPHER_CTX_ctrl(s->cipher, EVP_CTRL_GCM_SET_TAG, TAG_SIZE,
				   raw + NONCE_SIZE + hidden) == 1 &&
	       EVP_DecryptUpdate(s->cipher, plain, &got, raw + NONCE_SIZE,
				 (int)hidden) == 1 &&
	       EVP_DecryptFinal_ex(s->cipher, plain + got, &rest) == 1;
}

enum gb_err
seal_open(struct seal *s, const char *text, size_t len, struct buf *out)
{
	struct buf raw;
	size_t hidden;
	char *plain;
	enum gb_err rc;

	if (!seal_is_sealed(text, len) || len > INT_MAX)
		return GB_EINVAL;
	buf_init(&raw, len);
	rc = GB_EINVAL;
	if (!base64_decode(&raw, text + SEAL_MARK_LEN, len - SEAL_MARK_LEN))
		rc = buf_error(&raw) == GB_OK ? GB_EINVAL : GB_ENOMEM;
	else if (raw.len >= NONCE_SIZE + TAG_SIZE) {
		hidden = raw.len - NONCE_SIZE - TAG_SIZE;
		/* Nothing of it is "out"'s before the tag was found right. */
		if ((plain = buf_reserve(out, hidden)) == NULL)
			rc = buf_error(out);
		else if (decrypt(s, (unsigned char *)raw.data, raw.len,
				 (unsigned char *)plain)) {
			out->len += hidden;
			rc = GB_OK;
		}
		if (plain != NULL)
			out->data[out->len] = '\0';
	}
	buf_release(&raw);
	return rc;
}

enum gb_err
seal_key_of(unsigned char key[SEAL_KEY_SIZE], const char *passphrase,
	    size_t len, const unsigned char salt[SEAL_SALT_SIZE], unsigned cost)
{
	if (cost < 2 || cost > SEAL_COST_MAX || (cost & (cost - 1)) != 0)
		return GB_EINVAL;
	return EVP_PBE_scrypt(passphrase, len, salt, SEAL_SALT_SIZE, cost,
			      SCRYPT_R, SCRYPT_P, SCRYPT_MAX, key,
			      SEAL_KEY_SIZE) == 1
		   ? GB_OK
		   : GB_ENOMEM;
}
