/*
 * transcription_reply.h: what Gemini has heard: its text, and where times were
 * asked for, the segments, words and speakers, checked.
 */
#ifndef GB_DIALECT_TRANSCRIPTION_REPLY_H
#define GB_DIALECT_TRANSCRIPTION_REPLY_H

#include "base/buf.h"
#include "dialect/error.h"
#include "dialect/reply.h"
#include "dialect/audio/transcription_request.h"

#define TRANSCRIPTION_SPEAKERS 64 /* told apart; all others are the last */

/* A segment or a word.  Texts are borrowed from the transcription. */
struct spoken {
	int64_t start_ms, end_ms;
	struct text text; /* without spaces around it */
	unsigned speaker; /* from 0 on; of a segment, where it was asked for */
};

struct spoken_list {
	struct spoken *items;
	size_t count, size;
};

struct transcription {
	const struct transcription_request *asked;
	struct buf said; /* as it came: the text, or JSON */
	size_t sent;	 /* of the text went out, leading spaces included */
	struct json_object *parts; /* of a model for that alone, or NULL */
	struct json_object *root;  /* what the texts below point into */
	bool no_memory;

	/* Filled in by transcription_finish(). */
	struct buf text;
	struct spoken_list segments, words;
	struct text language; /* as the model says it, or none */
	int64_t audio_ms;     /* of the recording; where nobody knows, until
				 the last word */
	bool garbled; /* what came is not of the form asked for: it may be worth
			 asking again */
	struct text speakers[TRANSCRIPTION_SPEAKERS]; /* the model's names */
	size_t speaker_count;
};

/* Nothing yet.  "asked" is borrowed; at most "max" bytes are kept. */
void transcription_init(struct transcription *,
			const struct transcription_request *asked, size_t max);
void transcription_release(struct transcription *);
void transcription_reset(struct transcription *);

/* A sink that keeps what was heard. */
struct piece_sink transcription_sink(struct transcription *);

/* What can go out of a text that flows, and did not yet; it then did.  All that
 * went out is, joined, the text in the end. */
struct text transcription_take(struct transcription *);
/* The same at the end, when nothing more will come. */
struct text transcription_rest(struct transcription *);

/*
 * All of the answer was read.  GB_OK: everything above is filled in; else "err"
 * is: GB_EINVAL, and "garbled" says whether the answer was not of the form
 * asked for; GB_ENOMEM; GB_ETOOBIG.
 */
enum gb_err transcription_finish(struct transcription *, const struct reply *,
				 struct api_error *err) GB_NODISCARD;

#endif
