/* fuzz_sse_reader.c: a stream gives the same events however it is cut up */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "upstream/sse_reader.h"
#include "fuzz.h"

#define EVENT_MAX (1024 * 1024) /* bytes; over all that the fuzzer makes */

/* Append every event that is complete, its data and its bytes, to "out". */
static void
drain(struct sse_reader *r, bool at_end, struct buf *out)
{
	struct sse_event ev;

	while (sse_reader_next(r, at_end, &ev)) {
		if (ev.raw_len == 0 || ev.data_len > ev.raw_len ||
		    ev.data[ev.data_len] != '\0')
			abort();
		buf_add(out, &ev.data_len, sizeof(ev.data_len));
		buf_add(out, ev.data, ev.data_len);
		buf_add(out, &ev.raw_len, sizeof(ev.raw_len));
		buf_add(out, ev.raw, ev.raw_len);
	}
}

/* Feed the input in pieces of 1 to "piece" bytes, as "seed" has it (in one,
 * when "piece" is 0), and say whether it ended within an event. */
static bool
run(const char *data, size_t size, size_t piece, uint32_t seed, struct buf *out)
{
	struct sse_reader r;
	size_t at, len;
	bool partial;

	sse_reader_init(&r, EVENT_MAX);
	for (at = 0; at < size; at += len) {
		seed = seed * 1664525 + 1013904223;
		len = piece == 0 ? size : 1 + (seed >> 16) % piece;
		if (len > size - at)
			len = size - at;
		if (sse_reader_feed(&r, data + at, len) != GB_OK)
			abort();
		drain(&r, false, out);
	}
	drain(&r, true, out);
	partial = sse_reader_partial(&r);
	sse_reader_release(&r);
	return partial;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t pieces[] = {1, 2, 3, 17};
	struct buf whole, cut;
	uint32_t seed;
	bool partial;
	size_t i;

	if (size < sizeof(seed) || size > EVENT_MAX / 4)
		return 0;
	memcpy(&seed, data, sizeof(seed));
	data += sizeof(seed);
	size -= sizeof(seed);

	buf_init(&whole, 64 * EVENT_MAX);
	buf_init(&cut, 64 * EVENT_MAX);
	partial = run((const char *)data, size, 0, seed, &whole);
	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		buf_reset(&cut);
		if (run((const char *)data, size, pieces[i], seed, &cut) !=
			partial ||
		    cut.len != whole.len ||
		    (cut.len > 0 && memcmp(cut.data, whole.data, cut.len) != 0))
			abort();
	}
	buf_release(&whole);
	buf_release(&cut);
	return 0;
}
