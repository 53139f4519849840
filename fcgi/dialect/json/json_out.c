/* json_out.c: writing JSON text straight into a buffer */
#include "dialect/json/json_out.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "dialect/json/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define DIGITS_MIN  15 /* every double of so few digits reads back */
#define DIGITS_MAX  17 /* so many are enough for any double */

#define FLOAT_DIGITS_MIN 6 /* the same of floats */
#define FLOAT_DIGITS_MAX 9
#define FLOAT_TEXT_MAX	 32    /* bytes of one, with NUL */
#define FIXED_MIN	 1e-6f /* floats from here … */
#define FIXED_MAX	 1e6f  /* … up to here are written without exponent */

void
jout_init(struct json_out *out, struct buf *buf)
{
	out->buf = buf;
	out->comma = false;
}

/* Before every value. */
static void
separate(struct json_out *out)
{
	if (out->comma)
		buf_putc(out->buf, ',');
	out->comma = true;
}

void
jout_object(struct json_out *out)
{
	separate(out);
	buf_putc(out->buf, '{');
	out->comma = false;
}

void
jout_object_end(struct json_out *out)
{
	buf_putc(out->buf, '}');
	out->comma = true;
}

void
jout_array(struct json_out *out)
{
	separate(out);
	buf_putc(out->buf, '[');
	out->comma = false;
}

void
jout_array_end(struct json_out *out)
{
	buf_putc(out->buf, ']');
	out->comma = true;
}

/* One byte that does not go over as it is. */
static void
escape(struct buf *buf, unsigned char c)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *known;

	known = c == '\0' ? NULL : strchr(from, c);
	if (known != NULL) {
		buf_putc(buf, '\\');
		buf_putc(buf, to[known - from]);
	} else if (c < 0x20) {
		buf_printf(buf, "\\u%04x", c);
	} else {
		buf_puts(buf, REPLACEMENT);
	}
}

static void
write_quoted(struct buf *buf, const char *str, size_t len)
{
	size_t at, run;

	buf_putc(buf, '"');
	for (at = 0; at < len && buf->fail == GB_OK; at++) {
		run = utf8_clean_run(str + at, len - at);
		buf_add(buf, str + at, run);
		at += run;
		if (at < len)
			escape(buf, (unsigned char)str[at]);
	}
	buf_putc(buf, '"');
}

void
jout_key(struct json_out *out, const char *key)
{
	separate(out);
	write_quoted(out->buf, key, strlen(key));
	buf_putc(out->buf, ':');
	out->comma = false;
}

void
jout_string_len(struct json_out *out, const char *str, size_t len)
{
	separate(out);
	write_quoted(out->buf, str, len);
}

void
jout_string(struct json_out *out, const char *str)
{
	jout_string_len(out, str, strlen(str));
}

void
jout_int(struct json_out *out, int64_t value)
{
	separate(out);
	buf_printf(out->buf, "%" PRId64, value);
}

