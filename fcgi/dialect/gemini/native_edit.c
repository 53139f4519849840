/* native_edit.c: what a model's name and the operator change in a native
 * client's request */
#include "dialect/gemini/native_edit.h"

#include <stdio.h>
#include <string.h>

#include "dialect/gemini/gemini_thinking.h"
#include "dialect/json/json_scan.h"
#include "dialect/json/json_splice.h"
#include "dialect/model_defaults.h"

#define ITEMS_MAX 100 /* requests of a batch; Google's own limit */

/* The members of a request that matter here. */
enum {
	ROOT_SAFETY,
	ROOT_CONFIG,
	ROOT_TOOLS,
	ROOT_TOOL_CONFIG,
	ROOT_CACHED,
	ROOT_CONTENTS,
	ROOT_MODEL,
	ROOT_REQUESTS,
	ROOT_WHOLE,
	ROOT__MAX
};

static const struct json_want root_wants[ROOT__MAX] = {
    [ROOT_SAFETY] = {.camel = "safetySettings", .snake = "safety_settings"},
    [ROOT_CONFIG] = {.camel = "generationConfig", .snake = "generation_config"},
    [ROOT_TOOLS] = {.camel = "tools", .snake = "tools"},
    [ROOT_TOOL_CONFIG] = {.camel = "toolConfig", .snake = "tool_config"},
    [ROOT_CACHED] = {.camel = "cachedContent", .snake = "cached_content"},
    [ROOT_CONTENTS] = {.camel = "contents", .snake = "contents"},
    [ROOT_MODEL] = {.camel = "model", .snake = "model"},
    [ROOT_REQUESTS] = {.camel = "requests", .snake = "requests"},
    [ROOT_WHOLE] = {.camel = "generateContentRequest",
		    .snake = "generate_content_request"},
};

enum {
	CONFIG_THINKING,
	CONFIG_MODALITIES,
	CONFIG_MIME,
	CONFIG__MAX
};

static const struct json_want config_wants[CONFIG__MAX] = {
    [CONFIG_THINKING] = {.camel = "thinkingConfig", .snake = "thinking_config"},
    [CONFIG_MODALITIES] = {.camel = "responseModalities",
			   .snake = "response_modalities"},
    [CONFIG_MIME] = {.camel = "responseMimeType",
		     .snake = "response_mime_type"},
};

/* Kinds of tool beside CHAT_SEARCH and its like. */
#define TOOL_FUNCTIONS (1u << 8)
#define TOOL_OTHER     (1u << 9)

static const struct {
	const char *camel, *snake;
	unsigned kind;
} tool_kinds[] = {
    {"functionDeclarations", "function_declarations", TOOL_FUNCTIONS},
    {"googleSearch", "google_search", CHAT_SEARCH},
    {"googleSearchRetrieval", "google_search_retrieval", CHAT_SEARCH},
    {"codeExecution", "code_execution", CHAT_CODE},
    {"urlContext", "url_context", CHAT_URL_CONTEXT},
};

static const struct {
	unsigned kind;
	const char *text;
} builtin_texts[] = {
    {CHAT_SEARCH, "{\"googleSearch\":{}}"},
    {CHAT_CODE, "{\"codeExecution\":{}}"},
    {CHAT_URL_CONTEXT, "{\"urlContext\":{}}"},
};

/* An object that gets members: those that there are not, all in one piece. */
struct object {
	struct json_place place;
	struct buf added; /* "key":value,"key":value */
};

/* One body at work. */
struct editor {
	const struct native_edit *opts;
	const char *text;
	size_t len;
	struct json_splices splices;
	struct model_facts facts;
	struct object root, config;
	bool config_known; /* else it must not be changed */
	struct json_want roots[ROOT__MAX], configs[CONFIG__MAX];
};

/* --- members -------------------------------------------------------------- */

/* Begin a member of an object; its value is to be added to the buffer. */
static struct buf *
add_member(struct object *o, const char *key)
{
	buf_printf(&o->added, "%s\"%s\":", o->added.len > 0 ? "," : "", key);
	return &o->added;
}

/* Put in what was added to the object. */
static void
close_object(struct editor *e, struct object *o)
{
	if (o->added.len == 0)
		return;
	if (!o->place.empty)
		buf_putc(&o->added, ',');
	if (buf_error(&o->added) != GB_OK)
		e->splices.added.fail = buf_error(&o->added);
	else
		json_splice(&e->splices, o->place.open, o->place.open,
			    o->added.data, o->added.len);
}

