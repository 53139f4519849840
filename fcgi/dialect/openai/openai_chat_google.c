/* openai_chat_google.c: what OpenAI's fields have no word for: the "google"
 * object, and the kinds of output */
#include "dialect/openai/openai_chat_read.h"

#include <string.h>

#include <json-c/json.h>

#include "dialect/audio/voices.h"
#include "dialect/json/json_tree.h"

#define WORD_MAX	    40 /* bytes of a word of Gemini's that is passed on */
#define SAFETY_SETTINGS_MAX 16 /* there are five categories */

typedef enum gb_err member_fn(struct chat_reader *, struct json_object *,
			      const struct field *);

static member_fn read_response_modalities, read_cached, read_thinking,
    read_budget, read_level, read_thoughts, read_safety, read_image_config,
    read_ratio, read_size, read_resolution;

/* A member of an object, in Google's two spellings. */
struct member {
	const char *snake, *camel;
	member_fn *read;
};

static const struct member google_members[] = {
    {"cached_content", "cachedContent", read_cached},
    {"thinking_config", "thinkingConfig", read_thinking},
    {"safety_settings", "safetySettings", read_safety},
    {"image_config", "imageConfig", read_image_config},
    {"response_modalities", "responseModalities", read_response_modalities},
    {"media_resolution", "mediaResolution", read_resolution},
};

static const struct member thinking_members[] = {
    {"thinking_budget", "thinkingBudget", read_budget},
    {"thinking_level", "thinkingLevel", read_level},
    {"include_thoughts", "includeThoughts", read_thoughts},
};

static const struct member image_members[] = {
    {"aspect_ratio", "aspectRatio", read_ratio},
    {"image_size", "imageSize", read_size},
};

/* Read the members that the table knows; the others are dropped. */
static enum gb_err
read_members(struct chat_reader *r, struct json_object *object,
	     const struct field *at, const struct member *members, size_t count)
{
	enum gb_err rc;
	size_t i;

	if ((rc = field_object(object, at, r->err)) != GB_OK)
		return rc;
	json_object_object_foreach(object, key, value)
	{
		for (i = 0; i < count; i++)
			if (strcmp(key, members[i].snake) == 0 ||
			    strcmp(key, members[i].camel) == 0)
				break;
		if (value == NULL)
			continue;
		if (i == count) {
			chat_drop(&r->chat->dropped, key);
			continue;
		}
		rc = members[i].read(r, value, FIELD_KEY(at, key));
		if (rc != GB_OK)
			return rc;
	}
	return GB_OK;
}

static enum gb_err
read_cached(struct chat_reader *r, struct json_object *value,
	    const struct field *at)
{
	struct text name;
	enum gb_err rc;

	if ((rc = field_text(value, at, &name, r->err)) != GB_OK)
		return rc;
	if (!text_begins(name, "cachedContents/"))
		return field_refuse(at, r->err, FAULT_INVALID,
				    "must have the form cachedContents/ID");
	r->chat->cached_content = name;
	return GB_OK;
}

/* --- thinking ------------------------------------------------------------- */

/* One thing may say how much to think. */
static enum gb_err
claim_thinking(struct chat_reader *r, const struct field *at)
{
	struct chat_thinking *thinking = &r->chat->thinking;
	char name[FIELD_NAME_MAX];

	if (thinking->effort != CHAT_EFFORT_UNSET || thinking->budget.set)
		return field_refuse(at, r->err, FAULT_INVALID,
				    "cannot be combined with %s",
				    thinking->param);
	field_name(at, name);
	thinking->param = chat_copy(r->chat, text_from(name));
	return thinking->param == NULL ? chat_no_room(r, at, GB_ENOMEM) : GB_OK;
}

static enum gb_err
read_budget(struct chat_reader *r, struct json_object *value,
	    const struct field *at)
{
	struct chat_integer *to = &r->chat->thinking.budget;
	int64_t budget;
	enum gb_err rc;

	if ((rc = field_int(value, at, &budget, r->err)) != GB_OK)
		return rc;
	if (budget < -1 || budget > INT32_MAX)
		return field_refuse(at, r->err, FAULT_INVALID,
				    "must be -1, 0 or a number of tokens");
	if ((rc = claim_thinking(r, at)) != GB_OK)
		return rc;
	to->set = true;
	to->value = budget;
	return GB_OK;
}

