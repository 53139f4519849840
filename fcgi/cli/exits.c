/* exits.c: "gbalance exits list|test" */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "store/breakers.h"
#include "upstream/exit_test.h"

#define NO_ADDRESS "the address is not known: "

static const struct report_column list_columns[] = {
    {"NO", "no"},     {"EXIT", "exit"},
    {"KEYS", "keys"}, {"RESTS UNTIL", "rests_until"},
    {"WHY", "why"},
};

static const struct report_column test_columns[] = {
    {"NO", "no"},	    {"EXIT", "exit"},
    {"WORKS", "works"},	    {"CONNECT", "connect_ms"},
    {"TLS", "tls_ms"},	    {"FIRST", "first_byte_ms"},
    {"ADDRESS", "address"}, {"WHY", "fault"},
};

/* --- list ----------------------------------------------------------------- */

/* Count for each exit the keys in service that leave by it when all work. */
static enum gb_err
count_keys(const struct cli *cli, int64_t *counts)
{
	const struct settings *cfg = cli->settings;
	struct exit_walk walk;
	struct key_rows keys;
	const char *exit;
	enum gb_err rc;
	size_t i, k;

	if ((rc = store_keys_list(cli->store, clock_wall_ms(), &keys)) != GB_OK)
		return rc;
	for (i = 0; i < keys.count; i++) {
		if (keys.rows[i].state == KEY_DISABLED)
			continue;
		exit_walk_begin(&walk, cfg, keys.rows[i].secret);
		exit = exit_walk_next(&walk);
		for (k = 0; k < exits_count(cfg); k++)
			if (strcmp(exits_get(cfg, k), exit) == 0) {
				counts[k]++;
				break;
			}
	}
	key_rows_free(&keys);
	return GB_OK;
}

static void
report_rest(struct report *report, const struct breaker_rows *open,
	    const char *name)
{
	const struct breaker_row *row;

	for (row = open->rows; row < open->rows + open->count; row++)
		if (row->kind == BREAKER_EXIT && strcmp(row->name, name) == 0)
			break;
	if (row < open->rows + open->count) {
		report_time(report, row->until_ms);
		report_text(report, row->reason);
	} else {
		report_unknown(report);
		report_text(report, "");
	}
}

static enum gb_err
list(const struct cli *cli, const int64_t *counts, struct report *report)
{
	const struct settings *cfg = cli->settings;
	char name[EXIT_NAME_MAX];
	struct breaker_rows open;
	enum gb_err rc;
	size_t i;

	if ((rc = store_breakers_list(cli->store, &open)) != GB_OK)
		return rc;
	for (i = 0; i < exits_count(cfg); i++) {
		exit_name(name, cfg, exits_get(cfg, i));
		report_number(report, (int64_t)i + 1);
		report_text(report, name);
		if (cfg->proxies_by_key)
			report_number(report, counts[i]);
		else
			report_unknown(report);
		report_rest(report, &open, name);
	}
	breaker_rows_free(&open);
	return report_print(report);
}

int
cli_exits_list(struct cli *cli)
{
	struct report report;
	int64_t *counts;
	enum gb_err rc;

	report_init(&report, cli_format(cli), list_columns,
		    GB_COUNT(list_columns));
	counts = calloc(exits_count(cli->settings), sizeof(*counts));
	rc = counts == NULL ? GB_ENOMEM : GB_OK;
	if (rc == GB_OK && cli->settings->proxies_by_key)
		rc = count_keys(cli, counts);
	if (rc == GB_OK)
		rc = list(cli, counts, &report);
	if (rc != GB_OK)
		cli_complain("exits: %s", gb_strerror(rc));
	report_release(&report);
	free(counts);
	return rc == GB_OK ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}

/* --- test ----------------------------------------------------------------- */

/* Whether "word" means number "i" of the exits: by its number, its name, or its
 * host and port. */
static bool
is_meant(const struct settings *cfg, size_t i, const char *word)
{
	char name[EXIT_NAME_MAX], number[24];
	const char *host;

	(void)snprintf(number, sizeof(number), "%zu", i + 1);
	exit_name(name, cfg, exits_get(cfg, i));
	host = strrchr(exits_get(cfg, i), '@');
	if (host == NULL)
		host = strstr(exits_get(cfg, i), "://");
	if (host != NULL)
		host += host[0] == '@' ? 1 : 3;
	return strcmp(number, word) == 0 || strcmp(name, word) == 0 ||
	       (host != NULL && strcasecmp(host, word) == 0);
}

/* Choose those that the words mean; false, with a complaint: one means none. */
static bool
choose(const struct cli *cli, bool *chosen)
{
	size_t i, word, count;

	for (word = 0; word < cli->count; word++) {
		count = 0;
		for (i = 0; i < exits_count(cli->settings); i++)
			if (is_meant(cli->settings, i, cli->words[word])) {
				chosen[i] = true;
				count++;
			}
		if (count == 0) {
			/* The word may be a URL with its password. */
			cli_complain("word %zu is no exit; \"gbalance exits "
				     "list\" has them with their numbers",
				     word + 1);
			return false;
		}
	}
	return true;
}

static void
report_ms(struct report *report, int64_t ms)
{
	if (ms >= 0)
		report_number(report, ms);
	else
		report_unknown(report);
}

static void
report_result(struct report *report, size_t no, const struct exit_result *r)
{
	char why[EXIT_FAULT_MAX + sizeof(NO_ADDRESS)];

	report_number(report, (int64_t)no);
	report_text(report, r->name);
	report_text(report, r->works ? "yes" : "no");
	report_ms(report, r->times.connect_ms);
	report_ms(report, r->times.tls_ms);
	report_ms(report, r->times.first_byte_ms);
	report_text(report, r->address);
	(void)snprintf(why, sizeof(why), "%s%s",
		       r->works && r->fault[0] != '\0' ? NO_ADDRESS : "",
		       r->fault);
	report_text(report, why);
}

/* Test, and tell; "*failed" says how many do not work. */
static enum gb_err
test(const struct cli *cli, const bool *chosen, struct engine *engine,
     size_t *failed)
{
	struct exit_result *results;
	struct report report;
	enum gb_err rc;
	size_t count, i, no;

	*failed = 0;
	rc = exits_test(engine, cli->settings, chosen, EXIT_TEST_ADDRESS,
			&results, &count);
	if (rc != GB_OK)
		return rc;
	report_init(&report, cli_format(cli), test_columns,
		    GB_COUNT(test_columns));
	for (no = i = 0; i < count; i++) {
		while (chosen != NULL && !chosen[no])
			no++;
		report_result(&report, ++no, &results[i]);
		*failed += !results[i].works;
	}
	rc = report_print(&report);
	report_release(&report);
	free(results);
	return rc;
}

int
cli_exits_test(struct cli *cli)
{
	struct engine_options options = {.ca_file = cli->settings->ca_file};
	struct engine *engine;
	size_t failed;
	bool *chosen;
	enum gb_err rc;

	failed = 0;
	engine = NULL;
	chosen = calloc(exits_count(cli->settings), sizeof(*chosen));
	if (chosen != NULL && cli->count > 0 && !choose(cli, chosen)) {
		free(chosen);
		return CLI_EXIT_USAGE;
	}
	rc = chosen == NULL ? GB_ENOMEM : engine_new(&engine, &options);
	if (rc == GB_OK)
		rc = test(cli, cli->count > 0 ? chosen : NULL, engine, &failed);
	if (rc != GB_OK)
		cli_complain("exits: %s", gb_strerror(rc));
	engine_free(engine);
	free(chosen);
	return rc == GB_OK && failed == 0 ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}
