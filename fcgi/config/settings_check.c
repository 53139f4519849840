/* settings_check.c: what a text of a setting may be, beyond its type */
#include "config/settings_check.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/network.h"
#include "dialect/models.h"
#include "dialect/audio/speech_request.h"

#define HOST_MAX       255   /* bytes of a name in DNS, or of an address */
#define PORT_MAX       65535 /* TCP's */
#define NAME_MAX_BYTES 128   /* of a model's name or a pattern of it */

/* The names of hosting/hosts.c. */
static const char *const providers[] = {
    "local", "smms", "picgo", "cloudflare_imgbed", "aliyun_oss", "s3",
};

/*
 * Tokens that everybody knows: from examples (Gemini Balance's among them) and
 * from the top of every list of guessed passwords.  Compared without case.
 */
static const char *const known_tokens[] = {
    "0123456789",
    "123123123123",
    "12345",
    "123456",
    "1234567",
    "12345678",
    "123456789",
    "1234567890",
    "123456789012",
    "abc123",
    "abcdefghijkl",
    "admin",
    "admin123",
    "admin123456",
    "administrator",
    "auth-token",
    "auth_token",
    "authtoken",
    "changeme",
    "change-me",
    "change_me",
    "change-me-please",
    "changemeplease",
    "changethis",
    "change-this-token",
    "default",
    "demo",
    "example",
    "gbalance",
    "gbalance-token",
    "gemini",
    "gemini-balance",
    "gemini_balance",
    "geminibalance",
    "guest",
    "letmein",
    "master-key",
    "my-secret-token",
    "my-token",
    "mysecrettoken",
    "mytoken",
    "none",
    "null",
    "passw0rd",
    "password",
    "password123",
    "password1234",
    "placeholder",
    "qwerty",
    "qwertyuiop",
    "replace-me",
    "replaceme",
    "root",
    "secret",
    "secret-token",
    "sk-0123456789",
    "sk-1234",
    "sk-12345",
    "sk-123456",
    "sk-1234567",
    "sk-12345678",
    "sk-123456789",
    "sk-1234567890",
    "sk-admin",
    "sk-test",
    "sk-xxx",
    "sk-xxxxxx",
    "sk-xxxxxxxx",
    "sk-xxxxxxxxxxxx",
    "sk-your-token",
    "super-secret-token",
    "test",
    "test1234",
    "test123456",
    "test-token",
    "token",
    "undefined",
    "user",
    "xxxxxxxx",
    "xxxxxxxxxxxx",
    "your-access-token",
    "your_access_token",
    "your-admin-token",
    "your_admin_token",
    "your-api-key",
    "your_api_key",
    "your-auth-token",
    "your_auth_token",
    "your-secret-token",
    "your_secret_token",
    "your-super-secret-token",
    "your-token",
    "your_token",
    "your-token-here",
    "your_token_here",
    "yourtoken",
};

static const char *const proxy_schemes[] = {
    "http://", "https://", "socks5://", "socks5h://", "socks4://",
};

static const char *const url_schemes[] = {"https://", "http://"};

/*
 * Headers that a custom one may not be: they carry a credential (Google
 * refuses two of them, and ours is the pool's), or belong to the connection or
 * the body, which are the engine's to describe.
 */
static const char *const kept_headers[] = {
    "accept-encoding",
    "api-key",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "openai-organization",
    "openai-project",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-api-key",
    "x-goog-api-key",
    "x-goog-user-project",
};

static const char *const safety_categories[] = {
    "HARM_CATEGORY_HARASSMENT",	       "HARM_CATEGORY_HATE_SPEECH",
    "HARM_CATEGORY_SEXUALLY_EXPLICIT", "HARM_CATEGORY_DANGEROUS_CONTENT",
    "HARM_CATEGORY_CIVIC_INTEGRITY",
};

static const char *const safety_thresholds[] = {
    "BLOCK_LOW_AND_ABOVE",
    "BLOCK_MEDIUM_AND_ABOVE",
    "BLOCK_ONLY_HIGH",
    "BLOCK_NONE",
    "OFF",
};

static bool
is_among(const char *const *words, size_t count, const char *text)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcasecmp(words[i], text) == 0)
			return true;
	return false;
}

