/* speech.c: OpenAI's speech endpoint: text that is spoken */
#include "api/endpoints.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/answer.h"
#include "api/dropped.h"
#include "api/wording.h"
#include "dialect/audio/sound.h"
#include "dialect/audio/speech_reply.h"
#include "dialect/audio/speech_request.h"
#include "media/encode.h"

#define URL_MAX	 512		     /* a model's name and a verb */
#define BODY_MAX (512 * 1024 * 1024) /* bytes of what Gemini is sent */

/* Who writes a form; those behind them are written as they come. */
static const enum encode_form encoders[] = {
    [SPEECH_MP3] = ENCODE_MP3,
    [SPEECH_OPUS] = ENCODE_OPUS,
    [SPEECH_AAC] = ENCODE_AAC,
    [SPEECH_FLAC] = ENCODE_FLAC,
};

struct speech {
	struct speech_request asked;
	struct wording wording;
	struct buf path, body;
	bool sse;   /* the file goes out in events */
	bool whole; /* Gemini is asked for all of it at once */
	struct call call;
	struct answer_reader reader;

	/* of the attempt that runs */
	struct sound sound;
	struct encoder *encoder;
	bool begun;	 /* there was sound */
	enum gb_err rc;	 /* what became of it */
	struct buf file; /* what is ready of it, before it is an event */
};

/* --- the request ---------------------------------------------------------- */

/* The operator's own name for a voice; NULL: it is none. */
static const char *
mapped_voice(const struct settings *cfg, struct text name)
{
	const struct string_pair *pair;
	size_t i;

	for (i = 0; i < cfg->voices.count; i++) {
		pair = &cfg->voices.items[i];
		if (strlen(pair->name) == name.len &&
		    strncasecmp(pair->name, name.ptr, name.len) == 0)
			return pair->value;
	}
	return NULL;
}

/* What cannot be encoded here is refused, or, of who did not choose it, a WAV
 * file. */
static bool
choose_form(struct speech *s, struct api_request *rq)
{
	enum speech_form form = s->asked.form;

	if (form >= GB_COUNT(encoders) || encode_can(encoders[form]))
		return true;
	if (s->asked.form_said) {
		api_error_set(&rq->error, FAULT_UNSUPPORTED, "response_format",
			      "response_format: there is no encoder for %s "
			      "here (libavcodec is not installed); wav and pcm "
			      "need none",
			      speech_form_names[form]);
		return false;
	}
	s->asked.form = SPEECH_WAV;
	return true;
}

static bool
choose(struct speech *s, struct api_request *rq)
{
	const struct settings *cfg = rq->cfg;
	struct speech_options opts;

	memset(&opts, 0, sizeof(opts));
	opts.model = cfg->tts_model;
	opts.voice = cfg->tts_voice_name;
	opts.mapped = mapped_voice(cfg, s->asked.voice);
	if (!speech_speed_parse(cfg->tts_speed, &opts.speed))
		opts.speed = 1; /* never: the settings were checked */
	return speech_choose(&s->asked, rq->snap->models, &opts,
			     &s->wording.facts, &rq->error) == GB_OK &&
	       choose_form(s, rq);
}

static bool
read_request(struct speech *s, struct api_request *rq)
{
	struct json_object *root;
	bool good;

	if (!api_read_json(rq, &root))
		return false;
	good =
	    speech_read(root, rq->cfg->strict, &s->asked, &rq->error) == GB_OK;
	api_note_model(rq, s->asked.chat.model);
	if (!good || !choose(s, rq))
		return false;
	api_note_model(rq, s->asked.chat.model);
	return true;
}

/* Who did not ask for a stream gets one only if it is as good as a whole file:
 * a WAV file's header could not say how long it is, and some web servers could
 * not say that it broke off. */
static bool
is_unwanted(const struct speech *s, const struct api_request *rq)
{
	return s->asked.way == SPEECH_UNSAID &&
	       (s->asked.form == SPEECH_WAV || !web_can_break(rq->web));
}

