/* cli.c: which command is asked for, and how to ask for it */
#include "cli/cli.h"

#include <stdarg.h>
#include <string.h>

#include "base/log.h"
#include "cli/commands.h"
#include "app/startup.h"
#include "store/parcel.h"

#define WORDS_MANY ((size_t)-1) /* as many as are there */

/* Which options a command takes besides --config and --help. */
#define TAKES_ALL   1u
#define TAKES_JSON  2u
#define TAKES_POOL  4u
#define TAKES_CSV   8u
#define TAKES_BY    16u
#define TAKES_SPAN  32u	 /* --since, --until */
#define TAKES_PRICE 64u	 /* --above, --from */
#define TAKES_TOKEN 128u /* --note and so on */

#define TAKES_STATE   256u
#define TAKES_PROJECT 512u
#define TAKES_REASON  1024u
#define TAKES_MODEL   2048u
#define TAKES_TIER    4096u
#define TAKES_WEIGHT \
	8192u		   /* … of keys; what else of a command with it says \
			      something of keys chooses none */
#define TAKES_NOTED 16384u /* --note, --models: of keys and tokens */

/* The same for what is taken out and in. */
#define TAKES_PARTS (1u << 24) /* --keys, --tokens, --settings */
#define TAKES_DRY   (1u << 25) /* --dry-run */
#define TAKES_PASS  (1u << 26) /* --passphrase-file */

/* Not an option: the command needs neither settings nor database. */
#define NEEDS_NOTHING (1u << 27)
/* It mends what the database has for settings. */
#define REPAIRS (1u << 28)

/* Which keys, by what they are: each of these stands for words, too. */
#define TAKES_FILTER \
	(TAKES_POOL | TAKES_STATE | TAKES_PROJECT | TAKES_REASON | TAKES_TIER)
#define TAKES_SET (TAKES_WEIGHT | TAKES_NOTED | TAKES_PROJECT | TAKES_TIER)
#define FILTER_USAGE \
	"[--pool P] [--state S] [--tier T] [--project P] [--reason WORDS]"

