/* sign.h: what the signatures of Aliyun and AWS are made of; pure */
#ifndef GB_HOSTING_SIGN_H
#define GB_HOSTING_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/secret.h"

#define SIGN_HEX_SIZE  (2 * DIGEST_SIZE + 1) /* a SHA-256 in hexadecimal */
#define SIGN_TIME_SIZE 17		     /* "20130524T000000Z" and NUL */
#define SIGN_DAY_LEN   8		     /* of it: "20130524" */
#define SIGN_DATE_SIZE 40    /* "Fri, 24 May 2013 00:00:00 GMT" and NUL */
#define SIGN_TEXT_MAX  16384 /* bytes of what is signed: a request's head */

/* A header that is signed.  Names are in lower case and in order. */
struct sign_header {
	const char *name, *value;
};

/* A request, and on whose behalf. */
struct sign_request {
	const char *method;
	const char *path;  /* not escaped, with the leading "/" */
	const char *query; /* escaped and in order; "": none */
	const struct sign_header *headers;
	size_t header_count;
	int64_t now_ms; /* since 1970 UTC */
	const char *id, *secret;
	const char *region;
};

/* What one V4 has other than the next. */
struct sign_v4 {
	const char *algorithm; /* "AWS4-HMAC-SHA256" */
	const char *prefix;    /* of the secret: "AWS4" */
	const char *service;   /* "s3" */
	const char *end;       /* of the scope: "aws4_request" */
};

/* A moment, in UTC, as V4 has it, and as HTTP does. */
void sign_time(char text[SIGN_TIME_SIZE], int64_t ms);
void sign_date(char text[SIGN_DATE_SIZE], int64_t ms);

/* The SHA-256 of "data" in hexadecimal. */
void sign_digest(char hex[SIGN_HEX_SIZE], const void *data, size_t len);

/* The scope of a V4: "20130524/us-east-1/s3/aws4_request". */
void sign_v4_scope(const struct sign_v4 *, const struct sign_request *,
		   struct buf *out);

/* The V4 signature, in hexadecimal, of the canonical request. */
enum gb_err sign_v4(const struct sign_v4 *, const struct sign_request *,
		    const struct buf *canonical,
		    char hex[SIGN_HEX_SIZE]) GB_NODISCARD;

/* HMAC by SHA-1, in base64, as V1 has it. */
enum gb_err sign_hmac_sha1(const char *secret, const struct buf *text,
			   struct buf *out) GB_NODISCARD;

#endif
