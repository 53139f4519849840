/* import.c: "gbalance import", and what other such commands share with it */
#include "cli/import.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/startup.h"
#include "base/clock.h"
#include "base/files.h"
#include "base/redact.h"
#include "cli/columns.h"
#include "cli/parcel_json.h"
#include "cli/parcel_seal.h"
#include "config/settings_fault.h"
#include "store/overrides.h"

#define NAME_SHOWN_MAX 256 /* bytes of a name; a longer one is not shown */

static const char *const fate_words[PARCEL_FATE__MAX] = {
    [PARCEL_OPEN] = "",		  [PARCEL_NEW] = "new",
    [PARCEL_CHANGED] = "changed", [PARCEL_KNOWN] = "known",
    [PARCEL_REFUSED] = "refused", [PARCEL_UNUSED] = "not used",
};

enum gb_err
import_read(const char *file, struct buf *out)
{
	enum gb_err rc;

	rc = strcmp(file, "-") == 0 ? file_read_fd(STDIN_FILENO, out)
				    : file_read(file, out);
	if (rc == GB_ETOOBIG)
		cli_complain("%s: has more than %zu bytes", file, out->max);
	else if (rc != GB_OK)
		cli_complain("%s: %s", file, gb_strerror(rc));
	return rc;
}

/* --- checking ------------------------------------------------------------- */

static void
check_key(struct parcel_row *row)
{
	const char *secret = row->values[0].text;

	if (!key_secret_plausible(secret, strlen(secret)))
		parcel_refuse(
		    row, NULL,
		    "a key has 20 to 256 characters, and no spaces or "
		    "control characters");
}

static void
check_token(struct parcel_row *row)
{
	const char *name = row->values[0].text;

	for (; name != NULL && *name != '\0'; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			parcel_refuse(row, "name",
				      "must not hold control characters");
}

void
import_complain(const char *name, const struct setting_fault *fault)
{
	struct buf why;

	buf_init(&why, SETTING_FAULT_MAX);
	setting_fault_write(fault, NULL, NULL, &why);
	cli_complain("%s: %s", name, buf_str(&why));
	buf_release(&why);
}

/* Bring the setting's value into its usual form; why it cannot be is told at
 * once, as the words are not constant. */
static enum gb_err
check_setting(struct parcel_row *row)
{
	struct setting_fault why;
	struct buf json;
	enum gb_err rc;

	buf_init(&json, PARCEL_SETTING_MAX);
	rc = settings_json_tidy(row->values[0].text, row->values[1].text, &json,
				&why);
	if (rc == GB_OK)
		rc = parcel_set(row, 1, buf_str(&json), json.len);
	else if (rc == GB_ENOTFOUND)
		parcel_refuse(row, NULL,
			      "the database can hold no such setting");
	else if (rc == GB_EINVAL) {
		import_complain(row->values[0].text, &why);
		parcel_refuse(row, NULL, "see above");
	}
	buf_wipe(&json);
	return rc == GB_ENOMEM ? rc : GB_OK;
}

static enum gb_err
check_rows(struct parcel *p)
{
	enum gb_err rc;
	size_t i;

	rc = GB_OK;
	for (i = 0; rc == GB_OK && i < p->count; i++) {
		if (p->rows[i].fate != PARCEL_OPEN)
			continue;
		if (p->rows[i].kind == PARCEL_KEY)
			check_key(&p->rows[i]);
		else if (p->rows[i].kind == PARCEL_TOKEN)
			check_token(&p->rows[i]);
		else
			rc = check_setting(&p->rows[i]);
	}
	return rc;
}

/* Whether the parcel has a setting of this name that is to be written. */
static bool
has_setting(const struct parcel *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->count; i++)
		if (p->rows[i].kind == PARCEL_SETTING &&
		    p->rows[i].fate == PARCEL_OPEN &&
		    strcmp(p->rows[i].values[0].text, name) == 0)
			return true;
	return false;
}

/* Whether the settings go together once the parcel's are in the database. */
static enum gb_err
check_together(struct cli *cli, const struct parcel *p)
{
	struct settings_override *overrides;
	struct override_rows rows;
	size_t i, count;
	enum gb_err rc;

	if ((rc = store_overrides_list(cli->store, &rows)) != GB_OK)
		return rc;
	overrides = calloc(rows.count + p->count + 1, sizeof(*overrides));
	count = 0;
	for (i = 0; overrides != NULL && i < rows.count; i++)
		if (!has_setting(p, rows.rows[i].name))
			overrides[count++] =
			    (struct settings_override){rows.rows[i].name,
						       rows.rows[i].json};
	for (i = 0; overrides != NULL && i < p->count; i++)
		if (p->rows[i].kind == PARCEL_SETTING &&
		    p->rows[i].fate == PARCEL_OPEN)
			overrides[count++] = (struct settings_override){
			    p->rows[i].values[0].text,
			    p->rows[i].values[1].text};
	rc = overrides == NULL ? GB_ENOMEM
			       : cli_settings_check(cli, overrides, count);
	free(overrides);
	override_rows_free(&rows);
	return rc;
}

