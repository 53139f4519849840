/* encryption.c: "gbalance secret-key|rekey|decrypt" */
#include <string.h>

#include "base/secret_key.h"
#include "cli/commands.h"
#include "store/sealing.h"

int
cli_secret_key(struct cli *cli)
{
	const char *file = cli->words[0];
	enum gb_err rc;

	rc = secret_key_make(file);
	if (rc == GB_OK) {
		(void)printf("%s: made.  With it as secret_key_file the next "
			     "start encrypts the secrets\nin the database.  "
			     "Keep a copy elsewhere: without it nobody can "
			     "read them again.\n",
			     file);
		return CLI_EXIT_OK;
	}
	cli_complain("%s: %s", file,
		     rc == GB_EEXIST ? "is there already, and stays"
				     : gb_strerror(rc));
	return CLI_EXIT_FAILURE;
}

/* Give the database this key, and say what comes next. */
static int
change(struct cli *cli, const unsigned char *key, const char *next)
{
	enum gb_err rc;
	bool sealed;

	rc = store_is_sealed(cli->store, &sealed);
	if (rc == GB_OK && !sealed) {
		cli_complain("the secrets in the database are not encrypted");
		return CLI_EXIT_FAILURE;
	}
	if (rc == GB_OK)
		rc = store_rekey(cli->store, key);
	if (rc != GB_OK) {
		cli_complain("nothing was changed: %s", gb_strerror(rc));
		return CLI_EXIT_FAILURE;
	}
	(void)printf("done; now %s, and restart what serves\n", next);
	return CLI_EXIT_OK;
}

int
cli_rekey(struct cli *cli)
{
	unsigned char key[SEAL_KEY_SIZE];
	int status;

	if (secret_key_read(cli->words[0], key) != GB_OK)
		return CLI_EXIT_FAILURE; /* it has said why */
	status = change(cli, key, "let secret_key_file be the new one");
	explicit_bzero(key, sizeof(key));
	return status;
}

int
cli_decrypt(struct cli *cli)
{
	return change(cli, NULL, "take secret_key_file out");
}
