/* pictures.c: "gbalance pictures show|test" */
#include <string.h>

#include "base/clock.h"
#include "cli/columns.h"
#include "cli/commands.h"
#include "hosting/hosting.h"
#include "hosting/local.h"
#include "store/journal.h"

/* A red pixel, as PNG. */
static const char pixel[] =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3"
    "A0FDAAAAAElFTkSuQmCC";

static enum gb_err
show_folder(const struct settings *cfg)
{
	char oldest[CLOCK_TEXT_SIZE];
	struct local_count count;
	enum gb_err rc;

	if ((rc = local_count(cfg, &count)) != GB_OK)
		return rc;
	(void)printf("%zu pictures of %lld bytes in %s", count.pictures,
		     (long long)count.bytes, cfg->pictures_dir);
	if (count.pictures > 0) {
		clock_text(oldest, count.oldest_ms, false);
		(void)printf(", the oldest of %s", oldest);
	}
	(void)putchar('\n');
	return GB_OK;
}

static enum gb_err
show_failures(struct store *store)
{
	struct journal_failures list;
	struct columns table;
	enum gb_err rc;
	size_t i;

	columns_init(&table, 3);
	if ((rc = store_journal_picture_failures(store, &list)) != GB_OK)
		goto out;
	if (list.count == 0)
		goto out;
	columns_add(&table, "TIME");
	columns_add(&table, "STATUS");
	columns_add(&table, "WHY");
	for (i = 0; i < list.count; i++) {
		columns_add_time(&table, list.rows[i].time_ms);
		columns_add_number(&table, list.rows[i].status);
		columns_add(&table, list.rows[i].text);
	}
	(void)printf("\nKept here because the host failed:\n");
	rc = columns_print(&table, stdout);
out:
	journal_failures_free(&list);
	columns_release(&table);
	return rc;
}

int
cli_pictures_show(struct cli *cli)
{
	enum gb_err rc;

	(void)printf("pictures go to: %s\n", cli->settings->upload_provider);
	if ((rc = show_folder(cli->settings)) == GB_OK)
		rc = show_failures(cli->store);
	if (rc != GB_OK)
		cli_complain("%s", gb_strerror(rc));
	return rc == GB_OK ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}

int
cli_pictures_test(struct cli *cli)
{
	struct engine_options options = {.ca_file = cli->settings->ca_file,
					 .connections = 1};
	struct picture picture = {"image/png", pixel, sizeof(pixel) - 1};
	struct hosting_call call = {.cfg = cli->settings,
				    .base = cli->settings->public_url,
				    .watch_fd = -1};
	struct buf url;
	enum gb_err rc;

	buf_init(&url, PICTURE_URL_MAX);
	if ((rc = engine_new(&call.engine, &options)) == GB_OK)
		rc = hosting_put(&call, &picture, &url);
	engine_free(call.engine);
	if (rc == GB_OK)
		(void)printf("%s\n", buf_str(&url));
	else
		cli_complain("%s", gb_strerror(rc));
	buf_release(&url);
	return rc == GB_OK && !call.failed ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}
