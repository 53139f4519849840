/* log.c: one redacted line an event */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/redact.h"

#define LINE_MAX_BYTES 8192 /* a longer line is cut: logs are for people */

const char *const log_level_names[LOG_LEVEL__MAX + 1] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARNING] = "warning",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

/* The log is the process's own, like standard error itself. */
static atomic_int log_fd = STDERR_FILENO;
static atomic_int log_max = LOG_LEVEL_INFO;

enum gb_err
log_open(enum log_level level, const char *path)
{
	int fd, old;

	fd = STDERR_FILENO;
	if (path != NULL && path[0] != '\0') {
		fd =
		    open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
		if (fd == -1) {
			log_warn("log: %s", path);
			return GB_EIO;
		}
	}
	old = atomic_exchange(&log_fd, fd);
	if (old != STDERR_FILENO)
		close(old);
	atomic_store(&log_max, (int)level);
	return GB_OK;
}

void
log_set_level(enum log_level level)
{
	atomic_store(&log_max, (int)level);
}

static void log_line(enum log_level level, int err, const char *fmt, va_list ap)
    GB_PRINTF(3, 0);

static void
log_line(enum log_level level, int err, const char *fmt, va_list ap)
{
	char stamp[CLOCK_TEXT_SIZE], text[LINE_MAX_BYTES];
	struct buf line;
	ssize_t done;
	char *nl;

	if ((int)level > atomic_load_explicit(&log_max, memory_order_relaxed))
		return;
	clock_text(stamp, clock_wall_ms(), true);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	for (nl = text; *nl != '\0'; nl++) /* one event stays one line */
		if ((unsigned char)*nl < ' ')
			*nl = ' ';
	buf_init(&line, LINE_MAX_BYTES + 512);
	buf_printf(&line, "%s %d %s ", stamp, (int)getpid(),
		   log_level_names[level]);
	redact_text(&line, text, strlen(text), NULL);
	if (err != 0)
		buf_printf(&line, ": %s", strerror(err));
	buf_putc(&line, '\n');
	done = write(atomic_load(&log_fd), buf_str(&line), line.len);
	(void)done; /* a log that cannot be written has nowhere to say so */
	buf_release(&line);
}

#define LOG_FUNCTION(name, level, err) \
	void name(const char *fmt, ...) \
	{ \
		int saved = errno; \
		va_list ap; \
\
		va_start(ap, fmt); \
		log_line(level, err, fmt, ap); \
		va_end(ap); \
		errno = saved; \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR, saved)
LOG_FUNCTION(log_errorx, LOG_LEVEL_ERROR, 0)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARNING, saved)
LOG_FUNCTION(log_warnx, LOG_LEVEL_WARNING, 0)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO, 0)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG, 0)