/* Give a member of an object this value, be it there or not. */
static void
set_member(struct editor *e, struct object *o, const struct json_want *want,
	   const char *value, size_t len)
{
	switch (want->have) {
	case JSON_ABSENT:
		buf_add(add_member(o, want->camel), value, len);
		break;
	case JSON_NULL:
	case JSON_THERE:
		json_splice(&e->splices, want->from, want->to, value, len);
		break;
	case JSON_TWICE:
		break;
	}
}

static bool
is_missing(const struct json_want *want)
{
	return want->have == JSON_ABSENT || want->have == JSON_NULL;
}

/* --- the model's name ----------------------------------------------------- */

/* A value that names the model, with or without "models/". */
static void
rename_value(struct editor *e, const struct json_want *want)
{
	static const char *const prefixes[] = {"", "models/"};
	char have[MODEL_NAME_MAX + 16], text[MODEL_NAME_MAX + 16];
	size_t i, len;

	for (i = 0; want->have == JSON_THERE && i < GB_COUNT(prefixes); i++) {
		len = (size_t)snprintf(have, sizeof(have), "\"%s%s\"",
				       prefixes[i], e->opts->given);
		if (len >= sizeof(have) || len != want->to - want->from ||
		    memcmp(e->text + want->from, have, len) != 0)
			continue;
		len = (size_t)snprintf(text, sizeof(text), "\"%s%s\"",
				       prefixes[i], e->opts->name->google);
		json_splice(&e->splices, want->from, want->to, text, len);
	}
}

static void
rename_within(struct editor *e, size_t at)
{
	struct json_want model = root_wants[ROOT_MODEL];
	struct json_place place;

	if (json_look(e->text, e->len, at, &model, 1, &place))
		rename_value(e, &model);
}

/* Google wants the model of the path wherever the body names one. */
static void
rename_model(struct editor *e)
{
	const struct json_want *requests = &e->roots[ROOT_REQUESTS];
	struct json_scan scan;
	struct json_member m;
	size_t i;

	if (strcmp(e->opts->given, e->opts->name->google) == 0)
		return;
	rename_value(e, &e->roots[ROOT_MODEL]);
	if (e->roots[ROOT_WHOLE].have == JSON_THERE)
		rename_within(e, e->roots[ROOT_WHOLE].from);
	if (requests->have != JSON_THERE ||
	    !json_scan_begin(&scan, e->text, e->len, requests->from, '['))
		return;
	for (i = 0; i < ITEMS_MAX && json_scan_next(&scan, &m); i++)
		rename_within(e, m.from);
}

/* --- generationConfig ----------------------------------------------------- */

static void
look_at_config(struct editor *e)
{
	const struct json_want *config = &e->roots[ROOT_CONFIG];

	memcpy(e->configs, config_wants, sizeof(e->configs));
	e->config.place.empty = true;
	e->config_known = is_missing(config) ||
			  (config->have == JSON_THERE &&
			   json_look(e->text, e->len, config->from, e->configs,
				     CONFIG__MAX, &e->config.place));
}

static void
set_thinking(struct editor *e)
{
	const struct json_want *want = &e->configs[CONFIG_THINKING];
	struct chat_thinking asked;
	struct thinking_plan plan;
	struct json_out out;
	struct buf text;

	if (!model_default_thinking(e->opts->name, e->opts->rules,
				    !is_missing(want), &asked))
		return;
	(void)thinking_plan(&e->facts, &asked, &plan);
	if (thinking_plan_is_empty(&plan))
		return;
	buf_init(&text, NATIVE_EDIT_MAX);
	jout_init(&out, &text);
	thinking_plan_write(&plan, &out);
	if (buf_error(&text) != GB_OK)
		e->splices.added.fail = buf_error(&text);
	else
		set_member(e, &e->config, want, text.data, text.len);
	buf_release(&text);
}

static void
set_modalities(struct editor *e)
{
	static const char both[] = "[\"TEXT\",\"IMAGE\"]";
	const struct json_want *want = &e->configs[CONFIG_MODALITIES];

	if (e->opts->name->image && is_missing(want))
		set_member(e, &e->config, want, both, sizeof(both) - 1);
}

/* Put what was added to it into the config, or the config into the root. */
static void
close_config(struct editor *e)
{
	const struct json_want *config = &e->roots[ROOT_CONFIG];
	struct buf *added = &e->config.added;
	struct buf whole;

	if (config->have == JSON_THERE || added->len == 0) {
		close_object(e, &e->config);
		return;
	}
	buf_init(&whole, NATIVE_EDIT_MAX);
	buf_printf(&whole, "{%s}", buf_str(added));
	if (buf_error(&whole) != GB_OK)
		e->splices.added.fail = buf_error(&whole);
	else
		set_member(e, &e->root, config, whole.data, whole.len);
	buf_release(&whole);
}

