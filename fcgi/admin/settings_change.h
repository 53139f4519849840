/*
 * settings_change.h: changing settings, so that nobody's change is lost unseen.
 *
 * Who changes a setting says by its version which value was seen.  When it has
 * another one now, nothing is changed, and who wanted it is told.
 */
#ifndef GB_ADMIN_SETTINGS_CHANGE_H
#define GB_ADMIN_SETTINGS_CHANGE_H

#include "admin/request.h"
#include "config/settings_table.h"

#define VERSION_SIZE 33 /* 32 hexadecimal digits and NUL */

enum wish_state {
	WISH_SAME,     /* it is so already, or was not touched */
	WISH_CHANGES,  /* it will be changed, or was */
	WISH_UNFIT,    /* it cannot be so: "why" */
	WISH_CONFLICT, /* somebody else changed it meanwhile */
};

/* What a setting is to be: one of these. */
struct settings_wish {
	const struct setting *row;
	const char *text;	   /* of a form's field; NULL: none */
	struct json_object *value; /* JSON; NULL: none */
	bool reset;		   /* what file, environment or default say */
	const char *version;	   /* NULL: whatever it is now */

	enum wish_state state;	  /* from here on it is found out */
	struct setting_fault why; /* of another setting where they do not go
				     together */
	char *json;		  /* its value in the database; NULL: none */
};

/* The settings of this moment, whatever the process has seen of them yet. */
struct settings_now {
	struct settings *settings;
	struct settings *below; /* without those of the database */
	int64_t generation;
	struct override_rows *rows;
};

/* GB_EINVAL: they have faults, of which the text is in "faults". */
enum gb_err settings_now_load(struct admin_request *, struct settings_now *,
			      struct buf *faults) GB_NODISCARD;
void settings_now_free(struct settings_now *);

/* The version of a setting: no value can be guessed from it. */
enum gb_err settings_version(const struct admin_request *,
			     const struct setting *, const struct settings *,
			     char version[VERSION_SIZE]) GB_NODISCARD;
/* The same of all together. */
enum gb_err settings_version_all(const struct admin_request *,
				 const struct settings *,
				 char version[VERSION_SIZE]) GB_NODISCARD;

/*
 * Make all wishes true, or none: GB_EINVAL, the states say which are to blame.
 * "all" (NULL: none) is the version that all settings must have together; where
 * they have another, it is GB_EEXIST.
 */
enum gb_err settings_wish_all(struct admin_request *, struct settings_wish *,
			      size_t count, const char *all) GB_NODISCARD;

/* Append what is wrong, in the language of the request. */
void settings_fault_say(const struct admin_request *,
			const struct setting_fault *, struct buf *out);
/* Append why the wish is unfit. */
void settings_wish_say(const struct admin_request *,
		       const struct settings_wish *, struct buf *out);

/* Free what settings_wish_all() left in them. */
void settings_wishes_free(struct settings_wish *, size_t count);

#endif