static bool
is_among_exactly(const char *const *words, size_t count, const char *text)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(words[i], text) == 0)
			return true;
	return false;
}

/* What follows the scheme; NULL when it is none of "schemes". */
static const char *
after_scheme(const char *const *schemes, size_t count, const char *text)
{
	size_t i, len;

	for (i = 0; i < count; i++) {
		len = strlen(schemes[i]);
		if (strncasecmp(text, schemes[i], len) == 0)
			return text + len;
	}
	return NULL;
}

/* Whether the "len" bytes at "text" are a port's number. */
static bool
is_port(const char *text, size_t len)
{
	long port;
	size_t i;

	if (len == 0 || len > 5)
		return false;
	for (port = 0, i = 0; i < len; i++) {
		if (!isdigit((unsigned char)text[i]))
			return false;
		port = port * 10 + (text[i] - '0');
	}
	return port > 0 && port <= PORT_MAX;
}

/* Whether the "len" bytes at "text" are "host", "host:port" or "[v6]:port". */
static bool
is_host_port(const char *text, size_t len)
{
	const char *end, *colon;
	size_t i, host_len;

	if (len > 0 && text[0] == '[') {
		end = memchr(text, ']', len);
		if (end == NULL || end == text + 1)
			return false;
		host_len = (size_t)(end - text) + 1;
		for (i = 1; i < host_len - 1; i++)
			if (!isxdigit((unsigned char)text[i]) &&
			    strchr(":.", text[i]) == NULL)
				return false;
	} else {
		colon = memchr(text, ':', len);
		host_len = colon == NULL ? len : (size_t)(colon - text);
		for (i = 0; i < host_len; i++)
			if (!isalnum((unsigned char)text[i]) &&
			    strchr("-._", text[i]) == NULL)
				return false;
	}
	if (host_len == 0 || host_len > HOST_MAX)
		return false;
	if (host_len == len)
		return true;
	return text[host_len] == ':' &&
	       is_port(text + host_len + 1, len - host_len - 1);
}

enum setting_unfit
check_word(const char *text)
{
	for (; *text != '\0'; text++)
		if (!isgraph((unsigned char)*text))
			return UNFIT_WORD;
	return UNFIT_NONE;
}

enum setting_unfit
check_tag(const char *text)
{
	for (; *text != '\0'; text++)
		if (!isalpha((unsigned char)*text))
			return UNFIT_LETTERS;
	return UNFIT_NONE;
}

enum setting_unfit
check_token(const char *text)
{
	if (is_among(known_tokens, GB_COUNT(known_tokens), text))
		return UNFIT_KNOWN_TOKEN;
	return check_word(text);
}

enum setting_unfit
check_path(const char *text)
{
	for (; *text != '\0'; text++)
		if (iscntrl((unsigned char)*text))
			return UNFIT_CONTROL;
	return UNFIT_NONE;
}

enum setting_unfit
check_readable(const char *text)
{
	enum setting_unfit why;

	if ((why = check_path(text)) != UNFIT_NONE)
		return why;
	return access(text, R_OK) == 0 ? UNFIT_NONE : UNFIT_UNREADABLE;
}

enum setting_unfit
check_base_url(const char *text)
{
	const char *rest;

	rest = after_scheme(url_schemes, GB_COUNT(url_schemes), text);
	if (rest == NULL)
		return UNFIT_URL_SCHEME;
	if (check_word(rest) != UNFIT_NONE ||
	    rest[strcspn(rest, "?#\"\\<>")] != '\0')
		return UNFIT_URL_PLAIN;
	if (!is_host_port(rest, strcspn(rest, "/")))
		return UNFIT_URL_HOST;
	return UNFIT_NONE;
}

enum setting_unfit
check_url_or_none(const char *text)
{
	return text[0] == '\0' ? UNFIT_NONE : check_base_url(text);
}

enum setting_unfit
check_endpoint(const char *text)
{
	if (strstr(text, "://") != NULL)
		return check_base_url(text);
	if (!is_host_port(text, strlen(text)))
		return UNFIT_ENDPOINT;
	return UNFIT_NONE;
}

