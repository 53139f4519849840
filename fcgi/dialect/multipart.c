/* multipart.c: a form with files in it, taken apart */
#include "dialect/multipart.h"

#include <string.h>
#include <strings.h>

#define TYPE	      "multipart/form-data"
#define BOUNDARY_MAX  70		 /* bytes, by RFC 2046 */
#define DELIMITER_MAX (4 + BOUNDARY_MAX) /* with CRLF and "--" */

/* A form being read. */
struct form {
	char delimiter[DELIMITER_MAX]; /* CRLF, "--" and the boundary */
	size_t delimiter_len;
	const char *at, *end; /* what is still to be read */
	struct multipart *out;
	struct api_error *err;
};

/* --- headers and their parameters ----------------------------------------- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct text
trim(struct text text)
{
	while (text.len > 0 && is_blank(text.ptr[0])) {
		text.ptr++;
		text.len--;
	}
	while (text.len > 0 && is_blank(text.ptr[text.len - 1]))
		text.len--;
	return text;
}

static bool
is_word(struct text text, const char *word)
{
	return text.len == strlen(word) &&
	       strncasecmp(text.ptr, word, text.len) == 0;
}

/* The part of "*rest" before "c", and "*rest" after it; all of it when it has
 * none.  Within quotes "c" is a character like any other. */
static struct text
cut_at(struct text *rest, char c)
{
	struct text head = {rest->ptr, 0};
	bool quoted = false;
	size_t i;

	for (i = 0; i < rest->len; i++) {
		if (quoted && rest->ptr[i] == '\\' && i + 1 < rest->len)
			i++;
		else if (rest->ptr[i] == '"')
			quoted = !quoted;
		else if (rest->ptr[i] == c && !quoted)
			break;
	}
	head.len = i;
	if (i < rest->len)
		i++;
	rest->ptr += i;
	rest->len -= i;
	return head;
}

/* Without the quotes, if it has them. */
static struct text
unquote(struct text text)
{
	if (text.len >= 2 && text.ptr[0] == '"' &&
	    text.ptr[text.len - 1] == '"') {
		text.ptr++;
		text.len -= 2;
	}
	return text;
}

/* The value of a header's parameter; none: it has no such. */
static struct text
parameter(struct text value, const char *name)
{
	struct text none = {NULL, 0}, one, key;

	(void)cut_at(&value, ';');
	while (value.len > 0) {
		one = cut_at(&value, ';');
		key = cut_at(&one, '=');
		if (is_word(trim(key), name))
			return unquote(trim(one));
	}
	return none;
}

/* What stands before a header's parameters. */
static struct text
essence(struct text value)
{
	return trim(cut_at(&value, ';'));
}

bool
multipart_is(const char *content_type)
{
	return content_type != NULL &&
	       is_word(essence(text_from(content_type)), TYPE);
}

/* --- parts ---------------------------------------------------------------- */

/* The part that is being read is at fault. */
static enum gb_err
refuse(const struct form *f, const char *why)
{
	api_error_set(f->err, FAULT_INVALID, NULL,
		      "The request body is not a valid form: part %zu: %s.",
		      f->out->count + 1, why);
	return GB_EINVAL;
}

/* One header of the part.  Those that we do not know mean nothing. */
static enum gb_err
read_header(const struct form *f, struct multipart_part *part, struct text line)
{
	struct text key = cut_at(&line, ':'), value = trim(line);

	key = trim(key);
	if (is_word(key, "Content-Disposition")) {
		if (!is_word(essence(value), "form-data"))
			return refuse(f, "it is not form-data");
		part->name = parameter(value, "name");
		part->file_name = parameter(value, "filename");
		if (part->file_name.ptr == NULL)
			part->file_name = parameter(value, "filename*");
	} else if (is_word(key, "Content-Type") && value.len > 0) {
		part->type = value;
	} else if (is_word(key, "Content-Transfer-Encoding") &&
		   (is_word(value, "base64") ||
		    is_word(value, "quoted-printable"))) {
		return refuse(f, "it must be sent as it is, without a "
				 "Content-Transfer-Encoding");
	}
	return GB_OK;
}

