/* gemini_config.c: how a chat wants its answer, as Gemini's generationConfig */
#include "dialect/gemini/gemini_thinking.h"
#include "dialect/gemini/gemini_write.h"

/* The object is there only when something is in it. */
struct config {
	struct gemini_writer *w;
	bool open;
};

static struct json_out *
config_key(struct config *c, const char *key)
{
	struct json_out *out = &c->w->out;

	if (!c->open) {
		jout_key(out, "generationConfig");
		jout_object(out);
		c->open = true;
	}
	jout_key(out, key);
	return out;
}

/* --- thinking ------------------------------------------------------------- */

static enum gb_err
refuse_thinking(struct gemini_writer *w, const char *text)
{
	const char *param = w->chat->thinking.param;

	api_error_set(w->err, FAULT_UNSUPPORTED, param, "%s: %s %s", param,
		      w->chat->model, text);
	return GB_EINVAL;
}

/* What no field of the client's asked for is never refused. */
static enum gb_err
plan_thinking(struct gemini_writer *w, struct thinking_plan *plan)
{
	const char *param = w->chat->thinking.param;
	enum thinking_fit fit;

	fit = thinking_plan(w->facts, &w->chat->thinking, plan);
	if (param == NULL || fit == THINKING_FITS)
		return GB_OK;
	if (fit == THINKING_NEVER)
		return gemini_cannot(w, param);
	if (!w->chat->strict)
		return GB_OK;
	return refuse_thinking(w, fit == THINKING_ALWAYS
				      ? "cannot stop thinking"
				      : "does not take this budget");
}

static enum gb_err
write_thinking(struct config *c)
{
	struct thinking_plan plan;
	enum gb_err rc;

	rc = plan_thinking(c->w, &plan);
	if (rc == GB_OK && !thinking_plan_is_empty(&plan))
		thinking_plan_write(&plan, config_key(c, "thinkingConfig"));
	return rc;
}

/* --- the rest ------------------------------------------------------------- */

static enum gb_err
write_sampling(struct config *c)
{
	const struct chat_generation *gen = &c->w->chat->gen;
	enum gb_err rc = GB_OK;

	if (!c->w->facts->sampling) {
		if (gen->temperature.set)
			rc = gemini_cannot(c->w, "temperature");
		if (rc == GB_OK && gen->top_p.set)
			rc = gemini_cannot(c->w, "top_p");
		if (rc == GB_OK && gen->top_k.set)
			rc = gemini_cannot(c->w, "top_k");
		return rc;
	}
	if (gen->temperature.set)
		jout_double(config_key(c, "temperature"),
			    gen->temperature.value);
	if (gen->top_p.set)
		jout_double(config_key(c, "topP"), gen->top_p.value);
	if (gen->top_k.set)
		jout_int(config_key(c, "topK"), gen->top_k.value);
	return GB_OK;
}

static enum gb_err
write_penalties(struct config *c)
{
	const struct chat_generation *gen = &c->w->chat->gen;
	const struct {
		const struct chat_number *number;
		const char *param, *key;
	} penalties[] = {
	    {&gen->presence_penalty, "presence_penalty", "presencePenalty"},
	    {&gen->frequency_penalty, "frequency_penalty", "frequencyPenalty"},
	};
	enum gb_err rc = GB_OK;
	size_t i;

	for (i = 0; rc == GB_OK && i < GB_COUNT(penalties); i++) {
		if (!penalties[i].number->set)
			continue;
		if (c->w->facts->penalties)
			jout_double(config_key(c, penalties[i].key),
				    penalties[i].number->value);
		else
			rc = gemini_cannot(c->w, penalties[i].param);
	}
	return rc;
}

static enum gb_err
write_logprobs(struct config *c)
{
	const struct chat_generation *gen = &c->w->chat->gen;
	enum gb_err rc;

	if (!gen->logprobs)
		return GB_OK;
	if (!c->w->facts->logprobs) {
		rc = gemini_cannot(c->w, "logprobs");
		/* a completion says both in one field */
		if (rc == GB_OK && gen->top_logprobs > 0 &&
		    c->w->chat->prompt_count == 0)
			rc = gemini_cannot(c->w, "top_logprobs");
		return rc;
	}
	jout_bool(config_key(c, "responseLogprobs"), true);
	if (gen->top_logprobs > 0)
		jout_int(config_key(c, "logprobs"), gen->top_logprobs);
	return GB_OK;
}

