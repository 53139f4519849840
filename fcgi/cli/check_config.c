/* check_config.c: "gbalance check-config" */
#include "cli/commands.h"

#define TEXT_MAX (16 << 20) /* 16 MiB: more than any file of settings makes */

int
cli_check_config(struct cli *cli)
{
	struct buf text;
	enum gb_err rc;

	buf_init(&text, TEXT_MAX);
	settings_print(cli->settings, &text);
	rc = buf_error(&text);
	if (rc == GB_OK)
		(void)fputs(buf_str(&text), stdout);
	else
		cli_complain("%s", gb_strerror(rc));
	if (cli->store == NULL)
		(void)fprintf(stderr,
			      "%s: not there yet; the first start makes it\n",
			      cli->settings->database);
	buf_release(&text);
	return rc == GB_OK ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}
