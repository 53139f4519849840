/* body_excerpt.c: what is worth keeping of a body that a request failed with */
#include "dialect/body_excerpt.h"

#include <stdbool.h>
#include <string.h>

#include "base/redact.h"
#include "dialect/json/json_scan.h"
#include "dialect/json/utf8.h"

#define RUN_MAX	  200 /* letters and digits on end; no word or key is longer */
#define RUN_KEPT  24  /* of a longer one, which is a file in base64 */
#define BREAK_MAX 512 /* how far back a place to cut is looked for */

static bool
is_base64(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c != '\0' && strchr("+/-_=\\", c));
}

static size_t
run_of(const char *text, size_t len)
{
	size_t n;

	for (n = 0; n < len && is_base64(text[n]); n++)
		;
	return n;
}

/* One character that is no part of a run, as a terminal can show it; returns
 * the bytes that it took. */
static size_t
add_character(struct buf *out, const char *text, size_t len)
{
	size_t n = utf8_sequence(text, len);
	unsigned char c = (unsigned char)text[0];
	bool control;

	control = (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f ||
		  (n == 2 && c == 0xc2 && (unsigned char)text[1] < 0xa0);
	if (n == 0 || control)
		buf_putc(out, '?');
	else
		buf_add(out, text, n);
	return n == 0 ? 1 : n;
}

/* Copy what fits into "out", files cut short; returns the bytes that it took
 * of the body. */
static size_t
shorten(struct buf *out, const char *body, size_t len)
{
	size_t at, n;

	for (at = 0; at < len && out->len < BODY_EXCERPT_MAX; at += n) {
		n = run_of(body + at, len - at);
		if (n == 0) {
			n = add_character(out, body + at, len - at);
		} else if (n <= RUN_MAX) {
			buf_add(out, body + at, n);
		} else {
			buf_add(out, body + at, RUN_KEPT);
			buf_printf(out, "…[%zu bytes]", n);
		}
	}
	return at;
}

/* Where the text can be cut so that no credential loses the part that it is
 * known by. */
static size_t
cut_of(const struct buf *text)
{
	size_t at;

	for (at = text->len; at > 0 && text->len - at < BREAK_MAX; at--)
		if (strchr("\" \n\t", text->data[at - 1]) != NULL)
			return at;
	return at;
}

void
body_excerpt(struct buf *out, const char *body, size_t len)
{
	struct buf text;
	size_t taken, at;

	at = json_skip_space(body, len, 0);
	if (len > 0 && (at == len || strchr("{[", body[at]) == NULL)) {
		buf_printf(out, "[%zu bytes that are no JSON]", len);
		return;
	}
	buf_init(&text, BODY_EXCERPT_MAX + RUN_MAX + 64);
	taken = shorten(&text, body, len);
	if (taken < len && text.len > 0)
		buf_truncate(&text, cut_of(&text));
	redact_text(out, buf_str(&text), text.len, NULL);
	if (taken < len)
		buf_printf(out, "…[of %zu bytes]", len);
	if (buf_error(&text) != GB_OK)
		out->fail = buf_error(&text);
	buf_release(&text);
}
