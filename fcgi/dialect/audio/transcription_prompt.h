/*
 * transcription_prompt.h: how Gemini is asked to transcribe: which model, in
 * which words, and in which form it is to answer.
 *
 * Any model that hears can do it when it is told to; one that does nothing else
 * (facts "transcription") wants fields instead of words, and answers in parts
 * of their own.
 */
#ifndef GB_DIALECT_TRANSCRIPTION_PROMPT_H
#define GB_DIALECT_TRANSCRIPTION_PROMPT_H

#include "base/buf.h"
#include "dialect/models.h"
#include "dialect/audio/transcription_request.h"

/* What a model says, and nothing else, where nobody speaks: an empty answer
 * could not be told from a failure. */
#define TRANSCRIPTION_SILENCE "[no speech]"

/*
 * Put Google's model into the chat ("model" for who asks for none, or for one
 * of OpenAI's that the operator has given no alias), with its facts into
 * "*facts", and the words after the recording.  GB_EINVAL: it cannot do what
 * is asked; GB_ENOMEM.
 */
enum gb_err transcription_plan(struct transcription_request *,
			       const struct model_rules *, const char *model,
			       struct model_facts *facts,
			       struct api_error *err) GB_NODISCARD;

/* Append the body for a model that does nothing else; what others get is
 * gemini_request_write()'s.  A failure shows in buf_error(). */
void transcription_write_dedicated(const struct transcription_request *,
				   struct buf *out);

#endif
