/*
 * imgbed.c: CloudFlare-ImgBed, a host that people run themselves.  POST the
 * form field "file"; [{"src": "/file/…"}], a path below what comes before
 * "/upload" in its URL, or a URL.  Its code goes in a header, which it takes as
 * well as the query, where logs would have it.
 */
#include "hosting/host.h"

#include <json-c/json.h>
#include <string.h>

#include "dialect/json/json_tree.h"

static const char *
imgbed_missing(const struct settings *cfg)
{
	if (cfg->imgbed_url[0] == '\0')
		return "cloudflare_imgbed_url";
	return NULL;
}

static enum gb_err
imgbed_write(const struct settings *cfg, const struct host_picture *picture,
	     size_t way, struct host_request *rq)
{
	(void)picture;
	(void)way;
	buf_printf(&rq->url, "%s?uploadNameType=origin", cfg->imgbed_url);
	if (cfg->imgbed_upload_folder[0] != '\0') {
		buf_puts(&rq->url, "&uploadFolder=");
		host_escape(&rq->url, cfg->imgbed_upload_folder, "");
	}
	if (cfg->imgbed_auth_code[0] != '\0')
		buf_puts(host_header_add(rq, "authCode"),
			 cfg->imgbed_auth_code);
	return GB_OK;
}

/* The URL of a path that it answers with. */
static void
add_url(const struct settings *cfg, const char *src, struct buf *url)
{
	const char *at;

	if (src[0] == '/') {
		at = strstr(cfg->imgbed_url, "/upload");
		buf_add(url, cfg->imgbed_url,
			at == NULL ? strlen(cfg->imgbed_url)
				   : (size_t)(at - cfg->imgbed_url));
	}
	buf_puts(url, src);
}

static bool
imgbed_read(const struct settings *cfg, const struct host_picture *picture,
	    struct host_answer *answer)
{
	struct json_object *root;
	const char *src;

	(void)picture;
	root = tree_parse(answer->body, answer->len);
	src = NULL;
	if (answer->status == 200)
		src = tree_string(tree_item(root, 0), "src", NULL);
	if (src != NULL)
		add_url(cfg, src, &answer->url);
	else if (answer->status == 401)
		buf_puts(&answer->words, "cloudflare_imgbed_auth_code is "
					 "wrong");
	else
		buf_puts(&answer->words, "its answer is none of "
					 "CloudFlare-ImgBed's");
	json_object_put(root);
	return src != NULL;
}

const struct host host_imgbed = {
    .name = "cloudflare_imgbed",
    .method = "POST",
    .field = "file",
    .missing = imgbed_missing,
    .write = imgbed_write,
    .read = imgbed_read,
};
