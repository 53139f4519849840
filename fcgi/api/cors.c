/* cors.c: web pages of other origins that call the API from a browser */
#include "api/cors.h"

#include <string.h>

#define HEADERS_MAX \
	2048	       /* bytes of the headers' names that a page asks for \
			*/
#define MAX_AGE "7200" /* seconds; browsers forget sooner, some in 600 */

#define METHODS "GET, HEAD, POST, PUT, PATCH, DELETE"

/* What scripts could not read otherwise. */
#define EXPOSED \
	"X-Request-Id, Request-Id, X-Gbalance-Dropped, Retry-After, " \
	"X-Should-Retry, Allow, WWW-Authenticate, X-Goog-Upload-URL, " \
	"X-Goog-Upload-Status, X-Goog-Upload-Size-Received, " \
	"X-RateLimit-Limit-Requests, X-RateLimit-Remaining-Requests, " \
	"X-RateLimit-Reset-Requests, X-RateLimit-Limit-Tokens, " \
	"X-RateLimit-Remaining-Tokens, X-RateLimit-Reset-Tokens"

static bool
is_listed(const struct string_list *origins, const char *origin)
{
	size_t i;

	for (i = 0; i < origins->count; i++)
		if (strcmp(origins->items[i], origin) == 0)
			return true;
	return false;
}

/* What the request's origin is to be told; NULL: nothing. */
static const char *
allowed_origin(const struct api_request *rq)
{
	const struct string_list *origins = &rq->cfg->cors_origins;
	const char *origin;

	if ((origin = web_header(rq->web, "Origin")) == NULL)
		return NULL;
	if (is_listed(origins, "*"))
		return "*";
	return is_listed(origins, origin) ? origin : NULL;
}

void
cors_headers(struct api_request *rq)
{
	const struct string_list *origins = &rq->cfg->cors_origins;
	const char *origin;

	/* Caches must not give one origin's reply to another. */
	if (origins->count > 0 && !is_listed(origins, "*"))
		web_reply_header(rq->web, "Vary", "Origin");
	if ((origin = allowed_origin(rq)) == NULL)
		return;
	web_reply_header(rq->web, "Access-Control-Allow-Origin", origin);
	web_reply_header(rq->web, "Access-Control-Expose-Headers", EXPOSED);
}

bool
cors_is_preflight(const struct api_request *rq)
{
	return strcmp(web_method(rq->web), "OPTIONS") == 0 &&
	       web_header(rq->web, "Origin") != NULL &&
	       web_header(rq->web, "Access-Control-Request-Method") != NULL;
}

/* Names between commas, and nothing else. */
static bool
are_names(const char *text)
{
	size_t len;

	len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			   "abcdefghijklmnopqrstuvwxyz0123456789-_, ");
	return text[len] == '\0' && len > 0 && len <= HEADERS_MAX;
}

void
cors_preflight(struct api_request *rq)
{
	const char *names;

	rq->status = 200;
	rq->content_type = "text/plain; charset=utf-8";
	if (allowed_origin(rq) == NULL)
		return;
	web_reply_header(rq->web, "Access-Control-Allow-Methods", METHODS);
	/* "*" would leave Authorization out. */
	names = web_header(rq->web, "Access-Control-Request-Headers");
	if (names != NULL && are_names(names))
		web_reply_header(rq->web, "Access-Control-Allow-Headers",
				 names);
	web_reply_header(rq->web, "Access-Control-Max-Age", MAX_AGE);
}
