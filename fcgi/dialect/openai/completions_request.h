/*
 * completions_request.h: an OpenAI completions request, as it was before there
 * were chats: one prompt or several, and how they go on.
 *
 * A prompt becomes the only turn of a chat.  Every field of OpenAI's API
 * description has a row in the table of completions_request.c.
 */
#ifndef GB_DIALECT_COMPLETIONS_REQUEST_H
#define GB_DIALECT_COMPLETIONS_REQUEST_H

#include "dialect/chat_read.h"

struct json_object; /* json-c's */

/* As openai_chat_read(). */
enum gb_err completions_read(struct json_object *root,
			     const struct chat_options *opts, struct chat *out,
			     struct api_error *err) GB_NODISCARD;

#endif