static void
write_limits(struct config *c)
{
	const struct chat_generation *gen = &c->w->chat->gen;
	struct json_out *out;
	size_t i;

	if (gen->max_tokens.set)
		jout_int(config_key(c, "maxOutputTokens"),
			 gen->max_tokens.value);
	if (gen->seed.set)
		jout_int(config_key(c, "seed"),
			 (gen->seed.value + c->w->opts->choice) & INT32_MAX);
	if (gen->stop_count > 0) {
		out = config_key(c, "stopSequences");
		jout_array(out);
		for (i = 0; i < gen->stop_count; i++)
			jout_string_len(out, gen->stops[i].ptr,
					gen->stops[i].len);
		jout_array_end(out);
	}
}

static enum gb_err
write_format(struct config *c)
{
	static const struct gemini_place place = {"responseJsonSchema",
						  "responseSchema", "schema"};

	if (!c->w->json)
		return GB_OK;
	jout_string(config_key(c, "responseMimeType"), "application/json");
	if (!c->w->schema)
		return GB_OK;
	return gemini_write_schema(c->w, &place, c->w->chat->output_schema,
				   c->w->chat->output_param);
}

static void
write_voice(struct config *c)
{
	const char *voice = c->w->chat->gen.voice;
	struct json_out *out;

	if (voice == NULL)
		return;
	out = config_key(c, "speechConfig");
	jout_object(out);
	jout_key(out, "voiceConfig");
	jout_object(out);
	jout_key(out, "prebuiltVoiceConfig");
	jout_object(out);
	jout_key_string(out, "voiceName", voice);
	jout_object_end(out);
	jout_object_end(out);
	jout_object_end(out);
}

/* A model that speaks does nothing else, and no other one does. */
static enum gb_err
write_modalities(struct config *c)
{
	static const struct {
		unsigned bit;
		const char *word;
	} words[] = {{CHAT_MODALITY_TEXT, "TEXT"},
		     {CHAT_MODALITY_IMAGE, "IMAGE"},
		     {CHAT_MODALITY_AUDIO, "AUDIO"}};
	bool speaks = c->w->facts->family == MODEL_TTS;
	unsigned modalities = c->w->chat->gen.modalities;
	struct json_out *out;
	size_t i;

	if (speaks) {
		modalities = CHAT_MODALITY_AUDIO;
		write_voice(c);
	} else if ((modalities & CHAT_MODALITY_AUDIO) != 0) {
		return gemini_cannot(c->w, "modalities");
	}
	if (modalities == 0)
		return GB_OK;
	out = config_key(c, "responseModalities");
	jout_array(out);
	for (i = 0; i < GB_COUNT(words); i++)
		if ((modalities & words[i].bit) != 0)
			jout_string(out, words[i].word);
	jout_array_end(out);
	return GB_OK;
}

static enum gb_err
write_pictures(struct config *c)
{
	const struct chat_generation *gen = &c->w->chat->gen;
	struct json_out *out;

	if (gen->aspect_ratio.ptr != NULL || gen->image_size.ptr != NULL) {
		out = config_key(c, "imageConfig");
		jout_object(out);
		if (gen->aspect_ratio.ptr != NULL)
			gemini_key_text(out, "aspectRatio", gen->aspect_ratio);
		if (gen->image_size.ptr != NULL)
			gemini_key_text(out, "imageSize", gen->image_size);
		jout_object_end(out);
	}
	if (gen->media_resolution.ptr == NULL)
		return GB_OK;
	if (!c->w->facts->media_resolution)
		return gemini_cannot(c->w, "media_resolution");
	out = config_key(c, "mediaResolution");
	jout_string_len(out, gen->media_resolution.ptr,
			gen->media_resolution.len);
	return GB_OK;
}

enum gb_err
gemini_write_config(struct gemini_writer *w)
{
	struct config c = {w, false};
	enum gb_err rc;

	if ((rc = write_sampling(&c)) != GB_OK ||
	    (rc = write_penalties(&c)) != GB_OK ||
	    (rc = write_logprobs(&c)) != GB_OK)
		return rc;
	write_limits(&c);
	if ((rc = write_format(&c)) != GB_OK ||
	    (rc = write_modalities(&c)) != GB_OK ||
	    (rc = write_pictures(&c)) != GB_OK ||
	    (rc = write_thinking(&c)) != GB_OK)
		return rc;
	if (c.open)
		jout_object_end(&w->out);
	return GB_OK;
}
