/* transcription_write.c: what was heard, as clients want it */
#include "dialect/audio/transcription_write.h"

#include <stdio.h>
#include <string.h>

#include "dialect/json/json_out.h"
#include "dialect/audio/transcription_time.h"

#define LETTERS	 26
#define NAME_MAX 16 /* bytes of a speaker's name or a segment's, with NUL */

/* --- parts of JSON -------------------------------------------------------- */

static void
key_text(struct json_out *jo, const char *key, struct text text)
{
	jout_key(jo, key);
	jout_string_len(jo, text.ptr, text.len);
}

static void
key_seconds(struct json_out *jo, const char *key, int64_t ms)
{
	jout_key(jo, key);
	jout_double(jo, (double)ms / 1000);
}

static void
write_whole_text(struct json_out *jo, const struct transcription *t)
{
	key_text(jo, "text", (struct text){buf_str(&t->text), t->text.len});
}

static void
write_tokens(struct json_out *jo, const struct reply_usage *u)
{
	int64_t text = u->prompt_text;

	if (text == 0 && u->prompt > u->prompt_audio)
		text = u->prompt - u->prompt_audio;
	jout_key(jo, "usage");
	jout_object(jo);
	jout_key_string(jo, "type", "tokens");
	jout_key_int(jo, "input_tokens", u->prompt);
	jout_key(jo, "input_token_details");
	jout_object(jo);
	jout_key_int(jo, "text_tokens", text);
	jout_key_int(jo, "audio_tokens", u->prompt_audio);
	jout_object_end(jo);
	jout_key_int(jo, "output_tokens", u->completion);
	jout_key_int(jo, "total_tokens", u->total);
	jout_object_end(jo);
}

/* OpenAI has no tokens in this format: whole seconds, the begun one too. */
static void
write_seconds(struct json_out *jo, int64_t ms)
{
	jout_key(jo, "usage");
	jout_object(jo);
	jout_key_string(jo, "type", "duration");
	jout_key_int(jo, "seconds", (ms + 999) / 1000);
	jout_object_end(jo);
}

/* --- verbose_json --------------------------------------------------------- */

/* What Whisper says of its own work nobody says here: numbers that are good, so
 * that no client throws the segment away. */
static void
write_segment(struct json_out *jo, const struct transcription *t, size_t at)
{
	const struct spoken *s = &t->segments.items[at];

	jout_object(jo);
	jout_key_int(jo, "id", (int64_t)at);
	jout_key_int(jo, "seek", 0);
	key_seconds(jo, "start", s->start_ms);
	key_seconds(jo, "end", s->end_ms);
	key_text(jo, "text", s->text);
	jout_key(jo, "tokens");
	jout_array(jo);
	jout_array_end(jo);
	jout_key(jo, "temperature");
	jout_double(jo, t->asked->temperature);
	jout_key_int(jo, "avg_logprob", 0);
	jout_key_int(jo, "compression_ratio", 1);
	jout_key_int(jo, "no_speech_prob", 0);
	jout_object_end(jo);
}

static void
write_words(struct json_out *jo, const struct spoken_list *words)
{
	const struct spoken *s;
	size_t i;

	jout_key(jo, "words");
	jout_array(jo);
	for (i = 0; i < words->count; i++) {
		s = &words->items[i];
		jout_object(jo);
		key_text(jo, "word", s->text);
		key_seconds(jo, "start", s->start_ms);
		key_seconds(jo, "end", s->end_ms);
		jout_object_end(jo);
	}
	jout_array_end(jo);
}

/* Of the text: a translation's is English. */
static struct text
language_of(const struct transcription *t)
{
	if (t->asked->task == TASK_TRANSLATE)
		return text_from("english");
	if (t->language.len > 0)
		return t->language;
	return t->asked->language_count > 0 ? t->asked->languages[0]
					    : text_from("");
}

static void
write_verbose(struct json_out *jo, const struct transcription *t)
{
	size_t i;

	jout_object(jo);
	jout_key_string(jo, "task",
			t->asked->task == TASK_TRANSLATE ? "translate"
							 : "transcribe");
	key_text(jo, "language", language_of(t));
	key_seconds(jo, "duration", t->audio_ms);
	write_whole_text(jo, t);
	if (t->asked->words)
		write_words(jo, &t->words);
	if (t->asked->segments) {
		jout_key(jo, "segments");
		jout_array(jo);
		for (i = 0; i < t->segments.count; i++)
			write_segment(jo, t, i);
		jout_array_end(jo);
	}
	write_seconds(jo, t->audio_ms);
	jout_object_end(jo);
}

/* --- diarized_json -------------------------------------------------------- */

static void
write_turn(struct json_out *jo, const struct transcription *t, size_t at)
{
	const struct spoken *s = &t->segments.items[at];
	char name[NAME_MAX];

	jout_object(jo);
	jout_key_string(jo, "type", "transcript.text.segment");
	(void)snprintf(name, sizeof(name), "seg_%zu", at);
	jout_key_string(jo, "id", name);
	key_seconds(jo, "start", s->start_ms);
	key_seconds(jo, "end", s->end_ms);
	key_text(jo, "text", s->text);
	if (s->speaker < LETTERS)
		(void)snprintf(name, sizeof(name), "%c",
			       (char)('A' + s->speaker));
	else
		(void)snprintf(name, sizeof(name), "S%u", s->speaker + 1);
	jout_key_string(jo, "speaker", name);
	jout_object_end(jo);
}

