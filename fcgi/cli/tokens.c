/* tokens.c: "gbalance tokens create|list|show|set|enable|disable|revoke" */
#include "store/tokens.h"

#include <string.h>

#include "app/auth.h"
#include "app/token_fields.h"
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/report.h"
#include "cli/token_options.h"

#define PAGE_ROWS  200
#define WORDS_MAX  1024 /* bytes of all limits in words */
#define LABEL_WIDE 22

static int
exit_status(enum gb_err rc)
{
	return rc == GB_OK ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}

static void
complain(const char *name, enum gb_err rc)
{
	if (rc == GB_ENOTFOUND)
		cli_complain("\"%s\": no token of this name is in force", name);
	else if (rc == GB_EEXIST)
		cli_complain("\"%s\": there is a token of this name; one that "
			     "was revoked keeps its name too",
			     name);
	else
		cli_complain("\"%s\": %s", name, gb_strerror(rc));
}

int
cli_tokens_create(struct cli *cli)
{
	const char *name = cli->words[0];
	struct token_row row;
	char token[TOKEN_SIZE];
	enum gb_err rc;

	if (!token_name_is_fit(name)) {
		cli_complain("a name has 1 to %d bytes, no control characters "
			     "and no space at its ends",
			     TOKEN_NAME_MAX);
		return CLI_EXIT_USAGE;
	}
	if (token_name_is_config(name)) {
		cli_complain("names that begin with \"" TOKEN_CONFIG_PREFIX
			     "\" are for allowed_tokens");
		return CLI_EXIT_USAGE;
	}
	token_row_init(&row, name);
	if (!token_options_read(cli, clock_wall_ms(), &row))
		return CLI_EXIT_USAGE;
	random_token(token);
	secret_digest(row.digest, token, strlen(token));
	rc = store_token_create(cli->store, &row, clock_wall_ms());
	if (rc == GB_OK) {
		(void)printf("%s\n", token);
		(void)fputs("Keep it: only its digest is stored, so it cannot "
			    "be shown again.\n",
			    stderr);
	} else
		complain(name, rc);
	explicit_bzero(token, sizeof(token));
	return exit_status(rc);
}

/* --- showing them -------------------------------------------------------- */

static const char *
state_of(const struct cli *cli, const struct token_row *t, int64_t now_ms)
{
	static const char *const names[TOKEN_STATE__MAX] = {
	    [TOKEN_IN_FORCE] = "in force",
	    [TOKEN_REVOKED] = "revoked",
	    [TOKEN_NOT_CONFIGURED] = "not configured",
	    [TOKEN_DISABLED] = "disabled",
	    [TOKEN_EXPIRED] = "expired",
	};

	return names[token_state_of(t, cli->settings, now_ms)];
}

static void
write_limits(const struct token_row *t, struct buf *out)
{
	int i;

	for (i = 0; i < LIMIT__MAX; i++) {
		if (t->limits[i] == 0)
			continue;
		buf_printf(out, "%s%s ", out->len > 0 ? ", " : "",
			   token_limit_kinds[i].name);
		token_amount_write(token_limit_kinds[i].measure, t->limits[i],
				   out);
	}
}

static const struct report_column token_columns[] = {
    {"ID", "id"},
    {"NAME", "name"},
    {"STATE", "state"},
    {"CREATED", "created"},
    {"REVOKED", "revoked"},
    {"EXPIRES", "expires"},
    {"MODELS", "models"},
    {"ENDPOINTS", "endpoints"},
    {"LIMITS", "limits"},
    {"NOTE", "note"},
    /* the limits, in the order of enum token_limit */
    {NULL, "parallel"},
    {NULL, "requests_per_minute"},
    {NULL, "tokens_per_minute"},
    {NULL, "requests_per_day"},
    {NULL, "tokens_per_day"},
    {NULL, "cost_per_day"},
    {NULL, "requests_per_month"},
    {NULL, "tokens_per_month"},
    {NULL, "cost_per_month"},
};

static void
report_token(struct report *r, const struct cli *cli, const struct token_row *t,
	     int64_t now_ms)
{
	struct buf words;
	int i;

	buf_init(&words, WORDS_MAX);
	report_number(r, t->id);
	report_text(r, t->name);
	report_text(r, state_of(cli, t, now_ms));
	report_time(r, t->created_at);
	report_time(r, t->revoked_at);
	report_time(r, t->expires_at);
	report_text(r, t->models[0] == '\0' ? "all" : t->models);
	token_endpoints_write(t->endpoints, &words);
	report_text(r, buf_str(&words));
	buf_reset(&words);
	write_limits(t, &words);
	report_text(r, buf_str(&words));
	report_text(r, t->note);
	for (i = 0; i < LIMIT__MAX; i++)
		if (t->limits[i] == 0)
			report_unknown(r);
		else if (token_limit_kinds[i].measure == MEASURE_COST)
			report_money(r, t->limits[i]);
		else
			report_number(r, t->limits[i]);
	buf_release(&words);
}

static enum gb_err
report_pages(struct report *r, const struct cli *cli)
{
	struct token_filter filter = {.most = PAGE_ROWS};
	struct token_rows rows;
	int64_t now_ms;
	enum gb_err rc;
	size_t i, got;

	now_ms = clock_wall_ms();
	do {
		rc = store_tokens_page(cli->store, &filter, &rows);
		if (rc != GB_OK)
			return rc;
		for (i = 0; i < rows.count; i++) {
			report_token(r, cli, &rows.rows[i], now_ms);
			filter.after = rows.rows[i].id;
		}
		got = rows.count;
		token_rows_free(&rows);
	} while (got > 0);
	return GB_OK;
}

