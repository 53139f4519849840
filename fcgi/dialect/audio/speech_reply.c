/* speech_reply.c: speech as OpenAI's clients get it, but for the sound itself
 */
#include "dialect/audio/speech_reply.h"

#include <string.h>

#include "base/base64.h"
#include "base/redact.h"
#include "dialect/json/json_out.h"

#define DELTA_MAX \
	(48 * 1024)   /* bytes of a file in one event; of three, so \
			 that only the last one is padded */
#define WORDS_MAX 900 /* bytes; a message of an error holds 1,024 */
#define CLEAN_MAX \
	(4 * WORDS_MAX) /* a mask may be longer than what it hides \
			 */

const char *
speech_type(enum speech_form form)
{
	static const char *const types[SPEECH__MAX] = {
	    [SPEECH_MP3] = "audio/mpeg", [SPEECH_OPUS] = "audio/ogg",
	    [SPEECH_AAC] = "audio/aac",	 [SPEECH_FLAC] = "audio/flac",
	    [SPEECH_WAV] = "audio/wav",	 [SPEECH_PCM] = "audio/pcm",
	};

	return types[form];
}

void
speech_write_delta(const char *bytes, size_t len, struct buf *out)
{
	size_t part;

	for (; len > 0; bytes += part, len -= part) {
		part = len < DELTA_MAX ? len : DELTA_MAX;
		buf_puts(out, "event: speech.audio.delta\ndata: {\"type\":"
			      "\"speech.audio.delta\",\"audio\":\"");
		base64_encode(out, bytes, part);
		buf_puts(out, "\"}\n\n");
	}
}

void
speech_write_done(const struct reply_usage *u, struct buf *out)
{
	struct json_out jo;

	buf_puts(out, "event: speech.audio.done\ndata: ");
	jout_init(&jo, out);
	jout_object(&jo);
	jout_key_string(&jo, "type", "speech.audio.done");
	jout_key(&jo, "usage");
	jout_object(&jo);
	jout_key_int(&jo, "input_tokens", u->prompt);
	jout_key_int(&jo, "output_tokens", u->completion);
	jout_key_int(&jo, "total_tokens", u->total);
	jout_object_end(&jo);
	jout_object_end(&jo);
	buf_puts(out, "\n\n");
}

void
speech_write_broken(const struct api_error *err, struct buf *out)
{
	buf_puts(out, "event: error\ndata: ");
	api_error_write_openai(err, out);
	buf_puts(out, "\n\n");
}

void
speech_refuse(const struct reply *reply, struct api_error *err)
{
	const struct reply_candidate *first = &reply->candidates[0];
	struct buf clean;

	buf_init(&clean, CLEAN_MAX);
	redact_text(&clean, first->finish_message,
		    strnlen(first->finish_message, WORDS_MAX), NULL);
	if (reply_blocked(reply))
		api_error_set(err, FAULT_CONTENT_POLICY, "input",
			      "Gemini refused the text (%s).",
			      reply->block_reason);
	else if (clean.len > 0)
		api_error_set(err, FAULT_CONTENT_POLICY, "input", "%s",
			      buf_str(&clean));
	else
		api_error_set(err, FAULT_CONTENT_POLICY, "input",
			      "Gemini made no sound of it (%s).",
			      first->finish_reason);
	buf_release(&clean);
}
