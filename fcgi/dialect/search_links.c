/* search_links.c: links to the pages that an answer was found on */
#include "dialect/search_links.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define LIST_MAX 65536 /* bytes of the links of one candidate */
#define LINK_MAX 8192  /* bytes of one */

#define HEADING "\n\n**Sources:**\n"

void
search_links_init(struct search_links *s)
{
	size_t i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < REPLY_CANDIDATES_MAX; i++)
		buf_init(&s->lists[i], LIST_MAX);
}

void
search_links_release(struct search_links *s)
{
	size_t i;

	for (i = 0; i < REPLY_CANDIDATES_MAX; i++)
		buf_release(&s->lists[i]);
}

void
search_links_reset(struct search_links *s)
{
	size_t i;

	for (i = 0; i < REPLY_CANDIDATES_MAX; i++)
		buf_reset(&s->lists[i]);
}

static bool
is_web_url(const char *url)
{
	return strncasecmp(url, "https://", 8) == 0 ||
	       strncasecmp(url, "http://", 7) == 0;
}

/* A page's title must not be more than text. */
static void
add_title(struct buf *out, const char *title)
{
	for (; *title != '\0'; title++) {
		if (iscntrl((unsigned char)*title)) {
			buf_putc(out, ' ');
			continue;
		}
		if (strchr("\\`*[]<>", *title) != NULL)
			buf_putc(out, '\\');
		buf_putc(out, *title);
	}
}

/* What would end the link goes in as its number. */
static void
add_url(struct buf *out, const char *url)
{
	for (; *url != '\0'; url++)
		if (iscntrl((unsigned char)*url) ||
		    strchr(" ()<>\"\\`", *url) != NULL)
			buf_printf(out, "%%%02X", (unsigned char)*url);
		else
			buf_putc(out, *url);
}

/* A link that does not fit is let go, as a whole. */
static void
take_link(void *context, const struct reply_link *link)
{
	struct search_links *s = context;
	struct buf text;

	if (!is_web_url(link->url))
		return;
	buf_init(&text, LINK_MAX);
	buf_puts(&text, "\n- [");
	add_title(&text, *link->title == '\0' ? link->url : link->title);
	buf_puts(&text, "](");
	add_url(&text, link->url);
	buf_putc(&text, ')');
	if (buf_error(&text) == GB_OK)
		buf_add(&s->lists[link->candidate], text.data, text.len);
	buf_release(&text);
}

struct link_sink
search_links_sink(struct search_links *s)
{
	struct link_sink sink = {take_link, s};

	return sink;
}

static void
hand_out(const struct buf *list, unsigned candidate, const struct reply *r,
	 const struct piece_sink *sink)
{
	struct piece p;
	struct buf text;

	buf_init(&text, LIST_MAX + sizeof(HEADING));
	buf_puts(&text, HEADING);
	buf_add(&text, list->data, list->len);
	if (buf_error(&text) == GB_OK) {
		memset(&p, 0, sizeof(p));
		p.kind = PIECE_TEXT;
		p.candidate = candidate;
		p.part = SIZE_MAX;
		p.text = text.data;
		p.text_len = text.len;
		p.signature = p.mime = p.name = p.id = p.url = p.title = "";
		sink->piece(sink->context, r, &p);
	}
	buf_release(&text);
}

void
search_links_finish(const struct search_links *s, const struct reply *r,
		    const struct piece_sink *sink)
{
	const struct reply_candidate *c;
	unsigned i;

	for (i = 0; i < REPLY_CANDIDATES_MAX; i++) {
		c = &r->candidates[i];
		if (s->lists[i].len > 0 && c->has_output && !c->has_call)
			hand_out(&s->lists[i], i, r, sink);
	}
}
