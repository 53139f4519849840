/*
 * native_stream.h: Gemini's own streams, for native clients.
 *
 * Without alt=sse a stream is one JSON array that grows:
 * "[{…}\n,\r\n{…}\n]".  It comes in arbitrary pieces and is handed on byte for
 * byte, but only whole elements, so that a stream that breaks can still be
 * ended as valid JSON.
 */
#ifndef GB_DIALECT_NATIVE_STREAM_H
#define GB_DIALECT_NATIVE_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "dialect/error.h"

struct native_stream {
	struct buf raw; /* not yet handed out, but for the first "taken" */
	size_t taken;	/* bytes of raw that were handed out */
	size_t scanned; /* bytes of raw that were looked at */
	size_t begin;	/* of raw, where the open element begins */
	size_t depth;	/* brackets open within the element */
	bool in_string, escaped;
	bool is_array;	      /* the outer "[" was seen */
	bool closed;	      /* the end was seen */
	bool broken;	      /* what came is no such stream */
	size_t element_count; /* handed out */
};

/* Bytes of the stream.  All "raw" one after the other are the stream. */
struct native_element {
	const char *raw; /* with the bytes before the element */
	size_t raw_len;
	const char *json; /* the element; NULL at the end of the stream */
	size_t json_len;
};

/* "element_max" bounds one element, with the piece that is fed last. */
void native_stream_init(struct native_stream *, size_t element_max);
void native_stream_release(struct native_stream *);

/* Take what came.  GB_ETOOBIG: an element is over the cap; GB_ENOMEM. */
enum gb_err native_stream_feed(struct native_stream *, const char *data,
			       size_t len) GB_NODISCARD;

/* The next whole element, valid until the next feed; false: none is whole. */
bool native_stream_next(struct native_stream *, struct native_element *);

/* Whether the stream came to its proper end.  An object in place of the array,
 * such as an error, is a stream of that one element. */
bool native_stream_closed(const struct native_stream *);

/* Whether what came cannot be a stream (HTML, say). */
bool native_stream_broken(const struct native_stream *);

/* Append what makes valid JSON, with the error as the last element, of the
 * elements that were handed out. */
void native_stream_write_error(const struct native_stream *,
			       const struct api_error *, struct buf *out);

/* The same for alt=sse: the error as an event. */
void native_sse_write_error(const struct api_error *, struct buf *out);

#endif
