/*
 * sse_reader.h: server-sent events out of arbitrary pieces of bytes.
 *
 * Lines end in LF, CRLF or CR; an event ends with an empty line; several
 * "data:" lines are joined with LF; comments and other fields are skipped
 * (WHATWG HTML, "Server-sent events").  Upstream's other stream forms come
 * through here too: a raw JSON object between events (an error after a 200)
 * is an event of its own.
 */
#ifndef GB_UPSTREAM_SSE_READER_H
#define GB_UPSTREAM_SSE_READER_H

#include <stdbool.h>

#include "base/buf.h"

struct sse_reader {
	struct buf raw;	    /* bytes not yet taken */
	size_t scanned;	    /* of raw, known to hold no end of an event */
	struct buf data;    /* the event handed out last */
};

struct sse_event {
	const char *data; /* the joined data, NUL-terminated */
	size_t data_len;
	const char *raw;  /* the event's bytes as they came, with its end */
	size_t raw_len;
};

/* "event_max" bounds one event, raw. */
void sse_reader_init(struct sse_reader *, size_t event_max);
void sse_reader_release(struct sse_reader *);

/* GB_ETOOBIG when what waits is larger than one event may be. */
enum gb_err sse_reader_feed(struct sse_reader *, const char *data,
			    size_t len) GB_NODISCARD;

/* The next event, valid until the next call on the reader; false: none is
 * complete yet.  With "at_end" no more bytes will come: an event that lacks
 * only its empty line counts as complete. */
bool sse_reader_next(struct sse_reader *, bool at_end, struct sse_event *);

/* Whether bytes wait that are no complete event: a stream that ends here was
 * cut. */
bool sse_reader_partial(const struct sse_reader *);

#endif
