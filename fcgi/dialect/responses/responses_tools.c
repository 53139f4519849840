/* responses_tools.c: the tools of OpenAI's Responses API, and which of them may
 * be called */
#include "dialect/responses/responses_read.h"

#include <string.h>

#include <json-c/json.h>

#include "dialect/chat_tools.h"
#include "dialect/json/json_tree.h"
#include "dialect/openai/openai_fields.h"

#define DESCRIPTION_MAX (1u << 20) /* bytes of what is said of a namespace */
#define TYPE_SHOWN	40	   /* bytes of a type that an error shows */

enum gb_err
responses_join_name(struct chat_reader *r, const struct field *at,
		    struct text space, struct text name, struct text *out)
{
	char *to;

	*out = name;
	if (space.len == 0)
		return GB_OK;
	to = chat_alloc(r->chat, space.len + 1 + name.len + 1);
	if (to == NULL)
		return chat_no_room(r, at, GB_ENOMEM);
	memcpy(to, space.ptr, space.len);
	to[space.len] = RESPONSES_SPACE;
	if (name.len > 0)
		memcpy(to + space.len + 1, name.ptr, name.len);
	*out = (struct text){to, space.len + 1 + name.len};
	to[out->len] = '\0';
	return GB_OK;
}

/* --- declarations --------------------------------------------------------- */

static enum gb_err
refuse_type(struct chat_reader *r, const struct field *at, struct text type)
{
	return field_refuse(at, r->err, FAULT_UNSUPPORTED,
			    "tools of type \"%.*s\" cannot be offered; those "
			    "of type function, custom, namespace, web_search, "
			    "code_interpreter, url_context and "
			    "image_generation can",
			    type.len < TYPE_SHOWN ? (int)type.len : TYPE_SHOWN,
			    type.ptr);
}

/* What a namespace says of itself goes for all of its functions. */
static enum gb_err
describe_space(struct chat_reader *r, struct json_object *value,
	       const struct field *at, struct text space)
{
	struct text said, text;
	struct buf made;
	enum gb_err rc;

	if (value == NULL)
		return GB_OK;
	if ((rc = field_text(value, at, &said, r->err)) != GB_OK ||
	    said.len == 0)
		return rc;
	buf_init(&made, DESCRIPTION_MAX);
	buf_puts(&made, "Of all functions that begin with \"");
	buf_add(&made, space.ptr, space.len);
	buf_printf(&made, "%c\": ", RESPONSES_SPACE);
	buf_add(&made, said.ptr, said.len);
	rc = buf_error(&made);
	text = (struct text){buf_str(&made), made.len};
	if (rc == GB_OK) {
		text.ptr = chat_copy(r->chat, text);
		if (text.ptr == NULL)
			rc = GB_ENOMEM;
	}
	buf_release(&made);
	if (rc != GB_OK)
		return chat_no_room(r, at, rc);
	return chat_put_text(r, text, at, CHAT_PLACE_SYSTEM, 0);
}

/* A function or a custom tool; of a namespace, unless "space" is none. */
static enum gb_err
read_callable(struct chat_reader *r, struct json_object *tool,
	      const struct field *at, struct text space)
{
	struct chat *chat = r->chat;
	size_t before = chat->tool_count;
	struct text type, *name;
	enum gb_err rc;

	if ((rc = field_object(tool, at, r->err)) != GB_OK)
		return rc;
	type = text_of(tree_get(tool, "type"));
	if (text_is(type, "function"))
		rc = chat_read_function(r, tool, at, "parameters");
	else if (text_is(type, "custom"))
		rc = chat_read_custom(r, tool, at);
	else
		return field_refuse(FIELD_KEY(at, "type"), r->err,
				    FAULT_UNSUPPORTED,
				    "must be function or custom");
	if (rc != GB_OK || chat->tool_count == before)
		return rc;
	name = &chat->tools[before].name;
	return responses_join_name(r, at, space, *name, name);
}

