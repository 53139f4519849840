/*
 * native_request.h: the little that is touched in a native client's request.
 *
 * Its body, query and headers go to Google as they came, but for what these
 * functions take out or put in.
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

/* One of the safetySettings; borrowed. */
struct native_safety {
	const char *category, *threshold;
};

/* The request headers, in lower case, that go on to Google.  Everything else
 * stays here: credentials, cookies, and what names the client.  NULL-ended. */
extern const char *const native_headers[];

/* Take "path", decoded and without "/gemini" or a mount, apart.  Unless it is
 * NATIVE_OK, "*out" is all empty: no model, and verb NATIVE__MAX. */
enum native_parse native_path_parse(struct native_path *out, const char *path);

/* Whether the verb takes safetySettings. */
bool native_takes_safety(enum native_verb);

/* Append "query" (what followed "?") without the client's credentials, key
 * and access_token, in whatever way these are encoded. */
void native_query_rewrite(const char *query, struct buf *out);

/*
 * Put "safetySettings" in front of the members of the JSON object in "body",
 * which else stays as it is.  Nothing happens when "count" is 0, or the object
 * has such a member, or "body" is no JSON object: Google says what is wrong
 * with it.  GB_ETOOBIG, GB_ENOMEM: it did not fit; "body" has failed.
 */
enum gb_err native_add_safety(struct buf *body,
			      const struct native_safety *settings,
			      size_t count) GB_NODISCARD;

#endif
