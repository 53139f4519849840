/* keys_history.c: "gbalance keys history": how keys changed */
#include "store/key_history.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/clock.h"
#include "base/redact.h"
#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/key_choice.h"
#include "cli/moment.h"

#define TABLE_MAX 1000 /* rows of a table: it is for people */

static void
add_row(struct columns *table, const struct key_event *e)
{
	char from_to[32];

	(void)snprintf(from_to, sizeof(from_to), "%s > %s",
		       key_standing_names[e->from], key_standing_names[e->to]);
	columns_add_time(table, e->time_ms);
	columns_add_number(table, e->key_id);
	columns_add(table, e->model);
	columns_add(table, from_to);
	columns_add_time(table, e->until_ms);
	columns_add(table, key_cause_names[e->cause]);
	columns_add_number(table, e->status);
	columns_add(table, e->request_id);
	columns_add(table, e->reason);
}

/* One object a line: what is read by programs needs no end. */
static enum gb_err
print_json(const struct key_event *e)
{
	char time[CLOCK_TEXT_SIZE], until[CLOCK_TEXT_SIZE];
	const struct {
		const char *name, *text;
	} texts[] = {
	    {"time", time},
	    {"model", e->model},
	    {"from", key_standing_names[e->from]},
	    {"to", key_standing_names[e->to]},
	    {"until", until},
	    {"cause", key_cause_names[e->cause]},
	    {"error_class", e->error_class},
	    {"request_id", e->request_id},
	    {"reason", e->reason},
	};
	struct json_object *o;
	enum gb_err rc;
	size_t i;

	clock_text(time, e->time_ms, true);
	until[0] = '\0';
	if (e->until_ms > 0)
		clock_text(until, e->until_ms, true);
	rc = GB_ENOMEM;
	if ((o = json_object_new_object()) == NULL)
		return rc;
	if (json_object_object_add(o, "key", json_object_new_int64(e->key_id)))
		goto out;
	for (i = 0; i < GB_COUNT(texts); i++)
		if (json_object_object_add(o, texts[i].name,
					   json_object_new_string(
					       texts[i].text)) != 0)
			goto out;
	if (json_object_object_add(o, "status",
				   json_object_new_int(e->status)) != 0)
		goto out;
	(void)printf("%s\n", json_object_to_json_string_ext(
				 o, JSON_C_TO_STRING_NOSLASHESCAPE));
	rc = GB_OK;
out:
	json_object_put(o);
	return rc;
}

/* Page after page, until "most" rows were shown. */
static enum gb_err
show(struct cli *cli, struct key_history_filter *f, size_t most,
     struct columns *table)
{
	struct key_events page;
	enum gb_err rc;
	size_t count, i;

	do {
		f->limit =
		    most < KEY_HISTORY_PAGE_MAX ? most : KEY_HISTORY_PAGE_MAX;
		rc = store_key_history(cli->store, f, &page);
		if (rc != GB_OK)
			return rc;
		for (i = 0; rc == GB_OK && i < page.count; i++)
			if (table == NULL)
				rc = print_json(&page.rows[i]);
			else
				add_row(table, &page.rows[i]);
		count = page.count;
		if (count > 0)
			f->before_id = page.rows[count - 1].id;
		key_events_free(&page);
		most -= count;
	} while (rc == GB_OK && count == KEY_HISTORY_PAGE_MAX && most > 0);
	return rc;
}

static enum gb_err
show_table(struct cli *cli, struct key_history_filter *f)
{
	static const char *const head[] = {
	    "WHEN", "KEY",    "MODEL",	 "CHANGE", "UNTIL",
	    "BY",   "STATUS", "REQUEST", "REASON",
	};
	struct columns table;
	enum gb_err rc;
	size_t i;

	columns_init(&table, GB_COUNT(head));
	for (i = 0; i < GB_COUNT(head); i++)
		columns_add(&table, head[i]);
	rc = show(cli, f, TABLE_MAX, &table);
	if (rc == GB_OK)
		rc = columns_print(&table, stdout);
	columns_release(&table);
	return rc;
}

int
cli_keys_history(struct cli *cli)
{
	struct key_history_filter f = {.model = cli->model};
	struct key_choice choice;
	int64_t now_ms;
	enum gb_err rc;

	now_ms = clock_wall_ms();
	if ((cli->since != NULL &&
	     !cli_moment("--since", cli->since, now_ms, &f.since_ms)) ||
	    (cli->until != NULL &&
	     !cli_moment("--until", cli->until, now_ms, &f.until_ms)))
		return CLI_EXIT_USAGE;
	if (cli->count > 0) {
		/* What is gone has a history still, by its id. */
		if (key_choice_is_id(cli->words[0], &f.key_id))
			rc = GB_OK;
		else if ((rc = key_choice_make(&choice, cli, false)) == GB_OK) {
			f.key_id = choice.chosen[0]->id;
			key_choice_release(&choice);
		}
		if (rc != GB_OK)
			return CLI_EXIT_FAILURE;
	}
	rc = cli->json ? show(cli, &f, SIZE_MAX, NULL) : show_table(cli, &f);
	if (rc != GB_OK)
		cli_complain("keys: %s", gb_strerror(rc));
	return rc == GB_OK ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}
