/* token_options.c: what a token may do, as options and as words */
#include "cli/token_options.h"

#include <string.h>

#include "app/token_fields.h"
#include "cli/report.h"

static bool
read_note(const char *text, char note[TOKEN_NOTE_MAX + 1])
{
	if (token_note_read(text, note))
		return true;
	cli_complain("--note: at most %d bytes, without control characters",
		     TOKEN_NOTE_MAX);
	return false;
}

static bool
read_expires(const char *text, int64_t now_ms, int64_t *expires_at)
{
	if (token_expires_read(text, now_ms, expires_at))
		return true;
	cli_complain("--expires: \"%s\" is no moment to come, such as "
		     "2030-01-31, 2030-01-31T18:00 or 30d, nor \"never\"",
		     text);
	return false;
}

static bool
read_models(const char *text, char models[TOKEN_MODELS_MAX + 1])
{
	if (token_models_read(text, models))
		return true;
	cli_complain("--models: \"%s\": names or patterns with commas "
		     "between, such as gemini-2.5-flash*, at most %d "
		     "bytes, or \"all\"",
		     text, TOKEN_MODELS_MAX);
	return false;
}

static bool
find_endpoint(const char *word, size_t len, unsigned *bit)
{
	int i;

	for (i = 0; i < ENDPOINT__MAX; i++)
		if (strlen(token_endpoint_names[i]) == len &&
		    memcmp(token_endpoint_names[i], word, len) == 0) {
			*bit = 1u << i;
			return true;
		}
	return false;
}

static bool
read_endpoints(const char *text, unsigned *endpoints)
{
	struct buf all;
	const char *p;
	unsigned bit;
	size_t len;

	*endpoints = 0;
	if (strcmp(text, "all") == 0)
		return true;
	for (p = text;; p += len + 1) {
		len = strcspn(p, ",");
		if (!find_endpoint(p, len, &bit))
			break;
		*endpoints |= bit;
		if (p[len] == '\0')
			return true;
	}
	buf_init(&all, 256);
	token_endpoints_write((1u << ENDPOINT__MAX) - 1, &all);
	cli_complain("--endpoints: \"%s\": some of %s with commas between, or "
		     "\"all\"",
		     text, buf_str(&all));
	buf_release(&all);
	return false;
}

static bool
read_limit(const char *text, enum token_limit which, int64_t *limit)
{
	const struct token_limit_kind *kind = &token_limit_kinds[which];

	if (token_limit_read(text, which, limit))
		return true;
	cli_complain("--%s: \"%s\" is no %s; 0 is no limit", kind->name, text,
		     kind->measure == MEASURE_COST
			 ? "sum of dollars, such as 2.50"
			 : "number");
	return false;
}

bool
token_options_read(const struct cli *cli, int64_t now_ms, struct token_row *t)
{
	const char *const *given = cli->token;
	int i;

	if ((given[TOKEN_NOTE] != NULL &&
	     !read_note(given[TOKEN_NOTE], t->note)) ||
	    (given[TOKEN_EXPIRES] != NULL &&
	     !read_expires(given[TOKEN_EXPIRES], now_ms, &t->expires_at)) ||
	    (given[TOKEN_MODELS] != NULL &&
	     !read_models(given[TOKEN_MODELS], t->models)) ||
	    (given[TOKEN_ENDPOINTS] != NULL &&
	     !read_endpoints(given[TOKEN_ENDPOINTS], &t->endpoints)))
		return false;
	for (i = 0; i < LIMIT__MAX; i++)
		if (given[TOKEN_LIMITS + i] != NULL &&
		    !read_limit(given[TOKEN_LIMITS + i], (enum token_limit)i,
				&t->limits[i]))
			return false;
	return true;
}

bool
token_options_given(const struct cli *cli)
{
	int i;

	for (i = 0; i < TOKEN_OPTION__MAX; i++)
		if (cli->token[i] != NULL)
			return true;
	return false;
}

void
token_endpoints_write(unsigned endpoints, struct buf *out)
{
	const char *comma = "";
	int i;

	if (endpoints == 0)
		buf_puts(out, "all");
	for (i = 0; i < ENDPOINT__MAX; i++)
		if ((endpoints & (1u << i)) != 0) {
			buf_printf(out, "%s%s", comma, token_endpoint_names[i]);
			comma = ",";
		}
}

void
token_amount_write(enum token_measure measure, int64_t amount, struct buf *out)
{
	char money[REPORT_MONEY_SIZE];

	if (measure == MEASURE_COST) {
		report_money_text(money, amount);
		buf_printf(out, "%s USD", money);
	} else {
		buf_printf(out, "%lld", (long long)amount);
	}
}
