/*
 * keys.h: what the pages and the JSON routes about keys share: which keys are
 * meant, and how a key is shown.  What reads keys here leaves rq->reports.
 */
#ifndef GB_ADMIN_KEYS_H
#define GB_ADMIN_KEYS_H

#include "admin/request.h"
#include "base/redact.h"
#include "store/key_list.h"
#include "upstream/exits.h"

#define KEYS_IDS_MAX  (16 * 1024 * 1024) /* bytes of ids: a million keys */
#define KEY_NAME_SIZE (SECRET_MASK_SIZE + 24)

/* Keys of texts: "KEYS_READY" …; the badge's class of each. */
extern const char *const keys_standing_texts[STANDS__MAX];
extern const char *const keys_tier_texts[TIER__MAX];
extern const char *const keys_standing_tones[STANDS__MAX];

enum key_standing keys_standing(const struct key_row *);

/* Fields of the filter's form, up to a NULL. */
extern const char *const keys_filter_fields[];

/* What a filter's form asks for.  Strings are the form's. */
struct keys_wanted {
	struct key_list_filter filter;
	const char *exit; /* only those that leave by it; NULL: any */
};

void keys_wanted_read(struct keys_wanted *, const struct form *);

/* Whether keys keep to an exit each, and the name of this one's. */
bool keys_have_exits(const struct settings *);
void keys_exit_name(char name[EXIT_NAME_MAX], const struct settings *,
		    const char *secret);

/*
 * A page of keys behind "after", or the last ones before it; ended by
 * key_rows_free() on success.  "*more": there may be some beyond them; where
 * few keys leave by the exit there may be some and yet none here.  "*last" is
 * the last id that was looked at.
 */
enum gb_err keys_page(struct admin_request *, const struct keys_wanted *,
		      int64_t after, bool before, size_t limit,
		      struct key_rows *, bool *more,
		      int64_t *last) GB_NODISCARD;

/* All of them as a JSON array of ids. */
enum gb_err keys_all_ids(struct admin_request *, const struct keys_wanted *,
			 struct buf *ids, int64_t *count) GB_NODISCARD;

/* The one key with that id, as the only row.  GB_ENOTFOUND. */
enum gb_err keys_one(struct admin_request *, int64_t id,
		     struct key_rows *) GB_NODISCARD;

/* What scripts call a key by, as nobody needs to know all of it:
 * "AIza…1234~17". */
void keys_name(char name[KEY_NAME_SIZE], const struct key_row *);

/* The key that a script means: by such a name, by its id, or by itself. */
enum gb_err keys_find(struct admin_request *, const char *name,
		      struct key_rows *) GB_NODISCARD;

/* How many of the keys (a JSON array of ids) are also in a setting, so that
 * the next start brings them back. */
enum gb_err keys_in_settings(struct admin_request *, const char *ids,
			     int64_t *count) GB_NODISCARD;

/* Count failures anew: what the system disabled is in service again, what a
 * person disabled is not.  "*count": keys that it is true of. */
enum gb_err keys_reset(struct admin_request *, const char *ids,
		       int64_t *count) GB_NODISCARD;

/* Write who did what to how many keys into the log. */
void keys_log(struct admin_request *, const char *what, int64_t count);

/* Set a variable to the text of that key with one or two words in it. */
void keys_sentence(struct admin_request *, struct dict *, const char *name,
		   const char *key, int64_t first, int64_t second);

#define KEYS_REASON_MAX 1024 /* bytes: all of any reason */

/* Set a variable to the first "max" bytes of why a key rests or is disabled,
 * our words of it in the language of the request. */
void keys_set_reason(struct admin_request *, struct dict *, const char *name,
		     const char *reason, size_t max);

/* page_keys.c, for page_keys_change.c: the answer to a form that changed
 * something, back at the list or the key that it came from. */
void keys_go_back(struct admin_request *);

/* page_keys_verify.c: ask with each of them, and show what came of it. */
void keys_verify(struct admin_request *);

#endif
