/*
 * api_keys.h: what JSON routes about keys share.
 *
 * A reply calls a key by keys_name(), "AIza…1234~17", where Gemini Balance has
 * the key itself; requests may call it by that, by its id, or by itself.  So
 * scripts that hand on what they were told go on working, and no list gives
 * keys away.
 */
#ifndef GB_ADMIN_API_KEYS_H
#define GB_ADMIN_API_KEYS_H

#include "admin/keys.h"

struct json_object; /* json-c's */

/* The body's member "keys", an array of strings or a string; *"body" is for
 * json_object_put().  NULL: it is answered. */
struct json_object *api_keys_body(struct admin_request *,
				  struct json_object **body);

/* Answer {"detail": …} or, as Gemini Balance does, {"success": false,
 * "message": …}, with a text of ours. */
void api_keys_fail(struct admin_request *, int status, const char *key);

#endif
