/*
 * aliyun_sign.h: the two signatures of Aliyun's object store (OSS), as values
 * of the header Authorization; pure.
 */
#ifndef GB_HOSTING_ALIYUN_SIGN_H
#define GB_HOSTING_ALIYUN_SIGN_H

#include "hosting/sign.h"

/*
 * V1: "OSS {id}:{signature}".  Of rq->headers, "content-md5", "content-type",
 * "date" and those that begin with "x-oss-" count, of rq->path all: it is
 * "/{bucket}/{object}".  rq->query, rq->now_ms and rq->region are not signed.
 * On failure, GB_ETOOBIG or GB_ENOMEM, "out" is undefined.
 */
enum gb_err aliyun_sign_v1(const struct sign_request *rq,
			   struct buf *out) GB_NODISCARD;

/*
 * V4: "OSS4-HMAC-SHA256 Credential=…,Signature=…".  All of rq->headers are
 * signed: they may be "content-md5", "content-type" and those that begin with
 * "x-oss-", among them "x-oss-content-sha256: UNSIGNED-PAYLOAD" and
 * "x-oss-date", which is sign_time() of rq->now_ms.
 */
enum gb_err aliyun_sign_v4(const struct sign_request *rq,
			   struct buf *out) GB_NODISCARD;

#endif
