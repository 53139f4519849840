/*
 * settings_fault.h: why a value is not fit for a setting, as something that can
 * be said in each language of the pages.
 */
#ifndef GB_CONFIG_SETTINGS_FAULT_H
#define GB_CONFIG_SETTINGS_FAULT_H

#include <stddef.h>

#include "base/buf.h"

struct setting;

#define SETTING_FAULT_MAX 4096 /* bytes of one in words */

/* Each is a key in templates/strings.*, where its words are. */
enum setting_unfit {
	UNFIT_NONE, /* the value is fit */
	/* any value */
	UNFIT_ENTRY, /* what goes around another one's words */
	UNFIT_UNKNOWN,
	UNFIT_NOT_IN_DATABASE,
	UNFIT_NOT_JSON,
	UNFIT_NOT_BOOL,
	UNFIT_NOT_LEVEL,
	UNFIT_NUMBER,
	UNFIT_NUMBER_SECONDS,
	UNFIT_NUMBER_HOURS,
	UNFIT_NUMBER_DAYS,
	UNFIT_NUMBER_BYTES,
	UNFIT_DECIMAL,
	UNFIT_NOT_TEXT,
	UNFIT_EMPTY,
	UNFIT_TOO_SHORT,
	UNFIT_TOO_LONG,
	UNFIT_NOT_LIST,
	UNFIT_NOT_PAIRS,
	UNFIT_NOT_PAIR,
	UNFIT_PAIR_NUMBER,
	UNFIT_PAIR_TWICE,
	UNFIT_MASK_GONE,
	UNFIT_MASKS_ALIKE,
	UNFIT_ADMIN_IS_USER,

	/* texts */
	UNFIT_WORD,
	UNFIT_LETTERS,
	UNFIT_CONTROL,
	UNFIT_UNREADABLE,
	UNFIT_KNOWN_TOKEN,
	UNFIT_BUCKET,
	UNFIT_REGION,
	UNFIT_ZONE,
	UNFIT_CHAT_IMAGES,
	UNFIT_PROVIDER,
	UNFIT_SPEED,
	UNFIT_VOICE,
	UNFIT_MODEL,

	/* addresses */
	UNFIT_URL_SCHEME,
	UNFIT_URL_PLAIN,
	UNFIT_URL_HOST,
	UNFIT_ENDPOINT,
	UNFIT_NETWORK,
	UNFIT_PROXY_SCHEME,
	UNFIT_PROXY_END,
	UNFIT_PROXY_AT,
	UNFIT_PROXY_HOST,
	UNFIT_ORIGIN_SCHEME,
	UNFIT_ORIGIN_END,
	UNFIT_MOUNT_BEGIN,
	UNFIT_MOUNT_PLAIN,
	UNFIT_MOUNT_DOTS,

	/* pairs */
	UNFIT_HEADER_NAMELESS,
	UNFIT_HEADER_NAME,
	UNFIT_HEADER_KEPT,
	UNFIT_HEADER_VALUE,
	UNFIT_SAFETY_CATEGORY,
	UNFIT_SAFETY_THRESHOLD,
	UNFIT_PAIR_VOICE,
	UNFIT_PAIR_ALIAS,
	UNFIT_PAIR_MODEL,
	UNFIT_PAIR_PATTERN,
	UNFIT_FACTS_NONE,
	UNFIT_FACTS_UNKNOWN,
	UNFIT_FACTS_TWICE,
	UNFIT_FACTS_VALUE,

	UNFIT__MAX
};

/* Nothing of the value is in it, as that may be a secret. */
struct setting_fault {
	const struct setting *row; /* NULL: of no setting that there is */
	enum setting_unfit kind;
	size_t entry; /* of a list, from 1; 0: of none */
};

/* The words of a "UNFIT_…", from wherever "from" has them. */
typedef const char *setting_fault_words(const void *from, const char *key);

/*
 * Append what is wrong.  Words have places for what the setting's row says:
 * {1} for its least and {2} for its most, {3} and {4} for a pair's fields.
 * "words" may be NULL: English then, as templates/strings.en had it when this
 * program was built.
 */
void setting_fault_write(const struct setting_fault *,
			 setting_fault_words *words, const void *from,
			 struct buf *out);

#endif
