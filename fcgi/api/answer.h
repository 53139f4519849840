/*
 * answer.h: reading what generateContent and streamGenerateContent answer,
 * for any dialect of the client's.
 *
 * What differs between dialects is a few functions; what an answer is worth,
 * when a stream may begin, and what a broken one means is the same for all
 * and stands here once.
 */
#ifndef GB_API_ANSWER_H
#define GB_API_ANSWER_H

#include "api/call.h"
#include "dialect/gemini/native_stream.h"
#include "dialect/pacing.h"
#include "dialect/reply.h"
#include "dialect/search_links.h"

#define EVENT_BYTES_MAX \
	(64 * 1024 * 1024) /* of one event, signatures and \
			      pictures included */

struct answer_reader;
struct wording; /* of api/wording.h */

/* How a dialect writes.  "rq->out" takes what goes to the client. */
struct answer_writer {
	/* A new attempt begins: forget the last one. */
	void (*reset)(struct answer_reader *);
	/* The sink for reply_read(), or none to only look. */
	struct piece_sink (*sink)(struct answer_reader *);
	/* One answer or event was read well; "raw" are its bytes as they
	 * came, framing included.  NULL: the sink has done it all. */
	void (*taken)(struct answer_reader *, const char *raw, size_t len);
	/* It is complete, and its head may not be out yet.  False: it is of no
	 * use, rq->error says why, and has a status of its own if it still
	 * can.  NULL: any will do. */
	bool (*check)(struct answer_reader *);
	/* It is complete: write what ends it.  GB_OK, or why not. */
	enum gb_err (*finish)(struct answer_reader *);
};

/* How upstream frames a stream. */
enum answer_framing {
	FRAMING_SSE,   /* alt=sse */
	FRAMING_ARRAY, /* one JSON array */
};

struct answer_reader {
	const struct answer_writer *writer;
	void *context; /* the writer's */
	enum answer_framing framing;
	bool faked;	 /* the client's stream is one answer of upstream's */
	bool show_links; /* after the text, to the pages it was found on */
	struct api_request *rq;
	struct wording *wording; /* of what is answered; NULL: it stays */
	const char *call_prefix; /* of the ids of calls that Google gave none */
	bool wants_tokens;	 /* the writer takes PIECE_TOKENS */
	bool narrow;		 /* the answer is one of several: */
	unsigned number;	 /* … this one, as reply_narrow() has it */

	/* the reader's own */
	struct reply reply;
	unsigned pieces;    /* that went to the sink in this attempt */
	int64_t text_bytes; /* of text among them */
	struct search_links links;
	struct pacing pacing;	    /* of rq->out */
	struct native_stream array; /* of FRAMING_ARRAY, to end it after all */
	bool stumbled;		    /* the one retry for it was taken */
};

/* Before the call; and after its last use. */
void answer_reader_init(struct answer_reader *, struct api_request *,
			const struct answer_writer *, void *context);
void answer_reader_release(struct answer_reader *);

/* Whether a stream of this model of Google's is to be faked. */
bool answer_is_faked(const struct settings *, const char *model);

/* Have "call", which would read a stream, ask for all of it at once, and its
 * reader make a stream of that: comments until it is there, at the intervals of
 * fake streams.  The path is the caller's to choose. */
void answer_fake(struct answer_reader *, struct call *call);

/* Have the answer, which is a stream for the client, sent at the settings'
 * pace, if they want one. */
void answer_pace(struct answer_reader *);

/* Readers for a call whose context is a struct answer_reader. */
call_reader answer_read_whole;
call_reader answer_read_stream;

/* For readers that look at what was answered well: it is of no use after all,
 * by nobody's fault, and worth another try. */
enum attempt answer_failed(struct answer *, enum answer_fault);

/* A sink that does nothing, for writers that pass bytes on. */
struct piece_sink answer_no_sink(struct answer_reader *);

#endif
