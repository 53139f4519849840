/* prices.c: "gbalance prices list|set|delete" */
#include "store/prices.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/amount.h"
#include "cli/commands.h"
#include "cli/report.h"

#define ABOVE_MAX INT64_C(1000000000)

static const struct report_column price_columns[] = {
    {"ID", "id"},	{"MODEL", "model"}, {"CLASS", "class"},
    {"ABOVE", "above"}, {"FROM", "from"},   {"USD/MILLION", "usd_per_million"},
};

int
cli_prices_list(struct cli *cli)
{
	struct price_rows prices;
	const struct price *p;
	struct report report;
	enum gb_err rc;

	if ((rc = store_prices_list(cli->store, &prices)) != GB_OK)
		goto out;
	report_init(&report, cli_format(cli), price_columns,
		    GB_COUNT(price_columns));
	for (p = prices.rows; p < prices.rows + prices.count; p++) {
		if (p->id > 0)
			report_number(&report, p->id);
		else
			report_unknown(&report);
		report_text(&report, p->model);
		report_text(&report, price_class_names[p->class]);
		report_number(&report, p->above);
		report_time(&report, p->valid_from);
		report_money(&report, p->micro);
	}
	rc = report_print(&report);
	report_release(&report);
	price_rows_free(&prices);
out:
	if (rc != GB_OK)
		cli_complain("prices: %s", gb_strerror(rc));
	return rc == GB_OK ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}

static bool
find_class(const char *word, enum price_class *class)
{
	int i;

	if (price_find_class(word, class))
		return true;
	cli_complain("%s: there is no such class of tokens; there are:", word);
	for (i = 0; i < PRICE__MAX; i++)
		(void)fprintf(stderr, "%s%s", i == 0 ? "" : ", ",
			      price_class_names[i]);
	(void)fputc('\n', stderr);
	return false;
}

/* Read the words and options into "p"; false, with a complaint: one is unfit.
 */
static bool
read_price(const struct cli *cli, struct price *p)
{
	size_t len;

	memset(p, 0, sizeof(*p));
	len = strlen(cli->words[0]);
	if (len == 0 || len > PRICE_MODEL_MAX) {
		cli_complain("a model's name has 1 to %d bytes",
			     PRICE_MODEL_MAX);
		return false;
	}
	memcpy(p->model, cli->words[0], len + 1);
	if (!find_class(cli->words[1], &p->class))
		return false;
	if (!amount_dollars(cli->words[2], PRICE_MAX, &p->micro)) {
		cli_complain("%s: no price: dollars for a million tokens, such "
			     "as 0.075, at most 1000",
			     cli->words[2]);
		return false;
	}
	if (cli->above != NULL &&
	    !amount_number(cli->above, ABOVE_MAX, &p->above)) {
		cli_complain("--above: %s: no number of tokens", cli->above);
		return false;
	}
	if (cli->from != NULL && !clock_read(cli->from, &p->valid_from)) {
		cli_complain("--from: %s: no date, such as 2027-01-31",
			     cli->from);
		return false;
	}
	return true;
}

int
cli_prices_set(struct cli *cli)
{
	struct price p;
	int64_t id;
	enum gb_err rc;

	if (!read_price(cli, &p))
		return CLI_EXIT_USAGE;
	rc = store_price_set(cli->store, &p, &id);
	if (rc == GB_OK)
		(void)printf("price %" PRId64 " is in force\n", id);
	else if (rc == GB_ETOOBIG)
		cli_complain("there are %d prices already", PRICE_ROWS_MAX);
	else
		cli_complain("prices: %s", gb_strerror(rc));
	return rc == GB_OK ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}

int
cli_prices_delete(struct cli *cli)
{
	int64_t id;
	enum gb_err rc;

	if (!amount_number(cli->words[0], INT64_MAX, &id)) {
		cli_complain("%s: an id is a number; \"gbalance prices list\" "
			     "has them",
			     cli->words[0]);
		return CLI_EXIT_USAGE;
	}
	rc = store_price_delete(cli->store, id);
	if (rc == GB_OK)
		(void)printf("price %" PRId64 " is deleted\n", id);
	else if (rc == GB_ENOTFOUND)
		cli_complain("%" PRId64 ": no price of yours has this id", id);
	else
		cli_complain("prices: %s", gb_strerror(rc));
	return rc == GB_OK ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}