/* {"name":…,"description":…,"tools":[…]} */
static enum gb_err
read_namespace(struct chat_reader *r, struct json_object *tool,
	       const struct field *at)
{
	struct json_object *tools;
	struct text space;
	enum gb_err rc;
	size_t i;

	rc = field_text(tree_get(tool, "name"), FIELD_KEY(at, "name"), &space,
			r->err);
	if (rc != GB_OK)
		return rc;
	if (space.len == 0 || space.len > CHAT_NAME_MAX)
		return field_refuse(FIELD_KEY(at, "name"), r->err,
				    FAULT_INVALID, "must have 1 to %d bytes",
				    CHAT_NAME_MAX);
	rc = describe_space(r, tree_get(tool, "description"),
			    FIELD_KEY(at, "description"), space);
	tools = tree_get(tool, "tools");
	at = FIELD_KEY(at, "tools");
	if (rc == GB_OK)
		rc = field_array(tools, at, r->err);
	if (rc != GB_OK)
		return rc;
	for (i = 0; i < json_object_array_length(tools); i++) {
		rc = read_callable(r, json_object_array_get_idx(tools, i),
				   FIELD_ITEM(at, i), space);
		if (rc != GB_OK)
			return rc;
	}
	return GB_OK;
}

static enum gb_err
read_tool(struct chat_reader *r, struct json_object *tool,
	  const struct field *at)
{
	const struct field *where = FIELD_KEY(at, "type");
	struct text type, none = {NULL, 0};
	enum gb_err rc;

	if ((rc = field_object(tool, at, r->err)) != GB_OK)
		return rc;
	rc = field_text(tree_get(tool, "type"), where, &type, r->err);
	if (rc != GB_OK)
		return rc;
	if (text_is(type, "function") || text_is(type, "custom"))
		return read_callable(r, tool, at, none);
	if (text_is(type, "namespace"))
		return read_namespace(r, tool, at);
	if (text_is(type, "image_generation")) {
		r->chat->builtins |= CHAT_PICTURES;
		return GB_OK;
	}
	if (chat_take_builtin(r->chat, type))
		return GB_OK;
	return refuse_type(r, where, type);
}

enum gb_err
responses_read_tools(struct chat_reader *r, struct json_object *value,
		     const struct field *at)
{
	return chat_read_each(r, value, at, read_tool);
}

/* --- which may be called -------------------------------------------------- */

static bool
is_callable(struct json_object *tool)
{
	struct text type = text_of(tree_get(tool, "type"));

	return text_is(type, "function") || text_is(type, "custom");
}

/* {"mode":"auto"|"required","tools":[{"type":"function","name":…}]}.  Tools of
 * Google's own cannot be told apart; when nothing else is allowed, no function
 * is. */
static enum gb_err
read_allowed(struct chat_reader *r, struct json_object *value,
	     const struct field *at)
{
	struct json_object *tools, *tool;
	enum gb_err rc;
	size_t i;
	enum chat_choice mode;

	if ((rc = openai_read_allowed_mode(r, value, at, &mode)) != GB_OK)
		return rc;
	tools = tree_get(value, "tools");
	at = FIELD_KEY(at, "tools");
	if ((rc = field_array(tools, at, r->err)) != GB_OK)
		return rc;
	for (i = 0; i < json_object_array_length(tools); i++) {
		tool = json_object_array_get_idx(tools, i);
		rc = field_object(tool, FIELD_ITEM(at, i), r->err);
		if (rc == GB_OK && is_callable(tool))
			rc = chat_allow(r, tool, FIELD_ITEM(at, i));
		if (rc != GB_OK)
			return rc;
	}
	r->chat->choice = r->chat->allowed_count > 0 ? mode : CHAT_CHOICE_NONE;
	return GB_OK;
}

enum gb_err
responses_read_tool_choice(struct chat_reader *r, struct json_object *value,
			   const struct field *at)
{
	struct text type;
	enum gb_err rc;

	if (json_object_is_type(value, json_type_string))
		return chat_read_choice_word(r, value, at);
	if ((rc = field_object(value, at, r->err)) != GB_OK)
		return rc;
	rc = field_text(tree_get(value, "type"), FIELD_KEY(at, "type"), &type,
			r->err);
	if (rc != GB_OK)
		return rc;
	if (text_is(type, "allowed_tools"))
		return read_allowed(r, value, at);
	/* No tool of Google's own can be made to run. */
	if (!is_callable(value))
		return chat_cannot(r, FIELD_KEY(at, "type"), "tool_choice");
	r->chat->choice = CHAT_CHOICE_ANY;
	return chat_allow(r, value, at);
}
