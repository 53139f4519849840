/* exits.c: the ways that a request can leave for upstream */
#include "upstream/exits.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Where spreading in turn has come to.  One for the process: turns have to be
 * shared by all request threads, whatever settings they use. */
static atomic_uint exit_turn;

static bool
is_direct(const char *exit)
{
	return strcasecmp(exit, EXIT_DIRECT) == 0;
}

const char *
exit_proxy(const char *exit)
{
	return is_direct(exit) ? NULL : exit;
}

/* --- the order ------------------------------------------------------------ */

/* How much "exit" wants the key: the digest of both digests, so that neither
 * text can stand for a part of the other. */
static void
exit_weight(unsigned char weight[DIGEST_SIZE],
	    const unsigned char key[DIGEST_SIZE], const char *exit)
{
	unsigned char both[2 * DIGEST_SIZE];

	memcpy(both, key, DIGEST_SIZE);
	secret_digest(both + DIGEST_SIZE, exit, strlen(exit));
	secret_digest(weight, both, sizeof(both));
}

/* Rendezvous hashing: of those that want the key less than the last one did,
 * the one that wants it most.  SHA-256 because the weights must be independent
 * of each other even for texts that differ in one digit, as addresses of
 * proxies do. */
static const char *
next_by_key(struct exit_walk *walk)
{
	const struct string_list *exits = &walk->settings->proxies;
	unsigned char weight[DIGEST_SIZE], best[DIGEST_SIZE];
	const char *found;
	size_t i;

	found = NULL;
	for (i = 0; i < exits->count; i++) {
		exit_weight(weight, walk->key, exits->items[i]);
		if (walk->given > 0 &&
		    memcmp(weight, walk->last, sizeof(weight)) >= 0)
			continue;
		if (found == NULL || memcmp(weight, best, sizeof(best)) > 0) {
			memcpy(best, weight, sizeof(best));
			found = exits->items[i];
		}
	}
	if (found != NULL)
		memcpy(walk->last, best, sizeof(best));
	return found;
}

void
exit_walk_begin(struct exit_walk *walk, const struct settings *settings,
		const char *secret)
{
	memset(walk, 0, sizeof(*walk));
	walk->settings = settings;
	if (settings->proxies.count == 0)
		return;
	walk->by_key = settings->proxies_by_key && secret != NULL;
	if (walk->by_key)
		secret_digest(walk->key, secret, strlen(secret));
	else
		walk->turn = atomic_fetch_add(&exit_turn, 1);
}

const char *
exit_walk_next(struct exit_walk *walk)
{
	const struct string_list *exits = &walk->settings->proxies;
	const char *exit;

	if (walk->given >= (exits->count == 0 ? 1 : exits->count))
		return NULL;
	if (exits->count == 0)
		exit = EXIT_DIRECT;
	else if (walk->by_key)
		exit = next_by_key(walk);
	else
		exit = exits->items[(walk->turn + walk->given) % exits->count];
	walk->given++;
	return exit;
}

/* --- what others see ------------------------------------------------------ */

/* What follows the user and the password. */
static const char *
after_user(const char *exit)
{
	const char *at;

	at = strrchr(exit, '@');
	return at == NULL ? NULL : at + 1;
}

/* Whether what is shown of two exits is the same though they are not. */
static bool
look_alike(const char *exit, const char *other)
{
	const char *host = after_user(exit), *other_host = after_user(other);
	const char *end = strstr(exit, "://");

	return host != NULL && other_host != NULL && end != NULL &&
	       strcmp(exit, other) != 0 && strcmp(host, other_host) == 0 &&
	       strncmp(exit, other, (size_t)(end - exit) + 3) == 0;
}

void
exit_name(char name[EXIT_NAME_MAX], const struct settings *settings,
	  const char *exit)
{
	const struct string_list *exits = &settings->proxies;
	const char *start, *host;
	size_t i, alike;
	int len;

	alike = 0;
	for (i = 0; i < exits->count && strcmp(exits->items[i], exit) != 0; i++)
		if (look_alike(exit, exits->items[i]))
			alike++;
	start = strstr(exit, "://");
	host = after_user(exit);
	len = start == NULL || host == NULL ? 0 : (int)(start - exit) + 3;
	len = snprintf(name, EXIT_NAME_MAX, "%.*s%.280s", len, exit,
		       host == NULL ? exit : host);
	if (alike > 0)
		(void)snprintf(name + len, (size_t)(EXIT_NAME_MAX - len),
			       "#%zu", alike + 1);
}
