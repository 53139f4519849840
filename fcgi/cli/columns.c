/* columns.c: a table on a terminal */
#include "cli/columns.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define GAP 2 /* blanks between two columns */

void
columns_init(struct columns *c, size_t width)
{
	memset(c, 0, sizeof(*c));
	c->width = width;
}

void
columns_release(struct columns *c)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		free(c->cells[i]);
	free(c->cells);
	columns_init(c, c->width);
}

void
columns_add(struct columns *c, const char *text)
{
	char **cells;
	size_t room;

	if (c->fail != GB_OK)
		return;
	if (c->count == c->room) {
		room = c->room == 0 ? 64 : c->room * 2;
		cells = reallocarray(c->cells, room, sizeof(*cells));
		if (cells == NULL) {
			c->fail = GB_ENOMEM;
			return;
		}
		c->cells = cells;
		c->room = room;
	}
	c->cells[c->count] = strdup(text[0] == '\0' ? "-" : text);
	if (c->cells[c->count] == NULL)
		c->fail = GB_ENOMEM;
	else
		c->count++;
}

void
columns_add_number(struct columns *c, int64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, number);
	columns_add(c, text);
}

void
columns_add_time(struct columns *c, int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	clock_text(text, ms, false);
	columns_add(c, ms == 0 ? "" : text);
}

/* How many columns of a terminal "text" takes: "…" of a mask is one. */
static size_t
shown_width(const char *text)
{
	size_t width;

	for (width = 0; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static size_t
column_width(const struct columns *c, size_t column)
{
	size_t i, width, widest;

	for (widest = 0, i = column; i < c->count; i += c->width) {
		width = shown_width(c->cells[i]);
		if (width > widest)
			widest = width;
	}
	return widest;
}

static void
print_cell(const char *text, size_t width, FILE *f)
{
	size_t shown;

	shown = shown_width(text);
	for (; *text != '\0'; text++) /* what Google said may hold anything */
		(void)fputc(iscntrl((unsigned char)*text) ? ' ' : *text, f);
	for (; shown < width; shown++)
		(void)fputc(' ', f);
}

enum gb_err
columns_print(const struct columns *c, FILE *f)
{
	size_t *widths, i, column;

	widths = calloc(c->width, sizeof(*widths));
	if (widths == NULL || c->fail != GB_OK) {
		free(widths);
		return GB_ENOMEM;
	}
	for (i = 0; i + 1 < c->width; i++) /* the last one needs no filling */
		widths[i] = column_width(c, i) + GAP;
	for (i = 0; i < c->count - c->count % c->width; i++) {
		column = i % c->width;
		print_cell(c->cells[i], widths[column], f);
		if (column == c->width - 1)
			(void)fputc('\n', f);
	}
	free(widths);
	return GB_OK;
}
