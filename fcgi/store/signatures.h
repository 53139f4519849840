/*
 * store/signatures.h: the thought signatures of tool calls (SQL).
 *
 * Gemini 3 refuses a call of the current turn that comes back without the
 * signature it went out with, and most clients of OpenAI's dialect drop it.
 * What is kept here lets any process put it back.  A call is known by the
 * client's access token, its id and the function's name, of which only a digest
 * is kept; where one comes twice, the latest counts.
 */
#ifndef GB_STORE_SIGNATURES_H
#define GB_STORE_SIGNATURES_H

#include "store/store.h"

#define SIGNATURE_MAX	   (64 * 1024) /* bytes; Google's are a few KiB */
#define SIGNATURE_ID_MAX   256	       /* bytes of a call's id */
#define SIGNATURE_NAME_MAX 128	       /* of a function's name */
#define SIGNATURES_AT_ONCE 1024	       /* of one answer, or one request */

struct call_signature {
	const char *id, *name; /* borrowed; they may hold NULs */
	size_t id_len, name_len;
	char *signature; /* base64; NULL: none, or not known */
};

/*
 * Remember them, in one transaction that others share.  An item that has no
 * signature, or does not keep to the limits above, is left out.  Of all
 * signatures only the newest "most" are kept; 0: none, and nothing is written.
 * On failure none of these is remembered.
 */
enum gb_err store_signatures_put(struct store *, const char *token,
				 const struct call_signature *items,
				 size_t count, int64_t most,
				 int64_t now_ms) GB_NODISCARD;

/*
 * Fill in "signature" of those that were put since "since_ms", to be freed by
 * the caller, and NULL for the others; those beyond SIGNATURES_AT_ONCE are not
 * looked for.  On failure all are NULL.
 */
enum gb_err store_signatures_get(struct store *, const char *token,
				 struct call_signature *items, size_t count,
				 int64_t since_ms) GB_NODISCARD;

/* Delete at most "most" of those put before "before_ms"; of those beyond the
 * newest "keep".  "*deleted" says how many went. */
enum gb_err store_signatures_expire(struct store *, int64_t before_ms,
				    int64_t most,
				    int64_t *deleted) GB_NODISCARD;
enum gb_err store_signatures_trim(struct store *, int64_t keep, int64_t most,
				  int64_t *deleted) GB_NODISCARD;

#endif
