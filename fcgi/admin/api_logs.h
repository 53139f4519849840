/* api_logs.h: what the JSON routes of the journal share */
#ifndef GB_ADMIN_API_LOGS_H
#define GB_ADMIN_API_LOGS_H

#include "admin/logs.h"

#define API_KEYS_MAX 256 /* that a part of a key may mean */

/* The keys that a request asks for. */
struct api_keys {
	bool any; /* it does not say */
	int64_t ids[API_KEYS_MAX];
	size_t count; /* 0: there is none */
};

/* Those that "text" means (store_keys_find()); "": any.  On GB_OK there is
 * rq->reports.  One alone becomes the
 * filter's, several are for api_keys_have(). */
enum gb_err api_keys_find(struct admin_request *, const char *text,
			  struct api_keys *,
			  struct journal_filter *) GB_NODISCARD;
bool api_keys_have(const struct api_keys *, int64_t id);

/*
 * A field of the query as a number from "min" to "max", "*number" as it is
 * where there is none; false: it is not one, which is answered, naming it.
 */
bool api_number(struct admin_request *, const char *name, int64_t min,
		int64_t max, int64_t *number);

/* The same for a moment. */
bool api_moment(struct admin_request *, const char *name, int64_t *ms);

#endif
