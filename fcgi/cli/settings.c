/* settings.c: "gbalance settings list|reset": what admins changed on the pages
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/startup.h"
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/report.h"
#include "config/settings_form.h"
#include "store/overrides.h"
#include "store/setting_changes.h"

#define VALUE_MAX (1 << 20) /* bytes of a value as text */
#define WHO	  "the command line"
#define UNKNOWN	  "?" /* a value that is no setting's */

static const struct report_column columns[] = {
    {"SETTING", "setting"},
    {"VALUE", "value"},
    {"WITHOUT IT", "below"},
};

/* What the database has, what it makes of the settings (NULL: they do not go
 * together), and what they would be without it. */
struct overridden {
	int64_t generation;
	struct override_rows rows;
	struct settings *is, *below;
};

/* The settings over the file and the environment; faults are told. */
static enum gb_err
settings_with(const struct cli *cli, const struct settings_override *overrides,
	      size_t count, struct settings **out)
{
	struct buf faults;
	enum gb_err rc;

	buf_init(&faults, STARTUP_FAULTS_MAX);
	rc = startup_settings_with(cli->config_file, overrides, count, out,
				   &faults, NULL);
	(void)fputs(buf_str(&faults), stderr);
	buf_release(&faults);
	return rc;
}

enum gb_err
cli_settings_check(const struct cli *cli,
		   const struct settings_override *overrides, size_t count)
{
	struct settings *settings;
	enum gb_err rc;

	rc = settings_with(cli, overrides, count, &settings);
	settings_free(settings);
	return rc;
}

/* Faults were told when the database was opened. */
static enum gb_err
load_is(const struct cli *cli, struct overridden *o)
{
	struct settings_override *overrides;
	struct buf faults;
	enum gb_err rc;
	size_t i;

	overrides = calloc(o->rows.count + 1, sizeof(*overrides));
	if (overrides == NULL)
		return GB_ENOMEM;
	for (i = 0; i < o->rows.count; i++)
		overrides[i] = (struct settings_override){o->rows.rows[i].name,
							  o->rows.rows[i].json};
	buf_init(&faults, STARTUP_FAULTS_MAX);
	rc = startup_settings_with(cli->config_file, overrides, o->rows.count,
				   &o->is, &faults, NULL);
	buf_release(&faults);
	free(overrides);
	return rc == GB_EINVAL ? GB_OK : rc;
}

static enum gb_err
load(const struct cli *cli, struct overridden *o)
{
	enum gb_err rc;

	memset(o, 0, sizeof(*o));
	/* The generation first: what is read after it is not older. */
	if ((rc = store_generation(cli->store, &o->generation)) == GB_OK &&
	    (rc = store_overrides_list(cli->store, &o->rows)) == GB_OK &&
	    (rc = load_is(cli, o)) == GB_OK)
		rc = settings_with(cli, NULL, 0, &o->below);
	return rc;
}

static void
release(struct overridden *o)
{
	override_rows_free(&o->rows);
	settings_free(o->is);
	settings_free(o->below);
}

/* A value as people may read it, the caller's; NULL when memory ran out. */
static char *
text_of(const char *name, const struct settings *s)
{
	const struct setting *setting = setting_find(name);
	struct buf text;

	if (setting == NULL || s == NULL)
		return strdup(UNKNOWN);
	buf_init(&text, VALUE_MAX);
	if (setting_form_text(setting, s, &text) == GB_OK)
		return buf_take(&text);
	buf_release(&text);
	return NULL;
}

int
cli_settings_list(struct cli *cli)
{
	const struct settings *side[2];
	struct overridden o;
	struct report report;
	enum gb_err rc;
	size_t i, k;
	char *text;

	report_init(&report, cli_format(cli), columns, GB_COUNT(columns));
	rc = load(cli, &o);
	side[0] = o.is;
	side[1] = o.below;
	for (i = 0; rc == GB_OK && i < o.rows.count; i++) {
		report_text(&report, o.rows.rows[i].name);
		for (k = 0; k < 2; k++) {
			text = text_of(o.rows.rows[i].name, side[k]);
			report_text(&report, text == NULL ? "" : text);
			free(text);
		}
	}
	if (rc == GB_OK)
		rc = report_print(&report);
	report_release(&report);
	release(&o);
	if (rc != GB_OK)
		cli_complain("settings: %s", gb_strerror(rc));
	return rc == GB_OK ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}

