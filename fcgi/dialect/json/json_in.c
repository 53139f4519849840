/* json_in.c: JSON text of a client into json-c's tree */
#include "dialect/json/json_in.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/buf.h"
#include "dialect/json/utf8.h"

#define NODE_COST   64	/* bytes json-c takes for a number or short string */
#define ARRAY_COST  128 /* for an array of ARRAY_FIRST places */
#define OBJECT_COST 800 /* for an object: 16 places of a hash table */
#define ARRAY_FIRST 4	/* places of a new array; json-c's own are 32 */

#define REPLACEMENT 0xfffdu

struct reader {
	const char *start, *at, *end;
	bool build; /* make the tree; otherwise only check */
	unsigned depth;
	size_t cost;	    /* of the nodes so far, in bytes */
	struct buf scratch; /* a string with escapes, a key, a number */
	enum gb_err fail;
	const char *fault; /* what is wrong at "at" */
};

static bool read_value(struct reader *, struct json_object **);

static bool
refuse(struct reader *r, enum gb_err code, const char *fault)
{
	if (r->fail == GB_OK) {
		r->fail = code;
		r->fault = fault;
	}
	return false;
}

static bool
bad(struct reader *r, const char *fault)
{
	return refuse(r, GB_EINVAL, fault);
}

static void
skip_space(struct reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' ||
				  *r->at == '\t' || *r->at == '\r'))
		r->at++;
}

/* Take "c" if it comes next. */
static bool
take(struct reader *r, char c)
{
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

/* Pay for a node before it is made. */
static bool
pay(struct reader *r, size_t cost)
{
	if (!r->build)
		return true;
	r->cost += cost;
	if (r->cost > JSON_TREE_MAX)
		return refuse(r, GB_ETOOBIG, "the body holds too many values");
	return true;
}

/* A node that json-c just made. */
static bool
made(struct reader *r, struct json_object *node)
{
	return node != NULL || refuse(r, GB_ENOMEM, NULL);
}

static bool
read_hex(struct reader *r, unsigned *out)
{
	unsigned i, digit;
	char c;

	*out = 0;
	for (i = 0; i < 4; i++) {
		if (r->at == r->end)
			return bad(r, "the text ends within a string");
		c = *r->at;
		if (c >= '0' && c <= '9')
			digit = (unsigned)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (unsigned)((c | 0x20) - 'a') + 10;
		else
			return bad(r, "\\u needs four hexadecimal digits");
		*out = *out << 4 | digit;
		r->at++;
	}
	return true;
}

static void
add_character(struct buf *buf, unsigned code)
{
	char text[4];
	size_t len = 0;

	if (code < 0x80) {
		text[len++] = (char)code;
	} else if (code < 0x800) {
		text[len++] = (char)(0xc0 | code >> 6);
		text[len++] = (char)(0x80 | (code & 0x3f));
	} else if (code < 0x10000) {
		text[len++] = (char)(0xe0 | code >> 12);
		text[len++] = (char)(0x80 | (code >> 6 & 0x3f));
		text[len++] = (char)(0x80 | (code & 0x3f));
	} else {
		text[len++] = (char)(0xf0 | code >> 18);
		text[len++] = (char)(0x80 | (code >> 12 & 0x3f));
		text[len++] = (char)(0x80 | (code >> 6 & 0x3f));
		text[len++] = (char)(0x80 | (code & 0x3f));
	}
	buf_add(buf, text, len);
}

/* What follows "\u": one code unit, or a surrogate pair. */
static bool
read_unicode(struct reader *r)
{
	const char *mark;
	unsigned high, low;

	if (!read_hex(r, &high))
		return false;
	if (high >= 0xd800 && high < 0xdc00 && r->end - r->at >= 2 &&
	    r->at[0] == '\\' && r->at[1] == 'u') {
		mark = r->at;
		r->at += 2;
		if (!read_hex(r, &low))
			return false;
		if (low >= 0xdc00 && low < 0xe000) {
			add_character(&r->scratch, 0x10000 +
						       ((high - 0xd800) << 10) +
						       (low - 0xdc00));
			return true;
		}
		r->at = mark; /* it stands for itself */
	}
	if (high >= 0xd800 && high < 0xe000)
		high = REPLACEMENT;
	add_character(&r->scratch, high);
	return true;
}

/* After a backslash. */
static bool
read_escape(struct reader *r)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *known;
	char c;

	if (r->at == r->end)
		return bad(r, "the text ends within a string");
	c = *r->at;
	if (c == 'u') {
		r->at++;
		return read_unicode(r);
	}
	known = c == '\0' ? NULL : strchr(from, c);
	if (known == NULL)
		return bad(r, "no such escape; a backslash itself is \\\\");
	buf_putc(&r->scratch, to[known - from]);
	r->at++;
	return true;
}

