/* files.c: small files as a whole, and files that appear whole or not at all */
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define READ_CHUNK  16384
#define FOLDER_MODE 0700

enum gb_err
file_read_fd(int fd, struct buf *out)
{
	ssize_t got;
	char *end;

	for (;;) {
		/* One byte more than may go in tells that there are more. */
		if (out->len == out->max) {
			char more;

			got = read(fd, &more, 1);
			if (got == -1 && errno == EINTR)
				continue;
			if (got == -1)
				return GB_EIO;
			return got == 0 ? GB_OK : GB_ETOOBIG;
		}
		got = READ_CHUNK;
		if ((size_t)got > out->max - out->len)
			got = (ssize_t)(out->max - out->len);
		if ((end = buf_reserve(out, (size_t)got)) == NULL)
			return buf_error(out);
		got = read(fd, end, (size_t)got);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return GB_EIO;
		out->len += (size_t)got;
		out->data[out->len] = '\0';
		if (got == 0)
			return GB_OK;
	}
}

enum gb_err
file_read(const char *path, struct buf *out)
{
	enum gb_err rc;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1) {
		log_error("%s", path);
		return GB_EIO;
	}
	if ((rc = file_read_fd(fd, out)) == GB_EIO)
		log_error("%s", path);
	close(fd);
	return rc;
}

enum gb_err
file_new_begin(struct file_new *f, const char *path)
{
	memset(f, 0, sizeof(*f));
	f->fd = -1;
	if ((f->path = strdup(path)) == NULL ||
	    asprintf(&f->made, "%s.XXXXXX", path) == -1) {
		f->made = NULL;
		file_new_cancel(f);
		return GB_ENOMEM;
	}
	f->fd = mkostemp(f->made, O_CLOEXEC); /* with mode 0600 */
	if (f->fd != -1)
		return GB_OK;
	log_error("%s", path);
	free(f->made);
	f->made = NULL;
	file_new_cancel(f);
	return GB_EIO;
}

/* Force the folder's entries to the disk; not every file system can. */
static void
sync_folder_of(const char *path)
{
	char *folder, *slash;
	int fd;

	if ((folder = strdup(path)) == NULL)
		return;
	slash = strrchr(folder, '/');
	if (slash != NULL)
		slash[slash == folder] = '\0';
	fd = open(slash == NULL ? "." : folder,
		  O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd != -1) {
		(void)fsync(fd);
		close(fd);
	}
	free(folder);
}

enum gb_err
file_new_commit(struct file_new *f)
{
	if (fsync(f->fd) == -1 || rename(f->made, f->path) == -1) {
		log_error("%s", f->path);
		file_new_cancel(f);
		return GB_EIO;
	}
	sync_folder_of(f->path);
	free(f->made);
	f->made = NULL; /* there is nothing of this name any more */
	file_new_cancel(f);
	return GB_OK;
}

void
file_new_cancel(struct file_new *f)
{
	if (f->fd != -1)
		close(f->fd);
	if (f->made != NULL)
		(void)unlink(f->made);
	free(f->made);
	free(f->path);
	memset(f, 0, sizeof(*f));
	f->fd = -1;
}

enum gb_err
file_write(const char *path, const char *data, size_t len)
{
	struct file_new f;
	enum gb_err rc;
	ssize_t done;

	if ((rc = file_new_begin(&f, path)) != GB_OK)
		return rc;
	while (len > 0) {
		done = write(f.fd, data, len);
		if (done == -1 && errno == EINTR)
			continue;
		if (done <= 0) {
			log_error("%s", path);
			file_new_cancel(&f);
			return GB_EIO;
		}
		data += done;
		len -= (size_t)done;
	}
	return file_new_commit(&f);
}

enum gb_err
folder_make(const char *path)
{
	char part[PATH_MAX];
	size_t at, len;

	len = strlen(path);
	if (len >= sizeof(part)) {
		log_errorx("%s: the path is too long", path);
		return GB_EIO;
	}
	for (at = 1; at <= len; at++) {
		if (path[at] != '/' && path[at] != '\0')
			continue;
		memcpy(part, path, at);
		part[at] = '\0';
		if (mkdir(part, FOLDER_MODE) == -1 && errno != EEXIST &&
		    errno != EISDIR) {
			log_error("folder %s", part);
			return GB_EIO;
		}
	}
	return GB_OK;
}
