/*
 * log.h: one line an event, on standard error or in a file.
 *
 * Lower case, subject first, reason last.  Every line passes the redactor of
 * redact.h, so that a Google key in a text from elsewhere comes out masked.
 */
#ifndef GB_BASE_LOG_H
#define GB_BASE_LOG_H

#include "base/err.h"

enum log_level {
	LOG_LEVEL_ERROR,   /* the service is not what it should be */
	LOG_LEVEL_WARNING, /* an operator should look at it */
	LOG_LEVEL_INFO,	   /* what an operator likes to read */
	LOG_LEVEL_DEBUG,   /* what a developer likes to read */
	LOG_LEVEL__MAX
};

/* The names of the levels, for the settings: "error" … "debug". */
extern const char *const log_level_names[LOG_LEVEL__MAX + 1];

/*
 * From now on write lines up to "level", to the end of "path" or, with NULL or
 * "", to standard error.  GB_EIO when the file does not open; the log then
 * goes where it went before.
 */
enum gb_err log_open(enum log_level level, const char *path) GB_NODISCARD;

/* From now on write lines up to "level". */
void log_set_level(enum log_level level);

/* "…x" writes the text; without x, ": " and errno in words follow. */
void log_error(const char *fmt, ...) GB_PRINTF(1, 2);
void log_errorx(const char *fmt, ...) GB_PRINTF(1, 2);
void log_warn(const char *fmt, ...) GB_PRINTF(1, 2);
void log_warnx(const char *fmt, ...) GB_PRINTF(1, 2);
void log_info(const char *fmt, ...) GB_PRINTF(1, 2);
void log_debug(const char *fmt, ...) GB_PRINTF(1, 2);

#endif
