/* list.c: links within a long list */
#include "admin/list.h"

#include <string.h>

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
		    strcmp(f->name, "before") != 0 && f->value[0] != '\0')
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

static void
add_link(struct dict *d, const char *section, const struct form *query,
	 const char *name, const char *value)
{
	struct buf url;

	buf_init(&url, LIST_URL_MAX);
	list_url(&url, query, name, value);
	if (buf_error(&url) == GB_OK)
		dict_set(dict_add(d, section), "URL", buf_str(&url));
	buf_release(&url);
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
		add_link(d, "PAGE_FIRST", query, "after", NULL);
	if (!first && before != NULL)
		add_link(d, "PAGE_BEFORE", query, "before", before);
	if (after != NULL)
		add_link(d, "PAGE_AFTER", query, "after", after);
}
