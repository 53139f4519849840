/* gemini_request.c: a chat as the body of generateContent for one model */
#include "dialect/gemini/gemini_request.h"

#include <string.h>

#include <json-c/json.h>

#include "dialect/gemini/gemini_write.h"
#include "dialect/json/json_tree.h"

/* Tools of Google's own and their empty objects. */
static const struct {
	unsigned bit;
	const char *key;
} builtin_keys[] = {
    {CHAT_SEARCH, "googleSearch"},
    {CHAT_CODE, "codeExecution"},
    {CHAT_URL_CONTEXT, "urlContext"},
};

static const char *const modes[] = {
    [CHAT_CHOICE_UNSET] = NULL,
    [CHAT_CHOICE_AUTO] = "AUTO",
    [CHAT_CHOICE_NONE] = "NONE",
    [CHAT_CHOICE_ANY] = "ANY",
    [CHAT_CHOICE_VALIDATED] = "VALIDATED",
};

enum gb_err
gemini_cannot(struct gemini_writer *w, const char *param)
{
	if (w->chat->strict) {
		api_error_set(w->err, FAULT_UNSUPPORTED, param,
			      "%s: %s does not take it", param, w->chat->model);
		return GB_EINVAL;
	}
	if (w->opts->dropped != NULL)
		chat_drop(w->opts->dropped, param);
	return GB_OK;
}

void
gemini_key_text(struct json_out *out, const char *key, struct text text)
{
	jout_key(out, key);
	jout_string_len(out, text.ptr, text.len);
}

/* What a schema lost on its way: an error when strict, else dropped. */
static enum gb_err
cannot_say(struct gemini_writer *w, const struct gemini_place *place,
	   const struct chat_dropped *lost, const char *param)
{
	if (lost->count == 0 && !lost->more)
		return GB_OK;
	if (w->chat->strict) {
		api_error_set(w->err, FAULT_UNSUPPORTED, param,
			      "%s: %s does not take all of this schema: \"%s\"",
			      param, w->chat->model,
			      lost->count > 0 ? lost->names[0] : "?");
		return GB_EINVAL;
	}
	if (w->opts->dropped != NULL)
		chat_drop_all(w->opts->dropped, place->where, lost);
	return GB_OK;
}

enum gb_err
gemini_write_schema(struct gemini_writer *w, const struct gemini_place *place,
		    struct json_object *schema, const char *param)
{
	struct chat_dropped lost;
	enum gb_err rc;

	memset(&lost, 0, sizeof(lost));
	w->schemas.lost = &lost;
	jout_key(&w->out, w->facts->json_schema ? place->whole : place->proto);
	if (w->facts->json_schema)
		rc = schema_write_json(&w->out, schema, &w->schemas);
	else
		rc = schema_write_proto(&w->out, schema, &w->schemas);
	w->schemas.lost = NULL;
	if (rc == GB_ETOOBIG) {
		api_error_set(w->err, FAULT_INVALID, param,
			      "%s: the schema is too large or nested too deep",
			      param);
		return GB_EINVAL;
	}
	return rc == GB_OK ? cannot_say(w, place, &lost, param) : rc;
}

/* --- tools ---------------------------------------------------------------- */

/* Which of the tools this model takes. */
static enum gb_err
choose_tools(struct gemini_writer *w)
{
	const struct model_facts *facts = w->facts;
	enum gb_err rc = GB_OK;

	w->functions = w->chat->tool_count;
	w->builtins = w->chat->builtins & ~(unsigned)CHAT_PICTURES;
	if (w->functions > 0 && !facts->functions) {
		w->functions = 0;
		rc = gemini_cannot(w, "tools");
	}
	if (rc == GB_OK && (w->chat->builtins & CHAT_PICTURES) != 0 &&
	    facts->family != MODEL_IMAGE)
		rc = gemini_cannot(w, "tools.image_generation");
	if (rc == GB_OK && w->builtins != 0 &&
	    (!facts->builtins ||
	     (w->functions > 0 && !facts->builtins_with_functions))) {
		w->builtins = 0;
		rc = gemini_cannot(w, w->functions > 0 ? "tools.web_search"
						       : "tools");
	}
	return rc;
}

