/* export.c: "gbalance export" */
#include <string.h>

#include "base/clock.h"
#include "base/files.h"
#include "cli/commands.h"
#include "cli/import.h"
#include "cli/parcel_json.h"
#include "cli/parcel_seal.h"

/* Append what the database has of the parts. */
static enum gb_err
gather(struct store *s, unsigned parts, struct parcel *p)
{
	enum gb_err rc;
	int kind;

	for (kind = 0, rc = GB_OK; rc == GB_OK && kind < PARCEL__MAX; kind++)
		if ((parts & 1u << kind) != 0)
			rc = store_parcel_read(s, (enum parcel_kind)kind, p);
	return rc;
}

static enum gb_err
write_out(const char *file, const struct buf *text)
{
	if (file != NULL && strcmp(file, "-") != 0)
		return file_write(file, text->data, text->len);
	return fwrite(text->data, 1, text->len, stdout) == text->len ? GB_OK
								     : GB_EIO;
}

int
cli_export(struct cli *cli)
{
	struct parcel parcel;
	struct buf text;
	unsigned parts;
	enum gb_err rc;

	if (cli->store == NULL) {
		cli_complain("%s: there is no database yet",
			     cli->settings->database);
		return CLI_EXIT_FAILURE;
	}
	parts = cli->parts == 0 ? PARCEL_ALL : cli->parts;
	parcel_init(&parcel);
	buf_init(&text, PARCEL_JSON_MAX);
	rc = gather(cli->store, parts, &parcel);
	if (rc == GB_OK) {
		parcel_json_write(&parcel, parts, clock_wall_ms(), &text);
		rc = buf_error(&text);
	}
	if (rc == GB_OK && cli->passphrase_file != NULL)
		rc = parcel_seal(cli->passphrase_file, &text);
	if (rc == GB_OK)
		rc = write_out(cli->count > 0 ? cli->words[0] : NULL, &text);
	if (rc != GB_OK)
		cli_complain("nothing was exported: %s", gb_strerror(rc));
	parcel_release(&parcel);
	buf_wipe(&text);
	return rc == GB_OK ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}
