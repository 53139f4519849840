/* settings_value.c: one setting's value, from JSON and to gbalance.cfg */
#include "config/settings_value.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <json-c/json.h>

#include "base/redact.h"

#define JSON_DEPTH_MAX 8 /* a list of objects of strings needs 3 */
#define DECIMAL_PARTS  1000

/* What Gemini Balance and others call the levels, besides our own names. */
static const struct {
	const char *name;
	enum log_level level;
} level_aliases[] = {
    {"critical", LOG_LEVEL_ERROR},
    {"fatal", LOG_LEVEL_ERROR},
    {"warn", LOG_LEVEL_WARNING},
    {"trace", LOG_LEVEL_DEBUG},
};

static const struct {
	char suffix;
	int64_t bytes;
} size_suffixes[] = {
    {'K', INT64_C(1) << 10},
    {'M', INT64_C(1) << 20},
    {'G', INT64_C(1) << 30},
};

static void *
field_of(const struct setting *row, struct settings *s)
{
	return (char *)s + row->offset;
}

static const void *
const_field_of(const struct setting *row, const struct settings *s)
{
	return (const char *)s + row->offset;
}

/* How many of the field's units one unit of the table's makes. */
static int64_t
scale_of(const struct setting *row)
{
	return row->unit == UNIT_SECONDS ? 1000 : 1;
}

enum gb_err
setting_json(const char *text, size_t len, bool strict,
	     struct json_object **out)
{
	struct json_tokener *tok;
	enum json_tokener_error err;
	enum gb_err rc;

	*out = NULL;
	while (len > 0 && isspace((unsigned char)text[len - 1]))
		len--; /* the tokener stops before it */
	if (len == 0 || len > INT32_MAX)
		return GB_EINVAL;
	tok = json_tokener_new_ex(JSON_DEPTH_MAX);
	if (tok == NULL)
		return GB_ENOMEM;
	if (strict)
		json_tokener_set_flags(tok, JSON_TOKENER_STRICT |
						JSON_TOKENER_VALIDATE_UTF8);
	*out = json_tokener_parse_ex(tok, text, (int)len);
	err = json_tokener_get_error(tok);
	if (err == json_tokener_continue) {
		/* a number or a word may go on: an end tells that it does not
		 */
		json_object_put(*out);
		*out = json_tokener_parse_ex(tok, "", 1);
		err = json_tokener_get_error(tok);
	} else if (err == json_tokener_success &&
		   json_tokener_get_parse_end(tok) != len)
		err = json_tokener_error_parse_unexpected;
	rc = GB_OK;
	if (err != json_tokener_success) {
		json_object_put(*out);
		*out = NULL;
		rc = GB_EINVAL;
	}
	json_tokener_free(tok);
	return rc;
}

/* The value is not fit. */
static enum gb_err
refuse(const struct setting *row, enum setting_unfit kind,
       struct setting_fault *why)
{
	*why = (struct setting_fault){row, kind, 0};
	return GB_EINVAL;
}

/* --- texts ---------------------------------------------------------------- */

static void
text_free(const struct setting *row, char *text)
{
	if (text != NULL && row->secret != SECRET_NOT)
		explicit_bzero(text, strlen(text));
	free(text);
}

/* Why a text of "row" is not fit. */
static enum setting_unfit
check_text(const struct setting *row, const char *text)
{
	enum setting_unfit kind;
	size_t len;

	if (row->check != NULL && (kind = row->check(text)) != UNFIT_NONE)
		return kind;
	len = strlen(text);
	if (len >= (size_t)row->min && len <= (size_t)row->max)
		return UNFIT_NONE;
	if (len > (size_t)row->max)
		return UNFIT_TOO_LONG;
	return len == 0 ? UNFIT_EMPTY : UNFIT_TOO_SHORT;
}

/* A copy of the JSON string "value", tidied and checked, in "*out". */
static enum gb_err
read_text(const struct setting *row, struct json_object *value, char **out,
	  struct setting_fault *why)
{
	enum setting_unfit kind;
	const char *text;

	*out = NULL;
	if (!json_object_is_type(value, json_type_string))
		return refuse(row, UNFIT_NOT_TEXT, why);
	text = json_object_get_string(value);
	if (strlen(text) != (size_t)json_object_get_string_len(value))
		return refuse(row, UNFIT_CONTROL, why);
	*out = strdup(text);
	if (*out == NULL)
		return GB_ENOMEM;
	if (row->tidy != NULL)
		row->tidy(*out);
	/* Where the default is the empty text, that means "unset". */
	if (row->type == SETTING_TEXT && (*out)[0] == '\0' &&
	    row->fallback[0] == '\0')
		return GB_OK;
	if ((kind = check_text(row, *out)) == UNFIT_NONE)
		return GB_OK;
	text_free(row, *out);
	*out = NULL;
	return refuse(row, kind, why);
}

