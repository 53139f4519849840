/* test_hosts.c: what each host is sent, and what is read in its answers */
#include "unit.h"

#include <stdlib.h>

#include "hosting/host.h"

#define NAME	   "0123456789abcdef0123456789abcdef.png"
#define MAY_2013   INT64_C(1369353600000)
#define SECRET	   "planted-secret-of-an-account"
#define MUTABLE(s) ((char[]){s})

/* Everything that an operator can set. */
static struct settings
all_set(void)
{
	static char secret[] = SECRET, empty[] = "", smms[] = "https://sm/up",
		    picgo[] = "https://pg/1", imgbed[] = "https://ib/x/upload",
		    folder[] = "a b/&c", oss[] = "oss-cn-x.example",
		    inner[] = "http://inner.example", bucket[] = "bkt",
		    region[] = "cn-x", s3[] = "https://s3.example:443/store";
	struct settings cfg;

	memset(&cfg, 0, sizeof(cfg));
	cfg.smms_secret_token = cfg.picgo_api_key = cfg.imgbed_auth_code =
	    cfg.oss_access_key = cfg.oss_access_key_secret =
		cfg.s3_access_key_id = cfg.s3_secret_access_key = secret;
	cfg.smms_api_url = smms;
	cfg.picgo_api_url = picgo;
	cfg.imgbed_url = imgbed;
	cfg.imgbed_upload_folder = folder;
	cfg.oss_endpoint = oss;
	cfg.oss_endpoint_inner = inner;
	cfg.oss_bucket_name = cfg.s3_bucket = bucket;
	cfg.oss_region = cfg.s3_region = region;
	cfg.s3_endpoint = s3;
	cfg.s3_public_url = empty;
	return cfg;
}

static const struct host_picture picture = {
    .mime = "image/png",
    .name = NAME,
    .bytes = "PNG",
    .len = 3,
    .now_ms = MAY_2013,
};

/* --- requests ------------------------------------------------------------- */

static const struct write_row {
	const char *host;
	size_t way;
	const char *url;
	const char *headers; /* the first of them, a line each */
} write_rows[] = {
    {"smms", 0, "https://sm/up", "authorization: Basic " SECRET "\n"},
    {"picgo", 0, "https://pg/1", "x-api-key: " SECRET "\n"},
    {"cloudflare_imgbed", 0,
     "https://ib/x/upload?uploadNameType=origin&uploadFolder=a%20b%2F%26c",
     "authCode: " SECRET "\n"},
    {"aliyun_oss", 0, "http://bkt.inner.example/pictures/" NAME,
     "content-type: image/png\nx-oss-content-sha256: UNSIGNED-PAYLOAD\n"
     "x-oss-date: 20130524T000000Z\nauthorization: OSS4-HMAC-SHA256 "
     "Credential=" SECRET "/20130524/cn-x/oss/aliyun_v4_request,Signature="},
    {"aliyun_oss", 1, "https://bkt.oss-cn-x.example/pictures/" NAME,
     "content-type: image/png\n"},
    {"s3", 0, "https://s3.example:443/store/bkt/pictures/" NAME,
     "content-type: image/png\nhost: s3.example\nx-amz-content-sha256: "
     "796120837694d3f3f29259cfeb25091698c2a0aa87873658d840b4993ee889b3"},
};

static void
lines_of(const struct host_request *rq, struct buf *out)
{
	size_t i;

	for (i = 0; i < rq->count; i++)
		buf_printf(out, "%s: %s\n", rq->headers[i].name,
			   buf_str(&rq->headers[i].value));
}

static void
release(struct host_request *rq)
{
	while (rq->count > 0)
		buf_release(&rq->headers[--rq->count].value);
	buf_release(&rq->url);
}

static void
test_write(void **state)
{
	struct settings cfg = all_set();
	const struct write_row *row;
	struct host_request rq;
	const struct host *host;
	struct buf lines;

	(void)state;
	buf_init(&lines, 16384);
	for (row = write_rows; row < write_rows + GB_COUNT(write_rows); row++) {
		host = host_find(row->host);
		CHECK(row->host, host != NULL);
		CHECK_STR(row->host, host->missing(&cfg), NULL);
		memset(&rq, 0, sizeof(rq));
		buf_init(&rq.url, HOST_URL_MAX);
		buf_reset(&lines);
		CHECK_INT(row->host, host->write(&cfg, &picture, row->way, &rq),
			  GB_OK);
		lines_of(&rq, &lines);
		CHECK_STR(row->host, buf_str(&rq.url), row->url);
		if (strncmp(buf_str(&lines), row->headers,
			    strlen(row->headers)) != 0)
			fail_msg("%s: have %s, want %s", row->host,
				 buf_str(&lines), row->headers);
		CHECK(row->host, strstr(buf_str(&rq.url), SECRET) == NULL);
		release(&rq);
	}
	buf_release(&lines);
}

