/*
 * assets.h: the pages' style, script and icons, from the folder "static".
 *
 * Web servers may serve them themselves; where they do not, we do.  A link has
 * a digest of the file's content, so that browsers may keep the file for ever
 * and still have the right one after an update.
 */
#ifndef GB_ADMIN_ASSETS_H
#define GB_ADMIN_ASSETS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define ASSETS_MAX	  32 /* files whose digests are known at once */
#define ASSET_NAME_MAX	  63
#define ASSET_DIGEST_SIZE 17 /* 16 hexadecimal digits and NUL */

struct assets {
	char *folder;
	pthread_mutex_t lock; /* guards what follows */
	struct asset {
		char name[ASSET_NAME_MAX + 1];
		char digest[ASSET_DIGEST_SIZE];
		int64_t size, changed_ns; /* of the file with that digest */
	} known[ASSETS_MAX];
	size_t count;
};

enum gb_err assets_init(struct assets *, const char *folder) GB_NODISCARD;
void assets_release(struct assets *);

/* What the file's content is known by: it is read when it has changed.  "" when
 * there is no such file. */
void assets_digest(struct assets *, const char *name,
		   char digest[ASSET_DIGEST_SIZE]);

/*
 * Open the file: "*fd" is the caller's, "*mime" its type.  GB_ENOTFOUND: there
 * is none of a name and type that may be served; GB_EIO.
 */
enum gb_err assets_open(const struct assets *, const char *name, int *fd,
			size_t *len, const char **mime) GB_NODISCARD;

#endif
