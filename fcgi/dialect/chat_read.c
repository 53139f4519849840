/* chat_read.c: what the readers of every client's dialect share */
#include "dialect/chat_read.h"

#include <string.h>

#include <json-c/json.h>

#include "dialect/json/json_tree.h"
#include "dialect/media.h"

#define SEED_BITS  31 /* Gemini's seed is an int32; ours stays positive */
#define TOKENS_MAX INT32_MAX

enum gb_err
chat_read_begin(struct chat_reader *r, struct json_object *root,
		const char *const *required)
{
	chat_init(r->chat);
	api_error_clear(r->err);
	r->chat->root = root;
	r->chat->strict = r->opts->strict;
	if (!json_object_is_type(root, json_type_object)) {
		api_error_set(r->err, FAULT_INVALID, NULL,
			      "The body must be a JSON object.");
		return GB_EINVAL;
	}
	for (; *required != NULL; required++)
		if (tree_get(root, *required) == NULL)
			return field_refuse(FIELD_KEY(NULL, *required), r->err,
					    FAULT_INVALID, "is required");
	return GB_OK;
}

enum gb_err
chat_read_each(struct chat_reader *r, struct json_object *array,
	       const struct field *at, chat_field_fn *read)
{
	enum gb_err rc;
	size_t i;

	if ((rc = field_array(array, at, r->err)) != GB_OK)
		return rc;
	for (i = 0; i < json_object_array_length(array); i++) {
		rc = read(r, json_object_array_get_idx(array, i),
			  FIELD_ITEM(at, i));
		if (rc != GB_OK)
			return rc;
	}
	return GB_OK;
}

enum gb_err
chat_no_room(struct chat_reader *r, const struct field *at, enum gb_err why)
{
	if (why == GB_ETOOBIG)
		return field_refuse(at, r->err, FAULT_INVALID,
				    "there are too many of them");
	api_error_set(r->err, FAULT_INTERNAL, NULL, "Out of memory.");
	return GB_ENOMEM;
}

enum gb_err
chat_cannot(struct chat_reader *r, const struct field *at, const char *name)
{
	if (r->opts->strict)
		return field_refuse(at, r->err, FAULT_UNSUPPORTED,
				    "Gemini has no counterpart for it");
	chat_drop(&r->chat->dropped, name);
	return GB_OK;
}

/* --- fields --------------------------------------------------------------- */

/* Only what a name needs is let through. */
enum gb_err
chat_read_model(struct chat_reader *r, struct json_object *value,
		const struct field *at)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
	static const char *const prefixes[] = {"models/", "google/"};
	struct text name;
	enum gb_err rc;
	size_t i;

	if ((rc = field_text(value, at, &name, r->err)) != GB_OK)
		return rc;
	for (i = 0; i < GB_COUNT(prefixes); i++) {
		if (text_begins(name, prefixes[i])) {
			name.ptr += strlen(prefixes[i]);
			name.len -= strlen(prefixes[i]);
		}
	}
	if (name.len == 0 || name.len > CHAT_MODEL_MAX ||
	    strspn(name.ptr, good) != name.len || name.ptr[0] == '.')
		return field_refuse(at, r->err, FAULT_INVALID,
				    "is not the name of a model");
	memcpy(r->chat->model, name.ptr, name.len);
	r->chat->model[name.len] = '\0';
	return GB_OK;
}

enum gb_err
chat_read_stream(struct chat_reader *r, struct json_object *value,
		 const struct field *at)
{
	return field_bool(value, at, &r->chat->stream, r->err);
}

enum gb_err
chat_read_affinity(struct chat_reader *r, struct json_object *value,
		   const struct field *at)
{
	struct text text;
	enum gb_err rc;

	rc = field_text(value, at, &text, r->err);
	if (rc == GB_OK && text.len > 0)
		r->chat->affinity = text;
	return rc;
}

enum gb_err
chat_read_temperature(struct chat_reader *r, struct json_object *value,
		      const struct field *at, double max)
{
	struct chat_number *to = &r->chat->gen.temperature;
	enum gb_err rc;

	rc = field_number(value, at, 0, max, &to->value, r->err);
	to->set = rc == GB_OK;
	return rc;
}

