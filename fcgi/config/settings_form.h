/*
 * settings_form.h: a setting's value as people see and edit it, in a field of
 * a form or as JSON.
 *
 * Secrets are masked in it ("AIza…1234").  A mask that comes back stands for
 * the value that it was made of, so that a list of secrets can be edited by who
 * does not see them.
 */
#ifndef GB_CONFIG_SETTINGS_FORM_H
#define GB_CONFIG_SETTINGS_FORM_H

#include "config/settings_table.h"

struct json_object;

/* The value of "row" as JSON with its secrets masked; NULL: no memory. */
struct json_object *setting_masked_json(const struct setting *row,
					const struct settings *);

/* Append it as a form has it: a list has an item a line, of pairs each line is
 * "name = value". */
enum gb_err setting_form_text(const struct setting *row,
			      const struct settings *,
			      struct buf *out) GB_NODISCARD;

/*
 * Append what the database is to have for "value", in which masks stand for
 * the secrets of "now".  As settings_json_tidy() otherwise: GB_EINVAL, and
 * "why" has why; GB_ENOTFOUND: the database can hold no such setting.
 */
enum gb_err setting_read_json(const struct setting *row,
			      struct json_object *value,
			      const struct settings *now, struct buf *out,
			      struct setting_fault *why) GB_NODISCARD;

/* The same for the text of a form. */
enum gb_err setting_read_form(const struct setting *row, const char *text,
			      const struct settings *now, struct buf *out,
			      struct setting_fault *why) GB_NODISCARD;

#endif
