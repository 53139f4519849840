/*
 * reply.h: what Gemini answered, read without any client dialect in mind.
 *
 * A GenerateContentResponse, whole or one event of a stream after another, is
 * taken apart into pieces, which go to a sink in their order; what is true of
 * the answer as a whole adds up in "struct reply".  All that is known of
 * Gemini's replies is known here; a dialect is a sink.
 */
#ifndef GB_DIALECT_REPLY_H
#define GB_DIALECT_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct json_object; /* json-c's */

#define REPLY_CANDIDATES_MAX 8	/* Gemini's own limit of candidateCount */
#define REPLY_LINKS_MAX	     64 /* pages of an answer that are handed out */

/* Why a candidate ended. */
enum reply_finish {
	FINISH_NONE,	 /* it has not said yet */
	FINISH_STOP,	 /* by itself, or to call a tool */
	FINISH_LENGTH,	 /* at the token limit */
	FINISH_FILTERED, /* stopped by a filter; content may be missing */
	FINISH_FAULT,	 /* the model stumbled: a malformed call and such */
	FINISH_OTHER,	 /* for a reason that says little, or is new to us */
};

struct reply_candidate {
	bool seen;
	enum reply_finish finish;
	char finish_reason[48];	  /* in Google's word; "" for FINISH_NONE */
	char finish_message[256]; /* Google's text about it, often "" */
	bool has_output;	  /* any piece but thoughts and sources */
	bool has_call;
};

/* Tokens, as Google's usageMetadata means them; absent counters are 0. */
struct reply_usage {
	int64_t prompt; /* with those of tool use, and the cached ones */
	int64_t tool;	/* of the prompt: what Google's tools gave the model */
	int64_t cached; /* of the prompt */
	int64_t cached_audio;				 /* of the cached */
	int64_t prompt_text, prompt_audio, prompt_image; /* of the prompt */
	int64_t prompt_video;
	int64_t completion; /* with thoughts */
	int64_t reasoning;  /* of the completion: thoughts */
	int64_t completion_audio, completion_image;
	int64_t total;
};

/* The answer so far.  Plain memory: nothing to free. */
struct reply {
	const char *id_prefix, *id_seed; /* of calls' ids; borrowed */
	unsigned calls;			 /* that came so far */
	bool narrow;			 /* by reply_narrow(), to: */
	unsigned number;
	bool wants_tokens; /* hand out PIECE_TOKENS; for the caller to set */
	char response_id[96];
	char model_version[96];
	char service_tier[16]; /* "standard", "flex", "priority"; "": unsaid */
	char block_reason[48]; /* the prompt was refused; "" when it was not */
	struct reply_usage usage; /* the last that came */
	struct reply_candidate candidates[REPLY_CANDIDATES_MAX];
	uint64_t links[REPLY_LINKS_MAX]; /* digests of what was handed out */
	size_t link_count;
};

enum piece_kind {
	PIECE_TEXT,	   /* text; empty only when it carries a signature.
			      args: the audioTranscription that it is of, or
			      NULL */
	PIECE_THOUGHT,	   /* text of a thought */
	PIECE_CALL,	   /* name, id, args */
	PIECE_BLOB,	   /* mime, text: base64 */
	PIECE_CODE,	   /* mime: language, text: code the model ran */
	PIECE_CODE_RESULT, /* mime: outcome, text: what the code printed */
	PIECE_SOURCE,	   /* a source for a stretch of text */
	PIECE_ECHO,   /* args: a whole part of a tool that ran at Google, to
			 be sent back as it is with the next turn */
	PIECE_TOKENS, /* args: for reply_token(), of the pieces before it; only
			 where wants_tokens is set */
};

/* One piece of a candidate.  All strings are borrowed for the call of the
 * sink; those that do not belong to the kind are "". */
