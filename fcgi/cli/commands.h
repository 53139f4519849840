/* commands.h: what the files of the command-line tool share */
#ifndef GB_CLI_COMMANDS_H
#define GB_CLI_COMMANDS_H

#include "cli/cli.h"
#include "cli/report.h"
#include "config/settings.h"
#include "store/keys.h"
#include "store/store.h"

/* A command that is being run. */
struct cli {
	const char *config_file; /* --config; NULL: none was given */
	char **words;		 /* what follows the command */
	size_t count;
	bool all;	       /* --all */
	bool json;	       /* --json */
	const char *pool_name; /* --pool; NULL: none was given */
	enum key_pool pool;    /* the same; the first one without it */
	bool csv;	       /* --csv */
	/* --by, --since and so on, as they were given; NULL: they were not */
	const char *by, *since, *until, *from, *above;
	const char *state;   /* --state; NULL: none was given, as below */
	const char *project; /* --project */
	const char *reason;  /* --reason: words somewhere in it */
	const char *model;   /* --model */
	struct settings *settings;
	struct store *store; /* NULL only where nothing may be changed and no
				database is there */
};

/* Complain on standard error: "gbalance: …". */
void cli_complain(const char *fmt, ...) GB_PRINTF(1, 2);

/* How --csv and --json want it. */
enum report_format cli_format(const struct cli *);

/* One function a command; each returns one of CLI_EXIT_…. */
int cli_keys_add(struct cli *);
int cli_keys_list(struct cli *);
int cli_keys_enable(struct cli *);
int cli_keys_disable(struct cli *);
int cli_keys_clear(struct cli *);
int cli_keys_set(struct cli *);
int cli_keys_remove(struct cli *);
int cli_keys_history(struct cli *);
int cli_keys_verify(struct cli *);
int cli_breakers_list(struct cli *);
int cli_breakers_close(struct cli *);
int cli_tokens_create(struct cli *);
int cli_tokens_list(struct cli *);
int cli_tokens_revoke(struct cli *);
int cli_pictures_show(struct cli *);
int cli_pictures_test(struct cli *);
int cli_exits_list(struct cli *);
int cli_exits_test(struct cli *);
int cli_prices_list(struct cli *);
int cli_prices_set(struct cli *);
int cli_prices_delete(struct cli *);
int cli_usage_report(struct cli *);
int cli_check_config(struct cli *);
int cli_first_run(struct cli *);

#endif