/* Go on to the quote or backslash that ends what can be taken as it is. */
static bool
skip_characters(struct reader *r)
{
	r->at += utf8_clean_run(r->at, (size_t)(r->end - r->at));
	if (r->at == r->end)
		return bad(r, "the text ends within a string");
	if ((unsigned char)*r->at < 0x20)
		return bad(r, "a control character in a string must be "
			      "escaped");
	if ((unsigned char)*r->at >= 0x80)
		return bad(r, "the bytes here are not UTF-8");
	return true;
}

/*
 * The string after its opening quote: where its bytes are, in the text itself
 * or, when it has escapes, in r->scratch until the next string.
 */
static bool
read_string(struct reader *r, const char **str, size_t *len)
{
	const char *from;

	from = r->at;
	if (!skip_characters(r))
		return false;
	if (*r->at == '"') {
		*str = from;
		*len = (size_t)(r->at - from);
		r->at++;
		return true;
	}
	buf_reset(&r->scratch);
	for (;;) {
		buf_add(&r->scratch, from, (size_t)(r->at - from));
		if (take(r, '"'))
			break;
		r->at++; /* a backslash */
		if (!read_escape(r))
			return false;
		from = r->at;
		if (!skip_characters(r))
			return false;
	}
	if (buf_error(&r->scratch) != GB_OK)
		return refuse(r, buf_error(&r->scratch), NULL);
	*str = buf_str(&r->scratch);
	*len = r->scratch.len;
	return true;
}

static bool
make_string(struct reader *r, struct json_object **out)
{
	const char *str;
	size_t len;

	if (!read_string(r, &str, &len))
		return false;
	if (!r->build)
		return true;
	if (!pay(r, NODE_COST))
		return false;
	*out = json_object_new_string_len(str, (int)len);
	return made(r, *out);
}

static bool
skip_digits(struct reader *r)
{
	if (r->at == r->end || *r->at < '0' || *r->at > '9')
		return bad(r, "a digit is expected");
	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
	return true;
}

/* Check the grammar of a number; "*whole": it has no fraction or exponent. */
static bool
skip_number(struct reader *r, bool *whole)
{
	*whole = true;
	(void)take(r, '-');
	if (!take(r, '0') && !skip_digits(r))
		return false;
	if (take(r, '.')) {
		*whole = false;
		if (!skip_digits(r))
			return false;
	}
	if (take(r, 'e') || take(r, 'E')) {
		*whole = false;
		if (!take(r, '+'))
			(void)take(r, '-');
		return skip_digits(r);
	}
	return true;
}

/* A whole number that fits in 64 bits; NULL: it does not. */
static struct json_object *
new_integer(const char *text)
{
	intmax_t number;
	uintmax_t large;

	errno = 0;
	number = strtoimax(text, NULL, 10);
	if (errno == 0)
		return json_object_new_int64(number);
	errno = 0;
	large = strtoumax(text, NULL, 10);
	if (errno == 0 && text[0] != '-')
		return json_object_new_uint64(large);
	return NULL;
}

static bool
make_number(struct reader *r, struct json_object **out)
{
	const char *from;
	double number;
	bool whole;

	from = r->at;
	if (!skip_number(r, &whole))
		return false;
	if (!r->build)
		return true;
	if (!pay(r, NODE_COST))
		return false;
	buf_reset(&r->scratch);
	buf_add(&r->scratch, from, (size_t)(r->at - from));
	if (buf_error(&r->scratch) != GB_OK)
		return refuse(r, buf_error(&r->scratch), NULL);
	if (whole && (*out = new_integer(buf_str(&r->scratch))) != NULL)
		return true;
	number = strtod(buf_str(&r->scratch), NULL);
	if (!isfinite(number))
		return bad(r, "the number is out of range");
	*out = json_object_new_double(number);
	return made(r, *out);
}

static bool
make_word(struct reader *r, struct json_object **out)
{
	static const struct {
		const char *word;
		size_t len;
	} words[] = {{"true", 4}, {"false", 5}, {"null", 4}};
	size_t i;

	for (i = 0; i < GB_COUNT(words); i++) {
		if ((size_t)(r->end - r->at) < words[i].len ||
		    memcmp(r->at, words[i].word, words[i].len) != 0)
			continue;
		r->at += words[i].len;
		if (i == 2 || !r->build)
			return true;
		if (!pay(r, NODE_COST))
			return false;
		*out = json_object_new_boolean(i == 0);
		return made(r, *out);
	}
	return bad(r, r->at == r->end ? "the text ends where a value is "
					"expected"
				      : "a value is expected");
}

/* A member's name and the colon, into "key" (to be freed) when building. */
static bool
read_key(struct reader *r, char **key)
{
	const char *str;
	size_t len;

	skip_space(r);
	if (!take(r, '"'))
		return bad(r, "a member's name in double quotes is expected");
	if (!read_string(r, &str, &len))
		return false;
	if (memchr(str, '\0', len) != NULL)
		return bad(r, "a member's name must not hold \\u0000");
	if (r->build && (*key = strndup(str, len)) == NULL)
		return refuse(r, GB_ENOMEM, NULL);
	skip_space(r);
	if (!take(r, ':'))
		return bad(r, "a colon is expected");
	return true;
}

