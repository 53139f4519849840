/*
 * store/setting_changes.h: changing settings, and who changed what (SQL).
 *
 * A change is made on top of what its maker has seen, or not at all: it names
 * the generation of the store that it was made for.
 */
#ifndef GB_STORE_SETTING_CHANGES_H
#define GB_STORE_SETTING_CHANGES_H

#include "store/store.h"

#define SETTING_CHANGES_MAX 10000 /* rows of the history; the oldest go */
#define SETTING_TEXT_MAX    2000  /* bytes of a value in it */
#define SETTING_WHO_MAX	    100	  /* bytes of who made it */

struct setting_change {
	const char *name;
	const char *json; /* NULL: back to what the layers below say */
	/* As people may read them, without secrets; they are cut where they
	 * are too long. */
	const char *before, *after;
};

/*
 * Make all of the changes, and note them.  GB_EBUSY: the store is not of this
 * generation any more, and nothing was changed.
 */
enum gb_err store_settings_change(struct store *, int64_t generation,
				  const struct setting_change *, size_t count,
				  const char *who, int64_t now_ms) GB_NODISCARD;

/* A change that was made. */
struct setting_event {
	int64_t id, time_ms;
	char name[64];
	char who[SETTING_WHO_MAX + 1];
	bool reset; /* back to what the layers below say */
	char *before, *after;
};

struct setting_events {
	struct setting_event *rows;
	size_t count;
};

void setting_events_free(struct setting_events *);

/* A page of at most "most" of them, the newest first, with ids below "below"
 * (0: all) and of the setting "name" (NULL: any). */
enum gb_err store_setting_events(struct store *, const char *name,
				 int64_t below, int64_t most,
				 struct setting_events *) GB_NODISCARD;

#endif
