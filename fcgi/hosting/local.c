/* local.c: the folder of pictures */
#include "hosting/local.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/files.h"
#include "base/log.h"
#include "base/secret.h"

#define FILE_MODE  0600
#define ID_LEN	   (RANDOM_ID_SIZE - 1)
#define UNFINISHED ".new-" /* begins the names of what is being written */
#define STALE_MS   HOUR_MS /* no write takes as long */
#define SWEEP_MAX  100000  /* pictures that one sweep can choose from */

static const struct picture_kind kinds[] = {
    {"image/png", "png"},   {"image/jpeg", "jpg"},  {"image/webp", "webp"},
    {"image/gif", "gif"},   {"image/avif", "avif"}, {"image/heic", "heic"},
    {"image/heif", "heif"},
};

const struct picture_kind *
picture_kind_of(const char *mime)
{
	size_t i, len;

	len = strcspn(mime, "; ");
	for (i = 0; i < GB_COUNT(kinds); i++)
		if (strlen(kinds[i].mime) == len &&
		    strncasecmp(kinds[i].mime, mime, len) == 0)
			return &kinds[i];
	return NULL;
}

void
picture_name_new(const struct picture_kind *kind, char name[PICTURE_NAME_SIZE])
{
	char id[RANDOM_ID_SIZE];

	random_id(id);
	(void)snprintf(name, PICTURE_NAME_SIZE, "%s.%s", id, kind->ext);
}

const struct picture_kind *
picture_name_kind(const char *name, size_t len)
{
	size_t i;

	if (len <= ID_LEN + 1 || len >= PICTURE_NAME_SIZE ||
	    name[ID_LEN] != '.')
		return NULL;
	for (i = 0; i < ID_LEN; i++)
		if (!(name[i] >= '0' && name[i] <= '9') &&
		    !(name[i] >= 'a' && name[i] <= 'f'))
			return NULL;
	name += ID_LEN + 1;
	len -= ID_LEN + 1;
	for (i = 0; i < GB_COUNT(kinds); i++)
		if (strlen(kinds[i].ext) == len &&
		    memcmp(kinds[i].ext, name, len) == 0)
			return &kinds[i];
	return NULL;
}

/* --- the folder ----------------------------------------------------------- */

