/*
 * openai_chat_parts.h: what whole and streamed chat completions share.
 *
 * The pieces of reply.h in OpenAI's words, each as a JSON value or member, and
 * the options that both sinks take.
 */
#ifndef GB_DIALECT_OPENAI_CHAT_PARTS_H
#define GB_DIALECT_OPENAI_CHAT_PARTS_H

#include "base/buf.h"
#include "dialect/json_out.h"
#include "dialect/reply.h"
#include "dialect/text_map.h"

#define OPENAI_ID_SIZE 128 /* bytes of an id, with NUL; Google's are < 64 */

/* All strings are borrowed for the life of the sink. */
struct openai_chat_options {
	const char *model;  /* as the client called it; echoed */
	const char *seed;   /* random letters and digits, 24 or more: ids are
			       made of it where Gemini gave none */
	int64_t created;    /* seconds since 1970 */
	bool include_usage; /* streams: end with a chunk of usage */
	bool hide_thoughts; /* leave reasoning_content out */
	bool function_call; /* the client knows no tool_calls: answer with the
			       function_call of 2023, which holds one */
	/* A tool's name as the client knows it; NULL: as Gemini says it. */
	const char *(*tool_name)(void *context, const char *name);
	void *tool_context;
};

/* The answer's own id, "chatcmpl-…". */
void openai_chat_id(char id[OPENAI_ID_SIZE], const struct openai_chat_options *,
		    const struct reply *);

/* The finish_reason of a candidate, once all of it was read. */
const char *openai_chat_finish(const struct openai_chat_options *,
			       const struct reply *, unsigned candidate);

/* Google's own word for it when finish_reason does not say as much; else
 * NULL. */
const char *openai_chat_native_finish(const struct reply *, unsigned candidate);

/* Append why there is no content, when a filter is the reason; else nothing. */
void openai_chat_refusal(const struct reply *, unsigned candidate,
			 struct buf *text);

/* Append code, or what it printed, as a fenced block of Markdown.  "first":
 * no content goes before it. */
void openai_chat_fence(struct buf *, const struct piece *, bool first);

/* Whether a blob is an image, or sound. */
bool openai_chat_is_image(const struct piece *);
bool openai_chat_is_audio(const struct piece *);

/*
 * Members of a tool call: id, type, function and extra_content.  "number" is
 * unique in the answer.  "args" NULL: "arguments" is left empty, to come
 * later.
 */
void openai_chat_write_call(struct json_out *,
			    const struct openai_chat_options *,
			    const struct piece *, unsigned number,
			    const struct buf *args);

/* The same as members of a "function_call": name, arguments and
 * extra_content. */
void openai_chat_write_function_call(struct json_out *,
				     const struct openai_chat_options *,
				     const struct piece *,
				     const struct buf *args);

/* A call's arguments as compact JSON text, "{}" for none, into "args". */
void openai_chat_args(const struct piece *, struct buf *args);

/* An item of "images"; an "audio" object, of which only the "first" in a
 * stream says more than its data; members of an item of "annotations". */
void openai_chat_write_image(struct json_out *, const struct piece *,
			     unsigned index);
void openai_chat_write_audio(struct json_out *,
			     const struct openai_chat_options *,
			     unsigned candidate, bool first, const char *data,
			     size_t len);
void openai_chat_write_source(struct json_out *, const struct piece *,
			      const struct text_map *);

/* "extra_content":{"google":{"thought_signature":…}}; nothing without one. */
void openai_chat_write_signature(struct json_out *, const char *signature,
				 size_t len);

/* The "usage" object. */
void openai_chat_write_usage(struct json_out *, const struct reply_usage *);

#endif
