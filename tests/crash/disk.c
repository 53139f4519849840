/* disk.c: a disk that is full for a while */
#include "crash.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../bench/http.h"

#define DISK_SIZE "size=24m"

/* Without a disk of our own: no file may grow beyond this. */
#define FILE_MAX (64 * 1024)

static bool own_disk;

static void
put_file(const char *path, const char *text)
{
	int fd;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd == -1 || write(fd, text, strlen(text)) == -1)
		warn("%s", path);
	if (fd != -1)
		close(fd);
}

/* Mounts of ours are for us and our children alone. */
static bool
leave_mounts(void)
{
	char map[64];

	if (unshare(CLONE_NEWNS) == 0)
		return true;
	(void)snprintf(map, sizeof(map), "0 %u 1", (unsigned)geteuid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == -1)
		return false;
	put_file("/proc/self/uid_map", map);
	return true;
}

void
disk_make(struct crash *c)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/data", c->folder);
	if (mkdir(path, 0700) == -1)
		err(1, "%s", path);
	own_disk =
	    leave_mounts() &&
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("none", path, "tmpfs", MS_NOSUID | MS_NODEV, DISK_SIZE) == 0;
	if (!own_disk && !c->limit_files)
		warn("no disk of our own; file sizes are limited instead");
}

static void
limit_files(struct crash *c, rlim_t most)
{
	struct rlimit limit = {.rlim_cur = most, .rlim_max = RLIM_INFINITY};
	int i;

	for (i = 0; i < c->processes; i++)
		if (prlimit(c->process[i].pid, RLIMIT_FSIZE, &limit, NULL) ==
		    -1)
			err(1, "prlimit");
}

void
disk_fill(struct crash *c)
{
	static char block[65536];
	char path[4096];
	size_t len;
	int fd;

	if (!own_disk) {
		limit_files(c, FILE_MAX);
		c->full_ns = http_now_ns();
		return;
	}
	(void)snprintf(path, sizeof(path), "%s/data/filler", c->folder);
	if ((fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) == -1)
		err(1, "%s", path);
	for (len = sizeof(block); len > 0;)
		if (write(fd, block, len) == -1) {
			if (errno != ENOSPC)
				err(1, "%s", path);
			len /= 2;
		}
	close(fd);
	c->full_ns = http_now_ns();
}

void
disk_free(struct crash *c)
{
	char path[4096];

	if (!own_disk) {
		limit_files(c, RLIM_INFINITY);
		c->free_ns = http_now_ns();
		return;
	}
	(void)snprintf(path, sizeof(path), "%s/data/filler", c->folder);
	if (unlink(path) == -1)
		err(1, "%s", path);
	c->free_ns = http_now_ns();
}