static enum gb_err
assign_text(const struct setting *row, struct json_object *value,
	    struct settings *s, struct setting_fault *why)
{
	char **field = field_of(row, s);
	enum gb_err rc;
	char *text;

	rc = read_text(row, value, &text, why);
	if (rc != GB_OK)
		return rc;
	text_free(row, *field);
	*field = text;
	return GB_OK;
}

/* --- numbers and words ---------------------------------------------------- */

static enum gb_err
assign_bool(const struct setting *row, struct json_object *value,
	    struct settings *s, struct setting_fault *why)
{
	bool *field = field_of(row, s);

	if (!json_object_is_type(value, json_type_boolean))
		return refuse(row, UNFIT_NOT_BOOL, why);
	*field = json_object_get_boolean(value);
	return GB_OK;
}

static bool
parse_size(const char *text, int64_t *out)
{
	int64_t number;
	size_t i;

	*out = 0;
	if (!isdigit((unsigned char)text[0]))
		return false;
	for (number = 0; isdigit((unsigned char)*text); text++) {
		if (number > INT64_MAX / 10 - 1)
			return false;
		number = number * 10 + (*text - '0');
	}
	for (i = 0; i < GB_COUNT(size_suffixes) && *text != '\0'; i++)
		if (toupper((unsigned char)*text) == size_suffixes[i].suffix) {
			if (number > INT64_MAX / size_suffixes[i].bytes)
				return false;
			number *= size_suffixes[i].bytes;
			text++;
			break;
		}
	*out = number;
	return *text == '\0';
}

static enum gb_err
assign_number(const struct setting *row, struct json_object *value,
	      struct settings *s, struct setting_fault *why)
{
	static const enum setting_unfit faults[UNIT__MAX] = {
	    [UNIT_NONE] = UNFIT_NUMBER,
	    [UNIT_SECONDS] = UNFIT_NUMBER_SECONDS,
	    [UNIT_HOURS] = UNFIT_NUMBER_HOURS,
	    [UNIT_DAYS] = UNFIT_NUMBER_DAYS,
	    [UNIT_BYTES] = UNFIT_NUMBER_BYTES,
	};
	int64_t *field = field_of(row, s), number;
	bool fits;

	number = 0;
	if (json_object_is_type(value, json_type_int)) {
		number = json_object_get_int64(value);
		fits = true;
	} else
		fits = row->unit == UNIT_BYTES &&
		       json_object_is_type(value, json_type_string) &&
		       parse_size(json_object_get_string(value), &number);
	if (fits && number >= row->min && number <= row->max) {
		*field = number * scale_of(row);
		return GB_OK;
	}
	return refuse(row, faults[row->unit], why);
}

static enum gb_err
assign_decimal(const struct setting *row, struct json_object *value,
	       struct settings *s, struct setting_fault *why)
{
	int64_t *field = field_of(row, s);
	double number;

	number = json_object_get_double(value);
	if ((json_object_is_type(value, json_type_int) ||
	     json_object_is_type(value, json_type_double)) &&
	    number >= (double)row->min && number <= (double)row->max) {
		*field = llround(number * DECIMAL_PARTS);
		return GB_OK;
	}
	return refuse(row, UNFIT_DECIMAL, why);
}

/* Without the zeros that say nothing. */
static void
print_decimal(int64_t thousandths, struct buf *out)
{
	int64_t part = thousandths % DECIMAL_PARTS;
	int digits = 3;

	buf_printf(out, "%" PRId64, thousandths / DECIMAL_PARTS);
	for (; part > 0 && part % 10 == 0; digits--)
		part /= 10;
	buf_printf(out, ".%0*" PRId64, part == 0 ? 1 : digits, part);
}

static enum gb_err
assign_level(const struct setting *row, struct json_object *value,
	     struct settings *s, struct setting_fault *why)
{
	enum log_level *field = field_of(row, s);
	const char *text;
	size_t i;

