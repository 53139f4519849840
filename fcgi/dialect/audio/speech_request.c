/* speech_request.c: OpenAI's requests for speech */
#include "dialect/audio/speech_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "dialect/chat_fields.h"
#include "dialect/json/json_tree.h"
#include "dialect/model_name.h"
#include "dialect/audio/voices.h"

#define STYLE_BETWEEN ". " /* of instructions and what is said of the speed */
#define STYLE_END     ": " /* of the style, before the text itself */

const char *const speech_form_names[SPEECH__MAX] = {
    [SPEECH_MP3] = "mp3",   [SPEECH_OPUS] = "opus", [SPEECH_AAC] = "aac",
    [SPEECH_FLAC] = "flac", [SPEECH_WAV] = "wav",   [SPEECH_PCM] = "pcm",
};

/* Gemini takes a speed in words only. */
static const struct {
	double up_to;
	const char *words; /* NULL: nothing needs to be said */
} paces[] = {
    {0.5, "Speak very slowly"},
    {0.9, "Speak slowly"},
    {1.1, NULL},
    {1.5, "Speak fast"},
    {SPEECH_SPEED_MAX, "Speak very fast"},
};

/* One request being read. */
struct reader {
	struct chat_reader chat; /* first: what the rows' readers are given */
	struct speech_request *to;
};

static chat_field_fn read_model, read_input, read_voice, read_instructions,
    read_form, read_speed, read_way;

static const struct chat_field rows[] = {
    {"model", 0, FIELD_READ, read_model},
    {"input", 0, FIELD_READ, read_input},
    {"voice", 0, FIELD_READ, read_voice},
    {"instructions", 0, FIELD_READ, read_instructions},
    {"response_format", 0, FIELD_READ, read_form},
    {"speed", 0, FIELD_READ, read_speed},
    {"stream_format", 0, FIELD_READ, read_way},
    {"user", FIELD_STRING, FIELD_IGNORE, NULL},
};

static struct speech_request *
request_of(struct chat_reader *r)
{
	return ((struct reader *)r)->to;
}

/* --- fields --------------------------------------------------------------- */

static enum gb_err
read_model(struct chat_reader *r, struct json_object *value,
	   const struct field *at)
{
	if (json_object_is_type(value, json_type_string) &&
	    json_object_get_string_len(value) == 0)
		return GB_OK; /* as if absent: a form that was not filled in */
	return chat_read_model(r, value, at);
}

static enum gb_err
read_input(struct chat_reader *r, struct json_object *value,
	   const struct field *at)
{
	return field_filled(value, at, &request_of(r)->input, r->err);
}

/* "alloy", or {"id":"alloy"} */
static enum gb_err
read_voice(struct chat_reader *r, struct json_object *value,
	   const struct field *at)
{
	const struct field *inside = FIELD_KEY(at, "id");

	if (json_object_is_type(value, json_type_object)) {
		value = tree_get(value, "id");
		at = inside;
	}
	return field_text(value, at, &request_of(r)->voice, r->err);
}

static enum gb_err
read_instructions(struct chat_reader *r, struct json_object *value,
		  const struct field *at)
{
	return field_text(value, at, &request_of(r)->instructions, r->err);
}

static enum gb_err
read_form(struct chat_reader *r, struct json_object *value,
	  const struct field *at)
{
	struct choice words[SPEECH__MAX + 1] = {{NULL, 0}};
	enum gb_err rc;
	int form;

	for (form = 0; form < SPEECH__MAX; form++)
		words[form] = (struct choice){speech_form_names[form], form};
	rc = field_choice(value, at, words, &form, r->err);
	if (rc != GB_OK)
		return rc;
	request_of(r)->form = (enum speech_form)form;
	request_of(r)->form_said = true;
	return GB_OK;
}

static enum gb_err
read_speed(struct chat_reader *r, struct json_object *value,
	   const struct field *at)
{
	struct chat_number *speed = &request_of(r)->speed;
	enum gb_err rc;

	rc = field_number(value, at, SPEECH_SPEED_MIN, SPEECH_SPEED_MAX,
			  &speed->value, r->err);
	speed->set = rc == GB_OK;
	return rc;
}

static enum gb_err
read_way(struct chat_reader *r, struct json_object *value,
	 const struct field *at)
{
	static const struct choice words[] = {
	    {"audio", SPEECH_AUDIO},
	    {"sse", SPEECH_SSE},
	    {NULL, 0},
	};
	enum gb_err rc;
	int way;

	rc = field_choice(value, at, words, &way, r->err);
	if (rc == GB_OK)
		request_of(r)->way = (enum speech_way)way;
	return rc;
}

enum gb_err
speech_read(struct json_object *root, bool strict, struct speech_request *out,
	    struct api_error *err)
{
	static const char *const required[] = {"input", NULL};
	struct chat_options opts = {.strict = strict};
	struct reader r;
	enum gb_err rc;

	memset(out, 0, sizeof(*out));
	r.chat.chat = &out->chat;
	r.chat.opts = &opts;
	r.chat.err = err;
	r.to = out;
	rc = chat_read_begin(&r.chat, root, required);
	if (rc == GB_OK)
		rc = chat_read_fields(&r.chat, root, rows, GB_COUNT(rows), 0);
	return rc;
}

void
speech_request_release(struct speech_request *rq)
{
	chat_release(&rq->chat);
}

/* --- what Gemini is to do ------------------------------------------------- */

/* "tts-1", "tts-1-hd", "gpt-4o-mini-tts" and those with a date. */
static bool
is_openais(const char *model)
{
	return *model == '\0' || strncmp(model, "tts-", 4) == 0 ||
	       strncmp(model, "gpt-", 4) == 0;
}