struct piece {
	enum piece_kind kind;
	unsigned candidate; /* below REPLY_CANDIDATES_MAX */
	size_t part; /* which of the event's parts it is; SIZE_MAX: of none,
			but added here */
	const char *text;
	size_t text_len;
	const char *signature; /* thoughtSignature, base64 */
	size_t signature_len;
	const char *mime;
	const char *name;	  /* of a function, never "" for a call */
	const char *id;		  /* of the call, never ""; made up when
				     Google gave none */
	struct json_object *args; /* an object, or NULL for none */
	const char *url, *title;  /* of the source */
	size_t start, end; /* UTF-8 bytes of part "part" that it supports */
};

/* A page that a candidate's search found; borrowed for the call.  Unlike a
 * PIECE_SOURCE it belongs to no stretch of text. */
struct reply_link {
	unsigned candidate;
	const char *url, *title; /* the title may be "" */
};

struct piece_sink {
	void (*piece)(void *context, const struct reply *,
		      const struct piece *);
	void *context;
};

struct link_sink {
	/* Each page once a candidate, however often it comes. */
	void (*link)(void *context, const struct reply_link *);
	void *context;
};

enum reply_read {
	REPLY_OK,
	REPLY_ERROR,   /* the JSON is {"error":…} or [{"error":…}] */
	REPLY_GARBAGE, /* no JSON, or not of this protocol */
};

/* What an answer is, once all of it was read. */
enum reply_end {
	REPLY_COMPLETE, /* output, or a reason that there is none */
	REPLY_EMPTY,	/* no output and no good reason: worth another try */
	REPLY_CUT,	/* output but no finishReason: it broke off */
};

/* "prefix" and "seed", borrowed, are what the ids of calls are made of where
 * Google gives none: "call_", and 24 or more random letters and digits. */
void reply_init(struct reply *, const char *prefix, const char *seed);

/*
 * Read "json", a whole answer or the next event of a stream, adding to
 * "reply" and handing pieces to "sink".  Parts of an unknown kind, and fields
 * of a wrong type, are as if they were not there.  Unless it is REPLY_OK
 * neither of the two was touched.
 */
enum reply_read reply_read(struct reply *reply, const char *json, size_t len,
			   const struct piece_sink *sink) GB_NODISCARD;
/* The same, with the links as well. */
enum reply_read reply_read_links(struct reply *reply, const char *json,
				 size_t len, const struct piece_sink *sink,
				 const struct link_sink *links) GB_NODISCARD;

/*
 * After reply_init(): the answer is one of several to the same question, each
 * with a reply of its own.  Its first candidate is number "number" (below
 * REPLY_CANDIDATES_MAX), it has no others, and no id that is made up for its
 * calls is another one's.
 */
void reply_narrow(struct reply *, unsigned number);

/* Add the tokens that "other" cost to those of "sum", and what else is true of
 * several answers together. */
void reply_sum(struct reply *sum, const struct reply *other);

/* One token of the model's, and how likely it was. */
struct reply_token {
	const char *text;
	size_t len;
	double logprob; /* natural; from LOGPROB_MIN to 0 */
};

#define LOGPROB_MIN (-9999.0) /* stands for "never", as OpenAI has it */

/* Those of a PIECE_TOKENS: token number "at", and number "top" of those that
 * could have stood in its place.  False: there is none. */
bool reply_token(const struct piece *, size_t at, struct reply_token *);
bool reply_top_token(const struct piece *, size_t at, size_t top,
		     struct reply_token *);

/* Judge the answer after its last event. */
enum reply_end reply_end(const struct reply *);

/* Whether the prompt was refused: nothing will come, and nobody's fault. */
bool reply_blocked(const struct reply *);

/* Whether it says why it ended, be there output or not. */
bool reply_has_reason(const struct reply *);

/* Whether the model stumbled over its own output (a malformed call, say):
 * worth another try as long as nothing was sent, even when there is some. */
bool reply_stumbled(const struct reply *);

/* Google's word for what it stumbled over; NULL: it did not. */
const char *reply_stumbled_over(const struct reply *);

#endif
