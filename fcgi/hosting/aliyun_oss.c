/*
 * aliyun_oss.c: Aliyun's object store.  PUT the picture at
 * https://{bucket}.{endpoint}/pictures/{name}, signed by V4 where oss_region is
 * set, else by V1.  It goes by oss_endpoint_inner where that can be reached,
 * which costs nothing within Aliyun; the link always is of oss_endpoint.
 */
#include "hosting/host.h"

#include <stdio.h>
#include <string.h>

#include "hosting/aliyun_sign.h"

#define FOLDER "pictures/"

static const char *
oss_missing(const struct settings *cfg)
{
	if (cfg->oss_endpoint[0] == '\0')
		return "oss_endpoint";
	if (cfg->oss_access_key[0] == '\0')
		return "oss_access_key";
	if (cfg->oss_access_key_secret[0] == '\0')
		return "oss_access_key_secret";
	if (cfg->oss_bucket_name[0] == '\0')
		return "oss_bucket_name";
	return NULL;
}

static size_t
oss_ways(const struct settings *cfg)
{
	return cfg->oss_endpoint_inner[0] == '\0' ? 1 : 2;
}

/* The picture's URL by an endpoint, which may lack its scheme. */
static void
add_url(const struct settings *cfg, const char *endpoint, const char *name,
	struct buf *url)
{
	const char *host;

	host = strstr(endpoint, "://");
	if (host == NULL) {
		buf_puts(url, "https://");
		host = endpoint;
	} else {
		host += 3;
		buf_add(url, endpoint, (size_t)(host - endpoint));
	}
	buf_printf(url, "%s.%s/" FOLDER "%s", cfg->oss_bucket_name, host, name);
}

static enum gb_err
oss_write(const struct settings *cfg, const struct host_picture *picture,
	  size_t way, struct host_request *rq)
{
	bool v4 = cfg->oss_region[0] != '\0';
	char date[SIGN_DATE_SIZE], time[SIGN_TIME_SIZE];
	struct sign_header by_v1[] = {
	    {"content-type", picture->mime},
	    {"date", date},
	};
	struct sign_header by_v4[] = {
	    {"content-type", picture->mime},
	    {"x-oss-content-sha256", "UNSIGNED-PAYLOAD"},
	    {"x-oss-date", time},
	};
	struct sign_request sign = {
	    .method = "PUT",
	    .query = "",
	    .headers = v4 ? by_v4 : by_v1,
	    .header_count = v4 ? GB_COUNT(by_v4) : GB_COUNT(by_v1),
	    .now_ms = picture->now_ms,
	    .id = cfg->oss_access_key,
	    .secret = cfg->oss_access_key_secret,
	    .region = cfg->oss_region,
	};
	char path[256];
	size_t i;

	/* The inner address comes first. */
	add_url(cfg,
		way + 1 < oss_ways(cfg) ? cfg->oss_endpoint_inner
					: cfg->oss_endpoint,
		picture->name, &rq->url);
	(void)snprintf(path, sizeof(path), "/%s/" FOLDER "%s",
		       cfg->oss_bucket_name, picture->name);
	sign.path = path;
	sign_date(date, picture->now_ms);
	sign_time(time, picture->now_ms);
	for (i = 0; i < sign.header_count; i++)
		buf_puts(host_header_add(rq, sign.headers[i].name),
			 sign.headers[i].value);
	return v4 ? aliyun_sign_v4(&sign, host_header_add(rq, "authorization"))
		  : aliyun_sign_v1(&sign, host_header_add(rq, "authorization"));
}

static bool
oss_read(const struct settings *cfg, const struct host_picture *picture,
	 struct host_answer *answer)
{
	if (answer->status != 200) {
		host_xml_words(answer);
		return false;
	}
	add_url(cfg, cfg->oss_endpoint, picture->name, &answer->url);
	return true;
}

const struct host host_aliyun_oss = {
    .name = "aliyun_oss",
    .method = "PUT",
    .missing = oss_missing,
    .ways = oss_ways,
    .write = oss_write,
    .read = oss_read,
};
