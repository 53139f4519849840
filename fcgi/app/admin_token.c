/* admin_token.c: the one token that may change everything */
#include "app/admin_token.h"

#include <string.h>

#include "app/auth.h"
#include "store/overrides.h"

enum gb_err
admin_token_load(struct admin_token *admin, const struct settings *cfg,
		 struct store *store)
{
	enum gb_err rc;

	memset(admin, 0, sizeof(*admin));
	if (cfg->auth_token[0] != '\0') {
		secret_digest(admin->digest, cfg->auth_token,
			      strlen(cfg->auth_token));
		admin->any = true;
		return GB_OK;
	}
	rc = store_admin_digest_get(store, admin->digest);
	admin->any = rc == GB_OK;
	return rc == GB_ENOTFOUND ? GB_OK : rc;
}

bool
admin_token_is(const struct admin_token *admin, const char *text, size_t len)
{
	unsigned char digest[DIGEST_SIZE];

	if (len == 0 || len > AUTH_TOKEN_BYTES_MAX)
		return false;
	secret_digest(digest, text, len);
	return secret_equal(digest, admin->digest, DIGEST_SIZE) && admin->any;
}
