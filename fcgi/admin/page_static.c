/* page_static.c: style, script and icons; and what is not there */
#include <string.h>
#include <unistd.h>

#include "admin/pages.h"

void
static_get(struct admin_request *rq)
{
	char digest[ASSET_DIGEST_SIZE];
	const char *mime;
	enum gb_err rc;
	bool current;
	size_t len;
	int fd;

	rc = assets_open(&rq->site->assets, rq->rest, &fd, &len, &mime);
	if (rc != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	assets_digest(&rq->site->assets, rq->rest, digest);
	/* Who asks with the digest of what is there now may keep it for ever;
	 * anybody else has a link of another version. */
	current = strcmp(form_value(&rq->query, "v"), digest) == 0;
	web_reply_header_drop(rq->web, "Cache-Control");
	web_reply_header_drop(rq->web, "Vary");
	web_reply_header(rq->web, "Cache-Control",
			 current ? "public, max-age=31536000, immutable"
				 : "no-cache");
	(void)web_reply_file(rq->web, 200, mime, fd, len);
	close(fd);
}

void
not_found(struct admin_request *rq)
{
	admin_fail(rq, 404, "ERROR_NOT_FOUND", NULL);
}
