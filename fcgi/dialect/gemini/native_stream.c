/* native_stream.c: Gemini's own streams, for native clients */
#include "dialect/gemini/native_stream.h"

#include <string.h>

void
native_stream_init(struct native_stream *s, size_t element_max)
{
	memset(s, 0, sizeof(*s));
	buf_init(&s->raw, element_max);
}

void
native_stream_release(struct native_stream *s)
{
	buf_release(&s->raw);
}

enum gb_err
native_stream_feed(struct native_stream *s, const char *data, size_t len)
{
	buf_consume(&s->raw, s->taken);
	s->scanned -= s->taken;
	s->begin = s->begin > s->taken ? s->begin - s->taken : 0;
	s->taken = 0;
	buf_add(&s->raw, data, len);
	return buf_error(&s->raw);
}

/* Hand out raw up to "end", with the element that begins at s->begin unless
 * it is the end of the stream. */
static bool
hand_out(struct native_stream *s, size_t end, bool is_element,
	 struct native_element *el)
{
	el->raw = s->raw.data + s->taken;
	el->raw_len = end - s->taken;
	if (is_element) {
		el->json = s->raw.data + s->begin;
		el->json_len = end - s->begin;
		s->element_count++;
	}
	s->taken = s->scanned = end;
	return true;
}

/* One byte between elements.  True: the stream ends with it. */
static bool
scan_outside(struct native_stream *s, char c)
{
	switch (c) {
	case ' ':
	case '\t':
	case '\r':
	case '\n':
		break;
	case ',':
		s->broken = s->broken || !s->is_array || s->closed;
		break;
	case '[':
		s->broken = s->broken || s->is_array || s->closed ||
			    s->element_count > 0;
		s->is_array = true;
		break;
	case '{':
		s->broken = s->broken || s->closed;
		s->begin = s->scanned;
		s->depth = 1;
		break;
	case ']':
		s->broken = s->broken || !s->is_array || s->closed;
		s->closed = !s->broken;
		return s->closed;
	default:
		s->broken = true;
		break;
	}
	return false;
}

/* One byte of an element.  True: the element ends with it. */
static bool
scan_inside(struct native_stream *s, char c)
{
	if (s->in_string) {
		if (s->escaped)
			s->escaped = false;
		else if (c == '\\')
			s->escaped = true;
		else if (c == '"')
			s->in_string = false;
		return false;
	}
	if (c == '"')
		s->in_string = true;
	else if (c == '{' || c == '[')
		s->depth++;
	else if (c == '}' || c == ']')
		s->depth--;
	return s->depth == 0;
}

bool
native_stream_next(struct native_stream *s, struct native_element *el)
{
	char c;

	memset(el, 0, sizeof(*el));
	while (!s->broken && s->scanned < s->raw.len) {
		c = s->raw.data[s->scanned];
		if (s->depth > 0) {
			if (scan_inside(s, c)) {
				s->closed = !s->is_array;
				return hand_out(s, s->scanned + 1, true, el);
			}
		} else if (scan_outside(s, c)) {
			return hand_out(s, s->scanned + 1, false, el);
		}
		s->scanned++;
	}
	/* only white space is left of a closed stream: let it go too */
	if (s->closed && !s->broken && s->taken < s->raw.len)
		return hand_out(s, s->raw.len, false, el);
	return false;
}

bool
native_stream_closed(const struct native_stream *s)
{
	return s->closed && !s->broken;
}

bool
native_stream_broken(const struct native_stream *s)
{
	return s->broken;
}

void
native_stream_write_error(const struct native_stream *s,
			  const struct api_error *e, struct buf *out)
{
	if (s->closed)
		return; /* nothing can follow the end */
	buf_putc(out, s->element_count > 0 ? ',' : '[');
	api_error_write_google(e, out);
	buf_putc(out, ']');
}

void
native_sse_write_error(const struct api_error *e, struct buf *out)
{
	buf_puts(out, "data: ");
	api_error_write_google(e, out);
	buf_puts(out, "\r\n\r\n");
}
