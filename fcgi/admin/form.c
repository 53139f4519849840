/* form.c: the fields of a query or of a form's body */
#include "admin/form.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "dialect/json/utf8.h"

void
form_init(struct form *f)
{
	memset(f, 0, sizeof(*f));
}

void
form_release(struct form *f)
{
	free(f->bytes);
	free(f->fields);
	form_init(f);
}

static bool
is_utf8(const char *text, size_t len)
{
	size_t at, n;

	for (at = 0; at < len; at += n)
		if ((n = utf8_sequence(text + at, len - at)) == 0)
			return false;
	return true;
}

/* Decode the text from "from" to "end" where it stands, and end it with a NUL
 * there or before; false: it is not what a form sends. */
static bool
decode(char *from, char *end)
{
	char *to, *p;
	int high, low;
	unsigned char c;

	for (to = p = from; p < end; p++) {
		if (*p != '%') {
			c = (unsigned char)(*p == '+' ? ' ' : *p);
		} else {
			if (end - p < 3 || (high = hex_digit(p[1])) < 0 ||
			    (low = hex_digit(p[2])) < 0)
				return false;
			c = (unsigned char)(high << 4 | low);
			p += 2;
		}
		if (c == 0x7f ||
		    (c < ' ' && c != '\t' && c != '\r' && c != '\n'))
			return false;
		*to++ = (char)c;
	}
	*to = '\0';
	return is_utf8(from, (size_t)(to - from));
}

/* Take the text apart at every "&" and the first "=" in between. */
static enum gb_err
take_apart(struct form *f, char *end)
{
	char *p, *amp, *eq;
	struct form_field *field;

	for (p = f->bytes; p < end; p = amp + 1) {
		if ((amp = memchr(p, '&', (size_t)(end - p))) == NULL)
			amp = end;
		if (amp == p)
			continue;
		field = &f->fields[f->count++];
		eq = memchr(p, '=', (size_t)(amp - p));
		field->name = p;
		field->value = eq == NULL ? end : eq + 1;
		/* The value first: the name's NUL may take the place of "=". */
		if ((eq != NULL && !decode(eq + 1, amp)) ||
		    !decode(p, eq == NULL ? amp : eq))
			return GB_EINVAL;
	}
	return GB_OK;
}

enum gb_err
form_read(struct form *f, const char *text, size_t len)
{
	enum gb_err rc;
	size_t i, fields;

	for (fields = 1, i = 0; i < len; i++)
		fields += text[i] == '&';
	if (fields > FORM_FIELDS_MAX)
		return GB_ETOOBIG;
	f->bytes = malloc(len + 1);
	f->fields = calloc(fields, sizeof(*f->fields));
	rc = GB_ENOMEM;
	if (f->bytes != NULL && f->fields != NULL) {
		memcpy(f->bytes, text, len);
		f->bytes[len] = '\0';
		rc = take_apart(f, f->bytes + len);
	}
	if (rc != GB_OK)
		form_release(f);
	return rc;
}

const char *
form_next(const struct form *f, const char *name, size_t *at)
{
	while (*at < f->count)
		if (strcmp(f->fields[(*at)++].name, name) == 0)
			return f->fields[*at - 1].value;
	return NULL;
}

const char *
form_value(const struct form *f, const char *name)
{
	const char *value;
	size_t at;

	at = 0;
	value = form_next(f, name, &at);
	return value == NULL ? "" : value;
}

bool
form_has(const struct form *f, const char *name)
{
	size_t at;

	at = 0;
	return form_next(f, name, &at) != NULL;
}

bool
form_number(const struct form *f, const char *name, int64_t min, int64_t max,
	    int64_t *number)
{
	const char *text;
	char *end;
	long long n;

	text = form_value(f, name);
	if (text[0] != '-' && (text[0] < '0' || text[0] > '9'))
		return false;
	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || end == text || n < min || n > max)
		return false;
	*number = n;
	return true;
}
