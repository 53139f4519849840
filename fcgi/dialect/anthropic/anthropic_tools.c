/* anthropic_tools.c: the tools of Anthropic, and which of them may be called */
#include "dialect/anthropic/anthropic_read.h"

#include <json-c/json.h>

#include "dialect/chat_tools.h"
#include "dialect/json/json_tree.h"

#define TYPE_SHOWN 60 /* bytes shown of a type that we do not take */

/* What a tool may ask for that Gemini has no counterpart for. */
static const char *const unheard[] = {
    "allowed_domains", "blocked_domains", "max_uses",
    "user_location",   "input_examples",  "max_content_tokens",
};

static enum gb_err
drop_unheard(struct chat_reader *r, struct json_object *tool,
	     const struct field *at)
{
	enum gb_err rc;
	size_t i;

	for (i = 0; i < GB_COUNT(unheard); i++) {
		if (tree_get(tool, unheard[i]) == NULL)
			continue;
		rc = chat_cannot(r, FIELD_KEY(at, unheard[i]), unheard[i]);
		if (rc != GB_OK)
			return rc;
	}
	return GB_OK;
}

/* A tool's "type" says whose it is; those that the client runs itself need
 * none.  A search for tools has nothing to find: all are declared at once. */
static enum gb_err
read_tool(struct chat_reader *r, struct json_object *tool,
	  const struct field *at)
{
	const struct field *where = FIELD_KEY(at, "type");
	struct text type = text_from("custom");
	struct json_object *value;
	enum gb_err rc;

	if ((rc = field_object(tool, at, r->err)) != GB_OK)
		return rc;
	value = tree_get(tool, "type");
	if (value != NULL)
		rc = field_text(value, where, &type, r->err);
	if (rc == GB_OK)
		rc = drop_unheard(r, tool, at);
	if (rc != GB_OK)
		return rc;
	if (text_is(type, "custom"))
		return chat_read_function(r, tool, at, "input_schema");
	if (text_begins(type, "tool_search_tool_"))
		return chat_cannot(r, where, "tool_search_tool");
	if (chat_take_builtin(r->chat, type))
		return GB_OK;
	return field_refuse(where, r->err, FAULT_UNSUPPORTED,
			    "\"%.*s\" is no tool that Gemini knows; it must be "
			    "custom (or absent), web_search_…, web_fetch_… or "
			    "code_execution_…",
			    type.len < TYPE_SHOWN ? (int)type.len : TYPE_SHOWN,
			    type.ptr);
}

enum gb_err
anthropic_read_tools(struct chat_reader *r, struct json_object *value,
		     const struct field *at)
{
	return chat_read_each(r, value, at, read_tool);
}

enum gb_err
anthropic_read_tool_choice(struct chat_reader *r, struct json_object *value,
			   const struct field *at)
{
	enum {
		AUTO,
		ANY,
		ONE,
		NONE
	};
	static const struct choice types[] = {
	    {"auto", AUTO}, {"any", ANY}, {"tool", ONE},
	    {"none", NONE}, {NULL, 0},
	};
	struct json_object *single;
	enum gb_err rc;
	int type;

	rc = field_type(value, at, types, &type, r->err);
	single = tree_get(value, "disable_parallel_tool_use");
	if (rc == GB_OK && single != NULL)
		rc = field_bool(single,
				FIELD_KEY(at, "disable_parallel_tool_use"),
				&r->chat->one_call, r->err);
	if (rc != GB_OK)
		return rc;
	if (type == AUTO)
		r->chat->choice = chat_auto_choice(r->chat);
	else if (type == NONE)
		r->chat->choice = CHAT_CHOICE_NONE;
	else
		r->chat->choice = CHAT_CHOICE_ANY;
	return type == ONE ? chat_allow(r, value, at) : GB_OK;
}
