/* hosting.c: where a picture goes, and what becomes of it when it cannot */
#include "hosting/hosting.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/log.h"
#include "hosting/host.h"
#include "hosting/local.h"

#define PLACE "/pictures/" /* of our folder, below the mount */

/* Into our folder. */
static enum gb_err
put_here(const struct hosting_call *call, const struct host_picture *picture,
	 struct buf *url)
{
	enum gb_err rc;

	rc = local_keep(call->cfg, picture->name, picture->bytes, picture->len);
	if (rc != GB_OK)
		return rc;
	buf_printf(url, "%s" PLACE "%s", call->base == NULL ? "" : call->base,
		   picture->name);
	return buf_error(url);
}

/* To the host where there is one, to our folder where that fails. */
static enum gb_err
put(struct hosting_call *call, const struct host *host,
    const struct host_picture *picture, const struct buf *body, struct buf *url)
{
	size_t before;
	enum gb_err rc;

	if (host == NULL)
		return put_here(call, picture, url);
	before = url->len;
	rc = host_upload(call, host, picture, body, url);
	if (rc == GB_OK)
		rc = buf_error(url);
	if (rc == GB_OK || rc == GB_ECANCELED)
		return rc;
	call->failed = true;
	log_warnx("pictures: %s: status %d: %s; kept here instead", host->name,
		  call->status, call->fault);
	buf_truncate(url, before);
	return put_here(call, picture, url);
}

enum gb_err
hosting_put(struct hosting_call *call, const struct picture *in,
	    struct buf *url)
{
	const struct picture_kind *kind;
	const struct host *host;
	struct host_picture picture;
	char name[PICTURE_NAME_SIZE];
	struct buf body;
	size_t head_len;
	enum gb_err rc;

	if ((kind = picture_kind_of(in->mime)) == NULL || in->len == 0)
		return GB_EINVAL;
	if (in->len > BASE64_LENGTH((size_t)PICTURE_BYTES_MAX))
		return GB_ETOOBIG;
	host = call->failed ? NULL : host_find(call->cfg->upload_provider);
	picture_name_new(kind, name);
	memset(&picture, 0, sizeof(picture));
	picture.mime = kind->mime;
	picture.name = name;
	picture.now_ms = clock_wall_ms();

	buf_init(&body, PICTURE_BYTES_MAX + HOST_FORM_MAX);
	if (host != NULL && host->field != NULL)
		host_form_begin(host, &picture, &body);
	head_len = body.len;
	if (!base64_decode(&body, in->base64, in->len) &&
	    buf_error(&body) == GB_OK) {
		rc = GB_EINVAL;
		goto out;
	}
	picture.len = body.len - head_len;
	if (host != NULL && host->field != NULL)
		host_form_end(&body);
	if ((rc = buf_error(&body)) != GB_OK)
		goto out;
	picture.bytes = buf_str(&body) + head_len;
	rc = put(call, host, &picture, &body, url);
out:
	buf_release(&body);
	return rc;
}

bool
hosting_is_ours(const char *url, size_t len, char name[PICTURE_NAME_SIZE])
{
	const char *slash;
	size_t name_len;

	name[0] = '\0';
	if (len < 8 ||
	    (strncasecmp(url, "http://", 7) != 0 &&
	     strncasecmp(url, "https://", 8) != 0) ||
	    (slash = memrchr(url, '/', len)) == NULL)
		return false;
	name_len = len - (size_t)(slash + 1 - url);
	if (picture_name_kind(slash + 1, name_len) == NULL ||
	    (size_t)(slash + 1 - url) < sizeof(PLACE) - 1 ||
	    memcmp(slash + 1 - (sizeof(PLACE) - 1), PLACE, sizeof(PLACE) - 1) !=
		0)
		return false;
	memcpy(name, slash + 1, name_len);
	name[name_len] = '\0';
	return true;
}

/* Append the whole file. */
static enum gb_err
read_all(int fd, size_t len, struct buf *out)
{
	ssize_t got;
	char *end;

	if ((end = buf_reserve(out, len)) == NULL)
		return buf_error(out);
	while (len > 0) {
		got = read(fd, end, len);
		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0) {
			log_warnx("pictures: a file cannot be read");
			return GB_EIO;
		}
		end += got;
		out->len += (size_t)got;
		len -= (size_t)got;
	}
	out->data[out->len] = '\0';
	return GB_OK;
}

enum gb_err
hosting_load(const struct settings *cfg, const char *name, const char **mime,
	     struct buf *out)
{
	enum gb_err rc;
	size_t len;
	int fd;

	*mime = NULL;
	if ((rc = local_open(cfg, name, &fd, &len)) != GB_OK)
		return rc;
	*mime = picture_name_kind(name, strlen(name))->mime;
	rc = read_all(fd, len, out);
	(void)close(fd);
	return rc;
}
