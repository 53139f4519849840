/* sign.c: what the signatures of Aliyun and AWS are made of */
#include "hosting/sign.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include <openssl/hmac.h>

#include "base/base64.h"
#include "base/hex.h"

/* The moment in UTC; false: a year that no clock has. */
static bool
take_apart(int64_t ms, struct tm *tm)
{
	time_t seconds = (time_t)(ms / 1000);

	return gmtime_r(&seconds, tm) != NULL;
}

void
sign_time(char text[SIGN_TIME_SIZE], int64_t ms)
{
	struct tm tm;

	if (!take_apart(ms, &tm) ||
	    strftime(text, SIGN_TIME_SIZE, "%Y%m%dT%H%M%SZ", &tm) == 0)
		text[0] = '\0';
}

void
sign_date(char text[SIGN_DATE_SIZE], int64_t ms)
{
	struct tm tm;

	if (!take_apart(ms, &tm) ||
	    strftime(text, SIGN_DATE_SIZE, "%a, %d %b %Y %H:%M:%S GMT", &tm) ==
		0)
		text[0] = '\0';
}

void
sign_digest(char hex[SIGN_HEX_SIZE], const void *data, size_t len)
{
	unsigned char digest[DIGEST_SIZE];

	secret_digest(digest, data, len);
	hex_write(hex, digest, sizeof(digest));
}

/* Replace "key", of "key_len" bytes, by the HMAC of "text" with it; false: no
 * memory. */
static bool
step(unsigned char key[DIGEST_SIZE], const char *text, size_t len)
{
	unsigned char next[DIGEST_SIZE];
	bool good;

	good = HMAC(EVP_sha256(), key, DIGEST_SIZE, (const unsigned char *)text,
		    len, next, NULL) != NULL;
	memcpy(key, next, good ? sizeof(next) : 0);
	explicit_bzero(next, sizeof(next));
	return good;
}

/* The key of a day, region and service. */
static bool
day_key(const struct sign_v4 *v4, const struct sign_request *rq,
	const char time[SIGN_TIME_SIZE], unsigned char key[DIGEST_SIZE])
{
	struct buf first;
	bool good;

	buf_init(&first, SIGN_TEXT_MAX);
	buf_puts(&first, v4->prefix);
	buf_puts(&first, rq->secret);
	good =
	    buf_error(&first) == GB_OK &&
	    HMAC(EVP_sha256(), buf_str(&first), (int)first.len,
		 (const unsigned char *)time, SIGN_DAY_LEN, key, NULL) != NULL;
	buf_wipe(&first);
	return good && step(key, rq->region, strlen(rq->region)) &&
	       step(key, v4->service, strlen(v4->service)) &&
	       step(key, v4->end, strlen(v4->end));
}

void
sign_v4_scope(const struct sign_v4 *v4, const struct sign_request *rq,
	      struct buf *out)
{
	char time[SIGN_TIME_SIZE];

	sign_time(time, rq->now_ms);
	buf_printf(out, "%.*s/%s/%s/%s", SIGN_DAY_LEN, time, rq->region,
		   v4->service, v4->end);
}

enum gb_err
sign_v4(const struct sign_v4 *v4, const struct sign_request *rq,
	const struct buf *canonical, char hex[SIGN_HEX_SIZE])
{
	unsigned char key[DIGEST_SIZE];
	char time[SIGN_TIME_SIZE];
	struct buf text;
	enum gb_err rc;

	hex[0] = '\0';
	if ((rc = buf_error(canonical)) != GB_OK)
		return rc;
	sign_time(time, rq->now_ms);
	buf_init(&text, SIGN_TEXT_MAX);
	buf_printf(&text, "%s\n%s\n", v4->algorithm, time);
	sign_v4_scope(v4, rq, &text);
	sign_digest(hex, buf_str(canonical), canonical->len);
	buf_printf(&text, "\n%s", hex);
	rc = buf_error(&text);
	if (rc == GB_OK && (!day_key(v4, rq, time, key) ||
			    !step(key, buf_str(&text), text.len)))
		rc = GB_ENOMEM;
	if (rc == GB_OK)
		hex_write(hex, key, sizeof(key));
	explicit_bzero(key, sizeof(key));
	buf_release(&text);
	return rc;
}

enum gb_err
sign_hmac_sha1(const char *secret, const struct buf *text, struct buf *out)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len;

	if (buf_error(text) != GB_OK)
		return buf_error(text);
	if (HMAC(EVP_sha1(), secret, (int)strlen(secret),
		 (const unsigned char *)buf_str(text), text->len, digest,
		 &len) == NULL)
		return GB_ENOMEM;
	base64_encode(out, digest, len);
	return buf_error(out);
}
