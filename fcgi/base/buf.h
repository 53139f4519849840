/*
 * buf.h: a growing run of bytes, born with its cap.
 *
 * A buffer that could not take everything remembers it: after any number of
 * appends one buf_error() tells whether all of them went in.  A failed buffer
 * takes nothing more until buf_reset().
 */
#ifndef GB_BASE_BUF_H
#define GB_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct buf {
	char *data;	  /* always NUL-terminated once allocated; or NULL */
	size_t len;	  /* bytes in use, without the NUL */
	size_t size;	  /* bytes allocated */
	size_t max;	  /* "len" never exceeds this */
	enum gb_err fail; /* sticky: GB_OK, GB_ENOMEM or GB_ETOOBIG */
};

/* Make "b" empty; nothing is allocated yet.  At most "max" bytes go in. */
void buf_init(struct buf *b, size_t max);

/* Free what "b" holds; it may be used again as after buf_init(). */
void buf_release(struct buf *b);

/* As buf_release(), overwriting the bytes first: for what held a secret. */
void buf_wipe(struct buf *b);

/* Empty "b" and clear its failure, keeping the allocation. */
void buf_reset(struct buf *b);

/* Append.  On overflow or lack of memory nothing is appended and "b" fails. */
void buf_add(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *str);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) GB_PRINTF(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) GB_PRINTF(2, 0);

/*
 * Room for "len" more bytes at the end, to be written by the caller, who then
 * adds to b->len what was written and stores a NUL there.  NULL when "b" has
 * failed.
 */
char *buf_reserve(struct buf *b, size_t len);

/* Drop the first "len" bytes (all, when there are fewer). */
void buf_consume(struct buf *b, size_t len);

/* Drop what is after the first "len" bytes; a failure stays. */
void buf_truncate(struct buf *b, size_t len);

/* GB_OK when everything that was appended is there. */
enum gb_err buf_error(const struct buf *b) GB_NODISCARD;

/* The bytes as a C string: never NULL, "" when empty; owned by "b". */
const char *buf_str(const struct buf *b);

/* Hand the bytes to the caller, who frees them; "b" is empty afterwards.
 * NULL when "b" has failed or memory ran out. */
char *buf_take(struct buf *b) GB_NODISCARD;

#endif
