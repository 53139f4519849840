/* chat.c: a chat request in no client's dialect and not in Gemini's */
#include "dialect/chat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#define BLOCK_SIZE  4096 /* bytes of an arena's block, at least */
#define ARENA_ALIGN 16
#define LIST_FIRST  8 /* places of a list when it is first needed */
#define MANGLE_SUFFIX \
	8 /* bytes for "_" and a number up to CHAT_TOOLS_MAX, \
	     and for the "_" in front */

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

/* --- names of functions --------------------------------------------------- */

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
is_name_char(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == ':' ||
	       c == '-';
}

static bool
is_good_name(struct text name)
{
	size_t i;

	for (i = 0; i < name.len; i++)
		if (!is_name_char(name.ptr[i]))
			return false;
	return name.len > 0 && is_letter(name.ptr[0]);
}

/* "1st step" to "_1st_step"; room for a suffix is left behind it. */
static char *
mangle(struct chat *chat, struct text name)
{
	char *to;
	size_t i, len = 0;

	to = chat_alloc(chat, name.len + MANGLE_SUFFIX);
	if (to == NULL)
		return NULL;
	if (is_name_char(name.ptr[0]) && !is_letter(name.ptr[0]))
		to[len++] = '_';
	for (i = 0; i < name.len; i++)
		to[len++] = is_name_char(name.ptr[i]) ? name.ptr[i] : '_';
	to[len] = '\0';
	return to;
}

enum gb_err
chat_name(struct chat *chat, struct text name, struct text *out)
{
	const char *made;
	size_t i;

	if (name.len == 0 || name.len > CHAT_NAME_MAX)
		return GB_EINVAL;
	*out = name;
	if (is_good_name(name))
		return GB_OK;
	for (i = 0; i < chat->tool_count; i++) {
		made = chat->tools[i].given;
		if (made != NULL && text_is(name, made)) {
			*out = chat->tools[i].name;
			return GB_OK;
		}
	}
	made = mangle(chat, name);
	if (made == NULL)
		return GB_ENOMEM;
	*out = text_from(made);
	return GB_OK;
}

/* Whether a tool other than number "but" is called so. */
static bool
name_taken(const struct chat *chat, struct text name, size_t but)
{
	size_t i;

	for (i = 0; i < chat->tool_count; i++)
		if (i != but && text_equal(chat->tools[i].name, name))
			return true;
	return false;
}

/* Names that are good as they are stay so; a mangled one gives way, with a
 * number that begins at its own place: hardly ever is a second try needed. */
static enum gb_err
rename_tool(struct chat *chat, size_t at)
{
	struct chat_tool *tool;
	struct text name;
	char *made;
	size_t len;
	unsigned number;

	tool = &chat->tools[at];
	tool->given = chat_copy(chat, tool->name);
	made = mangle(chat, tool->name);
	if (tool->given == NULL || made == NULL)
		return GB_ENOMEM;
	len = strlen(made);
	name = text_from(made);
	for (number = (unsigned)at + 1; name_taken(chat, name, at); number++) {
		(void)snprintf(made + len, MANGLE_SUFFIX - 1, "_%u", number);
		name = text_from(made);
	}
	tool->name = name;
	return GB_OK;
}

