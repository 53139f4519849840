/*
 * responses_parts.h: what whole and streamed responses share: the response
 * object itself, and what it says of how the answer ended.
 */
#ifndef GB_DIALECT_RESPONSES_PARTS_H
#define GB_DIALECT_RESPONSES_PARTS_H

#include "base/buf.h"
#include "dialect/json/json_out.h"
#include "dialect/writer.h"

struct json_object; /* json-c's */

#define RESPONSES_ID_SIZE     128  /* bytes of an id, with NUL */
#define RESPONSES_MESSAGE_MAX 1024 /* bytes of why it failed, with NUL */

/* How a response stands. */
struct responses_state {
	const char *status; /* in_progress, completed, incomplete, failed */
	const char *reason; /* of one that is incomplete; else NULL */
	const char *code;   /* of one that failed; else NULL */
	char message[RESPONSES_MESSAGE_MAX];
};

/* It is being made; how it ended, once all of it was read; it broke off. */
void responses_begun(struct responses_state *);
void responses_ended(struct responses_state *, const struct reply *);
void responses_broke(struct responses_state *, const struct api_error *);

/* The response's own id, "resp_…"; the reply NULL: nothing of it is known. */
void responses_id(char id[RESPONSES_ID_SIZE], const struct writer_options *,
		  const struct reply *);

/* Whether "include" of the request names this. */
bool responses_includes(const struct writer_options *, const char *what);

/*
 * The response object.  "items" are those of its output, as text.  The reply
 * NULL: it is not over, and its usage not known.
 */
void responses_write(struct json_out *, const struct writer_options *,
		     const char *id, const struct responses_state *,
		     const char *items, size_t items_len, const struct reply *);

/* The client's name of the function that Gemini calls "name".  "*space" is the
 * namespace that it is of, borrowed, or NULL. */
const char *responses_name(const struct writer_options *, const char *name,
			   struct json_object **space);

#endif
