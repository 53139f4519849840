/* settings_override.c: settings that an admin changed, from the database */
#include "config/settings_layer.h"

#include <string.h>

#include <json-c/json.h>

#include "config/settings_value.h"

enum gb_err
settings_override_read(struct settings_loading *loading,
		       const struct settings_override *overrides, size_t count)
{
	const struct settings_place place = {LAYER_DATABASE, NULL, 0};
	struct setting_fault why = {NULL, UNFIT_NOT_JSON, 0};
	struct json_object *value;
	enum gb_err rc;
	size_t i;

	rc = GB_OK;
	for (i = 0; rc == GB_OK && i < count; i++) {
		rc = setting_json(overrides[i].json, strlen(overrides[i].json),
				  true, &value);
		if (rc == GB_OK)
			rc = loading_set(loading, &place, overrides[i].name,
					 value);
		else if (rc == GB_EINVAL) {
			why.row = setting_find(overrides[i].name);
			loading_refuse(loading, &place, overrides[i].name,
				       &why);
			rc = GB_OK;
		}
		json_object_put(value);
	}
	return rc;
}
