/* escape.c: one function per context, each with what it lets through */
#include "template/escape.h"

#include <string.h>
#include <strings.h>

/* What stands in for an address of a scheme that is not allowed, and for what
 * should be a number and is none. */
#define BAD_URL	   "#"
#define BAD_NUMBER "null"

#define NUMBER_MAX 64 /* bytes of a number */

static const char hex[] = "0123456789ABCDEF";

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool
is_plain(char c)
{
	return is_letter(c) || is_digit(c);
}

static bool
is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

/* "in" a set of characters; NUL is in none. */
static bool
in(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static void
add_none(const char *text, size_t len, struct buf *out)
{
	buf_add(out, text, len);
}

/* --- HTML ------------------------------------------------------------------
 */

/* What HTML needs written otherwise.  Old browsers took "`" for a quote. */
static const char *const entities[256] = {
    ['&'] = "&amp;",	     ['<'] = "&lt;",   ['>'] = "&gt;",
    ['"'] = "&quot;",	     ['\''] = "&#39;", ['`'] = "&#96;",
    ['\0'] = "\xef\xbf\xbd",
};

static void
add_html(const char *text, size_t len, struct buf *out)
{
	const char *word;
	size_t i, run = 0;

	for (i = 0; i < len; i++) {
		if ((word = entities[(unsigned char)text[i]]) == NULL)
			continue;
		buf_add(out, text + run, i - run);
		buf_puts(out, word);
		run = i + 1;
	}
	buf_add(out, text + run, len - run);
}

static void
add_html_line(const char *text, size_t len, struct buf *out)
{
	size_t i, run = 0;

	for (i = 0; i < len; i++) {
		if (text[i] < '\t' || text[i] > '\r')
			continue;
		add_html(text + run, i - run, out);
		buf_putc(out, ' ');
		run = i + 1;
	}
	add_html(text + run, len - run, out);
}

/* --- addresses -------------------------------------------------------------
 */

static void
add_percent(char c, struct buf *out)
{
	char code[3] = {'%', hex[(unsigned char)c >> 4], hex[c & 15]};

	buf_add(out, code, sizeof(code));
}

static bool
is_unreserved(char c)
{
	return is_plain(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static void
add_url_value(const char *text, size_t len, struct buf *out)
{
	size_t i, run = 0;

	for (i = 0; i < len; i++) {
		if (is_unreserved(text[i]))
			continue;
		buf_add(out, text + run, i - run);
		add_percent(text[i], out);
		run = i + 1;
	}
	buf_add(out, text + run, len - run);
}

/* No ":" that could end a scheme, no "/" that could make "//" of a "/". */
static void
add_url_path(const char *text, size_t len, struct buf *out)
{
	size_t i, run = 0;

	for (i = 0; i < len; i++) {
		if (is_unreserved(text[i]) || (text[i] == '/' && i > 0))
			continue;
		buf_add(out, text + run, i - run);
		add_percent(text[i], out);
		run = i + 1;
	}
	buf_add(out, text + run, len - run);
}

/* Relative, or of a scheme that only shows something. */
static bool
scheme_allowed(const char *text, size_t len)
{
	static const char *const allowed[] = {"http", "https", "mailto"};
	size_t end, i;

	for (end = 0; end < len; end++)
		if (text[end] == ':' || text[end] == '/' || text[end] == '?' ||
		    text[end] == '#')
			break;
	if (end == len || text[end] != ':')
		return true;
	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (end == strlen(allowed[i]) &&
		    strncasecmp(text, allowed[i], end) == 0)
			return true;
	return false;
}

/* What stays as it is in a whole address; "&" does not, within HTML. */
static bool
is_url(const char *text, size_t len)
{
	if (text[0] == '%')
		return len > 2 && is_hex(text[1]) && is_hex(text[2]);
	return is_unreserved(text[0]) || text[0] == '/' ||
	       in(text[0], ":?#[]@!$()*+,;=");
}

static void
add_url(const char *text, size_t len, struct buf *out)
{
	size_t i, run = 0;

	if (!scheme_allowed(text, len)) {
		buf_puts(out, BAD_URL);
		return;
	}
	for (i = 0; i < len; i++) {
		if (is_url(text + i, len - i))
			continue;
		buf_add(out, text + run, i - run);
		if (text[i] == '&')
			buf_puts(out, "&amp;");
		else
			add_percent(text[i], out);
		run = i + 1;
	}
	buf_add(out, text + run, len - run);
}

/* --- JavaScript and JSON ---------------------------------------------------
 */

/* U+2028 and U+2029 end a line in older JavaScript. */
static bool
is_line_end(const char *text, size_t len)
{
	return len >= 3 && memcmp(text, "\xe2\x80", 2) == 0 &&
	       (text[2] == '\xa8' || text[2] == '\xa9');
}

static void
add_string(const char *text, size_t len, const char *before, struct buf *out)
{
	size_t i, run = 0;
	char c;

	for (i = 0; i < len; i++) {
		c = text[i];
		if (!is_control(c) && !in(c, "\"'`\\<>&=+/$") &&
		    !is_line_end(text + i, len - i))
			continue;
		buf_add(out, text + run, i - run);
		if (c == '\xe2') {
			buf_puts(out,
				 text[i + 2] == '\xa8' ? "\\u2028" : "\\u2029");
			i += 2;
		} else {
			buf_puts(out, before);
			buf_putc(out, hex[(unsigned char)c >> 4]);
			buf_putc(out, hex[c & 15]);
		}
		run = i + 1;
	}
	buf_add(out, text + run, len - run);
}

static void
add_js(const char *text, size_t len, struct buf *out)
{
	add_string(text, len, "\\x", out);
}

static void
add_json(const char *text, size_t len, struct buf *out)
{
	add_string(text, len, "\\u00", out);
}

static size_t
digits(const char *text, size_t len, size_t at)
{
	while (at < len && is_digit(text[at]))
		at++;
	return at;
}

/* As JSON has it: -12.5e+3, with digits wherever there must be some. */
static bool
is_number(const char *text, size_t len)
{
	size_t at = len > 0 && text[0] == '-' ? 1 : 0, from = at;

	at = digits(text, len, at);
	if (at == from || (text[from] == '0' && at > from + 1))
		return false;
	if (at < len && text[at] == '.') {
		from = at + 1;
		at = digits(text, len, from);
		if (at == from)
			return false;
	}
	if (at < len && (text[at] == 'e' || text[at] == 'E')) {
		from = at + 1;
		if (from < len && in(text[from], "+-"))
			from++;
		at = digits(text, len, from);
		if (at == from)
			return false;
	}
	return at == len;
}

static bool
is_word(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(text, word, len) == 0;
}

static void
add_number(const char *text, size_t len, struct buf *out)
{
	if (is_word(text, len, "true") || is_word(text, len, "false") ||
	    (len <= NUMBER_MAX && is_number(text, len))) {
		if (text[0] == '-')
			buf_putc(out, ' '); /* not "--" with one before it */
		buf_add(out, text, len);
	} else {
		buf_puts(out, BAD_NUMBER);
	}
}

/* --- CSS -------------------------------------------------------------------
 */

static void
add_css(const char *text, size_t len, struct buf *out)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (is_plain(text[i]) || in(text[i], "_.,!#%- "))
			buf_putc(out, text[i]);
}

static void
add_css_string(const char *text, size_t len, struct buf *out)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (is_plain(text[i]) || in(text[i], "_.,!#%- ") ||
		    (unsigned char)text[i] >= 0x80) {
			buf_putc(out, text[i]);
		} else {
			buf_puts(out, "\\0000");
			buf_putc(out, hex[(unsigned char)text[i] >> 4]);
			buf_putc(out, hex[text[i] & 15]);
		}
	}
}

