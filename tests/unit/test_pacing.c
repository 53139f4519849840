/* test_pacing.c: where text may be cut, and when its portions may leave */
#include "unit.h"

#include <stdlib.h>

#include "dialect/grapheme.h"
#include "dialect/pacing.h"

/* --- characters ----------------------------------------------------------- */

/* Characters apart by "|", as they must be found. */
static const struct {
	const char *what, *parts;
} texts[] = {
    {"ascii", "a|b| |c"},
    {"line ends", "a|\r\n|\n|\r|b"},
    {"two to four bytes", "ü|東|🗼"},
    {"accents of their own", "e\u0301|a\u0308\u0323|o"},
    {"a skin", "👍🏽|👍"},
    {"a family", "👨\u200d👩\u200d👧|a"},
    {"a heart on fire", "❤\ufe0f\u200d🔥|!"},
    {"a keycap", "1\ufe0f\u20e3|2"},
    {"flags", "🇩🇪|🇫🇷|x"},
    {"half a flag", "🇩🇪|🇫"},
    {"Hangul's letters", "\u1112\u1161\u11ab|\u1100\u1173"},
    {"Thai", "ก\u0e34\u0e48|น"},
    {"Devanagari", "न\u093f|क\u094d"},
    {"a joiner binds no letters", "a\u200d|b"},
    {"a mark alone", "\u0301|a"},
    {"no UTF-8", "\xff|\xc3|a|\xe2|\x82|b"},
};

static void
test_graphemes(void **state)
{
	char have[256];
	const char *p;
	struct buf text;
	size_t at, len, used, count;

	(void)state;
	for (size_t i = 0; i < GB_COUNT(texts); i++) {
		buf_init(&text, sizeof(have));
		for (p = texts[i].parts; *p != '\0'; p++)
			if (*p != '|')
				buf_putc(&text, *p);
		for (at = used = count = 0; at < text.len; at += len, count++) {
			len = grapheme_len(text.data + at, text.len - at);
			assert_true(len > 0 && len <= text.len - at);
			if (used > 0)
				have[used++] = '|';
			memcpy(have + used, text.data + at, len);
			used += len;
		}
		have[used] = '\0';
		CHECK_STR(texts[i].what, have, texts[i].parts);
		CHECK_INT(texts[i].what, grapheme_count(text.data, text.len),
			  count);
		buf_release(&text);
	}
	assert_int_equal(grapheme_len("", 0), 0);
	assert_int_equal(grapheme_count("", 0), 0);
}

/* --- pace ----------------------------------------------------------------- */

/* A writer that puts brackets around each piece. */
struct writer {
	struct buf out;
	struct pacing pacing;
	size_t pieces;
	bool silent;
};

static void
write_piece(void *context, const struct reply *reply, const struct piece *p)
{
	struct writer *w = context;

	(void)reply;
	w->pieces++;
	if (w->silent)
		return;
	buf_putc(&w->out, '[');
	buf_add(&w->out, p->text, p->text_len);
	buf_puts(&w->out, p->signature);
	buf_putc(&w->out, ']');
}

static const struct pacing_rules rules = {
    .max_delay_ms = 40,
    .min_delay_ms = 10,
    .short_text = 2,
    .long_text = 8,
    .chunk = 3,
};

static void
begin(struct writer *w, const struct pacing_rules *how)
{
	memset(w, 0, sizeof(*w));
	buf_init(&w->out, 64 << 20);
	pacing_init(&w->pacing, &w->out);
	if (how != NULL)
		pacing_start(&w->pacing, how);
}

static void
end(struct writer *w)
{
	pacing_release(&w->pacing);
	buf_release(&w->out);
}

static void
take(struct writer *w, int64_t now_ms, enum piece_kind kind, const char *text,
     const char *signature)
{
	struct piece p = {.kind = kind,
			  .text = text,
			  .text_len = strlen(text),
			  .signature = signature,
			  .signature_len = strlen(signature)};
	struct piece_sink sink;
	struct reply reply;

	reply_init(&reply, "call_", "seed");
	pacing_set_now(&w->pacing, now_ms);
	sink = pacing_sink(&w->pacing, (struct piece_sink){write_piece, w});
	sink.piece(sink.context, &reply, &p);
}

/* What leaves at a time. */
static const char *
leave(struct writer *w, int64_t now_ms)
{
	static char text[4096];
	size_t len;

	len = pacing_ready(&w->pacing, now_ms);
	assert_true(len < sizeof(text) && len <= w->out.len);
	memcpy(text, buf_str(&w->out), len);
	text[len] = '\0';
	buf_consume(&w->out, len);
	pacing_sent(&w->pacing, len);
	return text;
}

