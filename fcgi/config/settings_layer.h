/*
 * settings_layer.h: what the layers share while settings are being loaded:
 * each turns its values into JSON and hands them, with their place, to
 * loading_set().
 */
#ifndef GB_CONFIG_SETTINGS_LAYER_H
#define GB_CONFIG_SETTINGS_LAYER_H

#include "config/settings_table.h"

struct json_object;

/* Where a value stands. */
struct settings_place {
	enum settings_layer layer;
	const char *file; /* for LAYER_FILE */
	unsigned line;	  /* for LAYER_FILE; 0: no line in particular */
};

/* What one settings_load() works on. */
struct settings_loading;

/*
 * Set what is called "name" from "value", which stays the caller's.  A value
 * that is not fit, or an unknown name, is a fault and GB_OK, so that the next
 * ones are looked at too.  GB_ENOMEM.
 */
enum gb_err loading_set(struct settings_loading *,
			const struct settings_place *, const char *name,
			struct json_object *value) GB_NODISCARD;

/* Note a fault: a line "place: name: reason", without "name: " for NULL. */
void loading_fault(struct settings_loading *, const struct settings_place *,
		   const char *name, const char *reason);

/* The same of a value. */
void loading_refuse(struct settings_loading *, const struct settings_place *,
		    const char *name, const struct setting_fault *);

/* The layers.  Faults are noted and GB_OK; GB_EIO: the file cannot be read,
 * also noted; GB_ENOMEM. */
enum gb_err settings_file_read(struct settings_loading *,
			       const char *path) GB_NODISCARD;
enum gb_err settings_env_read(struct settings_loading *,
			      char **environ) GB_NODISCARD;
enum gb_err settings_override_read(struct settings_loading *,
				   const struct settings_override *overrides,
				   size_t count) GB_NODISCARD;

/* "text", as the environment has it, as JSON for "row".  What cannot be read
 * becomes a JSON string, which loading_set() then finds unfit. */
enum gb_err settings_env_json(const struct setting *row, const char *text,
			      struct json_object **out) GB_NODISCARD;

#endif
