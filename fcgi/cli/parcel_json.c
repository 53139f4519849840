/* parcel_json.c: the file of "gbalance export" */
#include "cli/parcel_json.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include <json-c/json.h>

#include "base/clock.h"
#include "base/hex.h"

#define DEPTH_MAX 16 /* a setting's list of pairs is 6 deep */
#define VERSION	  "gbalance_export"

static const char *const by_words[] = {
    [DISABLED_BY_NOBODY] = "",
    [DISABLED_BY_SYSTEM] = "system",
    [DISABLED_BY_PERSON] = "person",
};

/* --- writing -------------------------------------------------------------- */

static void
put_quoted(struct buf *out, const char *text)
{
	buf_putc(out, '"');
	for (; *text != '\0'; text++)
		if (*text == '"' || *text == '\\')
			buf_printf(out, "\\%c", *text);
		else if ((unsigned char)*text < ' ')
			buf_printf(out, "\\u%04x", (unsigned char)*text);
		else
			buf_putc(out, *text);
	buf_putc(out, '"');
}

static void
put_value(struct buf *out, const struct parcel_field *field,
	  const struct parcel_value *v)
{
	const char *text = v->text == NULL ? "" : v->text;
	char digits[2 * DIGEST_SIZE + 1] = "";

	switch (field->type) {
	case PARCEL_SECRET:
	case PARCEL_TEXT:
	case PARCEL_PROJECT:
		put_quoted(out, text);
		break;
	case PARCEL_NUMBER:
		buf_printf(out, "%" PRId64, v->number);
		break;
	case PARCEL_ON:
		buf_puts(out, v->number != 0 ? "true" : "false");
		break;
	case PARCEL_POOL:
		put_quoted(out, key_pool_names[v->number]);
		break;
	case PARCEL_BY:
		put_quoted(out, v->number >= 0 &&
					v->number < (int64_t)GB_COUNT(by_words)
				    ? by_words[v->number]
				    : "");
		break;
	case PARCEL_DIGEST:
		if (v->text != NULL)
			hex_write(digits, (const unsigned char *)v->text,
				  DIGEST_SIZE);
		buf_printf(out, "\"%s\"", digits);
		break;
	case PARCEL_JSON:
		buf_puts(out, text);
		break;
	}
}

static void
put_row(struct buf *out, const struct parcel_row *row)
{
	const struct parcel_field *field = parcel_fields[row->kind];
	size_t i;

	buf_putc(out, '{');
	for (i = 0; i < parcel_field_counts[row->kind]; i++) {
		if (i > 0)
			buf_puts(out, ", ");
		put_quoted(out, field[i].name);
		buf_puts(out, ": ");
		put_value(out, &field[i], &row->values[i]);
	}
	buf_putc(out, '}');
}

void
parcel_json_write(const struct parcel *p, unsigned parts, int64_t now_ms,
		  struct buf *out)
{
	char now[CLOCK_TEXT_SIZE];
	size_t i, count;
	int kind;

	clock_text(now, now_ms, false);
	buf_printf(out, "{\"" VERSION "\": %d,\n \"made_at\": \"%s\"",
		   PARCEL_JSON_VERSION, now);
	for (kind = 0; kind < PARCEL__MAX; kind++) {
		if ((parts & 1u << kind) == 0)
			continue;
		buf_printf(out, ",\n \"%s\": [", parcel_names[kind]);
		for (i = count = 0; i < p->count; i++) {
			if ((int)p->rows[i].kind != kind)
				continue;
			buf_puts(out, count++ == 0 ? "\n  " : ",\n  ");
			put_row(out, &p->rows[i]);
		}
		buf_puts(out, count == 0 ? "]" : "\n ]");
	}
	buf_puts(out, "}\n");
}

/* --- reading -------------------------------------------------------------- */

/* The number of the word, or -1. */
static int64_t
number_of(const char *text, const char *const *words, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(words[i], text) == 0)
			return (int64_t)i;
	return -1;
}

static enum gb_err
take_digest(struct parcel_row *row, size_t i, const char *text, size_t len)
{
	unsigned char digest[DIGEST_SIZE];

	if (len != 2 * DIGEST_SIZE || strspn(text, HEX_DIGITS) < len ||
	    !hex_read(digest, text, DIGEST_SIZE))
		return GB_EINVAL;
	return parcel_set(row, i, (const char *)digest, DIGEST_SIZE);
}

static enum gb_err
take_number(struct parcel_row *row, size_t i, struct json_object *value)
{
	const struct parcel_field *field = &parcel_fields[row->kind][i];
	int64_t number;

	number = json_object_get_int64(value);
	if (!json_object_is_type(value, json_type_int) ||
	    number < field->least || number > field->most)
		return GB_EINVAL;
	row->values[i].number = number;
	return GB_OK;
}

static enum gb_err
take_json(struct parcel_row *row, size_t i, struct json_object *value)
{
	const char *text;

	text =
	    json_object_to_json_string_ext(value,
					   JSON_C_TO_STRING_PLAIN |
					       JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text == NULL)
		return GB_ENOMEM;
	return parcel_set(row, i, text, strlen(text));
}

