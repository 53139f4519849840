/* redact.h: masking secrets in text that leaves the program */
#ifndef GB_BASE_REDACT_H
#define GB_BASE_REDACT_H

#include <stddef.h>

#include "base/buf.h"

#define SECRET_MASK_SIZE 32 /* bytes that secret_mask() may write, with NUL */

/* Write "secret" as its first four and last four characters, "AIza…1234", or
 * as "…" when it is too short for that to hide anything, into "mask". */
void secret_mask(char mask[SECRET_MASK_SIZE], const char *secret);

/* Append the URL "url" to "out", its user and password as "…@". */
void redact_url(struct buf *out, const char *url);

/*
 * Append the "len" bytes at "text" to "out" with these masked: every whole
 * occurrence of "secret" (NULL: none), and whatever looks like a credential
 * of Google's (protocol facts: AIza… keys, AQ.… keys, "api_key:…",
 * "projects/N", "project=N") or a password in a URL.
 */
void redact_text(struct buf *out, const char *text, size_t len,
		 const char *secret);

#endif
