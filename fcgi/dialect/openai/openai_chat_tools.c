/* openai_chat_tools.c: the tools of OpenAI, and which of them may be called */
#include "dialect/openai/openai_chat_read.h"

#include <json-c/json.h>

#include "dialect/chat_tools.h"
#include "dialect/json/json_tree.h"
#include "dialect/openai/openai_fields.h"

static enum gb_err
read_tool(struct chat_reader *r, struct json_object *tool,
	  const struct field *at)
{
	const struct field *where = FIELD_KEY(at, "type");
	struct text type;
	enum gb_err rc;

	if ((rc = field_object(tool, at, r->err)) != GB_OK)
		return rc;
	rc = field_text(tree_get(tool, "type"), where, &type, r->err);
	if (rc != GB_OK)
		return rc;
	if (text_is(type, "function"))
		return chat_read_function(r, tree_get(tool, "function"),
					  FIELD_KEY(at, "function"),
					  "parameters");
	if (text_is(type, "custom"))
		return chat_read_custom(r, tree_get(tool, "custom"),
					FIELD_KEY(at, "custom"));
	if (chat_take_builtin(r->chat, type))
		return GB_OK;
	return field_refuse(where, r->err, FAULT_UNSUPPORTED,
			    "must be function, custom, web_search, "
			    "code_interpreter or url_context");
}

enum gb_err
openai_read_tools(struct chat_reader *r, struct json_object *value,
		  const struct field *at)
{
	return chat_read_each(r, value, at, read_tool);
}

static enum gb_err
read_function(struct chat_reader *r, struct json_object *function,
	      const struct field *at)
{
	return chat_read_function(r, function, at, "parameters");
}

enum gb_err
openai_read_functions(struct chat_reader *r, struct json_object *value,
		      const struct field *at)
{
	enum gb_err rc;

	if ((rc = chat_read_each(r, value, at, read_function)) == GB_OK)
		r->chat->function_call = r->chat->tool_count > 0;
	return rc;
}

/* --- which may be called -------------------------------------------------- */

/* {"mode":"auto"|"required","tools":[{"type":"function","function":{…}}]} */
static enum gb_err
read_allowed(struct chat_reader *r, struct json_object *value,
	     const struct field *at)
{
	struct json_object *tools, *tool;
	const char *kind;
	enum gb_err rc;
	size_t i;

	if ((rc = field_object(value, at, r->err)) != GB_OK)
		return rc;
	rc = openai_read_allowed_mode(r, value, at, &r->chat->choice);
	if (rc != GB_OK)
		return rc;
	tools = tree_get(value, "tools");
	at = FIELD_KEY(at, "tools");
	if ((rc = field_array(tools, at, r->err)) != GB_OK)
		return rc;
	for (i = 0; i < json_object_array_length(tools); i++) {
		tool = json_object_array_get_idx(tools, i);
		kind = text_is(text_of(tree_get(tool, "type")), "custom")
			   ? "custom"
			   : "function";
		rc = chat_allow(r, tree_get(tool, kind),
				FIELD_KEY(FIELD_ITEM(at, i), kind));
		if (rc != GB_OK)
			return rc;
	}
	return GB_OK;
}

enum gb_err
openai_read_tool_choice(struct chat_reader *r, struct json_object *value,
			const struct field *at)
{
	enum {
		ONE,
		CUSTOM,
		SOME
	};
	static const struct choice types[] = {
	    {"function", ONE},
	    {"custom", CUSTOM},
	    {"allowed_tools", SOME},
	    {NULL, 0},
	};
	const char *kind;
	enum gb_err rc;
	int type;

	if (json_object_is_type(value, json_type_string))
		return chat_read_choice_word(r, value, at);
	rc = field_type(value, at, types, &type, r->err);
	if (rc != GB_OK)
		return rc;
	if (type == SOME)
		return read_allowed(r, tree_get(value, "allowed_tools"),
				    FIELD_KEY(at, "allowed_tools"));
	r->chat->choice = CHAT_CHOICE_ANY;
	kind = type == CUSTOM ? "custom" : "function";
	return chat_allow(r, tree_get(value, kind), FIELD_KEY(at, kind));
}

/* As tool_choice was in 2023: "auto", "none" or {"name":…}. */
enum gb_err
openai_read_function_call(struct chat_reader *r, struct json_object *value,
			  const struct field *at)
{
	if (json_object_is_type(value, json_type_string))
		return chat_read_choice_word(r, value, at);
	r->chat->choice = CHAT_CHOICE_ANY;
	return chat_allow(r, value, at);
}
