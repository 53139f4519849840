/* base64.h: bytes as text of 64 characters (RFC 4648, section 4) */
#ifndef GB_BASE_BASE64_H
#define GB_BASE_BASE64_H

#include <stdbool.h>

#include "base/buf.h"

/* The length of "len" bytes as base64. */
#define BASE64_LENGTH(len) (((len) + 2) / 3 * 4)

/* Append "len" bytes as base64, padded.  A failure shows in buf_error(). */
void base64_encode(struct buf *out, const void *data, size_t len);

/* Make base64 of all that "b" holds, in its own memory, whatever b->max is.
 * GB_ENOMEM: it has failed. */
enum gb_err base64_encode_all(struct buf *b) GB_NODISCARD;

/* Append the bytes that "len" characters of padded base64 stand for.  False: it
 * is none, and "out" is as it was; no room shows in buf_error(). */
bool base64_decode(struct buf *out, const char *text, size_t len);

#endif
