/* json_scan.c: where the members of a JSON text lie, in bytes */
#include "dialect/json/json_scan.h"

#include <stdint.h>
#include <string.h>

#define NOWHERE SIZE_MAX /* the text ended first */

size_t
json_skip_space(const char *text, size_t len, size_t at)
{
	while (at < len && memchr(" \t\r\n", text[at], 4) != NULL)
		at++;
	return at;
}

/* Behind the string whose opening quote is at "at". */
static size_t
skip_string(const char *text, size_t len, size_t at)
{
	const char *quote;
	size_t slashes, end;

	for (end = at + 1; end < len; end++) {
		quote = memchr(text + end, '"', len - end);
		if (quote == NULL)
			break;
		end = (size_t)(quote - text);
		for (slashes = 0; text[end - 1 - slashes] == '\\'; slashes++)
			;
		if (slashes % 2 == 0)
			return end + 1;
	}
	return NOWHERE;
}

/* Behind the object or array that begins at "at". */
static size_t
skip_container(const char *text, size_t len, size_t at)
{
	size_t depth;

	for (depth = 0; at < len; at++) {
		switch (text[at]) {
		case '"':
			at = skip_string(text, len, at);
			if (at == NOWHERE)
				return NOWHERE;
			at--;
			break;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (--depth == 0)
				return at + 1;
			break;
		default:
			break;
		}
	}
	return NOWHERE;
}

static size_t
skip_value(const char *text, size_t len, size_t at)
{
	size_t end;

	if (at >= len)
		return NOWHERE;
	if (text[at] == '"')
		return skip_string(text, len, at);
	if (text[at] == '{' || text[at] == '[')
		return skip_container(text, len, at);
	for (end = at; end < len; end++)
		if (memchr(",]} \t\r\n", text[end], 7) != NULL)
			break;
	return end == at ? NOWHERE : end;
}

bool
json_scan_begin(struct json_scan *s, const char *text, size_t len, size_t at,
		char open)
{
	memset(s, 0, sizeof(*s));
	s->text = text;
	s->len = len;
	s->at = json_skip_space(text, len, at);
	s->close = open == '{' ? '}' : ']';
	s->first = true;
	if (s->at == len || text[s->at] != open)
		return false;
	s->at++;
	return true;
}

/* Read "key": at s->at. */
static bool
scan_key(struct json_scan *s, struct json_member *m)
{
	size_t end;

	if (s->at == s->len || s->text[s->at] != '"')
		return false;
	end = skip_string(s->text, s->len, s->at);
	if (end == NOWHERE)
		return false;
	m->key = s->text + s->at + 1;
	m->key_len = end - s->at - 2;
	s->at = json_skip_space(s->text, s->len, end);
	if (s->at == s->len || s->text[s->at] != ':')
		return false;
	s->at = json_skip_space(s->text, s->len, s->at + 1);
	return true;
}

bool
json_scan_next(struct json_scan *s, struct json_member *m)
{
	size_t end;

	memset(m, 0, sizeof(*m));
	if (s->closed)
		return false;
	m->gap = s->at;
	s->at = json_skip_space(s->text, s->len, s->at);
	if (s->at == s->len)
		return false;
	if (s->text[s->at] == s->close) {
		s->closed = true;
		s->at++;
		return false;
	}
	if (!s->first) {
		if (s->text[s->at] != ',')
			return false;
		m->gap = ++s->at;
		s->at = json_skip_space(s->text, s->len, s->at);
	}
	s->first = false;
	if (s->close == '}' && !scan_key(s, m))
		return false;
	end = skip_value(s->text, s->len, s->at);
	if (end == NOWHERE)
		return false;
	m->from = s->at;
	m->to = s->at = end;
	return true;
}

bool
json_member_is(const struct json_member *m, const char *key)
{
	return m->key != NULL && strlen(key) == m->key_len &&
	       memcmp(m->key, key, m->key_len) == 0;
}
