/*
 * anthropic_request.h: an Anthropic Messages request as a chat.
 *
 * Every field of Anthropic's API description has a row in the table of
 * anthropic_request.c: it is read, ignored, dropped or refused there.
 */
#ifndef GB_DIALECT_ANTHROPIC_REQUEST_H
#define GB_DIALECT_ANTHROPIC_REQUEST_H

#include "dialect/chat_read.h"

struct json_object; /* json-c's */

/*
 * Read "root", which the chat takes over (also on failure), into "out", to be
 * released with chat_release() in either case.
 *
 * GB_EINVAL: the client's fault; "err" is filled in, "param" names the field.
 * GB_ENOMEM: "err" is FAULT_INTERNAL.
 */
enum gb_err anthropic_read(struct json_object *root,
			   const struct chat_options *opts, struct chat *out,
			   struct api_error *err) GB_NODISCARD;

/* The same for a request whose tokens are only counted: it needs no
 * max_tokens. */
enum gb_err anthropic_read_count(struct json_object *root,
				 const struct chat_options *opts,
				 struct chat *out,
				 struct api_error *err) GB_NODISCARD;

#endif
