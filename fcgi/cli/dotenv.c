/* dotenv.c: the lines of a .env */
#include "cli/dotenv.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LINES_FIRST 32
#define BLANKS	    " \t\f\v"

/* Where the reader is; "end" is where the text's NUL is. */
struct scan {
	const char *at, *end;
	unsigned line;
};

static void
forget_line(struct dotenv_line *l)
{
	if (l->value != NULL)
		explicit_bzero(l->value, strlen(l->value));
	free(l->value);
	free(l->name);
}

void
dotenv_release(struct dotenv *d)
{
	size_t i;

	for (i = 0; i < d->count; i++)
		forget_line(&d->lines[i]);
	free(d->lines);
	memset(d, 0, sizeof(*d));
}

/* Take "l" over, in the place of an older one of its name. */
static enum gb_err
add_line(struct dotenv *d, struct dotenv_line *l)
{
	struct dotenv_line *lines;
	size_t i, size;

	for (i = 0; l->name != NULL && i < d->count; i++)
		if (d->lines[i].name != NULL &&
		    strcmp(d->lines[i].name, l->name) == 0) {
			forget_line(&d->lines[i]);
			d->lines[i] = *l;
			return GB_OK;
		}
	if (d->count == d->size) {
		size = d->size == 0 ? LINES_FIRST : d->size * 2;
		lines = reallocarray(d->lines, size, sizeof(*lines));
		if (lines == NULL) {
			forget_line(l);
			return GB_ENOMEM;
		}
		d->lines = lines;
		d->size = size;
	}
	d->lines[d->count++] = *l;
	return GB_OK;
}

static void
skip_blanks(struct scan *s)
{
	s->at += strspn(s->at, BLANKS);
}

/* To the start of the next line. */
static void
skip_line(struct scan *s)
{
	s->at += strcspn(s->at, "\r\n");
	if (s->at[0] == '\r' && s->at[1] == '\n')
		s->at++;
	if (s->at < s->end) {
		s->at++;
		s->line++;
	}
}

static size_t
name_length(const char *at)
{
	size_t len;

	for (len = 0; isalnum((unsigned char)at[len]) || at[len] == '_' ||
		      at[len] == '.' || at[len] == '-';)
		len++;
	return len;
}

/* What a backslash makes of the character after it, within "quote". */
static bool
unescape(char quote, char c, char *out)
{
	static const char from[] = "\\\"'nrtabfv", to[] = "\\\"'\n\r\t\a\b\f\v";
	const char *found;

	if (c == '\0' || (found = strchr(from, c)) == NULL)
		return false;
	if (quote == '\'' && c != '\\' && c != '\'')
		return false;
	*out = to[found - from];
	return true;
}

/* The value within the quote that "s" is at; NULL in "*value": it does not
 * end, and "s" is where it was. */
static enum gb_err
read_quoted(struct scan *s, char **value)
{
	struct scan from = *s;
	char quote = *s->at++, *out;
	size_t len;

	*value = NULL;
	if ((out = malloc((size_t)(s->end - s->at) + 1)) == NULL)
		return GB_ENOMEM;
	for (len = 0; *s->at != '\0' && *s->at != quote; s->at++) {
		if (*s->at == '\n')
			s->line++;
		if (*s->at == '\\' && unescape(quote, s->at[1], &out[len])) {
			s->at++;
			len++;
		} else
			out[len++] = *s->at;
	}
	out[len] = '\0';
	if (*s->at == quote) {
		s->at++;
		*value = out;
		return GB_OK;
	}
	explicit_bzero(out, len);
	free(out);
	*s = from;
	return GB_OK;
}

/* To the end of the line, without a comment and blanks around. */
static enum gb_err
read_plain(struct scan *s, char **value)
{
	size_t len, i;

	len = strcspn(s->at, "\r\n");
	for (i = 0; i < len; i++)
		if (s->at[i] == '#' &&
		    (i == 0 || isspace((unsigned char)s->at[i - 1]))) {
			len = i;
			break;
		}
	while (len > 0 && isspace((unsigned char)s->at[len - 1]))
		len--;
	*value = strndup(s->at, len);
	return *value == NULL ? GB_ENOMEM : GB_OK;
}

/* The line's variable; what is wrong with it shows in "l". */
static enum gb_err
read_line(struct scan *s, struct dotenv_line *l)
{
	enum gb_err rc;
	bool single;
	size_t len;

	if (strncmp(s->at, "export", 6) == 0 && s->at[6] != '\0' &&
	    strchr(BLANKS, s->at[6]) != NULL) {
		s->at += 6;
		skip_blanks(s);
	}
	if ((len = name_length(s->at)) == 0)
		return GB_OK;
	if ((l->name = strndup(s->at, len)) == NULL)
		return GB_ENOMEM;
	s->at += len;
	skip_blanks(s);
	if (*s->at != '=')
		return GB_OK;
	s->at++;
	skip_blanks(s);
	single = *s->at == '\'';
	rc = single || *s->at == '"' ? read_quoted(s, &l->value)
				     : read_plain(s, &l->value);
	l->refers =
	    !single && l->value != NULL && strstr(l->value, "${") != NULL;
	return rc;
}

enum gb_err
dotenv_read(struct dotenv *out, const char *text, size_t len)
{
	struct scan s = {text, text + len, 1};
	struct dotenv_line l;
	enum gb_err rc;

	memset(out, 0, sizeof(*out));
	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		s.at += 3; /* a mark that some editors put first */
	for (rc = GB_OK; rc == GB_OK && s.at < s.end; skip_line(&s)) {
		skip_blanks(&s);
		if (*s.at == '\0' || strchr("\r\n#", *s.at) != NULL) {
			if (*s.at == '\0' && s.at < s.end)
				s.at++; /* a NUL in the text */
			continue;
		}
		memset(&l, 0, sizeof(l));
		l.line = s.line;
		rc = read_line(&s, &l);
		if (rc == GB_OK)
			rc = add_line(out, &l);
		else
			forget_line(&l);
	}
	if (rc != GB_OK)
		dotenv_release(out);
	return rc;
}
