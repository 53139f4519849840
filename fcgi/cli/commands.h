/* commands.h: what the files of the command-line tool share */
#ifndef GB_CLI_COMMANDS_H
#define GB_CLI_COMMANDS_H

#include "cli/cli.h"
#include "cli/report.h"
#include "config/settings.h"
#include "store/keys.h"
#include "store/limits.h"
#include "store/store.h"

/* What "tokens create" and "tokens set" take as options: these, and a limit
 * each. */
enum token_option {
	TOKEN_NOTE,
	TOKEN_EXPIRES,
	TOKEN_MODELS,
	TOKEN_ENDPOINTS,
	TOKEN_LIMITS, /* + enum token_limit */
	TOKEN_OPTION__MAX = TOKEN_LIMITS + LIMIT__MAX
};

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
	const char *token[TOKEN_OPTION__MAX]; /* of keys, too: note, models */
	unsigned parts; /* --keys, --tokens, --settings: bits of enum
			   parcel_kind; 0: none was given */
	bool dry_run;	/* --dry-run */
	const char *passphrase_file; /* --passphrase-file; NULL: none */
	const char *state;   /* --state; NULL: none was given, as below */
	const char *project; /* --project */
	const char *reason;  /* --reason: words somewhere in it */
	const char *model;   /* --model */
	const char *tier;    /* --tier */
	const char *weight;  /* --weight */
	struct settings *settings;
	struct store *store; /* NULL only where nothing may be changed and no
				database is there */
};

/* Complain on standard error: "gbalance: …". */
void cli_complain(const char *fmt, ...) GB_PRINTF(1, 2);

/* How --csv and --json want it. */
enum report_format cli_format(const struct cli *);

/* Whether the settings go together once these are the database's; faults are
 * told. */
enum gb_err cli_settings_check(const struct cli *,
			       const struct settings_override *,
			       size_t count) GB_NODISCARD;

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
int cli_tokens_show(struct cli *);
int cli_tokens_set(struct cli *);
int cli_tokens_enable(struct cli *);
int cli_tokens_disable(struct cli *);
int cli_tokens_revoke(struct cli *);
int cli_pictures_show(struct cli *);
int cli_pictures_test(struct cli *);
int cli_log_list(struct cli *);
int cli_log_show(struct cli *);
int cli_exits_list(struct cli *);
int cli_exits_test(struct cli *);
int cli_settings_list(struct cli *);
int cli_settings_reset(struct cli *);
int cli_prices_list(struct cli *);
int cli_prices_set(struct cli *);
int cli_prices_delete(struct cli *);
int cli_usage_report(struct cli *);
int cli_backup(struct cli *);
int cli_export(struct cli *);
int cli_import(struct cli *);
int cli_import_env(struct cli *);
int cli_import_gemini_balance(struct cli *);
int cli_secret_key(struct cli *);
int cli_rekey(struct cli *);
int cli_decrypt(struct cli *);
int cli_run_jobs(struct cli *);
int cli_check_config(struct cli *);
int cli_first_run(struct cli *);
int cli_doctor(struct cli *);
int cli_admin_token(struct cli *);
int cli_routes(struct cli *);

#endif
