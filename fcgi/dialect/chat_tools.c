/* chat_tools.c: tools, calls and results as parts of the chat */
#include "dialect/chat_tools.h"

#include <string.h>

#include <json-c/json.h>

#include "base/buf.h"
#include "dialect/json/json_in.h"
#include "dialect/json/json_out.h"
#include "dialect/json/json_tree.h"
#include "dialect/schema/schema.h"

#define MADE_MAX (64u << 20) /* bytes of arguments that are put together */

/* Types of tools, and names that clients give to a function without
 * parameters, that mean a tool of Google's own.  Of a type a date or a version
 * may follow. */
static const struct {
	const char *word;
	bool type, function;
	unsigned builtin;
} builtins[] = {
    {"web_search", true, false, CHAT_SEARCH},
    {"google_search", true, true, CHAT_SEARCH},
    {"googleSearch", true, true, CHAT_SEARCH},
    {"code_interpreter", true, false, CHAT_CODE},
    {"code_execution", true, true, CHAT_CODE},
    {"codeExecution", true, true, CHAT_CODE},
    {"url_context", true, true, CHAT_URL_CONTEXT},
    {"urlContext", true, true, CHAT_URL_CONTEXT},
    {"web_fetch", true, false, CHAT_URL_CONTEXT},
};

/* --- declarations --------------------------------------------------------- */

/* Append made-up JSON or text to the arena. */
static enum gb_err
keep(struct chat_reader *r, const struct field *at, struct buf *made,
     struct text *out)
{
	const char *copy = NULL;
	enum gb_err rc;

	rc = buf_error(made);
	if (rc == GB_OK) {
		copy =
		    chat_copy(r->chat, (struct text){buf_str(made), made->len});
		if (copy == NULL)
			rc = GB_ENOMEM;
	}
	*out = (struct text){copy, made->len};
	buf_release(made);
	return rc == GB_OK ? GB_OK : chat_no_room(r, at, rc);
}

static enum gb_err
read_description(struct chat_reader *r, struct json_object *holder,
		 const struct field *at, struct chat_tool *tool)
{
	struct json_object *value;

	value = tree_get(holder, "description");
	if (value == NULL)
		return GB_OK;
	return field_text(value, FIELD_KEY(at, "description"),
			  &tool->description, r->err);
}

static enum gb_err
read_schema(struct chat_reader *r, struct json_object *value,
	    const struct field *at, struct chat_tool *tool)
{
	char param[FIELD_NAME_MAX];
	enum gb_err rc;

	if (value == NULL)
		return GB_OK;
	if ((rc = field_object(value, at, r->err)) != GB_OK)
		return rc;
	tool->parameters = value;
	field_name(at, param);
	tool->param = chat_copy(r->chat, text_from(param));
	return tool->param == NULL ? chat_no_room(r, at, GB_ENOMEM) : GB_OK;
}

static enum gb_err
add_tool(struct chat_reader *r, const struct field *at,
	 const struct chat_tool *tool)
{
	struct chat_tool *to;
	enum gb_err rc;

	to = chat_add_tool(r->chat, &rc);
	if (to == NULL)
		return chat_no_room(r, at, rc);
	*to = *tool;
	return GB_OK;
}

enum gb_err
chat_read_function(struct chat_reader *r, struct json_object *function,
		   const struct field *at, const char *schema)
{
	struct json_object *strict;
	struct chat_tool tool;
	enum gb_err rc;
	size_t i;

	memset(&tool, 0, sizeof(tool));
	if ((rc = field_object(function, at, r->err)) != GB_OK)
		return rc;
	rc = field_text(tree_get(function, "name"), FIELD_KEY(at, "name"),
			&tool.name, r->err);
	if (rc == GB_OK)
		rc = read_description(r, function, at, &tool);
	strict = tree_get(function, "strict");
	if (rc == GB_OK && strict != NULL)
		rc = field_bool(strict, FIELD_KEY(at, "strict"), &tool.strict,
				r->err);
	if (rc == GB_OK)
		rc = read_schema(r, tree_get(function, schema),
				 FIELD_KEY(at, schema), &tool);
	if (rc != GB_OK)
		return rc;
	for (i = 0; i < GB_COUNT(builtins); i++) {
		if (builtins[i].function &&
		    text_is(tool.name, builtins[i].word) &&
		    (tool.parameters == NULL ||
		     schema_is_empty(tool.parameters))) {
			r->chat->builtins |= builtins[i].builtin;
			return GB_OK;
		}
	}
	return add_tool(r, at, &tool);
}