static bool
is_wanted(const struct cli *cli, const char *name)
{
	size_t i;

	for (i = 0; i < cli->count; i++)
		if (strcmp(cli->words[i], name) == 0)
			return true;
	return cli->all;
}

/* Whether each name is a setting's, or the database's, which may be another
 * version's; complains. */
static bool
are_names(const struct cli *cli, const struct override_rows *rows)
{
	size_t i, k;

	for (i = 0; i < cli->count; i++) {
		for (k = 0; k < rows->count; k++)
			if (strcmp(rows->rows[k].name, cli->words[i]) == 0)
				break;
		if (k < rows->count || setting_find(cli->words[i]) != NULL)
			continue;
		cli_complain("%s: there is no such setting", cli->words[i]);
		return false;
	}
	return true;
}

/* What goes, and what stays. */
struct resetting {
	struct setting_change *changes;
	char *(*texts)[2]; /* of each, before and after */
	size_t count;
	struct settings_override *left;
	size_t left_count;
};

static enum gb_err
resetting_init(struct resetting *r, size_t most)
{
	r->changes = calloc(most + 1, sizeof(*r->changes));
	r->texts = calloc(most + 1, sizeof(*r->texts));
	r->left = calloc(most + 1, sizeof(*r->left));
	return r->changes == NULL || r->texts == NULL || r->left == NULL
		   ? GB_ENOMEM
		   : GB_OK;
}

static void
resetting_release(struct resetting *r)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		free(r->texts[i][0]);
		free(r->texts[i][1]);
	}
	free(r->changes);
	free(r->texts);
	free(r->left);
}

static enum gb_err
choose(struct cli *cli, const struct overridden *o, struct resetting *r)
{
	const struct override_row *row = o->rows.rows;
	char **text;

	for (; row < o->rows.rows + o->rows.count; row++) {
		if (!is_wanted(cli, row->name)) {
			r->left[r->left_count++] =
			    (struct settings_override){row->name, row->json};
			continue;
		}
		text = r->texts[r->count];
		text[0] = text_of(row->name, o->is);
		text[1] = text_of(row->name, o->below);
		r->changes[r->count++] =
		    (struct setting_change){.name = row->name,
					    .before = text[0],
					    .after = text[1]};
		if (text[0] == NULL || text[1] == NULL)
			return GB_ENOMEM;
	}
	return GB_OK;
}

static enum gb_err
reset(struct cli *cli, size_t *count)
{
	struct overridden o;
	struct resetting r;
	enum gb_err rc;
	size_t i;

	memset(&r, 0, sizeof(r));
	rc = load(cli, &o);
	if (rc == GB_OK && !are_names(cli, &o.rows))
		rc = GB_ENOTFOUND;
	if (rc == GB_OK && (rc = resetting_init(&r, o.rows.count)) == GB_OK)
		rc = choose(cli, &o, &r);
	if (rc == GB_OK && r.count > 0 &&
	    (rc = cli_settings_check(cli, r.left, r.left_count)) == GB_OK)
		rc = store_settings_change(cli->store, o.generation, r.changes,
					   r.count, WHO, clock_wall_ms());
	for (i = 0; rc == GB_OK && i < r.count; i++)
		(void)printf("%s is what it was without the pages\n",
			     r.changes[i].name);
	*count = r.count;
	resetting_release(&r);
	release(&o);
	return rc;
}

int
cli_settings_reset(struct cli *cli)
{
	enum gb_err rc;
	size_t count;

	do {
		rc = reset(cli, &count);
	} while (rc == GB_EBUSY);
	if (rc == GB_ENOTFOUND)
		return CLI_EXIT_USAGE;
	if (rc == GB_OK && count == 0)
		(void)puts("nothing of it was changed on the pages");
	if (rc != GB_OK)
		cli_complain("settings: %s", gb_strerror(rc));
	return rc == GB_OK ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}
