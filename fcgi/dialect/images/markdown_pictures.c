/* markdown_pictures.c: pictures as they stand in Markdown */
#include "dialect/images/markdown_pictures.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#define NOWHERE SIZE_MAX

/* What was found on the way back from the end. */
struct search {
	struct text text;
	size_t close; /* the nearest ")"; or NOWHERE */
	/* the nearest "](" with a URL behind it */
	struct text url;
	size_t end; /* behind its ")" */
};

/* Of a kind that leads to a picture. */
static bool
is_url(struct text url)
{
	static const char *const begins[] = {"http://", "https://",
					     "data:image/"};
	size_t i, len;

	for (i = 0; i < GB_COUNT(begins); i++) {
		len = strlen(begins[i]);
		if (url.len > len && strncasecmp(url.ptr, begins[i], len) == 0)
			return true;
	}
	return false;
}

/* Whatever is behind the "](" at "at" is read up to the next "(" at most, so
 * that all of them together are read once. */
static void
take_url(struct search *s, size_t at)
{
	struct text url = {s->text.ptr + at + 2, 0};
	const char *end = s->text.ptr + s->text.len, *p;

	s->url.ptr = NULL;
	if (s->close == NOWHERE)
		return;
	for (p = url.ptr; p < end && (unsigned char)*p > ' ' &&
			  memchr("()<>", *p, 4) == NULL;)
		p++;
	url.len = (size_t)(p - url.ptr);
	/* a title may follow: ![what](where "title") */
	if (p == end || (*p != ')' && *p != ' ') || !is_url(url))
		return;
	s->url = url;
	s->end = s->close + 1;
}

bool
markdown_picture_last(struct text text, struct markdown_picture *out)
{
	struct search s = {text, NOWHERE, {NULL, 0}, 0};
	size_t at;

	for (at = text.len; at-- > 0;) {
		if (text.ptr[at] == ')')
			s.close = at;
		if (at + 1 == text.len)
			continue;
		if (text.ptr[at] == ']' && text.ptr[at + 1] == '(')
			take_url(&s, at);
		if (text.ptr[at] != '!' || text.ptr[at + 1] != '[' ||
		    s.url.ptr == NULL)
			continue;
		out->before = (struct text){text.ptr, at};
		out->url = s.url;
		out->after = (struct text){text.ptr + s.end, text.len - s.end};
		return true;
	}
	return false;
}
