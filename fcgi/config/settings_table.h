/*
 * settings_table.h: the one table of all settings, for the rooms' own files;
 * others see settings.h.
 */
#ifndef GB_CONFIG_SETTINGS_TABLE_H
#define GB_CONFIG_SETTINGS_TABLE_H

#include "config/settings.h"
#include "config/settings_fault.h"

enum setting_type {
	SETTING_BOOL,	 /* bool */
	SETTING_NUMBER,	 /* int64_t */
	SETTING_DECIMAL, /* int64_t: thousandths of what people write */
	SETTING_TEXT,	 /* char * */
	SETTING_LEVEL,	 /* enum log_level */
	SETTING_LIST,	 /* struct string_list */
	SETTING_PAIRS,	 /* struct string_pairs */
};

/* The unit in which people write a number. */
enum setting_unit {
	UNIT_NONE,
	UNIT_SECONDS, /* kept as milliseconds */
	UNIT_HOURS,
	UNIT_DAYS,
	UNIT_BYTES, /* "100M" may be written for 104857600 */
	UNIT__MAX
};

/* What must not be shown of a value. */
enum setting_secret {
	SECRET_NOT,
	SECRET_WHOLE, /* each text; of pairs the value */
	SECRET_URL,   /* the user and password within each text */
};

typedef enum setting_unfit setting_check(const char *text);
typedef enum setting_unfit setting_check_pair(const char *name,
					      const char *value);

struct setting {
	const char *name; /* in gbalance.cfg; lower case of "env" */
	const char *env;
	const char *doc;      /* one line for people; follows the unit */
	const char *fallback; /* the default as the environment has it */
	enum setting_type type;
	enum setting_unit unit;
	int64_t min, max; /* of a number, in its unit; of each text: bytes */
	size_t offset;	  /* within struct settings */
	enum setting_secret secret;
	bool not_in_database; /* is needed to find the database */
	bool at_start;	      /* a change counts from the next start on */
	void (*tidy)(char *); /* brings each text to its usual form */
	setting_check *check; /* of each text */
	setting_check_pair *check_pair;
	const char *pair_name, *pair_value; /* the fields of a pair */
	bool pair_number; /* its value is one, from "min" to "max" */
};

#define SETTINGS_COUNT 119

extern const struct setting settings_table[SETTINGS_COUNT];
extern const char *const setting_unit_names[UNIT__MAX];

/* The row of this name; NULL when there is none. */
const struct setting *setting_find(const char *name);

#endif
