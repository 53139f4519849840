/* tokens.c: "gbalance tokens create|list|revoke" */
#include "store/tokens.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "cli/columns.h"
#include "cli/commands.h"

static bool
is_fit_name(const char *name)
{
	size_t i, len;

	len = strlen(name);
	if (len == 0 || len > TOKEN_NAME_MAX || name[0] == ' ' ||
	    name[len - 1] == ' ')
		return false;
	for (i = 0; i < len; i++)
		if (iscntrl((unsigned char)name[i]))
			return false;
	return true;
}

int
cli_tokens_create(struct cli *cli)
{
	unsigned char digest[DIGEST_SIZE];
	char token[TOKEN_SIZE];
	enum gb_err rc;

	if (!is_fit_name(cli->words[0])) {
		cli_complain("a name has 1 to %d bytes, no control characters "
			     "and no space at its ends",
			     TOKEN_NAME_MAX);
		return CLI_EXIT_USAGE;
	}
	random_token(token);
	secret_digest(digest, token, strlen(token));
	rc = store_token_create(cli->store, cli->words[0], digest,
				clock_wall_ms());
	if (rc == GB_OK) {
		(void)printf("%s\n", token);
		(void)fputs("Keep it: only its digest is stored, so it cannot "
			    "be shown again.\n",
			    stderr);
	} else if (rc == GB_EEXIST)
		cli_complain("\"%s\": there is a token of this name; one that "
			     "was revoked keeps its name too",
			     cli->words[0]);
	else
		cli_complain("\"%s\": %s", cli->words[0], gb_strerror(rc));
	explicit_bzero(token, sizeof(token));
	return rc == GB_OK ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}

int
cli_tokens_list(struct cli *cli)
{
	struct columns table;
	struct token_rows rows;
	const struct token_row *row;
	enum gb_err rc;

	columns_init(&table, 5);
	rc = store_tokens_list(cli->store, &rows);
	if (rc != GB_OK)
		goto out;
	columns_add(&table, "ID");
	columns_add(&table, "NAME");
	columns_add(&table, "STATE");
	columns_add(&table, "CREATED");
	columns_add(&table, "REVOKED");
	for (row = rows.rows; row < rows.rows + rows.count; row++) {
		columns_add_number(&table, row->id);
		columns_add(&table, row->name);
		columns_add(&table,
			    row->revoked_at == 0 ? "in force" : "revoked");
		columns_add_time(&table, row->created_at);
		columns_add_time(&table, row->revoked_at);
	}
	token_rows_free(&rows);
	rc = columns_print(&table, stdout);
	if (cli->settings->allowed_tokens.count > 0)
		(void)fprintf(stderr,
			      "allowed_tokens has %zu more, without names\n",
			      cli->settings->allowed_tokens.count);
out:
	columns_release(&table);
	if (rc != GB_OK)
		cli_complain("%s", gb_strerror(rc));
	return rc == GB_OK ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}

int
cli_tokens_revoke(struct cli *cli)
{
	enum gb_err rc;

	rc = store_token_revoke(cli->store, cli->words[0], clock_wall_ms());
	if (rc == GB_OK)
		(void)printf("\"%s\" is revoked\n", cli->words[0]);
	else if (rc == GB_ENOTFOUND)
		cli_complain("\"%s\": no token of this name is in force",
			     cli->words[0]);
	else
		cli_complain("\"%s\": %s", cli->words[0], gb_strerror(rc));
	return rc == GB_OK ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}
