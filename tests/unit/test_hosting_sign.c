/*
 * test_hosting_sign.c: signatures against those that Aliyun and AWS publish.
 *
 * AWS: "Signature Calculations for the Authorization Header", S3 API Reference,
 * its examples for GET, PUT and the two lists.  Aliyun V1: the example of
 * "Include a V1 signature in the Authorization header".  Aliyun V4: the tests
 * of Aliyun's own SDKs (SignerV4 of PHP, Swift, C# and others), key and token.
 */
#include "unit.h"

#include "hosting/aliyun_sign.h"
#include "hosting/aws_sign.h"

#define MAY_24_2013 INT64_C(1369353600000)
#define DEC_16_2023 INT64_C(1702743657000)
#define DEC_17_2023 INT64_C(1702784856000)
#define OUT_MAX	    4096
#define EMPTY_DIGEST \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void
test_times(void **state)
{
	char time[SIGN_TIME_SIZE], date[SIGN_DATE_SIZE];

	(void)state;
	sign_time(time, MAY_24_2013);
	CHECK_STR("V4", time, "20130524T000000Z");
	sign_date(date, MAY_24_2013);
	CHECK_STR("HTTP", date, "Fri, 24 May 2013 00:00:00 GMT");
	sign_time(time, INT64_MAX);
	CHECK_STR("no such year", time, "");
}

