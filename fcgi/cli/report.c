/* report.c: rows as a table, as CSV or as JSON */
#include "cli/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define TEXT_MAX (256 * 1024 * 1024) /* of a report: a million rows */

/* A cell of the table, if it has this column. */
static void
table_cell(struct report *r, size_t column, const char *text)
{
	if (r->columns[column].head != NULL)
		columns_add(&r->table, text);
}

void
report_init(struct report *r, enum report_format format,
	    const struct report_column *columns, size_t width)
{
	size_t i, shown;

	memset(r, 0, sizeof(*r));
	r->format = format;
	r->columns = columns;
	r->width = width;
	for (shown = i = 0; i < width; i++)
		shown += columns[i].head != NULL;
	columns_init(&r->table, shown);
	buf_init(&r->text, TEXT_MAX);
	jout_init(&r->json, &r->text);
	if (format == REPORT_JSON)
		jout_array(&r->json);
	for (i = 0; i < width; i++)
		if (format == REPORT_TABLE)
			table_cell(r, i, columns[i].head);
		else if (format == REPORT_CSV)
			buf_printf(&r->text, "%s%s", columns[i].name,
				   i + 1 < width ? "," : "\n");
}

void
report_release(struct report *r)
{
	columns_release(&r->table);
	buf_release(&r->text);
}

/* Before a cell's value. */
static void
begin_cell(struct report *r)
{
	if (r->format != REPORT_JSON)
		return;
	if (r->at == 0)
		jout_object(&r->json);
	jout_key(&r->json, r->columns[r->at].name);
}

/* After it. */
static void
end_cell(struct report *r)
{
	r->at = (r->at + 1) % r->width;
	if (r->format == REPORT_JSON && r->at == 0)
		jout_object_end(&r->json);
	else if (r->format == REPORT_CSV)
		buf_putc(&r->text, r->at == 0 ? '\n' : ',');
}

/* A text may be of a client's making: one that a spreadsheet would take for a
 * formula gets a "'" before it. */
static void
csv_text(struct buf *out, const char *text)
{
	buf_putc(out, '"');
	if (text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL)
		buf_putc(out, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			buf_putc(out, '"');
		buf_putc(out, *text);
	}
	buf_putc(out, '"');
}

void
report_text(struct report *r, const char *text)
{
	begin_cell(r);
	if (r->format == REPORT_TABLE)
		table_cell(r, r->at, text);
	else if (r->format == REPORT_CSV)
		csv_text(&r->text, text);
	else
		jout_string(&r->json, text);
	end_cell(r);
}

/* "text" is a number's. */
static void
add_number(struct report *r, const char *text)
{
	begin_cell(r);
	if (r->format == REPORT_TABLE)
		table_cell(r, r->at, text);
	else if (r->format == REPORT_CSV)
		buf_puts(&r->text, text);
	else
		jout_raw(&r->json, text, strlen(text));
	end_cell(r);
}

void
report_number(struct report *r, int64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, number);
	add_number(r, text);
}

void
report_money_text(char text[REPORT_MONEY_SIZE], int64_t micro)
{
	int len;

	len = snprintf(text, REPORT_MONEY_SIZE, "%" PRId64 ".%06" PRId64,
		       micro / 1000000, micro % 1000000);
	while (text[len - 1] == '0' && text[len - 3] != '.')
		text[--len] = '\0';
}

void
report_money(struct report *r, int64_t micro)
{
	char text[REPORT_MONEY_SIZE];

	report_money_text(text, micro);
	add_number(r, text);
}

void
report_time(struct report *r, int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	if (ms == 0) {
		report_unknown(r);
		return;
	}
	clock_text(text, ms, false);
	report_text(r, text);
}

void
report_unknown(struct report *r)
{
	begin_cell(r);
	if (r->format == REPORT_TABLE)
		table_cell(r, r->at, "");
	else if (r->format == REPORT_JSON)
		jout_null(&r->json);
	end_cell(r);
}

enum gb_err
report_print(struct report *r)
{
	enum gb_err rc;

	if (r->format == REPORT_TABLE)
		return columns_print(&r->table, stdout);
	if (r->format == REPORT_JSON) {
		jout_array_end(&r->json);
		buf_putc(&r->text, '\n');
	}
	if ((rc = buf_error(&r->text)) == GB_OK)
		(void)fwrite(buf_str(&r->text), 1, r->text.len, stdout);
	return rc;
}
