/* log.c: "gbalance log list|show" */
#include <stdio.h>

#include "cli/columns.h"
#include "cli/commands.h"
#include "store/failed_bodies.h"

static const char *const heads[] = {"TIME",  "ID",     "TOKEN", "ENDPOINT",
				    "MODEL", "STATUS", "ERROR"};

static void
add_request(struct columns *table, const struct failed_body *b)
{
	columns_add_time(table, b->time_ms);
	columns_add(table, b->request_id);
	columns_add(table, b->token);
	columns_add(table, b->endpoint);
	columns_add(table, b->model);
	columns_add_number(table, b->status);
	columns_add(table, b->error_class);
}

/* "count" of them, as a table. */
static enum gb_err
print_requests(const struct failed_body *rows, size_t count)
{
	struct columns table;
	enum gb_err rc;
	size_t i;

	columns_init(&table, GB_COUNT(heads));
	for (i = 0; i < GB_COUNT(heads); i++)
		columns_add(&table, heads[i]);
	for (i = 0; i < count; i++)
		add_request(&table, &rows[i]);
	rc = columns_print(&table, stdout);
	columns_release(&table);
	return rc;
}

static enum gb_err
print_attempts(const struct journal_attempts *list)
{
	struct columns table;
	enum gb_err rc;
	size_t i;

	if (list->count == 0)
		return GB_OK;
	(void)putchar('\n');
	columns_init(&table, 5);
	columns_add(&table, "TIME");
	columns_add(&table, "KEY");
	columns_add(&table, "STATUS");
	columns_add(&table, "ERROR");
	columns_add(&table, "WORDS");
	for (i = list->count; i-- > 0;) {
		columns_add_time(&table, list->rows[i].time_ms);
		columns_add(&table, list->rows[i].key);
		columns_add_number(&table, list->rows[i].status);
		columns_add(&table, list->rows[i].error_class);
		columns_add(&table, list->rows[i].text);
	}
	rc = columns_print(&table, stdout);
	columns_release(&table);
	return rc;
}

int
cli_log_list(struct cli *cli)
{
	struct failed_bodies list;
	enum gb_err rc;

	rc = store_failed_bodies(cli->store, &list);
	if (rc == GB_OK && list.count > 0)
		rc = print_requests(list.rows, list.count);
	failed_bodies_free(&list);
	if (rc != GB_OK)
		cli_complain("%s", gb_strerror(rc));
	return rc == GB_OK ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}

int
cli_log_show(struct cli *cli)
{
	struct journal_attempts attempts;
	struct failed_body body;
	enum gb_err rc;

	rc = store_failed_body(cli->store, cli->words[0], &body, &attempts);
	if (rc == GB_OK && (rc = print_requests(&body, 1)) == GB_OK &&
	    (rc = print_attempts(&attempts)) == GB_OK)
		(void)printf("\n%s\n", body.body);
	if (rc == GB_ENOTFOUND)
		cli_complain("%s: no body of a failed request of this id is "
			     "kept",
			     cli->words[0]);
	else if (rc != GB_OK)
		cli_complain("%s", gb_strerror(rc));
	failed_body_release(&body);
	journal_attempts_free(&attempts);
	return rc == GB_OK ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}
