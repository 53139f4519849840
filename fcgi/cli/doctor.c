/* doctor.c: "gbalance doctor": whether the installation is well */
#include <stdio.h>
#include <string.h>

#include "admin/texts.h"
#include "app/doctor.h"
#include "base/places.h"
#include "cli/commands.h"

#define TEXT_MAX 4096 /* bytes of a finding */

static const struct report_column columns[] = {
    {"CHECK", "check"},
    {"GRADE", "grade"},
    {"FOUND", "found"},
    {"FIX", "fix"},
};

/* The texts are those of the pages; where their files are missing, which is a
 * finding by itself, their keys are all there is to say. */
static void
write_found(const struct dict *texts, const struct doctor_finding *f,
	    struct buf *out)
{
	const char *words[DOCTOR_WORDS + 1];
	size_t i;

	for (i = 0; i < DOCTOR_WORDS; i++)
		words[i] = f->words[i];
	words[i] = NULL;
	places_write(out, texts_find(texts, f->text), words);
}

static void
print_plain(const char *check, const struct doctor_finding *f,
	    const char *found, const char *fix)
{
	(void)printf("%-8s %-13s %s\n", doctor_grade_names[f->grade], check,
		     found);
	if (fix[0] != '\0')
		(void)printf("%-22s -> %s\n", "", fix);
}

/* Print them all. */
static enum gb_err
print_findings(const struct cli *cli, const struct dict *texts,
	       const struct doctor *d)
{
	const struct doctor_finding *f;
	struct report report;
	const char *fix;
	struct buf text;
	enum gb_err rc;
	size_t i;

	report_init(&report, cli_format(cli), columns, GB_COUNT(columns));
	buf_init(&text, TEXT_MAX);
	for (i = 0; i < DOCTOR__MAX; i++) {
		f = &d->findings[i];
		if (f->text == NULL)
			continue;
		buf_reset(&text);
		write_found(texts, f, &text);
		fix = f->fix == NULL ? "" : texts_find(texts, f->fix);
		if (!cli->json) {
			print_plain(doctor_check_names[i], f, buf_str(&text),
				    fix);
			continue;
		}
		report_text(&report, doctor_check_names[i]);
		report_text(&report, doctor_grade_names[f->grade]);
		report_text(&report, buf_str(&text));
		report_text(&report, fix);
	}
	rc = buf_error(&text);
	if (rc == GB_OK && cli->json)
		rc = report_print(&report);
	buf_release(&text);
	report_release(&report);
	return rc;
}

/* Look at everything; "url" NULL: but for what the web server does. */
static enum gb_err
look(const struct cli *cli, const char *url, struct doctor *d)
{
	struct engine_options options = {
	    .ca_file = cli->settings->ca_file,
	    .connections = 1,
	};
	struct engine *engine;
	enum gb_err rc;

	doctor_init(d);
	if ((rc = engine_new(&engine, &options)) != GB_OK)
		return rc;
	doctor_local(d, cli->settings);
	doctor_outbound(d, engine, cli->settings);
	if (url != NULL)
		doctor_probe(d, cli->store, engine, cli->settings, url);
	engine_free(engine);
	return GB_OK;
}

int
cli_doctor(struct cli *cli)
{
	struct dict *texts;
	struct doctor d;
	const char *url;
	enum gb_err rc;

	url = cli->count > 0			     ? cli->words[0]
	      : cli->settings->public_url[0] != '\0' ? cli->settings->public_url
						     : NULL;
	if (url != NULL && !doctor_url_plausible(url)) {
		cli_complain("doctor: this is no URL of http or https, without "
			     "a query");
		return CLI_EXIT_USAGE;
	}
	if ((rc = look(cli, url, &d)) == GB_OK) {
		if (texts_load(&texts, cli->settings->templates_dir, "en") !=
		    GB_OK)
			texts = NULL;
		rc = print_findings(cli, texts, &d);
		dict_free(texts);
	}
	if (rc != GB_OK)
		cli_complain("doctor: %s", gb_strerror(rc));
	return rc == GB_OK && doctor_worst(&d) != GRADE_BAD ? CLI_EXIT_OK
							    : CLI_EXIT_FAILURE;
}
