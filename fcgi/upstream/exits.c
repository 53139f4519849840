/* exits.c: which way a request leaves for upstream */
#include "upstream/exits.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/secret.h"

/* Where spreading in turn has come to.  One for the process: turns have to be
 * shared by all request threads, whatever settings they use. */
static atomic_uint exit_turn;

/* How much "proxy" wants the key: the digest of both digests, so that neither
 * text can stand for a part of the other. */
static void
exit_weight(unsigned char weight[DIGEST_SIZE],
	    const unsigned char key[DIGEST_SIZE], const char *proxy)
{
	unsigned char both[2 * DIGEST_SIZE];

	memcpy(both, key, DIGEST_SIZE);
	secret_digest(both + DIGEST_SIZE, proxy, strlen(proxy));
	secret_digest(weight, both, sizeof(both));
}

/* Rendezvous hashing: the proxy that wants it most.  SHA-256 because the
 * weights must be independent of each other even for texts that differ in one
 * digit, as addresses of proxies do. */
static const char *
exit_by_key(const struct string_list *proxies, const char *secret)
{
	unsigned char key[DIGEST_SIZE], weight[DIGEST_SIZE], best[DIGEST_SIZE];
	const char *found;
	size_t i;

	secret_digest(key, secret, strlen(secret));
	found = NULL;
	for (i = 0; i < proxies->count; i++) {
		exit_weight(weight, key, proxies->items[i]);
		if (found == NULL || memcmp(weight, best, sizeof(best)) > 0) {
			memcpy(best, weight, sizeof(best));
			found = proxies->items[i];
		}
	}
	return found;
}

const char *
exit_for_key(const struct settings *settings, const char *secret)
{
	const struct string_list *proxies = &settings->proxies;
	const char *proxy;

	if (proxies->count == 0)
		return NULL;
	if (settings->proxies_by_key && secret != NULL)
		proxy = exit_by_key(proxies, secret);
	else
		proxy = proxies->items[atomic_fetch_add(&exit_turn, 1) %
				       proxies->count];
	return strcasecmp(proxy, "direct") == 0 ? NULL : proxy;
}

void
exit_name(char name[EXIT_NAME_MAX], const char *proxy)
{
	const char *scheme_end, *host, *at;
	int scheme_len;

	if (proxy == NULL)
		proxy = "direct";
	scheme_end = strstr(proxy, "://");
	scheme_len = scheme_end == NULL ? 0 : (int)(scheme_end - proxy) + 3;
	host = proxy + scheme_len;
	/* A password may hold an "@" of its own, a path none. */
	at = strrchr(host, '@');
	(void)snprintf(name, EXIT_NAME_MAX, "%.*s%s", scheme_len, proxy,
		       at == NULL ? host : at + 1);
}
