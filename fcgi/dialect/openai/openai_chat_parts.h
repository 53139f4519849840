/*
 * openai_chat_parts.h: what whole and streamed chat completions share.
 *
 * The pieces of reply.h in OpenAI's words, each as a JSON value or member.
 */
#ifndef GB_DIALECT_OPENAI_CHAT_PARTS_H
#define GB_DIALECT_OPENAI_CHAT_PARTS_H

#include "base/buf.h"
#include "dialect/json/json_out.h"
#include "dialect/text_map.h"
#include "dialect/writer.h"

#define OPENAI_ID_SIZE 128 /* bytes of an id, with NUL; Google's are < 64 */

/* The answer's own id, "chatcmpl-…". */
void openai_chat_id(char id[OPENAI_ID_SIZE], const struct writer_options *,
		    const struct reply *);

/* The finish_reason of a candidate, once all of it was read. */
const char *openai_chat_finish(const struct writer_options *,
			       const struct reply *, unsigned candidate);

/* Google's own word for it when finish_reason does not say as much; else
 * NULL. */
const char *openai_chat_native_finish(const struct reply *, unsigned candidate);

/* Whether a blob is an image, or sound. */
bool openai_chat_is_image(const struct piece *);
bool openai_chat_is_audio(const struct piece *);

/*
 * Members of a tool call: id, type, function (or "custom", whose input is the
 * text that "args" hold) and extra_content.  "args" NULL: what it is called
 * with is left empty, to come later.
 */
void openai_chat_write_call(struct json_out *, const struct writer_options *,
			    const struct piece *, const struct buf *args);

/* The same as members of a "function_call": name, arguments and
 * extra_content. */
void openai_chat_write_function_call(struct json_out *,
				     const struct writer_options *,
				     const struct piece *,
				     const struct buf *args);

/* Whether the call is of a tool that takes one text. */
bool openai_chat_is_custom(const struct writer_options *, const struct piece *);

/* What a call is called with, into "args": its arguments as compact JSON, "{}"
 * for none, or the text of a custom tool. */
void openai_chat_args(const struct writer_options *, const struct piece *,
		      struct buf *args);

/* An item of "images"; an "audio" object with base64, of which only the "first"
 * in a stream says more than its data; members of an item of "annotations". */
void openai_chat_write_image(struct json_out *, const struct piece *,
			     unsigned index);
void openai_chat_write_audio(struct json_out *, const struct writer_options *,
			     unsigned candidate, bool first, const char *data,
			     size_t len);
void openai_chat_write_source(struct json_out *, const struct piece *,
			      const struct text_map *);

/* An item of extra_content.google.server_parts: what the client sends back. */
void openai_chat_write_echo(struct json_out *, const struct piece *,
			    unsigned index);

/* "extra_content":{"google":{"thought_signature":…,"server_parts":[…]}}, either
 * or both; nothing without any.  "echoes" are items as JSON text, or NULL. */
void openai_chat_write_extra(struct json_out *, const char *signature,
			     size_t len, const struct buf *echoes);

/* "service_tier" in OpenAI's word for it; nothing when Gemini said nothing. */
void openai_chat_write_tier(struct json_out *, const struct reply *);

/* What a choice has in "logprobs", of "items" as the second one writes them:
 * an object, or null without any. */
void openai_chat_write_logprobs(struct json_out *, const struct buf *items);
void openai_chat_write_tokens(struct json_out *, const struct piece *);

/* The "usage" object. */
void openai_chat_write_usage(struct json_out *, const struct reply_usage *);

#endif
