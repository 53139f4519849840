/*
 * sse_reader.h: server-sent events out of arbitrary pieces of bytes.
 *
 * Lines end in LF, CRLF or CR; an event ends with an empty line; several
 * "data:" lines are joined with LF; comments and other fields are skipped
 * (WHATWG HTML, "Server-sent events").  Upstream's other stream forms come
 * through here too: a raw JSON object or array between events (an error after
 * a 200) is an event of its own, complete when its brackets balance.
 */
#ifndef GB_UPSTREAM_SSE_READER_H
#define GB_UPSTREAM_SSE_READER_H

#include <stdbool.h>

#include "base/buf.h"

struct sse_reader {
	struct buf raw;	  /* what was fed, from before "start" on */
	struct buf data;  /* of the event that is read, or was handed out */
	size_t event_max; /* bytes that may wait */
	size_t start;	  /* in raw: the event's first byte */
	size_t line;	  /* the first byte of the line that is read */
	size_t scanned;	  /* the first byte not yet looked at */
	bool begun;	  /* past the byte order mark, if there was one */
	bool has_data;	  /* a "data" line of the event was seen */
	bool handed_out;  /* "data" and the event are the caller's last one */
	size_t depth;	  /* of brackets, within raw JSON; 0: not in any */
	bool in_string, escaped; /* within raw JSON */
};

struct sse_event {
	const char *data; /* the joined data, NUL-terminated */
	size_t data_len;
	const char *raw; /* the event's bytes as they came, with its end */
	size_t raw_len;
};

/* "event_max" bounds one event, raw. */
void sse_reader_init(struct sse_reader *, size_t event_max);
void sse_reader_release(struct sse_reader *);

/*
 * Take what came; then call sse_reader_next() until it is false.  GB_ETOOBIG
 * when what waits would be larger than one event may be; GB_ENOMEM.  The reader
 * is then as it was before.
 */
enum gb_err sse_reader_feed(struct sse_reader *, const char *data,
			    size_t len) GB_NODISCARD;

/*
 * The next event, valid until the next call on the reader; false: none is
 * complete yet, and "event" is zeroed.  With "at_end" no more bytes will come:
 * an event that lacks only its empty line counts as complete.  (A CR is waited
 * on to see whether an LF follows.)
 */
bool sse_reader_next(struct sse_reader *, bool at_end, struct sse_event *event);

/*
 * After sse_reader_next() was false: whether bytes wait that are no complete
 * event, so that a stream that ends here was cut.  Comments, empty lines and
 * fields without data are none.
 */
bool sse_reader_partial(const struct sse_reader *);

#endif
