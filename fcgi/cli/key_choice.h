/* key_choice.h: which keys of the pool a command line means */
#ifndef GB_CLI_KEY_CHOICE_H
#define GB_CLI_KEY_CHOICE_H

#include "cli/commands.h"
#include "store/key_wishes.h"

/* Keys out of "rows", which stay those of the choice. */
struct key_choice {
	struct key_rows rows;	       /* all keys */
	const struct key_row **chosen; /* each once, by id */
	size_t count;
};

/* Whether "word" is a number that can be an id: shorter than any key. */
bool key_choice_is_id(const char *word, int64_t *id);

/* The tier of this name; false, with a complaint: there is none. */
bool key_choice_tier(const char *name, enum key_tier *tier);

/* What --pool, --state, --tier, --project and --reason ask for; GB_EINVAL, with
 * a complaint: there is no such state or tier. */
enum gb_err key_choice_filter(struct key_filter *out,
			      const struct cli *) GB_NODISCARD;

/*
 * Choose the keys that the words of "cli" name, by id or whole, or those that
 * its filter lets pass, or all with --all or, where "all_if_none", with
 * nothing.  A word that names no key is
 * complained about and nothing is chosen: GB_ENOTFOUND.  Other failures are
 * complained about too.  On GB_OK the caller ends with key_choice_release();
 * on failure "*out" is empty.
 */
enum gb_err key_choice_make(struct key_choice *out, const struct cli *,
			    bool all_if_none) GB_NODISCARD;
void key_choice_release(struct key_choice *);

#endif