	text = "";
	if (json_object_is_type(value, json_type_string))
		text = json_object_get_string(value);
	for (i = 0; i < LOG_LEVEL__MAX; i++)
		if (strcasecmp(log_level_names[i], text) == 0) {
			*field = (enum log_level)i;
			return GB_OK;
		}
	for (i = 0; i < GB_COUNT(level_aliases); i++)
		if (strcasecmp(level_aliases[i].name, text) == 0) {
			*field = level_aliases[i].level;
			return GB_OK;
		}
	return refuse(row, UNFIT_NOT_LEVEL, why);
}

/* --- lists ---------------------------------------------------------------- */

static void
list_clear(const struct setting *row, struct string_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		text_free(row, list->items[i]);
	free(list->items);
	list->items = NULL;
	list->count = 0;
}

static enum gb_err
assign_list(const struct setting *row, struct json_object *value,
	    struct settings *s, struct setting_fault *why)
{
	struct string_list *field = field_of(row, s), list = {NULL, 0};
	size_t i, count;
	enum gb_err rc;

	if (!json_object_is_type(value, json_type_array))
		return refuse(row, UNFIT_NOT_LIST, why);
	count = json_object_array_length(value);
	list.items = calloc(count + 1, sizeof(*list.items));
	rc = list.items == NULL ? GB_ENOMEM : GB_OK;
	for (i = 0; rc == GB_OK && i < count; i++) {
		rc = read_text(row, json_object_array_get_idx(value, i),
			       &list.items[i], why);
		if (rc == GB_OK)
			list.count++;
		else if (rc == GB_EINVAL)
			why->entry = i + 1;
	}
	if (rc != GB_OK) {
		list_clear(row, &list);
		return rc;
	}
	list_clear(row, field);
	*field = list;
	return GB_OK;
}

/* --- pairs ---------------------------------------------------------------- */

static void
pairs_clear(const struct setting *row, struct string_pairs *pairs)
{
	size_t i;

	for (i = 0; i < pairs->count; i++) {
		free(pairs->items[i].name);
		text_free(row, pairs->items[i].value);
	}
	free(pairs->items);
	pairs->items = NULL;
	pairs->count = 0;
}

/* The number of a pair as text in "*out". */
static enum gb_err
read_pair_number(const struct setting *row, struct json_object *value,
		 char **out, struct setting_fault *why)
{
	char text[24];
	double number;

	*out = NULL;
	number = json_object_get_double(value);
	if ((!json_object_is_type(value, json_type_int) &&
	     !json_object_is_type(value, json_type_double)) ||
	    !(number >= (double)row->min && number <= (double)row->max) ||
	    number != (double)(int64_t)number)
		return refuse(row, UNFIT_PAIR_NUMBER, why);
	(void)snprintf(text, sizeof(text), "%" PRId64, (int64_t)number);
	*out = strdup(text);
	return *out == NULL ? GB_ENOMEM : GB_OK;
}

/* Append a copy of the pair to "pairs", which has room for it. */
static enum gb_err
add_pair(const struct setting *row, struct string_pairs *pairs,
	 const char *name, struct json_object *value, struct setting_fault *why)
{
	enum setting_unfit kind;
	char *text;
	size_t i;
	enum gb_err rc;

	rc = row->pair_number ? read_pair_number(row, value, &text, why)
			      : read_text(row, value, &text, why);
	if (rc != GB_OK)
		return rc;
	kind = row->check_pair(name, text);
	for (i = 0; kind == UNFIT_NONE && i < pairs->count; i++)
		if (strcasecmp(pairs->items[i].name, name) == 0)
			kind = UNFIT_PAIR_TWICE;
	if (kind != UNFIT_NONE) {
		text_free(row, text);
		return refuse(row, kind, why);
	}
	pairs->items[pairs->count].value = text;
	pairs->items[pairs->count].name = strdup(name);
	pairs->count++;
	return pairs->items[pairs->count - 1].name == NULL ? GB_ENOMEM : GB_OK;
}

/* As add_pair(), from an object with the two fields of "row". */
static enum gb_err
add_entry(const struct setting *row, struct string_pairs *pairs,
	  struct json_object *entry, struct setting_fault *why)
{
	struct json_object *name, *value;

	if (!json_object_is_type(entry, json_type_object) ||
	    json_object_object_length(entry) != 2 ||
	    !json_object_object_get_ex(entry, row->pair_name, &name) ||
	    !json_object_object_get_ex(entry, row->pair_value, &value) ||
	    !json_object_is_type(name, json_type_string))
		return refuse(row, UNFIT_NOT_PAIR, why);
	return add_pair(row, pairs, json_object_get_string(name), value, why);
}