enum gb_err
chat_read_top_p(struct chat_reader *r, struct json_object *value,
		const struct field *at)
{
	struct chat_number *to = &r->chat->gen.top_p;
	enum gb_err rc;

	rc = field_number(value, at, 0, 1, &to->value, r->err);
	to->set = rc == GB_OK && to->value > 0;
	return rc;
}

enum gb_err
chat_read_top_k(struct chat_reader *r, struct json_object *value,
		const struct field *at)
{
	struct chat_integer *to = &r->chat->gen.top_k;
	enum gb_err rc;

	rc = field_int(value, at, &to->value, r->err);
	to->set = rc == GB_OK && to->value > 0 && to->value <= INT32_MAX;
	return rc;
}

enum gb_err
chat_read_max_tokens(struct chat_reader *r, struct json_object *value,
		     const struct field *at)
{
	struct chat_integer *to = &r->chat->gen.max_tokens;
	int64_t tokens;
	enum gb_err rc;

	if ((rc = field_int(value, at, &tokens, r->err)) != GB_OK)
		return rc;
	if (tokens > 0) {
		to->set = true;
		to->value = tokens < TOKENS_MAX ? tokens : TOKENS_MAX;
	}
	return GB_OK;
}

enum gb_err
chat_read_seed(struct chat_reader *r, struct json_object *value,
	       const struct field *at)
{
	struct chat_integer *to = &r->chat->gen.seed;
	uint64_t seed;
	enum gb_err rc;

	if ((rc = field_int(value, at, &to->value, r->err)) != GB_OK)
		return rc;
	/* Fold the upper bits in, so that seeds that differ there differ. */
	seed = (uint64_t)to->value;
	seed = (seed ^ seed >> SEED_BITS ^ seed >> 2 * SEED_BITS) &
	       ((UINT64_C(1) << SEED_BITS) - 1);
	to->set = true;
	to->value = (to->value >= 0 && to->value <= INT32_MAX) ? to->value
							       : (int64_t)seed;
	return GB_OK;
}

static enum gb_err
add_stop(struct chat_reader *r, struct json_object *value,
	 const struct field *at)
{
	struct chat_generation *gen = &r->chat->gen;
	struct text text;
	enum gb_err rc;

	if ((rc = field_text(value, at, &text, r->err)) != GB_OK)
		return rc;
	if (text.len == 0)
		return GB_OK;
	if (gen->stop_count == CHAT_STOPS_MAX)
		return field_refuse(at, r->err, FAULT_INVALID,
				    "at most %d stop sequences are allowed",
				    CHAT_STOPS_MAX);
	gen->stops[gen->stop_count++] = text;
	return GB_OK;
}

enum gb_err
chat_read_stops(struct chat_reader *r, struct json_object *value,
		const struct field *at)
{
	return json_object_is_type(value, json_type_array)
		   ? chat_read_each(r, value, at, add_stop)
		   : add_stop(r, value, at);
}

enum gb_err
chat_read_effort(struct chat_reader *r, struct json_object *value,
		 const struct field *at, const char *param)
{
	static const struct choice efforts[] = {
	    {"none", CHAT_EFFORT_NONE}, {"minimal", CHAT_EFFORT_MINIMAL},
	    {"low", CHAT_EFFORT_LOW},	{"medium", CHAT_EFFORT_MEDIUM},
	    {"high", CHAT_EFFORT_HIGH}, {"xhigh", CHAT_EFFORT_XHIGH},
	    {"max", CHAT_EFFORT_MAX},	{NULL, 0},
	};
	enum gb_err rc;
	int effort;

	rc = field_choice(value, at, efforts, &effort, r->err);
	if (rc != GB_OK)
		return rc;
	r->chat->thinking.effort = (enum chat_effort)effort;
	r->chat->thinking.param = param;
	return GB_OK;
}

/* --- texts and signatures ------------------------------------------------- */

