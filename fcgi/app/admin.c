/* admin.c: who is the admin */
#include "app/admin.h"

#include <string.h>

#include "app/auth.h"
#include "base/secret.h"
#include "store/overrides.h"

bool
admin_token_fits(const struct settings *cfg, struct store *store,
		 const char *token)
{
	unsigned char given[DIGEST_SIZE], admin[DIGEST_SIZE];
	size_t len;

	len = token == NULL ? 0 : strlen(token);
	if (len == 0 || len > AUTH_TOKEN_BYTES_MAX)
		return false;
	if (cfg->auth_token[0] != '\0')
		secret_digest(admin, cfg->auth_token, strlen(cfg->auth_token));
	else if (store_admin_digest_get(store, admin) != GB_OK)
		return false;
	secret_digest(given, token, len);
	return secret_same(given, admin);
}