/* All of "value" into "pairs", which is empty. */
static enum gb_err
read_pairs(const struct setting *row, struct json_object *value,
	   struct string_pairs *pairs, struct setting_fault *why)
{
	struct json_object_iterator it, end;
	enum gb_err rc;
	size_t at, count;

	at = 0;
	rc = GB_OK;
	if (json_object_is_type(value, json_type_object)) {
		it = json_object_iter_begin(value);
		end = json_object_iter_end(value);
		for (; rc == GB_OK && !json_object_iter_equal(&it, &end);
		     json_object_iter_next(&it), at++)
			rc = add_pair(row, pairs,
				      json_object_iter_peek_name(&it),
				      json_object_iter_peek_value(&it), why);
	} else {
		count = json_object_array_length(value);
		for (; rc == GB_OK && at < count; at++)
			rc = add_entry(row, pairs,
				       json_object_array_get_idx(value, at),
				       why);
	}
	if (rc == GB_EINVAL)
		why->entry = at;
	return rc;
}

static enum gb_err
assign_pairs(const struct setting *row, struct json_object *value,
	     struct settings *s, struct setting_fault *why)
{
	struct string_pairs *field = field_of(row, s), pairs = {NULL, 0};
	size_t count;
	enum gb_err rc;

	if (json_object_is_type(value, json_type_object))
		count = (size_t)json_object_object_length(value);
	else if (json_object_is_type(value, json_type_array))
		count = json_object_array_length(value);
	else
		return refuse(row, UNFIT_NOT_PAIRS, why);
	pairs.items = calloc(count + 1, sizeof(*pairs.items));
	if (pairs.items == NULL)
		return GB_ENOMEM;
	rc = read_pairs(row, value, &pairs, why);
	if (rc != GB_OK) {
		pairs_clear(row, &pairs);
		return rc;
	}
	pairs_clear(row, field);
	*field = pairs;
	return GB_OK;
}

/* --- any of them ---------------------------------------------------------- */

static enum gb_err (*const assign[])(const struct setting *,
				     struct json_object *, struct settings *,
				     struct setting_fault *) = {
    [SETTING_BOOL] = assign_bool,	[SETTING_NUMBER] = assign_number,
    [SETTING_DECIMAL] = assign_decimal, [SETTING_TEXT] = assign_text,
    [SETTING_LEVEL] = assign_level,	[SETTING_LIST] = assign_list,
    [SETTING_PAIRS] = assign_pairs,
};

enum gb_err
setting_assign(const struct setting *row, struct json_object *value,
	       struct settings *s, struct setting_fault *why)
{
	return assign[row->type](row, value, s, why);
}

void
setting_clear(const struct setting *row, struct settings *s)
{
	void *field = field_of(row, s);

	if (row->type == SETTING_LIST)
		list_clear(row, field);
	else if (row->type == SETTING_PAIRS)
		pairs_clear(row, field);
	else if (row->type == SETTING_TEXT) {
		text_free(row, *(char **)field);
		*(char **)field = NULL;
	}
}

/* --- to JSON -------------------------------------------------------------- */

