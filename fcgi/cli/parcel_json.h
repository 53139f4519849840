/*
 * parcel_json.h: the file of "gbalance export": {"gbalance_export": 1, "keys":
 * [{"key": "AIza…", "pool": "gemini"}], "tokens": [{"name": "alice", "sha256":
 * "…"}], "settings": [{"name": "max_retries", "value": 5}]}, with the fields of
 * store/parcel.h.
 */
#ifndef GB_CLI_PARCEL_JSON_H
#define GB_CLI_PARCEL_JSON_H

#include "store/parcel.h"

#define PARCEL_JSON_VERSION 1
#define PARCEL_JSON_MAX	    (64 << 20) /* bytes; 100,000 keys make 20 MiB */

/* Append the rows, those of the kinds in "parts" (bits of enum parcel_kind; a
 * kind without rows is an empty list).  A failure shows in buf_error(). */
void parcel_json_write(const struct parcel *, unsigned parts, int64_t now_ms,
		       struct buf *out);

/*
 * Append the rows of the kinds in "parts" to the parcel.  A row that is not as
 * it should be is REFUSED there, and the others go on.  GB_EINVAL: the file is
 * none of ours; "*why", constant, says what is wrong with it.
 */
enum gb_err parcel_json_read(const char *text, size_t len, unsigned parts,
			     struct parcel *, const char **why) GB_NODISCARD;

#endif
