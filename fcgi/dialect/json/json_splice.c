/* json_splice.c: small changes to a large JSON text */
#include "dialect/json/json_splice.h"

#include <string.h>

#include "dialect/json/json_scan.h"

static bool
is_null(const char *text, const struct json_member *m)
{
	return m->to - m->from == 4 && memcmp(text + m->from, "null", 4) == 0;
}

static void
note(const char *text, const struct json_member *m, struct json_want *want)
{
	if (!json_member_is(m, want->camel) && !json_member_is(m, want->snake))
		return;
	if (want->have != JSON_ABSENT) {
		want->have = JSON_TWICE;
		return;
	}
	want->have = is_null(text, m) ? JSON_NULL : JSON_THERE;
	want->from = m->from;
	want->to = m->to;
}

bool
json_look(const char *text, size_t len, size_t at, struct json_want *wants,
	  size_t count, struct json_place *place)
{
	struct json_scan scan;
	struct json_member m;
	size_t i;

	for (i = 0; i < count; i++)
		wants[i].have = JSON_ABSENT;
	memset(place, 0, sizeof(*place));
	if (!json_scan_begin(&scan, text, len, at, '{'))
		return false;
	place->open = place->last = scan.at;
	place->empty = true;
	while (json_scan_next(&scan, &m)) {
		place->empty = false;
		place->last = m.to;
		if (memchr(m.key, '\\', m.key_len) != NULL)
			return false;
		for (i = 0; i < count; i++)
			note(text, &m, &wants[i]);
	}
	place->end = scan.at;
	return scan.closed;
}

bool
json_look_array(const char *text, size_t len, size_t at,
		struct json_place *place)
{
	struct json_scan scan;
	struct json_member m;

	memset(place, 0, sizeof(*place));
	if (!json_scan_begin(&scan, text, len, at, '['))
		return false;
	place->open = place->last = scan.at;
	place->empty = true;
	while (json_scan_next(&scan, &m)) {
		place->empty = false;
		place->last = m.to;
	}
	place->end = scan.at;
	return scan.closed;
}

void
json_splices_init(struct json_splices *s, struct buf *text, size_t max)
{
	s->text = text;
	s->count = 0;
	buf_init(&s->added, max);
}

void
json_splices_release(struct json_splices *s)
{
	buf_release(&s->added);
}

void
json_splice(struct json_splices *s, size_t from, size_t to, const char *with,
	    size_t len)
{
	struct json_splice *place;
	size_t i;

	if (s->count == JSON_SPLICES_MAX) {
		s->added.fail = GB_ETOOBIG;
		return;
	}
	for (i = s->count; i > 0 && s->list[i - 1].at > from; i--)
		s->list[i] = s->list[i - 1];
	place = &s->list[i];
	place->at = from;
	place->cut = to - from;
	place->from = s->added.len;
	place->len = len;
	s->count++;
	buf_add(&s->added, with, len);
}

/* Rewrite the text in its own buffer: all from the first change on stands
 * "added" bytes further behind first, so that what is written never reaches
 * what is still to be read.  Returns the new length. */
static size_t
rewrite(struct json_splices *s, size_t added)
{
	const struct json_splice *splice = s->list, *end = splice + s->count;
	char *data = s->text->data;
	size_t len = s->text->len, write, read;

	write = read = splice->at;
	memmove(data + read + added, data + read, len - read);
	for (; splice < end; splice++) {
		memmove(data + write, data + read + added, splice->at - read);
		write += splice->at - read;
		if (splice->len > 0)
			memcpy(data + write, s->added.data + splice->from,
			       splice->len);
		write += splice->len;
		read = splice->at + splice->cut;
	}
	if (write != read + added)
		memmove(data + write, data + read + added, len - read);
	return write + (len - read);
}

enum gb_err
json_splices_apply(struct json_splices *s)
{
	struct buf *text = s->text;

	if (buf_error(text) != GB_OK)
		return buf_error(text);
	if (buf_error(&s->added) != GB_OK)
		text->fail = buf_error(&s->added);
	else if (s->count > 0 && buf_reserve(text, s->added.len) != NULL) {
		text->len = rewrite(s, s->added.len);
		text->data[text->len] = '\0';
	}
	return buf_error(text);
}
