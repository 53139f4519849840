/* chat_names.c: names of functions, as Gemini takes them */
#include "dialect/chat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANGLE_SUFFIX \
	8 /* bytes for "_" and a number up to CHAT_TOOLS_MAX, \
	     and for the "_" in front */

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
