/*
 * settings_value.h: one setting's value: from JSON, the form that all layers
 * bring it to, into its field, and from its field to gbalance.cfg's notation.
 */
#ifndef GB_CONFIG_SETTINGS_VALUE_H
#define GB_CONFIG_SETTINGS_VALUE_H

#include "config/settings_table.h"

struct json_object;

/*
 * Parse the "len" bytes at "text", which must be one JSON value and nothing
 * else.  "strict" off also takes single quotes and a comma too many, which
 * people type.  GB_EINVAL when it is not; "*out" then is NULL, as it is, with
 * GB_OK, for JSON's null.
 */
enum gb_err setting_json(const char *text, size_t len, bool strict,
			 struct json_object **out) GB_NODISCARD;

/*
 * Set the field of "row" from "value".  GB_EINVAL when it is not fit: "why" has
 * why, and is untouched otherwise.  On any failure the field is as it was.
 */
enum gb_err setting_assign(const struct setting *row, struct json_object *value,
			   struct settings *,
			   struct setting_fault *why) GB_NODISCARD;

/* The field of "row" as JSON that setting_assign() takes; NULL: no memory. */
struct json_object *setting_to_json(const struct setting *row,
				    const struct settings *);

/* Free what the field of "row" owns and make it empty; secrets are wiped. */
void setting_clear(const struct setting *row, struct settings *);

/* Append the field of "row" as gbalance.cfg has it, secrets masked. */
void setting_print(const struct setting *row, const struct settings *,
		   struct buf *out);

#endif
