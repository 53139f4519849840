/* settings.c: the layers one over the other, and what came of them */
#include "config/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "config/settings_layer.h"
#include "config/settings_value.h"

#define ORIGIN_COLUMN 40 /* where settings_print() says the origin */

/* Where a setting's value came from. */
struct origin {
	enum settings_layer layer;
	unsigned line;
	char *file; /* for LAYER_FILE */
};

/* What settings_load() makes; others see its first member. */
struct snapshot {
	struct settings values;
	struct origin origins[SETTINGS_COUNT];
};

struct settings_loading {
	struct snapshot *snapshot;
	struct buf *faults;
	struct setting_fault first; /* of a value */
	bool faulty;
};

static const char *const layer_names[LAYER__MAX] = {
    [LAYER_DEFAULT] = "default",
    [LAYER_FILE] = "file",
    [LAYER_ENVIRONMENT] = "environment",
    [LAYER_DATABASE] = "database",
};

static const struct origin *
origin_of(const struct settings *s, const struct setting *row)
{
	return &((const struct snapshot *)s)->origins[row - settings_table];
}

static void
print_place(struct buf *out, enum settings_layer layer, const char *file,
	    unsigned line)
{
	if (layer != LAYER_FILE)
		buf_puts(out, layer_names[layer]);
	else if (line == 0)
		buf_puts(out, file);
	else
		buf_printf(out, "%s:%u", file, line);
}

void
loading_fault(struct settings_loading *loading,
	      const struct settings_place *place, const char *name,
	      const char *reason)
{
	loading->faulty = true;
	print_place(loading->faults, place->layer, place->file, place->line);
	if (name != NULL)
		buf_printf(loading->faults, ": %s", name);
	buf_printf(loading->faults, ": %s\n", reason);
}

void
loading_refuse(struct settings_loading *loading,
	       const struct settings_place *place, const char *name,
	       const struct setting_fault *fault)
{
	struct buf reason;

	buf_init(&reason, SETTING_FAULT_MAX);
	setting_fault_write(fault, NULL, NULL, &reason);
	loading_fault(loading, place, name, buf_str(&reason));
	buf_release(&reason);
	if (loading->first.kind == UNFIT_NONE)
		loading->first = *fault;
}

enum gb_err
loading_set(struct settings_loading *loading,
	    const struct settings_place *place, const char *name,
	    struct json_object *value)
{
	const struct setting *row;
	struct setting_fault why;
	struct origin *origin;
	enum gb_err rc;
	char *file;

	row = setting_find(name);
	if (row == NULL ||
	    (row->not_in_database && place->layer == LAYER_DATABASE)) {
		why =
		    (struct setting_fault){row,
					   row == NULL ? UNFIT_UNKNOWN
						       : UNFIT_NOT_IN_DATABASE,
					   0};
		loading_refuse(loading, place, name, &why);
		return GB_OK;
	}
	file = NULL;
	if (place->file != NULL && (file = strdup(place->file)) == NULL)
		return GB_ENOMEM;
	rc = setting_assign(row, value, &loading->snapshot->values, &why);
	if (rc == GB_OK) {
		origin = &loading->snapshot->origins[row - settings_table];
		free(origin->file);
		*origin = (struct origin){place->layer, place->line, file};
		file = NULL;
	} else if (rc == GB_EINVAL) {
		loading_refuse(loading, place, name, &why);
		rc = GB_OK;
	}
	free(file);
	return rc;
}

static enum gb_err
set_defaults(struct settings_loading *loading)
{
	const struct settings_place place = {LAYER_DEFAULT, NULL, 0};
	const struct setting *row;
	struct json_object *value;
	enum gb_err rc;

	rc = GB_OK;
	for (row = settings_table;
	     rc == GB_OK && row < settings_table + SETTINGS_COUNT; row++) {
		rc = settings_env_json(row, row->fallback, &value);
		if (rc == GB_OK)
			rc = loading_set(loading, &place, row->name, value);
		json_object_put(value);
	}
	return rc;
}

/* What one value alone cannot tell: an admin's token that users hold too. */
static void
check_together(struct settings_loading *loading)
{
	const struct settings *s = &loading->snapshot->values;
	const struct setting *row = setting_find("auth_token");
	const struct setting_fault why = {row, UNFIT_ADMIN_IS_USER, 0};
	const struct origin *origin;
	struct settings_place place;
	size_t i;

	for (i = 0; i < s->allowed_tokens.count; i++)
		if (strcmp(s->allowed_tokens.items[i], s->auth_token) == 0)
			break;
	if (i == s->allowed_tokens.count)
		return;
	origin = origin_of(s, row);
	place.layer = origin->layer;
	place.file = origin->file;
	place.line = origin->line;
	loading_refuse(loading, &place, row->name, &why);
}

enum gb_err
settings_load(struct settings **out, const struct settings_load *load,
	      struct buf *faults)
{
	struct settings_loading loading = {.faults = faults};
	enum gb_err rc;

	*out = NULL;
	loading.snapshot = calloc(1, sizeof(*loading.snapshot));
	if (loading.snapshot == NULL)
		return GB_ENOMEM;
	rc = set_defaults(&loading);
	if (rc == GB_OK && load->file != NULL)
		rc = settings_file_read(&loading, load->file);
	if (rc == GB_OK && load->environ != NULL)
		rc = settings_env_read(&loading, load->environ);
	if (rc == GB_OK)
		rc = settings_override_read(&loading, load->overrides,
					    load->override_count);
	if (rc == GB_OK)
		check_together(&loading);
	if (rc == GB_OK && loading.faulty)
		rc = GB_EINVAL;
	if (rc == GB_OK)
		*out = &loading.snapshot->values;
	else
		settings_free(&loading.snapshot->values);
	if (load->first != NULL)
		*load->first = loading.first;
	return rc;
}

void
settings_free(struct settings *s)
{
	struct snapshot *snapshot;
	size_t i;

	if (s == NULL)
		return;
	snapshot = (struct snapshot *)s;
	for (i = 0; i < SETTINGS_COUNT; i++) {
		setting_clear(&settings_table[i], s);
		free(snapshot->origins[i].file);
	}
	free(snapshot);
}

enum settings_layer
settings_origin(const struct settings *s, const char *name)
{
	const struct setting *row;

	row = setting_find(name);
	return row == NULL ? LAYER_DEFAULT : origin_of(s, row)->layer;
}

void
settings_print(const struct settings *s, struct buf *out)
{
	const struct setting *row;
	const struct origin *origin;
	size_t start, column;

	for (row = settings_table; row < settings_table + SETTINGS_COUNT;
	     row++) {
		start = out->len;
		buf_printf(out, "%s = ", row->name);
		setting_print(row, s, out);
		buf_putc(out, ';');
		column = out->len - start;
		buf_printf(out, "%*s  # ",
			   column < ORIGIN_COLUMN
			       ? (int)(ORIGIN_COLUMN - column)
			       : 0,
			   "");
		origin = origin_of(s, row);
		print_place(out, origin->layer, origin->file, origin->line);
		buf_printf(out, ": %s%s%s\n", setting_unit_names[row->unit],
			   row->unit == UNIT_NONE ? "" : " ", row->doc);
	}
}
