/*
 * pacing.h: text in small portions, at a pace that people can read.
 *
 * What is to be written is written at once, in portions; paced is how much of
 * it may leave.  A pacing watches the buffer that grows and keeps, for each
 * portion, the time from which on the bytes up to its end may go.  So order,
 * dialects and errors are nobody's concern here, and nothing is kept twice.
 *
 * Only text waits.  No more than PACING_LAG_MS of it and no more than
 * PACING_BYTES_MAX: what comes faster gets larger portions, and then goes as it
 * comes.  Times are of any clock that does not go back, in milliseconds.
 */
#ifndef GB_DIALECT_PACING_H
#define GB_DIALECT_PACING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "dialect/reply.h"

#define PACING_LAG_MS	 10000
#define PACING_BYTES_MAX (256 * 1024)
#define PACING_MARKS_MAX 1024 /* portions that wait; more are joined */
#define PACING_TICK_MS	 5    /* portions closer than this leave together */

/* Lengths are in characters as a reader counts them. */
struct pacing_rules {
	int64_t max_delay_ms; /* behind a portion of a short text */
	int64_t min_delay_ms; /* and of a long one; between them, between */
	size_t short_text;    /* a text of up to this is short: … */
	size_t long_text;     /* … from this on long, */
	size_t chunk;	      /* … and its portions are of that; else of 1 */
};

struct pacing_mark;

struct pacing {
	struct pacing_rules rules;
	struct pacing_mark *marks; /* a ring; NULL: nothing is paced */
	size_t first, count;
	const struct buf *out;
	uint64_t gone;	 /* bytes of "out" that were taken off its front */
	uint64_t free;	 /* bytes before this one may go, of all ever */
	uint64_t seen;	 /* that were there at the last mark */
	int64_t next_ms; /* when the next portion may go */
	int64_t now_ms;
	struct piece_sink to;
};

/* Nothing is paced, and all may go at once, until pacing_start(). */
void pacing_init(struct pacing *, const struct buf *out);
/* Out of memory: nothing is paced. */
void pacing_start(struct pacing *, const struct pacing_rules *);
bool pacing_is_on(const struct pacing *);
void pacing_release(struct pacing *);

/* "out" was emptied: begin anew. */
void pacing_reset(struct pacing *);

/* What is written from here on is written at this time. */
void pacing_set_now(struct pacing *, int64_t now_ms);

/* A sink before a writer's; it lives as long as the first argument. */
struct piece_sink pacing_sink(struct pacing *, struct piece_sink to);

/* How many bytes at the front of "out" may go now. */
size_t pacing_ready(struct pacing *, int64_t now_ms);

/* They went. */
void pacing_sent(struct pacing *, size_t len);

/* How long until more may go; -1: nothing waits. */
int64_t pacing_wait_ms(struct pacing *, int64_t now_ms);

/* For those who write without a sink: a text, portion by portion. */
struct pacing_text {
	const char *text; /* the next portion … */
	size_t len;
	size_t rest; /* … and how many bytes come after it */
	size_t chunk;
	int64_t delay_ms;
};

/* Before the first portion is written, which is then in "t". */
void pacing_text_begin(struct pacing *, struct pacing_text *t, const char *text,
		       size_t len);
/* The portion was written: false, or "t" has the next one. */
bool pacing_text_next(struct pacing *, struct pacing_text *t);

#endif