static bool
read_member(struct reader *r, struct json_object *object)
{
	struct json_object *value = NULL;
	char *key = NULL;
	bool ok;

	ok = read_key(r, &key) && read_value(r, &value);
	if (ok && r->build) {
		if (json_object_object_add(object, key, value) == 0)
			value = NULL; /* the object's now */
		else
			ok = refuse(r, GB_ENOMEM, NULL);
	}
	json_object_put(value);
	free(key);
	return ok;
}

static bool
read_item(struct reader *r, struct json_object *array)
{
	struct json_object *value = NULL;

	if (!read_value(r, &value)) {
		json_object_put(value);
		return false;
	}
	if (r->build && json_object_array_add(array, value) != 0) {
		json_object_put(value);
		return refuse(r, GB_ENOMEM, NULL);
	}
	return true;
}

/* What is between the brackets, and the closing one. */
static bool
read_inside(struct reader *r, struct json_object *into, char close)
{
	skip_space(r);
	if (take(r, close))
		return true;
	for (;;) {
		if (close == '}' ? !read_member(r, into) : !read_item(r, into))
			return false;
		skip_space(r);
		if (take(r, close))
			return true;
		if (!take(r, ','))
			return bad(r, close == '}'
					  ? "a comma or } is expected"
					  : "a comma or ] is expected");
	}
}

static bool
make_container(struct reader *r, struct json_object **out, bool object)
{
	bool ok;

	if (r->depth == JSON_DEPTH_MAX)
		return refuse(r, GB_ETOOBIG, "the body is nested too deep");
	if (!pay(r, object ? OBJECT_COST : ARRAY_COST))
		return false;
	if (r->build) {
		*out = object ? json_object_new_object()
			      : json_object_new_array_ext(ARRAY_FIRST);
		if (!made(r, *out))
			return false;
	}
	r->depth++;
	ok = read_inside(r, *out, object ? '}' : ']');
	r->depth--;
	return ok;
}

/* The next value into "*out", which was NULL; the caller puts it, also on
 * failure. */
static bool
read_value(struct reader *r, struct json_object **out)
{
	skip_space(r);
	if (r->at == r->end)
		return make_word(r, out);
	switch (*r->at) {
	case '{':
		r->at++;
		return make_container(r, out, true);
	case '[':
		r->at++;
		return make_container(r, out, false);
	case '"':
		r->at++;
		return make_string(r, out);
	case '-':
	case '0':
	case '1':
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
	case '7':
	case '8':
	case '9':
		return make_number(r, out);
	default:
		return make_word(r, out);
	}
}

static bool
read_all(struct reader *r, const char *text, size_t len, bool build,
	 struct json_object **out)
{
	static const char bom[] = "\xef\xbb\xbf"; /* some clients send it */

	memset(r, 0, sizeof(*r));
	r->start = r->at = text;
	r->end = text + len;
	r->build = build;
	buf_init(&r->scratch, len);
	if (build && len >= 3 && memcmp(text, bom, 3) == 0)
		r->at += 3;
	if (!read_value(r, out))
		return false;
	skip_space(r);
	if (r->at < r->end)
		return bad(r, "nothing may follow the value");
	return true;
}

/* Say what is wrong, with the line and column, both from 1, in characters. */
static void
describe(const struct reader *r, struct api_error *err)
{
	const char *at;
	unsigned long line = 1, column = 1;

	if (r->fail == GB_ENOMEM) {
		api_error_set(err, FAULT_INTERNAL, NULL, "Out of memory.");
		return;
	}
	for (at = r->start; at < r->at; at++) {
		if (*at == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)*at & 0xc0) != 0x80) {
			column++;
		}
	}
	api_error_set(err,
		      r->fail == GB_ETOOBIG ? FAULT_INVALID : FAULT_BAD_JSON,
		      NULL, "line %lu, column %lu: %s", line, column, r->fault);
}

enum gb_err
json_read(const char *text, size_t len, struct json_object **out,
	  struct api_error *err)
{
	struct reader r;

	*out = NULL;
	if (len > INT_MAX) {
		api_error_set(err, FAULT_BODY_TOO_LARGE, NULL,
			      "The body is too large.");
		return GB_ETOOBIG;
	}
	if (!read_all(&r, text, len, true, out)) {
		json_object_put(*out);
		*out = NULL;
		describe(&r, err);
	}
	buf_release(&r.scratch);
	return r.fail;
}

enum json_kind
json_check(const char *text, size_t len)
{
	struct json_object *none = NULL;
	struct reader r;
	bool ok;

	ok = read_all(&r, text, len, false, &none);
	buf_release(&r.scratch);
	if (!ok)
		return JSON_KIND_NONE;
	while (*text == ' ' || *text == '\n' || *text == '\t' || *text == '\r')
		text++;
	if (*text == '{')
		return JSON_KIND_OBJECT;
	return *text == 'n' ? JSON_KIND_NULL : JSON_KIND_OTHER;
}
