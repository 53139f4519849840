/* openai_chat_reply.h: a sink that makes one chat.completion of an answer */
#ifndef GB_DIALECT_OPENAI_CHAT_REPLY_H
#define GB_DIALECT_OPENAI_CHAT_REPLY_H

#include "base/buf.h"
#include "dialect/openai_chat_parts.h"
#include "dialect/reply.h"

/* What has come of one choice. */
struct openai_choice {
	struct buf content, reasoning;	   /* text */
	struct buf calls, images, sources; /* items of a JSON array */
	struct buf audio;		   /* base64 */
	struct buf signature;		   /* of the text */
	unsigned image_count;
	struct text_map map; /* of content */
};

struct openai_chat_reply {
	const struct openai_chat_options *options;
	struct openai_choice choices[REPLY_CANDIDATES_MAX];
	unsigned call_count; /* over all choices */
	struct buf scratch;
};

/* "options" is borrowed until the release.  No text of a choice may be longer
 * than "max" bytes. */
void openai_chat_reply_init(struct openai_chat_reply *,
			    const struct openai_chat_options *options,
			    size_t max);
void openai_chat_reply_release(struct openai_chat_reply *);

/* The sink to give to reply_read(); it lives as long as the first argument. */
struct piece_sink openai_chat_reply_sink(struct openai_chat_reply *);

/*
 * Append the chat.completion to "out".  GB_ETOOBIG when a text is over the
 * cap, or GB_ENOMEM: "out" then holds rubbish.
 */
enum gb_err openai_chat_reply_finish(struct openai_chat_reply *,
				     const struct reply *,
				     struct buf *out) GB_NODISCARD;

#endif
