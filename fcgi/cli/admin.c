/* admin.c: "gbalance admin-token" and "gbalance routes" */
#include <stdio.h>
#include <string.h>

#include "admin/routes.h"
#include "base/secret.h"
#include "cli/commands.h"
#include "store/overrides.h"

#define ROUTES_MAX (256 * 1024) /* bytes of the table as text */

int
cli_admin_token(struct cli *cli)
{
	unsigned char digest[DIGEST_SIZE];
	char token[TOKEN_SIZE];
	enum gb_err rc;

	if (cli->settings->auth_token[0] != '\0') {
		cli_complain("admin-token: the settings have one, auth_token: "
			     "change it there, or take it out");
		return CLI_EXIT_FAILURE;
	}
	random_token(token);
	secret_digest(digest, token, strlen(token));
	rc = store_admin_digest_replace(cli->store, digest);
	if (rc == GB_OK)
		(void)printf("Admin token (shown this once): %s\n", token);
	else
		cli_complain("admin-token: %s", gb_strerror(rc));
	explicit_bzero(token, sizeof(token));
	return rc == GB_OK ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}

int
cli_routes(struct cli *cli)
{
	struct buf out;
	enum gb_err rc;

	(void)cli;
	buf_init(&out, ROUTES_MAX);
	admin_routes_print(&out);
	if ((rc = buf_error(&out)) == GB_OK)
		(void)fputs(buf_str(&out), stdout);
	else
		cli_complain("routes: %s", gb_strerror(rc));
	buf_release(&out);
	return rc == GB_OK ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}
