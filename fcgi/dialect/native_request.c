/* native_request.c: the little that is touched in a native client's request */
#include "dialect/native_request.h"

#include <stdint.h>
#include <string.h>

#include "dialect/json_out.h"
#include "dialect/json_scan.h"

#define SAFETY_MAX     16384 /* bytes of safetySettings that we add */
#define PARAM_NAME_MAX 64 /* bytes of a decoded name that may be a secret's */

static const char *const versions[] = {"v1beta", "v1", "v1alpha"};

static const struct {
	const char *name;
	enum native_verb verb;
	bool takes_safety;
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
native_takes_safety(enum native_verb verb)
{
	size_t i;

	for (i = 0; i < GB_COUNT(verbs); i++)
		if (verbs[i].verb == verb)
			return verbs[i].takes_safety;
	return false;
}

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at;

	if (c >= 'A' && c <= 'F')
		c = (char)(c - 'A' + 'a');
	at = c == '\0' ? NULL : strchr(digits, c);
	return at == NULL ? -1 : (int)(at - digits);
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

/* Where the members of the object in "body" begin, or SIZE_MAX when nothing
 * may be put there; "*empty": it has no members. */
static size_t
find_place(const struct buf *body, bool *empty)
{
	struct json_scan scan;
	struct json_member m;
	size_t place;

	*empty = true;
	if (body->data == NULL ||
	    !json_scan_begin(&scan, body->data, body->len, 0, '{'))
		return SIZE_MAX;
	place = scan.at;
	while (json_scan_next(&scan, &m)) {
		*empty = false;
		/* a key with an escape in it might be the one */
		if (json_member_is(&m, "safetySettings") ||
		    json_member_is(&m, "safety_settings") ||
		    memchr(m.key, '\\', m.key_len) != NULL)
			return SIZE_MAX;
	}
	if (!scan.closed ||
	    json_skip_space(body->data, body->len, scan.at) != body->len)
		return SIZE_MAX;
	return place;
}

static void
write_safety(struct buf *out, const struct native_safety *settings,
	     size_t count)
{
	struct json_out jo;
	size_t i;

	buf_puts(out, "\"safetySettings\":");
	jout_init(&jo, out);
	jout_array(&jo);
	for (i = 0; i < count; i++) {
		jout_object(&jo);
		jout_key_string(&jo, "category", settings[i].category);
		jout_key_string(&jo, "threshold", settings[i].threshold);
		jout_object_end(&jo);
	}
	jout_array_end(&jo);
}

enum gb_err
native_add_safety(struct buf *body, const struct native_safety *settings,
		  size_t count)
{
	struct buf text;
	size_t place;
	enum gb_err rc;
	bool empty;

	buf_init(&text, SAFETY_MAX);
	rc = buf_error(body);
	if (count == 0 || rc != GB_OK ||
	    (place = find_place(body, &empty)) == SIZE_MAX)
		goto out;
	write_safety(&text, settings, count);
	if (!empty)
		buf_putc(&text, ',');
	if ((rc = buf_error(&text)) != GB_OK) {
		body->fail = rc;
		goto out;
	}
	if (buf_reserve(body, text.len) == NULL) {
		rc = buf_error(body);
		goto out;
	}
	memmove(body->data + place + text.len, body->data + place,
		body->len - place + 1);
	memcpy(body->data + place, text.data, text.len);
	body->len += text.len;
out:
	buf_release(&text);
	return rc;
}
