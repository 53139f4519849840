/* token_options.c: what a token may do, as options and as words */
#include "cli/token_options.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/amount.h"
#include "cli/report.h"

#define LIMIT_MOST INT64_C(1000000000000) /* requests, tokens or micro-USD */
#define DAYS_MAX   36500
#define DAY_MS	   (24 * 3600 * INT64_C(1000))

static bool
read_note(const char *text, char note[TOKEN_NOTE_MAX + 1])
{
	size_t i, len;

	len = strlen(text);
	for (i = 0; i < len; i++)
		if (iscntrl((unsigned char)text[i]))
			break;
	if (len > TOKEN_NOTE_MAX || i < len) {
		cli_complain("--note: at most %d bytes, without control "
			     "characters",
			     TOKEN_NOTE_MAX);
		return false;
	}
	memcpy(note, text, len + 1);
	return true;
}

static bool
read_expires(const char *text, int64_t now_ms, int64_t *expires_at)
{
	int64_t days;
	char number[8];
	size_t len;

	*expires_at = 0;
	if (strcmp(text, "never") == 0)
		return true;
	len = strspn(text, "0123456789");
	if (len > 0 && len < sizeof(number) && strcmp(text + len, "d") == 0) {
		memcpy(number, text, len);
		number[len] = '\0';
		if (cli_number(number, DAYS_MAX, &days) && days > 0) {
			*expires_at = now_ms + days * DAY_MS;
			return true;
		}
	} else if (clock_read(text, expires_at) && *expires_at > now_ms) {
		return true;
	}
	cli_complain("--expires: \"%s\" is no moment to come, such as "
		     "2030-01-31, 2030-01-31T18:00 or 30d, nor \"never\"",
		     text);
	return false;
}

/* Whether a pattern could be a model's name, "*" and "?" aside. */
static bool
is_pattern(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)text[i]) &&
		    strchr("-._/*?:@", text[i]) == NULL)
			return false;
	return len > 0 && len <= 128;
}

static bool
read_models(const char *text, char models[TOKEN_MODELS_MAX + 1])
{
	const char *p;
	size_t len;

	models[0] = '\0';
	if (strcmp(text, "all") == 0)
		return true;
	for (p = text; is_pattern(p, len = strcspn(p, ",")) && p[len] == ',';)
		p += len + 1;
	if (!is_pattern(p, len) || strlen(text) > TOKEN_MODELS_MAX) {
		cli_complain("--models: \"%s\": names or patterns with commas "
			     "between, such as gemini-2.5-flash*, at most %d "
			     "bytes, or \"all\"",
			     text, TOKEN_MODELS_MAX);
		return false;
	}
	memcpy(models, text, strlen(text) + 1);
	return true;
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
	bool money = kind->measure == MEASURE_COST;

	if (money ? cli_dollars(text, LIMIT_MOST, limit)
		  : cli_number(text, LIMIT_MOST, limit))
		return true;
	cli_complain("--%s: \"%s\" is no %s; 0 is no limit", kind->name, text,
		     money ? "sum of dollars, such as 2.50" : "number");
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