/* Every command, in the order of --help. */
static const struct command {
	const char *noun, *verb; /* "verb" NULL: the noun is all of it */
	int (*run)(struct cli *);
	size_t min, max; /* words that may follow; --all and filters stand
			    for any */
	unsigned takes;
	bool only_looks;   /* changes nothing, and makes no database */
	const char *usage; /* what follows "gbalance " */
	const char *help;  /* lines of at most 70 columns, each with its end */
} commands[] = {
    {"keys", "add", cli_keys_add, 0, WORDS_MANY, TAKES_POOL | TAKES_SET, false,
     "keys add [--pool gemini|vertex] [what set sets] [KEY... | -]",
     "add Google's keys to the pool, from the arguments or, without\n"
     "any or with \"-\", from standard input: lines, commas, JSON or a\n"
     "whole .env (where other people can list processes, that hides\n"
     "the keys from them).  The pool \"vertex\" is of Vertex AI's express\n"
     "mode.  What is set is true of those known already, too\n"},
    {"keys", "list", cli_keys_list, 0, 0, TAKES_JSON | TAKES_FILTER, false,
     "keys list " FILTER_USAGE " [--json]",
     "show each key, masked, with its state and why, when it comes\n"
     "back, its failures in a row, and when it last worked.  --state is\n"
     "ready, cooling, disabled (by gbalance) or off (by a person);\n"
     "--project \"\" is of keys without one; --reason looks for words\n"},
    {"keys", "enable", cli_keys_enable, 1, WORDS_MANY,
     TAKES_ALL | TAKES_FILTER | TAKES_MODEL, false,
     "keys enable ID|KEY... | --all | filters as of list [--model M]",
     "use keys again at once, forgetting their failures and rests\n"},
    {"keys", "disable", cli_keys_disable, 1, WORDS_MANY,
     TAKES_ALL | TAKES_FILTER | TAKES_MODEL, false,
     "keys disable ID|KEY... | --all | filters as of list [--model M]",
     "use keys no more, or not for this model, until somebody enables\n"
     "them\n"},
    {"keys", "clear", cli_keys_clear, 1, WORDS_MANY,
     TAKES_ALL | TAKES_FILTER | TAKES_MODEL, false,
     "keys clear ID|KEY... | --all | filters as of list [--model M]",
     "forget failures and rests; what is disabled stays so\n"},
    {"keys", "set", cli_keys_set, 1, WORDS_MANY,
     TAKES_ALL | TAKES_SET | (TAKES_FILTER & ~(unsigned)TAKES_SET), false,
     "keys set [--tier free|paid] [--weight N] [--models M,M...]\n"
     "      [--note TEXT] [--project NAME]\n"
     "      ID|KEY... | --all | [--pool P] [--state S] [--reason WORDS]",
     "say of keys: paid ones are asked only when no free one is to be\n"
     "had; one of weight 3 (1 to 100) has three turns to one of weight\n"
     "1; which models it may serve (\"*\" is any text; \"\" for all); a\n"
     "note; whose quotas they share (\"\" for nobody's)\n"},
    {"keys", "history", cli_keys_history, 0, 1,
     TAKES_SPAN | TAKES_MODEL | TAKES_JSON, false,
     "keys history [ID|KEY] [--since TIME] [--until TIME] [--model M]"
     " [--json]",
     "show how keys changed, the newest first: when, from and to which\n"
     "state, why, and which answer said so.  TIME is as of usage\n"},
    {"keys", "verify", cli_keys_verify, 0, WORDS_MANY, TAKES_ALL | TAKES_FILTER,
     false, "keys verify [ID|KEY... | --all | filters as of list]",
     "ask Google with these keys, or all (one token of test_model\n"
     "each).  What it says counts as in service; a key that gbalance\n"
     "disabled and that works is enabled.  Exit status 1 when a key\n"
     "is dead or the answer settles nothing\n"},
    {"keys", "remove", cli_keys_remove, 1, WORDS_MANY, TAKES_ALL | TAKES_FILTER,
     false, "keys remove ID|KEY... | --all | filters as of list",
     "forget keys; those in api_keys come back with the next start\n"},
    {"breakers", "list", cli_breakers_list, 0, 0, 0, false, "breakers list",
     "show exits and models that fail with every key and are left alone,\n"
     "since when, why, and when the next request may find out\n"},
    {"breakers", "close", cli_breakers_close, 1, 1, 0, false,
     "breakers close NAME", "use an exit or a model again at once\n"},
    {"tokens", "create", cli_tokens_create, 1, 1, TAKES_TOKEN | TAKES_NOTED,
     false, "tokens create NAME [OPTIONS]",
     "make an access token for whoever NAME is, and show it once.  What\n"
     "it may do is as \"tokens set\" says; without options, everything\n"},
    {"tokens", "list", cli_tokens_list, 0, 0, TAKES_JSON | TAKES_CSV, false,
     "tokens list [--csv|--json]",
     "show all tokens, those of allowed_tokens too (config-1 and so on),\n"
     "with their states and limits, but never the tokens themselves\n"},
    {"tokens", "show", cli_tokens_show, 1, 1, 0, false, "tokens show NAME",
     "show what a token may do, and what it has used of its limits\n"},
    {"tokens", "set", cli_tokens_set, 1, 1, TAKES_TOKEN | TAKES_NOTED, false,
     "tokens set NAME OPTIONS",
     "change what a token may do.  --note TEXT; --expires DATE, 30d or\n"
     "never; --models PATTERN,… (\"*\" is any text) or all; --endpoints\n"
     "all or some of chat, embeddings, images, audio, files, native,\n"
     "models.  Limits, of which 0 is none: --parallel N,\n"
     "--requests-per-minute N, --requests-per-day N,\n"
     "--requests-per-month N, --tokens-per-minute N, --tokens-per-day N,\n"
     "--tokens-per-month N, --cost-per-day USD, --cost-per-month USD\n"},
    {"tokens", "disable", cli_tokens_disable, 1, 1, 0, false,
     "tokens disable NAME", "let the token in no more, until it is enabled\n"},
    {"tokens", "enable", cli_tokens_enable, 1, 1, 0, false,
     "tokens enable NAME", "let a token in again that was disabled\n"},
    {"tokens", "revoke", cli_tokens_revoke, 1, 1, 0, false,
     "tokens revoke NAME", "let the token in no more, for good\n"},
    {"pictures", "show", cli_pictures_show, 0, 0, 0, false, "pictures show",
     "show where pictures go, what the folder here holds, and when\n"
     "and why a host failed last\n"},
    {"pictures", "test", cli_pictures_test, 0, 0, 0, false, "pictures test",
     "put a picture of one pixel where pictures go, and show its URL.\n"
     "Exit status 1 when the host failed and it was kept here\n"},
    {"exits", "list", cli_exits_list, 0, 0, TAKES_JSON | TAKES_CSV, false,
     "exits list [--csv|--json]",
     "show the ways out to Google (the setting proxies), how many of\n"
     "the keys in service leave by each while all of them work, and\n"
     "which rest, until when and why\n"},
    {"exits", "test", cli_exits_test, 0, WORDS_MANY, TAKES_JSON | TAKES_CSV,
     false, "exits test [NO|NAME|HOST:PORT...] [--csv|--json]",
     "ask Google's host by each of them, or all, without a key: the\n"
     "milliseconds to the connection, to the end of TLS and to the\n"
     "first byte, and the address that exit_address_url sees.  Exit\n"
     "status 1 when one does not work\n"},
    {"usage", NULL, cli_usage_report, 0, 0,
     TAKES_JSON | TAKES_CSV | TAKES_BY | TAKES_SPAN, false,
     "usage [--by WHAT] [--since TIME] [--until TIME] [--csv|--json]",
     "show requests, tokens and what they cost by token (the default),\n"
     "key, model, endpoint, status, day or hour, of the last 30 days or\n"
     "of a stretch of whole hours: 2026-01-31, 2026-01-31T18:00, or 7d\n"
     "or 12h ago\n"},
    {"settings", "list", cli_settings_list, 0, 0,
     TAKES_JSON | TAKES_CSV | REPAIRS, false, "settings list [--csv|--json]",
     "show the settings that the database has, from the pages or an\n"
     "import, and what they would be without that\n"},
    {"settings", "reset", cli_settings_reset, 1, WORDS_MANY,
     TAKES_ALL | REPAIRS, false, "settings reset NAME... | --all",
     "let settings be again what gbalance.cfg or the environment says:\n"
     "the way back when the pages cannot be reached any more, or a\n"
     "start fails for what the database has\n"},
    {"prices", "list", cli_prices_list, 0, 0, TAKES_JSON | TAKES_CSV, false,
     "prices list [--csv|--json]",
     "show what a million tokens cost: Google's list prices and, with\n"
     "their ids, your own, which go before those\n"},
    {"prices", "set", cli_prices_set, 3, 3, TAKES_PRICE, false,
     "prices set MODEL CLASS USD [--above TOKENS] [--from DATE]",
     "set the price of a million tokens of a class (prompt, cached,\n"
     "tool, audio-in, image-in, video-in, output, thoughts, audio-out,\n"
     "image-out) for models (\"*\" is any text), where the prompt is\n"
     "longer than that, and for requests from that date on\n"},
    {"prices", "delete", cli_prices_delete, 1, 1, 0, false, "prices delete ID",
     "forget a price of yours\n"},
    {"log", "list", cli_log_list, 0, 0, 0, false, "log list",
     "show the last failed requests whose bodies were kept, which\n"
     "error_log_record_request_body has to ask for\n"},
    {"log", "show", cli_log_show, 1, 1, 0, false, "log show ID",
     "show the failed request of this id, which its client got as\n"
     "X-Request-Id: each attempt, with Google's words, and its body\n"},
    {"backup", NULL, cli_backup, 1, 1, 0, true, "backup FILE",
     "copy the database to FILE while it is in use, and check the copy;\n"
     "a FILE that is there is replaced once the copy is whole\n"},
    {"export", NULL, cli_export, 0, 1, TAKES_PARTS | TAKES_PASS, true,
     "export [--keys] [--tokens] [--settings] [--passphrase-file FILE] "
     "[FILE | -]",
     "write keys, access tokens and the settings that the database has\n"
     "(or some of these) as JSON; tokens as digests, keys as they are,\n"
     "unless the first line of a file is a passphrase to encrypt it all\n"},
    {"import", NULL, cli_import, 1, 1, TAKES_PARTS | TAKES_DRY | TAKES_PASS,
     false,
     "import [--dry-run] [--keys] [--tokens] [--settings] "
     "[--passphrase-file FILE] FILE | -",
     "take in what \"export\" wrote, or some of it, all at once, and say\n"
     "what became of each; exit status 1 when something was refused.\n"
     "With --dry-run it is only said what would become of it\n"},
    {"import-env", NULL, cli_import_env, 1, 1, TAKES_DRY, false,
     "import-env [--dry-run] FILE | -",
     "the same with a .env, of Gemini Balance or our own names: keys,\n"
     "access tokens, and settings, which go into the database.  Names\n"
     "that are not used are told, and why\n"},
    {"import-gemini-balance", NULL, cli_import_gemini_balance, 1, 1, TAKES_DRY,
     false, "import-gemini-balance [--dry-run] FILE",
     "the same with the SQLite database of a Gemini Balance, which may\n"
     "be running\n"},
    {"secret-key", NULL, cli_secret_key, 1, 1, NEEDS_NOTHING, true,
     "secret-key FILE",
     "make a key for the secrets in the database, for secret_key_file\n"},
    {"rekey", NULL, cli_rekey, 1, 1, 0, false, "rekey FILE",
     "encrypt the secrets in the database with the key in FILE instead,\n"
     "which then has to be secret_key_file\n"},
    {"decrypt", NULL, cli_decrypt, 0, 0, 0, false, "decrypt",
     "have the secrets in the database as they are again; then\n"
     "secret_key_file has to be empty\n"},
    {"run-jobs", NULL, cli_run_jobs, 0, 0, 0, false, "run-jobs",
     "do what is due: rechecks of keys, sums, deleting what is old.\n"
     "Programs that serve do it by themselves; for cron, where none\n"
     "is there for long\n"},
    {"check-config", NULL, cli_check_config, 0, 0, 0, true, "check-config",
     "show each setting in force, secrets masked, and where it came\n"
     "from; or each fault, with its place, and exit status 1\n"},
    {"first-run", NULL, cli_first_run, 0, 0, 0, false, "first-run",
     "make an admin token and an access token where there are none\n"
     "yet, show each this once, and say how to add keys\n"},
    {"admin-token", NULL, cli_admin_token, 0, 0, 0, false, "admin-token",
     "make a new admin token and show it once; whoever was signed in\n"
     "with the old one is signed out, on every instance\n"},
    {"doctor", NULL, cli_doctor, 0, 1, TAKES_JSON, false,
     "doctor [URL] [--json]",
     "look whether the installation is well: whether Google can be reached,\n"
     "the clock, the database and its disk.  With the URL that clients use,\n"
     "or PUBLIC_URL, also what the web server there does to streams,\n"
     "\"Authorization\", large bodies and hang-ups, and which of its\n"
     "directives to change.  Exit status 1 when something is bad\n"},
    {"routes", NULL, cli_routes, 0, 0, 0, true, "routes",
     "show what the admin site answers: method, path, who may, how it\n"
     "answers, and whether a form's or header's CSRF token is needed\n"},
};

