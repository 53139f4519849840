/*
 * speech_request.h: OpenAI's requests for speech (/audio/speech).
 *
 * What is to be said becomes a chat of one turn, for gemini_request_write();
 * the rest is what the chat has no place for.
 */
#ifndef GB_DIALECT_SPEECH_REQUEST_H
#define GB_DIALECT_SPEECH_REQUEST_H

#include <stdbool.h>

#include "dialect/chat.h"
#include "dialect/error.h"
#include "dialect/model_rules.h"
#include "dialect/models.h"

#define SPEECH_SPEED_MIN 0.25 /* OpenAI's limits; 1 is the usual pace */
#define SPEECH_SPEED_MAX 4.0

enum speech_form {
	SPEECH_MP3,
	SPEECH_OPUS,
	SPEECH_AAC,
	SPEECH_FLAC,
	SPEECH_WAV,
	SPEECH_PCM, /* samples of 16 bits, little endian, mono */
	SPEECH__MAX
};

/* What OpenAI calls them. */
extern const char *const speech_form_names[SPEECH__MAX];

/* "stream_format" */
enum speech_way {
	SPEECH_UNSAID,
	SPEECH_AUDIO, /* the file itself, as it comes */
	SPEECH_SSE,   /* events with pieces of it */
};

struct speech_request {
	struct chat chat; /* its model is what the client asked for, "" for
			     none, until speech_choose() */
	struct text input, instructions, voice; /* the last two may be none */
	struct chat_number speed;
	enum speech_form form;
	bool form_said;
	enum speech_way way;
};

/* What the operator has set. */
struct speech_options {
	const char *model;  /* for who asks for none, or for one of OpenAI's */
	const char *voice;  /* the same of voices, and for unknown ones */
	const char *mapped; /* what the operator says that the request's voice
			       is; NULL: nothing */
	double speed;	    /* for who asks for none */
};

/*
 * Read a request.  "root", which "out" takes over, is an object; "out" is to be
 * released with speech_request_release() in any case.  GB_EINVAL, GB_ENOMEM:
 * "err" is filled in.
 */
enum gb_err speech_read(struct json_object *root, bool strict,
			struct speech_request *out,
			struct api_error *err) GB_NODISCARD;
void speech_request_release(struct speech_request *);

/*
 * Put into the chat what Gemini is to do: its model, of which "facts" are told,
 * its voice, and the text, in the style that the model takes.  GB_EINVAL: the
 * model does not speak, or a strict request wants a voice that is not there.
 */
enum gb_err speech_choose(struct speech_request *, const struct model_rules *,
			  const struct speech_options *,
			  struct model_facts *facts,
			  struct api_error *err) GB_NODISCARD;

/* A speed as an operator writes it: "slow", "normal", "fast", or a number
 * within the limits.  False: it is none of these. */
bool speech_speed_parse(const char *text, double *out);

#endif