enum gb_err
chat_put_text(struct chat_reader *r, struct text text, const struct field *at,
	      enum chat_place place, size_t origin)
{
	struct chat_part *part;
	struct text *system;
	enum gb_err why;

	if (text.len == 0 || place == CHAT_PLACE_RESULT)
		return GB_OK;
	if (place == CHAT_PLACE_SYSTEM) {
		system = chat_add_system(r->chat, &why);
		if (system == NULL)
			return chat_no_room(r, at, why);
		*system = text;
		return GB_OK;
	}
	part = chat_add_part(r->chat,
			     place == CHAT_PLACE_USER ? CHAT_USER : CHAT_MODEL,
			     CHAT_TEXT, &why);
	if (part == NULL)
		return chat_no_room(r, at, why);
	part->data = text;
	part->origin = origin;
	return GB_OK;
}

enum gb_err
chat_join_texts(struct chat_reader *r, struct json_object *parts,
		const struct field *at, struct text *out)
{
	struct text text;
	size_t i, count, len = 0;
	char *to;

	count = json_object_array_length(parts);
	for (i = 0; i < count; i++) {
		text = text_of(
		    tree_get(json_object_array_get_idx(parts, i), "text"));
		len += text.len;
	}
	to = chat_alloc(r->chat, len + 1);
	if (to == NULL)
		return chat_no_room(r, at, GB_ENOMEM);
	out->ptr = to;
	out->len = len;
	for (i = 0; i < count; i++) {
		text = text_of(
		    tree_get(json_object_array_get_idx(parts, i), "text"));
		if (text.len > 0)
			memcpy(to, text.ptr, text.len);
		to += text.len;
	}
	*to = '\0';
	return GB_OK;
}

enum gb_err
chat_read_signature(struct chat_reader *r, struct json_object *value,
		    const struct field *at, struct text *out)
{
	struct text text;
	enum gb_err rc;

	*out = (struct text){NULL, 0};
	if (value == NULL)
		return GB_OK;
	if ((rc = field_text(value, at, &text, r->err)) != GB_OK)
		return rc;
	if (text.len == 0)
		return GB_OK;
	if (!media_is_base64(text))
		return field_refuse(at, r->err, FAULT_INVALID,
				    "is not valid base64");
	*out = text;
	return GB_OK;
}

enum gb_err
chat_sign(struct chat_reader *r, struct text signature, size_t first,
	  const struct field *at, size_t origin)
{
	struct chat *chat = r->chat;
	struct chat_part *part;
	enum gb_err rc;

	if (chat->part_count > first) {
		part = &chat->parts[chat->part_count - 1];
	} else {
		part = chat_add_part(chat, CHAT_MODEL, CHAT_TEXT, &rc);
		if (part == NULL)
			return chat_no_room(r, at, rc);
		part->data = text_from("");
		part->origin = origin;
	}
	part->signature = signature;
	return GB_OK;
}

/* --- the end -------------------------------------------------------------- */

enum gb_err
chat_read_end(struct chat_reader *r, const char *messages)
{
	struct chat *chat = r->chat;
	struct chat_thinking *thinking = &chat->thinking;

	chat->turns_param = messages;
	if (chat->turn_count == 0 && chat->system_count == 0)
		return field_refuse(FIELD_KEY(NULL, messages), r->err,
				    FAULT_INVALID,
				    "there is no text in any message");
	if (chat->cached_content.ptr != NULL &&
	    (chat->system_count > 0 || chat->tool_count > 0 ||
	     chat->builtins != 0))
		return field_refuse(
		    FIELD_KEY(FIELD_KEY(FIELD_KEY(NULL, "extra_body"),
					"google"),
			      "cached_content"),
		    r->err, FAULT_INVALID,
		    "system messages and tools are part of the cached content; "
		    "they cannot stand beside it");
	if (r->opts->show_thinking && !thinking->thoughts_set &&
	    thinking->param != NULL && thinking->effort != CHAT_EFFORT_NONE &&
	    !(thinking->budget.set && thinking->budget.value == 0)) {
		thinking->thoughts_set = true;
		thinking->thoughts = true;
	}
	return GB_OK;
}
