/* chat.c: a chat request in no client's dialect and not in Gemini's */
#include "dialect/chat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#define BLOCK_SIZE  4096 /* bytes of an arena's block, at least */
#define ARENA_ALIGN 16
#define LIST_FIRST  8 /* places of a list when it is first needed */

struct chat_block {
	struct chat_block *next;
	size_t size, used;
	_Alignas(ARENA_ALIGN) char data[];
};

/* Lies in the arena itself. */
struct chat_owned {
	struct chat_owned *next;
	char *data;
};

void
chat_init(struct chat *chat)
{
	memset(chat, 0, sizeof(*chat));
	chat->n = 1;
}

void
chat_release(struct chat *chat)
{
	struct chat_block *block, *next;
	struct chat_owned *owned;

	for (owned = chat->owned; owned != NULL; owned = owned->next)
		free(owned->data);
	for (block = chat->arena; block != NULL; block = next) {
		next = block->next;
		free(block);
	}
	free(chat->system);
	free(chat->parts);
	free(chat->turns);
	free(chat->tools);
	free(chat->allowed);
	json_object_put(chat->root);
	chat_init(chat);
}

char *
chat_alloc(struct chat *chat, size_t len)
{
	struct chat_block *block;
	size_t size;
	char *data;

	if (len > SIZE_MAX / 2)
		return NULL;
	len = (len + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
	block = chat->arena;
	if (block == NULL || block->size - block->used < len) {
		size = len > BLOCK_SIZE ? len : BLOCK_SIZE;
		block = malloc(sizeof(*block) + size);
		if (block == NULL)
			return NULL;
		block->size = size;
		block->used = 0;
		block->next = chat->arena;
		chat->arena = block;
	}
	data = block->data + block->used;
	block->used += len;
	return data;
}

char *
chat_copy(struct chat *chat, struct text text)
{
	char *copy;

	copy = chat_alloc(chat, text.len + 1);
	if (copy == NULL)
		return NULL;
	if (text.len > 0)
		memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	return copy;
}

enum gb_err
chat_own(struct chat *chat, char *data)
{
	union {
		char *bytes;
		struct chat_owned *owned;
	} place;

	place.bytes = chat_alloc(chat, sizeof(*place.owned));
	if (place.bytes == NULL)
		return GB_ENOMEM;
	place.owned->next = chat->owned;
	place.owned->data = data;
	chat->owned = place.owned;
	return GB_OK;
}

/* Make room for one more item of "item" bytes in a list that has "count" of
 * "*size"; the list, moved or not, or NULL. */
static void *
grow(void *list, size_t count, size_t *size, size_t item)
{
	size_t more;
	void *moved;

	if (count < *size)
		return list;
	more = *size == 0 ? LIST_FIRST : *size * 2;
	moved = reallocarray(list, more, item);
	if (moved != NULL)
		*size = more;
	return moved;
}

static struct chat_turn *
last_turn(struct chat *chat, enum chat_role role)
{
	struct chat_turn *turn;

	if (chat->turn_count > 0 &&
	    chat->turns[chat->turn_count - 1].role == role)
		return &chat->turns[chat->turn_count - 1];
	turn = grow(chat->turns, chat->turn_count, &chat->turn_size,
		    sizeof(*turn));
	if (turn == NULL)
		return NULL;
	chat->turns = turn;
	turn += chat->turn_count++;
	memset(turn, 0, sizeof(*turn));
	turn->role = role;
	turn->first = chat->part_count;
	return turn;
}

struct chat_part *
chat_add_part(struct chat *chat, enum chat_role role, enum chat_part_kind kind,
	      enum gb_err *why)
{
	struct chat_turn *turn;
	struct chat_part *part;

	*why = GB_ETOOBIG;
	if (chat->part_count + chat->system_count >= CHAT_PARTS_MAX)
		return NULL;
	*why = GB_ENOMEM;
	part = grow(chat->parts, chat->part_count, &chat->part_size,
		    sizeof(*part));
	if (part == NULL)
		return NULL;
	chat->parts = part;
	turn = last_turn(chat, role);
	if (turn == NULL)
		return NULL;
	*why = GB_ETOOBIG;
	if (kind == CHAT_CALL && turn->calls >= CHAT_CALLS_MAX)
		return NULL;
	turn->calls += kind == CHAT_CALL;
	turn->results += kind == CHAT_RESULT;
	turn->count++;
	part += chat->part_count++;
	memset(part, 0, sizeof(*part));
	part->kind = kind;
	*why = GB_OK;
	return part;
}

struct chat_part *
chat_insert_part(struct chat *chat, size_t turn, size_t at,
		 enum chat_part_kind kind, enum gb_err *why)
{
	struct chat_part *part;
	size_t i;

	/* at the end, where there is room then, and from there to its place */
	part = chat_add_part(chat, chat->turns[chat->turn_count - 1].role, kind,
			     why);
	if (part == NULL)
		return NULL;
	chat->turns[chat->turn_count - 1].count--;
	chat->turns[turn].count++;
	for (i = turn + 1; i < chat->turn_count; i++)
		chat->turns[i].first++;
	part = &chat->parts[at];
	memmove(part + 1, part, (chat->part_count - 1 - at) * sizeof(*part));
	memset(part, 0, sizeof(*part));
	part->kind = kind;
	return part;
}

struct text *
chat_add_system(struct chat *chat, enum gb_err *why)
{
	struct text *text;

	*why = GB_ETOOBIG;
	if (chat->part_count + chat->system_count >= CHAT_PARTS_MAX)
		return NULL;
	*why = GB_ENOMEM;
	text = grow(chat->system, chat->system_count, &chat->system_size,
		    sizeof(*text));
	if (text == NULL)
		return NULL;
	chat->system = text;
	text += chat->system_count++;
	memset(text, 0, sizeof(*text));
	*why = GB_OK;
	return text;
}

struct chat_tool *
chat_add_tool(struct chat *chat, enum gb_err *why)
{
	struct chat_tool *tool;

	*why = GB_ETOOBIG;
	if (chat->tool_count >= CHAT_TOOLS_MAX)
		return NULL;
	*why = GB_ENOMEM;
	tool = grow(chat->tools, chat->tool_count, &chat->tool_size,
		    sizeof(*tool));
	if (tool == NULL)
		return NULL;
	chat->tools = tool;
	tool += chat->tool_count++;
	memset(tool, 0, sizeof(*tool));
	*why = GB_OK;
	return tool;
}

struct text *
chat_add_allowed(struct chat *chat, enum gb_err *why)
{
	struct text *name;

	*why = GB_ETOOBIG;
	if (chat->allowed_count >= CHAT_TOOLS_MAX)
		return NULL;
	*why = GB_ENOMEM;
	name = grow(chat->allowed, chat->allowed_count, &chat->allowed_size,
		    sizeof(*name));
	if (name == NULL)
		return NULL;
	chat->allowed = name;
	name += chat->allowed_count++;
	memset(name, 0, sizeof(*name));
	*why = GB_OK;
	return name;
}

struct text
chat_prompt(const struct chat *chat, unsigned answer)
{
	size_t at;

	if (chat->prompt_count == 0)
		return (struct text){NULL, 0};
	at = answer / ((size_t)chat->n / chat->prompt_count);
	return chat->prompts[at < CHAT_PROMPTS_MAX ? at : 0];
}

void
chat_choose_prompt(struct chat *chat, unsigned answer)
{
	if (chat->prompt_count > 1)
		chat->parts[0].data = chat_prompt(chat, answer);
}

size_t
chat_current_turn(const struct chat *chat)
{
	const struct chat_part *part;
	const struct chat_turn *turn;
	size_t i, at;

	for (i = chat->turn_count; i > 0; i--) {
		turn = &chat->turns[i - 1];
		if (turn->role != CHAT_USER)
			continue;
		for (at = 0; at < turn->count; at++) {
			part = &chat->parts[turn->first + at];
			if (part->kind != CHAT_RESULT && !part->of_result)
				return i;
		}
	}
	return 0;
}

/* Whether a name can stand in a header's list. */
static bool
fits_header(const char *name, size_t len)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";

	return len > 0 && len < CHAT_DROPPED_NAME && strspn(name, good) == len;
}

void
chat_drop(struct chat_dropped *dropped, const char *name)
{
	size_t i, len;

	len = strnlen(name, CHAT_DROPPED_NAME);
	for (i = 0; i < dropped->count; i++)
		if (strcmp(dropped->names[i], name) == 0)
			return;
	if (dropped->count == CHAT_DROPPED_MAX || !fits_header(name, len))
		dropped->more = true;
	else
		memcpy(dropped->names[dropped->count++], name, len + 1);
}

void
chat_drop_all(struct chat_dropped *dropped, const char *where,
	      const struct chat_dropped *more)
{
	char name[2 * CHAT_DROPPED_NAME];
	size_t i;

	for (i = 0; i < more->count; i++) {
		(void)snprintf(name, sizeof(name), "%s.%s", where,
			       more->names[i]);
		chat_drop(dropped, name);
	}
	dropped->more |= more->more;
}
