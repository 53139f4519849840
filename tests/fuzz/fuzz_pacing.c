/*
 * fuzz_pacing.c: arbitrary bytes as an event of a stream that is paced, and as
 * a body that is kept.
 *
 * The first byte chooses the framing, the second one the rules.  Whatever an
 * event is cut into says the same as the event, and has left after the lag; of
 * a body no key and nothing that a terminal would obey is kept.
 */
#include <stdlib.h>
#include <string.h>

#include "dialect/body_excerpt.h"
#include "dialect/grapheme.h"
#include "dialect/gemini/native_pacing.h"
#include "dialect/gemini/native_stream.h"
#include "dialect/reply.h"
#include "dialect/json/utf8.h"
#include "upstream/sse_reader.h"
#include "fuzz.h"

#define OUT_MAX (64 << 20)

static void
require(bool truth)
{
	if (!truth)
		abort();
}

/* What an answer says, so that portions add up. */
struct said {
	struct buf texts, others;
	struct reply reply;
};

static void
take_piece(void *context, const struct reply *r, const struct piece *p)
{
	struct said *said = context;
	struct buf *to;

	(void)r;
	to = p->kind == PIECE_TEXT || p->kind == PIECE_THOUGHT ? &said->texts
							       : &said->others;
	buf_add(to, p->text, p->text_len);
	buf_add(to, p->signature, p->signature_len);
}

static void
said_init(struct said *said)
{
	buf_init(&said->texts, OUT_MAX);
	buf_init(&said->others, OUT_MAX);
	reply_init(&said->reply, "call_", "0123456789abcdef01234567");
}

static void
said_release(struct said *said)
{
	buf_release(&said->texts);
	buf_release(&said->others);
}

static enum reply_read
hear(struct said *said, const char *json, size_t len)
{
	const struct piece_sink sink = {take_piece, said};

	return reply_read(&said->reply, json, len, &sink);
}

static void
hear_sse(struct said *said, const struct buf *out)
{
	struct sse_reader r;
	struct sse_event ev;

	sse_reader_init(&r, OUT_MAX);
	require(sse_reader_feed(&r, buf_str(out), out->len) == GB_OK);
	while (sse_reader_next(&r, true, &ev))
		require(hear(said, ev.data, ev.data_len) == REPLY_OK);
	sse_reader_release(&r);
}

static void
hear_array(struct said *said, const struct buf *out)
{
	struct native_stream s;
	struct native_element el;

	native_stream_init(&s, OUT_MAX);
	require(native_stream_feed(&s, buf_str(out), out->len) == GB_OK);
	while (native_stream_next(&s, &el))
		if (el.json != NULL)
			require(hear(said, el.json, el.json_len) == REPLY_OK);
	require(!native_stream_broken(&s));
	native_stream_release(&s);
}

static bool
same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(buf_str(a), buf_str(b), a->len) == 0;
}

static void
pace_event(bool sse, const struct pacing_rules *rules, const char *json,
	   size_t len)
{
	struct pacing pacing;
	struct buf raw, out;
	struct said want, have;

	said_init(&want);
	said_init(&have);
	buf_init(&raw, OUT_MAX);
	buf_init(&out, OUT_MAX);
	buf_puts(&raw, sse ? "data: " : "[");
	buf_add(&raw, json, len);
	if (sse)
		buf_puts(&raw, "\r\n\r\n");
	pacing_init(&pacing, &out);
	pacing_start(&pacing, rules);
	native_pacing_add(&pacing, &out, raw.data, raw.len, sse);
	require(buf_error(&out) == GB_OK);
	if (out.len == raw.len) {
		require(same(&out, &raw));
	} else if (hear(&want, json, len) == REPLY_OK) {
		(sse ? hear_sse : hear_array)(&have, &out);
		require(same(&have.texts, &want.texts));
		require(same(&have.others, &want.others));
		require(have.reply.usage.total == want.reply.usage.total);
		require(have.reply.candidates[0].finish ==
			want.reply.candidates[0].finish);
	}
	require(out.len == 0 || pacing_ready(&pacing, 0) > 0);
	require(pacing_ready(&pacing, PACING_LAG_MS) == out.len);
	require(pacing_wait_ms(&pacing, PACING_LAG_MS) == -1);
	pacing_release(&pacing);
	buf_release(&raw);
	buf_release(&out);
	said_release(&want);
	said_release(&have);
}

static void
keep_body(const char *body, size_t len)
{
	struct buf out;
	size_t at, n;

	buf_init(&out, OUT_MAX);
	body_excerpt(&out, body, len);
	require(buf_error(&out) == GB_OK);
	require(out.len <= 3 * BODY_EXCERPT_MAX);
	for (at = 0; at < out.len; at += n) {
		n = utf8_sequence(out.data + at, out.len - at);
		require(n > 0);
		require(n > 1 || (unsigned char)out.data[at] >= ' ' ||
			out.data[at] == '\n' || out.data[at] == '\t');
	}
	buf_release(&out);
}

static void
cut_characters(const char *text, size_t len)
{
	size_t at, n, count;

	for (at = count = 0; at < len; at += n, count++) {
		n = grapheme_len(text + at, len - at);
		require(n > 0 && n <= len - at);
	}
	require(grapheme_count(text, len) == count);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pacing_rules rules;
	char *copy;

	if (size < 2)
		return 0;
	rules.max_delay_ms = data[1] & 1 ? 24 : 0;
	rules.min_delay_ms = data[1] & 2 ? 16 : 0;
	rules.short_text = data[1] & 4 ? 10 : 0;
	rules.long_text = data[1] & 8 ? 50 : 1;
	rules.chunk = 1 + data[1] / 16;
	copy = malloc(size); /* so that a byte too far shows */
	require(copy != NULL);
	memcpy(copy, data + 2, size - 2);
	pace_event((data[0] & 1) != 0, &rules, copy, size - 2);
	keep_body(copy, size - 2);
	cut_characters(copy, size - 2);
	free(copy);
	return 0;
}