static int
compare_names(const void *a, const void *b)
{
	const struct chat_tool *const *x = a, *const *y = b;
	size_t len;
	int order;

	len = (*x)->name.len < (*y)->name.len ? (*x)->name.len : (*y)->name.len;
	order = memcmp((*x)->name.ptr, (*y)->name.ptr, len);
	if (order != 0)
		return order;
	if ((*x)->name.len != (*y)->name.len)
		return (*x)->name.len < (*y)->name.len ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

/* GB_EEXIST when two tools have one name. */
static enum gb_err
find_twins(struct chat *chat, size_t *which)
{
	const struct chat_tool *sorted[CHAT_TOOLS_MAX];
	size_t i;

	for (i = 0; i < chat->tool_count; i++)
		sorted[i] = &chat->tools[i];
	qsort(sorted, chat->tool_count, sizeof(sorted[0]), compare_names);
	for (i = 1; i < chat->tool_count; i++) {
		if (text_equal(sorted[i - 1]->name, sorted[i]->name)) {
			*which = (size_t)(sorted[i] - chat->tools);
			return GB_EEXIST;
		}
	}
	return GB_OK;
}

enum gb_err
chat_name_tools(struct chat *chat, size_t *which)
{
	enum gb_err rc;
	size_t i, len;

	*which = 0;
	for (i = 0; i < chat->tool_count; i++) {
		len = chat->tools[i].name.len;
		*which = i;
		if (len == 0 || len > CHAT_NAME_MAX)
			return GB_EINVAL;
	}
	if ((rc = find_twins(chat, which)) != GB_OK)
		return rc;
	for (i = 0; i < chat->tool_count; i++) {
		if (is_good_name(chat->tools[i].name))
			continue;
		if ((rc = rename_tool(chat, i)) != GB_OK)
			return rc;
	}
	return GB_OK;
}

const struct chat_tool *
chat_find_tool(const struct chat *chat, const char *name)
{
	size_t i;

	for (i = 0; i < chat->tool_count; i++)
		if (text_is(chat->tools[i].name, name))
			return &chat->tools[i];
	return NULL;
}

const char *
chat_original_name(const struct chat *chat, const char *name)
{
	const struct chat_tool *tool;

	tool = chat_find_tool(chat, name);
	return tool == NULL || tool->given == NULL ? name : tool->given;
}

/* --- results -------------------------------------------------------------- */

/* A result names its call by the id or, when it has none, by the function. */
static bool
answers(const struct chat_part *result, const struct chat_part *call)
{
	if (result->id.ptr != NULL)
		return text_equal(result->id, call->id);
	return text_equal(result->name, call->name);
}

/* How many parts a result and its media are. */
static size_t
result_span(const struct chat_part *parts, size_t at, size_t end)
{
	size_t span;

	for (span = 1; at + span < end && parts[at + span].of_result; span++)
		;
	return span;
}

/* OpenAI's functions of 2023 have no ids, but Gemini wants them. */
static bool
make_id(struct chat *chat, struct chat_part *call)
{
	char id[32];
	struct text text;

	(void)snprintf(id, sizeof(id), "function_call_%zu",
		       (size_t)(call - chat->parts));
	text.ptr = id;
	text.len = strlen(id);
	text.ptr = chat_copy(chat, text);
	call->id = text;
	return text.ptr != NULL;
}

/* For each call of "turn" the result in the turn after it, as an index of
 * parts + 1; 0: none. */
static enum gb_err
match_results(struct chat *chat, const struct chat_turn *calls,
	      const struct chat_turn *results, size_t found[CHAT_CALLS_MAX],
	      size_t *which)
{
	struct chat_part *part, *call = NULL;
	size_t i, at, number;

	memset(found, 0, CHAT_CALLS_MAX * sizeof(found[0]));
	for (i = results->first; i < results->first + results->count; i++) {
		part = &chat->parts[i];
		if (part->kind != CHAT_RESULT)
			continue;
		*which = i;
		number = 0;
		for (at = 0; at < calls->count; at++) {
			call = &chat->parts[calls->first + at];
			if (call->kind != CHAT_CALL)
				continue;
			if (found[number] == 0 && answers(part, call))
				break;
			number++;
		}
		if (at == calls->count)
			return GB_ENOTFOUND;
		found[number] = i + 1;
		if (call->id.ptr == NULL && !make_id(chat, call))
			return GB_ENOMEM;
		part->name = call->name;
		part->id = call->id;
	}
	return GB_OK;
}

/* Lay the parts of a turn out anew: results in the order of "found", each
 * with its media, then the others as they were. */
static enum gb_err
reorder(struct chat *chat, const struct chat_turn *turn, const size_t *found)
{
	struct chat_part *parts, *sorted;
	size_t i, end, span, to = 0;

	parts = chat->parts;
	end = turn->first + turn->count;
	sorted = calloc(turn->count, sizeof(*sorted));
	if (sorted == NULL)
		return GB_ENOMEM;
	for (i = 0; i < turn->results; i++) {
		span = result_span(parts, found[i] - 1, end);
		memcpy(sorted + to, parts + found[i] - 1,
		       span * sizeof(*sorted));
		to += span;
	}
	for (i = turn->first; i < end; i++)
		if (parts[i].kind != CHAT_RESULT && !parts[i].of_result)
			sorted[to++] = parts[i];
	memcpy(parts + turn->first, sorted, turn->count * sizeof(*sorted));
	free(sorted);
	return GB_OK;
}

/* The first call of "turn" that has no result. */
static enum gb_err
find_unanswered(const struct chat *chat, const struct chat_turn *turn,
		const size_t *found, size_t *which)
{
	size_t i, number = 0;

	for (i = turn->first; i < turn->first + turn->count; i++) {
		if (chat->parts[i].kind != CHAT_CALL)
			continue;
		*which = i;
		if (found[number++] == 0)
			return GB_ENOTFOUND;
	}
	return GB_OK;
}

enum gb_err
chat_pair_results(struct chat *chat, size_t *which)
{
	static const struct chat_turn nothing;
	size_t found[CHAT_CALLS_MAX];
	const struct chat_turn *calls, *results;
	enum gb_err rc;
	size_t i;

	*which = 0;
	for (i = 0; i <= chat->turn_count; i++) {
		calls = i == 0 ? &nothing : &chat->turns[i - 1];
		results = i == chat->turn_count ? &nothing : &chat->turns[i];
		if (calls->calls == 0 && results->results == 0)
			continue;
		rc = match_results(chat, calls, results, found, which);
		if (rc == GB_OK)
			rc = find_unanswered(chat, calls, found, which);
		if (rc == GB_OK && results->results > 0)
			rc = reorder(chat, results, found);
		if (rc != GB_OK)
			return rc;
	}
	return GB_OK;
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
	size_t i;

	if (len == 0 || len >= CHAT_DROPPED_NAME)
		return false;
	for (i = 0; i < len; i++)
		if (!is_name_char(name[i]) || name[i] == ':')
			return false;
	return true;
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
