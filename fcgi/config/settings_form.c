/* settings_form.c: a setting's value as people see and edit it */
#include "config/settings_form.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/redact.h"
#include "config/settings_layer.h"
#include "config/settings_value.h"

#define MASKED "\xe2\x80\xa6" /* every mask has it, and no secret */

static const struct {
	char suffix;
	int64_t bytes;
} sizes[] = {
    {'G', INT64_C(1) << 30},
    {'M', INT64_C(1) << 20},
    {'K', INT64_C(1) << 10},
};

/* --- masking -------------------------------------------------------------- */

static struct json_object *
mask_text(const struct setting *row, struct json_object *text)
{
	char mask[SECRET_MASK_SIZE];
	struct json_object *masked;
	const char *plain;
	struct buf url;

	plain = json_object_get_string(text);
	if (row->secret == SECRET_NOT || plain == NULL || plain[0] == '\0')
		return json_object_get(text);
	if (row->secret == SECRET_WHOLE) {
		secret_mask(mask, plain);
		return json_object_new_string(mask);
	}
	buf_init(&url, strlen(plain) + SECRET_MASK_SIZE);
	redact_url(&url, plain);
	masked = json_object_new_string(buf_str(&url));
	buf_release(&url);
	return masked;
}

/* An item of a list, or a pair, of which the value is masked. */
static struct json_object *
mask_item(const struct setting *row, struct json_object *item)
{
	struct json_object *masked, *value;

	if (row->type == SETTING_LIST)
		return mask_text(row, item);
	value = json_object_object_get(item, row->pair_value);
	if ((masked = json_object_new_object()) == NULL)
		return NULL;
	json_object_object_add(
	    masked, row->pair_name,
	    json_object_get(json_object_object_get(item, row->pair_name)));
	json_object_object_add(masked, row->pair_value,
			       row->pair_number ? json_object_get(value)
						: mask_text(row, value));
	return masked;
}

static struct json_object *
mask_value(const struct setting *row, struct json_object *value)
{
	struct json_object *masked, *item;
	size_t i;

	if (row->type == SETTING_TEXT)
		return mask_text(row, value);
	if (row->type != SETTING_LIST && row->type != SETTING_PAIRS)
		return json_object_get(value);
	masked = json_object_new_array();
	for (i = 0; masked != NULL && i < json_object_array_length(value);
	     i++) {
		item = mask_item(row, json_object_array_get_idx(value, i));
		if (item == NULL || json_object_array_add(masked, item) != 0) {
			json_object_put(item);
			json_object_put(masked);
			return NULL;
		}
	}
	return masked;
}

struct json_object *
setting_masked_json(const struct setting *row, const struct settings *s)
{
	struct json_object *value, *masked;

	if ((value = setting_to_json(row, s)) == NULL)
		return NULL;
	masked = mask_value(row, value);
	json_object_put(value);
	return masked;
}

/* --- what masks stand for ------------------------------------------------- */

/* A value that is being read, and what there is now. */
struct unmasking {
	const struct setting *row;
	struct json_object *now, *masks; /* of the same shape */
	bool *used;			 /* an item of these is meant */
	size_t count, next;
};

/* The text in which a mask may be, of an item of a list or pairs. */
static const char *
text_of(const struct setting *row, struct json_object *item)
{
	struct json_object *text;

	text = item;
	if (row->type == SETTING_PAIRS &&
	    !json_object_object_get_ex(item, row->pair_value, &text))
		return "";
	return json_object_is_type(text, json_type_string)
		   ? json_object_get_string(text)
		   : "";
}

/* The item that "item" with its mask stands for; NULL: there is none. */
static struct json_object *
find_item(struct unmasking *u, struct json_object *item)
{
	size_t i, at;

	for (i = 0; i < u->count; i++) {
		/* They mostly come in their order. */
		at = (u->next + i) % u->count;
		if (u->used[at] ||
		    !json_object_equal(item,
				       json_object_array_get_idx(u->masks, at)))
			continue;
		u->used[at] = true;
		u->next = at + 1;
		return json_object_array_get_idx(u->now, at);
	}
	return NULL;
}

/* Whether one of several that look alike was left out: then nobody knows
 * which. */
static bool
is_unclear(const struct unmasking *u)
{
	struct json_object *mask;
	size_t i, k;

	for (i = 0; i < u->count; i++) {
		mask = json_object_array_get_idx(u->masks, i);
		if (u->used[i] || strstr(text_of(u->row, mask), MASKED) == NULL)
			continue;
		for (k = 0; k < u->count; k++)
			if (u->used[k] &&
			    json_object_equal(
				mask, json_object_array_get_idx(u->masks, k)))
				return true;
	}
	return false;
}

