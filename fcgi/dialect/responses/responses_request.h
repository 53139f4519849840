/*
 * responses_request.h: a request of OpenAI's Responses API as a chat.
 *
 * Every field of OpenAI's API description has a row in the table of
 * responses_request.c: it is read, ignored, dropped or refused there.  Nothing
 * is stored: what needs a store is refused with a word on what to do instead.
 */
#ifndef GB_DIALECT_RESPONSES_REQUEST_H
#define GB_DIALECT_RESPONSES_REQUEST_H

#include "dialect/chat_read.h"

struct json_object; /* json-c's */

/*
 * Read "root", which the chat takes over (also on failure), into "out", to be
 * released with chat_release() in either case.
 *
 * GB_EINVAL: the client's fault; "err" is filled in, "param" names the field.
 * GB_ENOMEM: "err" is FAULT_INTERNAL.
 */
enum gb_err responses_read(struct json_object *root,
			   const struct chat_options *opts, struct chat *out,
			   struct api_error *err) GB_NODISCARD;

#endif