/* --- the table -------------------------------------------------------------
 */

#define BIT(escape) (1u << (escape))

/* URL_VALUE lets nothing through that means anything anywhere. */
static const struct {
	void (*add)(const char *text, size_t len, struct buf *out);
	unsigned also; /* what suffices in its place besides itself */
} table[ESCAPE__MAX] = {
    [ESCAPE_NONE] = {add_none, ~0u},
    [ESCAPE_HTML] = {add_html, BIT(ESCAPE_HTML_LINE) | BIT(ESCAPE_URL) |
				   BIT(ESCAPE_URL_PATH) |
				   BIT(ESCAPE_URL_VALUE) | BIT(ESCAPE_JS) |
				   BIT(ESCAPE_JSON) | BIT(ESCAPE_NUMBER) |
				   BIT(ESCAPE_CSS) | BIT(ESCAPE_CSS_STRING)},
    [ESCAPE_HTML_LINE] = {add_html_line, 0},
    [ESCAPE_URL] = {add_url, BIT(ESCAPE_URL_VALUE)},
    [ESCAPE_URL_PATH] = {add_url_path, BIT(ESCAPE_URL_VALUE)},
    [ESCAPE_URL_VALUE] = {add_url_value, 0},
    [ESCAPE_JS] = {add_js, BIT(ESCAPE_JSON) | BIT(ESCAPE_URL_VALUE)},
    [ESCAPE_JSON] = {add_json, BIT(ESCAPE_URL_VALUE)},
    [ESCAPE_NUMBER] = {add_number, 0},
    [ESCAPE_CSS] = {add_css, 0},
    [ESCAPE_CSS_STRING] = {add_css_string, BIT(ESCAPE_CSS)},
};

void
escape_add(enum escape escape, const char *text, size_t len, struct buf *out)
{
	table[escape].add(text, len, out);
}

bool
escape_suffices(enum escape done, enum escape wanted)
{
	return done == wanted || (table[wanted].also & BIT(done)) != 0;
}
