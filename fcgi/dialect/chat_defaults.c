/* chat_defaults.c: what the model's name and the operator say, in a chat */
#include "dialect/chat_defaults.h"

#include <stdio.h>

#include "dialect/model_defaults.h"

static bool
has_media(const struct chat *chat)
{
	size_t i;

	for (i = 0; i < chat->part_count; i++)
		if (chat->parts[i].kind == CHAT_INLINE ||
		    chat->parts[i].kind == CHAT_FILE)
			return true;
	return false;
}

static void
add_builtins(struct chat *chat, const struct model_name *name,
	     const struct model_rules *rules)
{
	struct model_facts facts;
	struct tool_case c;

	model_facts_get(name->google, rules, &facts);
	c.functions = chat->tool_count > 0 && facts.functions;
	c.json = chat->output != CHAT_OUTPUT_TEXT;
	c.media = has_media(chat);
	c.others = false;
	c.cached = chat->cached_content.ptr != NULL;
	c.builtins = chat->builtins;
	chat->builtins |= model_default_builtins(name, rules, &facts, &c);
}

void
chat_apply_defaults(struct chat *chat, const struct model_rules *rules)
{
	struct chat_thinking *thinking = &chat->thinking;
	struct model_name name;

	model_name_resolve(chat->model, rules, &name);
	(void)snprintf(chat->model, sizeof(chat->model), "%s", name.google);
	(void)model_default_thinking(&name, rules,
				     thinking->param != NULL ||
					 thinking->thoughts_set,
				     thinking);
	add_builtins(chat, &name, rules);
	if (name.image && chat->gen.modalities == 0)
		chat->gen.modalities = CHAT_MODALITY_TEXT | CHAT_MODALITY_IMAGE;
}
