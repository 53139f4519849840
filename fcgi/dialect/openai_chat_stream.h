/*
 * openai_chat_stream.h: a sink that writes an answer as chat.completion.chunk
 * events, as it comes.
 *
 * openai-python joins strings of the same key, so an id, a name and a
 * signature are sent once; and it wants tool calls numbered from 0 without a
 * gap, in each choice.
 */
#ifndef GB_DIALECT_OPENAI_CHAT_STREAM_H
#define GB_DIALECT_OPENAI_CHAT_STREAM_H

#include "base/buf.h"
#include "dialect/error.h"
#include "dialect/openai_chat_parts.h"
#include "dialect/reply.h"

/* What was sent of one choice. */
struct openai_stream_choice {
	bool begun; /* the chunk with the role */
	bool has_content;
	bool is_signed; /* the signature of the text */
	bool has_audio;
	unsigned call_count, image_count, source_count;
	struct text_map map;
};

struct openai_chat_stream {
	const struct openai_chat_options *options;
	struct buf *out;
	struct buf head; /* of every chunk, up to the index of its choice */
	struct buf scratch;
	unsigned call_count; /* over all choices */
	struct openai_stream_choice choices[REPLY_CANDIDATES_MAX];
};

/* "options" and "out" are borrowed until the release; events are appended to
 * "out", which may be emptied between two calls.  "max" bounds the JSON of one
 * call's arguments. */
void openai_chat_stream_init(struct openai_chat_stream *,
			     const struct openai_chat_options *options,
			     struct buf *out, size_t max);
void openai_chat_stream_release(struct openai_chat_stream *);

/* The sink to give to reply_read(); it lives as long as the first argument. */
struct piece_sink openai_chat_stream_sink(struct openai_chat_stream *);

/* The answer is complete: end each choice, and the stream. */
void openai_chat_stream_finish(struct openai_chat_stream *,
			       const struct reply *);

/* The answer broke: say so, and end the stream. */
void openai_chat_stream_error(struct openai_chat_stream *,
			      const struct api_error *);

#endif
