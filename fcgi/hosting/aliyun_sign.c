/*
 * aliyun_sign.c: the two signatures of Aliyun's object store (OSS), after its
 * pages "Include a V1 signature in the Authorization header" and "Include a V4
 * signature in the Authorization header".
 */
#include "hosting/aliyun_sign.h"

#include <string.h>

#include "hosting/host.h"

static const struct sign_v4 oss4 = {
    .algorithm = "OSS4-HMAC-SHA256",
    .prefix = "aliyun_v4",
    .service = "oss",
    .end = "aliyun_v4_request",
};

static const char *
value_of(const struct sign_request *rq, const char *name)
{
	size_t i;

	for (i = 0; i < rq->header_count; i++)
		if (strcmp(rq->headers[i].name, name) == 0)
			return rq->headers[i].value;
	return "";
}

static void
add_headers(const struct sign_request *rq, const char *prefix, struct buf *text)
{
	size_t i;

	for (i = 0; i < rq->header_count; i++)
		if (strncmp(rq->headers[i].name, prefix, strlen(prefix)) == 0)
			buf_printf(text, "%s:%s\n", rq->headers[i].name,
				   rq->headers[i].value);
}

enum gb_err
aliyun_sign_v1(const struct sign_request *rq, struct buf *out)
{
	struct buf text;
	enum gb_err rc;

	buf_init(&text, SIGN_TEXT_MAX);
	buf_printf(&text, "%s\n%s\n%s\n%s\n", rq->method,
		   value_of(rq, "content-md5"), value_of(rq, "content-type"),
		   value_of(rq, "date"));
	add_headers(rq, "x-oss-", &text);
	buf_puts(&text, rq->path);
	buf_printf(out, "OSS %s:", rq->id);
	rc = sign_hmac_sha1(rq->secret, &text, out);
	buf_release(&text);
	return rc;
}

enum gb_err
aliyun_sign_v4(const struct sign_request *rq, struct buf *out)
{
	char signature[SIGN_HEX_SIZE];
	struct buf canonical;
	enum gb_err rc;

	buf_init(&canonical, SIGN_TEXT_MAX);
	buf_printf(&canonical, "%s\n", rq->method);
	host_escape(&canonical, rq->path, "/");
	buf_printf(&canonical, "\n%s\n", rq->query);
	add_headers(rq, "", &canonical);
	/* No further headers, and the body is not looked at. */
	buf_puts(&canonical, "\n\nUNSIGNED-PAYLOAD");
	rc = sign_v4(&oss4, rq, &canonical, signature);
	buf_release(&canonical);
	if (rc != GB_OK)
		return rc;
	buf_printf(out, "%s Credential=%s/", oss4.algorithm, rq->id);
	sign_v4_scope(&oss4, rq, out);
	buf_printf(out, ",Signature=%s", signature);
	return buf_error(out);
}
