/*
 * native_request.h: a native client's path, query and headers, and what of
 * them goes on to Google.  Its body is native_edit.h's.
 */
#ifndef GB_DIALECT_NATIVE_REQUEST_H
#define GB_DIALECT_NATIVE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define NATIVE_MODEL_MAX 129 /* bytes of a model's name, with NUL */

enum native_verb {
	NATIVE_GENERATE,
	NATIVE_STREAM,
	NATIVE_COUNT_TOKENS,
	NATIVE_EMBED,
	NATIVE_BATCH_EMBED,
	NATIVE__MAX
};

/* "/v1beta/models/MODEL:VERB" taken apart. */
struct native_path {
	const char *version;	      /* "v1beta", "v1" or "v1alpha"; static */
	char model[NATIVE_MODEL_MAX]; /* without "models/"; fit for a URL */
	enum native_verb verb;
	const char *verb_name; /* as Google spells it; static */
};

enum native_parse {
	NATIVE_OK,
	NATIVE_NO_PATH, /* it has not this form */
	NATIVE_NO_VERB, /* it has, but the verb is none of ours */
};

/* The request headers, in lower case, that go on to Google.  Everything else
 * stays here: credentials, cookies, and what names the client.  NULL-ended. */
extern const char *const native_headers[];

/* Take "path", decoded and without "/gemini" or a mount, apart.  Unless it is
 * NATIVE_OK, "*out" is all empty: no model, and verb NATIVE__MAX. */
enum native_parse native_path_parse(struct native_path *out, const char *path);

/* Whether the verb makes a model say something: its body takes
 * safetySettings, tools and generationConfig. */
bool native_generates(enum native_verb);

/* Append "query" (what followed "?") without the client's credentials, key
 * and access_token, in whatever way these are encoded. */
void native_query_rewrite(const char *query, struct buf *out);

#endif