/* {"type":"grammar","syntax":…,"definition":…}, flat or within "grammar": the
 * model can only be told of it in words. */
static enum gb_err
describe_grammar(struct chat_reader *r, struct json_object *format,
		 const struct field *at, struct chat_tool *tool)
{
	struct json_object *grammar;
	struct text definition, syntax;
	struct buf text;

	grammar = tree_get(format, "grammar");
	if (grammar == NULL)
		grammar = format;
	definition = text_of(tree_get(grammar, "definition"));
	syntax = text_of(tree_get(grammar, "syntax"));
	if (definition.len == 0)
		return GB_OK;
	buf_init(&text, MADE_MAX);
	buf_add(&text, tool->description.ptr, tool->description.len);
	buf_puts(&text, "\n\nThe input must keep to this grammar");
	if (syntax.len > 0) {
		buf_puts(&text, " (");
		buf_add(&text, syntax.ptr, syntax.len);
		buf_putc(&text, ')');
	}
	buf_puts(&text, ":\n");
	buf_add(&text, definition.ptr, definition.len);
	return keep(r, at, &text, &tool->description);
}

enum gb_err
chat_read_custom(struct chat_reader *r, struct json_object *custom,
		 const struct field *at)
{
	struct chat_tool tool;
	enum gb_err rc;

	memset(&tool, 0, sizeof(tool));
	tool.custom = true;
	if ((rc = field_object(custom, at, r->err)) != GB_OK)
		return rc;
	rc = field_text(tree_get(custom, "name"), FIELD_KEY(at, "name"),
			&tool.name, r->err);
	if (rc == GB_OK)
		rc = read_description(r, custom, at, &tool);
	if (rc == GB_OK)
		rc = describe_grammar(r, tree_get(custom, "format"),
				      FIELD_KEY(at, "format"), &tool);
	return rc == GB_OK ? add_tool(r, at, &tool) : rc;
}

bool
chat_take_builtin(struct chat *chat, struct text type)
{
	size_t i, len;

	for (i = 0; i < GB_COUNT(builtins); i++) {
		len = strlen(builtins[i].word);
		if (builtins[i].type && text_begins(type, builtins[i].word) &&
		    (type.len == len || type.ptr[len] == '_')) {
			chat->builtins |= builtins[i].builtin;
			return true;
		}
	}
	return false;
}

