/*
 * transcription_request.h: a recording that is to become text, as OpenAI's
 * clients ask for it: /audio/transcriptions and /audio/translations, as forms.
 */
#ifndef GB_DIALECT_TRANSCRIPTION_REQUEST_H
#define GB_DIALECT_TRANSCRIPTION_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "dialect/chat.h"
#include "dialect/error.h"
#include "dialect/multipart.h"

/* Google takes 100 MB of a request inline, as base64; larger files belong to
 * its Files API. */
#define TRANSCRIPTION_AUDIO_MAX	   (70u << 20) /* bytes */
#define TRANSCRIPTION_LANGUAGE_MAX 36	       /* bytes of a code, with NUL */
#define TRANSCRIPTION_LANGUAGES	   16
#define TRANSCRIPTION_KEYWORDS	   256

enum transcription_task {
	TASK_TRANSCRIBE,
	TASK_TRANSLATE, /* to English */
};

enum transcription_format {
	FORMAT_JSON,
	FORMAT_TEXT,
	FORMAT_VERBOSE, /* with the times of segments or words, or both */
	FORMAT_SRT,
	FORMAT_VTT,
	FORMAT_DIARIZED, /* with who speaks */
};

struct transcription_request {
	enum transcription_task task;
	enum transcription_format format;
	/* Its model is what the client asked for, "" for none, until
	 * transcription_plan(); its first part is the recording. */
	struct chat chat;
	bool stream;
	bool words, segments; /* which times FORMAT_VERBOSE has */
	int64_t audio_ms;     /* how long the recording is; -1: unknown */
	struct text languages[TRANSCRIPTION_LANGUAGES]; /* that may be spoken */
	size_t language_count;
	struct text keywords[TRANSCRIPTION_KEYWORDS]; /* that may come up */
	size_t keyword_count;
	struct text prompt; /* or none */
	double temperature; /* as the client wrote it */
	bool dedicated;	    /* the model does nothing but transcribe */
};

/*
 * Read a form.  What "out" keeps of it is copied, so that the form's bytes may
 * go; "out" is to be released with transcription_request_release() in any case.
 * GB_EINVAL, GB_ENOMEM: "err" is filled in.
 */
enum gb_err transcription_read(const struct multipart *form,
			       enum transcription_task, bool strict,
			       struct transcription_request *out,
			       struct api_error *err) GB_NODISCARD;
void transcription_request_release(struct transcription_request *);

/* Whether the answer needs times, which are asked for as JSON. */
bool transcription_is_timed(const struct transcription_request *);

/* Whether the text may go out as it comes. */
bool transcription_flows(const struct transcription_request *);

#endif
