/* settings_single.c: one setting's value by itself, as the database has it */
#include "config/settings.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "config/settings_layer.h"
#include "config/settings_value.h"

/* Append "row" of "s" as JSON text. */
static enum gb_err
append_json(const struct setting *row, const struct settings *s,
	    struct buf *out)
{
	struct json_object *value;
	const char *text;

	value = setting_to_json(row, s);
	text = value == NULL ? NULL
			     : json_object_to_json_string_ext(
				   value, JSON_C_TO_STRING_PLAIN |
					      JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text != NULL)
		buf_puts(out, text);
	json_object_put(value);
	return text == NULL ? GB_ENOMEM : buf_error(out);
}

enum gb_err
settings_json(const struct settings *s, const char *name, struct buf *out)
{
	const struct setting *row;

	if ((row = setting_find(name)) == NULL)
		return GB_ENOTFOUND;
	return append_json(row, s, out);
}

/* Append "value" as it is once it has been the value of "row". */
static enum gb_err
tidy(const struct setting *row, struct json_object *value, struct buf *out,
     struct setting_fault *why)
{
	struct settings *scratch;
	enum gb_err rc;

	if ((scratch = calloc(1, sizeof(*scratch))) == NULL)
		return GB_ENOMEM;
	rc = setting_assign(row, value, scratch, why);
	if (rc == GB_OK)
		rc = append_json(row, scratch, out);
	setting_clear(row, scratch);
	free(scratch);
	return rc;
}

enum gb_err
settings_json_tidy(const char *name, const char *json, struct buf *out,
		   struct setting_fault *why)
{
	const struct setting *row;
	struct json_object *value;
	enum gb_err rc;

	row = setting_find(name);
	if (row == NULL || row->not_in_database)
		return GB_ENOTFOUND;
	rc = setting_json(json, strlen(json), true, &value);
	if (rc == GB_EINVAL)
		*why = (struct setting_fault){row, UNFIT_NOT_JSON, 0};
	if (rc == GB_OK)
		rc = tidy(row, value, out, why);
	json_object_put(value);
	return rc;
}

enum gb_err
settings_json_of_env(const char *env, const char *text, const char **name,
		     struct buf *out, struct setting_fault *why)
{
	const struct setting *row;
	struct json_object *value;
	enum gb_err rc;

	*name = NULL;
	for (row = settings_table; row < settings_table + SETTINGS_COUNT; row++)
		if (strcmp(row->env, env) == 0)
			break;
	if (row == settings_table + SETTINGS_COUNT || row->not_in_database)
		return GB_ENOTFOUND;
	*name = row->name;
	rc = settings_env_json(row, text, &value);
	if (rc == GB_OK)
		rc = tidy(row, value, out, why);
	json_object_put(value);
	return rc;
}

enum gb_err
settings_list_of_env(const char *text, struct json_object **list)
{
	enum gb_err rc;

	rc = settings_env_json(setting_find("api_keys"), text, list);
	if (rc == GB_OK && !json_object_is_type(*list, json_type_array))
		rc = GB_EINVAL;
	if (rc != GB_OK) {
		json_object_put(*list);
		*list = NULL;
	}
	return rc;
}