/* What every model takes for one text. */
static void
write_custom_parameters(struct json_out *out)
{
	static const char schema[] =
	    "{\"type\":\"object\",\"properties\":{\"input\":"
	    "{\"type\":\"string\"}},\"required\":[\"input\"]}";

	jout_key(out, "parameters");
	jout_raw(out, schema, sizeof(schema) - 1);
}

/* An object without properties is refused by the models of old; none at all
 * means the same. */
static enum gb_err
write_parameters(struct gemini_writer *w, const struct chat_tool *tool)
{
	static const struct gemini_place place = {"parametersJsonSchema",
						  "parameters", "parameters"};
	static const char empty[] = ",\"parameters\":{\"type\":\"object\"}";
	struct buf *out = w->out.buf;
	enum gb_err rc;
	size_t before;

	if (tool->parameters == NULL || schema_is_empty(tool->parameters))
		return GB_OK;
	before = out->len;
	rc = gemini_write_schema(w, &place, tool->parameters, tool->param);
	if (rc == GB_OK && strcmp(buf_str(out) + before, empty) == 0)
		buf_truncate(out, before);
	return rc;
}

static enum gb_err
write_declaration(struct gemini_writer *w, const struct chat_tool *tool)
{
	struct json_out *out = &w->out;
	enum gb_err rc = GB_OK;

	jout_object(out);
	gemini_key_text(out, "name", tool->name);
	if (tool->description.len > 0)
		gemini_key_text(out, "description", tool->description);
	if (tool->custom)
		write_custom_parameters(out);
	else
		rc = write_parameters(w, tool);
	jout_object_end(out);
	return rc;
}

static enum gb_err
write_declarations(struct gemini_writer *w)
{
	enum gb_err rc = GB_OK;
	size_t i;

	jout_object(&w->out);
	jout_key(&w->out, "functionDeclarations");
	jout_array(&w->out);
	for (i = 0; i < w->functions && rc == GB_OK; i++)
		rc = write_declaration(w, &w->chat->tools[i]);
	jout_array_end(&w->out);
	jout_object_end(&w->out);
	return rc;
}

static enum gb_err
write_tools(struct gemini_writer *w)
{
	struct json_out *out = &w->out;
	enum gb_err rc = GB_OK;
	size_t i;

	if (w->functions == 0 && w->builtins == 0)
		return GB_OK;
	jout_key(out, "tools");
	jout_array(out);
	if (w->functions > 0)
		rc = write_declarations(w);
	for (i = 0; i < GB_COUNT(builtin_keys); i++) {
		if ((w->builtins & builtin_keys[i].bit) == 0)
			continue;
		jout_object(out);
		jout_key(out, builtin_keys[i].key);
		jout_object(out);
		jout_object_end(out);
		jout_object_end(out);
	}
	jout_array_end(out);
	return rc;
}

/* Without functions there is nothing to configure. */
static void
write_tool_config(struct gemini_writer *w)
{
	const struct chat *chat = w->chat;
	struct json_out *out = &w->out;
	size_t i;

	if (w->functions == 0 ||
	    (chat->choice == CHAT_CHOICE_UNSET && w->builtins == 0))
		return;
	jout_key(out, "toolConfig");
	jout_object(out);
	if (chat->choice != CHAT_CHOICE_UNSET) {
		jout_key(out, "functionCallingConfig");
		jout_object(out);
		jout_key_string(out, "mode", modes[chat->choice]);
		if (chat->allowed_count > 0) {
			jout_key(out, "allowedFunctionNames");
			jout_array(out);
			for (i = 0; i < chat->allowed_count; i++)
				jout_string_len(out, chat->allowed[i].ptr,
						chat->allowed[i].len);
			jout_array_end(out);
		}
		jout_object_end(out);
	}
	if (w->builtins != 0) /* Gemini asks for it when both are there */
		jout_key_bool(out, "includeServerSideToolInvocations", true);
	jout_object_end(out);
}

/* --- output --------------------------------------------------------------- */