static int
open_folder(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The folder's descriptor; -1: it cannot be had, which was logged. */
static int
need_folder(const char *path)
{
	int dir;

	if ((dir = open_folder(path)) != -1)
		return dir;
	if (errno == ENOENT && folder_make(path) != GB_OK)
		return -1;
	if ((dir = open_folder(path)) == -1)
		log_error("pictures: folder %s", path);
	return dir;
}

/* --- writing and reading -------------------------------------------------- */

static bool
write_all(int fd, const char *bytes, size_t len)
{
	ssize_t done;

	while (len > 0) {
		done = write(fd, bytes, len);
		if (done == -1 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		bytes += done;
		len -= (size_t)done;
	}
	return true;
}

/* Write the file and force it to the disk, under a name that nobody asks
 * for. */
static bool
write_unfinished(int dir, const char *name, const void *bytes, size_t len)
{
	bool good;
	int fd;

	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		    FILE_MODE);
	if (fd == -1)
		return false;
	good = write_all(fd, bytes, len) && fdatasync(fd) == 0;
	if (close(fd) == -1)
		good = false;
	return good;
}

enum gb_err
local_keep(const struct settings *cfg, const char *name, const void *bytes,
	   size_t len)
{
	char unfinished[sizeof(UNFINISHED) + PICTURE_NAME_SIZE];
	enum gb_err rc;
	int dir;

	if ((int64_t)len > cfg->pictures_max)
		return GB_ETOOBIG;
	if ((dir = need_folder(cfg->pictures_dir)) == -1)
		return GB_EIO;
	(void)snprintf(unfinished, sizeof(unfinished), UNFINISHED "%s", name);
	rc = GB_OK;
	if (!write_unfinished(dir, unfinished, bytes, len) ||
	    renameat(dir, unfinished, dir, name) == -1) {
		log_error("pictures: %s: a picture of %zu bytes",
			  cfg->pictures_dir, len);
		(void)unlinkat(dir, unfinished, 0);
		rc = GB_EIO;
	}
	(void)close(dir);
	return rc;
}

enum gb_err
local_open(const struct settings *cfg, const char *name, int *fd, size_t *len)
{
	struct stat st;
	int dir;

	*fd = -1;
	*len = 0;
	if (picture_name_kind(name, strlen(name)) == NULL ||
	    (dir = open_folder(cfg->pictures_dir)) == -1)
		return GB_ENOTFOUND;
	*fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (*fd == -1 && errno != ENOENT && errno != ELOOP)
		log_warn("pictures: %s", cfg->pictures_dir);
	(void)close(dir);
	if (*fd == -1)
		return GB_ENOTFOUND;
	if (fstat(*fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		(void)close(*fd);
		*fd = -1;
		return GB_ENOTFOUND;
	}
	*len = (size_t)st.st_size;
	return GB_OK;
}

/* --- counting and sweeping ------------------------------------------------ */

struct file {
	int64_t time_ms, bytes;
	char name[PICTURE_NAME_SIZE];
};

struct sweep {
	int dir;
	int64_t now_ms; /* 0: only count */
	struct file *files;
	size_t count, room;
	struct local_count kept;
};

static int64_t
time_of(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000 +
	       st->st_mtim.tv_nsec / 1000000;
}

static enum gb_err
remember(struct sweep *s, const char *name, const struct stat *st)
{
	struct file *more;
	size_t room;

	if (s->count == SWEEP_MAX)
		return GB_OK; /* it is for the next time */
	if (s->count == s->room) {
		room = s->room == 0 ? 256 : 2 * s->room;
		more = realloc(s->files, room * sizeof(*more));
		if (more == NULL)
			return GB_ENOMEM;
		s->files = more;
		s->room = room;
	}
	more = &s->files[s->count++];
	more->time_ms = time_of(st);
	more->bytes = st->st_size;
	memcpy(more->name, name, strlen(name) + 1); /* it is one of ours */
	return GB_OK;
}

/* Look at one entry of the folder; what is not ours is left alone. */
static enum gb_err
look_at(struct sweep *s, const char *name)
{
	struct stat st;
	int64_t time_ms;

	if (fstatat(s->dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISREG(st.st_mode))
		return GB_OK; /* somebody else has deleted it */
	time_ms = time_of(&st);
	if (strncmp(name, UNFINISHED, sizeof(UNFINISHED) - 1) == 0) {
		if (s->now_ms > 0 && time_ms < s->now_ms - STALE_MS)
			(void)unlinkat(s->dir, name, 0);
		return GB_OK;
	}
	if (picture_name_kind(name, strlen(name)) == NULL)
		return GB_OK;
	s->kept.pictures++;
	s->kept.bytes += st.st_size;
	if (s->kept.oldest_ms == 0 || time_ms < s->kept.oldest_ms)
		s->kept.oldest_ms = time_ms;
	return s->now_ms > 0 ? remember(s, name, &st) : GB_OK;
}

static int
by_age(const void *a, const void *b)
{
	const struct file *one = a, *other = b;

	return (one->time_ms > other->time_ms) -
	       (one->time_ms < other->time_ms);
}

static void
delete_oldest(struct sweep *s, const struct settings *cfg)
{
	int64_t too_old;
	size_t i;

	too_old = cfg->pictures_days == 0
		      ? 0
		      : s->now_ms - cfg->pictures_days * DAY_MS;
	qsort(s->files, s->count, sizeof(*s->files), by_age);
	for (i = 0; i < s->count; i++) {
		if (s->files[i].time_ms >= too_old &&
		    s->kept.bytes <= cfg->pictures_max)
			break;
		if (unlinkat(s->dir, s->files[i].name, 0) == -1 &&
		    errno != ENOENT) {
			log_warn("pictures: %s: nothing can be deleted",
				 cfg->pictures_dir);
			break;
		}
		s->kept.pictures--;
		s->kept.bytes -= s->files[i].bytes;
	}
	if (i > 0)
		s->kept.oldest_ms = i < s->count ? s->files[i].time_ms : 0;
}

/* Go through the folder; with "now_ms" delete as local_sweep() says. */
static enum gb_err
go_through(const struct settings *cfg, int64_t now_ms, struct local_count *kept)
{
	struct sweep s = {.now_ms = now_ms};
	struct dirent *entry;
	enum gb_err rc;
	DIR *stream;

	memset(kept, 0, sizeof(*kept));
	if ((s.dir = open_folder(cfg->pictures_dir)) == -1) {
		if (errno == ENOENT)
			return GB_OK;
		log_warn("pictures: folder %s", cfg->pictures_dir);
		return GB_EIO;
	}
	if ((stream = fdopendir(s.dir)) == NULL) {
		(void)close(s.dir);
		return GB_ENOMEM;
	}
	rc = GB_OK;
	while (rc == GB_OK && (entry = readdir(stream)) != NULL)
		rc = look_at(&s, entry->d_name);
	if (rc == GB_OK && s.count > 0)
		delete_oldest(&s, cfg);
	*kept = s.kept;
	free(s.files);
	(void)closedir(stream);
	return rc;
}

enum gb_err
local_count(const struct settings *cfg, struct local_count *count)
{
	return go_through(cfg, 0, count);
}

enum gb_err
local_sweep(const struct settings *cfg, int64_t now_ms,
	    struct local_count *kept)
{
	return go_through(cfg, now_ms, kept);
}
