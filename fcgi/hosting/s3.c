/*
 * s3.c: any store that speaks S3.  PUT the picture at
 * {s3_endpoint}/{bucket}/pictures/{name}, signed by V4 with the body.  Path
 * style, which every such store takes and which needs no name of its own.
 */
#include "hosting/host.h"

#include <string.h>
#include <strings.h>

#include "hosting/aws_sign.h"

#define FOLDER "/pictures/"

static const char *
s3_missing(const struct settings *cfg)
{
	if (cfg->s3_endpoint[0] == '\0')
		return "s3_endpoint";
	if (cfg->s3_bucket[0] == '\0')
		return "s3_bucket";
	if (cfg->s3_access_key_id[0] == '\0')
		return "s3_access_key_id";
	if (cfg->s3_secret_access_key[0] == '\0')
		return "s3_secret_access_key";
	return NULL;
}

/* What follows "https://" in the endpoint. */
static const char *
host_of(const struct settings *cfg)
{
	return strstr(cfg->s3_endpoint, "://") + 3;
}

/* The header Host: a port that the scheme has anyway is not in it. */
static void
add_host(const struct settings *cfg, struct buf *out)
{
	const char *host = host_of(cfg), *usual;
	size_t len, usual_len;

	len = strcspn(host, "/");
	usual = strncasecmp(cfg->s3_endpoint, "https", 5) == 0 ? ":443" : ":80";
	usual_len = strlen(usual);
	if (len > usual_len &&
	    memcmp(host + len - usual_len, usual, usual_len) == 0)
		len -= usual_len;
	buf_add(out, host, len);
}

/* Sign the headers that "rq" has, and add the signature. */
static enum gb_err
sign(const struct settings *cfg, const struct host_picture *picture,
     const char *path, const char *payload, struct host_request *rq)
{
	struct sign_header headers[HOST_HEADERS_MAX];
	struct sign_request sign = {
	    .method = "PUT",
	    .path = path,
	    .query = "",
	    .headers = headers,
	    .header_count = rq->count,
	    .now_ms = picture->now_ms,
	    .id = cfg->s3_access_key_id,
	    .secret = cfg->s3_secret_access_key,
	    .region = cfg->s3_region,
	};
	size_t i;

	for (i = 0; i < rq->count; i++) {
		headers[i].name = rq->headers[i].name;
		headers[i].value = buf_str(&rq->headers[i].value);
	}
	return aws_sign(&sign, payload, host_header_add(rq, "authorization"));
}

static enum gb_err
s3_write(const struct settings *cfg, const struct host_picture *picture,
	 size_t way, struct host_request *rq)
{
	char payload[SIGN_HEX_SIZE], time[SIGN_TIME_SIZE];
	struct buf path;
	const char *prefix;
	enum gb_err rc;

	(void)way; /* there is one */
	buf_init(&path, HOST_URL_MAX);
	prefix = host_of(cfg);
	buf_puts(&path, prefix + strcspn(prefix, "/"));
	buf_printf(&path, "/%s" FOLDER "%s", cfg->s3_bucket, picture->name);
	buf_printf(&rq->url, "%s/%s" FOLDER "%s", cfg->s3_endpoint,
		   cfg->s3_bucket, picture->name);
	sign_digest(payload, picture->bytes, picture->len);
	sign_time(time, picture->now_ms);
	/* In the order in which they are signed. */
	buf_puts(host_header_add(rq, "content-type"), picture->mime);
	add_host(cfg, host_header_add(rq, "host"));
	buf_puts(host_header_add(rq, "x-amz-content-sha256"), payload);
	buf_puts(host_header_add(rq, "x-amz-date"), time);
	if ((rc = buf_error(&path)) == GB_OK)
		rc = sign(cfg, picture, buf_str(&path), payload, rq);
	buf_release(&path);
	return rc;
}

static bool
s3_read(const struct settings *cfg, const struct host_picture *picture,
	struct host_answer *answer)
{
	if (answer->status != 200) {
		host_xml_words(answer);
		return false;
	}
	if (cfg->s3_public_url[0] != '\0')
		buf_puts(&answer->url, cfg->s3_public_url);
	else
		buf_printf(&answer->url, "%s/%s", cfg->s3_endpoint,
			   cfg->s3_bucket);
	buf_printf(&answer->url, FOLDER "%s", picture->name);
	return true;
}

const struct host host_s3 = {
    .name = "s3",
    .method = "PUT",
    .missing = s3_missing,
    .write = s3_write,
    .read = s3_read,
};