static void
test_off(void **state)
{
	struct writer w;

	(void)state;
	begin(&w, NULL);
	take(&w, 5, PIECE_TEXT, "all of it at once", "");
	CHECK_INT("wait", pacing_wait_ms(&w.pacing, 5), -1);
	CHECK_STR("off", leave(&w, 5), "[all of it at once]");
	end(&w);
}

/* Short texts by the character, long ones in portions. */
static void
test_lengths(void **state)
{
	struct writer w;

	(void)state;
	begin(&w, &rules);
	take(&w, 1000, PIECE_TEXT, "ab", "");
	CHECK_STR("short, at once", leave(&w, 1000), "[a]");
	CHECK_INT("short, wait", pacing_wait_ms(&w.pacing, 1000), 40);
	CHECK_STR("short, before", leave(&w, 1039), "");
	CHECK_STR("short, then", leave(&w, 1040), "[b]");
	CHECK_INT("short, done", pacing_wait_ms(&w.pacing, 1040), -1);

	/* 4 of 2 to 8 is half way by its logarithm */
	take(&w, 2000, PIECE_TEXT, "abcd", "");
	CHECK_STR("middle, at once", leave(&w, 2000), "[a]");
	CHECK_INT("middle, wait", pacing_wait_ms(&w.pacing, 2000), 25);
	CHECK_STR("middle, all due", leave(&w, 2075), "[b][c][d]");

	take(&w, 3000, PIECE_THOUGHT, "abcde\u0301fgh", "s");
	CHECK_STR("long, at once", leave(&w, 3000), "[abc]");
	CHECK_INT("long, wait", pacing_wait_ms(&w.pacing, 3000), 10);
	CHECK_STR("long, then", leave(&w, 3010), "[de\u0301f]");
	CHECK_STR("long, signed at its end", leave(&w, 3020), "[ghs]");
	end(&w);
}

/* The next text waits for the last one's delay, and for no more. */
static void
test_pace_goes_on(void **state)
{
	struct writer w;

	(void)state;
	begin(&w, &rules);
	take(&w, 1000, PIECE_TEXT, "a", "");
	take(&w, 1010, PIECE_TEXT, "b", "");
	CHECK_STR("the first", leave(&w, 1010), "[a]");
	CHECK_STR("early", leave(&w, 1039), "");
	CHECK_STR("the second", leave(&w, 1040), "[b]");
	take(&w, 5000, PIECE_TEXT, "c", "");
	CHECK_STR("after a pause", leave(&w, 5000), "[c]");
	CHECK_INT("a tick at least", pacing_wait_ms(&w.pacing, 5000), -1);
	take(&w, 5000, PIECE_TEXT, "d", "");
	CHECK_INT("a tick at least", pacing_wait_ms(&w.pacing, 5039),
		  PACING_TICK_MS);
	end(&w);
}

/* What is no text keeps its place and adds no wait. */
static void
test_order(void **state)
{
	struct writer w;

	(void)state;
	begin(&w, &rules);
	take(&w, 1000, PIECE_CALL, "call1", "");
	CHECK_STR("a call alone", leave(&w, 1000), "[call1]");
	take(&w, 1000, PIECE_TEXT, "ab", "");
	take(&w, 1000, PIECE_CALL, "call2", "");
	take(&w, 1000, PIECE_TEXT, "c", "");
	take(&w, 1000, PIECE_TEXT, "", "sig");
	buf_puts(&w.out, "<end>");
	CHECK_STR("the first", leave(&w, 1000), "[a]");
	CHECK_STR("the second, and the call", leave(&w, 1040), "[b][call2]");
	CHECK_STR("the rest", leave(&w, 1080), "[c][sig]<end>");
	end(&w);
}

/* A thought that no client gets takes no time. */
static void
test_hidden(void **state)
{
	struct writer w;

	(void)state;
	begin(&w, &rules);
	w.silent = true;
	take(&w, 1000, PIECE_THOUGHT, "hidden at length", "");
	CHECK_INT("no wait", pacing_wait_ms(&w.pacing, 1000), -1);
	w.silent = false;
	take(&w, 1000, PIECE_TEXT, "a", "");
	CHECK_STR("text", leave(&w, 1000), "[a]");
	end(&w);
}

static char *
long_text(size_t len)
{
	char *text;

	text = malloc(len + 1);
	assert_non_null(text);
	memset(text, 'x', len);
	text[len] = '\0';
	return text;
}

/* All that is written so far has left after the lag, in even portions, however
 * much it is. */
