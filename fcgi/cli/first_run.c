/* first_run.c: "gbalance first-run": what somebody needs who starts gbalance
 * for the first time */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "cli/commands.h"
#include "store/keys.h"
#include "store/overrides.h"
#include "store/tokens.h"

#define FIRST_NAME "first" /* of the access token that is made */

/* Make the admin token, where the settings name none and none was made. */
static enum gb_err
first_admin(struct cli *cli)
{
	unsigned char digest[DIGEST_SIZE];
	char token[TOKEN_SIZE];
	enum gb_err rc;

	if (cli->settings->auth_token[0] != '\0' ||
	    store_admin_digest_get(cli->store, digest) == GB_OK)
		return GB_OK;
	random_token(token);
	secret_digest(digest, token, strlen(token));
	rc = store_admin_digest_set(cli->store, digest);
	if (rc == GB_OK)
		(void)printf("Admin token (shown this once): %s\n", token);
	explicit_bzero(token, sizeof(token));
	return rc == GB_EEXIST ? GB_OK : rc;
}

/* Make an access token, where there is none that a client could use. */
static enum gb_err
first_access(struct cli *cli)
{
	struct token_rows rows;
	struct token_row first;
	char token[TOKEN_SIZE];
	enum gb_err rc;
	bool any;
	size_t i;

	if ((rc = store_tokens_list(cli->store, &rows)) != GB_OK)
		return rc;
	any = cli->settings->allowed_tokens.count > 0;
	for (i = 0; i < rows.count; i++)
		any = any || !rows.rows[i].config;
	token_rows_free(&rows);
	if (any)
		return GB_OK;
	random_token(token);
	token_row_init(&first, FIRST_NAME);
	secret_digest(first.digest, token, strlen(token));
	rc = store_token_create(cli->store, &first, clock_wall_ms());
	if (rc == GB_OK)
		(void)printf("Access token \"" FIRST_NAME "\" for clients "
			     "(shown this once): %s\n"
			     "  more: %s tokens create NAME\n",
			     token, program_invocation_name);
	explicit_bzero(token, sizeof(token));
	return rc == GB_EEXIST ? GB_OK : rc;
}

static enum gb_err
say_keys(struct cli *cli)
{
	int64_t all, enabled, more, more_enabled;
	enum gb_err rc;

	if ((rc = store_keys_count(cli->store, POOL_GEMINI, &all, &enabled)) !=
		GB_OK ||
	    (rc = store_keys_count(cli->store, POOL_VERTEX, &more,
				   &more_enabled)) != GB_OK)
		return rc;
	if (more > 0)
		(void)printf("Vertex AI keys: %lld, of which %lld in service\n",
			     (long long)more, (long long)more_enabled);
	if (all > 0) {
		(void)printf("Gemini keys: %lld, of which %lld in service\n",
			     (long long)all, (long long)enabled);
		return GB_OK;
	}
	if (more > 0)
		return GB_OK;
	(void)printf("No Gemini key yet, so every call is refused.  Add some "
		     "in any of these ways:\n"
		     "  %s keys add KEY...    (or paste them to: "
		     "%s keys add -)\n"
		     "  API_KEYS='[\"KEY\",\"KEY\"]'      in the environment\n"
		     "  api_keys = [ \"KEY\", \"KEY\" ];  in gbalance.cfg\n",
		     program_invocation_name, program_invocation_name);
	return GB_OK;
}

int
cli_first_run(struct cli *cli)
{
	enum gb_err rc;

	if ((rc = first_admin(cli)) != GB_OK ||
	    (rc = first_access(cli)) != GB_OK || (rc = say_keys(cli)) != GB_OK)
		cli_complain("first-run: %s", gb_strerror(rc));
	return rc == GB_OK ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}