int
cli_tokens_list(struct cli *cli)
{
	struct report report;
	enum gb_err rc;

	report_init(&report, cli_format(cli), token_columns,
		    GB_COUNT(token_columns));
	if ((rc = auth_adopt(cli->settings, cli->store)) == GB_OK &&
	    (rc = report_pages(&report, cli)) == GB_OK)
		rc = report_print(&report);
	report_release(&report);
	if (rc != GB_OK)
		cli_complain("tokens: %s", gb_strerror(rc));
	return exit_status(rc);
}

static void
print_line(const char *label, const char *text)
{
	(void)printf("%-*s%s\n", LABEL_WIDE, label,
		     text[0] == '\0' ? "-" : text);
}

static void
print_time(const char *label, int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	clock_text(text, ms, false);
	print_line(label, ms == 0 ? "" : text);
}

/* A limit, and what is used of it. */
static void
print_limit(const struct token_row *t, enum token_limit which,
	    const struct token_use use[SPAN__MAX], int64_t parallel)
{
	const struct token_limit_kind *kind = &token_limit_kinds[which];
	char end[CLOCK_TEXT_SIZE];
	int64_t used, reserved;
	struct buf text;

	if (t->limits[which] == 0)
		return;
	buf_init(&text, WORDS_MAX);
	token_amount_write(kind->measure, t->limits[which], &text);
	used = reserved = 0;
	if (kind->span == SPAN__MAX) {
		buf_printf(&text, "; %lld under way", (long long)parallel);
	} else {
		used = use[kind->span].used[kind->measure];
		reserved = use[kind->span].reserved[kind->measure];
		buf_puts(&text, "; used ");
		token_amount_write(kind->measure, used, &text);
		buf_puts(&text, ", reserved ");
		token_amount_write(kind->measure, reserved, &text);
		clock_text(end, use[kind->span].end, false);
		buf_printf(&text, ", until %s", end);
	}
	print_line(kind->name, buf_str(&text));
	buf_release(&text);
}

static void
print_token(const struct cli *cli, const struct token_row *t,
	    const struct token_use use[SPAN__MAX], int64_t parallel)
{
	struct buf words;
	int i;

	buf_init(&words, WORDS_MAX);
	token_endpoints_write(t->endpoints, &words);
	print_line("name", t->name);
	print_line("state", state_of(cli, t, clock_wall_ms()));
	print_line("note", t->note);
	print_time("created", t->created_at);
	print_time("revoked", t->revoked_at);
	print_time("expires", t->expires_at);
	print_line("models", t->models[0] == '\0' ? "all" : t->models);
	print_line("endpoints", buf_str(&words));
	for (i = 0; i < LIMIT__MAX; i++)
		print_limit(t, (enum token_limit)i, use, parallel);
	buf_release(&words);
}

int
cli_tokens_show(struct cli *cli)
{
	struct token_use use[SPAN__MAX];
	struct token_row row;
	int64_t parallel;
	enum gb_err rc;

	if ((rc = auth_adopt(cli->settings, cli->store)) == GB_OK &&
	    (rc = store_token_find(cli->store, cli->words[0], &row)) == GB_OK &&
	    (rc = store_limit_use(cli->store, row.id, clock_wall_ms(),
				  clock_mono_ms(), use, &parallel)) == GB_OK)
		print_token(cli, &row, use, parallel);
	if (rc == GB_ENOTFOUND)
		cli_complain("\"%s\": there is no token of this name",
			     cli->words[0]);
	else if (rc != GB_OK)
		complain(cli->words[0], rc);
	return exit_status(rc);
}

/* --- changing them ------------------------------------------------------- */

int
cli_tokens_set(struct cli *cli)
{
	const char *name = cli->words[0];
	struct token_row row;
	int64_t generation;
	enum gb_err rc;

	if (!token_options_given(cli)) {
		cli_complain("what is to be set?");
		return CLI_EXIT_USAGE;
	}
	if ((rc = auth_adopt(cli->settings, cli->store)) != GB_OK)
		goto out;
	do {
		rc = store_generation(cli->store, &generation);
		if (rc != GB_OK ||
		    (rc = store_token_find(cli->store, name, &row)) != GB_OK)
			goto out;
		if (!token_options_read(cli, clock_wall_ms(), &row))
			return CLI_EXIT_USAGE;
		rc = store_token_set(cli->store, &row, generation);
	} while (rc == GB_EBUSY);
	if (rc == GB_OK)
		(void)printf("\"%s\" is changed\n", name);
out:
	if (rc != GB_OK)
		complain(name, rc);
	return exit_status(rc);
}

static int
enable(struct cli *cli, bool enabled)
{
	const char *name = cli->words[0];
	enum gb_err rc;

	if ((rc = auth_adopt(cli->settings, cli->store)) == GB_OK)
		rc = store_token_enable(cli->store, name, enabled);
	if (rc == GB_OK)
		(void)printf("\"%s\" is %s\n", name,
			     enabled ? "enabled" : "disabled");
	else
		complain(name, rc);
	return exit_status(rc);
}

int
cli_tokens_enable(struct cli *cli)
{
	return enable(cli, true);
}

int
cli_tokens_disable(struct cli *cli)
{
	return enable(cli, false);
}

int
cli_tokens_revoke(struct cli *cli)
{
	const char *name = cli->words[0];
	enum gb_err rc;

	if ((rc = auth_adopt(cli->settings, cli->store)) == GB_OK)
		rc = store_token_revoke(cli->store, name, clock_wall_ms());
	if (rc == GB_OK)
		(void)printf("\"%s\" is revoked\n", name);
	else
		complain(name, rc);
	return exit_status(rc);
}
