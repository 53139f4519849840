/* aws_sign.h: AWS's signature V4 for S3, as the value of the header
 * Authorization; pure */
#ifndef GB_HOSTING_AWS_SIGN_H
#define GB_HOSTING_AWS_SIGN_H

#include "hosting/sign.h"

/*
 * "AWS4-HMAC-SHA256 Credential=…".  All of rq->headers are signed, among them
 * "host", "x-amz-content-sha256", which is the body's sign_digest() "payload",
 * and "x-amz-date", which is sign_time() of rq->now_ms.  On failure, GB_ETOOBIG
 * or GB_ENOMEM, "out" is undefined.
 */
enum gb_err aws_sign(const struct sign_request *rq, const char *payload,
		     struct buf *out) GB_NODISCARD;

#endif