static const struct sign_header aws_get[] = {
    {"host", "examplebucket.s3.amazonaws.com"},
    {"range", "bytes=0-9"},
    {"x-amz-content-sha256", EMPTY_DIGEST},
    {"x-amz-date", "20130524T000000Z"},
};
static const struct sign_header aws_put[] = {
    {"date", "Fri, 24 May 2013 00:00:00 GMT"},
    {"host", "examplebucket.s3.amazonaws.com"},
    {"x-amz-content-sha256",
     "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"},
    {"x-amz-date", "20130524T000000Z"},
    {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
};
static const struct sign_header aws_list[] = {
    {"host", "examplebucket.s3.amazonaws.com"},
    {"x-amz-content-sha256", EMPTY_DIGEST},
    {"x-amz-date", "20130524T000000Z"},
};

static const struct aws_row {
	const char *name, *method, *path, *query;
	const struct sign_header *headers;
	size_t count;
	const char *body, *names, *want;
} aws_rows[] = {
    {"GET object", "GET", "/test.txt", "", aws_get, GB_COUNT(aws_get), "",
     "host;range;x-amz-content-sha256;x-amz-date",
     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
    {"PUT object", "PUT", "/test$file.text", "", aws_put, GB_COUNT(aws_put),
     "Welcome to Amazon S3.",
     "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
     "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
    {"GET lifecycle", "GET", "/", "lifecycle=", aws_list, GB_COUNT(aws_list),
     "", "host;x-amz-content-sha256;x-amz-date",
     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
    {"list objects", "GET", "/", "max-keys=2&prefix=J", aws_list,
     GB_COUNT(aws_list), "", "host;x-amz-content-sha256;x-amz-date",
     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
};

static void
test_aws(void **state)
{
	const struct aws_row *row;
	char want[512], payload[SIGN_HEX_SIZE];
	struct buf have;

	(void)state;
	buf_init(&have, OUT_MAX);
	for (row = aws_rows; row < aws_rows + GB_COUNT(aws_rows); row++) {
		struct sign_request rq = {
		    .method = row->method,
		    .path = row->path,
		    .query = row->query,
		    .headers = row->headers,
		    .header_count = row->count,
		    .now_ms = MAY_24_2013,
		    .id = "AKIAIOSFODNN7EXAMPLE",
		    .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		    .region = "us-east-1",
		};

		sign_digest(payload, row->body, strlen(row->body));
		buf_reset(&have);
		CHECK_INT(row->name, aws_sign(&rq, payload, &have), GB_OK);
		(void)snprintf(want, sizeof(want),
			       "AWS4-HMAC-SHA256 Credential="
			       "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/"
			       "aws4_request,SignedHeaders=%s,Signature=%s",
			       row->names, row->want);
		CHECK_STR(row->name, buf_str(&have), want);
	}
	buf_release(&have);
}

static void
test_aliyun_v1(void **state)
{
	static const struct sign_header headers[] = {
	    {"content-md5", "ODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM="},
	    {"content-type", "text/html"},
	    {"date", "Thu, 17 Nov 2005 18:49:58 GMT"},
	    {"x-oss-magic", "abracadabra"},
	    {"x-oss-meta-author", "foo@bar.com"},
	};
	struct sign_request rq = {
	    .method = "PUT",
	    .path = "/oss-example/nelson",
	    .headers = headers,
	    .header_count = GB_COUNT(headers),
	    .id = "44CF9590006BF252F707",
	    .secret = "OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV",
	};
	struct buf have;

	(void)state;
	buf_init(&have, OUT_MAX);
	CHECK_INT("V1", aliyun_sign_v1(&rq, &have), GB_OK);
	CHECK_STR("V1", buf_str(&have),
		  "OSS 44CF9590006BF252F707:26NBxoKdsyly4EDv6inkoDft/yA=");
	buf_release(&have);
}

static const struct sign_header oss_plain[] = {
    {"content-type", "text/plain"},
    {"x-oss-content-sha256", "UNSIGNED-PAYLOAD"},
    {"x-oss-date", "20231216T162057Z"},
    {"x-oss-head1", "value"},
};
static const struct sign_header oss_token[] = {
    {"content-type", "text/plain"},
    {"x-oss-content-sha256", "UNSIGNED-PAYLOAD"},
    {"x-oss-date", "20231217T034736Z"},
    {"x-oss-head1", "value"},
    {"x-oss-security-token", "token"},
};

static void
check_v4(const char *name, const struct sign_header *headers, size_t count,
	 int64_t now_ms, const char *want)
{
	struct sign_request rq = {
	    .method = "PUT",
	    .path = "/bucket/1234+-/123/1.txt",
	    .query = "%2Bparam1=value3&%2Bparam2&%7Cparam1=value4&%7Cparam2&"
		     "param1=value1&param2",
	    .headers = headers,
	    .header_count = count,
	    .now_ms = now_ms,
	    .id = "ak",
	    .secret = "sk",
	    .region = "cn-hangzhou",
	};
	struct buf have;

	buf_init(&have, OUT_MAX);
	CHECK_INT(name, aliyun_sign_v4(&rq, &have), GB_OK);
	CHECK_STR(name, buf_str(&have), want);
	buf_release(&have);
}

static void
test_aliyun_v4(void **state)
{
	(void)state;
	check_v4("plain", oss_plain, GB_COUNT(oss_plain), DEC_16_2023,
		 "OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/"
		 "aliyun_v4_request,Signature=e21d18daa82167720f9b1047ae7e7f1c"
		 "e7cb77a31e8203a7d5f4624fa0284afe");
	check_v4("with a token", oss_token, GB_COUNT(oss_token), DEC_17_2023,
		 "OSS4-HMAC-SHA256 Credential=ak/20231217/cn-hangzhou/oss/"
		 "aliyun_v4_request,Signature=b94a3f999cf85bcdc00d332fbd3734ba"
		 "03e48382c36fa4d5af5df817395bd9ea");
}

/* What does not fit is an error, and no signature of something else. */
static void
test_limits(void **state)
{
	char *path;
	struct sign_request rq = {
	    .method = "PUT",
	    .query = "",
	    .now_ms = MAY_24_2013,
	    .id = "ak",
	    .secret = "sk",
	    .region = "r",
	};
	struct buf have;

	(void)state;
	path = test_malloc(SIGN_TEXT_MAX + 2);
	memset(path, 'a', SIGN_TEXT_MAX + 1);
	path[SIGN_TEXT_MAX + 1] = '\0';
	rq.path = path;
	buf_init(&have, OUT_MAX);
	CHECK_INT("AWS", aws_sign(&rq, EMPTY_DIGEST, &have), GB_ETOOBIG);
	CHECK_INT("V4", aliyun_sign_v4(&rq, &have), GB_ETOOBIG);
	CHECK_INT("V1", aliyun_sign_v1(&rq, &have), GB_ETOOBIG);
	test_free(path);
	buf_release(&have);
	rq.path = "/";
	buf_init(&have, 10);
	CHECK_INT("no room", aws_sign(&rq, EMPTY_DIGEST, &have), GB_ETOOBIG);
	buf_release(&have);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_times),     cmocka_unit_test(test_aws),
	    cmocka_unit_test(test_aliyun_v1), cmocka_unit_test(test_aliyun_v4),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