/* --- telling -------------------------------------------------------------- */

static const char *
kind_word(enum parcel_kind kind)
{
	static const char *const words[PARCEL__MAX] = {
	    [PARCEL_KEY] = "key",
	    [PARCEL_TOKEN] = "token",
	    [PARCEL_SETTING] = "setting",
	};

	return words[kind];
}

static void
tell_row(struct columns *table, const struct parcel_row *row)
{
	char mask[SECRET_MASK_SIZE], why[256];
	const char *what = row->values[0].text;
	struct buf shown;

	buf_init(&shown, NAME_SHOWN_MAX);
	if (what != NULL && row->kind == PARCEL_KEY) {
		secret_mask(mask, what);
		buf_puts(&shown, mask);
	} else if (what != NULL) /* whoever wrote it may have erred */
		redact_text(&shown, what, strlen(what), NULL);
	columns_add(table, kind_word(row->kind));
	columns_add(table, buf_str(&shown));
	buf_release(&shown);
	columns_add(table, fate_words[row->fate]);
	(void)snprintf(why, sizeof(why), "%s%s%s",
		       row->field == NULL ? "" : row->field,
		       row->field == NULL ? "" : " ",
		       row->why == NULL ? "" : row->why);
	columns_add(table, why);
}

static enum gb_err
tell(const struct parcel *p, bool dry, size_t counts[PARCEL_FATE__MAX])
{
	struct columns table;
	enum gb_err rc;
	size_t i;

	columns_init(&table, 4);
	columns_add(&table, "WHAT");
	columns_add(&table, "NAME");
	columns_add(&table, dry ? "WOULD BE" : "IS");
	columns_add(&table, "WHY");
	memset(counts, 0, PARCEL_FATE__MAX * sizeof(*counts));
	for (i = 0; i < p->count; i++) {
		tell_row(&table, &p->rows[i]);
		counts[p->rows[i].fate]++;
	}
	rc = p->count == 0 ? GB_OK : columns_print(&table, stdout);
	columns_release(&table);
	(void)printf("%zu new, %zu changed, %zu known already, %zu refused, "
		     "%zu not used%s\n",
		     counts[PARCEL_NEW], counts[PARCEL_CHANGED],
		     counts[PARCEL_KNOWN], counts[PARCEL_REFUSED],
		     counts[PARCEL_UNUSED],
		     dry ? "; nothing was written (--dry-run)" : "");
	return rc;
}

int
import_parcel(struct cli *cli, struct parcel *p)
{
	size_t counts[PARCEL_FATE__MAX];
	enum gb_err rc;

	rc = check_rows(p);
	if (rc == GB_OK)
		rc = check_together(cli, p);
	if (rc == GB_OK)
		rc = store_parcel_write(cli->store, p, clock_wall_ms(),
					cli->dry_run);
	if (rc != GB_OK) {
		cli_complain("nothing was imported: %s", gb_strerror(rc));
		return CLI_EXIT_FAILURE;
	}
	rc = tell(p, cli->dry_run, counts);
	return rc == GB_OK && counts[PARCEL_REFUSED] == 0 ? CLI_EXIT_OK
							  : CLI_EXIT_FAILURE;
}

int
cli_import(struct cli *cli)
{
	const char *file = cli->words[0], *why;
	struct parcel parcel;
	struct buf text;
	enum gb_err rc;
	int status;

	parcel_init(&parcel);
	buf_init(&text, PARCEL_JSON_MAX);
	status = CLI_EXIT_FAILURE;
	if (import_read(file, &text) != GB_OK ||
	    parcel_unseal(file, cli->passphrase_file, &text) != GB_OK)
		goto out;
	rc = parcel_json_read(buf_str(&text), text.len,
			      cli->parts == 0 ? PARCEL_ALL : cli->parts,
			      &parcel, &why);
	if (rc == GB_OK)
		status = import_parcel(cli, &parcel);
	else
		cli_complain("%s: %s; nothing was imported", file,
			     rc == GB_EINVAL ? why : gb_strerror(rc));
out:
	parcel_release(&parcel);
	buf_wipe(&text);
	return status;
}