static enum gb_err
read_level(struct chat_reader *r, struct json_object *value,
	   const struct field *at)
{
	static const struct choice levels[] = {
	    {"minimal", CHAT_EFFORT_MINIMAL},
	    {"low", CHAT_EFFORT_LOW},
	    {"medium", CHAT_EFFORT_MEDIUM},
	    {"high", CHAT_EFFORT_HIGH},
	    {"MINIMAL", CHAT_EFFORT_MINIMAL},
	    {"LOW", CHAT_EFFORT_LOW},
	    {"MEDIUM", CHAT_EFFORT_MEDIUM},
	    {"HIGH", CHAT_EFFORT_HIGH},
	    {NULL, 0},
	};
	enum gb_err rc;
	int level;

	rc = field_choice(value, at, levels, &level, r->err);
	if (rc != GB_OK || (rc = claim_thinking(r, at)) != GB_OK)
		return rc;
	r->chat->thinking.effort = (enum chat_effort)level;
	return GB_OK;
}

static enum gb_err
read_thoughts(struct chat_reader *r, struct json_object *value,
	      const struct field *at)
{
	enum gb_err rc;

	rc = field_bool(value, at, &r->chat->thinking.thoughts, r->err);
	r->chat->thinking.thoughts_set = rc == GB_OK;
	return rc;
}

static enum gb_err
read_thinking(struct chat_reader *r, struct json_object *value,
	      const struct field *at)
{
	return read_members(r, value, at, thinking_members,
			    GB_COUNT(thinking_members));
}

/* --- safety --------------------------------------------------------------- */

/* One {"category":…,"threshold":…}; Gemini refuses a category twice. */
static enum gb_err
check_setting(struct chat_reader *r, struct json_object *settings, size_t i,
	      const struct field *at)
{
	struct json_object *setting;
	struct text category, threshold, other;
	enum gb_err rc;
	size_t before;

	setting = json_object_array_get_idx(settings, i);
	if ((rc = field_object(setting, at, r->err)) != GB_OK)
		return rc;
	rc = field_text(tree_get(setting, "category"),
			FIELD_KEY(at, "category"), &category, r->err);
	if (rc != GB_OK)
		return rc;
	rc = field_text(tree_get(setting, "threshold"),
			FIELD_KEY(at, "threshold"), &threshold, r->err);
	if (rc != GB_OK)
		return rc;
	for (before = 0; before < i; before++) {
		other = text_of(
		    tree_get(json_object_array_get_idx(settings, before),
			     "category"));
		if (text_equal(category, other))
			return field_refuse(FIELD_KEY(at, "category"), r->err,
					    FAULT_INVALID, "is there twice");
	}
	return GB_OK;
}

static enum gb_err
read_safety(struct chat_reader *r, struct json_object *value,
	    const struct field *at)
{
	enum gb_err rc;
	size_t i, count;

	if ((rc = field_array(value, at, r->err)) != GB_OK)
		return rc;
	count = json_object_array_length(value);
	if (count > SAFETY_SETTINGS_MAX)
		return chat_no_room(r, at, GB_ETOOBIG);
	for (i = 0; i < count; i++) {
		rc = check_setting(r, value, i, FIELD_ITEM(at, i));
		if (rc != GB_OK)
			return rc;
	}
	r->chat->safety_settings = value;
	return GB_OK;
}

/* --- output --------------------------------------------------------------- */

static enum gb_err
read_word(struct chat_reader *r, struct json_object *value,
	  const struct field *at, struct text *to)
{
	struct text word;
	enum gb_err rc;

	if ((rc = field_text(value, at, &word, r->err)) != GB_OK)
		return rc;
	if (word.len == 0 || word.len > WORD_MAX)
		return field_refuse(at, r->err, FAULT_INVALID,
				    "must have 1 to %d bytes", WORD_MAX);
	*to = word;
	return GB_OK;
}

static enum gb_err
read_ratio(struct chat_reader *r, struct json_object *value,
	   const struct field *at)
{
	return read_word(r, value, at, &r->chat->gen.aspect_ratio);
}

static enum gb_err
read_size(struct chat_reader *r, struct json_object *value,
	  const struct field *at)
{
	return read_word(r, value, at, &r->chat->gen.image_size);
}

static enum gb_err
read_image_config(struct chat_reader *r, struct json_object *value,
		  const struct field *at)
{
	return read_members(r, value, at, image_members,
			    GB_COUNT(image_members));
}

