/*
 * fuzz_hosts.c: arbitrary bytes as the answers of hosts for pictures, and as
 * links that may be our own.
 *
 * The first two bytes choose the host and the status.  What is taken for a link
 * is no more than a URL, and what is ours is a name that stays in the folder.
 */
#include <stdlib.h>
#include <string.h>

#include "hosting/host.h"
#include "hosting/local.h"
#include "fuzz.h"

static const struct host *const hosts[] = {
    &host_smms, &host_picgo, &host_imgbed, &host_aliyun_oss, &host_s3,
};
static const int statuses[] = {200, 204, 301, 400, 401, 403, 500};

static void
require(bool truth)
{
	if (!truth)
		abort();
}

static void
read_answer(const struct host *host, int status, const char *body, size_t len)
{
	static char url[] = "https://h.example/upload", text[] = "x";
	struct settings cfg = {.imgbed_url = url,
			       .oss_endpoint = url,
			       .oss_bucket_name = text,
			       .s3_endpoint = url,
			       .s3_bucket = text,
			       .s3_public_url = url};
	struct host_picture picture = {.mime = "image/png", .name = "x.png"};
	struct host_answer answer = {.status = status,
				     .body = body,
				     .len = len};

	buf_init(&answer.url, PICTURE_URL_MAX);
	buf_init(&answer.words, 4096);
	if (host->read(&cfg, &picture, &answer) &&
	    buf_error(&answer.url) == GB_OK &&
	    host_url_is_fit(buf_str(&answer.url), answer.url.len))
		require(strpbrk(buf_str(&answer.url), " \"<>()\n") == NULL);
	buf_release(&answer.words);
	buf_release(&answer.url);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[PICTURE_NAME_SIZE];
	char *text;

	if (size < 2)
		return 0;
	/* As upload.c has it: with a NUL behind it. */
	require((text = malloc(size - 1)) != NULL);
	memcpy(text, data + 2, size - 2);
	text[size - 2] = '\0';
	read_answer(hosts[data[0] % GB_COUNT(hosts)],
		    statuses[data[1] % GB_COUNT(statuses)], text, size - 2);
	if (hosting_is_ours(text, size - 2, name))
		require(strchr(name, '/') == NULL && name[0] != '.' &&
			picture_name_kind(name, strlen(name)) != NULL);
	free(text);
	return 0;
}