/* A command line, taken apart. */
struct request {
	struct cli cli;
	const struct command *command;
	unsigned given; /* TAKES_… */
	bool help;
};

void
cli_complain(const char *fmt, ...)
{
	va_list ap;

	(void)fputs("gbalance: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
}

bool
cli_is_command(const char *word)
{
	size_t i;

	for (i = 0; i < GB_COUNT(commands); i++)
		if (strcmp(commands[i].noun, word) == 0)
			return true;
	return false;
}

/*
 * When argv[*at] is "option", with its value in the same word or the next one,
 * move on to its last word and put the value into "*value": true.  The value is
 * NULL when it is missing.
 */
static bool
is_option(const char *option, int argc, char **argv, int *at,
	  const char **value)
{
	size_t len;

	len = strlen(option);
	if (strncmp(argv[*at], option, len) != 0)
		return false;
	if (argv[*at][len] == '=')
		*value = argv[*at] + len + 1;
	else if (argv[*at][len] != '\0')
		return false;
	else
		*value = *at + 1 < argc ? argv[++*at] : NULL;
	if (*value != NULL && (*value)[0] == '\0')
		*value = NULL;
	return true;
}

static bool
is_config(int argc, char **argv, int *at, const char **file)
{
	return is_option("--config", argc, argv, at, file);
}

/* Whether "name" is a pool's, which then is "*pool". */
static bool
find_pool(const char *name, enum key_pool *pool)
{
	int i;

	for (i = 0; i < POOL__MAX; i++)
		if (strcmp(key_pool_names[i], name) == 0) {
			*pool = (enum key_pool)i;
			return true;
		}
	return false;
}

bool
cli_is_wanted(int argc, char **argv)
{
	const char *file;
	int i;

	for (i = 1; i < argc; i++)
		if (!is_config(argc, argv, &i, &file))
			return cli_is_command(argv[i]);
	return false;
}

static void
print_command(const struct command *c, FILE *f)
{
	const char *p, *end;

	(void)fprintf(f, "  gbalance %s\n", c->usage);
	for (p = c->help; *p != '\0'; p = end + 1) {
		end = strchr(p, '\n');
		(void)fprintf(f, "      %.*s\n", (int)(end - p), p);
	}
}

void
cli_usage(FILE *f)
{
	size_t i;

	(void)fputs(
	    "gbalance " GB_VERSION ": one service out of many Gemini API "
	    "keys\n"
	    "\n"
	    "Serving:\n"
	    "  gbalance [--config FILE] --listen unix:PATH|HOST:PORT\n"
	    "      speak FastCGI at this address, until SIGTERM or SIGINT\n"
	    "  gbalance [--config FILE]\n"
	    "      started by a web server: speak FastCGI at the socket on\n"
	    "      descriptor 0, or answer one CGI request\n"
	    "\n"
	    "Commands:\n",
	    f);
	for (i = 0; i < GB_COUNT(commands); i++)
		print_command(&commands[i], f);
	(void)fputs(
	    "\n"
	    "Options:\n"
	    "  --config FILE  read the settings from FILE; without it from\n"
	    "                 ./gbalance.cfg where there is one.  The\n"
	    "                 environment goes before the file\n"
	    "  --version      print the version\n"
	    "  --help         print this\n"
	    "\n"
	    "Exit status of commands: 0 done, 1 failed, 2 wrong usage.\n",
	    f);
}

/* The usage of the commands that begin like "c", or of "c" alone. */
static void
print_usage(const char *noun, const struct command *only, FILE *f)
{
	size_t i;

	(void)fputs("usage:\n", f);
	for (i = 0; i < GB_COUNT(commands); i++)
		if (&commands[i] == only ||
		    (only == NULL && strcmp(commands[i].noun, noun) == 0))
			print_command(&commands[i], f);
}

static const struct command *
find_command(const char *noun, const char *verb)
{
	const struct command *c;

	for (c = commands; c < commands + GB_COUNT(commands); c++)
		if (strcmp(c->noun, noun) == 0 &&
		    (c->verb == NULL ||
		     (verb != NULL && strcmp(c->verb, verb) == 0)))
			return c;
	return NULL;
}

#define TOKEN_AT(option) offsetof(struct cli, token[option])
#define LIMIT_AT(limit)	 TOKEN_AT(TOKEN_LIMITS + (limit))

/* The options with a value that only their command can judge. */
static const struct {
	const char *name;
	unsigned takes;
	size_t offset; /* of its value within struct cli */
} valued[] = {
    {"--by", TAKES_BY, offsetof(struct cli, by)},
    {"--since", TAKES_SPAN, offsetof(struct cli, since)},
    {"--until", TAKES_SPAN, offsetof(struct cli, until)},
    {"--above", TAKES_PRICE, offsetof(struct cli, above)},
    {"--from", TAKES_PRICE, offsetof(struct cli, from)},
    {"--note", TAKES_NOTED, TOKEN_AT(TOKEN_NOTE)},
    {"--expires", TAKES_TOKEN, TOKEN_AT(TOKEN_EXPIRES)},
    {"--models", TAKES_NOTED, TOKEN_AT(TOKEN_MODELS)},
    {"--endpoints", TAKES_TOKEN, TOKEN_AT(TOKEN_ENDPOINTS)},
    {"--parallel", TAKES_TOKEN, LIMIT_AT(LIMIT_PARALLEL)},
    {"--requests-per-minute", TAKES_TOKEN, LIMIT_AT(LIMIT_MINUTE_REQUESTS)},
    {"--tokens-per-minute", TAKES_TOKEN, LIMIT_AT(LIMIT_MINUTE_TOKENS)},
    {"--requests-per-day", TAKES_TOKEN, LIMIT_AT(LIMIT_DAY_REQUESTS)},
    {"--tokens-per-day", TAKES_TOKEN, LIMIT_AT(LIMIT_DAY_TOKENS)},
    {"--cost-per-day", TAKES_TOKEN, LIMIT_AT(LIMIT_DAY_COST)},
    {"--requests-per-month", TAKES_TOKEN, LIMIT_AT(LIMIT_MONTH_REQUESTS)},
    {"--tokens-per-month", TAKES_TOKEN, LIMIT_AT(LIMIT_MONTH_TOKENS)},
    {"--cost-per-month", TAKES_TOKEN, LIMIT_AT(LIMIT_MONTH_COST)},
    {"--passphrase-file", TAKES_PASS, offsetof(struct cli, passphrase_file)},
    {"--state", TAKES_STATE, offsetof(struct cli, state)},
    {"--project", TAKES_PROJECT, offsetof(struct cli, project)},
    {"--reason", TAKES_REASON, offsetof(struct cli, reason)},
    {"--model", TAKES_MODEL, offsetof(struct cli, model)},
    {"--tier", TAKES_TIER, offsetof(struct cli, tier)},
    {"--weight", TAKES_WEIGHT, offsetof(struct cli, weight)},
};

/* Take one of them; false when it is none. */
static bool
take_valued(struct request *rq, int argc, char **argv, int *at)
{
	const char *value;
	size_t i;

	for (i = 0; i < GB_COUNT(valued); i++)
		if (is_option(valued[i].name, argc, argv, at, &value)) {
			rq->given |= valued[i].takes;
			/* Nothing at all is as wrong as nothing useful. */
			*(const char **)((char *)&rq->cli + valued[i].offset) =
			    value == NULL ? "" : value;
			return true;
		}
	return false;
}

/* Take --keys, --tokens or --settings; false when it is none of them. */
static bool
take_part(struct request *rq, const char *word)
{
	int kind;

	for (kind = 0; kind < PARCEL__MAX; kind++)
		if (strncmp(word, "--", 2) == 0 &&
		    strcmp(word + 2, parcel_names[kind]) == 0) {
			rq->cli.parts |= 1u << kind;
			return true;
		}
	return false;
}

/* Take one option that is not --config; false when there is no such. */
static bool
take_option(struct request *rq, const char *word)
{
	if (strcmp(word, "--all") == 0)
		rq->given |= TAKES_ALL;
	else if (strcmp(word, "--json") == 0)
		rq->given |= TAKES_JSON;
	else if (strcmp(word, "--csv") == 0)
		rq->given |= TAKES_CSV;
	else if (strcmp(word, "--dry-run") == 0)
		rq->given |= TAKES_DRY;
	else if (take_part(rq, word))
		rq->given |= TAKES_PARTS;
	else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		rq->help = true;
	else
		return false;
	return true;
}

/* Sort the command line into options and words, which are moved to the front
 * of "argv" behind its first; false, with a complaint, when it is wrong. */
static bool
take_apart(struct request *rq, int argc, char **argv)
{
	bool options;
	size_t count;
	int i;

	options = true;
	for (count = 0, i = 1; i < argc; i++) {
		if (!options || argv[i][0] != '-' || argv[i][1] == '\0')
			argv[1 + count++] = argv[i];
		else if (strcmp(argv[i], "--") == 0)
			options = false;
		else if (is_config(argc, argv, &i, &rq->cli.config_file)) {
			if (rq->cli.config_file == NULL) {
				cli_complain("--config: which file?");
				return false;
			}
		} else if (is_option("--pool", argc, argv, &i,
				     &rq->cli.pool_name)) {
			rq->given |= TAKES_POOL;
			if (rq->cli.pool_name == NULL ||
			    !find_pool(rq->cli.pool_name, &rq->cli.pool)) {
				cli_complain("--pool: gemini or vertex");
				return false;
			}
		} else if (!take_option(rq, argv[i]) &&
			   !take_valued(rq, argc, argv, &i)) {
			cli_complain("%s: there is no such option", argv[i]);
			return false;
		}
	}
	rq->cli.words = argv + 1;
	rq->cli.count = count;
	return true;
}

/* One of the options "given". */
static const char *
option_name(unsigned given)
{
	static const struct {
		unsigned takes;
		const char *name;
	} names[] = {
	    {TAKES_ALL, "--all"},
	    {TAKES_JSON, "--json"},
	    {TAKES_CSV, "--csv"},
	    {TAKES_BY, "--by"},
	    {TAKES_SPAN, "--since or --until"},
	    {TAKES_PRICE, "--above or --from"},
	    {TAKES_TOKEN, "an option of \"tokens set\""},
	    {TAKES_PARTS, "--keys, --tokens or --settings"},
	    {TAKES_DRY, "--dry-run"},
	    {TAKES_PASS, "--passphrase-file"},
	    {TAKES_STATE, "--state"},
	    {TAKES_PROJECT, "--project"},
	    {TAKES_REASON, "--reason"},
	    {TAKES_MODEL, "--model"},
	    {TAKES_TIER, "--tier"},
	    {TAKES_WEIGHT, "--weight"},
	    {TAKES_NOTED, "--note or --models"},
	};
	size_t i;

	for (i = 0; i < GB_COUNT(names); i++)
		if ((given & names[i].takes) != 0)
			return names[i].name;
	return "--pool";
}

enum report_format
cli_format(const struct cli *cli)
{
	if (cli->csv)
		return REPORT_CSV;
	return cli->json ? REPORT_JSON : REPORT_TABLE;
}

/* Find the command and whether its words fit; false, with a complaint, when
 * they do not. */
static bool
find_what_to_do(struct request *rq)
{
	struct cli *cli = &rq->cli;
	const struct command *c;
	unsigned filters;
	size_t taken;

	c = find_command(cli->words[0], cli->count > 1 ? cli->words[1] : NULL);
	if (c == NULL) {
		if (cli->count < 2)
			cli_complain("%s: which command?", cli->words[0]);
		else
			cli_complain("%s: there is no command \"%s\"",
				     cli->words[0], cli->words[1]);
		return false;
	}
	rq->command = c;
	taken = c->verb == NULL ? 1 : 2;
	cli->words += taken;
	cli->count -= taken;
	cli->all = (rq->given & TAKES_ALL) != 0;
	cli->json = (rq->given & TAKES_JSON) != 0;
	cli->csv = (rq->given & TAKES_CSV) != 0;
	cli->dry_run = (rq->given & TAKES_DRY) != 0;
	/* What chooses, where words may: not what is set. */
	filters = (c->takes & TAKES_STATE) != 0 ? TAKES_FILTER : 0;
	if ((c->takes & TAKES_WEIGHT) != 0)
		filters &= ~(unsigned)TAKES_SET;
	if ((rq->given & ~c->takes) != 0)
		cli_complain("%s does not go with this command",
			     option_name(rq->given & ~c->takes));
	else if (cli->csv && cli->json)
		cli_complain("either --csv or --json, not both");
	else if (cli->all && cli->count > 0)
		cli_complain("either --all or some of them, not both");
	else if (cli->all && (rq->given & filters) != 0)
		cli_complain("either --all or %s, not both",
			     option_name(rq->given & filters));
	else if (cli->count > 0 && (rq->given & filters) != 0)
		cli_complain("either some of them or %s, not both",
			     option_name(rq->given & filters));
	else if (cli->count < c->min && !cli->all && (rq->given & filters) == 0)
		cli_complain("there is a word missing");
	else if (cli->count > c->max)
		cli_complain("there is a word too many");
	else
		return true;
	return false;
}

static int
run(struct request *rq)
{
	struct cli *cli = &rq->cli;
	enum gb_err rc;
	int status;

	/* Tales of success would mix with what was asked for. */
	if (log_open(LOG_LEVEL_WARNING, NULL) != GB_OK)
		return CLI_EXIT_FAILURE;
	if ((rq->command->takes & NEEDS_NOTHING) != 0)
		rc = GB_OK;
	else if ((rq->command->takes & REPAIRS) != 0)
		rc = startup_repair(cli->config_file, &cli->settings,
				    &cli->store);
	else if (rq->command->only_looks)
		rc = startup_inspect(cli->config_file, &cli->settings,
				     &cli->store);
	else
		rc =
		    startup_load(cli->config_file, &cli->settings, &cli->store);
	if (rc != GB_OK)
		return CLI_EXIT_FAILURE;
	status = rq->command->run(cli);
	settings_free(cli->settings);
	store_close(cli->store);
	if (fflush(stdout) != 0 && status == CLI_EXIT_OK) {
		cli_complain("standard output: cannot be written");
		status = CLI_EXIT_FAILURE;
	}
	return status;
}

int
cli_main(int argc, char **argv)
{
	struct request rq = {.command = NULL};

	if (!take_apart(&rq, argc, argv) || rq.cli.count == 0) {
		(void)fputs("\"gbalance --help\" tells what there is\n",
			    stderr);
		return CLI_EXIT_USAGE;
	}
	if (rq.help) {
		print_usage(rq.cli.words[0], NULL, stdout);
		return CLI_EXIT_OK;
	}
	if (!find_what_to_do(&rq)) {
		print_usage(argv[1], rq.command, stderr);
		return CLI_EXIT_USAGE;
	}
	return run(&rq);
}