/* How the model is asked for JSON: by fields, by words, by both when it takes
 * all but the schema, or, when it makes no text, not at all. */
static enum gb_err
choose_json(struct gemini_writer *w)
{
	const struct chat *chat = w->chat;
	struct json_out words;

	if (chat->output == CHAT_OUTPUT_TEXT)
		return GB_OK;
	if (!w->facts->json && w->facts->family != MODEL_GEMMA)
		return gemini_cannot(w, chat->output_param);
	w->json = w->facts->json && !w->opts->no_json &&
		  (w->functions == 0 || w->facts->json_with_functions);
	w->schema = w->json && !w->opts->no_schema &&
		    chat->output == CHAT_OUTPUT_SCHEMA;
	if (w->schema || (w->json && chat->output == CHAT_OUTPUT_JSON))
		return GB_OK;
	buf_puts(&w->json_text, "Answer with JSON only, without Markdown "
				"around it.");
	if (chat->output == CHAT_OUTPUT_SCHEMA) {
		buf_puts(&w->json_text, " It must keep to this JSON Schema: ");
		jout_init(&words, &w->json_text);
		jout_value(&words, chat->output_schema);
	}
	return buf_error(&w->json_text);
}

static void
write_setting(struct json_out *out, const char *category, const char *threshold)
{
	jout_object(out);
	jout_key_string(out, "category", category);
	jout_key_string(out, "threshold", threshold);
	jout_object_end(out);
}

/* The client's own settings win over ours. */
static void
write_safety(struct gemini_writer *w)
{
	const struct gemini_request_options *opts = w->opts;
	struct json_object *settings = w->chat->safety_settings, *setting;
	size_t i, count;

	count = settings == NULL ? opts->safety_count
				 : json_object_array_length(settings);
	if (count == 0)
		return;
	jout_key(&w->out, "safetySettings");
	jout_array(&w->out);
	for (i = 0; i < count; i++) {
		if (settings == NULL) {
			write_setting(&w->out, opts->safety[i].category,
				      opts->safety[i].threshold);
			continue;
		}
		setting = json_object_array_get_idx(settings, i);
		write_setting(&w->out,
			      text_of(tree_get(setting, "category")).ptr,
			      text_of(tree_get(setting, "threshold")).ptr);
	}
	jout_array_end(&w->out);
}

/* --- the whole ------------------------------------------------------------ */

static enum gb_err
write_body(struct gemini_writer *w)
{
	const struct chat *chat = w->chat;
	enum gb_err rc;

	if ((rc = choose_tools(w)) != GB_OK || (rc = choose_json(w)) != GB_OK)
		return rc;
	jout_object(&w->out);
	if ((rc = gemini_write_contents(w)) != GB_OK ||
	    (rc = write_tools(w)) != GB_OK)
		return rc;
	write_tool_config(w);
	write_safety(w);
	if ((rc = gemini_write_config(w)) != GB_OK)
		return rc;
	if (chat->cached_content.ptr != NULL)
		gemini_key_text(&w->out, "cachedContent", chat->cached_content);
	if (chat->service_tier.ptr != NULL)
		gemini_key_text(&w->out, "serviceTier", chat->service_tier);
	jout_object_end(&w->out);
	return buf_error(w->out.buf);
}

enum gb_err
gemini_request_write(const struct chat *chat, const struct model_facts *facts,
		     const struct gemini_request_options *opts, struct buf *out,
		     struct api_error *err)
{
	struct gemini_writer w;
	enum gb_err rc;

	api_error_clear(err);
	w = (struct gemini_writer){.chat = chat,
				   .facts = facts,
				   .opts = opts,
				   .err = err};
	jout_init(&w.out, out);
	buf_init(&w.json_text, out->max);
	rc = write_body(&w);
	buf_release(&w.json_text);
	if (rc == GB_ETOOBIG)
		api_error_set(err, FAULT_BODY_TOO_LARGE, NULL,
			      "The request is too large.");
	else if (rc == GB_ENOMEM)
		api_error_set(err, FAULT_INTERNAL, NULL, "Out of memory.");
	return rc;
}