static void
edit_config(struct editor *e)
{
	if (!e->config_known)
		return;
	set_thinking(e);
	set_modalities(e);
	close_config(e);
}

/* --- tools ---------------------------------------------------------------- */

/* The kinds of tool that one object of "tools" has. */
static unsigned
kinds_of_tool(const struct editor *e, size_t at)
{
	struct json_scan scan;
	struct json_member m;
	unsigned kinds = 0;
	size_t i;

	if (!json_scan_begin(&scan, e->text, e->len, at, '{'))
		return TOOL_OTHER;
	while (json_scan_next(&scan, &m)) {
		for (i = 0; i < GB_COUNT(tool_kinds); i++)
			if (json_member_is(&m, tool_kinds[i].camel) ||
			    json_member_is(&m, tool_kinds[i].snake))
				break;
		kinds |=
		    i < GB_COUNT(tool_kinds) ? tool_kinds[i].kind : TOOL_OTHER;
	}
	return scan.closed ? kinds : kinds | TOOL_OTHER;
}

/* The kinds that there are, and where more of them can be put; false:
 * nowhere. */
static bool
look_at_tools(const struct editor *e, unsigned *kinds, struct json_place *place)
{
	const struct json_want *tools = &e->roots[ROOT_TOOLS];
	struct json_scan scan;
	struct json_member m;

	*kinds = 0;
	if (is_missing(tools))
		return true;
	if (tools->have != JSON_THERE ||
	    !json_look_array(e->text, e->len, tools->from, place) ||
	    !json_scan_begin(&scan, e->text, e->len, tools->from, '['))
		return false;
	while (json_scan_next(&scan, &m))
		*kinds |= kinds_of_tool(e, m.from);
	return true;
}

/* Whether one content has a part that is no text; also when it is hard to
 * tell. */
static bool
content_has_media(const struct editor *e, size_t at)
{
	struct json_want wants[] = {
	    {.camel = "inlineData", .snake = "inline_data"},
	    {.camel = "fileData", .snake = "file_data"},
	};
	struct json_want parts = {.camel = "parts", .snake = "parts"};
	struct json_place place;
	struct json_scan scan;
	struct json_member m;

	if (!json_look(e->text, e->len, at, &parts, 1, &place))
		return true;
	if (is_missing(&parts))
		return false;
	if (parts.have != JSON_THERE ||
	    !json_scan_begin(&scan, e->text, e->len, parts.from, '['))
		return true;
	while (json_scan_next(&scan, &m))
		if (!json_look(e->text, e->len, m.from, wants, GB_COUNT(wants),
			       &place) ||
		    !is_missing(&wants[0]) || !is_missing(&wants[1]))
			return true;
	return !scan.closed;
}

static bool
has_media(const struct editor *e)
{
	const struct json_want *contents = &e->roots[ROOT_CONTENTS];
	struct json_scan scan;
	struct json_member m;

	if (is_missing(contents))
		return false;
	if (contents->have != JSON_THERE ||
	    !json_scan_begin(&scan, e->text, e->len, contents->from, '['))
		return true;
	while (json_scan_next(&scan, &m))
		if (content_has_media(e, m.from))
			return true;
	return !scan.closed;
}

/* Whether the answer is to be something else than plain text. */
static bool
wants_json(const struct editor *e)
{
	static const char plain[] = "\"text/plain\"";
	const struct json_want *mime = &e->configs[CONFIG_MIME];

	if (!e->config_known)
		return true; /* who knows */
	return !is_missing(mime) &&
	       !(mime->have == JSON_THERE &&
		 mime->to - mime->from == sizeof(plain) - 1 &&
		 memcmp(e->text + mime->from, plain, sizeof(plain) - 1) == 0);
}

/* Gemini wants to be asked for tools of its own beside functions.  False: the
 * toolConfig cannot be changed. */
static bool
ask_for_both(struct editor *e)
{
	static const char whole[] =
	    "{\"includeServerSideToolInvocations\":true}";
	static const char alone[] = "\"includeServerSideToolInvocations\":true";
	const struct json_want *config = &e->roots[ROOT_TOOL_CONFIG];
	struct json_want both = {
	    .camel = "includeServerSideToolInvocations",
	    .snake = "include_server_side_tool_invocations",
	};
	struct json_place place;

	if (is_missing(config)) {
		set_member(e, &e->root, config, whole, sizeof(whole) - 1);
		return true;
	}
	if (config->have != JSON_THERE ||
	    !json_look(e->text, e->len, config->from, &both, 1, &place))
		return false;
	if (both.have != JSON_ABSENT)
		return true; /* the client knows about it */
	json_splice(&e->splices, place.open, place.open, alone,
		    sizeof(alone) - 1);
	if (!place.empty)
		json_splice(&e->splices, place.open, place.open, ",", 1);
	return true;
}

