/* list.c: links within a long list */
#include "admin/list.h"

#include <string.h>

#define TRAIL_MAX  1024 /* bytes: some forty pages of the journal */
#define TRAIL_LOST "~"	/* begins a trail whose first pages are forgotten */

static const char unescaped[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"abcdefghijklmnopqrstuvwxyz0123456789-._~";

void
list_escape(struct buf *out, const char *text, const char *keep)
{
	for (; *text != '\0'; text++)
		if (strchr(unescaped, *text) != NULL ||
		    strchr(keep, *text) != NULL)
			buf_putc(out, *text);
		else
			buf_printf(out, "%%%02X", (unsigned char)*text);
}

static void
add_field(struct buf *out, const char *name, const char *value)
{
	if (out->len > 0 && out->data[out->len - 1] != '?')
		buf_putc(out, '&');
	list_escape(out, name, "");
	buf_putc(out, '=');
	list_escape(out, value, "");
}

void
list_url(struct buf *out, const struct form *query, const char *name,
	 const char *value)
{
	const struct form_field *f;
	size_t i;

	buf_putc(out, '?');
	for (i = 0; i < query->count; i++) {
		f = &query->fields[i];
		if (strcmp(f->name, name) != 0 &&
		    strcmp(f->name, "after") != 0 &&
		    strcmp(f->name, "before") != 0 &&
		    strcmp(f->name, "trail") != 0 && f->value[0] != '\0')
			add_field(out, f->name, f->value);
	}
	if (value != NULL && value[0] != '\0')
		add_field(out, name, value);
}

void
list_fields(struct buf *out, const struct form *query)
{
	size_t i;

	buf_putc(out, '?');
	for (i = 0; i < query->count; i++)
		add_field(out, query->fields[i].name, query->fields[i].value);
}

/* A link to a page of the list: where "name" has its cursor, and its trail. */
static void
add_link(struct dict *d, const char *section, const struct form *query,
	 const char *name, const char *cursor, const char *trail)
{
	struct buf url;

	buf_init(&url, LIST_URL_MAX);
	list_url(&url, query, name, cursor);
	if (trail[0] != '\0')
		add_field(&url, "trail", trail);
	if (buf_error(&url) == GB_OK)
		dict_set(dict_add(d, section), "URL", buf_str(&url));
	buf_release(&url);
}

/* The page that the trail ends with; one without a trail is the second, and
 * began at the first, which has no cursor. */
static void
add_way_back(struct dict *d, const struct form *query)
{
	const char *trail, *last;
	struct buf rest;

	trail = form_value(query, "trail");
	if (strcmp(trail, TRAIL_LOST) == 0)
		return;
	last = strrchr(trail, '_');
	buf_init(&rest, LIST_URL_MAX);
	if (last != NULL)
		buf_add(&rest, trail, (size_t)(last - trail));
	if (buf_error(&rest) == GB_OK)
		add_link(d, "PAGE_BEFORE", query, "after",
			 last == NULL ? trail : last + 1, buf_str(&rest));
	buf_release(&rest);
}

/* The next page, whose trail ends with this one. */
static void
add_way_on(struct dict *d, const struct form *query, const char *after)
{
	const char *trail, *here, *rest;
	struct buf longer, kept;

	trail = form_value(query, "trail");
	here = form_value(query, "after");
	buf_init(&longer, LIST_URL_MAX);
	buf_init(&kept, TRAIL_MAX + 1);
	buf_printf(&longer, "%s%s%s", trail, trail[0] == '\0' ? "" : "_", here);
	if (longer.len <= TRAIL_MAX) {
		buf_puts(&kept, buf_str(&longer));
	} else {
		rest = strchr(buf_str(&longer) + longer.len - TRAIL_MAX, '_');
		buf_printf(&kept, TRAIL_LOST "%s", rest == NULL ? "" : rest);
	}
	add_link(d, "PAGE_AFTER", query, "after", after, buf_str(&kept));
	buf_release(&longer);
	buf_release(&kept);
}

void
list_pager(struct dict *d, const struct form *query, const char *before,
	   const char *after)
{
	bool first;

	first = !form_has(query, "after") && !form_has(query, "before");
	if (first && after == NULL)
		return;
	dict_show(d, "PAGER");
	if (!first)
		add_link(d, "PAGE_FIRST", query, "after", NULL, "");
	if (!first && before != NULL)
		add_link(d, "PAGE_BEFORE", query, "before", before, "");
	if (after != NULL)
		add_link(d, "PAGE_AFTER", query, "after", after, "");
}

void
list_pager_on(struct dict *d, const struct form *query, const char *after)
{
	bool first;

	first = form_value(query, "after")[0] == '\0';
	if (first && after == NULL)
		return;
	dict_show(d, "PAGER");
	if (!first)
		add_link(d, "PAGE_FIRST", query, "after", NULL, "");
	if (!first)
		add_way_back(d, query);
	if (after != NULL)
		add_way_on(d, query, after);
}
