/* breakers.c: "gbalance breakers list|close": exits and models left alone */
#include "store/breakers.h"

#include "cli/columns.h"
#include "cli/commands.h"

static enum gb_err
print_table(const struct breaker_rows *rows)
{
	static const char *const head[] = {
	    "KIND", "NAME", "OPEN SINCE", "NEXT TRY", "FAILED TRIES", "WHY",
	};
	const struct breaker_row *row;
	struct columns table;
	enum gb_err rc;
	size_t i;

	columns_init(&table, GB_COUNT(head));
	for (i = 0; i < GB_COUNT(head); i++)
		columns_add(&table, head[i]);
	for (row = rows->rows; row < rows->rows + rows->count; row++) {
		columns_add(&table, breaker_kind_names[row->kind]);
		columns_add(&table, row->name);
		columns_add_time(&table, row->opened_at);
		columns_add_time(&table, row->until_ms);
		columns_add_number(&table, row->failures);
		columns_add(&table, row->reason);
	}
	rc = columns_print(&table, stdout);
	columns_release(&table);
	return rc;
}

int
cli_breakers_list(struct cli *cli)
{
	struct breaker_rows rows;
	enum gb_err rc;

	rc = store_breakers_list(cli->store, &rows);
	if (rc == GB_OK) {
		rc = print_table(&rows);
		breaker_rows_free(&rows);
	}
	if (rc != GB_OK)
		cli_complain("breakers: %s", gb_strerror(rc));
	return rc == GB_OK ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}

int
cli_breakers_close(struct cli *cli)
{
	const char *name = cli->words[0];
	enum gb_err rc;
	int kind, closed;

	for (closed = 0, kind = BREAKER_NONE + 1; kind < BREAKER__MAX; kind++) {
		rc = store_breaker_close(cli->store, (enum breaker_kind)kind,
					 name);
		if (rc == GB_OK)
			closed++;
		else if (rc != GB_ENOTFOUND) {
			cli_complain("breakers: %s", gb_strerror(rc));
			return CLI_EXIT_FAILURE;
		}
	}
	if (closed == 0)
		cli_complain("%s: no exit or model of this name is left alone",
			     name);
	return closed > 0 ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}