static void
write_builtins(unsigned kinds, const char *separator, struct buf *text)
{
	size_t i;

	for (i = 0; i < GB_COUNT(builtin_texts); i++) {
		if ((kinds & builtin_texts[i].kind) == 0)
			continue;
		buf_printf(text, "%s%s", separator, builtin_texts[i].text);
		separator = ",";
	}
}

static void
add_builtins(struct editor *e, unsigned kinds, const struct json_place *place)
{
	const struct json_want *tools = &e->roots[ROOT_TOOLS];
	struct buf text;

	buf_init(&text, NATIVE_EDIT_MAX);
	if (is_missing(tools)) {
		buf_putc(&text, '[');
		write_builtins(kinds, "", &text);
		buf_putc(&text, ']');
	} else {
		write_builtins(kinds, place->empty ? "" : ",", &text);
	}
	if (buf_error(&text) != GB_OK)
		e->splices.added.fail = buf_error(&text);
	else if (is_missing(tools))
		set_member(e, &e->root, tools, text.data, text.len);
	else
		json_splice(&e->splices, place->last, place->last, text.data,
			    text.len);
	buf_release(&text);
}

static void
edit_tools(struct editor *e)
{
	const struct native_edit *o = e->opts;
	struct json_place place;
	struct tool_case c;
	unsigned kinds, add;

	if (!o->name->search && !o->rules->url_context &&
	    !o->rules->code_execution)
		return;
	if (!look_at_tools(e, &kinds, &place))
		return;
	c.functions = (kinds & TOOL_FUNCTIONS) != 0;
	c.json = wants_json(e);
	c.media = o->rules->code_execution && has_media(e);
	c.cached = !is_missing(&e->roots[ROOT_CACHED]);
	c.builtins = kinds;
	c.others = (kinds & TOOL_OTHER) != 0;
	add = model_default_builtins(o->name, o->rules, &e->facts, &c);
	if (add != 0 && (!c.functions || ask_for_both(e)))
		add_builtins(e, add, &place);
}

/* --- the whole ------------------------------------------------------------ */

static void
add_safety(struct editor *e)
{
	const struct model_rules *rules = e->opts->rules;
	struct json_out out;
	size_t i;

	if (rules->safety_count == 0 ||
	    e->roots[ROOT_SAFETY].have != JSON_ABSENT)
		return;
	jout_init(&out, add_member(&e->root, "safetySettings"));
	jout_array(&out);
	for (i = 0; i < rules->safety_count; i++) {
		jout_object(&out);
		jout_key_string(&out, "category", rules->safety[i].category);
		jout_key_string(&out, "threshold", rules->safety[i].threshold);
		jout_object_end(&out);
	}
	jout_array_end(&out);
}

/* Whether anything can come of looking at the body. */
static bool
is_needed(const struct native_edit *o)
{
	const struct model_name *name = o->name;
	int64_t tokens;

	if (strcmp(o->given, name->google) != 0)
		return true;
	return o->generates &&
	       (o->rules->safety_count > 0 || name->search || name->image ||
		name->no_thinking || o->rules->code_execution ||
		o->rules->url_context ||
		model_budget(o->rules, name->google, &tokens));
}

static void
edit(struct editor *e)
{
	rename_model(e);
	if (e->opts->generates) {
		model_facts_get(e->opts->name->google, e->opts->rules,
				&e->facts);
		add_safety(e);
		look_at_config(e);
		edit_config(e);
		edit_tools(e);
	}
	close_object(e, &e->root);
}

enum gb_err
native_edit_body(struct buf *body, const struct native_edit *opts)
{
	struct editor e;
	enum gb_err rc;

	rc = buf_error(body);
	if (rc != GB_OK || body->data == NULL || !is_needed(opts))
		return rc;
	memset(&e, 0, sizeof(e));
	e.opts = opts;
	e.text = body->data;
	e.len = body->len;
	memcpy(e.roots, root_wants, sizeof(e.roots));
	json_splices_init(&e.splices, body, NATIVE_EDIT_MAX);
	buf_init(&e.root.added, NATIVE_EDIT_MAX);
	buf_init(&e.config.added, NATIVE_EDIT_MAX);
	if (json_look(e.text, e.len, 0, e.roots, ROOT__MAX, &e.root.place) &&
	    json_skip_space(e.text, e.len, e.root.place.end) == e.len) {
		edit(&e);
		rc = json_splices_apply(&e.splices);
	}
	buf_release(&e.config.added);
	buf_release(&e.root.added);
	json_splices_release(&e.splices);
	return rc;
}
