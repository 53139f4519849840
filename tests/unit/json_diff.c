/* json_diff.c: where two JSON values differ */
#include "json_diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#define PATH_MAX_BYTES 1024
#define VALUE_SHOWN    160 /* bytes: more of a value hides the next line */

/* What one comparison carries along. */
struct diff {
	const char *prefix;
	struct buf *lines;
	struct buf path; /* of the value in hand */
	size_t count;
};

static void compare(struct diff *, struct json_object *have,
		    struct json_object *want);

/* As a person writes it: 0.9, where json-c has 0.90000000000000002. */
static void
add_double(struct buf *lines, double number)
{
	char text[32];
	int digits;

	for (digits = 15; digits <= 17; digits++) {
		(void)snprintf(text, sizeof(text), "%.*g", digits, number);
		if (strtod(text, NULL) == number)
			break;
	}
	buf_printf(lines, "%s%s", text,
		   text[strspn(text, "-0123456789")] == '\0' ? ".0" : "");
}

static void
add_value(struct buf *lines, struct json_object *value)
{
	const int how = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;
	const char *text;
	size_t len;

	if (json_object_is_type(value, json_type_double)) {
		add_double(lines, json_object_get_double(value));
		return;
	}
	text = json_object_to_json_string_ext(value, how);
	len = strlen(text);
	buf_add(lines, text, len > VALUE_SHOWN ? VALUE_SHOWN : len);
	if (len > VALUE_SHOWN)
		buf_printf(lines, "… (%zu bytes)", len);
}

/* A line; "there_is…" tells null from nothing at all. */
static void
differ(struct diff *d, struct json_object *have, bool there_is_have,
       struct json_object *want, bool there_is_want)
{
	d->count++;
	buf_puts(d->lines, d->prefix);
	buf_puts(d->lines, d->path.len == 0 ? "(all)" : buf_str(&d->path));
	buf_puts(d->lines, ": have ");
	if (there_is_have)
		add_value(d->lines, have);
	else
		buf_puts(d->lines, "nothing");
	buf_puts(d->lines, ", want ");
	if (there_is_want)
		add_value(d->lines, want);
	else
		buf_puts(d->lines, "nothing");
	buf_putc(d->lines, '\n');
}

/* The path without what stands behind its first "len" bytes. */
static void
step_back(struct diff *d, size_t len)
{
	d->path.len = len;
	if (d->path.data != NULL)
		d->path.data[len] = '\0';
}

static void
step_to_key(struct diff *d, const char *key)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_$-";

	if (key[0] == '\0' || key[strspn(key, plain)] != '\0')
		buf_printf(&d->path, "[\"%s\"]", key);
	else
		buf_printf(&d->path, "%s%s", d->path.len == 0 ? "" : ".", key);
}

static void
compare_objects(struct diff *d, struct json_object *have,
		struct json_object *want)
{
	struct json_object *other;
	size_t len = d->path.len;

	json_object_object_foreach(want, key, value)
	{
		step_to_key(d, key);
		if (json_object_object_get_ex(have, key, &other))
			compare(d, other, value);
		else
			differ(d, NULL, false, value, true);
		step_back(d, len);
	}
	json_object_object_foreach(have, name, extra)
	{
		if (json_object_object_get_ex(want, name, NULL))
			continue;
		step_to_key(d, name);
		differ(d, extra, true, NULL, false);
		step_back(d, len);
	}
}

static void
compare_arrays(struct diff *d, struct json_object *have,
	       struct json_object *want)
{
	size_t i, have_count, want_count, len = d->path.len;

	have_count = json_object_array_length(have);
	want_count = json_object_array_length(want);
	for (i = 0; i < have_count || i < want_count; i++) {
		buf_printf(&d->path, "[%zu]", i);
		if (i < have_count && i < want_count)
			compare(d, json_object_array_get_idx(have, i),
				json_object_array_get_idx(want, i));
		else
			differ(d, json_object_array_get_idx(have, i),
			       i < have_count,
			       json_object_array_get_idx(want, i),
			       i < want_count);
		step_back(d, len);
	}
}

static void
compare(struct diff *d, struct json_object *have, struct json_object *want)
{
	if (json_object_is_type(have, json_type_object) &&
	    json_object_is_type(want, json_type_object))
		compare_objects(d, have, want);
	else if (json_object_is_type(have, json_type_array) &&
		 json_object_is_type(want, json_type_array))
		compare_arrays(d, have, want);
	else if (!json_object_equal(have, want))
		differ(d, have, true, want, true);
}

size_t
json_diff(struct json_object *have, struct json_object *want,
	  const char *prefix, struct buf *lines)
{
	struct diff d = {.prefix = prefix, .lines = lines};

	buf_init(&d.path, PATH_MAX_BYTES);
	compare(&d, have, want);
	buf_release(&d.path);
	return d.count;
}
