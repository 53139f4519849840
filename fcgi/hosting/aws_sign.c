/* aws_sign.c: AWS's signature V4, after "Signature Calculations for the
 * Authorization Header" of the S3 API Reference */
#include "hosting/aws_sign.h"

#include "hosting/host.h"

static const struct sign_v4 aws4 = {
    .algorithm = "AWS4-HMAC-SHA256",
    .prefix = "AWS4",
    .service = "s3",
    .end = "aws4_request",
};

static void
add_names(const struct sign_request *rq, struct buf *out)
{
	size_t i;

	for (i = 0; i < rq->header_count; i++)
		buf_printf(out, "%s%s", i == 0 ? "" : ";", rq->headers[i].name);
}

enum gb_err
aws_sign(const struct sign_request *rq, const char *payload, struct buf *out)
{
	char signature[SIGN_HEX_SIZE];
	struct buf canonical;
	enum gb_err rc;
	size_t i;

	buf_init(&canonical, SIGN_TEXT_MAX);
	buf_printf(&canonical, "%s\n", rq->method);
	host_escape(&canonical, rq->path, "/");
	buf_printf(&canonical, "\n%s\n", rq->query);
	for (i = 0; i < rq->header_count; i++)
		buf_printf(&canonical, "%s:%s\n", rq->headers[i].name,
			   rq->headers[i].value);
	buf_putc(&canonical, '\n');
	add_names(rq, &canonical);
	buf_printf(&canonical, "\n%s", payload);
	rc = sign_v4(&aws4, rq, &canonical, signature);
	buf_release(&canonical);
	if (rc != GB_OK)
		return rc;
	buf_printf(out, "%s Credential=%s/", aws4.algorithm, rq->id);
	sign_v4_scope(&aws4, rq, out);
	buf_puts(out, ",SignedHeaders=");
	add_names(rq, out);
	buf_printf(out, ",Signature=%s", signature);
	return buf_error(out);
}