/* Without a region, the old signature and its date. */
static void
test_write_oss_v1(void **state)
{
	struct settings cfg = all_set();
	struct host_request rq = {.count = 0};
	struct buf lines;
	static const char want[] =
	    "content-type: image/png\ndate: Fri, 24 May 2013 00:00:00 GMT\n"
	    "authorization: OSS " SECRET ":";

	(void)state;
	cfg.oss_region = MUTABLE("");
	cfg.oss_endpoint_inner = MUTABLE("");
	CHECK_INT("ways", host_aliyun_oss.ways(&cfg), 1);
	buf_init(&rq.url, HOST_URL_MAX);
	buf_init(&lines, 16384);
	CHECK_INT("write", host_aliyun_oss.write(&cfg, &picture, 0, &rq),
		  GB_OK);
	lines_of(&rq, &lines);
	CHECK_STR("url", buf_str(&rq.url),
		  "https://bkt.oss-cn-x.example/pictures/" NAME);
	if (strncmp(buf_str(&lines), want, strlen(want)) != 0)
		fail_msg("V1: have %s, want %s", buf_str(&lines), want);
	buf_release(&lines);
	release(&rq);
}

/* Each setting that is missing is named. */
static void
test_missing(void **state)
{
	static const struct {
		const char *host, *missing;
		size_t offset;
	} rows[] = {
#define ROW(host, name, member) {host, name, offsetof(struct settings, member)}
	    ROW("smms", "smms_secret_token", smms_secret_token),
	    ROW("picgo", "picgo_api_key", picgo_api_key),
	    ROW("cloudflare_imgbed", "cloudflare_imgbed_url", imgbed_url),
	    ROW("aliyun_oss", "oss_endpoint", oss_endpoint),
	    ROW("aliyun_oss", "oss_access_key", oss_access_key),
	    ROW("aliyun_oss", "oss_access_key_secret", oss_access_key_secret),
	    ROW("aliyun_oss", "oss_bucket_name", oss_bucket_name),
	    ROW("s3", "s3_endpoint", s3_endpoint),
	    ROW("s3", "s3_bucket", s3_bucket),
	    ROW("s3", "s3_access_key_id", s3_access_key_id),
	    ROW("s3", "s3_secret_access_key", s3_secret_access_key),
	};
	static char empty[] = "";
	struct settings cfg;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(rows); i++) {
		cfg = all_set();
		memcpy((char *)&cfg + rows[i].offset, &(char *){empty},
		       sizeof(char *));
		CHECK_STR(rows[i].missing,
			  host_find(rows[i].host)->missing(&cfg),
			  rows[i].missing);
	}
	CHECK("local is no host", host_find("local") == NULL);
	CHECK("no such host", host_find("s4") == NULL);
}

/* --- answers -------------------------------------------------------------- */

