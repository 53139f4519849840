/*
 * openai_chat_request.h: an OpenAI chat.completions request as a chat.
 *
 * Every field of OpenAI's API description has a row in the table of
 * openai_chat_request.c: it is read, ignored, dropped or refused there.
 */
#ifndef GB_DIALECT_OPENAI_CHAT_REQUEST_H
#define GB_DIALECT_OPENAI_CHAT_REQUEST_H

#include "dialect/chat_read.h"

struct json_object; /* json-c's */

/*
 * Read "root", which the chat takes over (also on failure), into "out", to be
 * released with chat_release() in either case.
 *
 * GB_EINVAL: the client's fault; "err" is filled in, "param" names the field.
 * GB_ENOMEM: "err" is FAULT_INTERNAL.
 */
enum gb_err openai_chat_read(struct json_object *root,
			     const struct chat_options *opts, struct chat *out,
			     struct api_error *err) GB_NODISCARD;

#endif
