/* chat_defaults.c: what the model's name and the operator say, in a chat */
#include "dialect/chat_defaults.h"

#include <stdio.h>
#include <string.h>

#include "dialect/images/image_shape.h"
#include "dialect/model_defaults.h"
#include "dialect/prompt_marks.h"

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

/* The text that was said last, if the user said it; or NULL. */
static struct chat_part *
last_words(const struct chat *chat)
{
	const struct chat_turn *turn;
	size_t i;

	if (chat->turn_count == 0)
		return NULL;
	turn = &chat->turns[chat->turn_count - 1];
	for (i = turn->count; turn->role == CHAT_USER && i-- > 0;)
		if (chat->parts[turn->first + i].kind == CHAT_TEXT)
			return &chat->parts[turn->first + i];
	return NULL;
}

/* {ratio:16:9} as Gemini Balance's users write it; a chat has one answer, so
 * that {n:2} is dropped. */
static void
read_marks(struct chat *chat)
{
	struct image_wish wish;
	struct image_shape shape;
	struct prompt_marks marks;
	struct chat_part *part;
	size_t len;
	char *copy;

	part = last_words(chat);
	if (part == NULL ||
	    (copy = chat_alloc(chat, part->data.len + 1)) == NULL)
		return;
	len = prompt_marks_read(part->data, &marks, copy);
	if ((marks.n == 0 && marks.ratio.ptr == NULL) || len == 0)
		return;
	copy[len] = '\0';
	memset(&wish, 0, sizeof(wish));
	if (marks.ratio.ptr != NULL && image_wish_size(marks.ratio, &wish)) {
		image_shape_fit(chat->model, &wish, &shape);
		chat->gen.aspect_ratio = text_from(shape.ratio);
		if (!shape.exact)
			chat_drop(&chat->dropped, "ratio");
	}
	if (marks.n > 1)
		chat_drop(&chat->dropped, "n");
	part->data.ptr = copy;
	part->data.len = len;
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
	chat->draws = name.chat;
	if (chat->draws)
		read_marks(chat);
}