enum gb_err
chat_name_declared(struct chat_reader *r, const struct field *at)
{
	struct text name;
	enum gb_err rc;
	size_t which;

	rc = chat_name_tools(r->chat, &which);
	if (rc == GB_OK)
		return GB_OK;
	if (rc == GB_ENOMEM)
		return chat_no_room(r, NULL, rc);
	name = r->chat->tools[which].name;
	return field_refuse(at, r->err, FAULT_INVALID,
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

enum gb_err
chat_allow(struct chat_reader *r, struct json_object *holder,
	   const struct field *at)
{
	struct text name, *to;
	enum gb_err rc;

	if ((rc = field_object(holder, at, r->err)) != GB_OK)
		return rc;
	at = FIELD_KEY(at, "name");
	rc = field_text(tree_get(holder, "name"), at, &name, r->err);
	if (rc != GB_OK)
		return rc;
	rc = chat_name(r->chat, name, &name);
	if (rc == GB_ENOMEM)
		return chat_no_room(r, at, rc);
	if (rc != GB_OK || !is_declared(r->chat, name))
		return field_refuse(at, r->err, FAULT_INVALID,
				    "is no function of this request");
	to = chat_add_allowed(r->chat, &rc);
	if (to == NULL)
		return chat_no_room(r, at, rc);
	*to = name;
	return GB_OK;
}

enum chat_choice
chat_auto_choice(const struct chat *chat)
{
	size_t i;

	for (i = 0; i < chat->tool_count; i++)
		if (chat->tools[i].strict)
			return CHAT_CHOICE_VALIDATED;
	return CHAT_CHOICE_AUTO;
}

enum gb_err
chat_read_choice_word(struct chat_reader *r, struct json_object *value,
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
	r->chat->choice = word == CHAT_CHOICE_AUTO ? chat_auto_choice(r->chat)
						   : (enum chat_choice)word;
	return GB_OK;
}

/* --- calls and results ---------------------------------------------------- */

enum gb_err
chat_read_name(struct chat_reader *r, struct json_object *holder,
	       const struct field *at, struct text *name)
{
	enum gb_err rc;

	at = FIELD_KEY(at, "name");
	rc = field_text(tree_get(holder, "name"), at, name, r->err);
	if (rc != GB_OK)
		return rc;
	rc = chat_name(r->chat, *name, name);
	if (rc == GB_EINVAL)
		return field_refuse(at, r->err, FAULT_INVALID,
				    "must have 1 to %d bytes", CHAT_NAME_MAX);
	return rc == GB_OK ? GB_OK : chat_no_room(r, at, rc);
}

/* {"value":…} around what is no object, which Gemini wants. */
static enum gb_err
wrap_arguments(struct chat_reader *r, const struct field *at, struct text *args)
{
	struct buf made;

	if (r->opts->strict)
		return field_refuse(at, r->err, FAULT_INVALID,
				    "must be the JSON of an object");
	buf_init(&made, args->len + 16);
	buf_puts(&made, "{\"value\":");
	buf_add(&made, args->ptr, args->len);
	buf_putc(&made, '}');
	return keep(r, at, &made, args);
}

enum gb_err
chat_read_arguments(struct chat_reader *r, struct json_object *value,
		    const struct field *at, struct text *args)
{
	struct text text;
	enum gb_err rc;

	*args = text_from("{}");
	if (value == NULL)
		return GB_OK;
	if ((rc = field_text(value, at, &text, r->err)) != GB_OK ||
	    text.len == 0)
		return rc;
	switch (json_check(text.ptr, text.len)) {
	case JSON_KIND_OBJECT:
		*args = text;
		return GB_OK;
	case JSON_KIND_NULL:
		return GB_OK;
	case JSON_KIND_OTHER:
		*args = text;
		return wrap_arguments(r, at, args);
	case JSON_KIND_NONE:
		break;
	}
	return field_refuse(at, r->err, FAULT_INVALID, "is not valid JSON");
}

enum gb_err
chat_read_input(struct chat_reader *r, struct json_object *value,
		const struct field *at, struct text *args)
{
	struct json_out jo;
	struct buf made;
	enum gb_err rc;

	*args = text_from("{}");
	if (value == NULL)
		return GB_OK;
	if ((rc = field_object(value, at, r->err)) != GB_OK)
		return rc;
	buf_init(&made, MADE_MAX);
	jout_init(&jo, &made);
	jout_value(&jo, value);
	return keep(r, at, &made, args);
}

enum gb_err
chat_read_custom_input(struct chat_reader *r, struct json_object *value,
		       const struct field *at, struct text *args)
{
	struct json_out jo;
	struct text text = {"", 0};
	struct buf made;
	enum gb_err rc;

	if (value != NULL &&
	    (rc = field_text(value, at, &text, r->err)) != GB_OK)
		return rc;
	buf_init(&made, MADE_MAX);
	jout_init(&jo, &made);
	jout_object(&jo);
	jout_key(&jo, "input");
	jout_string_len(&jo, text.ptr, text.len);
	jout_object_end(&jo);
	return keep(r, at, &made, args);
}

enum gb_err
chat_put_call(struct chat_reader *r, const struct chat_call *call,
	      const struct field *at, size_t origin)
{
	struct chat_part *part;
	enum gb_err rc;

	part = chat_add_part(r->chat, CHAT_MODEL, CHAT_CALL, &rc);
	if (part == NULL)
		return chat_no_room(r, at, rc);
	part->id = call->id;
	part->name = call->name;
	part->data = call->args;
	part->signature = call->signature;
	part->origin = origin;
	return GB_OK;
}

enum gb_err
chat_put_result(struct chat_reader *r, struct text id, struct text name,
		struct json_object *content, const struct field *at, bool error,
		size_t origin)
{
	struct text text = {"", 0};
	enum gb_err rc = GB_OK;

	if (json_object_is_type(content, json_type_array))
		rc = chat_join_texts(r, content, at, &text);
	else if (content != NULL)
		rc = field_text(content, at, &text, r->err);
	if (rc != GB_OK)
		return rc;
	return chat_put_result_text(r, id, name, text, at, error, origin);
}

enum gb_err
chat_put_result_text(struct chat_reader *r, struct text id, struct text name,
		     struct text text, const struct field *at, bool error,
		     size_t origin)
{
	struct chat_part *part;
	enum json_kind kind;
	enum gb_err rc;

	part = chat_add_part(r->chat, CHAT_USER, CHAT_RESULT, &rc);
	if (part == NULL)
		return chat_no_room(r, at, rc);
	kind = error ? JSON_KIND_NONE : json_check(text.ptr, text.len);
	part->plain = kind == JSON_KIND_NONE;
	part->object = kind == JSON_KIND_OBJECT;
	part->error = error;
	part->data = text;
	part->id = id;
	part->name = name;
	part->origin = origin;
	return GB_OK;
}
