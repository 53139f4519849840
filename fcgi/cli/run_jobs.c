/* run_jobs.c: "gbalance run-jobs" */
#include "app/jobs.h"
#include "app/startup.h"
#include "base/log.h"
#include "cli/commands.h"

int
cli_run_jobs(struct cli *cli)
{
	struct settings *settings = cli->settings;
	struct store *store = cli->store;
	struct app *app;
	enum gb_err rc;

	/* cron mails what is said on standard error: only what is wrong. */
	if (settings->log_file[0] != '\0' &&
	    log_open(settings->log_level, settings->log_file) != GB_OK)
		return CLI_EXIT_FAILURE;
	cli->settings = NULL; /* both are the app's */
	cli->store = NULL;
	rc = app_new(&app, settings, store,
		     startup_config_file(cli->config_file), false);
	if (rc != GB_OK) {
		cli_complain("run-jobs: %s", gb_strerror(rc));
		return CLI_EXIT_FAILURE;
	}
	jobs_run_due(app);
	app_free(app);
	return CLI_EXIT_OK;
}