/* The headers, and the empty line after them. */
static enum gb_err
read_headers(struct form *f, struct multipart_part *part)
{
	const char *from = f->at, *line_end;
	struct text line;
	enum gb_err rc;
	size_t room;

	for (;;) {
		room = MULTIPART_HEADERS_MAX - (size_t)(f->at - from);
		if (room > (size_t)(f->end - f->at))
			room = (size_t)(f->end - f->at);
		line_end = memmem(f->at, room, "\r\n", 2);
		if (line_end == NULL)
			return refuse(f, "its headers do not end, or are too "
					 "long");
		line.ptr = f->at;
		line.len = (size_t)(line_end - f->at);
		f->at = line_end + 2;
		if (line.len == 0)
			break;
		if ((rc = read_header(f, part, line)) != GB_OK)
			return rc;
	}
	if (part->name.len == 0)
		return refuse(f, "it has no name");
	return GB_OK;
}

/* Behind the line of a delimiter whose boundary ends at "p", and whether it is
 * the form's last; NULL: it only looks like one. */
static const char *
after_boundary(const struct form *f, const char *p, bool *last)
{
	*last = f->end - p >= 2 && memcmp(p, "--", 2) == 0;
	if (*last)
		return p + 2;
	while (p < f->end && is_blank(*p))
		p++;
	return f->end - p >= 2 && memcmp(p, "\r\n", 2) == 0 ? p + 2 : NULL;
}

/* Go behind the next delimiter.  "*data" is what was before it.  False: there
 * is none. */
static bool
pass_delimiter(struct form *f, struct text *data, bool *last)
{
	const char *found, *p, *after;

	for (p = f->at; p < f->end; p = found + 1) {
		found = memmem(p, (size_t)(f->end - p), f->delimiter,
			       f->delimiter_len);
		if (found == NULL)
			return false;
		after = after_boundary(f, found + f->delimiter_len, last);
		if (after == NULL)
			continue;
		data->ptr = f->at;
		data->len = (size_t)(found - f->at);
		f->at = after;
		return true;
	}
	return false;
}

/* The same for the first one, which needs no CRLF at the body's start. */
static bool
pass_first(struct form *f, bool *last)
{
	size_t bare = f->delimiter_len - 2;
	const char *after = NULL;
	struct text preamble;

	if ((size_t)(f->end - f->at) >= bare &&
	    memcmp(f->at, f->delimiter + 2, bare) == 0)
		after = after_boundary(f, f->at + bare, last);
	if (after == NULL)
		return pass_delimiter(f, &preamble, last);
	f->at = after;
	return true;
}

static enum gb_err
read_parts(struct form *f)
{
	struct multipart_part part;
	enum gb_err rc;
	bool last;

	if (!pass_first(f, &last))
		return refuse(f, "the boundary that Content-Type names is not "
				 "there");
	while (!last) {
		if (f->out->count == MULTIPART_PARTS_MAX)
			return refuse(f, "there are too many");
		memset(&part, 0, sizeof(part));
		if ((rc = read_headers(f, &part)) != GB_OK)
			return rc;
		if (!pass_delimiter(f, &part.data, &last))
			return refuse(f, "the boundary that ends it is "
					 "missing");
		f->out->parts[f->out->count++] = part;
	}
	return GB_OK;
}

enum gb_err
multipart_read(const char *content_type, const char *body, size_t len,
	       struct multipart *out, struct api_error *err)
{
	struct form f;
	struct text boundary;
	enum gb_err rc;

	out->count = 0;
	boundary = multipart_is(content_type)
		       ? parameter(text_from(content_type), "boundary")
		       : (struct text){NULL, 0};
	if (boundary.len == 0 || boundary.len > BOUNDARY_MAX) {
		api_error_set(err, FAULT_INVALID, NULL,
			      "The Content-Type must be " TYPE
			      ", with a boundary of at most %d bytes.",
			      BOUNDARY_MAX);
		return GB_EINVAL;
	}
	f.delimiter_len = boundary.len + 4;
	memcpy(f.delimiter, "\r\n--", 4);
	memcpy(f.delimiter + 4, boundary.ptr, boundary.len);
	f.at = body;
	f.end = body + len;
	f.out = out;
	f.err = err;
	rc = read_parts(&f);
	if (rc != GB_OK)
		out->count = 0;
	return rc;
}

const struct multipart_part *
multipart_find(const struct multipart *form, const char *name)
{
	size_t i;

	for (i = form->count; i-- > 0;)
		if (text_is(form->parts[i].name, name))
			return &form->parts[i];
	return NULL;
}
