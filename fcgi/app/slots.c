/* slots.c: requests of a token under way at once, counted by the kernel */
#include "app/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"

#define SLOTS_MAX INT64_C(65536) /* of a token; no machine has more at once */
#define FILE_MODE 0600

void
slots_init(struct slots *s, const char *database)
{
	int len;

	len = snprintf(s->path, sizeof(s->path), "%s-slots", database);
	if (len < 0 || (size_t)len >= sizeof(s->path))
		s->path[0] = '\0'; /* which does not open */
	atomic_init(&s->failing, false);
}

/* Each slot is a description of its own, so that those of one process exclude
 * each other as those of several do. */
static int
try_lock(int fd, int64_t at)
{
	struct flock lock = {
	    .l_type = F_WRLCK,
	    .l_whence = SEEK_SET,
	    .l_start = (off_t)at,
	    .l_len = 1,
	};

	return fcntl(fd, F_OFD_SETLK, &lock) == 0 ? 0 : errno;
}

/* Whoever begins somewhere else meets others less often. */
static int
lock_any(int fd, int64_t token_id, int64_t most)
{
	int64_t first, i;
	int error = EAGAIN;

	first = getpid() + fd;
	for (i = 0; i < most && error == EAGAIN; i++)
		error = try_lock(fd, token_id * SLOTS_MAX + (first + i) % most);
	return error;
}

enum gb_err
slot_take(struct slots *s, int64_t token_id, int64_t most, int *slot)
{
	int error;

	if (most > SLOTS_MAX)
		most = SLOTS_MAX;
	*slot = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	error = *slot == -1 ? errno : lock_any(*slot, token_id, most);
	if (error == 0)
		return GB_OK;
	slot_give(*slot);
	*slot = SLOT_NONE;
	if (error == EAGAIN)
		return GB_EBUSY;
	errno = error;
	if (!atomic_exchange(&s->failing, true))
		log_warn("limits: %s: requests under way are counted in the "
			 "database alone",
			 s->path);
	return GB_OK;
}

void
slot_give(int slot)
{
	if (slot != SLOT_NONE)
		close(slot);
}