static const struct read_row {
	const char *host;
	int status;
	const char *body;
	const char *url;   /* NULL: refused */
	const char *words; /* then */
} read_rows[] = {
    {"smms", 200, "{\"success\":true,\"data\":{\"url\":\"https://i/a.png\"}}",
     "https://i/a.png", NULL},
    {"smms", 200,
     "{\"success\":false,\"code\":\"image_repeated\",\"images\":"
     "\"https://i/b.png\"}",
     "https://i/b.png", NULL},
    {"smms", 401, "{\"success\":false,\"message\":\"Unauthorized.\"}", NULL,
     "Unauthorized."},
    {"smms", 200, "{\"success\":true,\"data\":{\"url\":7}}", NULL,
     "its answer is none of SM.MS's"},
    {"smms", 200, "[]", NULL, "its answer is none of SM.MS's"},
    {"smms", 502, "<html>", NULL, "its answer is none of SM.MS's"},
    {"smms", 200, "", NULL, "its answer is none of SM.MS's"},

    {"picgo", 200, "{\"status_code\":200,\"image\":{\"url\":\"https://i/a\"}}",
     "https://i/a", NULL},
    {"picgo", 200, "{\"success\":true,\"result\":[\"https://i/b\"]}",
     "https://i/b", NULL},
    {"picgo", 400,
     "{\"status_code\":400,\"error\":{\"message\":\"Invalid API key\"}}", NULL,
     "Invalid API key"},
    {"picgo", 200, "{\"success\":false,\"message\":\"no\"}", NULL, "no"},
    {"picgo", 200, "{\"success\":true,\"result\":[]}", NULL,
     "its answer is none of PicGo's"},
    {"picgo", 200, "{\"success\":true,\"result\":[1]}", NULL,
     "its answer is none of PicGo's"},
    {"picgo", 200, "{\"status_code\":200,\"image\":[]}", NULL,
     "its answer is none of PicGo's"},

    {"cloudflare_imgbed", 200, "[{\"src\":\"/file/a.png\"}]",
     "https://ib/x/file/a.png", NULL},
    {"cloudflare_imgbed", 200, "[{\"src\":\"https://cdn/a.png\"}]",
     "https://cdn/a.png", NULL},
    {"cloudflare_imgbed", 401, "Unauthorized", NULL,
     "cloudflare_imgbed_auth_code is wrong"},
    {"cloudflare_imgbed", 200, "{}", NULL,
     "its answer is none of CloudFlare-ImgBed's"},
    {"cloudflare_imgbed", 200, "[]", NULL,
     "its answer is none of CloudFlare-ImgBed's"},

    {"aliyun_oss", 200, "", "https://bkt.oss-cn-x.example/pictures/" NAME,
     NULL},
    {"aliyun_oss", 403,
     "<Error><Code>InvalidAccessKeyId</Code><Message>none</Message></Error>",
     NULL, "InvalidAccessKeyId: none"},
    {"aliyun_oss", 403, "<Error><Code>Cut", NULL, ""},

    {"s3", 200, "", "https://s3.example:443/store/bkt/pictures/" NAME, NULL},
    {"s3", 403, "<Error><Code>SignatureDoesNotMatch</Code></Error>", NULL,
     "SignatureDoesNotMatch: "},
    {"s3", 301, "", NULL, ""},
};

static void
test_read(void **state)
{
	struct settings cfg = all_set();
	struct host_answer answer;
	const struct read_row *row;
	bool good;

	(void)state;
	for (row = read_rows; row < read_rows + GB_COUNT(read_rows); row++) {
		memset(&answer, 0, sizeof(answer));
		answer.status = row->status;
		answer.body = row->body;
		answer.len = strlen(row->body);
		buf_init(&answer.url, PICTURE_URL_MAX);
		buf_init(&answer.words, 4096);
		good = host_find(row->host)->read(&cfg, &picture, &answer);
		CHECK_INT(row->body, good, row->url != NULL);
		CHECK_STR(row->body, good ? buf_str(&answer.url) : NULL,
			  row->url);
		CHECK_STR(row->body, good ? NULL : buf_str(&answer.words),
			  row->words);
		buf_release(&answer.url);
		buf_release(&answer.words);
	}
	cfg.s3_public_url = MUTABLE("https://pub.example");
	memset(&answer, 0, sizeof(answer));
	answer.status = 200;
	answer.body = "";
	buf_init(&answer.url, PICTURE_URL_MAX);
	CHECK("public", host_s3.read(&cfg, &picture, &answer));
	CHECK_STR("public", buf_str(&answer.url),
		  "https://pub.example/pictures/" NAME);
	buf_release(&answer.url);
}

static void
test_urls(void **state)
{
	static const struct {
		const char *url;
		bool fit;
	} rows[] = {
	    {"https://a.example/b.png?c=d&e#f", true},
	    {"http://a/b", true},
	    {"javascript:alert(1)", false},
	    {"/file/a.png", false},
	    {"https://a/b c", false},
	    {"https://a/b)", false},
	    {"https://a/\"onload=", false},
	    {"https://a/<script>", false},
	    {"https://a/\n", false},
	    {"https://a/\xc3\xa4", false},
	    {"", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(rows); i++)
		CHECK_INT(rows[i].url,
			  host_url_is_fit(rows[i].url, strlen(rows[i].url)),
			  rows[i].fit);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_write),   cmocka_unit_test(test_write_oss_v1),
	    cmocka_unit_test(test_missing), cmocka_unit_test(test_read),
	    cmocka_unit_test(test_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
