/* reply_text.c: what an answer is in words, where a dialect has no form for it
 */
#include "dialect/reply_text.h"

#include <ctype.h>
#include <string.h>

#define FENCE_MIN 3 /* backticks of a fence, by Markdown's rule */

void
reply_text_refusal(const struct reply *r, unsigned candidate, struct buf *text)
{
	const struct reply_candidate *c;

	c = &r->candidates[candidate];
	if (reply_blocked(r))
		buf_printf(text, "Gemini refused the prompt (%s).",
			   r->block_reason);
	else if (c->has_output ||
		 (c->finish != FINISH_FILTERED && c->finish != FINISH_OTHER))
		return;
	else if (c->finish_message[0] != '\0')
		buf_puts(text, c->finish_message);
	else
		buf_printf(text, "Gemini withheld the answer (%s).",
			   c->finish_reason);
}

/* One backtick more than the longest run within. */
static size_t
fence_length(const char *text, size_t len)
{
	size_t i, run, most;

	for (i = run = most = 0; i < len; i++) {
		run = text[i] == '`' ? run + 1 : 0;
		if (run > most)
			most = run;
	}
	return most < FENCE_MIN ? FENCE_MIN : most + 1;
}

static void
add_times(struct buf *b, char c, size_t times)
{
	while (times-- > 0)
		buf_putc(b, c);
}

void
reply_text_fence(struct buf *b, const struct piece *p, bool first)
{
	const char *at;
	size_t ticks;

	ticks = fence_length(p->text, p->text_len);
	if (!first)
		buf_putc(b, '\n');
	add_times(b, '`', ticks);
	if (p->kind == PIECE_CODE_RESULT)
		buf_puts(b, "output");
	else if (strcmp(p->mime, "LANGUAGE_UNSPECIFIED") != 0)
		for (at = p->mime; *at != '\0'; at++)
			buf_putc(b, (char)tolower((unsigned char)*at));
	buf_putc(b, '\n');
	if (p->text_len > 0)
		buf_add(b, p->text, p->text_len);
	else
		buf_puts(b, p->mime); /* the outcome, of a silent program */
	if (p->text_len == 0 || p->text[p->text_len - 1] != '\n')
		buf_putc(b, '\n');
	add_times(b, '`', ticks);
	buf_putc(b, '\n');
}

void
reply_text_picture(struct buf *b, const struct piece *p, bool first)
{
	if (!first)
		buf_putc(b, '\n');
	buf_printf(b, "![image](data:%s;base64,", p->mime);
	buf_add(b, p->text, p->text_len);
	buf_puts(b, ")\n");
}
