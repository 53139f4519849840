/* store/overrides.h: settings that an admin changed, and small facts that the
 * instances share (SQL) */
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

/*
 * Take the lease on a job for "lease_ms" when it was last taken at least
 * "every_ms" ago and nobody holds it; "*mine" says whether this process is
 * to run it now.
 */
enum gb_err store_job_take(struct store *, const char *job, int64_t now_ms,
			   int64_t every_ms, int64_t lease_ms,
			   bool *mine) GB_NODISCARD;

/* The job that was taken at "taken_ms" is done: the lease ends with it, for one
 * that is due again before the lease would end.  A later lease stays. */
enum gb_err store_job_end(struct store *, const char *job,
			  int64_t taken_ms) GB_NODISCARD;

#endif
