/* thought_text.c: thoughts as part of the text */
#include "dialect/thought_text.h"

#include <stdio.h>
#include <string.h>

#include "dialect/text_map.h"

void
thought_text_init(struct thought_text *t, const char *tag, struct piece_sink to)
{
	memset(t, 0, sizeof(*t));
	t->to = to;
	t->tag = tag;
}

/* A text that is not Gemini's, so that no offset of its own counts it. */
static void
say(struct thought_text *t, const struct reply *r, unsigned candidate,
    const char *text, size_t len)
{
	struct piece p = {.kind = PIECE_TEXT,
			  .candidate = candidate,
			  .part = TEXT_MAP_OURS,
			  .text = text,
			  .text_len = len,
			  .signature = "",
			  .mime = "",
			  .name = "",
			  .id = "",
			  .url = "",
			  .title = ""};

	t->to.piece(t->to.context, r, &p);
}

static void
say_tag(struct thought_text *t, const struct reply *r, unsigned candidate,
	bool open)
{
	char tag[THOUGHT_TAG_MAX + 8];
	int len;

	if (t->open[candidate] == open)
		return;
	t->open[candidate] = open;
	len = snprintf(tag, sizeof(tag), open ? "<%s>" : "</%s>\n", t->tag);
	say(t, r, candidate, tag, (size_t)len);
}

static void
take_piece(void *context, const struct reply *r, const struct piece *p)
{
	struct thought_text *t = context;

	if (p->kind != PIECE_TOKENS) /* they are of thoughts, too */
		say_tag(t, r, p->candidate, p->kind == PIECE_THOUGHT);
	if (p->kind == PIECE_THOUGHT)
		say(t, r, p->candidate, p->text, p->text_len);
	else
		t->to.piece(t->to.context, r, p);
}

struct piece_sink
thought_text_sink(struct thought_text *t)
{
	return (struct piece_sink){take_piece, t};
}

void
thought_text_finish(struct thought_text *t, const struct reply *r)
{
	unsigned i;

	for (i = 0; i < REPLY_CANDIDATES_MAX; i++)
		say_tag(t, r, i, false);
}
