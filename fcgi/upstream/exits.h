/*
 * exits.h: the ways that a request can leave for upstream, and in which order a
 * key wants them.
 *
 * An exit is an entry of the setting PROXIES, as it is written there: a proxy's
 * URL, or "direct".  Without any entry there is one exit, and it is direct.
 */
#ifndef GB_UPSTREAM_EXITS_H
#define GB_UPSTREAM_EXITS_H

#include "base/secret.h"
#include "config/settings.h"

#define EXIT_DIRECT   "direct"
#define EXIT_NAME_MAX 320 /* bytes with NUL; a host has at most 253 */

/* The exits of one request, one after the other.  The settings must outlive
 * it. */
struct exit_walk {
	const struct settings *settings;
	bool by_key;
	unsigned char key[DIGEST_SIZE];
	unsigned char last[DIGEST_SIZE]; /* by_key: the weight of the last */
	size_t turn, given;
};

/*
 * Begin with the exits for a request with the key "secret".
 *
 * With proxies_by_key a key always has the same order, in every process and
 * after every start; when one of N goes, only its keys move, each to the next
 * of its own order, and when one comes, it takes an equal part of each.
 * Otherwise, and for a "secret" of NULL, the first is one after the other, and
 * the order that of the settings.  Any thread may call it.
 */
void exit_walk_begin(struct exit_walk *, const struct settings *,
		     const char *secret);

/* The next exit, borrowed from the settings; NULL: that was all of them. */
const char *exit_walk_next(struct exit_walk *);

/* What a transfer is told: the proxy's URL; NULL: none. */
const char *exit_proxy(const char *exit);

/* What people, logs and the database call the exit: its URL without user and
 * password, "http://10.0.0.1:3128", and with "#2" where it would look like an
 * earlier one; "direct". */
void exit_name(char name[EXIT_NAME_MAX], const struct settings *,
	       const char *exit);

#endif