static void
test_lag(void **state)
{
	char *text = long_text(60000);
	int64_t now, wait;
	size_t most, len, sum;
	struct writer w;

	(void)state;
	begin(&w, &rules);
	take(&w, 0, PIECE_TEXT, text, "");
	assert_true(w.pieces <= PACING_MARKS_MAX);
	sum = w.out.len;
	for (now = 0, most = 0;; now += wait) {
		len = pacing_ready(&w.pacing, now);
		most = len > most ? len : most;
		sum -= len;
		buf_consume(&w.out, len);
		pacing_sent(&w.pacing, len);
		if ((wait = pacing_wait_ms(&w.pacing, now)) < 0)
			break;
	}
	CHECK_INT("all left", sum, 0);
	assert_in_range(now, PACING_LAG_MS / 2, PACING_LAG_MS);
	assert_in_range(most, 1, 200);

	/* on top of that, it comes as it comes */
	now = 100000;
	take(&w, now, PIECE_TEXT, text, "");
	take(&w, now, PIECE_TEXT, text, "");
	(void)pacing_ready(&w.pacing, now + PACING_LAG_MS);
	CHECK_INT("no more than the lag",
		  pacing_wait_ms(&w.pacing, now + PACING_LAG_MS), -1);
	end(&w);
	free(text);
}

/* More bytes than may wait leave at once. */
static void
test_bytes(void **state)
{
	char *text = long_text(4 * PACING_BYTES_MAX);
	struct writer w;

	(void)state;
	begin(&w, &rules);
	take(&w, 0, PIECE_TEXT, text, "");
	assert_true(w.out.len - pacing_ready(&w.pacing, 0) <= PACING_BYTES_MAX);
	assert_true(w.out.len < 5 * PACING_BYTES_MAX);
	take(&w, 0, PIECE_BLOB, text, "");
	CHECK_INT("a picture", pacing_ready(&w.pacing, 0), w.out.len);
	end(&w);
	free(text);
}

/* A flood of tiny texts is bounded, and nothing of it is lost. */
static void
test_flood(void **state)
{
	struct pacing_rules slow = rules;
	struct writer w;
	size_t i;

	(void)state;
	slow.max_delay_ms = 1;
	begin(&w, &slow);
	for (i = 0; i < 5 * PACING_MARKS_MAX; i++)
		take(&w, 0, PIECE_TEXT, "a", "");
	CHECK_INT("held", pacing_ready(&w.pacing, 0), 3);
	CHECK_INT("all", pacing_ready(&w.pacing, PACING_LAG_MS), w.out.len);
	end(&w);
}

/* Whatever the settings are, all leaves. */
static void
test_odd_rules(void **state)
{
	static const struct pacing_rules odd[] = {
	    {0, 0, 0, 1, 1},	    {0, 0, 10, 50, 1},
	    {1000, 0, 0, 10000, 1}, {1000, 1000, 50, 10, 10000},
	    {10, 1000, 10, 50, 5},  {1000, 10, 10000, 10000, 3},
	};
	static const char *const words[] = {"a", "ab", "some words",
					    "and a sentence of some more words "
					    "than there are in most."};
	struct writer w;
	size_t i, j;

	(void)state;
	for (i = 0; i < GB_COUNT(odd); i++) {
		begin(&w, &odd[i]);
		for (j = 0; j < GB_COUNT(words); j++)
			take(&w, 0, PIECE_TEXT, words[j], "");
		assert_true(pacing_ready(&w.pacing, 0) > 0);
		CHECK_INT("all", pacing_ready(&w.pacing, PACING_LAG_MS),
			  w.out.len);
		end(&w);
	}
}

/* Another attempt begins with an empty buffer. */
static void
test_reset(void **state)
{
	struct writer w;

	(void)state;
	begin(&w, &rules);
	take(&w, 1000, PIECE_TEXT, "abc", "");
	(void)leave(&w, 1000);
	buf_reset(&w.out);
	pacing_reset(&w.pacing);
	CHECK_INT("nothing waits", pacing_wait_ms(&w.pacing, 1000), -1);
	take(&w, 1000, PIECE_TEXT, "de", "");
	CHECK_STR("anew", leave(&w, 1000), "[d]");
	CHECK_STR("and on", leave(&w, 1040), "[e]");
	end(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_graphemes),
	    cmocka_unit_test(test_off),
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_pace_goes_on),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_hidden),
	    cmocka_unit_test(test_lag),
	    cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_flood),
	    cmocka_unit_test(test_odd_rules),
	    cmocka_unit_test(test_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