/* Value "i" of the row; GB_EINVAL: it is not fit. */
static enum gb_err
take_value(struct parcel_row *row, size_t i, struct json_object *value)
{
	const struct parcel_field *field = &parcel_fields[row->kind][i];
	const char *text;
	int64_t number;
	size_t len;

	if (field->type == PARCEL_NUMBER)
		return take_number(row, i, value);
	if (field->type == PARCEL_ON) {
		row->values[i].number = json_object_get_boolean(value);
		return json_object_is_type(value, json_type_boolean)
			   ? GB_OK
			   : GB_EINVAL;
	}
	if (field->type == PARCEL_JSON)
		return take_json(row, i, value);
	if (!json_object_is_type(value, json_type_string))
		return GB_EINVAL;
	text = json_object_get_string(value);
	len = (size_t)json_object_get_string_len(value);
	if (strlen(text) != len)
		return GB_EINVAL;
	if (field->type == PARCEL_DIGEST)
		return take_digest(row, i, text, len);
	if (field->type == PARCEL_TEXT || field->type == PARCEL_PROJECT ||
	    field->type == PARCEL_SECRET)
		return len < (size_t)field->least || len > (size_t)field->most
			   ? GB_EINVAL
			   : parcel_set(row, i, text, len);
	number = field->type == PARCEL_POOL
		     ? number_of(text, key_pool_names, POOL__MAX)
		     : number_of(text, by_words, GB_COUNT(by_words));
	row->values[i].number = number == -1 ? 0 : number;
	return number == -1 ? GB_EINVAL : GB_OK;
}

static bool
knows_field(enum parcel_kind kind, const char *name)
{
	size_t i;

	for (i = 0; i < parcel_field_counts[kind]; i++)
		if (strcmp(parcel_fields[kind][i].name, name) == 0)
			return true;
	return false;
}

/* Whether the object has nothing that would be lost in silence. */
static bool
knows_all(enum parcel_kind kind, struct json_object *o)
{
	struct json_object_iterator it, end;

	it = json_object_iter_begin(o);
	end = json_object_iter_end(o);
	for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it))
		if (!knows_field(kind, json_object_iter_peek_name(&it)))
			return false;
	return true;
}

static enum gb_err
take_row(struct parcel *p, enum parcel_kind kind, struct json_object *o)
{
	const struct parcel_field *field;
	struct json_object *value;
	struct parcel_row *row;
	enum gb_err rc;
	size_t i;

	if ((row = parcel_add(p, kind)) == NULL)
		return GB_ENOMEM;
	if (!json_object_is_type(o, json_type_object)) {
		parcel_refuse(row, NULL, "must be an object");
		return GB_OK;
	}
	for (i = 0; i < parcel_field_counts[kind]; i++) {
		field = &parcel_fields[kind][i];
		if (!json_object_object_get_ex(o, field->name, &value)) {
			if (field->needed)
				parcel_refuse(row, field->name, "is missing");
			continue;
		}
		if ((rc = take_value(row, i, value)) == GB_ENOMEM)
			return rc;
		if (rc != GB_OK)
			parcel_refuse(row, field->name, "is not fit");
	}
	if (!knows_all(kind, o))
		parcel_refuse(row, NULL,
			      "has a field that this version does not know");
	return GB_OK;
}

static enum gb_err
take_rows(struct parcel *p, unsigned parts, struct json_object *file,
	  const char **why)
{
	struct json_object *list;
	enum gb_err rc;
	size_t i, count;
	int kind;

	rc = GB_OK;
	for (kind = 0; kind < PARCEL__MAX; kind++) {
		if ((parts & 1u << kind) == 0 ||
		    !json_object_object_get_ex(file, parcel_names[kind], &list))
			continue;
		if (!json_object_is_type(list, json_type_array)) {
			*why = "keys, tokens and settings must be lists";
			return GB_EINVAL;
		}
		count = json_object_array_length(list);
		for (i = 0; rc == GB_OK && i < count; i++)
			rc = take_row(p, (enum parcel_kind)kind,
				      json_object_array_get_idx(list, i));
	}
	return rc;
}

enum gb_err
parcel_json_read(const char *text, size_t len, unsigned parts, struct parcel *p,
		 const char **why)
{
	struct json_object *file, *version;
	struct json_tokener *tok;
	enum gb_err rc;

	*why = "it is not JSON";
	if (len == 0 || len > INT_MAX)
		return GB_EINVAL;
	if ((tok = json_tokener_new_ex(DEPTH_MAX)) == NULL)
		return GB_ENOMEM;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT |
					JSON_TOKENER_ALLOW_TRAILING_CHARS);
	file = json_tokener_parse_ex(tok, text, (int)len);
	rc = GB_EINVAL;
	if (json_tokener_get_error(tok) != json_tokener_success ||
	    text[json_tokener_get_parse_end(tok) +
		 strspn(text + json_tokener_get_parse_end(tok), " \t\r\n")] !=
		'\0')
		goto out;
	*why = "it is no file of \"gbalance export\"";
	if (!json_object_is_type(file, json_type_object) ||
	    !json_object_object_get_ex(file, VERSION, &version))
		goto out;
	*why = "a newer gbalance made it";
	if (!json_object_is_type(version, json_type_int) ||
	    json_object_get_int64(version) != PARCEL_JSON_VERSION)
		goto out;
	rc = take_rows(p, parts, file, why);
out:
	json_object_put(file);
	json_tokener_free(tok);
	return rc;
}
