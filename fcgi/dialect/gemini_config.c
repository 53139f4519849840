/* gemini_config.c: how a chat wants its answer, as Gemini's generationConfig */
#include "dialect/gemini_write.h"

/* What an effort is in tokens, for models that count them; Google's table. */
#define BUDGET_LOW    1024
#define BUDGET_MEDIUM 8192
#define BUDGET_HIGH   24576

/* The other way round: budgets up to these are "low" and "medium". */
#define LOW_BELOW    4096
#define MEDIUM_BELOW 16384

/* thinkingConfig, decided. */
struct thinking_plan {
	const char *level; /* or NULL */
	bool has_budget;
	int64_t budget;
	bool thoughts_set, thoughts;
};

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

/* The words of the levels, and the nearest one that the model has: minimal
 * goes up, the others are on every model. */
static const char *
level_word(const struct model_facts *facts, enum model_level level)
{
	static const char *const words[LEVEL__MAX] = {
	    [LEVEL_MINIMAL] = "minimal",
	    [LEVEL_LOW] = "low",
	    [LEVEL_MEDIUM] = "medium",
	    [LEVEL_HIGH] = "high",
	};

	while (level < LEVEL_HIGH && (facts->levels & 1u << level) == 0)
		level++;
	return words[level];
}

/* A budget as the effort that is nearest to it. */
static enum chat_effort
effort_of_budget(int64_t budget)
{
	if (budget < 0)
		return CHAT_EFFORT_UNSET;
	if (budget == 0)
		return CHAT_EFFORT_NONE;
	if (budget < LOW_BELOW)
		return CHAT_EFFORT_LOW;
	return budget < MEDIUM_BELOW ? CHAT_EFFORT_MEDIUM : CHAT_EFFORT_HIGH;
}

static enum gb_err
plan_level(struct gemini_writer *w, struct thinking_plan *plan)
{
	static const enum model_level levels[] = {
	    [CHAT_EFFORT_NONE] = LEVEL_MINIMAL,
	    [CHAT_EFFORT_MINIMAL] = LEVEL_MINIMAL,
	    [CHAT_EFFORT_LOW] = LEVEL_LOW,
	    [CHAT_EFFORT_MEDIUM] = LEVEL_MEDIUM,
	    [CHAT_EFFORT_HIGH] = LEVEL_HIGH,
	    [CHAT_EFFORT_XHIGH] = LEVEL_HIGH,
	    [CHAT_EFFORT_MAX] = LEVEL_HIGH,
	};
	const struct chat_thinking *asked = &w->chat->thinking;
	enum chat_effort effort;

	effort = asked->budget.set ? effort_of_budget(asked->budget.value)
				   : asked->effort;
	if (effort == CHAT_EFFORT_UNSET)
		return GB_OK;
	if (effort == CHAT_EFFORT_NONE) {
		if (w->chat->strict)
			return refuse_thinking(w, "cannot stop thinking");
		plan->thoughts_set = true;
		plan->thoughts = false;
	}
	plan->level = level_word(w->facts, levels[effort]);
	return GB_OK;
}

static int64_t
budget_of_effort(const struct model_facts *facts, enum chat_effort effort)
{
	switch (effort) {
	case CHAT_EFFORT_UNSET:
		return -1;
	case CHAT_EFFORT_NONE:
		return 0;
	case CHAT_EFFORT_MINIMAL:
		return facts->budget_minimal;
	case CHAT_EFFORT_LOW:
		return BUDGET_LOW;
	case CHAT_EFFORT_MEDIUM:
		return BUDGET_MEDIUM;
	case CHAT_EFFORT_HIGH:
	case CHAT_EFFORT_XHIGH:
		return BUDGET_HIGH;
	case CHAT_EFFORT_MAX:
		break;
	}
	return facts->budget_max;
}

static enum gb_err
plan_budget(struct gemini_writer *w, struct thinking_plan *plan)
{
	const struct chat_thinking *asked = &w->chat->thinking;
	const struct model_facts *facts = w->facts;
	int64_t budget;

	if (!asked->budget.set && asked->effort == CHAT_EFFORT_UNSET)
		return GB_OK;
	budget = asked->budget.set ? asked->budget.value
				   : budget_of_effort(facts, asked->effort);
	plan->has_budget = true;
	plan->budget = budget;
	if (budget == -1)
		return GB_OK;
	if (budget == 0 && facts->budget_zero) {
		plan->thoughts_set = false; /* refused beside a budget of 0 */
		return GB_OK;
	}
	if (budget >= facts->budget_min && budget <= facts->budget_max)
		return GB_OK;
	if (w->chat->strict)
		return refuse_thinking(w, budget == 0
					      ? "cannot stop thinking"
					      : "does not take this budget");
	if (budget == 0) {
		plan->thoughts_set = true;
		plan->thoughts = false;
	}
	plan->budget =
	    budget < facts->budget_min ? facts->budget_min : facts->budget_max;
	return GB_OK;
}

static enum gb_err
plan_thinking(struct gemini_writer *w, struct thinking_plan *plan)
{
	const struct chat_thinking *asked = &w->chat->thinking;
	bool nothing;

	*plan = (struct thinking_plan){NULL, false, 0, false, false};
	plan->thoughts_set = asked->thoughts_set;
	plan->thoughts = asked->thoughts;
	if (w->facts->thinking == THINKING_LEVELS)
		return plan_level(w, plan);
	if (w->facts->thinking == THINKING_BUDGET)
		return plan_budget(w, plan);
	plan->thoughts_set = false;
	nothing = asked->budget.set ? asked->budget.value <= 0
				    : asked->effort <= CHAT_EFFORT_NONE;
	return nothing ? GB_OK : gemini_cannot(w, asked->param);
}

static enum gb_err
write_thinking(struct config *c)
{
	struct thinking_plan plan;
	struct json_out *out;
	enum gb_err rc;

	if ((rc = plan_thinking(c->w, &plan)) != GB_OK)
		return rc;
	if (plan.level == NULL && !plan.has_budget && !plan.thoughts_set)
		return GB_OK;
	out = config_key(c, "thinkingConfig");
	jout_object(out);
	if (plan.level != NULL)
		jout_key_string(out, "thinkingLevel", plan.level);
	else if (plan.has_budget)
		jout_key_int(out, "thinkingBudget", plan.budget);
	if (plan.thoughts_set)
		jout_key_bool(out, "includeThoughts", plan.thoughts);
	jout_object_end(out);
	return GB_OK;
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
		jout_int(config_key(c, "seed"), gen->seed.value);
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
	const struct chat *chat = c->w->chat;

	if (!c->w->json)
		return GB_OK;
	jout_string(config_key(c, "responseMimeType"), "application/json");
	if (chat->output != CHAT_OUTPUT_SCHEMA)
		return GB_OK;
	return gemini_write_schema(c->w, "responseJsonSchema", "responseSchema",
				   chat->output_schema, "response_format");
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
	if (c->w->facts->family == MODEL_IMAGE)
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

	if ((rc = write_sampling(&c)) != GB_OK)
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
