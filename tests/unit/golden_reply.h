/*
 * golden_reply.h: golden cases of Gemini's answers in a client's dialect.
 *
 * Each folder is a case: what Gemini sent (gemini.json, or the events of
 * gemini.sse), options.json if they are not the usual ones, and what the client
 * gets: NAME.json, NAME.sse, or error.json for a status and an error body.
 *
 * With "several" in options.json there is an answer of Gemini's for each of so
 * many choices, gemini_0.json or gemini_0.sse and so on; of streams an event of
 * each comes in turn.
 *
 * Other members of options.json: model, hide_thoughts, thought_tag,
 * include_usage, function_call, one_call, thinking_blocks, sound ("pcm16"),
 * top_logprobs, prompts (of a completion, each echoed), names and custom (tools
 * by Gemini's name: the client's), request (what the client sent, as far as it
 * is echoed), status (of the HTTP answer), force (go on where the program would
 * ask again).
 */
#ifndef GB_TESTS_GOLDEN_REPLY_H
#define GB_TESTS_GOLDEN_REPLY_H

#include "dialect/writer.h"
#include "golden.h"

#define GOLDEN_TIME 1700000000 /* when all answers are made */
#define GOLDEN_SEED "0123456789abcdef0123456789abcdef"

struct golden_dialect {
	const char *name; /* of its files */
	const struct writer_kind *whole, *streamed;
	const char *call_prefix;
	void (*write_error)(const struct api_error *, struct buf *out);
	/* What its HTTP status is; NULL: that of the error. */
	int (*status)(const struct api_error *);
};

/* Play one case; false, and said why, when the answer is another. */
bool golden_reply_play(const struct golden *, const struct golden_dialect *);

#endif
