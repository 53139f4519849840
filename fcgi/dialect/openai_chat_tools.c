/* openai_chat_tools.c: the tools of OpenAI, and which of them may be called */
#include "dialect/openai_chat_read.h"

#include <json-c/json.h>

/* Types of tools, and names that clients give to a function without
 * parameters, that mean a tool of Google's own. */
static const struct {
	const char *word;
	bool type, function;
	unsigned builtin;
} builtins[] = {
    {"web_search", true, false, CHAT_SEARCH},
    {"web_search_2025_08_26", true, false, CHAT_SEARCH},
    {"web_search_preview", true, false, CHAT_SEARCH},
    {"web_search_preview_2025_03_11", true, false, CHAT_SEARCH},
    {"google_search", true, true, CHAT_SEARCH},
    {"googleSearch", true, true, CHAT_SEARCH},
    {"code_interpreter", true, false, CHAT_CODE},
    {"code_execution", true, true, CHAT_CODE},
    {"codeExecution", true, true, CHAT_CODE},
    {"url_context", true, true, CHAT_URL_CONTEXT},
    {"urlContext", true, true, CHAT_URL_CONTEXT},
};

/* A schema that asks for nothing. */
static bool
is_empty_schema(struct json_object *schema)
{
	struct json_object *properties;

	if (schema == NULL || json_object_object_length(schema) == 0)
		return true;
	properties = field_get(schema, "properties");
	return json_object_is_type(properties, json_type_object) &&
	       json_object_object_length(properties) == 0;
}

static enum gb_err
read_declaration(struct openai_reader *r, struct json_object *function,
		 const struct field *at, struct chat_tool *tool)
{
	const struct field *where = FIELD_KEY(at, "parameters");
	struct json_object *value;
	enum gb_err rc;
	bool strict = false;
	char param[FIELD_NAME_MAX];

	value = field_get(function, "description");
	if (value != NULL) {
		rc = field_text(value, FIELD_KEY(at, "description"),
				&tool->description, r->err);
		if (rc != GB_OK)
			return rc;
	}
	value = field_get(function, "strict");
	if (value != NULL) {
		rc =
		    field_bool(value, FIELD_KEY(at, "strict"), &strict, r->err);
		if (rc != GB_OK)
			return rc;
	}
	tool->strict = strict;
	value = field_get(function, "parameters");
	if (value == NULL)
		return GB_OK;
	if ((rc = field_object(value, where, r->err)) != GB_OK)
		return rc;
	tool->parameters = value;
	field_name(where, param);
	tool->param = chat_copy(r->chat, text_from(param));
	return tool->param == NULL ? openai_no_room(r, where, GB_ENOMEM)
				   : GB_OK;
}

/* {"name":…,"description":…,"parameters":…,"strict":…} */
static enum gb_err
read_function(struct openai_reader *r, struct json_object *function,
	      const struct field *at)
{
	struct chat_tool tool = {{NULL, 0}, NULL, {NULL, 0}, NULL, NULL, false};
	struct chat_tool *to;
	enum gb_err rc;
	size_t i;

	if ((rc = field_object(function, at, r->err)) != GB_OK)
		return rc;
	rc = field_text(field_get(function, "name"), FIELD_KEY(at, "name"),
			&tool.name, r->err);
	if (rc == GB_OK)
		rc = read_declaration(r, function, at, &tool);
	if (rc != GB_OK)
		return rc;
	for (i = 0; i < GB_COUNT(builtins); i++) {
		if (builtins[i].function &&
		    text_is(tool.name, builtins[i].word) &&
		    is_empty_schema(tool.parameters)) {
			r->chat->builtins |= builtins[i].builtin;
			return GB_OK;
		}
	}
	to = chat_add_tool(r->chat, &rc);
	if (to == NULL)
		return openai_no_room(r, at, rc);
	*to = tool;
	return GB_OK;
}

static enum gb_err
read_tool(struct openai_reader *r, struct json_object *tool,
	  const struct field *at)
{
	const struct field *where = FIELD_KEY(at, "type");
	struct text type;
	enum gb_err rc;
	size_t i;

	if ((rc = field_object(tool, at, r->err)) != GB_OK)
		return rc;
	rc = field_text(field_get(tool, "type"), where, &type, r->err);
	if (rc != GB_OK)
		return rc;
	if (text_is(type, "function"))
		return read_function(r, field_get(tool, "function"),
				     FIELD_KEY(at, "function"));
	for (i = 0; i < GB_COUNT(builtins); i++) {
		if (builtins[i].type && text_is(type, builtins[i].word)) {
			r->chat->builtins |= builtins[i].builtin;
			return GB_OK;
		}
	}
	return field_refuse(where, r->err, FAULT_UNSUPPORTED,
			    "must be function, web_search, code_interpreter or "
			    "url_context");
}

enum gb_err
openai_read_tools(struct openai_reader *r, struct json_object *value,
		  const struct field *at)
{
	enum gb_err rc;
	size_t i;

	if ((rc = field_array(value, at, r->err)) != GB_OK)
		return rc;
	for (i = 0; i < json_object_array_length(value); i++) {
		rc = read_tool(r, json_object_array_get_idx(value, i),
			       FIELD_ITEM(at, i));
		if (rc != GB_OK)
			return rc;
	}
	return GB_OK;
}

enum gb_err
openai_read_functions(struct openai_reader *r, struct json_object *value,
		      const struct field *at)
{
	enum gb_err rc;
	size_t i;

	if ((rc = field_array(value, at, r->err)) != GB_OK)
		return rc;
	for (i = 0; i < json_object_array_length(value); i++) {
		rc = read_function(r, json_object_array_get_idx(value, i),
				   FIELD_ITEM(at, i));
		if (rc != GB_OK)
			return rc;
	}
	r->chat->function_call = r->chat->tool_count > 0;
	return GB_OK;
}

