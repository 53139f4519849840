/*
 * model_lists.h: which models Google lists for which key (SQL).
 *
 * Projects see different models, so each key of the first pool has a list of
 * its own, or none as long as nobody has asked.  Keys whose lists are the same
 * to the byte share one.  Turns go by them: see store_key_turn().
 */
#ifndef GB_STORE_MODEL_LISTS_H
#define GB_STORE_MODEL_LISTS_H

#include "store/keys.h"

#define LISTS_MAX \
	64		   /* different ones; a key's that is one too many \
			      stays unknown */
#define LISTS_IDS_MAX 2048 /* bytes of their ids: 64 of 20 digits */

/*
 * Keep "body" as the list that the key got at "now_ms"; "names", a JSON array
 * of strings, are the models in it, without "models/".  A key that has none at
 * all ("[]") may have any: its list is unknown.  GB_ETOOBIG: it is one too
 * many, and the key's is unknown now.
 */
enum gb_err store_list_save(struct store *, int64_t key_id, const char *body,
			    const char *names, int64_t now_ms) GB_NODISCARD;

/*
 * Take one key that is READY and with which nobody asked for the list for
 * "every_ms"; from now on that is "now_ms", so that of all processes one only
 * gets it.  GB_ENOTFOUND: none is due.
 */
enum gb_err store_list_take(struct store *, int64_t now_ms, int64_t every_ms,
			    struct key_turn *) GB_NODISCARD;

/*
 * Which lists are in force: those of keys in service, or with "any" of all
 * keys.  A list never changes, nor is its id used again, so that equal "ids"
 * are equal lists.  GB_ENOTFOUND: there are none.
 */
struct lists_state {
	char ids[LISTS_IDS_MAX]; /* "3,7" */
	int64_t newest_ms;	 /* when the last of their keys was asked */
};
enum gb_err store_lists_state(struct store *, bool any,
			      struct lists_state *) GB_NODISCARD;

/* Call "each" with the body of each of them, until one returns not GB_OK,
 * which then is the result.  Holds the store's lock meanwhile. */
enum gb_err store_lists_each(struct store *, const struct lists_state *,
			     enum gb_err (*each)(void *arg, const char *body,
						 size_t len),
			     void *arg) GB_NODISCARD;

#endif
