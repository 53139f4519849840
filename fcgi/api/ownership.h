/*
 * ownership.h: which key a request must go to for what it names, and whose is
 * what a call has made.
 */
#ifndef GB_API_OWNERSHIP_H
#define GB_API_OWNERSHIP_H

#include "api/request.h"
#include "dialect/gemini/owned_names.h"
#include "store/owned_objects.h"

struct chat;

/*
 * Find the key of all that "names" has: its id in "*pin", or 0 when nobody
 * knows any of them.  False: rq->error says that they belong to several keys,
 * or one to somebody else.  "rows" (NULL: not wanted) is what is known of them,
 * for object_rows_free(), in any case.
 */
bool ownership_pin(struct api_request *rq, const struct owned_names *names,
		   int64_t *pin, struct object_rows *rows);

/* The same for a JSON text, whose "kinds" are those of owned_names_scan(). */
bool ownership_pin_body(struct api_request *rq, const char *text, size_t len,
			unsigned kinds, int64_t *pin);

/* The same for a chat; its files get the type that is known of them. */
bool ownership_pin_chat(struct api_request *rq, struct chat *chat,
			int64_t *pin);

/* What a call to the key in rq->entry answered: bind what it names to that
 * key and to the caller.  A failure is logged and costs the reply nothing. */
void ownership_remember(struct api_request *rq, const char *json, size_t len);

/* Bind one name, of which nothing else is known. */
void ownership_bind(struct api_request *rq, const char *name);

/* In the words of Google, who makes no difference: it is another's, or it is
 * not there. */
void ownership_refuse(struct api_request *rq, const char *name);

#endif