static enum gb_err
read_resolution(struct chat_reader *r, struct json_object *value,
		const struct field *at)
{
	static const char *const ours[] = {
	    "MEDIA_RESOLUTION_LOW",
	    "MEDIA_RESOLUTION_MEDIUM",
	    "MEDIA_RESOLUTION_HIGH",
	};
	static const struct choice words[] = {
	    {"MEDIA_RESOLUTION_LOW", 0},
	    {"low", 0},
	    {"MEDIA_RESOLUTION_MEDIUM", 1},
	    {"medium", 1},
	    {"MEDIA_RESOLUTION_HIGH", 2},
	    {"high", 2},
	    {NULL, 0},
	};
	enum gb_err rc;
	int word;

	rc = field_choice(value, at, words, &word, r->err);
	if (rc == GB_OK)
		r->chat->gen.media_resolution = text_from(ours[word]);
	return rc;
}

/* ["text"] is what comes anyway. */
static enum gb_err
read_response_modalities(struct chat_reader *r, struct json_object *value,
			 const struct field *at)
{
	static const struct choice words[] = {
	    {"text", CHAT_MODALITY_TEXT},
	    {"TEXT", CHAT_MODALITY_TEXT},
	    {"image", CHAT_MODALITY_IMAGE},
	    {"IMAGE", CHAT_MODALITY_IMAGE},
	    {"audio", CHAT_MODALITY_AUDIO},
	    {"AUDIO", CHAT_MODALITY_AUDIO},
	    {NULL, 0},
	};
	unsigned modalities = 0;
	enum gb_err rc;
	size_t i;
	int word;

	if ((rc = field_array(value, at, r->err)) != GB_OK)
		return rc;
	for (i = 0; i < json_object_array_length(value); i++) {
		rc = field_choice(json_object_array_get_idx(value, i),
				  FIELD_ITEM(at, i), words, &word, r->err);
		if (rc != GB_OK)
			return rc;
		modalities |= (unsigned)word;
	}
	if (modalities == CHAT_MODALITY_TEXT)
		modalities = 0;
	r->chat->gen.modalities = modalities;
	return GB_OK;
}

/* In OpenAI's field a picture never comes without text; what is spoken comes
 * alone. */
enum gb_err
openai_read_modalities(struct chat_reader *r, struct json_object *value,
		       const struct field *at)
{
	enum gb_err rc;

	rc = read_response_modalities(r, value, at);
	if (rc != GB_OK)
		return rc;
	if ((r->chat->gen.modalities & CHAT_MODALITY_AUDIO) != 0)
		r->chat->gen.modalities = CHAT_MODALITY_AUDIO;
	else if (r->chat->gen.modalities != 0)
		r->chat->gen.modalities |= CHAT_MODALITY_TEXT;
	return GB_OK;
}

/* "alloy", or {"id":"alloy"} */
static enum gb_err
read_voice(struct chat_reader *r, struct json_object *value,
	   const struct field *at)
{
	const struct field *inside = FIELD_KEY(at, "id");
	struct text name;
	enum gb_err rc;

	if (json_object_is_type(value, json_type_object)) {
		value = tree_get(value, "id");
		at = inside;
	}
	if ((rc = field_text(value, at, &name, r->err)) != GB_OK)
		return rc;
	r->chat->gen.voice = voice_find(name);
	return GB_OK;
}

/* Nothing encodes mp3 and its like here; a stream has no place for a header
 * that tells its length. */
enum gb_err
openai_read_audio(struct chat_reader *r, struct json_object *value,
		  const struct field *at)
{
	static const struct choice forms[] = {{"pcm16", SOUND_PCM},
					      {"wav", SOUND_WAV},
					      {NULL, 0}};
	struct json_object *member;
	enum gb_err rc;
	int form = r->chat->stream ? SOUND_PCM : SOUND_WAV;

	if ((rc = field_object(value, at, r->err)) != GB_OK)
		return rc;
	member = tree_get(value, "voice");
	if (member != NULL &&
	    (rc = read_voice(r, member, FIELD_KEY(at, "voice"))) != GB_OK)
		return rc;
	at = FIELD_KEY(at, "format");
	member = tree_get(value, "format");
	if (member != NULL &&
	    (rc = field_choice(member, at, forms, &form, r->err)) != GB_OK)
		return rc;
	if (form == SOUND_WAV && r->chat->stream)
		return field_refuse(at, r->err, FAULT_UNSUPPORTED,
				    "must be pcm16 in a stream");
	r->chat->gen.sound = (enum sound_form)form;
	return GB_OK;
}

enum gb_err
openai_read_google(struct chat_reader *r, struct json_object *value,
		   const struct field *at)
{
	return read_members(r, value, at, google_members,
			    GB_COUNT(google_members));
}
