/* redact.c: masking secrets in text that leaves the program */
#include "base/redact.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MASK_SHORT 12 /* a secret this short is masked whole */

/* What Google's credentials and project numbers look like in a text. */
static const struct pattern {
	const char *prefix;
	size_t min;	     /* characters after the prefix that make it one */
	const char *charset; /* which characters those are */
} patterns[] = {
#define WORD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
    {"AIza", 30, WORD},
    {"AQ.", 16, WORD "."},
    {"gb-", 40, WORD},
    {"api_key:", 4, WORD "."},
    {"projects/", 4, "0123456789"},
    {"project=", 4, WORD},
    {"project ", 6, "0123456789"},
#undef WORD
};

void
secret_mask(char mask[SECRET_MASK_SIZE], const char *secret)
{
	size_t len;

	len = strlen(secret);
	if (len <= MASK_SHORT)
		(void)snprintf(mask, SECRET_MASK_SIZE, "…");
	else
		(void)snprintf(mask, SECRET_MASK_SIZE, "%.4s…%s", secret,
			       secret + len - 4);
}

void
redact_url(struct buf *out, const char *url)
{
	const char *start, *at;

	/* A password may hold any character: all up to the last "@" goes. */
	start = strstr(url, "://");
	start = start == NULL ? url : start + 3;
	at = strrchr(start, '@');
	buf_add(out, url, (size_t)(start - url));
	if (at != NULL)
		buf_puts(out, "…");
	buf_puts(out, at == NULL ? start : at);
}

static void
add_masked(struct buf *out, const char *text, size_t len)
{
	if (len <= MASK_SHORT) {
		buf_puts(out, "…");
		return;
	}
	buf_add(out, text, 4);
	buf_puts(out, "…");
	buf_add(out, text + len - 4, 4);
}

/* How many bytes at "text" are a credential by their look; 0: none. */
static size_t
match_pattern(const struct pattern *p, const char *text, size_t len)
{
	size_t n, start;

	start = strlen(p->prefix);
	if (len < start + p->min || memcmp(text, p->prefix, start) != 0)
		return 0;
	for (n = start; n < len; n++)
		if (text[n] == '\0' || strchr(p->charset, text[n]) == NULL)
			break;
	return n - start >= p->min ? n : 0;
}

/* How many bytes at "text", just after "://", are "user:password@". */
static size_t
match_userinfo(const char *text, size_t len)
{
	size_t n;

	for (n = 0; n < len; n++) {
		if (text[n] == '@')
			return n + 1;
		if (strchr("/ \"'?#\t\r\n", text[n]) != NULL)
			break;
	}
	return 0;
}

static size_t
match_secret(const char *text, size_t len, const char *secret,
	     size_t secret_len)
{
	return secret_len > 0 && len >= secret_len &&
		       memcmp(text, secret, secret_len) == 0
		   ? secret_len
		   : 0;
}

/* How many bytes at "text" are to be masked; 0: none. */
static size_t
match_any(const char *text, size_t len, const char *secret, size_t secret_len)
{
	size_t n, at, i;

	n = match_secret(text, len, secret, secret_len);
	for (i = 0; n == 0 && i < GB_COUNT(patterns); i++)
		n = match_pattern(&patterns[i], text, len);
	/* A pattern may end within the secret: then all of that goes too. */
	for (at = 1; at < n && n < len; at++)
		if (match_secret(text + at, len - at, secret, secret_len) >
		    n - at)
			n = at + secret_len;
	return n;
}

void
redact_text(struct buf *out, const char *text, size_t len, const char *secret)
{
	size_t at, from, n, secret_len;

	secret_len = secret == NULL ? 0 : strlen(secret);
	for (at = from = 0; at < len;) {
		n = match_any(text + at, len - at, secret, secret_len);
		if (n > 0) {
			buf_add(out, text + from, at - from);
			add_masked(out, text + at, n);
			from = at += n;
			continue;
		}
		if (at >= 3 && memcmp(text + at - 3, "://", 3) == 0 &&
		    (n = match_userinfo(text + at, len - at)) > 0) {
			buf_add(out, text + from, at - from);
			buf_puts(out, "…@");
			from = at += n;
			continue;
		}
		at++;
	}
	buf_add(out, text + from, len - from);
}
