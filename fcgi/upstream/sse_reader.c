/* sse_reader.c: server-sent events out of arbitrary pieces of bytes */
#include "upstream/sse_reader.h"

#include <stdint.h>
#include <string.h>

static const char byte_order_mark[] = {'\xef', '\xbb', '\xbf'};

/* What a step of the scanner came to. */
enum sse_step {
	STEP_MORE,  /* go on */
	STEP_WAIT,  /* bytes are missing */
	STEP_EVENT, /* raw[start] to raw[scanned] is one, "data" has its data */
};

void
sse_reader_init(struct sse_reader *r, size_t event_max)
{
	memset(r, 0, sizeof(*r));
	r->event_max = event_max;
	/* Besides what waits, at most as many bytes that were handed out. */
	buf_init(&r->raw, event_max < SIZE_MAX / 2 ? 2 * event_max : SIZE_MAX);
	buf_init(&r->data, event_max);
}

void
sse_reader_release(struct sse_reader *r)
{
	buf_release(&r->raw);
	buf_release(&r->data);
	sse_reader_init(r, r->event_max);
}

/* Drop what was handed out, but only when there is so much of it that moving
 * the rest costs no more than reading the dropped bytes did. */
static void
sse_reader_compact(struct sse_reader *r)
{
	size_t gone;

	gone = r->start;
	if (gone < r->raw.len - gone)
		return;
	buf_consume(&r->raw, gone);
	r->start = 0;
	r->line -= gone;
	r->scanned -= gone;
}

/* The last event is the caller's no more. */
static void
sse_reader_take_back(struct sse_reader *r)
{
	if (!r->handed_out)
		return;
	r->handed_out = false;
	r->has_data = false;
	r->start = r->line = r->scanned;
	buf_reset(&r->data);
}

enum gb_err
sse_reader_feed(struct sse_reader *r, const char *data, size_t len)
{
	enum gb_err rc;

	sse_reader_take_back(r);
	if (buf_error(&r->data) != GB_OK)
		return buf_error(&r->data);
	if (len > r->event_max - (r->raw.len - r->start))
		return GB_ETOOBIG;
	sse_reader_compact(r);
	buf_add(&r->raw, data, len);
	rc = buf_error(&r->raw);
	r->raw.fail = GB_OK; /* nothing was taken, nothing was lost */
	return rc;
}

/* A byte order mark at the very start is no part of the first line. */
static enum sse_step
sse_reader_begin(struct sse_reader *r, bool at_end)
{
	const size_t mark = sizeof(byte_order_mark);
	size_t len;

	len = r->raw.len < mark ? r->raw.len : mark;
	if (len > 0 && memcmp(r->raw.data, byte_order_mark, len) == 0) {
		if (len < mark && !at_end)
			return STEP_WAIT;
		if (len == mark)
			r->start = r->line = r->scanned = mark;
	}
	if (len > 0)
		r->begun = true;
	return len > 0 ? STEP_MORE : STEP_WAIT;
}

/* Go on in raw JSON until its brackets balance. */
static enum sse_step
sse_reader_json(struct sse_reader *r)
{
	char c;

	while (r->scanned < r->raw.len) {
		c = r->raw.data[r->scanned++];
		if (r->in_string) {
			if (r->escaped)
				r->escaped = false;
			else if (c == '\\')
				r->escaped = true;
			else if (c == '"')
				r->in_string = false;
		} else if (c == '"')
			r->in_string = true;
		else if (c == '{' || c == '[')
			r->depth++;
		else if ((c == '}' || c == ']') && --r->depth == 0) {
			buf_add(&r->data, r->raw.data + r->line,
				r->scanned - r->line);
			return STEP_EVENT;
		}
	}
	return STEP_WAIT;
}

/* Take the line of "len" bytes at r->line for what it says. */
static void
sse_reader_field(struct sse_reader *r, size_t len)
{
	const char *line = r->raw.data + r->line;

	if (len < 4 || memcmp(line, "data", 4) != 0 ||
	    (len > 4 && line[4] != ':'))
		return;
	line += 4;
	len -= 4;
	if (len > 0) { /* the colon */
		line++;
		len--;
	}
	if (len > 0 && *line == ' ') {
		line++;
		len--;
	}
	if (r->has_data)
		buf_putc(&r->data, '\n');
	buf_add(&r->data, line, len);
	r->has_data = true;
}

/* Read to the end of the line, and take it. */
static enum sse_step
sse_reader_line(struct sse_reader *r, bool at_end)
{
	const char *raw = r->raw.data;
	size_t len;

	if (r->scanned == r->line && !r->has_data && r->scanned < r->raw.len &&
	    (raw[r->line] == '{' || raw[r->line] == '['))
		return sse_reader_json(r);

	while (r->scanned < r->raw.len && raw[r->scanned] != '\n' &&
	       raw[r->scanned] != '\r')
		r->scanned++;
	if (r->scanned == r->raw.len)
		return STEP_WAIT;
	if (raw[r->scanned] == '\r' && r->scanned + 1 == r->raw.len && !at_end)
		return STEP_WAIT;

	len = r->scanned - r->line;
	r->scanned += raw[r->scanned] == '\r' && r->scanned + 1 < r->raw.len &&
			      raw[r->scanned + 1] == '\n'
			  ? 2
			  : 1;
	if (len > 0)
		sse_reader_field(r, len);
	else if (r->has_data)
		return STEP_EVENT;
	else
		r->start = r->scanned; /* nothing but comments */
	r->line = r->scanned;
	return STEP_MORE;
}

bool
sse_reader_next(struct sse_reader *r, bool at_end, struct sse_event *event)
{
	enum sse_step step;

	memset(event, 0, sizeof(*event));
	sse_reader_take_back(r);
	do {
		if (!r->begun)
			step = sse_reader_begin(r, at_end);
		else if (r->depth > 0)
			step = sse_reader_json(r);
		else
			step = sse_reader_line(r, at_end);
	} while (step == STEP_MORE);

	if (step == STEP_WAIT &&
	    !(at_end && r->has_data && r->line == r->raw.len))
		return false;
	if (buf_error(&r->data) != GB_OK)
		return false;
	r->handed_out = true;
	event->data = buf_str(&r->data);
	event->data_len = r->data.len;
	event->raw = r->raw.data + r->start;
	event->raw_len = r->scanned - r->start;
	return true;
}

bool
sse_reader_partial(const struct sse_reader *r)
{
	if (r->handed_out)
		return r->scanned < r->raw.len;
	return r->has_data || r->depth > 0 ||
	       (r->line < r->raw.len && r->raw.data[r->line] != ':');
}