/* The operator's alias for a name of OpenAI's counts more than the usual
 * model. */
static enum gb_err
choose_model(struct speech_request *rq, const struct model_rules *rules,
	     const char *usual, struct model_facts *facts,
	     struct api_error *err)
{
	struct model_name name;

	model_name_resolve(rq->chat.model, rules, &name);
	if (is_openais(rq->chat.model) &&
	    strcmp(name.google, rq->chat.model) == 0)
		model_name_resolve(usual, rules, &name);
	(void)snprintf(rq->chat.model, sizeof(rq->chat.model), "%s",
		       name.google);
	model_facts_get(rq->chat.model, rules, facts);
	if (facts->family == MODEL_TTS)
		return GB_OK;
	api_error_set(err, FAULT_UNSUPPORTED, "model",
		      "model: %s does not speak; a TTS model of Gemini's does",
		      rq->chat.model);
	return GB_EINVAL;
}

static enum gb_err
choose_voice(struct speech_request *rq, const struct speech_options *opts,
	     struct api_error *err)
{
	const char *usual = voice_known(text_from(opts->voice)), *voice;

	voice = opts->mapped != NULL ? opts->mapped : voice_known(rq->voice);
	if (voice == NULL && rq->voice.len > 0) {
		if (rq->chat.strict)
			return field_refuse(FIELD_KEY(NULL, "voice"), err,
					    FAULT_UNSUPPORTED,
					    "is no voice of Gemini's or "
					    "OpenAI's, and no other name is "
					    "set for one");
		chat_drop(&rq->chat.dropped, "voice");
	}
	if (voice == NULL)
		voice = usual != NULL ? usual : opts->voice;
	rq->chat.gen.voice = voice;
	return GB_OK;
}

static const char *
pace_words(double speed)
{
	size_t i = 0;

	while (i < GB_COUNT(paces) - 1 && speed > paces[i].up_to)
		i++;
	return paces[i].words;
}

/* Without what would stand before STYLE_BETWEEN or STYLE_END. */
static struct text
without_end(struct text text)
{
	while (text.len > 0 && strchr(" \t\r\n.:", text.ptr[text.len - 1]))
		text.len--;
	return text;
}

static size_t
put(char *to, size_t at, const char *what, size_t len)
{
	if (len > 0)
		memcpy(to + at, what, len);
	return at + len;
}

/* Instructions and pace as one text, and, where the model has no other place
 * for it, what is to be said behind that. */
static enum gb_err
write_style(struct speech_request *rq, double speed, bool apart,
	    struct text *style)
{
	struct text told = without_end(rq->instructions);
	const char *pace = pace_words(speed);
	size_t len = 0, pace_len = pace == NULL ? 0 : strlen(pace);
	char *to;

	*style = (struct text){NULL, 0};
	if (told.len + pace_len == 0)
		return GB_OK;
	to = chat_alloc(&rq->chat, told.len + strlen(STYLE_BETWEEN) + pace_len +
				       strlen(STYLE_END) + rq->input.len);
	if (to == NULL)
		return GB_ENOMEM;
	len = put(to, len, told.ptr, told.len);
	if (told.len > 0 && pace_len > 0)
		len = put(to, len, STYLE_BETWEEN, strlen(STYLE_BETWEEN));
	len = put(to, len, pace, pace_len);
	if (!apart) {
		len = put(to, len, STYLE_END, strlen(STYLE_END));
		len = put(to, len, rq->input.ptr, rq->input.len);
	}
	*style = (struct text){to, len};
	return GB_OK;
}

static enum gb_err
put_input(struct speech_request *rq, double speed, bool apart,
	  struct api_error *err)
{
	struct chat_options opts = {.strict = rq->chat.strict};
	struct chat_reader reader = {&rq->chat, &opts, err};
	const struct field *at = FIELD_KEY(NULL, "input");
	struct text style, said = rq->input;

	if (write_style(rq, speed, apart, &style) != GB_OK)
		return chat_no_room(&reader, at, GB_ENOMEM);
	if (apart)
		rq->chat.gen.style = style;
	else if (style.len > 0)
		said = style;
	return chat_put_text(&reader, said, at, CHAT_PLACE_USER, 0);
}

enum gb_err
speech_choose(struct speech_request *rq, const struct model_rules *rules,
	      const struct speech_options *opts, struct model_facts *facts,
	      struct api_error *err)
{
	double speed = rq->speed.set ? rq->speed.value : opts->speed;
	enum gb_err rc;

	if ((rc = choose_model(rq, rules, opts->model, facts, err)) != GB_OK ||
	    (rc = choose_voice(rq, opts, err)) != GB_OK)
		return rc;
	rq->chat.gen.modalities = CHAT_MODALITY_AUDIO;
	return put_input(rq, speed, facts->verbatim, err);
}

bool
speech_speed_parse(const char *text, double *out)
{
	static const struct {
		const char *word;
		double speed;
	} words[] = {{"slow", 0.75}, {"normal", 1}, {"fast", 1.25}};
	double speed;
	char *end;
	size_t i;

	for (i = 0; i < GB_COUNT(words); i++)
		if (strcmp(text, words[i].word) == 0) {
			*out = words[i].speed;
			return true;
		}
	speed = strtod(text, &end);
	if (end == text || *end != '\0' ||
	    !(speed >= SPEECH_SPEED_MIN && speed <= SPEECH_SPEED_MAX))
		return false;
	*out = speed;
	return true;
}
