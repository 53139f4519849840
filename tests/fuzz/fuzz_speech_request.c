/*
 * fuzz_speech_request.c: any bytes as a request for speech; the last one
 * chooses how strict, and which model speaks.
 *
 * What is read can be written for Gemini, and is JSON then, with the text in
 * it; what is refused names a fault.
 */
#include <stdlib.h>
#include <string.h>

#include "dialect/gemini/gemini_request.h"
#include "dialect/json/json_in.h"
#include "dialect/audio/speech_request.h"
#include "fuzz.h"

#define OUT_MAX (64u << 20)

static const char *const models[] = {"gemini-3.8-flash-tts",
				     "gemini-2.5-flash-preview-tts"};

static void
write_out(struct speech_request *rq, unsigned choice)
{
	struct speech_options opts = {
	    .model = models[choice / 2 % GB_COUNT(models)],
	    .voice = choice & 4 ? "Kore" : "Brandnew",
	    .mapped = choice & 8 ? "Leda" : NULL,
	    .speed = choice & 16 ? 0.5 : 1,
	};
	struct gemini_request_options told = {.dropped = &rq->chat.dropped};
	struct model_rules rules = {0};
	struct model_facts facts;
	struct api_error err;
	enum gb_err rc;
	struct buf out;

	buf_init(&out, OUT_MAX);
	api_error_clear(&err);
	rc = speech_choose(rq, &rules, &opts, &facts, &err);
	if (rc == GB_OK) {
		must(facts.family == MODEL_TTS && rq->chat.gen.voice != NULL);
		rc = gemini_request_write(&rq->chat, &facts, &told, &out, &err);
	}
	if (rc == GB_OK) {
		must(json_check(buf_str(&out), out.len) == JSON_KIND_OBJECT);
		must(strstr(buf_str(&out), "\"AUDIO\"") != NULL);
	} else {
		must(err.fault != FAULT_NONE);
	}
	buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct speech_request rq;
	struct json_object *root;
	struct api_error err;
	unsigned choice;
	char *text;

	if (size == 0)
		return 0;
	choice = data[--size];
	text = fuzz_text(data, size);
	if (json_read(text, size, &root, &err) == GB_OK) {
		if (speech_read(root, choice & 1, &rq, &err) == GB_OK) {
			must(rq.input.len > 0 && rq.form < SPEECH__MAX);
			write_out(&rq, choice);
		} else {
			must(err.fault != FAULT_NONE);
		}
		speech_request_release(&rq);
	}
	free(text);
	return 0;
}