static enum gb_err
unmask_items(struct unmasking *u, struct json_object *value,
	     struct json_object *out, struct setting_fault *why)
{
	struct json_object *item;
	size_t i;

	for (i = 0; i < json_object_array_length(value); i++) {
		item = json_object_array_get_idx(value, i);
		if (strstr(text_of(u->row, item), MASKED) != NULL &&
		    (item = find_item(u, item)) == NULL) {
			*why =
			    (struct setting_fault){u->row, UNFIT_MASK_GONE, 0};
			return GB_EINVAL;
		}
		if (json_object_array_add(out, json_object_get(item)) != 0)
			return GB_ENOMEM;
	}
	if (!is_unclear(u))
		return GB_OK;
	*why = (struct setting_fault){u->row, UNFIT_MASKS_ALIKE, 0};
	return GB_EINVAL;
}

/* Pairs as Gemini Balance has them, {"name": "value"}, as ours. */
static struct json_object *
pairs_of_object(const struct setting *row, struct json_object *object)
{
	struct json_object *out, *pair;
	struct json_object_iterator it, end;

	out = json_object_new_array();
	it = json_object_iter_begin(object);
	end = json_object_iter_end(object);
	for (; out != NULL && !json_object_iter_equal(&it, &end);
	     json_object_iter_next(&it)) {
		pair = json_object_new_object();
		if (pair == NULL || json_object_array_add(out, pair) != 0) {
			json_object_put(pair);
			json_object_put(out);
			return NULL;
		}
		json_object_object_add(pair, row->pair_name,
				       json_object_new_string(
					   json_object_iter_peek_name(&it)));
		json_object_object_add(pair, row->pair_value,
				       json_object_get(
					   json_object_iter_peek_value(&it)));
	}
	return out;
}

static enum gb_err
unmask_array(struct unmasking *u, struct json_object *value,
	     struct json_object **out, struct setting_fault *why)
{
	enum gb_err rc;

	u->count = json_object_array_length(u->now);
	u->used = calloc(u->count + 1, sizeof(*u->used));
	*out = json_object_new_array();
	rc = u->used == NULL || *out == NULL
		 ? GB_ENOMEM
		 : unmask_items(u, value, *out, why);
	free(u->used);
	return rc;
}

/* "value" with what its masks stand for, in "*out", to be put on failure too.
 */
static enum gb_err
unmask(const struct setting *row, struct json_object *value,
       const struct settings *now, struct json_object **out,
       struct setting_fault *why)
{
	struct unmasking u = {.row = row};
	enum gb_err rc;

	*out = NULL;
	if (row->secret == SECRET_NOT) {
		*out = json_object_get(value);
		return GB_OK;
	}
	rc = GB_ENOMEM;
	u.now = setting_to_json(row, now);
	u.masks = u.now == NULL ? NULL : mask_value(row, u.now);
	if (u.masks == NULL)
		goto out;
	rc = GB_OK;
	if (json_object_is_type(value, json_type_array) &&
	    row->type != SETTING_TEXT)
		rc = unmask_array(&u, value, out, why);
	else if (row->type == SETTING_TEXT &&
		 strstr(text_of(row, value), MASKED) != NULL &&
		 json_object_equal(value, u.masks))
		*out = json_object_get(u.now);
	else
		*out = json_object_get(value);
out:
	json_object_put(u.now);
	json_object_put(u.masks);
	return rc;
}

/* --- reading -------------------------------------------------------------- */

/* As strings, as in the environment, numbers and switches are fine too. */
static enum gb_err
from_words(const struct setting *row, struct json_object *value,
	   struct json_object **out)
{
	if (row->type == SETTING_PAIRS &&
	    json_object_is_type(value, json_type_object)) {
		*out = pairs_of_object(row, value);
		return *out == NULL ? GB_ENOMEM : GB_OK;
	}
	if (row->type != SETTING_TEXT &&
	    json_object_is_type(value, json_type_string))
		return settings_env_json(row, json_object_get_string(value),
					 out);
	*out = json_object_get(value);
	return GB_OK;
}

enum gb_err
setting_read_json(const struct setting *row, struct json_object *value,
		  const struct settings *now, struct buf *out,
		  struct setting_fault *why)
{
	struct json_object *plain, *whole;
	enum gb_err rc;