/* Put "value" into "list", or forget it; false: one of them is not there. */
static bool
put_in(struct json_object *list, struct json_object *value)
{
	if (list != NULL && value != NULL &&
	    json_object_array_add(list, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

static bool
put_field(struct json_object *o, const char *name, struct json_object *value)
{
	if (value != NULL && json_object_object_add(o, name, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

static struct json_object *
list_json(const struct string_list *list)
{
	struct json_object *out;
	size_t i;

	out = json_object_new_array();
	for (i = 0; out != NULL && i < list->count; i++)
		if (!put_in(out, json_object_new_string(list->items[i]))) {
			json_object_put(out);
			return NULL;
		}
	return out;
}

static struct json_object *
pair_json(const struct setting *row, const struct string_pair *pair)
{
	struct json_object *o;

	if ((o = json_object_new_object()) == NULL)
		return NULL;
	if (put_field(o, row->pair_name, json_object_new_string(pair->name)) &&
	    put_field(o, row->pair_value,
		      row->pair_number ? json_object_new_int64(
					     strtoll(pair->value, NULL, 10))
				       : json_object_new_string(pair->value)))
		return o;
	json_object_put(o);
	return NULL;
}

static struct json_object *
pairs_json(const struct setting *row, const struct string_pairs *pairs)
{
	struct json_object *out;
	size_t i;

	out = json_object_new_array();
	for (i = 0; out != NULL && i < pairs->count; i++)
		if (!put_in(out, pair_json(row, &pairs->items[i]))) {
			json_object_put(out);
			return NULL;
		}
	return out;
}

static struct json_object *
decimal_json(int64_t thousandths)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%" PRId64 ".%03" PRId64,
		       thousandths / DECIMAL_PARTS,
		       thousandths % DECIMAL_PARTS);
	return json_object_new_double_s((double)thousandths / DECIMAL_PARTS,
					text);
}

struct json_object *
setting_to_json(const struct setting *row, const struct settings *s)
{
	const void *field = const_field_of(row, s);
	const char *text;

	switch (row->type) {
	case SETTING_BOOL:
		return json_object_new_boolean(*(const bool *)field);
	case SETTING_NUMBER:
		return json_object_new_int64(*(const int64_t *)field /
					     scale_of(row));
	case SETTING_DECIMAL:
		return decimal_json(*(const int64_t *)field);
	case SETTING_TEXT:
		text = *(char *const *)field;
		return json_object_new_string(text == NULL ? "" : text);
	case SETTING_LEVEL:
		return json_object_new_string(
		    log_level_names[*(const enum log_level *)field]);
	case SETTING_LIST:
		return list_json(field);
	case SETTING_PAIRS:
		return pairs_json(row, field);
	}
	return NULL;
}

/* --- printing ------------------------------------------------------------- */

/* Append "text" in quotes, as libconfig reads it. */
static void
print_quoted(struct buf *out, const char *text)
{
	buf_putc(out, '"');
	for (; *text != '\0'; text++)
		if (*text == '"' || *text == '\\')
			buf_printf(out, "\\%c", *text);
		else if (iscntrl((unsigned char)*text))
			buf_printf(out, "\\x%02x", (unsigned char)*text);
		else
			buf_putc(out, *text);
	buf_putc(out, '"');
}

static void
print_text(const struct setting *row, const char *text, struct buf *out)
{
	char mask[SECRET_MASK_SIZE];
	struct buf shown;

	if (row->secret == SECRET_NOT || text[0] == '\0') {
		print_quoted(out, text);
		return;
	}
	if (row->secret == SECRET_WHOLE) {
		secret_mask(mask, text);
		print_quoted(out, mask);
		return;
	}
	buf_init(&shown, (size_t)row->max + SECRET_MASK_SIZE);
	redact_url(&shown, text);
	print_quoted(out, buf_str(&shown));
	buf_release(&shown);
}

static void
print_list(const struct setting *row, const struct string_list *list,
	   struct buf *out)
{
	size_t i;

	buf_puts(out, list->count == 0 ? "[ " : "[");
	for (i = 0; i < list->count; i++) {
		buf_puts(out, i == 0 ? " " : ", ");
		print_text(row, list->items[i], out);
	}
	buf_puts(out, list->count == 0 ? "]" : " ]");
}

static void
print_pairs(const struct setting *row, const struct string_pairs *pairs,
	    struct buf *out)
{
	size_t i;

	buf_puts(out, pairs->count == 0 ? "( " : "(");
	for (i = 0; i < pairs->count; i++) {
		buf_printf(out, "%s{ %s = ", i == 0 ? " " : ", ",
			   row->pair_name);
		print_quoted(out, pairs->items[i].name);
		buf_printf(out, "; %s = ", row->pair_value);
		if (row->pair_number)
			buf_puts(out, pairs->items[i].value);
		else
			print_text(row, pairs->items[i].value, out);
		buf_puts(out, "; }");
	}
	buf_puts(out, pairs->count == 0 ? ")" : " )");
}

void
setting_print(const struct setting *row, const struct settings *s,
	      struct buf *out)
{
	const void *field = const_field_of(row, s);

	switch (row->type) {
	case SETTING_BOOL:
		buf_puts(out, *(const bool *)field ? "true" : "false");
		break;
	case SETTING_NUMBER:
		buf_printf(out, "%" PRId64,
			   *(const int64_t *)field / scale_of(row));
		break;
	case SETTING_DECIMAL:
		print_decimal(*(const int64_t *)field, out);
		break;
	case SETTING_TEXT:
		print_text(row, *(char *const *)field, out);
		break;
	case SETTING_LEVEL:
		print_quoted(out,
			     log_level_names[*(const enum log_level *)field]);
		break;
	case SETTING_LIST:
		print_list(row, field, out);
		break;
	case SETTING_PAIRS:
		print_pairs(row, field, out);
		break;
	}
}
