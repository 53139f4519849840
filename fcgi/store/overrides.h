/* store/overrides.h: settings that an admin changed, and the digest of the
 * admin's token (SQL) */
#ifndef GB_STORE_OVERRIDES_H
#define GB_STORE_OVERRIDES_H

#include "store/store.h"

struct override_row {
	char *name; /* the setting's name in gbalance.cfg */
	char *json; /* its value, as JSON */
};

struct override_rows {
	struct override_row *rows;
	size_t count;
};

void override_rows_free(struct override_rows *);

enum gb_err store_overrides_list(struct store *,
				 struct override_rows *out) GB_NODISCARD;
/* "json" NULL: back to what the layers below say. */
enum gb_err store_override_set(struct store *, const char *name,
			       const char *json) GB_NODISCARD;

/*
 * The digest of the admin token that was made at the very first start.  Set
 * once: GB_EEXIST when there is one already.  GB_ENOTFOUND: none.
 */
enum gb_err store_admin_digest_set(struct store *,
				   const unsigned char *digest) GB_NODISCARD;
/* Whatever there was; who is signed in with it is not any more. */
enum gb_err store_admin_digest_replace(
    struct store *, const unsigned char *digest) GB_NODISCARD;
enum gb_err store_admin_digest_get(struct store *,
				   unsigned char *digest) GB_NODISCARD;

#endif
