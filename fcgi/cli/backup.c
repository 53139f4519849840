/* backup.c: "gbalance backup" */
#include "store/backup.h"

#include "cli/commands.h"

int
cli_backup(struct cli *cli)
{
	const char *file = cli->words[0];
	enum gb_err rc;

	if (cli->store == NULL) {
		cli_complain("%s: there is no database yet",
			     cli->settings->database);
		return CLI_EXIT_FAILURE;
	}
	rc = store_backup(cli->settings->database, file, NULL, NULL);
	if (rc == GB_OK) {
		(void)printf("%s: copied and checked\n", file);
		return CLI_EXIT_OK;
	}
	cli_complain("%s: no copy was made: %s", file, gb_strerror(rc));
	return CLI_EXIT_FAILURE;
}
