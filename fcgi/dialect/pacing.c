/* pacing.c: text in small portions, at a pace that people can read */
#include "dialect/pacing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dialect/grapheme.h"

/* The bytes before "end", of all there ever were, may go from "due_ms" on. */
struct pacing_mark {
	uint64_t end;
	int64_t due_ms;
};

void
pacing_init(struct pacing *p, const struct buf *out)
{
	memset(p, 0, sizeof(*p));
	p->out = out;
}

void
pacing_start(struct pacing *p, const struct pacing_rules *rules)
{
	p->rules = *rules;
	if (p->marks == NULL)
		p->marks = calloc(PACING_MARKS_MAX, sizeof(*p->marks));
}

void
pacing_release(struct pacing *p)
{
	free(p->marks);
	p->marks = NULL;
	p->count = 0;
}

void
pacing_reset(struct pacing *p)
{
	p->first = p->count = 0;
	p->gone = p->free = p->seen = 0;
	p->next_ms = 0;
}

void
pacing_set_now(struct pacing *p, int64_t now_ms)
{
	p->now_ms = now_ms;
}

static struct pacing_mark *
mark_at(const struct pacing *p, size_t at)
{
	return &p->marks[(p->first + at) % PACING_MARKS_MAX];
}

/* Where "out" ends, counted from its very beginning. */
static uint64_t
end_of(const struct pacing *p)
{
	return p->gone + p->out->len;
}

/* --- writing -------------------------------------------------------------- */

/* What was written since the last portion is no text and waits for nothing
 * but what stands before it. */
static void
let_pass(struct pacing *p)
{
	if (p->count > 0)
		mark_at(p, p->count - 1)->end = end_of(p);
	else
		p->free = end_of(p);
	p->seen = end_of(p);
}

/* A portion was written. */
static void
mark(struct pacing *p, int64_t delay_ms)
{
	int64_t due_ms;

	if (end_of(p) == p->seen)
		return; /* it came to nothing: a thought that is hidden */
	due_ms = p->next_ms > p->now_ms ? p->next_ms : p->now_ms;
	if (due_ms > p->now_ms + PACING_LAG_MS)
		due_ms = p->now_ms + PACING_LAG_MS;
	p->next_ms = due_ms + delay_ms;
	if (due_ms > p->now_ms && p->count < PACING_MARKS_MAX)
		*mark_at(p, p->count++) = (struct pacing_mark){0, due_ms};
	let_pass(p); /* sets the mark's end */
}

/* Behind each portion of a text of so many characters. */
static int64_t
delay_of(const struct pacing_rules *r, size_t length)
{
	double share;

	if (length >= r->long_text)
		return r->min_delay_ms;
	if (length <= r->short_text || r->short_text == 0)
		return r->max_delay_ms;
	share = log((double)length / (double)r->short_text) /
		log((double)r->long_text / (double)r->short_text);
	return r->max_delay_ms -
	       llround(share * (double)(r->max_delay_ms - r->min_delay_ms));
}

/* The characters of a portion, so that all are out before the lag is. */
static size_t
chunk_of(const struct pacing *p, size_t length, int64_t delay_ms)
{
	size_t chunk = length >= p->rules.long_text ? p->rules.chunk : 1;
	int64_t left_ms, most;

	left_ms = PACING_LAG_MS;
	if (p->next_ms > p->now_ms)
		left_ms -= p->next_ms - p->now_ms;
	if (left_ms <= 0 || p->out->len >= PACING_BYTES_MAX)
		return length;
	most = (int64_t)(PACING_MARKS_MAX - p->count);
	if (delay_ms > 0 && left_ms / delay_ms < most)
		most = left_ms / delay_ms;
	if (most < 1)
		return length;
	if (chunk < 1 + (length - 1) / (size_t)most)
		chunk = 1 + (length - 1) / (size_t)most;
	return chunk;
}

/* Move on to the next portion of what is left. */
static bool
advance(struct pacing_text *t)
{
	size_t i;

	t->text += t->len;
	t->len = 0;
	for (i = 0; i < t->chunk && t->len < t->rest; i++)
		t->len += grapheme_len(t->text + t->len, t->rest - t->len);
	t->rest -= t->len;
	return t->len > 0;
}

void
pacing_text_begin(struct pacing *p, struct pacing_text *t, const char *text,
		  size_t len)
{
	size_t length;

	memset(t, 0, sizeof(*t));
	t->text = text;
	t->rest = len;
	t->chunk = SIZE_MAX;
	if (p->marks != NULL && len > 0) {
		length = grapheme_count(text, len);
		t->delay_ms = delay_of(&p->rules, length);
		t->chunk = chunk_of(p, length, t->delay_ms);
		let_pass(p);
	}
	(void)advance(t);
}

bool
pacing_text_next(struct pacing *p, struct pacing_text *t)
{
	if (p->marks != NULL)
		mark(p, t->delay_ms);
	return advance(t);
}

static void
take_piece(void *context, const struct reply *reply, const struct piece *piece)
{
	struct pacing *p = context;
	struct piece part = *piece;
	struct pacing_text t;

	if ((piece->kind != PIECE_TEXT && piece->kind != PIECE_THOUGHT) ||
	    piece->text_len == 0) {
		p->to.piece(p->to.context, reply, piece);
		return;
	}
	pacing_text_begin(p, &t, piece->text, piece->text_len);
	do {
		part.text = t.text;
		part.text_len = t.len;
		/* the signature is of all of it */
		part.signature = t.rest > 0 ? "" : piece->signature;
		part.signature_len = t.rest > 0 ? 0 : piece->signature_len;
		p->to.piece(p->to.context, reply, &part);
	} while (pacing_text_next(p, &t));
}

bool
pacing_is_on(const struct pacing *p)
{
	return p->marks != NULL;
}

struct piece_sink
pacing_sink(struct pacing *p, struct piece_sink to)
{
	if (p->marks == NULL)
		return to;
	p->to = to;
	return (struct piece_sink){take_piece, p};
}

/* --- leaving -------------------------------------------------------------- */

/* Let go of the marks that are due, and of those that are too many bytes. */
static void
let_go(struct pacing *p, int64_t now_ms)
{
	struct pacing_mark *m;

	while (p->count > 0) {
		m = mark_at(p, 0);
		if (m->due_ms > now_ms &&
		    end_of(p) - p->free <= PACING_BYTES_MAX)
			break;
		p->free = m->end;
		p->first = (p->first + 1) % PACING_MARKS_MAX;
		p->count--;
	}
	if (p->count == 0)
		p->free = end_of(p);
}

size_t
pacing_ready(struct pacing *p, int64_t now_ms)
{
	let_go(p, now_ms);
	return p->free > p->gone ? (size_t)(p->free - p->gone) : 0;
}

void
pacing_sent(struct pacing *p, size_t len)
{
	p->gone += len;
}

int64_t
pacing_wait_ms(struct pacing *p, int64_t now_ms)
{
	int64_t left_ms;

	if (p->count == 0)
		return -1;
	left_ms = mark_at(p, 0)->due_ms - now_ms;
	return left_ms > PACING_TICK_MS ? left_ms : PACING_TICK_MS;
}