static void
choose_way(struct speech *s, struct api_request *rq)
{
	s->sse = s->asked.way == SPEECH_SSE;
	s->whole = !s->wording.facts.verbatim ||
		   answer_is_faked(rq->cfg, s->asked.chat.model) ||
		   is_unwanted(s, rq);
	rq->entry.stream = s->sse || !s->whole;
	buf_printf(&s->path, "/v1beta/models/%s:%s", s->asked.chat.model,
		   s->whole ? "generateContent"
			    : "streamGenerateContent?alt=sse");
}

/* --- the sound ------------------------------------------------------------ */

/* Where the file goes. */
static struct buf *
file_of(struct speech *s)
{
	return s->sse ? &s->file : &s->call.rq->out;
}

/* Whether all of the file is there when it ends, and none of it is sent. */
static bool
is_kept(const struct speech *s)
{
	return s->whole && !s->sse;
}

static void
fail(struct speech *s, enum gb_err rc)
{
	if (s->rc == GB_OK)
		s->rc = rc;
}

static void
begin_file(struct speech *s)
{
	enum speech_form form = s->asked.form;

	if (s->begun)
		return;
	s->begun = true;
	if (s->sound.foreign)
		return;
	if (form < GB_COUNT(encoders))
		fail(s, encoder_new(&s->encoder, encoders[form], s->sound.rate,
				    s->sound.channels));
	else if (form == SPEECH_WAV)
		sound_write_header(&s->sound, SOUND_WAV_UNKNOWN, file_of(s));
}

/* Sound of a kind that Gemini never sent so far can only be passed on. */
static void
check_kind(struct speech *s, const char *mime)
{
	struct api_request *rq = s->call.rq;
	const char *type = speech_type(s->asked.form);
	size_t len = strlen(type);

	if (s->sound.foreign && (strncasecmp(mime, type, len) != 0 ||
				 (mime[len] != '\0' && mime[len] != ';')))
		api_error_set(
		    &rq->error, FAULT_UPSTREAM, NULL,
		    "Gemini answered with sound of a kind that cannot "
		    "be made %s here.",
		    speech_form_names[s->asked.form]);
}

static void
take_sound(struct speech *s, const struct piece *p)
{
	struct buf *samples = &s->sound.bytes;

	sound_add(&s->sound, p->mime, p->text, p->text_len);
	fail(s, buf_error(samples));
	check_kind(s, p->mime);
	if (s->rc != GB_OK || samples->len == 0 ||
	    s->call.rq->error.fault != FAULT_NONE)
		return;
	begin_file(s);
	if (s->rc == GB_OK && s->encoder != NULL)
		fail(s, encoder_add(s->encoder, samples->data, samples->len,
				    file_of(s)));
	else if (s->rc == GB_OK)
		buf_add(file_of(s), samples->data, samples->len);
	buf_reset(samples);
}

/* What is ready of the file, as events. */
static void
write_events(struct speech *s)
{
	if (!s->sse)
		return;
	fail(s, buf_error(&s->file));
	speech_write_delta(s->file.data, s->file.len, &s->call.rq->out);
	buf_reset(&s->file);
}

/* The length of a WAV file that is all there. */
static void
mend_header(struct speech *s)
{
	struct buf *out = file_of(s), header;

	buf_init(&header, SOUND_WAV_HEADER);
	sound_write_header(&s->sound, (uint32_t)(out->len - SOUND_WAV_HEADER),
			   &header);
	if (buf_error(out) == GB_OK && buf_error(&header) == GB_OK)
		memcpy(out->data, header.data, header.len);
	fail(s, buf_error(&header));
	buf_release(&header);
}

/* --- the answer ----------------------------------------------------------- */

static void
speech_reset(struct answer_reader *ar)
{
	struct speech *s = ar->context;

	sound_release(&s->sound);
	sound_init(&s->sound, REPLY_BYTES_MAX);
	encoder_free(s->encoder);
	s->encoder = NULL;
	s->begun = false;
	s->rc = GB_OK;
	buf_reset(&s->file);
	api_error_clear(&ar->rq->error);
}