enum gb_err
openai_name_tools(struct openai_reader *r)
{
	struct text name;
	enum gb_err rc;
	size_t which;

	rc = chat_name_tools(r->chat, &which);
	if (rc == GB_OK)
		return GB_OK;
	if (rc == GB_ENOMEM)
		return openai_no_room(r, NULL, rc);
	name = r->chat->tools[which].name;
	return field_refuse(FIELD_KEY(NULL, "tools"), r->err, FAULT_INVALID,
			    rc == GB_EEXIST
				? "the function \"%.*s\" is there twice"
				: "the name \"%.*s\" must have 1 to 120 bytes",
			    name.len < CHAT_NAME_MAX ? (int)name.len
						     : CHAT_NAME_MAX,
			    name.ptr);
}

/* --- which may be called -------------------------------------------------- */

static bool
is_declared(const struct chat *chat, struct text name)
{
	size_t i;

	for (i = 0; i < chat->tool_count; i++)
		if (text_equal(chat->tools[i].name, name))
			return true;
	return false;
}

/* holder.name becomes one of the allowed functions. */
static enum gb_err
allow(struct openai_reader *r, struct json_object *holder,
      const struct field *at)
{
	struct text name, *to;
	enum gb_err rc;

	if ((rc = field_object(holder, at, r->err)) != GB_OK)
		return rc;
	at = FIELD_KEY(at, "name");
	rc = field_text(field_get(holder, "name"), at, &name, r->err);
	if (rc != GB_OK)
		return rc;
	rc = chat_name(r->chat, name, &name);
	if (rc == GB_ENOMEM)
		return openai_no_room(r, at, rc);
	if (rc != GB_OK || !is_declared(r->chat, name))
		return field_refuse(at, r->err, FAULT_INVALID,
				    "is no function of this request");
	to = chat_add_allowed(r->chat, &rc);
	if (to == NULL)
		return openai_no_room(r, at, rc);
	*to = name;
	return GB_OK;
}

/* "auto" with a function that is to be called by its schema to the letter. */
static enum chat_choice
auto_choice(const struct chat *chat)
{
	size_t i;

	for (i = 0; i < chat->tool_count; i++)
		if (chat->tools[i].strict)
			return CHAT_CHOICE_VALIDATED;
	return CHAT_CHOICE_AUTO;
}

static enum gb_err
read_choice_word(struct openai_reader *r, struct json_object *value,
		 const struct field *at)
{
	static const struct choice words[] = {
	    {"auto", CHAT_CHOICE_AUTO},
	    {"none", CHAT_CHOICE_NONE},
	    {"required", CHAT_CHOICE_ANY},
	    {NULL, 0},
	};
	enum gb_err rc;
	int word;

	rc = field_choice(value, at, words, &word, r->err);
	if (rc != GB_OK)
		return rc;
	r->chat->choice = word == CHAT_CHOICE_AUTO ? auto_choice(r->chat)
						   : (enum chat_choice)word;
	return GB_OK;
}

/* {"mode":"auto"|"required","tools":[{"type":"function","function":{…}}]} */
static enum gb_err
read_allowed(struct openai_reader *r, struct json_object *value,
	     const struct field *at)
{
	static const struct choice modes[] = {
	    {"auto", CHAT_CHOICE_VALIDATED},
	    {"required", CHAT_CHOICE_ANY},
	    {NULL, 0},
	};
	struct json_object *tools, *tool;
	enum gb_err rc;
	size_t i;
	int mode;

	if ((rc = field_object(value, at, r->err)) != GB_OK)
		return rc;
	rc = field_choice(field_get(value, "mode"), FIELD_KEY(at, "mode"),
			  modes, &mode, r->err);
	if (rc != GB_OK)
		return rc;
	r->chat->choice = (enum chat_choice)mode;
	tools = field_get(value, "tools");
	at = FIELD_KEY(at, "tools");
	if ((rc = field_array(tools, at, r->err)) != GB_OK)
		return rc;
	for (i = 0; i < json_object_array_length(tools); i++) {
		tool = json_object_array_get_idx(tools, i);
		rc = allow(r, field_get(tool, "function"),
			   FIELD_KEY(FIELD_ITEM(at, i), "function"));
		if (rc != GB_OK)
			return rc;
	}
	return GB_OK;
}

enum gb_err
openai_read_tool_choice(struct openai_reader *r, struct json_object *value,
			const struct field *at)
{
	enum {
		ONE,
		SOME
	};
	static const struct choice types[] = {
	    {"function", ONE},
	    {"allowed_tools", SOME},
	    {NULL, 0},
	};
	enum gb_err rc;
	int type;

	if (json_object_is_type(value, json_type_string))
		return read_choice_word(r, value, at);
	if ((rc = field_object(value, at, r->err)) != GB_OK)
		return rc;
	rc = field_choice(field_get(value, "type"), FIELD_KEY(at, "type"),
			  types, &type, r->err);
	if (rc != GB_OK)
		return rc;
	if (type == SOME)
		return read_allowed(r, field_get(value, "allowed_tools"),
				    FIELD_KEY(at, "allowed_tools"));
	r->chat->choice = CHAT_CHOICE_ANY;
	return allow(r, field_get(value, "function"),
		     FIELD_KEY(at, "function"));
}

/* As tool_choice was in 2023: "auto", "none" or {"name":…}. */
enum gb_err
openai_read_function_call(struct openai_reader *r, struct json_object *value,
			  const struct field *at)
{
	if (json_object_is_type(value, json_type_string))
		return read_choice_word(r, value, at);
	r->chat->choice = CHAT_CHOICE_ANY;
	return allow(r, value, at);
}
