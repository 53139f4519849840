/* assets.c: the pages' style, script and icons */
#include "admin/assets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/secret.h"

#define ASSET_BYTES_MAX (1 << 20)

static const struct {
	const char *ending, *mime;
} kinds[] = {
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
};

enum gb_err
assets_init(struct assets *a, const char *folder)
{
	memset(a, 0, sizeof(*a));
	pthread_mutex_init(&a->lock, NULL);
	a->folder = strdup(folder);
	return a->folder == NULL ? GB_ENOMEM : GB_OK;
}

void
assets_release(struct assets *a)
{
	free(a->folder);
	a->folder = NULL;
	pthread_mutex_destroy(&a->lock);
}

/* The type of a file of this name; NULL when it is none of ours.  A name is
 * letters, digits, "-", "_" and "." but at its beginning, so that no other
 * folder can be meant. */
static const char *
mime_of(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789-_.";
	size_t i, len, end;

	len = strlen(name);
	if (len == 0 || len > ASSET_NAME_MAX || name[0] == '.' ||
	    name[strspn(name, letters)] != '\0')
		return NULL;
	for (i = 0; i < GB_COUNT(kinds); i++) {
		end = strlen(kinds[i].ending);
		if (len > end && strcmp(name + len - end, kinds[i].ending) == 0)
			return kinds[i].mime;
	}
	return NULL;
}

enum gb_err
assets_open(const struct assets *a, const char *name, int *fd, size_t *len,
	    const char **mime)
{
	struct stat st;
	int folder;

	*fd = -1;
	if ((*mime = mime_of(name)) == NULL)
		return GB_ENOTFOUND;
	folder = open(a->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder == -1) {
		log_error("admin: folder %s", a->folder);
		return GB_ENOTFOUND;
	}
	*fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	close(folder);
	if (*fd == -1)
		return GB_ENOTFOUND;
	if (fstat(*fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_size > ASSET_BYTES_MAX) {
		close(*fd);
		*fd = -1;
		return GB_ENOTFOUND;
	}
	*len = (size_t)st.st_size;
	return GB_OK;
}

/* Whether the digest is the file's at "fd" still; "st" is filled in. */
static bool
is_fresh(const struct asset *asset, const struct stat *st)
{
	return asset->size == st->st_size &&
	       asset->changed_ns == st->st_mtim.tv_sec * INT64_C(1000000000) +
					st->st_mtim.tv_nsec;
}

/* Read the file and keep its digest in "asset", within the lock. */
static void
read_digest(struct asset *asset, int fd, const struct stat *st)
{
	unsigned char digest[DIGEST_SIZE];
	struct buf bytes;
	ssize_t got;
	char *room;

	buf_init(&bytes, ASSET_BYTES_MAX);
	while ((room = buf_reserve(&bytes, 16384)) != NULL) {
		got = read(fd, room, 16384);
		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		bytes.len += (size_t)got;
	}
	secret_digest(digest, buf_str(&bytes), bytes.len);
	hex_write(asset->digest, digest, (ASSET_DIGEST_SIZE - 1) / 2);
	asset->size = st->st_size;
	asset->changed_ns =
	    st->st_mtim.tv_sec * INT64_C(1000000000) + st->st_mtim.tv_nsec;
	buf_release(&bytes);
}

/* The row of that name, a new one where there is none; NULL: there is no room
 * left.  Within the lock. */
static struct asset *
asset_of(struct assets *a, const char *name)
{
	struct asset *asset;
	size_t i;

	for (i = 0; i < a->count; i++)
		if (strcmp(a->known[i].name, name) == 0)
			return &a->known[i];
	if (a->count == ASSETS_MAX)
		return NULL;
	asset = &a->known[a->count++];
	memcpy(asset->name, name, strlen(name) + 1); /* mime_of() bounds it */
	asset->size = -1;
	return asset;
}

void
assets_digest(struct assets *a, const char *name,
	      char digest[ASSET_DIGEST_SIZE])
{
	struct asset *asset;
	const char *mime;
	struct stat st;
	size_t len;
	int fd;

	digest[0] = '\0';
	if (assets_open(a, name, &fd, &len, &mime) != GB_OK)
		return;
	if (fstat(fd, &st) == 0) {
		pthread_mutex_lock(&a->lock);
		asset = asset_of(a, name);
		if (asset != NULL && !is_fresh(asset, &st))
			read_digest(asset, fd, &st);
		if (asset != NULL)
			memcpy(digest, asset->digest, ASSET_DIGEST_SIZE);
		pthread_mutex_unlock(&a->lock);
	}
	close(fd);
}
