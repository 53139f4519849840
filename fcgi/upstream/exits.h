/* exits.h: which way a request leaves for upstream */
#ifndef GB_UPSTREAM_EXITS_H
#define GB_UPSTREAM_EXITS_H

#include "config/settings.h"

#define EXIT_NAME_MAX 160 /* bytes, with NUL */

/*
 * The proxy for a request with the key "secret", borrowed from the settings;
 * NULL: direct, because no proxies are set or the one chosen is "direct".
 *
 * With proxies_by_key a key always has the same one, in every process and after
 * every start; when one of N proxies goes, only its keys move, and when one
 * comes, it takes an equal part of each.  Otherwise, and for a "secret" of
 * NULL, it is one after the other.  Any thread may call it.
 */
const char *exit_for_key(const struct settings *, const char *secret);

/* What people, logs and the database call this exit: "direct" for NULL, else
 * the proxy without what it wants to know of us. */
void exit_name(char name[EXIT_NAME_MAX], const char *proxy);

#endif