enum setting_unfit
check_chat_images(const char *text)
{
	static const char *const words[] = {"images", "markdown", "both"};

	if (!is_among_exactly(words, GB_COUNT(words), text))
		return UNFIT_CHAT_IMAGES;
	return UNFIT_NONE;
}

enum setting_unfit
check_provider(const char *text)
{
	if (!is_among_exactly(providers, GB_COUNT(providers), text))
		return UNFIT_PROVIDER;
	return UNFIT_NONE;
}

/* Letters and digits, and some of "more" between them. */
static bool
is_name(const char *text, const char *more)
{
	size_t i;

	for (i = 0; text[i] != '\0'; i++)
		if (!isalnum((unsigned char)text[i]) &&
		    (i == 0 || strchr(more, text[i]) == NULL))
			return false;
	return i > 0 && isalnum((unsigned char)text[i - 1]);
}

enum setting_unfit
check_bucket(const char *text)
{
	return is_name(text, "-._") ? UNFIT_NONE : UNFIT_BUCKET;
}

enum setting_unfit
check_region(const char *text)
{
	return is_name(text, "-") ? UNFIT_NONE : UNFIT_REGION;
}

enum setting_unfit
check_network(const char *text)
{
	struct network network;

	return network_read(&network, text) ? UNFIT_NONE : UNFIT_NETWORK;
}

enum setting_unfit
check_proxy(const char *text)
{
	const char *rest, *at;
	size_t len;

	if (strcmp(text, "direct") == 0)
		return UNFIT_NONE;
	rest = after_scheme(proxy_schemes, GB_COUNT(proxy_schemes), text);
	if (rest == NULL)
		return UNFIT_PROXY_SCHEME;
	if (check_word(rest) != UNFIT_NONE)
		return UNFIT_WORD;
	len = strcspn(rest, "/?#");
	if (rest[len] != '\0' && strcmp(rest + len, "/") != 0)
		return UNFIT_PROXY_END;
	at = memchr(rest, '@', len);
	if (at != NULL) {
		len -= (size_t)(at + 1 - rest);
		rest = at + 1;
		if (memchr(rest, '@', len) != NULL)
			return UNFIT_PROXY_AT;
	}
	return is_host_port(rest, len) ? UNFIT_NONE : UNFIT_PROXY_HOST;
}

enum setting_unfit
check_origin(const char *text)
{
	const char *rest, *p;

	if (strcmp(text, "*") == 0)
		return UNFIT_NONE;
	rest = strstr(text, "://");
	for (p = text; rest != NULL && p < rest; p++)
		if (!islower((unsigned char)*p) &&
		    (p == text || (!isdigit((unsigned char)*p) &&
				   strchr("+-.", *p) == NULL)))
			break;
	if (rest == NULL || rest == text || p < rest)
		return UNFIT_ORIGIN_SCHEME;
	if (!is_host_port(rest + 3, strlen(rest + 3)))
		return UNFIT_ORIGIN_END;
	return UNFIT_NONE;
}

enum setting_unfit
check_zone(const char *text)
{
	return clock_zone_exists(text) ? UNFIT_NONE : UNFIT_ZONE;
}

enum setting_unfit
check_model(const char *text)
{
	for (; *text != '\0'; text++)
		if (!isalnum((unsigned char)*text) &&
		    strchr("-._", *text) == NULL)
			return UNFIT_MODEL;
	return UNFIT_NONE;
}

enum setting_unfit
check_mount(const char *text)
{
	if (text[0] != '/')
		return UNFIT_MOUNT_BEGIN;
	if (check_word(text) != UNFIT_NONE ||
	    text[strcspn(text, "?#%\"\\<>")] != '\0')
		return UNFIT_MOUNT_PLAIN;
	if (strstr(text, "//") != NULL || strstr(text, "/..") != NULL ||
	    strstr(text, "/./") != NULL)
		return UNFIT_MOUNT_DOTS;
	return UNFIT_NONE;
}