static void
speech_piece(void *context, const struct reply *reply, const struct piece *p)
{
	struct speech *s = context;

	(void)reply;
	if (p->kind != PIECE_BLOB || strncasecmp(p->mime, "audio/", 6) != 0)
		return;
	take_sound(s, p);
	write_events(s);
}

static struct piece_sink
speech_sink(struct answer_reader *ar)
{
	struct piece_sink sink = {speech_piece, ar->context};

	return sink;
}

/* Whether it is sound, and could be written so far. */
static bool
speech_check(struct answer_reader *ar)
{
	struct speech *s = ar->context;
	struct api_request *rq = ar->rq;

	if (rq->error.fault == FAULT_NONE && s->rc != GB_OK)
		api_fail(rq, s->rc);
	else if (rq->error.fault == FAULT_NONE && !s->begun)
		speech_refuse(&ar->reply, &rq->error);
	return rq->error.fault == FAULT_NONE;
}

static enum gb_err
speech_finish(struct answer_reader *ar)
{
	struct speech *s = ar->context;

	if (s->encoder != NULL)
		fail(s, encoder_finish(s->encoder, is_kept(s), file_of(s)));
	else if (s->asked.form == SPEECH_WAV && is_kept(s) && !s->sound.foreign)
		mend_header(s);
	write_events(s);
	if (s->sse && s->rc == GB_OK)
		speech_write_done(&ar->reply.usage, &ar->rq->out);
	fail(s, buf_error(&ar->rq->out));
	return s->rc;
}

static const struct answer_writer speech_writer = {
    .reset = speech_reset,
    .sink = speech_sink,
    .check = speech_check,
    .finish = speech_finish,
};

static void
init_call(struct speech *s, struct api_request *rq)
{
	struct call *call = &s->call;

	answer_reader_init(&s->reader, rq, &speech_writer, s);
	s->reader.framing = FRAMING_SSE;
	call_init(call, rq, s->asked.chat.model, &s->path);
	call->body = buf_str(&s->body);
	call->body_len = s->body.len;
	call->context = &s->reader;
	call->whole = s->whole;
	call->reader = s->whole ? answer_read_whole : answer_read_stream;
	if (s->sse) {
		call->stream_type = WEB_SSE_TYPE;
		call->keepalive = API_KEEPALIVE;
		if (s->whole)
			answer_fake(&s->reader, call);
	} else if (!s->whole) {
		call->stream_type = speech_type(s->asked.form);
	}
	rq->content_type = speech_type(s->asked.form);
}

/* What went wrong after the head: an event says so, or a file that ends before
 * its end. */
static void
end_broken(struct speech *s, struct api_request *rq)
{
	if (rq->error.fault == FAULT_NONE || rq->entry.hung_up ||
	    !web_replied(rq->web))
		return;
	if (!s->sse) {
		web_break(rq->web);
		return;
	}
	if (buf_error(&rq->out) != GB_OK)
		buf_release(&rq->out);
	speech_write_broken(&rq->error, &rq->out);
}

static void
speak(struct speech *s, struct api_request *rq)
{
	choose_way(s, rq);
	if (wording_write(&s->wording, &rq->error) != GB_OK)
		return;
	dropped_name(&s->asked.chat.dropped, rq->web);
	init_call(s, rq);
	call_run(&s->call);
	end_broken(s, rq);
}

void
speech_create(struct api_request *rq)
{
	struct speech *s;

	if ((s = calloc(1, sizeof(*s))) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return;
	}
	chat_init(&s->asked.chat);
	buf_init(&s->path, URL_MAX);
	buf_init(&s->body, BODY_MAX);
	buf_init(&s->file, REPLY_BYTES_MAX);
	wording_init(&s->wording, rq->snap->models, &s->asked.chat, &s->body);
	sound_init(&s->sound, REPLY_BYTES_MAX);
	if (read_request(s, rq))
		speak(s, rq);
	if (s->call.rq != NULL)
		answer_reader_release(&s->reader);
	encoder_free(s->encoder);
	sound_release(&s->sound);
	speech_request_release(&s->asked);
	buf_release(&s->file);
	buf_release(&s->body);
	buf_release(&s->path);
	free(s);
}