	whole = NULL;
	if ((rc = from_words(row, value, &plain)) == GB_OK &&
	    (rc = unmask(row, plain, now, &whole, why)) == GB_OK)
		rc = settings_json_tidy(row->name,
					json_object_to_json_string_ext(
					    whole,
					    JSON_C_TO_STRING_PLAIN |
						JSON_C_TO_STRING_NOSLASHESCAPE),
					out, why);
	json_object_put(plain);
	json_object_put(whole);
	return rc;
}

/* The "len" bytes at "text" without space at their ends. */
static struct json_object *
trimmed(const char *text, size_t len)
{
	while (len > 0 && strchr(" \t\r", *text) != NULL) {
		text++;
		len--;
	}
	while (len > 0 && strchr(" \t\r", text[len - 1]) != NULL)
		len--;
	return json_object_new_string_len(text, (int)len);
}

/* A line "name = value" as a pair; one without "=" has no value. */
static struct json_object *
pair_of_line(const struct setting *row, const char *line, size_t len)
{
	struct json_object *pair, *value, *number;
	const char *eq;

	if ((pair = json_object_new_object()) == NULL)
		return NULL;
	if ((eq = memchr(line, '=', len)) == NULL)
		eq = line + len;
	json_object_object_add(pair, row->pair_name,
			       trimmed(line, (size_t)(eq - line)));
	len -= (size_t)(eq - line);
	value = len > 0 ? trimmed(eq + 1, len - 1) : trimmed("", 0);
	if (row->pair_number && value != NULL &&
	    setting_json(json_object_get_string(value),
			 (size_t)json_object_get_string_len(value), true,
			 &number) == GB_OK) {
		json_object_put(value);
		value = number;
	}
	json_object_object_add(pair, row->pair_value, value);
	return pair;
}

static struct json_object *
array_of_lines(const struct setting *row, const char *text)
{
	struct json_object *out, *item;
	size_t len;

	out = json_object_new_array();
	for (; out != NULL && *text != '\0';
	     text += text[len] == '\0' ? len : len + 1) {
		len = strcspn(text, "\n");
		if (strspn(text, " \t\r") >= len)
			continue;
		item = row->type == SETTING_LIST ? trimmed(text, len)
						 : pair_of_line(row, text, len);
		if (item == NULL || json_object_array_add(out, item) != 0) {
			json_object_put(item);
			json_object_put(out);
			return NULL;
		}
	}
	return out;
}

enum gb_err
setting_read_form(const struct setting *row, const char *text,
		  const struct settings *now, struct buf *out,
		  struct setting_fault *why)
{
	struct json_object *value;
	enum gb_err rc;

	if (row->type == SETTING_LIST || row->type == SETTING_PAIRS)
		value = array_of_lines(row, text);
	else
		value = trimmed(text, strlen(text));
	if (value == NULL)
		return GB_ENOMEM;
	rc = setting_read_json(row, value, now, out, why);
	json_object_put(value);
	return rc;
}

/* --- writing -------------------------------------------------------------- */

static void
write_size(struct buf *out, int64_t bytes)
{
	size_t i;

	for (i = 0; i < GB_COUNT(sizes); i++)
		if (bytes > 0 && bytes % sizes[i].bytes == 0) {
			buf_printf(out, "%" PRId64 "%c", bytes / sizes[i].bytes,
				   sizes[i].suffix);
			return;
		}
	buf_printf(out, "%" PRId64, bytes);
}

static void
write_lines(const struct setting *row, struct json_object *array,
	    struct buf *out)
{
	struct json_object *item;
	size_t i;

	for (i = 0; i < json_object_array_length(array); i++) {
		item = json_object_array_get_idx(array, i);
		if (i > 0)
			buf_putc(out, '\n');
		if (row->type == SETTING_LIST) {
			buf_puts(out, json_object_get_string(item));
			continue;
		}
		buf_printf(out, "%s = %s",
			   json_object_get_string(
			       json_object_object_get(item, row->pair_name)),
			   json_object_get_string(
			       json_object_object_get(item, row->pair_value)));
	}
}

enum gb_err
setting_form_text(const struct setting *row, const struct settings *s,
		  struct buf *out)
{
	struct json_object *value;

	if ((value = setting_masked_json(row, s)) == NULL)
		return GB_ENOMEM;
	if (row->type == SETTING_LIST || row->type == SETTING_PAIRS)
		write_lines(row, value, out);
	else if (row->unit == UNIT_BYTES)
		write_size(out, json_object_get_int64(value));
	else
		buf_puts(out, json_object_get_string(value));
	json_object_put(value);
	return buf_error(out);
}
