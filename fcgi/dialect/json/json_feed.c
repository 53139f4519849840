/* json_feed.c: upstream's JSON read as it comes, in pieces of any size */
#include "dialect/json/json_feed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* What may come next. */
enum {
	EXPECTS_ROOT,
	EXPECTS_VALUE,
	EXPECTS_ITEM_OR_END, /* just behind "[" */
	EXPECTS_KEY,
	EXPECTS_KEY_OR_END, /* just behind "{" */
	EXPECTS_COLON,
	EXPECTS_COMMA_OR_END,
	EXPECTS_NOTHING, /* it has ended */
};

/* What the byte before was part of. */
enum {
	TOKEN_NONE,
	TOKEN_KEY,
	TOKEN_STRING,
	TOKEN_NUMBER,
	TOKEN_WORD,
};

void
json_feed_init(struct json_feed *f, json_feed_fn *take, void *context)
{
	memset(f, 0, sizeof(*f));
	f->take = take;
	f->context = context;
	f->expects = EXPECTS_ROOT;
	f->token = TOKEN_NONE;
}

/* --- where it is ---------------------------------------------------------- */

static void
cut_path(struct json_feed *f, size_t len)
{
	f->path_len = len;
	f->path[len] = '\0';
}

static void
add_path(struct json_feed *f, const char *text)
{
	size_t len = strlen(text), room = JSON_FEED_PATH - 1 - f->path_len;

	if (len > room)
		len = room;
	memcpy(f->path + f->path_len, text, len);
	cut_path(f, f->path_len + len);
}

/* A value is over. */
static void
value_done(struct json_feed *f)
{
	f->expects = f->depth == 0 ? EXPECTS_NOTHING : EXPECTS_COMMA_OR_END;
}

static bool
open_container(struct json_feed *f, bool array)
{
	if (f->depth == JSON_FEED_DEPTH ||
	    !f->take(f->context, f, JSON_FEED_OPEN, 0))
		return false;
	f->open[f->depth].array = array;
	f->open[f->depth].outside = f->path_len;
	if (array)
		add_path(f, "[]");
	f->open[f->depth].inside = f->path_len;
	f->depth++;
	f->expects = array ? EXPECTS_ITEM_OR_END : EXPECTS_KEY_OR_END;
	return true;
}

static bool
close_container(struct json_feed *f, bool array)
{
	if (f->depth == 0 || f->open[f->depth - 1].array != array)
		return false;
	f->depth--;
	cut_path(f, f->open[f->depth].outside);
	value_done(f);
	return f->take(f->context, f, JSON_FEED_CLOSE, 0);
}

/* --- tokens --------------------------------------------------------------- */

static void
begin_token(struct json_feed *f, int token)
{
	f->token = token;
	f->text_len = 0;
	f->escaped = false;
}

static bool
keep_byte(struct json_feed *f, char c)
{
	if (f->text_len + 1 == JSON_FEED_TOKEN)
		return false;
	f->text[f->text_len++] = c;
	return true;
}

/* A key or a string goes on, up to its closing quote.  Of a key that is too
 * long, the beginning is kept. */
static bool
string_byte(struct json_feed *f, char c)
{
	if ((unsigned char)c < 0x20)
		return false;
	if (f->escaped || c != '"') {
		if (f->token == TOKEN_KEY)
			(void)keep_byte(f, c);
		f->escaped = !f->escaped && c == '\\';
		return true;
	}
	if (f->token == TOKEN_KEY) {
		f->text[f->text_len] = '\0';
		cut_path(f, f->open[f->depth - 1].inside);
		add_path(f, ".");
		add_path(f, f->text);
		f->expects = EXPECTS_COLON;
	} else {
		value_done(f);
	}
	f->token = TOKEN_NONE;
	return true;
}

static bool
end_number(struct json_feed *f)
{
	double number;
	char *end;

	number = strtod(f->text, &end);
	if (*end != '\0' || end == f->text || !isfinite(number))
		return false;
	return f->take(f->context, f, JSON_FEED_NUMBER, number);
}

static bool
is_word(const char *text)
{
	static const char *const words[] = {"true", "false", "null"};
	size_t i;

	for (i = 0; i < GB_COUNT(words); i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

/* A number or a word is over: something else came. */
static bool
end_token(struct json_feed *f)
{
	bool number = f->token == TOKEN_NUMBER;

	f->text[f->text_len] = '\0';
	f->token = TOKEN_NONE;
	value_done(f);
	return number ? end_number(f) : is_word(f->text);
}

static bool
goes_on(const struct json_feed *f, char c)
{
	if (f->token == TOKEN_WORD)
		return c >= 'a' && c <= 'z';
	return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' ||
	       c == 'e' || c == 'E';
}

/* --- what is between them ------------------------------------------------- */

static bool
begin_value(struct json_feed *f, char c)
{
	switch (c) {
	case '{':
	case '[':
		return open_container(f, c == '[');
	case '"':
		begin_token(f, TOKEN_STRING);
		return true;
	case 't':
	case 'f':
	case 'n':
		begin_token(f, TOKEN_WORD);
		return keep_byte(f, c);
	default:
		begin_token(f, TOKEN_NUMBER);
		return (c == '-' || (c >= '0' && c <= '9')) && keep_byte(f, c);
	}
}

static bool
begin_key(struct json_feed *f, char c)
{
	begin_token(f, TOKEN_KEY);
	return c == '"';
}

static bool
plain_byte(struct json_feed *f, char c)
{
	switch (f->expects) {
	case EXPECTS_ROOT:
		return (c == '{' || c == '[') && begin_value(f, c);
	case EXPECTS_ITEM_OR_END:
		return c == ']' ? close_container(f, true) : begin_value(f, c);
	case EXPECTS_VALUE:
		return begin_value(f, c);
	case EXPECTS_KEY_OR_END:
		return c == '}' ? close_container(f, false) : begin_key(f, c);
	case EXPECTS_KEY:
		return begin_key(f, c);
	case EXPECTS_COLON:
		f->expects = EXPECTS_VALUE;
		return c == ':';
	case EXPECTS_COMMA_OR_END:
		if (c != ',')
			return (c == '}' || c == ']') &&
			       close_container(f, c == ']');
		f->expects =
		    f->open[f->depth - 1].array ? EXPECTS_VALUE : EXPECTS_KEY;
		/* An item is where the array is, whatever was in the last. */
		cut_path(f, f->open[f->depth - 1].inside);
		return true;
	default:
		return false;
	}
}

static bool
take_byte(struct json_feed *f, char c)
{
	if (f->token == TOKEN_KEY || f->token == TOKEN_STRING)
		return string_byte(f, c);
	if (f->token != TOKEN_NONE) {
		if (goes_on(f, c))
			return keep_byte(f, c);
		if (!end_token(f))
			return false;
	}
	if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
		return true;
	return plain_byte(f, c);
}

bool
json_feed_more(struct json_feed *f, const char *data, size_t len)
{
	size_t i;

	for (i = 0; i < len && !f->broken; i++)
		f->broken = !take_byte(f, data[i]);
	return !f->broken;
}

bool
json_feed_ended(const struct json_feed *f)
{
	return !f->broken && f->expects == EXPECTS_NOTHING;
}
