/* chat_fields.c: the fields of a client's request as a table */
#include "dialect/chat_fields.h"

#include <string.h>

#include <json-c/json.h>

#include "dialect/chat_tools.h"

/* false, 0, {} and the like: the client asks for nothing. */
static bool
says_no(struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_boolean:
		return !json_object_get_boolean(value);
	case json_type_int:
	case json_type_double:
		return json_object_get_double(value) == 0;
	case json_type_object:
		return json_object_object_length(value) == 0;
	case json_type_array:
		return json_object_array_length(value) == 0;
	default:
		return false;
	}
}

static enum gb_err
check_type(struct chat_reader *r, const struct chat_field *row,
	   struct json_object *value, const struct field *at)
{
	struct text text;
	double number;
	bool truth;

	/* The first of the types gives the words for all. */
	if ((row->types & FIELD_BOOLEAN) != 0)
		return field_bool(value, at, &truth, r->err);
	if ((row->types & FIELD_NUMBER) != 0)
		return field_number(value, at, -1e9, 1e9, &number, r->err);
	if ((row->types & FIELD_ARRAY) != 0)
		return field_array(value, at, r->err);
	if ((row->types & FIELD_OBJECT) != 0 &&
	    ((row->types & FIELD_STRING) == 0 ||
	     !json_object_is_type(value, json_type_string)))
		return field_object(value, at, r->err);
	return field_text(value, at, &text, r->err);
}

static enum gb_err
read_row(struct chat_reader *r, const struct chat_field *row,
	 struct json_object *value)
{
	const struct field *at = FIELD_KEY(NULL, row->name);
	enum gb_err rc;

	if (row->policy == FIELD_READ)
		return row->read(r, value, at);
	if ((rc = check_type(r, row, value, at)) != GB_OK)
		return rc;
	if (row->policy == FIELD_IGNORE || says_no(value))
		return GB_OK;
	if (row->policy == FIELD_DROP)
		return chat_cannot(r, at, row->name);
	return field_refuse(at, r->err, FAULT_UNSUPPORTED,
			    "Gemini has no counterpart for it");
}

/* Sort the members of the body into the rows; null is as if absent. */
static void
find_values(struct chat_reader *r, struct json_object *root,
	    const struct chat_field *fields, size_t count,
	    struct json_object **values)
{
	size_t i;

	memset(values, 0, count * sizeof(values[0]));
	json_object_object_foreach(root, key, value)
	{
		for (i = 0; i < count; i++)
			if (strcmp(fields[i].name, key) == 0)
				break;
		if (i < count)
			values[i] = value;
		else if (value != NULL)
			chat_drop(&r->chat->dropped, key);
	}
}

enum gb_err
chat_read_fields(struct chat_reader *r, struct json_object *root,
		 const struct chat_field *fields, size_t count,
		 size_t tool_rows)
{
	struct json_object *values[CHAT_FIELDS_MAX];
	enum gb_err rc = GB_OK;
	size_t i;

	find_values(r, root, fields, count, values);
	for (i = 0; i < count && rc == GB_OK; i++) {
		if (i == tool_rows)
			rc = chat_name_declared(r, FIELD_KEY(NULL, "tools"));
		if (rc == GB_OK && values[i] != NULL)
			rc = read_row(r, &fields[i], values[i]);
	}
	return rc;
}
