/*
 * fuzz_transcription.c: any bytes as a form with a recording (with the seeds'
 * boundary), as the recording, as a time, as what a model has heard, and as
 * Google's answer with that in it.
 *
 * What is read can be written and is JSON then; what is refused names a fault;
 * times of an answer are in order, and its deltas join to its text.
 */
#include <stdlib.h>
#include <string.h>

#include "dialect/gemini/gemini_request.h"
#include "dialect/json/json_in.h"
#include "dialect/model_rules.h"
#include "dialect/audio/transcription_audio.h"
#include "dialect/audio/transcription_prompt.h"
#include "dialect/audio/transcription_time.h"
#include "dialect/audio/transcription_write.h"
#include "fuzz.h"

#define OUT_MAX (64u << 20)
#define TYPE	"multipart/form-data; boundary=BB"
#define SEED	"0123456789abcdef01234567"

/* --- requests ------------------------------------------------------------- */

static void
write_for(struct transcription_request *rq, const char *model)
{
	struct gemini_request_options told = {0};
	struct model_rules rules = {0};
	struct model_facts facts;
	struct api_error err;
	enum gb_err rc;
	struct buf out;

	buf_init(&out, OUT_MAX);
	api_error_clear(&err);
	rc = transcription_plan(rq, &rules, model, &facts, &err);
	if (rc == GB_OK && rq->dedicated)
		transcription_write_dedicated(rq, &out);
	else if (rc == GB_OK)
		rc = gemini_request_write(&rq->chat, &facts, &told, &out, &err);
	if (rc == GB_OK)
		must(json_check(buf_str(&out), out.len) == JSON_KIND_OBJECT);
	else
		must(err.fault != FAULT_NONE);
	buf_release(&out);
}

/* The text is a copy of which nothing is left when the request is written. */
static void
fuzz_form(const char *text, size_t len, enum transcription_task task,
	  bool strict, const char *model)
{
	static struct multipart form;
	struct transcription_request rq;
	struct api_error err;
	enum gb_err rc;
	char *copy;

	copy = malloc(len + 1);
	must(copy != NULL);
	memcpy(copy, text, len + 1);
	if (multipart_read(TYPE, copy, len, &form, &err) != GB_OK) {
		free(copy);
		return;
	}
	rc = transcription_read(&form, task, strict, &rq, &err);
	free(copy);
	if (rc == GB_OK) {
		must(rq.chat.part_count == 1);
		write_for(&rq, model);
	} else {
		must(err.fault != FAULT_NONE);
	}
	transcription_request_release(&rq);
}

static void
fuzz_small(struct text text)
{
	const struct text none = {NULL, 0};
	const char *type, *what;
	int64_t ms = -1;

	must(transcription_audio_ms(text) <= TRANSCRIPTION_MS_MAX);
	type = transcription_audio_type(text, text, text, &what);
	must(type == NULL || what == NULL);
	(void)transcription_audio_type(none, text, none, &what);
	if (transcription_time_read(text, &ms))
		must(ms >= 0 && ms <= TRANSCRIPTION_MS_MAX + 1000);
	else
		must(ms == -1);
}

/* --- answers -------------------------------------------------------------- */

static void
check_list(const struct spoken_list *list, int64_t audio_ms)
{
	const struct spoken *s = list->items;
	size_t i;

	for (i = 0; i < list->count; i++) {
		must(s[i].start_ms >= 0 && s[i].start_ms <= s[i].end_ms);
		must(i == 0 || s[i - 1].start_ms <= s[i].start_ms);
		must(audio_ms < 0 || s[i].end_ms <= audio_ms);
		must(s[i].text.len > 0);
	}
}

static void
write_answer(struct transcription *t, const struct reply *reply)
{
	const struct transcription_request *asked = t->asked;
	struct buf out;

	check_list(&t->segments, asked->audio_ms);
	check_list(&t->words, asked->audio_ms);
	buf_init(&out, OUT_MAX);
	transcription_write(t, &reply->usage, &out);
	if (buf_error(&out) == GB_OK && asked->format != FORMAT_TEXT &&
	    asked->format != FORMAT_SRT && asked->format != FORMAT_VTT)
		must(json_check(buf_str(&out), out.len) == JSON_KIND_OBJECT);
	buf_reset(&out);
	transcription_write_done(t, &reply->usage, &out);
	buf_release(&out);
}

static void
fuzz_answer(struct transcription_request *asked, const char *json, size_t len)
{
	struct piece_sink sink;
	struct transcription t;
	struct api_error err;
	struct reply reply;

	transcription_init(&t, asked, OUT_MAX);
	sink = transcription_sink(&t);
	reply_init(&reply, "call_", SEED);
	api_error_clear(&err);
	if (reply_read(&reply, json, len, &sink) != REPLY_OK)
		;
	else if (transcription_finish(&t, &reply, &err) == GB_OK)
		write_answer(&t, &reply);
	else
		must(err.fault != FAULT_NONE);
	transcription_release(&t);
}

/* What a model has said, in pieces of "step" bytes. */
static void
fuzz_said(struct transcription_request *asked, const char *text, size_t len,
	  size_t step)
{
	struct piece p = {.kind = PIECE_TEXT};
	struct piece_sink sink;
	struct transcription t;
	struct api_error err;
	struct reply reply;
	struct buf sent;
	struct text part;
	size_t at;

	transcription_init(&t, asked, OUT_MAX);
	buf_init(&sent, OUT_MAX);
	sink = transcription_sink(&t);
	reply_init(&reply, "call_", SEED);
	for (at = 0; at < len; at += p.text_len) {
		p.text = text + at;
		p.text_len = len - at < step ? len - at : step;
		sink.piece(sink.context, &reply, &p);
		part = transcription_take(&t);
		buf_add(&sent, part.ptr, part.len);
	}
	if (transcription_finish(&t, &reply, &err) == GB_OK) {
		part = transcription_rest(&t);
		buf_add(&sent, part.ptr, part.len);
		if (!transcription_is_timed(asked))
			must(sent.len == t.text.len &&
			     memcmp(buf_str(&sent), buf_str(&t.text),
				    sent.len) == 0);
		write_answer(&t, &reply);
	}
	buf_release(&sent);
	transcription_release(&t);
}

static void
fuzz_replies(const char *text, size_t len)
{
	struct transcription_request asked;
	int format;

	for (format = FORMAT_JSON; format <= FORMAT_DIARIZED; format++) {
		memset(&asked, 0, sizeof(asked));
		asked.format = (enum transcription_format)format;
		asked.audio_ms = format == FORMAT_SRT ? 5000 : -1;
		asked.words = format == FORMAT_VERBOSE;
		asked.segments = true;
		fuzz_answer(&asked, text, len);
		fuzz_said(&asked, text, len, len < 64 ? 3 : 1 + len / 8);
		asked.dedicated = true;
		fuzz_answer(&asked, text, len);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	text = fuzz_text(data, size);
	fuzz_form(text, size, TASK_TRANSCRIBE, false, "gemini-3.8-flash");
	fuzz_form(text, size, TASK_TRANSCRIBE, true, "gemini-3.5-transcribe");
	fuzz_form(text, size, TASK_TRANSLATE, false, "gemini-2.0-flash");
	fuzz_small((struct text){text, size});
	fuzz_replies(text, size);
	free(text);
	return 0;
}
