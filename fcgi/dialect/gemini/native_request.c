/* native_request.c: a native client's path, query and headers */
#include "dialect/gemini/native_request.h"

#include <string.h>

#include "base/hex.h"

#define PARAM_NAME_MAX 64 /* bytes of a decoded name that may be a secret's */

static const char *const versions[] = {"v1beta", "v1", "v1alpha"};

static const struct {
	const char *name;
	enum native_verb verb;
	bool generates;
} verbs[] = {
    {"generateContent", NATIVE_GENERATE, true},
    {"streamGenerateContent", NATIVE_STREAM, true},
    {"countTokens", NATIVE_COUNT_TOKENS, false},
    {"embedContent", NATIVE_EMBED, false},
    {"batchEmbedContents", NATIVE_BATCH_EMBED, false},
};

/* Google counts each of these as a credential. */
static const char *const secret_params[] = {"key", "access_token"};

const char *const native_headers[] = {
    "x-goog-api-client", /* the SDK and its version */
    "x-server-timeout",	 /* the SDK's wish, in seconds */
    "api-revision",
    NULL,
};

/* A name that goes into a URL as it is: no slash, no dots alone, nothing that
 * needs an escape. */
static bool
is_model_name(const char *name, size_t len)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789-_.";
	size_t i;

	if (len == 0 || len >= NATIVE_MODEL_MAX || name[0] == '.')
		return false;
	for (i = 0; i < len; i++)
		if (memchr(allowed, name[i], sizeof(allowed) - 1) == NULL)
			return false;
	return true;
}

/* Behind "/VERSION/models/", with the version in "*version"; or NULL. */
static const char *
skip_version(const char *path, const char **version)
{
	static const char middle[] = "/models/";
	size_t i, len;

	for (i = 0; i < GB_COUNT(versions); i++) {
		len = strlen(versions[i]);
		if (path[0] != '/' || strncmp(path + 1, versions[i], len) != 0)
			continue;
		if (strncmp(path + 1 + len, middle, sizeof(middle) - 1) != 0)
			continue;
		*version = versions[i];
		return path + 1 + len + sizeof(middle) - 1;
	}
	return NULL;
}

enum native_parse
native_path_parse(struct native_path *out, const char *path)
{
	const char *model, *colon, *version;
	size_t i;

	memset(out, 0, sizeof(*out));
	out->version = out->verb_name = "";
	out->verb = NATIVE__MAX;
	model = skip_version(path, &version);
	colon = model == NULL ? NULL : strchr(model, ':');
	if (colon == NULL || !is_model_name(model, (size_t)(colon - model)))
		return NATIVE_NO_PATH;
	for (i = 0; i < GB_COUNT(verbs); i++) {
		if (strcmp(colon + 1, verbs[i].name) != 0)
			continue;
		out->version = version;
		memcpy(out->model, model, (size_t)(colon - model));
		out->verb = verbs[i].verb;
		out->verb_name = verbs[i].name;
		return NATIVE_OK;
	}
	return strchr(colon, '/') == NULL ? NATIVE_NO_VERB : NATIVE_NO_PATH;
}

bool
native_generates(enum native_verb verb)
{
	size_t i;

	for (i = 0; i < GB_COUNT(verbs); i++)
		if (verbs[i].verb == verb)
			return verbs[i].generates;
	return false;
}

/* Whether the parameter's name, decoded, is a credential's. */
static bool
is_secret_param(const char *param, size_t len)
{
	char name[PARAM_NAME_MAX];
	size_t i, n;
	int high, low;

	for (i = n = 0; i < len && param[i] != '='; i++) {
		if (n == sizeof(name) - 1)
			return false;
		high = low = -1;
		if (param[i] == '%' && len - i > 2) {
			high = hex_digit(param[i + 1]);
			low = hex_digit(param[i + 2]);
		}
		if (high >= 0 && low >= 0) {
			name[n++] = (char)(high * 16 + low);
			i += 2;
		} else {
			name[n++] = param[i];
		}
	}
	name[n] = '\0';
	for (i = 0; i < GB_COUNT(secret_params); i++)
		if (strcmp(name, secret_params[i]) == 0)
			return true;
	return false;
}

void
native_query_rewrite(const char *query, struct buf *out)
{
	size_t len;
	bool any;

	for (any = false;; query += len + 1) {
		len = strcspn(query, "&");
		if (len > 0 && !is_secret_param(query, len)) {
			if (any)
				buf_putc(out, '&');
			buf_add(out, query, len);
			any = true;
		}
		if (query[len] == '\0')
			break;
	}
}