void
jout_double(struct json_out *out, double value)
{
	char text[32];
	int digits;

	if (!isfinite(value)) {
		jout_null(out); /* JSON has no word for it */
		return;
	}
	for (digits = DIGITS_MIN; digits <= DIGITS_MAX; digits++) {
		(void)snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	jout_raw(out, text, strlen(text));
}

/*
 * The shortest digits of "size", which is from FIXED_MIN to FIXED_MAX, without
 * an exponent, at the end of "text"; NULL: none of FLOAT_DIGITS_MAX read back.
 * A whole number below 2^53 divided by such a power of ten is just what
 * strtod() makes of the digits, so nothing needs to be read.
 */
static char *
float_digits(float size, char text[FLOAT_TEXT_MAX])
{
	static const double powers[] = {1e0,  1e1,  1e2,  1e3, 1e4,  1e5,
					1e6,  1e7,  1e8,  1e9, 1e10, 1e11,
					1e12, 1e13, 1e14, 1e15};
	char *at = text + FLOAT_TEXT_MAX;
	int places, i, tries;
	int64_t n = 0;

	places = FLOAT_DIGITS_MIN;
	while (places > 0 && (double)size >= powers[FLOAT_DIGITS_MIN - places])
		places--;
	for (i = 1; (double)size * powers[i] < 1; i++)
		places++;
	for (tries = FLOAT_DIGITS_MIN; tries <= FLOAT_DIGITS_MAX; tries++) {
		n = llrint((double)size * powers[places]);
		if ((float)((double)n / powers[places]) == size)
			break;
		places++;
	}
	if (tries > FLOAT_DIGITS_MAX)
		return NULL;
	for (; places > 0 && n % 10 == 0; places--)
		n /= 10;
	*--at = '\0';
	for (i = 0; n > 0 || i <= places; i++) {
		if (i == places && places > 0)
			*--at = '.';
		*--at = (char)('0' + n % 10);
		n /= 10;
	}
	return at;
}

void
jout_float(struct json_out *out, float value)
{
	char text[FLOAT_TEXT_MAX], *at;
	float size = fabsf(value);
	int digits;

	if (size >= FIXED_MIN && size < FIXED_MAX &&
	    (at = float_digits(size, text)) != NULL) {
		if (value < 0)
			*--at = '-';
		jout_raw(out, at, strlen(at));
		return;
	}
	if (!isfinite(value)) {
		jout_null(out);
		return;
	}
	for (digits = FLOAT_DIGITS_MIN; digits <= FLOAT_DIGITS_MAX; digits++) {
		(void)snprintf(text, sizeof(text), "%.*g", digits,
			       (double)value);
		if ((float)strtod(text, NULL) == value)
			break;
	}
	jout_raw(out, text, strlen(text));
}

void
jout_bool(struct json_out *out, bool value)
{
	separate(out);
	buf_puts(out->buf, value ? "true" : "false");
}

void
jout_null(struct json_out *out)
{
	separate(out);
	buf_puts(out->buf, "null");
}

void
jout_raw(struct json_out *out, const char *json, size_t len)
{
	separate(out);
	buf_add(out->buf, json, len);
}

/* json-c keeps what is above int64 as uint64, and answers INT64_MAX then. */
static void
write_integer(struct json_out *out, struct json_object *value)
{
	int64_t number;

	number = json_object_get_int64(value);
	if (number < INT64_MAX) {
		jout_int(out, number);
		return;
	}
	separate(out);
	buf_printf(out->buf, "%" PRIu64, json_object_get_uint64(value));
}

static void
write_members(struct json_out *out, struct json_object *object)
{
	jout_object(out);
	json_object_object_foreach(object, key, value)
	{
		jout_key(out, key);
		jout_value(out, value);
	}
	jout_object_end(out);
}

static void
write_items(struct json_out *out, struct json_object *array)
{
	size_t i, count;

	count = json_object_array_length(array);
	jout_array(out);
	for (i = 0; i < count; i++)
		jout_value(out, json_object_array_get_idx(array, i));
	jout_array_end(out);
}

/* Recursive: what was parsed has a bounded depth. */
void
jout_value(struct json_out *out, struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		jout_null(out);
		break;
	case json_type_boolean:
		jout_bool(out, json_object_get_boolean(value));
		break;
	case json_type_double:
		jout_double(out, json_object_get_double(value));
		break;
	case json_type_int:
		write_integer(out, value);
		break;
	case json_type_object:
		write_members(out, value);
		break;
	case json_type_array:
		write_items(out, value);
		break;
	case json_type_string:
		jout_string_len(out, json_object_get_string(value),
				(size_t)json_object_get_string_len(value));
		break;
	}
}

void
jout_key_string(struct json_out *out, const char *key, const char *str)
{
	jout_key(out, key);
	jout_string(out, str);
}

void
jout_key_int(struct json_out *out, const char *key, int64_t value)
{
	jout_key(out, key);
	jout_int(out, value);
}

void
jout_key_bool(struct json_out *out, const char *key, bool value)
{
	jout_key(out, key);
	jout_bool(out, value);
}
