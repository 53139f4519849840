/*
 * models_list.h: Google's list of models, for clients of either dialect.
 *
 * A page is the body of GET /v1beta/models, a model that of
 * GET /v1beta/models/NAME.  Names compare with and without "models/".
 */
#ifndef GB_DIALECT_MODELS_LIST_H
#define GB_DIALECT_MODELS_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "dialect/model_rules.h"

/* The models that a client is not shown, and the rules that give some of the
 * others further names; borrowed. */
struct models_filter {
	char *const *names;
	size_t count;
	const struct model_rules *rules; /* NULL: none */
	const char *allowed; /* patterns of the only ones that this client is
				shown, as for model_is_listed(); NULL: all */
};

/* OpenAI's list in the making. */
struct models_openai {
	const struct models_filter *filter;
	struct buf *out;
	bool any; /* there is an item already */
};

/* Whether the filter keeps the model of this name from the client. */
bool models_hidden(const struct models_filter *, const char *name);

/*
 * OpenAI's list: begin, any number of pages, end; it is appended to "out".
 * Models that can neither generate nor embed are left out, since no route
 * here can call them.  GB_EINVAL: that page is no list of models, and nothing
 * was appended for it.
 */
void models_openai_begin(struct models_openai *, const struct models_filter *,
			 struct buf *out);
enum gb_err models_openai_page(struct models_openai *, const char *page,
			       size_t len) GB_NODISCARD;
void models_openai_end(struct models_openai *);

/* Append one model, under the name that the client asked for, in OpenAI's form
 * or in Gemini's.  GB_EINVAL: "model" is none. */
enum gb_err models_openai_one(const char *model, size_t len, const char *name,
			      struct buf *out) GB_NODISCARD;
enum gb_err models_native_one(const char *model, size_t len, const char *name,
			      struct buf *out) GB_NODISCARD;

/* Append the page without the filtered models and with the further names, all
 * else byte for byte as it was.  GB_EINVAL: it is no list of models, and
 * nothing was appended. */
enum gb_err models_native_page(const struct models_filter *, const char *page,
			       size_t len, struct buf *out) GB_NODISCARD;

/* Append the path and query of a page of Google's list, a long one: the one
 * that "token" asks for, or with "" the first. */
void models_page_path(struct buf *out, const char *token);
/* The same of one model. */
void models_one_path(struct buf *out, const char *name);

/* The page's nextPageToken, "" when it is the last.  False, and "", when it
 * does not fit. */
bool models_next_page(const char *page, size_t len, char *token, size_t size);

#endif