enum setting_unfit
check_header(const char *name, const char *value)
{
	const char *p;

	if (name[0] == '\0')
		return UNFIT_HEADER_NAMELESS;
	for (p = name; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) &&
		    strchr("!#$%&'*+-.^_`|~", *p) == NULL)
			return UNFIT_HEADER_NAME;
	if (is_among(kept_headers, GB_COUNT(kept_headers), name))
		return UNFIT_HEADER_KEPT;
	for (p = value; *p != '\0'; p++)
		if (iscntrl((unsigned char)*p) && *p != '\t')
			return UNFIT_HEADER_VALUE;
	return UNFIT_NONE;
}

enum setting_unfit
check_safety(const char *category, const char *threshold)
{
	if (!is_among_exactly(safety_categories, GB_COUNT(safety_categories),
			      category))
		return UNFIT_SAFETY_CATEGORY;
	if (!is_among_exactly(safety_thresholds, GB_COUNT(safety_thresholds),
			      threshold))
		return UNFIT_SAFETY_THRESHOLD;
	return UNFIT_NONE;
}

/* A name's characters, with "more" ones, and its length. */
static bool
is_model_like(const char *text, const char *more)
{
	size_t i;

	for (i = 0; text[i] != '\0'; i++)
		if (!isalnum((unsigned char)text[i]) &&
		    strchr("-._", text[i]) == NULL &&
		    strchr(more, text[i]) == NULL)
			return false;
	return i > 0 && i <= NAME_MAX_BYTES;
}

enum setting_unfit
check_voice(const char *text)
{
	return is_model_like(text, "") ? UNFIT_NONE : UNFIT_VOICE;
}

enum setting_unfit
check_voice_pair(const char *name, const char *voice)
{
	(void)voice;
	return is_model_like(name, "") ? UNFIT_NONE : UNFIT_PAIR_VOICE;
}

enum setting_unfit
check_speed(const char *text)
{
	double speed;

	return speech_speed_parse(text, &speed) ? UNFIT_NONE : UNFIT_SPEED;
}

enum setting_unfit
check_alias(const char *alias, const char *model)
{
	(void)model;
	return is_model_like(alias, "") ? UNFIT_NONE : UNFIT_PAIR_ALIAS;
}

enum setting_unfit
check_model_facts(const char *pattern, const char *facts)
{
	static const enum setting_unfit faults[] = {
	    [FACTS_FINE] = UNFIT_NONE,
	    [FACTS_MISSING] = UNFIT_FACTS_NONE,
	    [FACTS_UNKNOWN] = UNFIT_FACTS_UNKNOWN,
	    [FACTS_TWICE] = UNFIT_FACTS_TWICE,
	    [FACTS_WRONG] = UNFIT_FACTS_VALUE,
	};
	struct model_fact_rule rule;

	if (!is_model_like(pattern, "*?"))
		return UNFIT_PAIR_PATTERN;
	return faults[model_facts_parse(facts, &rule)];
}

enum setting_unfit
check_model_pair(const char *model, const char *value)
{
	(void)value;
	return is_model_like(model, "") ? UNFIT_NONE : UNFIT_PAIR_MODEL;
}

static void
drop_slashes(char *text)
{
	size_t len;

	len = strlen(text);
	while (len > 0 && text[len - 1] == '/')
		text[--len] = '\0';
}

void
tidy_url(char *text)
{
	drop_slashes(text);
}

void
tidy_base_url(char *text)
{
	static const char *const versions[] = {"/v1beta", "/v1alpha", "/v1"};
	size_t i, len, tail;

	drop_slashes(text);
	len = strlen(text);
	for (i = 0; i < GB_COUNT(versions); i++) {
		tail = strlen(versions[i]);
		if (len > tail && strcmp(text + len - tail, versions[i]) == 0) {
			text[len - tail] = '\0';
			drop_slashes(text);
			return;
		}
	}
}

void
tidy_model(char *text)
{
	static const char prefix[] = "models/";

	if (strncmp(text, prefix, sizeof(prefix) - 1) == 0)
		memmove(text, text + sizeof(prefix) - 1,
			strlen(text) - (sizeof(prefix) - 1) + 1);
}

void
tidy_mount(char *text)
{
	size_t len;

	len = strlen(text);
	while (len > 1 && text[len - 1] == '/')
		text[--len] = '\0';
}
