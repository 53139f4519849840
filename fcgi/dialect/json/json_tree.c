/* json_tree.c: reading JSON of which nothing is certain, as upstream's is */
#include "dialect/json/json_tree.h"

#include <string.h>

#include <json-c/json.h>

#include "dialect/json/json_in.h"

#define FEW_MEMBERS    8		/* are sooner compared than hashed */
#define TREE_COUNT_MAX 1000000000000000 /* 10^15, see tree_count() */

/* By our own reader: json-c's takes a lock that all threads share, for the
 * locale, at every text. */
struct json_object *
tree_parse(const char *json, size_t len)
{
	struct json_object *value;
	struct api_error err;

	return json_read(json, len, &value, &err) == GB_OK ? value : NULL;
}

struct json_object *
tree_get(struct json_object *object, const char *key)
{
	struct json_object *value;
	struct lh_entry *e;

	if (!json_object_is_type(object, json_type_object))
		return NULL;
	if (json_object_object_length(object) > FEW_MEMBERS)
		return json_object_object_get_ex(object, key, &value) ? value
								      : NULL;
	for (e = lh_table_head(json_object_get_object(object)); e != NULL;
	     e = lh_entry_next(e))
		if (strcmp(lh_entry_k(e), key) == 0)
			return lh_entry_v(e);
	return NULL;
}

static struct json_object *
typed(struct json_object *object, const char *key, enum json_type type)
{
	struct json_object *value;

	value = tree_get(object, key);
	return value != NULL && json_object_is_type(value, type) ? value : NULL;
}

struct json_object *
tree_object(struct json_object *object, const char *key)
{
	return typed(object, key, json_type_object);
}

struct json_object *
tree_array(struct json_object *object, const char *key)
{
	return typed(object, key, json_type_array);
}

size_t
tree_length(struct json_object *array)
{
	if (!json_object_is_type(array, json_type_array))
		return 0;
	return json_object_array_length(array);
}

struct json_object *
tree_item(struct json_object *array, size_t at)
{
	return at < tree_length(array) ? json_object_array_get_idx(array, at)
				       : NULL;
}

const char *
tree_string(struct json_object *object, const char *key, size_t *len)
{
	struct json_object *value;

	value = typed(object, key, json_type_string);
	if (len != NULL)
		*len = value == NULL
			   ? 0
			   : (size_t)json_object_get_string_len(value);
	return value == NULL ? NULL : json_object_get_string(value);
}

int64_t
tree_count(struct json_object *object, const char *key)
{
	struct json_object *value;
	int64_t count;

	value = tree_get(object, key);
	switch (json_object_get_type(value)) {
	case json_type_int:
	case json_type_double:
	case json_type_string:
		count = json_object_get_int64(value);
		break;
	default:
		return 0;
	}
	if (count < 0)
		return 0;
	return count < TREE_COUNT_MAX ? count : TREE_COUNT_MAX;
}

double
tree_number(struct json_object *object, const char *key)
{
	struct json_object *value;

	value = tree_get(object, key);
	switch (json_object_get_type(value)) {
	case json_type_int:
	case json_type_double:
	case json_type_string:
		return json_object_get_double(value);
	default:
		return 0;
	}
}

bool
tree_true(struct json_object *object, const char *key)
{
	struct json_object *value;

	value = typed(object, key, json_type_boolean);
	return value != NULL && json_object_get_boolean(value);
}

size_t
utf8_trim(const char *text, size_t len)
{
	size_t tail, need;
	unsigned char lead;

	for (tail = 1; tail <= 4 && tail <= len; tail++) {
		lead = (unsigned char)text[len - tail];
		if ((lead & 0xc0) == 0x80)
			continue;
		need = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
		return tail < need ? len - tail : len;
	}
	return len;
}

void
tree_copy(struct json_object *object, const char *key, char *text, size_t size)
{
	const char *from;
	size_t len;

	from = tree_string(object, key, &len);
	if (len >= size)
		len = utf8_trim(from, size - 1);
	if (len > 0)
		memcpy(text, from, len);
	text[len] = '\0';
}