static void
write_diarized(struct json_out *jo, const struct transcription *t,
	       const struct reply_usage *usage)
{
	size_t i;

	jout_object(jo);
	jout_key_string(jo, "task", "transcribe");
	key_seconds(jo, "duration", t->audio_ms);
	write_whole_text(jo, t);
	jout_key(jo, "segments");
	jout_array(jo);
	for (i = 0; i < t->segments.count; i++)
		write_turn(jo, t, i);
	jout_array_end(jo);
	write_tokens(jo, usage);
	jout_object_end(jo);
}

/* --- subtitles ------------------------------------------------------------ */

/* One line, since an empty one ends a cue.  An arrow, which begins one, loses
 * its head; in WebVTT marks are written as such. */
static void
write_cue_text(struct text text, bool vtt, struct buf *out)
{
	const char *at;

	for (at = text.ptr; at < text.ptr + text.len; at++) {
		if ((unsigned char)*at < ' ')
			buf_putc(out, ' ');
		else if (vtt && *at == '&')
			buf_puts(out, "&amp;");
		else if (vtt && *at == '<')
			buf_puts(out, "&lt;");
		else if (vtt && *at == '>')
			buf_puts(out, "&gt;");
		else if (*at != '>' || at - text.ptr < 2 || at[-1] != '-' ||
			 at[-2] != '-')
			buf_putc(out, *at);
	}
}

static void
write_cues(const struct transcription *t, bool vtt, struct buf *out)
{
	const struct spoken *s;
	char mark = vtt ? '.' : ',';
	size_t i;

	if (vtt)
		buf_puts(out, "WEBVTT\n\n");
	for (i = 0; i < t->segments.count; i++) {
		s = &t->segments.items[i];
		if (!vtt)
			buf_printf(out, "%zu\n", i + 1);
		transcription_time_write(s->start_ms, mark, out);
		buf_puts(out, " --> ");
		transcription_time_write(s->end_ms, mark, out);
		buf_putc(out, '\n');
		write_cue_text(s->text, vtt, out);
		buf_puts(out, "\n\n");
	}
}

/* --- whole ---------------------------------------------------------------- */

void
transcription_write(const struct transcription *t,
		    const struct reply_usage *usage, struct buf *out)
{
	struct json_out jo;

	jout_init(&jo, out);
	switch (t->asked->format) {
	case FORMAT_JSON:
		jout_object(&jo);
		write_whole_text(&jo, t);
		write_tokens(&jo, usage);
		jout_object_end(&jo);
		break;
	case FORMAT_TEXT:
		buf_add(out, buf_str(&t->text), t->text.len);
		buf_putc(out, '\n');
		break;
	case FORMAT_VERBOSE:
		write_verbose(&jo, t);
		break;
	case FORMAT_SRT:
	case FORMAT_VTT:
		write_cues(t, t->asked->format == FORMAT_VTT, out);
		break;
	case FORMAT_DIARIZED:
		write_diarized(&jo, t, usage);
		break;
	}
}

const char *
transcription_content_type(enum transcription_format format)
{
	switch (format) {
	case FORMAT_TEXT:
	case FORMAT_SRT:
		return "text/plain; charset=utf-8";
	case FORMAT_VTT:
		return "text/vtt; charset=utf-8";
	case FORMAT_JSON:
	case FORMAT_VERBOSE:
	case FORMAT_DIARIZED:
		break;
	}
	return "application/json; charset=utf-8";
}

/* --- streamed ------------------------------------------------------------- */

void
transcription_write_delta(struct text text, struct buf *out)
{
	struct json_out jo;

	if (text.len == 0)
		return;
	buf_puts(out, "data: ");
	jout_init(&jo, out);
	jout_object(&jo);
	jout_key_string(&jo, "type", "transcript.text.delta");
	key_text(&jo, "delta", text);
	jout_object_end(&jo);
	buf_puts(out, "\n\n");
}

static void
write_turns(const struct transcription *t, struct buf *out)
{
	struct json_out jo;
	size_t i;

	for (i = 0; i < t->segments.count; i++) {
		buf_puts(out, "data: ");
		jout_init(&jo, out);
		write_turn(&jo, t, i);
		buf_puts(out, "\n\n");
	}
}

void
transcription_write_done(struct transcription *t,
			 const struct reply_usage *usage, struct buf *out)
{
	struct json_out jo;

	if (t->asked->format == FORMAT_DIARIZED)
		write_turns(t, out);
	else
		transcription_write_delta(transcription_rest(t), out);
	buf_puts(out, "data: ");
	jout_init(&jo, out);
	jout_object(&jo);
	jout_key_string(&jo, "type", "transcript.text.done");
	write_whole_text(&jo, t);
	write_tokens(&jo, usage);
	jout_object_end(&jo);
	buf_puts(out, "\n\n");
}

void
transcription_write_broken(const struct api_error *err, struct buf *out)
{
	buf_puts(out, "event: error\ndata: ");
	api_error_write_openai(err, out);
	buf_puts(out, "\n\n");
}
